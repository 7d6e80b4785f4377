package dev.dits.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;

/** A disk on any file system of Java's, such as one in memory, of which directories can not be synced. */
public final class PlainDisk implements Disk {
    public PlainDisk() {
        // Nothing to hold: the paths say which file system it is.
    }

    @Override
    public DiskFile create(Role role, Path file, FileAttribute<?>... attributes) throws IOException {
        Files.createFile(file, attributes);
        return open(role, file);
    }

    @Override
    public DiskFile open(Role role, Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        return new PlainFile(FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    private record PlainFile(FileChannel channel) implements DiskFile {
        @Override
        public void write(long position, ByteBuffer bytes) throws IOException {
            long at = position;
            while (bytes.hasRemaining()) {
                at += channel.write(bytes, at);
            }
        }

        @Override
        public boolean read(long position, ByteBuffer into) throws IOException {
            long at = position;
            while (into.hasRemaining()) {
                int read = channel.read(into, at);
                if (read < 0) {
                    return false;
                }
                at += read;
            }
            return true;
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void truncate(long length) throws IOException {
            channel.truncate(length);
        }

        @Override
        public void sync() {
            // Nothing here outlives the process.
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    @Override
    public void rename(Role role, Path from, Path to, Change how) throws IOException {
        how.run();
    }

    @Override
    public void link(Role role, Path link, Path existing) throws IOException {
        Files.createLink(link, existing);
    }

    @Override
    public void symbolicLink(Role role, Path link, Path target) throws IOException {
        Files.createSymbolicLink(link, target);
    }

    @Override
    public void makeDirectory(Role role, Path directory, FileAttribute<?>... attributes) throws IOException {
        Files.createDirectory(directory, attributes);
    }

    @Override
    public void delete(Role role, Path path, Change how) throws IOException {
        how.run();
    }

    @Override
    public void attributes(Role role, Path path, Change how) throws IOException {
        how.run();
    }

    @Override
    public void syncAttributes(Role role, Path file) {
        // As above.
    }

    @Override
    public void syncDirectory(Role role, Path directory) {
        // As above.
    }
}
