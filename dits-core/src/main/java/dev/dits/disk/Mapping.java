package dev.dits.disk;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;

/** Maps files into memory, whatever interrupts arrive meanwhile. A mapping outlives its channel. */
public final class Mapping {
    private Mapping() {}

    /**
     * Maps the begin of a file.
     *
     * @param file which
     * @param mode whether it may be written; it grows then to what is mapped
     * @param length how many bytes
     * @param options how to open it
     * @return the mapping
     * @throws IOException if the file system fails
     */
    public static MappedByteBuffer map(Path file, FileChannel.MapMode mode, long length, OpenOption... options)
            throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                interrupted |= Thread.interrupted();
                try (FileChannel channel = FileChannel.open(file, options)) {
                    return channel.map(mode, 0, length);
                } catch (ClosedByInterruptException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
