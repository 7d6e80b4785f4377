package dev.dits.store;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** The real file system. Written through {@link RandomAccessFile}, which an interrupt does not close. */
final class SystemFiles implements StoreFiles {
    static final SystemFiles INSTANCE = new SystemFiles();

    private SystemFiles() {}

    @Override
    public Appender create(Path file) throws IOException {
        Files.createFile(file);
        return new FileAppender(new RandomAccessFile(file.toFile(), "rw"));
    }

    @Override
    public Appender append(Path file) throws IOException {
        if (!Files.exists(file)) { // "rw" would make it
            throw new NoSuchFileException(file.toString());
        }
        return new FileAppender(new RandomAccessFile(file.toFile(), "rw"));
    }

    /** Opens for reading, telling a missing file from one that may not be read. */
    static RandomAccessFile openForReading(Path file) throws IOException {
        try {
            return new RandomAccessFile(file.toFile(), "r");
        } catch (FileNotFoundException e) {
            IOException cause = Files.exists(file)
                    ? new AccessDeniedException(file.toString(), null, e.getMessage())
                    : new NoSuchFileException(file.toString());
            cause.initCause(e);
            throw cause;
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        if (System.getProperty("os.name", "").startsWith("Windows")) {
            return; // A directory cannot be opened there; NTFS journals the rename.
        }
        // The one channel here: a pending interrupt would close it before it has synced, so the flag is set aside.
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                    channel.force(true);
                    return;
                } catch (java.nio.channels.ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    private static final class FileAppender implements Appender {
        private final RandomAccessFile file;
        private long position;

        FileAppender(RandomAccessFile file) {
            this.file = file;
        }

        @Override
        public void write(long at, byte[] bytes, int offset, int length) throws IOException {
            if (at != position) {
                file.seek(at);
            }
            position = -1; // unknown until the write is through
            file.write(bytes, offset, length);
            position = at + length;
        }

        @Override
        public void truncate(long length) throws IOException {
            position = -1;
            file.setLength(length);
        }

        @Override
        public void sync() throws IOException {
            file.getFD().sync();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
