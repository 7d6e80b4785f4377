package dev.dits.repo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Bytes of a file that are read at any place. Safe for use by several threads. */
interface StatFile extends AutoCloseable {
    /** Fills the array from a position; false where the file ends before. */
    boolean read(long position, byte[] into) throws IOException;

    long size() throws IOException;

    @Override
    void close() throws IOException;

    /** Opens a file; null if there is none. */
    static @Nullable StatFile open(Path file) throws IOException {
        SeekableByteChannel channel;
        try {
            channel = Files.newByteChannel(file);
        } catch (NoSuchFileException e) {
            return null;
        }
        return new StatFile() {
            private final ReentrantLock lock = new ReentrantLock();

            @Override
            public boolean read(long position, byte[] into) throws IOException {
                lock.lock();
                try {
                    channel.position(position);
                    ByteBuffer buffer = ByteBuffer.wrap(into);
                    while (buffer.hasRemaining()) {
                        if (channel.read(buffer) < 0) {
                            return false;
                        }
                    }
                    return true;
                } finally {
                    lock.unlock();
                }
            }

            @Override
            public long size() throws IOException {
                return channel.size();
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    /** Reads from memory. */
    static StatFile of(byte[] bytes) {
        return new StatFile() {
            @Override
            public boolean read(long position, byte[] into) {
                if (position > bytes.length - into.length) {
                    return false;
                }
                System.arraycopy(bytes, (int) position, into, 0, into.length);
                return true;
            }

            @Override
            public long size() {
                return bytes.length;
            }

            @Override
            public void close() {
                // Nothing is held.
            }
        };
    }
}
