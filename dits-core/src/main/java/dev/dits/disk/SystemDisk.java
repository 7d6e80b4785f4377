package dev.dits.disk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.concurrent.locks.ReentrantLock;

/** The real file system. Written through {@link RandomAccessFile}, which an interrupt does not close. */
final class SystemDisk implements Disk {
    static final SystemDisk INSTANCE = new SystemDisk();

    private SystemDisk() {}

    @Override
    public DiskFile create(Role role, Path file, FileAttribute<?>... attributes) throws IOException {
        try {
            Files.createFile(file, attributes);
            return new SystemFile(file);
        } catch (IOException e) {
            throw DiskFailures.explain(file, e);
        }
    }

    @Override
    public DiskFile open(Role role, Path file) throws IOException {
        if (!Files.exists(file)) { // "rw" would make it
            throw new NoSuchFileException(file.toString());
        }
        return new SystemFile(file);
    }

    private static void run(Path path, Change how) throws IOException {
        try {
            how.run();
        } catch (IOException e) {
            throw DiskFailures.explain(path, e);
        }
    }

    @Override
    public void rename(Role role, Path from, Path to, Change how) throws IOException {
        run(to, how);
    }

    @Override
    public void link(Role role, Path link, Path existing) throws IOException {
        run(link, () -> Files.createLink(link, existing));
    }

    @Override
    public void symbolicLink(Role role, Path link, Path target) throws IOException {
        run(link, () -> Files.createSymbolicLink(link, target));
    }

    @Override
    public void makeDirectory(Role role, Path directory, FileAttribute<?>... attributes) throws IOException {
        run(directory, () -> Files.createDirectory(directory, attributes));
    }

    @Override
    public void delete(Role role, Path path, Change how) throws IOException {
        run(path, how);
    }

    @Override
    public void attributes(Role role, Path path, Change how) throws IOException {
        run(path, how);
    }

    @Override
    public void syncAttributes(Role role, Path file) throws IOException {
        syncDirectory(role, file); // to the system it is the same
    }

    @Override
    public void syncDirectory(Role role, Path directory) throws IOException {
        if (directory.getFileSystem().getSeparator().equals("\\")) {
            return; // A directory cannot be opened there; NTFS journals the rename.
        }
        // The one channel here: a pending interrupt would close it before it has synced, so the flag is set aside.
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                    channel.force(true);
                    return;
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                } catch (IOException e) {
                    throw DiskFailures.explain(directory, e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static final class SystemFile implements DiskFile {
        private final Path path;
        private final RandomAccessFile file;
        private final ReentrantLock lock = new ReentrantLock();
        private long position;

        SystemFile(Path path) throws IOException {
            this.path = path;
            file = ReadOnly.openFile(path, "rw");
        }

        private void seek(long at) throws IOException {
            if (at != position) {
                file.seek(at);
            }
            position = -1; // unknown until what follows is through
        }

        @Override
        public void write(long at, ByteBuffer bytes) throws IOException {
            byte[] array;
            int offset = 0;
            int length = bytes.remaining();
            if (bytes.hasArray()) {
                array = bytes.array();
                offset = bytes.arrayOffset() + bytes.position();
            } else {
                array = new byte[length];
                bytes.get(bytes.position(), array);
            }
            lock.lock();
            try {
                seek(at);
                file.write(array, offset, length);
                position = at + length;
            } catch (IOException e) {
                throw DiskFailures.explain(path, length, e);
            } finally {
                lock.unlock();
            }
            bytes.position(bytes.limit());
        }

        @Override
        public boolean read(long at, ByteBuffer into) throws IOException {
            byte[] array = new byte[into.remaining()];
            lock.lock();
            try {
                seek(at);
                int done = 0;
                while (done < array.length) {
                    int read = file.read(array, done, array.length - done);
                    if (read < 0) {
                        return false;
                    }
                    done += read;
                }
                position = at + array.length;
            } finally {
                lock.unlock();
            }
            into.put(array);
            return true;
        }

        @Override
        public long size() throws IOException {
            return file.length();
        }

        @Override
        public void truncate(long length) throws IOException {
            lock.lock();
            try {
                position = -1;
                file.setLength(length);
            } catch (IOException e) {
                throw DiskFailures.explain(path, e);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void sync() throws IOException {
            try {
                file.getFD().sync();
            } catch (IOException e) {
                throw DiskFailures.explain(path, e);
            }
        }

        @Override
        public void close() throws IOException {
            try {
                file.close();
            } catch (IOException e) {
                throw DiskFailures.explain(path, e);
            }
        }
    }
}
