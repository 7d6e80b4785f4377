package dev.dits.store;

import dev.dits.disk.ReadOnly;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Packs open for reading. A reading thread borrows a handle, so that reads run side by side; idle ones are kept, the least recently used closed first.
 *
 * <p>They are {@link RandomAccessFile}s, not channels: interrupting a reading thread would close a channel for all others.
 */
final class PackHandles implements AutoCloseable {
    static final int IDLE_MAX = 32;

    private final Path directory;
    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<Handle> idle = new ArrayDeque<>(IDLE_MAX + 1); // most recently used first
    private boolean closed;

    private record Handle(long pack, RandomAccessFile file) {}

    PackHandles(Path directory) {
        this.directory = directory;
    }

    /**
     * Reads bytes of a pack that follow one another into several arrays, so that a payload gets one of its own without a copy.
     *
     * @throws java.nio.file.NoSuchFileException if the pack is gone
     * @throws EOFException if it is shorter
     */
    void read(long pack, long offset, byte[]... into) throws IOException {
        Handle handle = borrow(pack);
        boolean whole = false;
        try {
            handle.file.seek(offset);
            for (byte[] part : into) {
                handle.file.readFully(part);
            }
            whole = true;
        } finally {
            giveBack(handle, whole);
        }
    }

    private Handle borrow(long pack) throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new IOException("the store is closed");
            }
            for (Iterator<Handle> each = idle.iterator(); each.hasNext(); ) {
                Handle handle = each.next();
                if (handle.pack == pack) {
                    each.remove();
                    return handle;
                }
            }
        } finally {
            lock.unlock();
        }
        Path file = directory.resolve(PackFormat.hex(pack) + PackFormat.PACK_SUFFIX);
        return new Handle(pack, ReadOnly.open(file));
    }

    private void giveBack(Handle handle, boolean whole) {
        @Nullable Handle surplus = handle;
        lock.lock();
        try {
            if (whole && !closed) {
                idle.addFirst(handle);
                surplus = idle.size() > IDLE_MAX ? idle.pollLast() : null;
            }
        } finally {
            lock.unlock();
        }
        close(surplus);
    }

    /** Closes idle handles of a pack that was deleted: an open one keeps its disk space. */
    void forget(java.util.function.LongPredicate gone) {
        ArrayDeque<Handle> dropped = new ArrayDeque<>();
        lock.lock();
        try {
            idle.removeIf(handle -> {
                boolean drop = gone.test(handle.pack);
                if (drop) {
                    dropped.add(handle);
                }
                return drop;
            });
        } finally {
            lock.unlock();
        }
        dropped.forEach(PackHandles::close);
    }

    private static void close(@Nullable Handle handle) {
        if (handle != null) {
            try {
                handle.file.close();
            } catch (IOException e) {
                // Open for reading only: nothing is lost.
            }
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        forget(pack -> true);
    }
}
