package dev.dits.repo;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Disk;
import dev.dits.disk.DiskFile;
import dev.dits.disk.Role;
import dev.dits.error.DitsException;
import dev.dits.object.Content;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A file that is being put together in {@code .dits/tmp}, under a name made of its content's id: what an interrupted transfer
 * left is found again, and verified chunk by chunk before it counts.
 *
 * <p>Every chunk is to be either {@link #write written} or {@link #has found}, exactly once, in any order, from any threads.
 */
public final class PartFile implements AutoCloseable {
    /** A file is made durable in steps of this size while the rest arrives, so that little is left to wait for at its end. */
    private static final long SYNC_BYTES = 64 << 20;

    private static final int OWNER_READ_WRITE = 0600;

    private final Disk disk;
    private final Path path;
    private final Content content;
    private final boolean resumed;
    private final AtomicLong covered = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private final ReentrantLock syncLock = new ReentrantLock();
    private @Nullable DiskFile file;
    private volatile boolean doubtful;
    private boolean closed;

    PartFile(Disk disk, Path path, Content content) throws IOException {
        this.disk = disk;
        this.path = path;
        this.content = content;
        FileStat stat = FileStat.of(path);
        if (stat != null && stat.kind() == FileKind.FILE && stat.size() > 0) {
            resumed = true;
            if ((stat.mode() & OWNER_READ_WRITE) != OWNER_READ_WRITE) {
                // It was finished, and about to be renamed, when the attempt before was killed.
                disk.attributes(Role.PART, path, () -> SafeDirectory.setByPath(path, OWNER_READ_WRITE, null));
            }
        } else {
            resumed = false;
            if (stat != null) {
                boolean unused =
                        disk.delete(Role.PART, path); // empty, or nothing of ours: a link is not to be followed
            }
        }
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

    private DiskFile file() throws IOException {
        lock.lock();
        try {
            if (closed) {
                throw new java.nio.channels.ClosedChannelException();
            }
            DiskFile open = file;
            if (open == null) {
                // Many files wait for their first byte at once; a descriptor is taken when it comes.
                open = resumed ? disk.open(Role.PART, path) : disk.create(Role.PART, path);
                file = open;
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
        DiskFile open = file();
        if (!resumed && isZero(bytes)) {
            bytes.position(bytes.limit());
        } else {
            open.write(offset, bytes);
        }
        long before = covered.getAndAdd(length);
        if (before / SYNC_BYTES != (before + length) / SYNC_BYTES && before + length < content.size()) {
            syncWhatIsThere(open);
        }
    }

    /** One thread waits for the disk, the others go on. What this misses, {@link #finish} syncs. */
    private void syncWhatIsThere(DiskFile open) throws IOException {
        if (syncLock.tryLock()) {
            try {
                sync(open);
            } finally {
                syncLock.unlock();
            }
        }
    }

    /** After a failed sync what is read from the file proves nothing about the disk, so it must not be resumed. */
    private void sync(DiskFile open) throws IOException {
        boolean done = false;
        try {
            open.sync();
            done = true;
        } finally {
            doubtful |= !done;
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
        ByteBuffer buffer = ByteBuffer.allocate(chunk.length());
        if (!file().read(chunk.offset(), buffer)) {
            return false;
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
        DiskFile open = file();
        long size = content.size();
        if (open.size() != size) {
            open.truncate(size); // what an earlier attempt left is too long, or it ends with a hole
        }
        disk.attributes(Role.PART, path, () -> SafeDirectory.setByPath(path, mode, mtime));
        sync(open);
        close();
    }

    /**
     * Tells where the file grows until it is whole.
     *
     * @return its path
     */
    public Path path() {
        return path;
    }

    /** Closes the file and leaves what is written for a later attempt. Idempotent. */
    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            closed = true;
            DiskFile open = file;
            file = null;
            if (open != null) {
                try {
                    open.close();
                } finally {
                    if (doubtful) {
                        AtomicFile.discard(disk, Role.PART, path);
                    }
                }
            }
        } finally {
            lock.unlock();
        }
    }
}
