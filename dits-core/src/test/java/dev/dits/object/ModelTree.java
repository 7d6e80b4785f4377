package dev.dits.object;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** A tree as a sorted map of paths, and the same as objects. A directory's reference is made when the tree is built. */
final class ModelTree {
    static final DirectoryRef NONE = new DirectoryRef(GoldenTest.id(0), 0, 0);

    final TreeMap<TreePath, TreeEntry> entries = new TreeMap<>();

    ModelTree copy() {
        ModelTree copy = new ModelTree();
        copy.entries.putAll(entries);
        return copy;
    }

    /** Builds the objects and fills in the directories' references. */
    DirectoryRef build(ObjectSink sink) throws IOException {
        return build(sink, TreePath.ROOT);
    }

    private DirectoryRef build(ObjectSink sink, TreePath at) throws IOException {
        TreeMap<EntryName, TreeEntry> children = new TreeMap<>();
        for (Map.Entry<TreePath, TreeEntry> child : below(at)) {
            if (child.getKey().depth() == at.depth() + 1) {
                children.put(child.getValue().name(), child.getValue());
            }
        }
        DirectoryBuilder builder = new DirectoryBuilder(sink);
        for (TreeEntry child : children.values()) {
            TreeEntry built = child;
            if (child instanceof DirectoryEntry directory) {
                TreePath path = at.resolve(child.name());
                built = new DirectoryEntry(child.name(), directory.mode(), directory.mtime(), build(sink, path));
                entries.put(path, built);
            }
            builder.add(built);
        }
        return builder.finish();
    }

    private List<Map.Entry<TreePath, TreeEntry>> below(TreePath at) {
        List<Map.Entry<TreePath, TreeEntry>> below = new ArrayList<>();
        for (Map.Entry<TreePath, TreeEntry> entry : entries.tailMap(at, false).entrySet()) {
            if (!entry.getKey().startsWith(at)) {
                break;
            }
            below.add(entry);
        }
        return below;
    }

    void remove(TreePath path) {
        below(path).forEach(entry -> entries.remove(entry.getKey()));
        entries.remove(path);
    }

    List<TreePath> directories() {
        List<TreePath> directories = new ArrayList<>(List.of(TreePath.ROOT));
        entries.forEach((path, entry) -> {
            if (entry instanceof DirectoryEntry && path.depth() < 5) {
                directories.add(path);
            }
        });
        return directories;
    }

    void mutate(Random random, MemoryObjects objects, int edits) throws IOException {
        for (int i = 0; i < edits; i++) {
            List<TreePath> directories = directories();
            TreePath directory = directories.get(random.nextInt(directories.size()));
            List<TreePath> paths = new ArrayList<>(entries.keySet());
            if (random.nextInt(4) == 0 && !paths.isEmpty()) {
                remove(paths.get(random.nextInt(paths.size())));
                continue;
            }
            TreePath path = random.nextInt(3) == 0 && !paths.isEmpty()
                    ? paths.get(random.nextInt(paths.size()))
                    : directory.resolve(DirectoryTreeTest.name(random));
            if (random.nextInt(6) == 0) {
                if (!(entries.get(path) instanceof DirectoryEntry)) {
                    entries.put(path, new DirectoryEntry(path.name(), 0755, new Mtime(random.nextInt(3), 0), NONE));
                } else {
                    entries.put(path, new DirectoryEntry(path.name(), 0700, new Mtime(random.nextInt(3), 0), NONE));
                }
            } else {
                remove(path);
                entries.put(
                        path,
                        new FileEntry(path.name(), 0644, new Mtime(random.nextInt(), 0), content(random, objects)));
            }
        }
    }

    static Content content(Random random, MemoryObjects objects) throws IOException {
        FileTreeBuilder builder = new FileTreeBuilder(objects);
        int chunks = random.nextInt(8) == 0 ? random.nextInt(600) : random.nextInt(3);
        ObjectId whole = GoldenTest.id(random.nextInt(1 << 24));
        for (int c = 0; c < chunks; c++) {
            builder.add(chunks == 1 ? whole : GoldenTest.id(random.nextInt(1 << 24)), 1 + random.nextInt(1_000));
        }
        return builder.finish(whole);
    }
}
