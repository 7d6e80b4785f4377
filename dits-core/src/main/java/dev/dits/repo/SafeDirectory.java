package dev.dits.repo;

import dev.dits.disk.Disk;
import dev.dits.disk.Role;
import dev.dits.object.EntryName;
import dev.dits.object.Mtime;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A directory of the working tree that is open, so that nobody can put a link in its place between a check and a write.
 *
 * <p>With a {@link SecureDirectoryStream} (Linux; macOS from JDK 24) every operation names one component, relative to an open
 * descriptor. Elsewhere the real path is compared before each operation, which leaves a moment: weaker, and the best that the
 * JDK can do there.
 *
 * <p>Not safe for use by several threads.
 */
abstract class SafeDirectory implements Closeable {
    final Disk disk;
    final Path path;

    private SafeDirectory(Disk disk, Path path) {
        this.disk = disk;
        this.path = path;
    }

    /** Opens the top directory: links on the way to it are the owner's own. */
    @SuppressWarnings("StreamResourceLeak") // Closed with the directory that is returned.
    static SafeDirectory open(Disk disk, Path root, Path tmp) throws IOException {
        DirectoryStream<Path> stream = Files.newDirectoryStream(root);
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            DirectoryStream<Path> tmpStream = Files.newDirectoryStream(tmp);
            if (tmpStream instanceof SecureDirectoryStream<Path> secureTmp) {
                return new Secure(disk, root, secure, secureTmp, true);
            }
            tmpStream.close();
        }
        stream.close();
        return new Checked(disk, root, root.toRealPath());
    }

    /** Opens a directory in this one; fails if it is a link. */
    abstract SafeDirectory enter(EntryName name) throws IOException;

    /** Moves a file, link or directory from the directory for temporary files here, over a file or link that has its name. */
    abstract void moveIn(Path temporary, EntryName name) throws IOException;

    /** Gives what is here another name, that nothing may have. */
    abstract void rename(EntryName from, EntryName to) throws IOException;

    abstract void deleteFile(EntryName name) throws IOException;

    abstract void deleteDirectory(EntryName name) throws IOException;

    /** Sets a directory's, or a file's, permissions and time, without following a link. */
    abstract void setAttributes(EntryName name, int mode, @Nullable Mtime mtime) throws IOException;

    Path child(EntryName name) {
        return PathNames.resolve(path, name);
    }

    static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] all = {
            PosixFilePermission.OTHERS_EXECUTE,
            PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.GROUP_EXECUTE,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.OWNER_EXECUTE,
            PosixFilePermission.OWNER_WRITE,
            PosixFilePermission.OWNER_READ
        };
        for (int bit = 0; bit < all.length; bit++) {
            if ((mode & 1 << bit) != 0) {
                set.add(all[bit]);
            }
        }
        return set;
    }

    /**
     * The nearest time that the JDK can set. Before 1970 it fails on fractions of a second (it hands a negative remainder to the
     * system, and falls back to 1970); beyond 2262 its nanoseconds overflow.
     */
    static FileTime settable(Mtime mtime) {
        long max = Long.MAX_VALUE / 1_000_000_000L - 1;
        long seconds = Math.max(-max, Math.min(max, mtime.seconds()));
        return FileTime.from(java.time.Instant.ofEpochSecond(
                seconds, seconds < 0 || seconds != mtime.seconds() ? 0 : mtime.nanos()));
    }

    private static final class Secure extends SafeDirectory {
        private final SecureDirectoryStream<Path> stream;
        private final SecureDirectoryStream<Path> tmp;
        private final boolean ownsTmp;

        Secure(
                Disk disk,
                Path path,
                SecureDirectoryStream<Path> stream,
                SecureDirectoryStream<Path> tmp,
                boolean ownsTmp) {
            super(disk, path);
            this.stream = stream;
            this.tmp = tmp;
            this.ownsTmp = ownsTmp;
        }

        private Path relative(EntryName name) {
            return PathNames.relative(path.getFileSystem(), name.bytes());
        }

        @Override
        SafeDirectory enter(EntryName name) throws IOException {
            return new Secure(
                    disk,
                    child(name),
                    stream.newDirectoryStream(relative(name), LinkOption.NOFOLLOW_LINKS),
                    tmp,
                    false);
        }

        @Override
        void moveIn(Path temporary, EntryName name) throws IOException {
            Path file = temporary.getFileName();
            if (file == null) {
                throw new IllegalArgumentException("not a file: " + temporary);
            }
            try {
                disk.rename(Role.TREE, temporary, child(name), () -> tmp.move(file, stream, relative(name)));
            } catch (AccessDeniedException e) {
                throw whole(name, e);
            }
        }

        /** The system's error knows the last name only, and nobody would know where to look. */
        private AccessDeniedException whole(EntryName name, AccessDeniedException failure) {
            AccessDeniedException whole = new AccessDeniedException(child(name).toString(), null, failure.getReason());
            whole.initCause(failure);
            return whole;
        }

        @Override
        void rename(EntryName from, EntryName to) throws IOException {
            disk.rename(Role.TREE, child(from), child(to), () -> stream.move(relative(from), stream, relative(to)));
        }

        @Override
        void deleteFile(EntryName name) throws IOException {
            try {
                disk.delete(Role.TREE, child(name), () -> stream.deleteFile(relative(name)));
            } catch (AccessDeniedException e) {
                throw whole(name, e);
            }
        }

        @Override
        void deleteDirectory(EntryName name) throws IOException {
            disk.delete(Role.TREE, child(name), () -> stream.deleteDirectory(relative(name)));
        }

        @Override
        void setAttributes(EntryName name, int mode, @Nullable Mtime mtime) throws IOException {
            PosixFileAttributeView view = stream.getFileAttributeView(
                    relative(name), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
            disk.attributes(Role.TREE, child(name), () -> {
                if (mtime != null) {
                    view.setTimes(settable(mtime), null, null);
                    refineTime(view.readAttributes(), name, mtime);
                }
                view.setPermissions(permissions(mode));
            });
        }

        /**
         * Relative to a descriptor, JDK 17 sets microseconds; by a path, nanoseconds. The path is taken only while it leads to the same
         * directory; were it exchanged right then, another directory of the user would get a time, and nothing else.
         */
        private void refineTime(BasicFileAttributes opened, EntryName name, Mtime mtime) throws IOException {
            if (mtime.nanos() % 1_000 == 0 || opened.fileKey() == null) {
                return;
            }
            BasicFileAttributeView byPath =
                    Files.getFileAttributeView(child(name), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
            if (opened.fileKey().equals(byPath.readAttributes().fileKey())) {
                byPath.setTimes(settable(mtime), null, null);
            }
        }

        @Override
        public void close() throws IOException {
            try {
                stream.close();
            } finally {
                if (ownsTmp) {
                    tmp.close();
                }
            }
        }
    }

    private static final class Checked extends SafeDirectory {
        private final Path real;

        Checked(Disk disk, Path path, Path real) {
            super(disk, path);
            this.real = real;
        }

        private Path checked(EntryName name) throws IOException {
            if (!path.toRealPath().equals(real)) {
                throw new NotDirectoryException(path + " was replaced by a link");
            }
            return PathNames.resolve(real, name);
        }

        @Override
        SafeDirectory enter(EntryName name) throws IOException {
            Path child = checked(name);
            if (!Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
                throw new NotDirectoryException(child.toString());
            }
            return new Checked(disk, child, child.toRealPath());
        }

        @Override
        void moveIn(Path temporary, EntryName name) throws IOException {
            Path target = checked(name);
            disk.rename(Role.TREE, temporary, target);
        }

        @Override
        void rename(EntryName from, EntryName to) throws IOException {
            disk.rename(Role.TREE, checked(from), checked(to));
        }

        @Override
        void deleteFile(EntryName name) throws IOException {
            Path file = checked(name);
            disk.delete(Role.TREE, file, () -> Files.delete(file));
        }

        @Override
        void deleteDirectory(EntryName name) throws IOException {
            Path file = checked(name);
            disk.delete(Role.TREE, file, () -> Files.delete(file));
        }

        @Override
        void setAttributes(EntryName name, int mode, @Nullable Mtime mtime) throws IOException {
            Path file = checked(name);
            disk.attributes(Role.TREE, file, () -> setByPath(file, mode, mtime));
        }

        @Override
        public void close() {
            // Nothing is held open.
        }
    }

    /** As {@link #setAttributes}, for a path that nobody else knows. */
    static void setByPath(Path file, int mode, @Nullable Mtime mtime) throws IOException {
        if (mtime != null) {
            Files.getFileAttributeView(file, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .setTimes(settable(mtime), null, null);
        }
        PosixFileAttributeView posix =
                Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        if (posix != null && mode >= 0) {
            posix.setPermissions(permissions(mode));
        }
    }
}
