package dev.dits.repo;

import dev.dits.object.Commit;
import dev.dits.object.CommitTime;
import dev.dits.object.Content;
import dev.dits.object.DirectoryBuilder;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.EntryName;
import dev.dits.object.Extensions;
import dev.dits.object.FileEntry;
import dev.dits.object.LinkEntry;
import dev.dits.object.LinkTarget;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSink;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreeEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** Commits in memory, whose trees are maps from paths to versions. */
final class MergeWorld implements ObjectSource, ObjectSink {
    /**
     * A version of a file.
     *
     * @param text what is in it; starts with an arrow for a link
     */
    record Version(String text, int mode, long mtime) {
        boolean isLink() {
            return text.startsWith("->");
        }
    }

    final Map<ObjectId, byte[]> objects = new HashMap<>();
    final Map<ObjectId, TreeMap<String, Version>> trees = new HashMap<>();
    private final Map<ObjectId, String> texts = new HashMap<>();
    int reads;

    @Override
    public void write(ObjectId id, byte[] bytes) {
        objects.put(id, bytes);
    }

    @Override
    public byte[] read(ObjectId id) {
        reads++;
        return objects.get(id);
    }

    @Override
    public boolean contains(ObjectId id) {
        return objects.containsKey(id);
    }

    Commit readCommit(ObjectId id) throws IOException {
        return Commit.decode(require(id));
    }

    ObjectId commit(TreeMap<String, Version> files, String author, long time, ObjectId... parents) throws IOException {
        ObjectId id = commit(build("", files), author, time, parents);
        trees.put(id, new TreeMap<>(files));
        return id;
    }

    ObjectId commit(DirectoryRef tree, String author, long time, ObjectId... parents) throws IOException {
        byte[] bytes =
                new Commit(tree, List.of(parents), author, new CommitTime(time, 0, 0), "m", Extensions.NONE).encode();
        ObjectId id = ObjectId.hash(bytes);
        write(id, bytes);
        trees.put(id, files(tree));
        return id;
    }

    private DirectoryRef build(String directory, TreeMap<String, Version> files) throws IOException {
        TreeMap<EntryName, TreeEntry> entries = new TreeMap<>();
        Set<String> below = new HashSet<>();
        files.tailMap(directory).headMap(directory + "\uFFFF").forEach((path, version) -> {
            if (path.startsWith(directory)) {
                String rest = path.substring(directory.length());
                int slash = rest.indexOf('/');
                if (slash < 0) {
                    EntryName name = EntryName.ofUtf8(rest);
                    entries.put(name, entry(name, version));
                } else {
                    below.add(rest.substring(0, slash));
                }
            }
        });
        for (String name : below) {
            EntryName entry = EntryName.ofUtf8(name);
            entries.put(entry, new DirectoryEntry(entry, 0755, new Mtime(0, 0), build(directory + name + "/", files)));
        }
        DirectoryBuilder builder = new DirectoryBuilder(this);
        for (TreeEntry entry : entries.values()) {
            builder.add(entry);
        }
        return builder.finish();
    }

    private TreeEntry entry(EntryName name, Version version) {
        byte[] text = version.text.getBytes(StandardCharsets.UTF_8);
        if (version.isLink()) {
            return new LinkEntry(name, Links.MODE, new Mtime(version.mtime, 0), LinkTarget.of(text));
        }
        ObjectId id = ObjectId.hash(text);
        texts.put(id, version.text);
        return new FileEntry(name, version.mode, new Mtime(version.mtime, 0), new Content.SingleChunk(id, text.length));
    }

    TreeMap<String, Version> files(DirectoryRef tree) throws IOException {
        TreeMap<String, Version> files = new TreeMap<>();
        files("", tree, files);
        return files;
    }

    private void files(String directory, DirectoryRef tree, Map<String, Version> files) throws IOException {
        DirectoryTree.Cursor cursor = new DirectoryTree(this).iterate(tree);
        for (TreeEntry entry = cursor.next(); entry != null; entry = cursor.next()) {
            String path = directory + new String(entry.name().bytes(), StandardCharsets.UTF_8);
            if (entry instanceof DirectoryEntry below) {
                files(path + "/", below.ref(), files);
            } else if (entry instanceof FileEntry file && file.content() instanceof Content.SingleChunk chunk) {
                files.put(
                        path,
                        new Version(
                                texts.get(chunk.id()), file.mode(), file.mtime().seconds()));
            } else if (entry instanceof LinkEntry link) {
                files.put(
                        path,
                        new Version(
                                new String(link.target().bytes(), StandardCharsets.UTF_8),
                                Links.MODE,
                                link.mtime().seconds()));
            }
        }
    }

    HistoryMerge merge(ObjectId ours, ObjectId theirs) throws IOException {
        return new HistoryMerge(this::readCommit, this, ours, theirs);
    }

    /** The commit where one side has brought the other in. */
    ObjectId bringIn(ObjectId ours, ObjectId theirs, String author, long time) throws IOException {
        HistoryMerge merge = merge(ours, theirs);
        return switch (merge.kind()) {
            case NOTHING -> ours;
            case FAST_FORWARD -> theirs;
            case MERGED -> commit(merge.tree(this), author, time, ours, theirs);
        };
    }

    Set<ObjectId> history(ObjectId tip) throws IOException {
        Set<ObjectId> seen = new HashSet<>(Set.of(tip));
        ArrayDeque<ObjectId> queue = new ArrayDeque<>(seen);
        while (!queue.isEmpty()) {
            for (ObjectId parent : readCommit(queue.remove()).parents()) {
                if (seen.add(parent)) {
                    queue.add(parent);
                }
            }
        }
        return seen;
    }

    private static final List<String> PATHS =
            List.of("a", "b.txt", "c", "d", "d/a", "d/b.txt", "d/e", "d/e/f", "d/e/g", "h/i", "h/j", "h");

    /** Edits some files; each version is written once in the whole run, but for some that come twice on purpose. */
    static TreeMap<String, Version> edited(TreeMap<String, Version> files, Random random, int[] count, int edits) {
        TreeMap<String, Version> after = new TreeMap<>(files);
        for (int i = 0; i < edits; i++) {
            String path = PATHS.get(random.nextInt(PATHS.size()));
            int what = random.nextInt(10);
            Version there = after.get(path);
            if (what < 2) {
                after.keySet().removeIf(each -> each.equals(path) || each.startsWith(path + "/"));
            } else if (what == 2 && there != null && !there.isLink()) {
                after.put(path, new Version(there.text, there.mode ^ 0111, there.mtime));
            } else if (what == 3 && !after.isEmpty()) {
                // The same content somewhere else: a rename, as far as trees tell.
                List<String> all = new ArrayList<>(after.keySet());
                put(after, path, after.remove(all.get(random.nextInt(all.size()))));
            } else if (what == 4) {
                put(after, path, new Version("->" + count[0]++, Links.MODE, random.nextInt(5)));
            } else {
                String text = what == 5 ? "same " + random.nextInt(2) : "v" + count[0]++;
                put(after, path, new Version(text, random.nextBoolean() ? 0644 : 0755, random.nextInt(5)));
            }
        }
        return after;
    }

    /** A file in the way of a directory goes, and the other way round. */
    private static void put(TreeMap<String, Version> files, String path, Version version) {
        files.keySet().removeIf(each -> each.startsWith(path + "/") || path.startsWith(each + "/"));
        files.put(path, version);
    }
}
