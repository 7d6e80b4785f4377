package dev.dits.repo;

import dev.dits.object.Mtime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the file system says about a path without following a link.
 *
 * @param kind what it is
 * @param size bytes
 * @param mode permission bits; what a new file would have where the file system keeps none
 * @param mtime last modified
 * @param ctime last changed in any way; the mtime where there is no such time
 * @param inode the file's number; 0 where there is none
 * @param changeTimeKnown whether {@code ctime} is the file system's own, which no program can set back
 */
record FileStat(FileKind kind, long size, int mode, Mtime mtime, Mtime ctime, long inode, boolean changeTimeKnown) {
    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_FILE = 0100000;
    private static final int TYPE_DIRECTORY = 0040000;
    private static final int TYPE_LINK = 0120000;

    /** Reads it; null if nothing is there. */
    static @Nullable FileStat of(Path path) throws IOException {
        try {
            if (path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
                return unix(path);
            }
            return basic(path);
        } catch (NoSuchFileException e) {
            return null;
        } catch (java.nio.file.FileSystemException e) {
            // A parent that is a file, on the way to a name below it: nothing is there either.
            if (e.getReason() != null && e.getReason().contains("Not a directory")) {
                return null;
            }
            throw e;
        }
    }

    private static FileStat unix(Path path) throws IOException {
        Map<String, Object> values =
                Files.readAttributes(path, "unix:mode,ino,ctime,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
        int mode = (Integer) value(values, "mode");
        FileKind kind = switch (mode & TYPE_MASK) {
            case TYPE_FILE -> FileKind.FILE;
            case TYPE_DIRECTORY -> FileKind.DIRECTORY;
            case TYPE_LINK -> FileKind.LINK;
            default -> FileKind.OTHER;
        };
        return new FileStat(
                kind,
                (Long) value(values, "size"),
                mode & 0777,
                time((FileTime) value(values, "lastModifiedTime")),
                time((FileTime) value(values, "ctime")),
                ((Number) value(values, "ino")).longValue(),
                true);
    }

    private static Object value(Map<String, Object> values, String name) {
        Object value = values.get(name);
        if (value == null) {
            throw new IllegalStateException("the file system gives no " + name);
        }
        return value;
    }

    private static FileStat basic(Path path) throws IOException {
        BasicFileAttributes values = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        FileKind kind = values.isSymbolicLink()
                ? FileKind.LINK
                : values.isDirectory() ? FileKind.DIRECTORY : values.isRegularFile() ? FileKind.FILE : FileKind.OTHER;
        int mode = kind == FileKind.FILE ? 0644 : kind == FileKind.DIRECTORY ? 0755 : 0777;
        Mtime mtime = time(values.lastModifiedTime());
        return new FileStat(kind, values.size(), mode, mtime, mtime, 0, false);
    }

    private static Mtime time(FileTime time) {
        return Mtime.of(time.toInstant());
    }

    /** Whether nothing that a write changes differs: the same file, unwritten, as far as its stat can tell. */
    boolean sameContent(FileStat other) {
        return kind == other.kind
                && size == other.size
                && inode == other.inode
                && mtime.equals(other.mtime)
                && ctime.equals(other.ctime);
    }

    /**
     * Whether a write in the clock tick of {@code now} could go unseen: the file's own stamp is not older than the clock
     * that was read before its content was.
     */
    boolean isRacy(Mtime now) {
        return (changeTimeKnown ? ctime : mtime).compareTo(now) >= 0;
    }
}
