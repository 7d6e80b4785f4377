package dev.dits.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Small files that are replaced as a whole: temporary file, sync, rename, sync of the directory. */
public final class AtomicFile {
    private AtomicFile() {}

    /**
     * Replaces a file's content; after a crash at any point there is the old one or the new one.
     *
     * @param disk does it
     * @param role what the file is for
     * @param file which
     * @param temporary a name on the same file system that nobody else has; it is gone when this returns, and may be left by a crash
     * @param bytes the new content
     * @param attributes what the file has from the beginning
     * @throws IOException if the file system fails. The file is the old one, unless it was the last step that failed, the sync of the directory: then it is the new
     *     one, which may yet be lost by a power cut
     */
    public static void write(
            Disk disk, Role role, Path file, Path temporary, byte[] bytes, FileAttribute<?>... attributes)
            throws IOException {
        boolean moved = false;
        try {
            try (DiskFile out = disk.create(role, temporary, attributes)) {
                out.write(0, ByteBuffer.wrap(bytes));
                out.sync();
            }
            disk.rename(role, temporary, file);
            moved = true;
        } finally {
            if (!moved) {
                discard(disk, role, temporary);
            }
        }
        Path directory = file.getParent();
        if (directory != null) {
            disk.syncDirectory(role, directory);
        }
    }

    /**
     * Returns what {@link #write} needs so that nobody but its owner can read a file, not even for a moment.
     *
     * @param directory an existing directory on the same file system
     * @return permissions where the file system has those of POSIX; nothing elsewhere, where what the directory passes on counts
     * @throws IOException if the file system fails
     */
    public static FileAttribute<?>[] ownerOnly(Path directory) throws IOException {
        return Files.getFileStore(directory).supportsFileAttributeView("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
    }

    /**
     * Deletes a temporary file after a failure that counts for more than this one.
     *
     * @param disk does it
     * @param role what the file is for
     * @param temporary which
     */
    public static void discard(Disk disk, Role role, Path temporary) {
        try {
            boolean unused = disk.delete(role, temporary);
        } catch (IOException e) {
            // The disk fails; whoever sweeps next tries again.
        }
    }

    /**
     * Makes up a name that nobody else has.
     *
     * @param directory where
     * @param prefix what the name starts with, to tell who may sweep it
     * @return a path; nothing is there
     */
    public static Path temporary(Path directory, String prefix) {
        return directory.resolve(prefix + "-" + ProcessHandle.current().pid() + "-"
                + Long.toHexString(ThreadLocalRandom.current().nextLong()));
    }

    /**
     * Reads a file.
     *
     * @param file which
     * @return its content, or null if there is none
     * @throws IOException if the file system fails
     */
    public static byte @Nullable [] read(Path file) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return null;
        }
    }
}
