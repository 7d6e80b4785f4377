package dev.dits.repo;

import dev.dits.error.FileAccessException;
import dev.dits.object.Content;
import dev.dits.object.DirectoryBuilder;
import dev.dits.object.DirectoryEditor;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.EntryName;
import dev.dits.object.FileEntry;
import dev.dits.object.LinkEntry;
import dev.dits.object.LinkTarget;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Turns what the scanner meets into trees in the store.
 *
 * <p>What did not change keeps the entry that the base has, with its recorded time: a file that was only touched is no change, nor is a
 * directory of which only the time differs.
 */
final class CommitWalk implements WorkTreeScanner.Handler {
    /** Skipped paths that are listed by name. */
    static final int SKIPPED_LISTED_MAX = 1_000;

    /** A directory that is under way: the base's with some changes, which cost what they are, or built anew where the base has none. */
    private static final class Frame {
        final @Nullable DirectoryRef before;
        final @Nullable DirectoryBuilder builder;
        /** By name, what becomes of entries that are not as the base has them; null where there is no such directory. */
        final @Nullable NavigableMap<EntryName, Optional<TreeEntry>> edits;

        final byte[] path;
        final @Nullable EntryName name;
        final @Nullable FileStat stat;
        final @Nullable TreeEntry base;

        Frame(
                @Nullable DirectoryRef before,
                @Nullable DirectoryBuilder builder,
                byte[] path,
                @Nullable EntryName name,
                @Nullable FileStat stat,
                @Nullable TreeEntry base) {
            this.before = before;
            this.path = path;
            this.builder = builder;
            this.edits = builder == null ? new TreeMap<>() : null;
            this.name = name;
            this.stat = stat;
            this.base = base;
        }

        /** An entry of the new tree, and the base's of its name. */
        void add(TreeEntry entry, @Nullable TreeEntry old) throws IOException {
            if (builder != null) {
                builder.add(entry);
            } else if (edits != null && entry == old) {
                edits.remove(entry.name());
            } else if (edits != null) {
                edits.put(entry.name(), Optional.of(entry));
            }
        }

        /** An entry that the new tree lacks, if the base has it. */
        void remove(EntryName gone) {
            if (edits != null) {
                edits.put(gone, Optional.empty());
            }
        }
    }

    private final ObjectSource objects;
    private final @Nullable DirectoryRef baseTree;
    private final StoreWriter writer;
    private final ContentReader reader;
    private final OrderedPipeline pipeline;
    private final StatCacheUpdate cache;
    private final Mtime scanStart;
    private final CommitProgress progress;
    /** Decides what is taken; null for all. */
    private final @Nullable CommitGuard guard;

    private final Deque<Frame> stack = new ArrayDeque<>();
    private final AtomicLong files = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong newBytes = new AtomicLong();
    private final List<byte[]> skipped = new ArrayList<>();
    private final List<byte[]> unselected = new ArrayList<>();
    private @Nullable DirectoryRef root;
    private long added;
    private long changed;
    private long deleted;
    private final List<TreePath> changedPaths = new ArrayList<>();

    CommitWalk(
            ObjectSource objects,
            @Nullable DirectoryRef baseTree,
            StoreWriter writer,
            ContentReader reader,
            OrderedPipeline pipeline,
            StatCacheUpdate cache,
            Mtime scanStart,
            CommitProgress progress,
            @Nullable CommitGuard guard) {
        this.objects = objects;
        this.baseTree = baseTree;
        this.writer = writer;
        this.reader = reader;
        this.pipeline = pipeline;
        this.cache = cache;
        this.scanStart = scanStart;
        this.progress = progress;
        this.guard = guard;
    }

    DirectoryRef root() {
        if (root == null) {
            throw new IllegalStateException("the walk has not ended");
        }
        return root;
    }

    long filesRead() {
        return files.get();
    }

    long newBytes() {
        return newBytes.get();
    }

    List<byte[]> skippedPaths() {
        return skipped;
    }

    CommitChanges changes() {
        return new CommitChanges(added, changed, deleted, changedPaths);
    }

    private void note(byte[] path, @Nullable TreeEntry before, TreeEntry after) {
        if (after.equals(before)) {
            return;
        }
        if (before == null) {
            added++;
        } else {
            changed++;
        }
        list(path);
    }

    private void list(byte[] path) {
        if (changedPaths.size() < CommitChanges.PATHS_LISTED_MAX) {
            changedPaths.add(TreePath.of(path));
        }
    }

    /** Whether something is to be recorded as it is; else it is as the base has it. */
    private boolean takes(byte[] path, @Nullable FileStat stat) throws IOException {
        return guard == null
                || guard.takes(TreePath.of(path), Optional.ofNullable(stat).map(FileStamp::new));
    }

    private void leave(@Nullable TreeEntry base) throws IOException {
        if (base != null) {
            top().add(base, base);
        }
    }

    List<byte[]> unselectedPaths() {
        return unselected;
    }

    private Frame top() {
        return stack.getLast();
    }

    private @Nullable DirectoryRef before(@Nullable EntryName name, @Nullable TreeEntry base) {
        return name == null ? baseTree : base instanceof DirectoryEntry entry ? entry.ref() : null;
    }

    private DirectoryRef finish(Frame frame) throws IOException {
        return frame.builder != null
                ? frame.builder.finish()
                : new DirectoryEditor(objects, writer).edit(frame.before, edits(frame));
    }

    @Override
    public void enter(byte[] path, @Nullable EntryName name, FileStat stat, @Nullable TreeEntry base)
            throws IOException {
        DirectoryRef before = before(name, base);
        pipeline.then(() -> stack.addLast(
                new Frame(before, before == null ? new DirectoryBuilder(writer) : null, path, name, stat, base)));
    }

    @Override
    public void exit() throws IOException {
        pipeline.then(() -> {
            Frame frame = stack.removeLast();
            FileStat stat = frame.stat;
            if (stat == null) {
                throw new IllegalStateException("this directory is looked at in part");
            }
            DirectoryRef ref = finish(frame);
            if (frame.name == null) {
                root = ref;
                return;
            }
            boolean same = frame.base instanceof DirectoryEntry entry
                    && entry.ref().equals(ref)
                    && entry.mode() == stat.mode();
            TreeEntry entry = same && frame.base != null
                    ? frame.base
                    : new DirectoryEntry(
                            frame.name,
                            stat.mode(),
                            frame.base instanceof DirectoryEntry old
                                            && old.ref().equals(ref)
                                    ? old.mtime()
                                    : stat.mtime(),
                            ref);
            if (frame.base == null ? ref.files() == 0 : entry.mode() != frame.base.mode()) {
                // Of others, what is in them tells.
                note(frame.path, frame.base, entry);
            }
            top().add(entry, frame.base);
        });
    }

    @Override
    public void enterPart(byte[] path, @Nullable EntryName name, @Nullable FileStat stat, @Nullable TreeEntry base)
            throws IOException {
        DirectoryRef before = before(name, base);
        pipeline.then(() -> stack.addLast(new Frame(before, null, path, name, stat, base)));
    }

    @Override
    public void look(EntryName name) throws IOException {
        pipeline.then(() -> edits(top()).put(name, Optional.empty()));
    }

    private static NavigableMap<EntryName, Optional<TreeEntry>> edits(Frame frame) {
        NavigableMap<EntryName, Optional<TreeEntry>> edits = frame.edits;
        if (edits == null) {
            throw new IllegalStateException("this directory is built anew");
        }
        return edits;
    }

    @Override
    public void exitPart() throws IOException {
        pipeline.then(() -> {
            Frame frame = stack.removeLast();
            DirectoryEntry old = frame.base instanceof DirectoryEntry entry ? entry : null;
            EntryName name = frame.name;
            DirectoryRef ref = finish(frame);
            if (name == null) {
                root = ref;
                return;
            }
            boolean empty = ref.files() == 0 && ref.id().equals(Committing.emptyTree());
            if (old == null ? empty : ref.equals(old.ref())) {
                return;
            }
            NavigableMap<EntryName, Optional<TreeEntry>> above = edits(top());
            if (frame.stat == null && empty) {
                above.put(name, Optional.empty());
            } else if (old != null) {
                // Its permissions are not what was asked for; its time tells of the change that was.
                above.put(
                        name,
                        Optional.of(new DirectoryEntry(
                                name, old.mode(), frame.stat == null ? old.mtime() : frame.stat.mtime(), ref)));
            } else if (frame.stat != null) {
                above.put(name, Optional.of(new DirectoryEntry(name, frame.stat.mode(), frame.stat.mtime(), ref)));
            }
        });
    }

    @Override
    public void file(
            byte[] path, Path file, EntryName name, FileStat stat, @Nullable TreeEntry base, @Nullable StatEntry known)
            throws IOException {
        // The cache knows what a file contains, not whether the store still has it: gc may have dropped what no commit
        // names. What
        // the base names is there, or promised.
        if (known != null && base instanceof FileEntry old && old.content().equals(known.content)) {
            pipeline.then(() -> {
                count(stat.size());
                cache.keep(known);
                add(path, name, stat, base, known.content);
            });
            return;
        }
        CommitGuard asked = guard;
        if (asked != null) {
            guarded(asked, path, file, name, stat, base);
            return;
        }
        pipeline.submit(
                () -> reader.store(path, file, stat, ContentReader.ATTEMPTS_MAX, writer, this::read), result -> {
                    if (result != null) {
                        take(path, name, base, result);
                    } else {
                        top().remove(name);
                    }
                });
    }

    private void take(byte[] path, EntryName name, @Nullable TreeEntry base, ContentReader.Result result)
            throws IOException {
        progress.update(files.incrementAndGet(), bytes.get(), newBytes.get());
        cache.put(path, result.stat(), result.stat().isRacy(scanStart), result.content());
        // The permissions too are those of the moment the content was read.
        add(path, name, result.stat(), base, result.content());
    }

    /** What reading a file came to: its content, or why it stays as the base has it. */
    private record Guarded(
            ContentReader.@Nullable Result result, @Nullable FileAccessException failure) {}

    private void guarded(
            CommitGuard asked, byte[] path, Path file, EntryName name, FileStat stat, @Nullable TreeEntry base)
            throws IOException {
        if (!asked.takes(TreePath.of(path), Optional.of(new FileStamp(stat)))) {
            pipeline.then(() -> leave(base));
            return;
        }
        pipeline.submit(
                () -> {
                    try {
                        return new Guarded(reader.store(path, file, stat, 1, writer, this::read), null);
                    } catch (ChangingFileException e) {
                        return new Guarded(null, null);
                    } catch (FileAccessException e) {
                        return new Guarded(null, e);
                    }
                },
                read -> {
                    if (read.result != null) {
                        take(path, name, base, read.result);
                        return;
                    }
                    leave(base);
                    if (read.failure != null) {
                        asked.unreadable(TreePath.of(path), read.failure);
                    } else {
                        asked.changed(TreePath.of(path));
                    }
                });
    }

    private void read(long count, long isNew) {
        long total = bytes.addAndGet(count);
        progress.update(files.get(), total, newBytes.addAndGet(isNew));
    }

    private void count(long size) {
        progress.update(files.incrementAndGet(), bytes.addAndGet(size), newBytes.get());
    }

    private void add(byte[] path, EntryName name, FileStat stat, @Nullable TreeEntry base, Content content)
            throws IOException {
        TreeEntry entry;
        if (base instanceof FileEntry old && old.content().equals(content)) {
            entry = old.mode() == stat.mode() ? old : new FileEntry(name, stat.mode(), old.mtime(), content);
        } else {
            entry = new FileEntry(name, stat.mode(), stat.mtime(), content);
        }
        note(path, base, entry);
        top().add(entry, base);
    }

    @Override
    public void link(byte[] path, EntryName name, FileStat stat, LinkTarget target, @Nullable TreeEntry base)
            throws IOException {
        boolean same = base instanceof LinkEntry old && Links.same(old.target(), target);
        if (!same && !takes(path, stat)) {
            pipeline.then(() -> leave(base));
            return;
        }
        pipeline.then(() -> {
            files.incrementAndGet();
            TreeEntry entry = same && base != null ? base : new LinkEntry(name, Links.MODE, stat.mtime(), target);
            note(path, base, entry);
            top().add(entry, base);
        });
    }

    @Override
    public void missing(byte[] path, TreeEntry base, boolean held) throws IOException {
        if (held || !takes(path, null)) {
            pipeline.then(() -> top().add(base, base));
            return;
        }
        pipeline.then(() -> {
            top().remove(base.name());
            deleted += base instanceof DirectoryEntry directory
                    ? Math.max(1, directory.ref().files())
                    : 1;
            list(path);
            if (base instanceof FileEntry) {
                cache.missing(path);
            }
        });
    }

    @Override
    public void ignored(byte[] path) {
        // Left out, as the rules say.
    }

    @Override
    public void skipped(byte[] path) {
        if (skipped.size() < SKIPPED_LISTED_MAX) {
            skipped.add(path);
        }
    }

    @Override
    public void unselected(byte[] path, @Nullable TreeEntry base, boolean onDisk) {
        // The directory that holds it is looked at in part, so what the base has stays without having been read.
        if (onDisk && unselected.size() < SKIPPED_LISTED_MAX) {
            unselected.add(path);
        }
    }
}
