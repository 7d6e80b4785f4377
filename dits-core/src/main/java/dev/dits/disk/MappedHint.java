package dev.dits.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Prepares small files that several processes map into memory. */
public final class MappedHint {
    private MappedHint() {}

    /**
     * Sees to it that a file has its full size, of bytes that are really there: touching a hole in a mapping faults when the disk is full, and the JVM makes an
     * {@code InternalError} of that, wherever it happens.
     *
     * @param disk does it
     * @param file which; made if it is not there
     * @param bytes its size
     * @throws IOException if the file system fails
     */
    public static void allocate(Disk disk, Path file, int bytes) throws IOException {
        long size = Files.exists(file) ? Files.size(file) : -1;
        if (size >= bytes) {
            return;
        }
        try (DiskFile out = size < 0 ? create(disk, file) : disk.open(Role.HINT, file)) {
            // What is there stays: another process may be using it.
            int from = (int) Math.max(0, size);
            out.write(from, ByteBuffer.allocate(bytes - from));
        }
    }

    private static DiskFile create(Disk disk, Path file) throws IOException {
        try {
            return disk.create(Role.HINT, file);
        } catch (FileAlreadyExistsException e) {
            return disk.open(Role.HINT, file);
        }
    }
}
