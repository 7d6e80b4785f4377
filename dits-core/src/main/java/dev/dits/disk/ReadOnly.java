package dev.dits.disk;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Opens files that an interrupt does not close, and says why one could not be opened. */
public final class ReadOnly {
    private ReadOnly() {}

    /**
     * Opens a file for reading.
     *
     * @param file which
     * @return the file, closed by the caller
     * @throws NoSuchFileException if there is none
     * @throws AccessDeniedException if it may not be read
     * @throws IOException if the file system fails
     */
    public static RandomAccessFile open(Path file) throws IOException {
        return openFile(file, "r");
    }

    static RandomAccessFile openFile(Path file, String mode) throws IOException {
        try {
            return new RandomAccessFile(file.toFile(), mode);
        } catch (FileNotFoundException e) {
            throw DiskFailures.opening(file, e);
        }
    }
}
