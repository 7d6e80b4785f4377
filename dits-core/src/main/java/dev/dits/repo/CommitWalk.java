package dev.dits.repo;

import dev.dits.object.Content;
import dev.dits.object.DirectoryBuilder;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.EntryName;
import dev.dits.object.FileEntry;
import dev.dits.object.LinkEntry;
import dev.dits.object.LinkTarget;
import dev.dits.object.Mtime;
import dev.dits.object.TreeEntry;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
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

    private static final class Frame {
        final DirectoryBuilder builder;
        final @Nullable EntryName name;
        final FileStat stat;
        final @Nullable TreeEntry base;

        Frame(DirectoryBuilder builder, @Nullable EntryName name, FileStat stat, @Nullable TreeEntry base) {
            this.builder = builder;
            this.name = name;
            this.stat = stat;
            this.base = base;
        }
    }

    private final StoreWriter writer;
    private final ContentReader reader;
    private final OrderedPipeline pipeline;
    private final StatCacheUpdate cache;
    private final Mtime scanStart;
    private final CommitProgress progress;
    private final Deque<Frame> stack = new ArrayDeque<>();
    private final AtomicLong files = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong newBytes = new AtomicLong();
    private final List<byte[]> skipped = new ArrayList<>();
    private @Nullable DirectoryRef root;

    CommitWalk(
            StoreWriter writer,
            ContentReader reader,
            OrderedPipeline pipeline,
            StatCacheUpdate cache,
            Mtime scanStart,
            CommitProgress progress) {
        this.writer = writer;
        this.reader = reader;
        this.pipeline = pipeline;
        this.cache = cache;
        this.scanStart = scanStart;
        this.progress = progress;
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

    private Frame top() {
        return stack.getLast();
    }

    @Override
    public void enter(byte[] path, @Nullable EntryName name, FileStat stat, @Nullable TreeEntry base)
            throws IOException {
        pipeline.then(() -> stack.addLast(new Frame(new DirectoryBuilder(writer), name, stat, base)));
    }

    @Override
    public void exit() throws IOException {
        pipeline.then(() -> {
            Frame frame = stack.removeLast();
            DirectoryRef ref = frame.builder.finish();
            if (frame.name == null) {
                root = ref;
                return;
            }
            boolean same = frame.base instanceof DirectoryEntry entry
                    && entry.ref().equals(ref)
                    && entry.mode() == frame.stat.mode();
            TreeEntry entry = same && frame.base != null
                    ? frame.base
                    : new DirectoryEntry(
                            frame.name,
                            frame.stat.mode(),
                            frame.base instanceof DirectoryEntry old
                                            && old.ref().equals(ref)
                                    ? old.mtime()
                                    : frame.stat.mtime(),
                            ref);
            top().builder.add(entry);
        });
    }

    @Override
    public void file(
            byte[] path, Path file, EntryName name, FileStat stat, @Nullable TreeEntry base, @Nullable Content cached)
            throws IOException {
        // The cache knows what a file contains, not whether the store still has it: gc may have dropped what no commit
        // names. What
        // the base names is there, or promised.
        if (cached != null && base instanceof FileEntry old && old.content().equals(cached)) {
            pipeline.then(() -> {
                count(stat.size());
                add(path, name, stat, base, cached);
            });
            return;
        }
        pipeline.submit(() -> reader.store(path, file, stat, writer, this::read), result -> {
            if (result != null) {
                progress.update(files.incrementAndGet(), bytes.get(), newBytes.get());
                // The permissions too are those of the moment the content was read.
                add(path, name, result.stat(), base, result.content());
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
        cache.put(path, stat, stat.isRacy(scanStart), content);
        TreeEntry entry;
        if (base instanceof FileEntry old && old.content().equals(content)) {
            entry = old.mode() == stat.mode() ? old : new FileEntry(name, stat.mode(), old.mtime(), content);
        } else {
            entry = new FileEntry(name, stat.mode(), stat.mtime(), content);
        }
        top().builder.add(entry);
    }

    @Override
    public void link(byte[] path, EntryName name, FileStat stat, LinkTarget target, @Nullable TreeEntry base)
            throws IOException {
        pipeline.then(() -> {
            files.incrementAndGet();
            boolean same = base instanceof LinkEntry old && Links.same(old.target(), target);
            top().builder.add(same && base != null ? base : new LinkEntry(name, Links.MODE, stat.mtime(), target));
        });
    }

    @Override
    public void missing(byte[] path, TreeEntry base, boolean held) throws IOException {
        if (held) {
            pipeline.then(() -> top().builder.add(base));
        }
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
}
