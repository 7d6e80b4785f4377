package dev.dits.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Maps small files that several processes have in memory together. */
public final class MappedHint {
    private MappedHint() {}

    /**
     * Maps a file of a fixed size, making it if it is not there. Its bytes are really there: touching a hole in a mapping faults when the disk is full, and the JVM makes an
     * {@code InternalError} of that, wherever it happens.
     *
     * @param disk does it
     * @param file which; made if it is not there
     * @param bytes its size
     * @return the mapping, which may be written
     * @throws IOException if the file system fails
     */
    public static MappedByteBuffer open(Disk disk, Path file, int bytes) throws IOException {
        allocate(disk, file, bytes);
        return Mapping.map(
                file,
                FileChannel.MapMode.READ_WRITE,
                bytes,
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
    }

    private static void allocate(Disk disk, Path file, int bytes) throws IOException {
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
