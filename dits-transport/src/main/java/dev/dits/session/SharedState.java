package dev.dits.session;

import dev.dits.disk.Disk;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.store.FileLocks;
import dev.dits.store.LockWait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * What a share keeps in one small file that several processes, or several nodes of one, may change at once.
 *
 * <p>The file begins with {@code version u8} and {@code generation u64} and is replaced as a whole, never written in place. Who changes it holds
 * the lock of its directory, reads it again if its generation is not the one in memory, and writes the next generation: nobody's change is
 * lost. Who only reads compares the generation, which costs one short read. A change is either in the file as a whole or not at all, so things
 * that must never be seen apart belong into one file and one change.
 */
abstract class SharedState {
    /** Beside the files it guards; nothing but {@link FileLocks} opens it. */
    static final String LOCK = "lock";

    /** Whoever holds it writes one small file. */
    private static final Duration LOCK_TIME = Duration.ofSeconds(10);

    private static final int HEAD_BYTES = 1 + Long.BYTES;

    /** Memory holds nothing that can be relied on. */
    private static final long UNKNOWN = -1;

    private final Path file;
    private Disk disk = Disk.system();
    private final int version;
    private final String what;
    private final ReentrantLock lock = new ReentrantLock();

    /** Of the file that memory was read from or written to; 0 while there is none. */
    private long generation = UNKNOWN;

    private boolean changed;

    /** Whether there was a file: one that is gone then says nothing about what it held. */
    private boolean seen;

    SharedState(Path file, int version, String what) {
        this.file = file;
        this.version = version;
        this.what = what;
    }

    /** Writes by way of another disk from now on; for tests. */
    final void writeTo(Disk value) {
        disk = value;
    }

    /** Forgets everything. With the lock held. */
    abstract void clear();

    /** Reads everything that follows the head. With the lock held. */
    abstract void read(ByteReader in) throws IOException;

    /** Writes everything that follows the head. With the lock held. */
    abstract void write(ByteWriter out) throws IOException;

    /** Works on what is in memory. */
    interface Work<T, E extends Exception> {
        T run() throws IOException, E;
    }

    /** Runs something on what is in memory, which may be behind the file, or empty. */
    final <T> T peek(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    /** Runs something on what the file holds now. Nothing may be changed. */
    final <T, E extends Exception> T look(Work<T, E> work) throws IOException, E {
        lock.lock();
        try {
            refresh();
            return work.run();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Runs something on what the file holds, while nobody else changes it. What it changes, and says so by {@link #touch}, is durable when this
     * returns, even if it returns by an exception; if it can not be written, memory goes back to what the file holds.
     */
    @SuppressWarnings("try") // the lock is held, not used
    final <T, E extends Exception> T change(Work<T, E> work) throws IOException, E {
        lock.lock();
        try (FileLocks.Held held = lockWhereItWas()) {
            refresh();
            try {
                return work.run();
            } finally {
                save();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Makes durable what was changed up to here. Within {@link #change}. */
    final void saveNow() throws IOException {
        save();
    }

    /** Says that memory was changed. Within {@link #change}. */
    final void touch() {
        changed = true;
    }

    /** Makes no directory in a place that somebody has emptied. */
    private FileLocks.Held lockWhereItWas() throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (seen && directory != null && !Files.isDirectory(directory)) {
            throw gone();
        }
        return lockBeside(file);
    }

    private DitsException gone() {
        return new DitsException(file + " is gone; put it back, or end the share and start it anew");
    }

    /** Takes the lock that the files of a directory share. */
    static FileLocks.Held lockBeside(Path file) throws IOException {
        return FileLocks.lock(SecretFile.makeDirectory(file).resolve(LOCK), false, LockWait.upTo(LOCK_TIME));
    }

    /** Returns the generation in memory, which changes with what it holds. */
    final long generation() throws IOException {
        return this.<Long, RuntimeException>look(() -> generation);
    }

    private void refresh() throws IOException {
        byte[] head = SecretFile.readHead(file, HEAD_BYTES);
        if (head == null ? generation == 0 : head.length == HEAD_BYTES && generationOf(head) == generation) {
            return;
        }
        byte[] bytes = head == null ? null : SecretFile.read(file);
        if (bytes == null && seen) {
            // Moved away, or on a disk that is not there at the moment. To take it for empty would revoke everybody.
            throw gone();
        }
        generation = UNKNOWN;
        clear();
        if (bytes == null) {
            generation = 0;
            return;
        }
        seen = true;
        ByteReader in = new ByteReader(bytes);
        long found = headOf(in);
        read(in);
        in.expectEnd();
        generation = found;
    }

    private long generationOf(byte[] head) throws IOException {
        return headOf(new ByteReader(head));
    }

    private long headOf(ByteReader in) throws IOException {
        int found = in.u8();
        if (found != version) {
            throw new UnsupportedFormatException(file + " is of version " + found + ", this dits knows version "
                    + version + (found > version ? "; update dits" : "; delete the file, " + what + " are lost then"));
        }
        long read = in.u64();
        if (read <= 0) {
            throw new CorruptObjectException(file + " is damaged: its generation is " + read);
        }
        return read;
    }

    private void save() throws IOException {
        if (!changed) {
            return;
        }
        changed = false;
        long next = generation + 1;
        // Until it is known to be written, memory is ahead of the file and must not be believed.
        generation = UNKNOWN;
        ByteWriter out = new ByteWriter().u8(version).u64(next);
        write(out);
        SecretFile.write(disk, file, out.toBytes());
        seen = true;
        generation = next;
    }
}
