package dev.dits.repo;

import dev.dits.error.DitsException;
import dev.dits.object.Content;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A file that is being put together in {@code .dits/tmp}, under a name made of its content's id: what an interrupted transfer
 * left is found again, and verified chunk by chunk before it counts.
 *
 * <p>Every chunk is to be either {@link #write written} or {@link #has found}, exactly once, in any order, from any threads. The threads must not be
 * interrupted meanwhile: an interrupt closes the channel for all of them.
 */
public final class PartFile implements AutoCloseable {
    /** A file is made durable in steps of this size while the rest arrives, so that little is left to wait for at its end. */
    private static final long SYNC_BYTES = 64 << 20;

    private final Path path;
    private final Content content;
    private final boolean resumed;
    private final AtomicLong covered = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final ReentrantLock syncLock = new ReentrantLock();
    private @Nullable FileChannel channel;
    private boolean closed;

    PartFile(Path path, Content content) throws IOException {
        this.path = path;
        this.content = content;
        FileStat stat = FileStat.of(path);
        resumed = stat != null && stat.kind() == FileKind.FILE && stat.size() > 0;
    }

    /**
     * Returns what the file is to contain.
     *
     * @return the content
     */
    public Content content() {
        return content;
    }

    /**
     * Tells whether an earlier attempt left something here, so that {@link #has} is worth calling.
     *
     * @return whether there are bytes
     */
    public boolean resumed() {
        return resumed;
    }

    private FileChannel channel() throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new java.nio.channels.ClosedChannelException();
            }
            FileChannel open = channel;
            if (open == null) {
                // Many files wait for their first byte at once; a descriptor is taken when it comes.
                open = FileChannel.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        java.nio.file.LinkOption.NOFOLLOW_LINKS);
                channel = open;
            }
            return open;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Writes a chunk that has been verified against its id. A chunk of zeros becomes a hole where the file system has holes.
     *
     * @param offset where it starts in the file
     * @param bytes its bytes, from position to limit; the position moves to the limit
     * @throws IOException if the file system fails, or the range is not within the file
     */
    public void write(long offset, ByteBuffer bytes) throws IOException {
        int length = bytes.remaining();
        if (offset < 0 || length > content.size() - offset) {
            throw new DitsException(
                    "a chunk at " + offset + " of " + length + " bytes is not within a file of " + content.size());
        }
        FileChannel open = channel();
        if (!resumed && isZero(bytes)) {
            bytes.position(bytes.limit());
        } else {
            long at = offset;
            while (bytes.hasRemaining()) {
                at += open.write(bytes, at);
            }
        }
        long before = covered.getAndAdd(length);
        if (before / SYNC_BYTES != (before + length) / SYNC_BYTES && before + length < content.size()) {
            syncWhatIsThere(open);
        }
    }

    /** One thread waits for the disk, the others go on. What this misses, {@link #finish} syncs. */
    private void syncWhatIsThere(FileChannel open) throws IOException {
        if (syncLock.tryLock()) {
            try {
                open.force(false);
            } finally {
                syncLock.unlock();
            }
        }
    }

    private static boolean isZero(ByteBuffer bytes) {
        for (int i = bytes.position(); i < bytes.limit(); i++) {
            if (bytes.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Tells whether a chunk is in place already, by reading and hashing it.
     *
     * @param chunk which
     * @return whether it need not be written
     * @throws IOException if the file system fails
     */
    public boolean has(FileTree.Chunk chunk) throws IOException {
        if (!resumed) {
            return false;
        }
        FileChannel open = channel();
        ByteBuffer buffer = ByteBuffer.allocate(chunk.length());
        while (buffer.hasRemaining()) {
            int read = open.read(buffer, chunk.offset() + buffer.position());
            if (read < 0) {
                return false;
            }
        }
        if (!ObjectId.hash(buffer.array()).equals(chunk.id())) {
            return false;
        }
        covered.addAndGet(chunk.length());
        return true;
    }

    /** Sets permissions and time, makes the file durable and closes it; it is ready to be renamed then. */
    void finish(int mode, dev.dits.object.Mtime mtime) throws IOException {
        if (covered.get() != content.size()) {
            throw new DitsException("a file of " + content.size() + " bytes was given " + covered.get()
                    + "; this is a bug in what provides its content");
        }
        FileChannel open = channel();
        long size = content.size();
        if (open.size() > size) {
            open.truncate(size);
        } else if (open.size() < size) {
            // A hole at the end.
            open.write(ByteBuffer.allocate(1), size - 1);
        }
        SafeDirectory.setByPath(path, mode, mtime);
        open.force(true);
        close();
    }

    Path path() {
        return path;
    }

    /** Closes the file and leaves what is written for a later attempt. Idempotent. */
    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            closed = true;
            FileChannel open = channel;
            channel = null;
            if (open != null) {
                open.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
