package dev.dits.store;

import dev.dits.disk.DiskFailures;
import dev.dits.error.RepositoryBusyException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Locks between processes and, with the same calls, between the threads and instances of one process.
 *
 * <p>Two traps make this class necessary. A POSIX record lock belongs to the process and dies when <em>any</em> descriptor of that file is
 * closed; and Java refuses a second lock on a file inside one JVM. So a lock lives on a file of its own, which nothing but
 * this class opens, and this class opens it once however many holders it has. The file may stay when the lock is gone; the
 * exclusive holder's process is written inside, for messages only.
 *
 * <p>Locks are not reentrant and belong to no thread: whoever has the {@link Held} may release it. All methods are safe for use by several threads.
 */
public final class FileLocks {
    private static final Logger LOGGER = LoggerFactory.getLogger(FileLocks.class);
    private static final int HOLDER_BYTES_MAX = 64;

    // The one piece of static state in this module: the operating system keeps these locks per process, so must we. It
    // is empty when no lock is held.
    private static final ReentrantLock GUARD = new ReentrantLock();
    private static final Map<Path, Entry> ENTRIES = new HashMap<>();

    private FileLocks() {}

    /** A lock that is held until it is closed. Closing is idempotent and never fails. */
    public static final class Held implements AutoCloseable {
        private final Entry entry;
        private boolean released;

        private Held(Entry entry) {
            this.entry = entry;
        }

        @Override
        public void close() {
            GUARD.lock();
            try {
                if (!released) {
                    released = true;
                    entry.release();
                }
            } finally {
                GUARD.unlock();
            }
        }
    }

    private static final class Entry {
        private final Path key;
        private final RandomAccessFile file;
        private final FileLock lock;
        private final boolean shared;
        private int holders = 1;

        Entry(Path key, RandomAccessFile file, FileLock lock, boolean shared) {
            this.key = key;
            this.file = file;
            this.lock = lock;
            this.shared = shared;
        }

        void release() {
            if (--holders > 0) {
                return;
            }
            ENTRIES.remove(key);
            try {
                lock.release();
            } catch (IOException e) {
                // Closing the file below releases it as well.
            }
            closeQuietly(file);
        }
    }

    /**
     * Tries once to take a lock.
     *
     * @param file the lock file, made if it is not there; its directory must exist
     * @param shared whether other shared holders are allowed
     * @return the lock, or null if another process or another holder in this process excludes it
     * @throws IOException if the file system fails
     */
    public static @Nullable Held tryLock(Path file, boolean shared) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        Path name = file.getFileName();
        if (parent == null || name == null) {
            throw new IllegalArgumentException("not a file: " + file);
        }
        Path key = parent.toRealPath().resolve(name.toString());
        GUARD.lock();
        try {
            Entry entry = ENTRIES.get(key);
            if (entry != null) {
                if (!shared || !entry.shared) {
                    return null;
                }
                entry.holders++;
                return new Held(entry);
            }
            return open(key, shared);
        } finally {
            GUARD.unlock();
        }
    }

    private static @Nullable Held open(Path key, boolean shared) throws IOException {
        // Not a plain FileChannel: an interrupt would close it, and with it drop the lock of every holder.
        RandomAccessFile file;
        try {
            file = new RandomAccessFile(key.toFile(), "rw");
        } catch (FileNotFoundException e) {
            throw DiskFailures.opening(key, e);
        }
        boolean done = false;
        try {
            FileLock lock = file.getChannel().tryLock(0, Long.MAX_VALUE, shared);
            if (lock == null) {
                return null;
            }
            if (!shared) {
                nameHolder(file);
            }
            Entry entry = new Entry(key, file, lock, shared);
            ENTRIES.put(key, entry);
            done = true;
            return new Held(entry);
        } catch (OverlappingFileLockException e) {
            // Another copy of this class, loaded by another class loader, holds it.
            return null;
        } finally {
            if (!done) {
                closeQuietly(file);
            }
        }
    }

    /** Only for a message: a full disk is no reason to go without the lock. */
    private static void nameHolder(RandomAccessFile file) {
        byte[] holder = ("process " + ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII);
        try {
            file.write(holder);
            file.setLength(holder.length);
        } catch (IOException e) {
            LOGGER.debug("the holder of a lock was not written down", e);
        }
    }

    /**
     * Takes a lock, waiting for others to release it.
     *
     * @param file the lock file, made if it is not there; its directory must exist
     * @param shared whether other shared holders are allowed
     * @param wait how to wait and when to give up
     * @return the lock
     * @throws RepositoryBusyException if {@code wait} gave up; the message names the holder where it is known
     * @throws InterruptedIOException if the thread was interrupted while waiting; its interrupt flag stays set
     * @throws IOException if the file system fails
     */
    public static Held lock(Path file, boolean shared, LockWait wait) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Held held = tryLock(file, shared);
            if (held != null) {
                return held;
            }
            boolean again;
            try {
                again = wait.pause(attempt);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                InterruptedIOException interrupted =
                        new InterruptedIOException("interrupted while waiting for " + file);
                interrupted.initCause(e);
                throw interrupted;
            }
            if (!again) {
                throw new RepositoryBusyException(file + " is held by " + holder(file)
                        + "; wait until it is done, or end that process, and try again");
            }
        }
    }

    private static String holder(Path file) {
        GUARD.lock();
        try {
            // Opening and closing the file would drop our own process's lock; if we hold it, we know who it is.
            if (ENTRIES.containsKey(file.toAbsolutePath().toRealPath())) {
                return "this process";
            }
            byte[] bytes = Files.readAllBytes(file);
            String text = new String(bytes, 0, Math.min(bytes.length, HOLDER_BYTES_MAX), StandardCharsets.US_ASCII);
            return text.matches("process [0-9]+") ? text : "another process";
        } catch (IOException e) {
            return "another process";
        } finally {
            GUARD.unlock();
        }
    }

    /** Number of lock files held open by this process; tests check that it returns to zero. */
    static int heldFiles() {
        GUARD.lock();
        try {
            return ENTRIES.size();
        } finally {
            GUARD.unlock();
        }
    }

    private static void closeQuietly(RandomAccessFile file) {
        try {
            file.close();
        } catch (IOException e) {
            // Nothing was written that matters, and the descriptor is gone either way.
        }
    }
}
