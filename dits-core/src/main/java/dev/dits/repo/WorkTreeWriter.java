package dev.dits.repo;

import dev.dits.disk.Disk;
import dev.dits.disk.Role;
import dev.dits.error.DiskFullException;
import dev.dits.object.Content;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.EntryName;
import dev.dits.object.FileEntry;
import dev.dits.object.FileTree;
import dev.dits.object.LinkEntry;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does on disk what {@link TreeDiffer} decides. A file is put together in {@code .dits/tmp}, made durable, and renamed into place; what
 * it replaces is first set aside by a hard link and looked at again afterwards, so that what a program still writes into it
 * is kept as a conflict copy. Where something came in the way since the first pass, both it and the commit's version stay. Directories get their permissions and times when everything in them is done.
 *
 * <p>Used by one thread.
 */
final class WorkTreeWriter implements TreeDiffer.Actions, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(WorkTreeWriter.class);
    private static final int OWNER_ALL = 0700;
    private static final int OWNER_READ = 0400;

    /** Syncs of directories that may be under way. */
    private static final int SYNCS_MAX = 1_024;

    private static final class Frame {
        final @Nullable SafeDirectory directory;
        final int modeBefore;
        boolean changed;

        /** With no directory, everything in it is left alone: somebody replaced it while we came. */
        Frame(@Nullable SafeDirectory directory, int modeBefore) {
            this.directory = directory;
            this.modeBefore = modeBefore;
        }
    }

    private final Path root;
    private final Scratch scratch;
    private final Disk disk;
    private final FileSource source;
    private final ExecutorService syncers;
    private final OrderedPipeline pipeline;
    private final StatCacheUpdate cache;
    private final CommitProgress progress;
    private final ZonedDateTime now;
    private RestoreOptions.@Nullable Uncommitted uncommitted;
    private final Deque<Frame> stack = new ArrayDeque<>();
    private final Set<Path> parts = new HashSet<>();
    private final Set<PartFile> open = new HashSet<>();
    /** Syncs of directories that are under way. */
    private final Deque<Future<?>> syncs = new ArrayDeque<>();

    private final List<CheckoutReport.Refused> refused = new ArrayList<>();
    private final List<TreePath> kept = new ArrayList<>();
    private final List<TreePath> copies = new ArrayList<>();
    private long refusedCount;
    private long written;
    private long bytes;
    private long deleted;
    private long copyCount;

    WorkTreeWriter(
            Path root,
            Scratch scratch,
            FileSource source,
            ExecutorService workers,
            ExecutorService syncers,
            int filesInFlight,
            StatCacheUpdate cache,
            CommitProgress progress,
            ZonedDateTime now)
            throws IOException {
        this.root = root;
        this.scratch = scratch;
        this.disk = scratch.disk();
        this.source = source;
        this.syncers = syncers;
        this.pipeline = new OrderedPipeline(workers, filesInFlight);
        this.cache = cache;
        this.progress = progress;
        this.now = now;
        stack.addLast(new Frame(SafeDirectory.open(disk, root, scratch.directory()), OWNER_ALL));
    }

    /** Overwrites what is in no commit; otherwise it stays. */
    WorkTreeWriter overwriting(RestoreOptions.Uncommitted what) {
        uncommitted = what;
        return this;
    }

    /** A source that reads the repository's own objects. */
    static FileSource fromObjects(ObjectSource objects, ExecutorService workers) {
        FileTree trees = new FileTree(objects);
        return (path, content, part) -> CompletableFuture.runAsync(
                () -> {
                    try {
                        FileTree.Cursor cursor = trees.chunks(content);
                        for (FileTree.Chunk chunk = cursor.next(); chunk != null; chunk = cursor.next()) {
                            if (!part.has(chunk)) {
                                part.write(chunk.offset(), ByteBuffer.wrap(objects.require(chunk.id())));
                            }
                        }
                    } catch (IOException e) {
                        throw new java.util.concurrent.CompletionException(e);
                    }
                },
                workers);
    }

    /** Waits until everything is done, and durable. */
    void finish() throws IOException {
        pipeline.finish();
        Frame top = stack.getLast();
        if (top.changed) {
            syncMeanwhile(root);
        }
        while (!syncs.isEmpty()) {
            OrderedPipeline.get(syncs.removeFirst());
        }
        sweep();
    }

    /**
     * Syncs a directory to which nothing is done any more. What it holds needs to be durable when all is done, not before: one after the other, directories would wait
     * for the disk each by itself.
     */
    private void syncMeanwhile(Path directory) throws IOException {
        while (syncs.size() >= SYNCS_MAX) {
            OrderedPipeline.get(syncs.removeFirst());
        }
        syncs.addLast(syncers.submit(() -> {
            disk.syncDirectory(Role.TREE, directory);
            return null;
        }));
    }

    /** What earlier attempts left is of no use once all is done. */
    private void sweep() throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(scratch.directory())) {
            for (Path path : stream) {
                String name = String.valueOf(path.getFileName());
                if (name.startsWith("part-")) {
                    try {
                        boolean unused = disk.delete(Role.PART, path);
                    } catch (FileSystemException e) {
                        // Somebody put something in there; it is not ours.
                    }
                }
            }
        }
    }

    CheckoutReport report(ObjectId commit) {
        return new CheckoutReport(commit, written, bytes, deleted, refused, refusedCount, kept, copies);
    }

    RestoreReport restoreReport(ObjectId source) {
        return new RestoreReport(source, written, bytes, deleted, refused, refusedCount, kept, copies, copyCount);
    }

    private Frame top() {
        return stack.getLast();
    }

    private void keep(byte[] path) {
        if (kept.size() < CheckoutReport.LISTED_MAX) {
            kept.add(TreePath.of(path));
        }
    }

    @Override
    public void enter(byte[] path, EntryName name, @Nullable FileStat seen) throws IOException {
        pipeline.then(() -> {
            SafeDirectory parent = top().directory;
            if (parent == null) {
                stack.addLast(new Frame(null, OWNER_ALL));
                return;
            }
            int mode = OWNER_ALL;
            if (seen == null) {
                Path made = scratch.name("dir");
                disk.makeDirectory(Role.PART, made);
                disk.attributes(Role.PART, made, () -> SafeDirectory.setByPath(made, OWNER_ALL, null));
                try {
                    parent.moveIn(made, name);
                    top().changed = true;
                } catch (FileSystemException e) {
                    // It appeared meanwhile, and has something in it; entering it decides whether it is a directory.
                    boolean unused = disk.delete(Role.PART, made);
                }
            } else {
                mode = seen.mode();
                if ((mode & OWNER_ALL) != OWNER_ALL) {
                    setAttributes(parent, name, mode | OWNER_ALL, null);
                }
            }
            SafeDirectory directory = null;
            try {
                directory = parent.enter(name);
            } catch (FileSystemException e) {
                directory = uncommitted == null ? enterInPlaceOfFile(parent, path, name) : null;
                if (directory == null) {
                    keep(path);
                }
            }
            stack.addLast(new Frame(directory, mode));
        });
    }

    /** Somebody put a file where a directory is to be, after the first pass: as in a merge, the directory keeps the name. */
    private @Nullable SafeDirectory enterInPlaceOfFile(SafeDirectory parent, byte[] path, EntryName name)
            throws IOException {
        FileStat there = FileStat.of(parent.child(name));
        if (there != null && there.kind() == FileKind.DIRECTORY) {
            return null; // it can not be opened
        }
        Path made = scratch.name("dir");
        disk.makeDirectory(Role.PART, made);
        disk.attributes(Role.PART, made, () -> SafeDirectory.setByPath(made, OWNER_ALL, null));
        try {
            if (there != null) {
                EntryName copy = copyName(parent, name, "conflict from here");
                parent.rename(name, copy);
                copied(path, copy);
            }
            parent.moveIn(made, name);
            top().changed = true;
            return parent.enter(name);
        } catch (FileSystemException e) {
            boolean unused = disk.delete(Role.PART, made);
            return null;
        }
    }

    /** Where the descriptor can not be opened for lack of permissions, the owner may still change them by the path. */
    private void setAttributes(SafeDirectory parent, EntryName name, int mode, @Nullable Mtime mtime)
            throws IOException {
        try {
            parent.setAttributes(name, mode, mtime);
        } catch (AccessDeniedException e) {
            Path child = parent.child(name);
            FileStat stat = FileStat.of(child);
            if (stat == null || stat.kind() == FileKind.LINK) {
                throw e;
            }
            disk.attributes(
                    Role.TREE,
                    child,
                    () -> Files.setPosixFilePermissions(child, SafeDirectory.permissions(mode | 0400)));
            parent.setAttributes(name, mode, mtime);
        }
    }

    @Override
    public void exit(byte[] path, DirectoryEntry entry) throws IOException {
        pipeline.then(() -> {
            Frame frame = stack.removeLast();
            SafeDirectory parent = top().directory;
            if (frame.directory == null || parent == null) {
                return;
            }
            Path directory = frame.directory.path;
            // One sync for its names and its permissions, unless they keep us from opening it.
            boolean syncLast = (entry.mode() & OWNER_READ) != 0;
            if (frame.changed && !syncLast) {
                disk.syncDirectory(Role.TREE, directory);
            }
            frame.directory.close();
            setAttributes(parent, entry.name(), entry.mode(), entry.mtime());
            if (syncLast && (frame.changed || frame.modeBefore != entry.mode())) {
                syncMeanwhile(directory);
            }
        });
    }

    @Override
    public void leave(byte[] path, EntryName name) throws IOException {
        pipeline.then(() -> {
            Frame frame = stack.removeLast();
            SafeDirectory parent = top().directory;
            if (frame.directory == null || parent == null) {
                return;
            }
            boolean open = (frame.modeBefore & OWNER_ALL) == OWNER_ALL;
            if (frame.changed && !open) {
                disk.syncDirectory(Role.TREE, frame.directory.path);
            }
            frame.directory.close();
            if (!open) {
                setAttributes(parent, name, frame.modeBefore, null);
            } else if (frame.changed) {
                syncMeanwhile(frame.directory.path);
            }
        });
    }

    @Override
    public void exitAndDelete(byte[] path, EntryName name) throws IOException {
        pipeline.then(() -> {
            Frame frame = stack.removeLast();
            SafeDirectory parent = top().directory;
            if (frame.directory == null || parent == null) {
                return;
            }
            frame.directory.close();
            try {
                parent.deleteDirectory(name);
                top().changed = true;
            } catch (DirectoryNotEmptyException e) {
                // What is in it is in no commit: it stays, and so does its directory. What went out of it is not to
                // come back.
                if (frame.changed) {
                    disk.syncDirectory(Role.TREE, frame.directory.path);
                }
                setAttributes(parent, name, frame.modeBefore, null);
            } catch (NoSuchFileException e) {
                return;
            }
        });
    }

    @Override
    public void delete(byte[] path, EntryName name, FileStat seen) throws IOException {
        pipeline.then(() -> {
            SafeDirectory parent = top().directory;
            if (parent == null || !unchanged(parent, name, seen)) {
                keep(path);
                return;
            }
            cache.remove(path);
            parent.deleteFile(name);
            top().changed = true;
            deleted++;
        });
    }

    private static boolean unchanged(SafeDirectory parent, EntryName name, @Nullable FileStat seen) throws IOException {
        FileStat stat = FileStat.of(parent.child(name));
        return seen == null ? stat == null : stat != null && seen.sameContent(stat);
    }

    @Override
    public void replace(byte[] path, TreeEntry entry, FileStat seen) throws IOException {
        if (uncommitted == null) {
            keep(path);
        } else {
            write(path, entry, seen, uncommitted != RestoreOptions.Uncommitted.DISCARD);
        }
    }

    @Override
    public void remove(byte[] path, EntryName name, FileStat seen) throws IOException {
        if (uncommitted == null) {
            keep(path);
            return;
        }
        // A directory may hold what nobody looked at.
        boolean keepsCopy = uncommitted != RestoreOptions.Uncommitted.DISCARD || seen.kind() == FileKind.DIRECTORY;
        pipeline.then(() -> {
            SafeDirectory parent = top().directory;
            if (parent == null || !unchanged(parent, name, seen)) {
                keep(path);
                return;
            }
            cache.remove(path);
            if (keepsCopy) {
                EntryName copy = copyName(parent, name, "before restore");
                parent.rename(name, copy);
                copied(path, copy);
            } else {
                parent.deleteFile(name);
            }
            top().changed = true;
            deleted++;
        });
    }

    @Override
    public void write(byte[] path, TreeEntry entry, @Nullable FileStat seen) throws IOException {
        write(path, entry, seen, false);
    }

    private void write(byte[] path, TreeEntry entry, @Nullable FileStat seen, boolean keepsCopy) throws IOException {
        if (entry instanceof LinkEntry link) {
            pipeline.then(() -> {
                Path made = scratch.name("link");
                disk.symbolicLink(Role.PART, made, PathNames.linkTarget(root.getFileSystem(), link.target()));
                disk.attributes(Role.PART, made, () -> SafeDirectory.setByPath(made, -1, link.mtime()));
                install(path, link.name(), made, seen, null, keepsCopy);
            });
        } else if (entry instanceof FileEntry file) {
            PartFile part = part(file.content());
            open.add(part);
            CompletionStage<?> filled = file.content().size() == 0
                    ? CompletableFuture.completedStage(null)
                    : source.fill(TreePath.of(path), file.content(), part);
            CompletableFuture<PartFile> ready = filled.thenApplyAsync(
                            done -> {
                                try {
                                    part.finish(file.mode(), file.mtime());
                                    return part;
                                } catch (IOException e) {
                                    throw new java.util.concurrent.CompletionException(e);
                                }
                            },
                            syncers)
                    .toCompletableFuture();
            pipeline.await(ready, finished -> {
                install(path, file.name(), finished.path(), seen, file.content(), keepsCopy);
                open.remove(finished);
                parts.remove(finished.path());
            });
        }
    }

    /** Named by its content, so that a repeated checkout finds what an interrupted one has written. */
    private PartFile part(Content content) throws IOException {
        String id = content instanceof Content.SingleChunk chunk
                ? chunk.id().toString()
                : content instanceof Content.Chunked chunked ? chunked.id().toString() : "empty";
        Path path = scratch.directory().resolve("part-" + id);
        if (!parts.add(path)) {
            // The same content a second time, while the first is under way.
            path = scratch.name("part-twin");
            parts.add(path);
        }
        return new PartFile(disk, path, content);
    }

    private void install(
            byte[] path,
            EntryName name,
            Path made,
            @Nullable FileStat seen,
            @Nullable Content content,
            boolean keepsCopy)
            throws IOException {
        SafeDirectory parent = top().directory;
        FileStat before = parent == null ? null : FileStat.of(parent.child(name));
        boolean same = before == null ? seen == null : seen != null && seen.sameContent(before);
        if (parent != null && !same && uncommitted == null) {
            // It came after the first pass. What is there now keeps the name, and the commit's goes beside it:
            // otherwise
            // the next commit would take the one for a change of the other. Only what is gone makes room for a change.
            if (before != null) {
                keep(path);
                EntryName copy = copyName(parent, name, "conflict from there");
                parent.moveIn(made, copy);
                copied(path, copy);
                top().changed = true;
                return;
            }
        } else if (!same || parent == null) {
            keep(path);
            boolean unused = disk.delete(Role.PART, made);
            return;
        }
        if (keepsCopy && seen != null) {
            keepCopy(parent, path, name, seen);
        }
        Path aside = seen == null || before == null || seen.kind() != FileKind.FILE || keepsCopy
                ? null
                : setAside(parent, name, seen);
        parent.moveIn(made, name);
        top().changed = true;
        if (aside != null && seen != null) {
            lookAgain(parent, path, name, aside, seen);
        }
        FileStat stat = FileStat.of(parent.child(name));
        cache.remove(path);
        if (content != null && stat != null && stat.kind() == FileKind.FILE) {
            cache.putWritten(path, stat, content);
        }
        written++;
        if (content != null) {
            bytes += content.size();
        }
        progress.update(written, bytes, bytes);
    }

    private @Nullable Path setAside(SafeDirectory parent, EntryName name, FileStat seen) throws IOException {
        Path aside = Leftovers.aside(scratch, seen);
        try {
            disk.link(Role.ASIDE, aside, parent.child(name));
            return aside;
        } catch (DiskFullException e) {
            throw e;
        } catch (IOException | UnsupportedOperationException e) {
            // No hard links here, or none to a file of somebody else: the check just before the rename has to do.
            return null;
        }
    }

    /** A program that had the old file open may have written into it until the rename. */
    private void lookAgain(SafeDirectory parent, byte[] path, EntryName name, Path aside, FileStat seen)
            throws IOException {
        FileStat stat = FileStat.of(aside);
        boolean same = stat != null
                && stat.inode() == seen.inode()
                && stat.size() == seen.size()
                && stat.mtime().equals(seen.mtime());
        if (same) {
            boolean unused = disk.delete(Role.ASIDE, aside);
            return;
        }
        EntryName copy = copyName(parent, name, "conflict from here");
        parent.moveIn(aside, copy);
        copied(path, copy);
    }

    /**
     * What is about to be replaced gets a second name first: a hard link, so that what a program still writes into it is in the copy. The name is
     * never without a file.
     */
    private void keepCopy(SafeDirectory parent, byte[] path, EntryName name, FileStat seen) throws IOException {
        EntryName copy = copyName(parent, name, "before restore");
        Path aside = seen.kind() == FileKind.FILE ? setAside(parent, name, seen) : null;
        if (aside != null) {
            parent.moveIn(aside, copy);
        } else {
            // A link, or something else that is small or can not be copied; or there are no hard links here.
            parent.rename(name, copy);
        }
        copied(path, copy);
    }

    private void copied(byte[] path, EntryName copy) {
        copyCount++;
        if (copies.size() < CheckoutReport.LISTED_MAX) {
            TreePath parentPath = TreePath.of(path).parent();
            copies.add((parentPath == null ? TreePath.ROOT : parentPath).resolve(copy));
        }
    }

    /** A name that nothing has: {@code take (conflict from here 2026-11-24 123000).mov}, and with a number behind the date if need be. */
    private EntryName copyName(SafeDirectory parent, EntryName name, String why) throws IOException {
        for (int number = 1; ; number++) {
            String label = " (" + why + " " + CopyNames.DATE.format(now) + (number == 1 ? "" : " " + number) + ")";
            EntryName copy = CopyNames.labelled(name, label);
            if (FileStat.of(parent.child(copy)) == null) {
                return copy;
            }
        }
    }

    @Override
    public void adjust(byte[] path, TreeEntry entry, FileStat seen) throws IOException {
        if (!(entry instanceof FileEntry file)
                || (seen.mode() == file.mode() && seen.mtime().equals(file.mtime()))) {
            return;
        }
        pipeline.then(() -> {
            SafeDirectory parent = top().directory;
            if (parent == null || !unchanged(parent, file.name(), seen)) {
                keep(path);
                return;
            }
            cache.remove(path);
            setAttributes(parent, file.name(), file.mode(), file.mtime());
            if (seen.mode() != file.mode()) {
                syncPermissions(parent.child(file.name()));
            }
            FileStat stat = FileStat.of(parent.child(file.name()));
            if (stat != null) {
                cache.putWritten(path, stat, file.content());
            }
        });
    }

    /** Or a power cut could bring back the old ones, which would look like a change that somebody made. */
    private void syncPermissions(Path file) throws IOException {
        try {
            disk.syncAttributes(Role.TREE, file);
        } catch (AccessDeniedException e) {
            // Only what can be opened can be synced.
            LOGGER.debug("the permissions of a file were not made durable", e);
        }
    }

    @Override
    public void respell(byte[] path, EntryName name) throws IOException {
        pipeline.then(() -> {
            SafeDirectory parent = top().directory;
            if (parent == null || FileStat.of(parent.child(name)) == null) {
                return;
            }
            // Between two spellings of one name a rename does nothing on many systems. Whoever is stopped in between
            // leaves it beside the tree's other files, under a name that says why.
            EntryName aside = copyName(parent, name, "being renamed");
            parent.rename(name, aside);
            parent.rename(aside, name);
            top().changed = true;
        });
    }

    @Override
    public void refuse(byte[] path, String reason) {
        refusedCount++;
        if (refused.size() < CheckoutReport.LISTED_MAX) {
            refused.add(new CheckoutReport.Refused(TreePath.of(path), reason));
        }
    }

    @Override
    public boolean conflict(byte[] path, @Nullable TreeEntry target) throws IOException {
        // The first pass found none, so this came up just now: it stays, and so does what was to be there.
        if (target == null || uncommitted != null) {
            keep(path);
            return false;
        }
        if (target instanceof DirectoryEntry) {
            return true;
        }
        write(path, target, null);
        return false;
    }

    @Override
    public void close() throws IOException {
        pipeline.close();
        syncs.forEach(OrderedPipeline::settle);
        for (PartFile part : open) {
            part.close();
        }
        while (!stack.isEmpty()) {
            SafeDirectory directory = stack.removeLast().directory;
            if (directory != null) {
                directory.close();
            }
        }
    }
}
