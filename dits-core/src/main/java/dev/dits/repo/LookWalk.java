package dev.dits.repo;

import dev.dits.error.FileAccessException;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.EntryName;
import dev.dits.object.FileEntry;
import dev.dits.object.LinkEntry;
import dev.dits.object.LinkTarget;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Tells what may differ from the base, by what stat says alone: no content is read. */
final class LookWalk implements WorkTreeScanner.Handler {
    private final Path root;
    private final TreeLook look;

    LookWalk(Path root, TreeLook look) {
        this.root = root;
        this.look = look;
    }

    @Override
    public void enter(byte[] path, @Nullable EntryName name, FileStat stat, @Nullable TreeEntry base)
            throws IOException {
        directory(path, name != null && !(base instanceof DirectoryEntry entry && entry.mode() == stat.mode()));
    }

    private void directory(byte[] path, boolean differs) throws IOException {
        look.directory(TreePath.of(path), root.resolve(PathNames.relative(root.getFileSystem(), path)), differs);
    }

    @Override
    public void enterPart(byte[] path, @Nullable EntryName name, @Nullable FileStat stat, @Nullable TreeEntry base)
            throws IOException {
        // That something below it was asked for says nothing about its own permissions.
        if (stat != null) {
            directory(path, name != null && !(base instanceof DirectoryEntry));
        }
    }

    @Override
    public void look(EntryName name) {
        // What it is follows.
    }

    @Override
    public void exit() {
        // Nothing differs by the end of a directory alone.
    }

    @Override
    public void exitPart() {
        // As above.
    }

    @Override
    public void file(
            byte[] path, Path file, EntryName name, FileStat stat, @Nullable TreeEntry base, @Nullable StatEntry known)
            throws IOException {
        boolean same = known != null
                && base instanceof FileEntry entry
                && entry.content().equals(known.content)
                && entry.mode() == stat.mode();
        if (!same) {
            look.differs(TreePath.of(path), new FileStamp(stat));
        }
    }

    @Override
    public void link(byte[] path, EntryName name, FileStat stat, LinkTarget target, @Nullable TreeEntry base)
            throws IOException {
        if (!(base instanceof LinkEntry entry && Links.same(entry.target(), target))) {
            look.differs(TreePath.of(path), new FileStamp(stat));
        }
    }

    @Override
    public void missing(byte[] path, TreeEntry base, boolean held) throws IOException {
        if (!held) {
            look.missing(TreePath.of(path));
        }
    }

    @Override
    public void unreadable(byte[] path, FileAccessException failure) throws IOException {
        look.unreadable(TreePath.of(path), failure);
    }

    @Override
    public void ignored(byte[] path) {
        // Left out, as the rules say.
    }

    @Override
    public void skipped(byte[] path) {
        // Whoever commits is told.
    }

    @Override
    public void unselected(byte[] path, @Nullable TreeEntry base, boolean onDisk) {
        // No commit gets it.
    }
}
