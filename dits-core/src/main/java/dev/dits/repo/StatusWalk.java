package dev.dits.repo;

import dev.dits.object.Content;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.EntryName;
import dev.dits.object.FileEntry;
import dev.dits.object.FileTree;
import dev.dits.object.LinkEntry;
import dev.dits.object.LinkTarget;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds what differs between the working tree and its base, in the order of a walk. */
final class StatusWalk implements WorkTreeScanner.Handler {
    /** Is told of each difference, on the thread that walks. */
    interface Listener {
        void change(Change change, @Nullable TreeEntry base, FileKind found) throws IOException;
    }

    private final ContentReader reader;
    private final FileTree fileTrees;
    private final OrderedPipeline pipeline;
    private final @Nullable StatCacheUpdate cache;
    private final Mtime scanStart;
    private final Listener listener;
    private long ignored;
    private long skipped;
    private final List<TreePath> unselected = new ArrayList<>();
    private long unselectedCount;
    private long omitted;

    StatusWalk(
            ObjectSource objects,
            ContentReader reader,
            OrderedPipeline pipeline,
            @Nullable StatCacheUpdate cache,
            Mtime scanStart,
            Listener listener) {
        this.reader = reader;
        this.fileTrees = new FileTree(objects);
        this.pipeline = pipeline;
        this.cache = cache;
        this.scanStart = scanStart;
        this.listener = listener;
    }

    long ignoredCount() {
        return ignored;
    }

    long skippedCount() {
        return skipped;
    }

    /** What lies at paths that are not selected. */
    List<TreePath> unselected() {
        return unselected;
    }

    long unselectedCount() {
        return unselectedCount;
    }

    /** Files and links of the base that are not selected. */
    long omittedCount() {
        return omitted;
    }

    private void report(byte[] path, Change.Kind kind, @Nullable TreeEntry base, FileKind found) throws IOException {
        listener.change(new Change(TreePath.of(path), kind), base, found);
    }

    @Override
    public void enter(byte[] path, @Nullable EntryName name, FileStat stat, @Nullable TreeEntry base)
            throws IOException {
        if (name == null) {
            return;
        }
        pipeline.then(() -> {
            if (base == null) {
                report(path, Change.Kind.ADDED, null, FileKind.DIRECTORY);
            } else if (!(base instanceof DirectoryEntry)) {
                report(path, Change.Kind.TYPE_CHANGED, base, FileKind.DIRECTORY);
            } else if (base.mode() != stat.mode()) {
                report(path, Change.Kind.MODE_CHANGED, base, FileKind.DIRECTORY);
            }
        });
    }

    @Override
    public void exit() {
        // Nothing differs by the end of a directory alone.
    }

    @Override
    public void file(
            byte[] path, Path file, EntryName name, FileStat stat, @Nullable TreeEntry base, @Nullable StatEntry known)
            throws IOException {
        if (!(base instanceof FileEntry entry)) {
            pipeline.then(() -> {
                report(path, base == null ? Change.Kind.ADDED : Change.Kind.TYPE_CHANGED, base, FileKind.FILE);
                keep(known);
            });
        } else if (known != null) {
            pipeline.then(() -> {
                compare(path, stat, entry, known.content.equals(entry.content()));
                keep(known);
            });
        } else if (stat.size() != entry.content().size()) {
            pipeline.then(() -> compare(path, stat, entry, false));
        } else {
            pipeline.submit(() -> reader.hash(path, file, stat), hashed -> {
                if (hashed == null) {
                    report(path, Change.Kind.DELETED, base, FileKind.OTHER);
                    return;
                }
                boolean same = hashed.sha256().equals(fileTrees.sha256(entry.content()));
                compare(path, hashed.stat(), entry, same);
                remember(path, hashed.stat(), same ? entry.content() : null);
            });
        }
    }

    private void compare(byte[] path, FileStat stat, FileEntry base, boolean same) throws IOException {
        if (!same) {
            report(path, Change.Kind.MODIFIED, base, FileKind.FILE);
        } else if (base.mode() != stat.mode()) {
            report(path, Change.Kind.MODE_CHANGED, base, FileKind.FILE);
        }
    }

    private void keep(@Nullable StatEntry known) throws IOException {
        if (cache != null && known != null) {
            cache.keep(known);
        }
    }

    private void remember(byte[] path, FileStat stat, @Nullable Content content) throws IOException {
        if (cache != null && content != null) {
            cache.put(path, stat, stat.isRacy(scanStart), content);
        }
    }

    @Override
    public void link(byte[] path, EntryName name, FileStat stat, LinkTarget target, @Nullable TreeEntry base)
            throws IOException {
        pipeline.then(() -> {
            if (base == null) {
                report(path, Change.Kind.ADDED, null, FileKind.LINK);
            } else if (!(base instanceof LinkEntry old)) {
                report(path, Change.Kind.TYPE_CHANGED, base, FileKind.LINK);
            } else if (!Links.same(old.target(), target)) {
                report(path, Change.Kind.MODIFIED, base, FileKind.LINK);
            }
        });
    }

    @Override
    public void missing(byte[] path, TreeEntry base, boolean held) throws IOException {
        if (!held) {
            pipeline.then(() -> report(path, Change.Kind.DELETED, base, FileKind.OTHER));
        }
    }

    @Override
    public void ignored(byte[] path) {
        ignored++;
    }

    @Override
    public void skipped(byte[] path) {
        skipped++;
    }

    @Override
    public void enterPart(byte[] path, @Nullable EntryName name, @Nullable FileStat stat, @Nullable TreeEntry base) {
        // The directory itself is not looked at; what is selected in it follows.
    }

    @Override
    public void look(EntryName name) {
        // What it is follows.
    }

    @Override
    public void exitPart() {
        // As above.
    }

    @Override
    public void unselected(byte[] path, @Nullable TreeEntry base, boolean onDisk) {
        if (base instanceof DirectoryEntry directory) {
            omitted += directory.ref().files();
        } else if (base != null) {
            omitted++;
        }
        if (onDisk) {
            unselectedCount++;
            if (unselected.size() < Status.CHANGES_LISTED_MAX) {
                unselected.add(TreePath.of(path));
            }
        }
    }
}
