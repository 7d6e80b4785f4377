package dev.dits.repo;

import dev.dits.chunk.Chunker;
import dev.dits.object.Content;
import dev.dits.object.FileTreeBuilder;
import dev.dits.object.ObjectId;
import dev.dits.store.RecordType;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Cuts one large file: the thread that calls reads and finds the cuts, others take the SHA-256 of the chunks and of the whole, and store what is new. Cuts, ids and the tree are those
 * that one thread would make.
 *
 * <p>The file goes through a few buffers, so it may be of any size. Helpers never wait: where the workers have other files to read, the calling thread does all of it. Used once.
 */
final class LargeFileCut implements AutoCloseable {
    /** Below this, handing over costs more than it saves. */
    static final long FILE_BYTES_MIN = 4 << 20;

    private static final int BUFFER_BYTES_MIN = 1 << 20;
    private static final int BUFFER_CHUNKS = 2;

    /** The JDK keeps or allocates native memory as large as a single read asks for. */
    private static final int READ_BYTES_MAX = 256 << 10;

    /** Buffers under way where others help. */
    private static final int SEGMENTS_MAX = 4;
    /** Buffers under way where nobody does (yet). */
    private static final int SEGMENTS_ALONE = 2;

    /** More would wait: the cuts and the SHA-256 of the whole are found by one thread each. */
    private static final int HELPERS_MAX = 3;

    /** Buffers that are used again for the next file. */
    static final class Buffers {
        private static final int IDLE_MAX = 2 * SEGMENTS_MAX;

        private final int bytes;
        private final Queue<byte[]> idle = new ConcurrentLinkedQueue<>();

        Buffers(int chunkBytesMax) {
            bytes = Math.max(BUFFER_BYTES_MIN, BUFFER_CHUNKS * chunkBytesMax);
        }

        private byte[] take() {
            byte[] buffer = idle.poll();
            return buffer == null ? new byte[bytes] : buffer;
        }

        private void giveBack(byte[] buffer) {
            if (idle.size() < IDLE_MAX) {
                idle.add(buffer);
            }
        }
    }

    /** A piece of the file, cut into whole chunks that begin at its start. */
    private static final class Segment {
        final byte[] bytes;
        final MessageDigest digest = ObjectId.sha256();
        int[] lengths = new int[32];
        ObjectId[] ids = new ObjectId[32];
        int chunks;
        int length;
        boolean stored;
        boolean hashed;

        Segment(byte[] bytes) {
            this.bytes = bytes;
        }

        void clear() {
            chunks = 0;
            length = 0;
            stored = false;
            hashed = false;
        }

        void add(int chunkBytes) {
            if (chunks == lengths.length) {
                lengths = Arrays.copyOf(lengths, 2 * chunks);
                ids = Arrays.copyOf(ids, 2 * chunks);
            }
            lengths[chunks++] = chunkBytes;
            length += chunkBytes;
        }
    }

    private final Chunker chunker;
    private final Buffers buffers;
    private final Executor executor;
    private final int helpersMax;
    private final StoreWriter writer;
    private final ContentReader.Counter counter;
    private final MessageDigest whole = ObjectId.sha256();

    /** Of the calling thread alone. */
    private final Deque<Segment> free = new ArrayDeque<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition progress = lock.newCondition();
    // All below are guarded by the lock.
    /** Cut and not yet in the tree, in the order of the file. */
    private final Deque<Segment> underWay = new ArrayDeque<>();

    private final Deque<Segment> toStore = new ArrayDeque<>();
    private final Deque<Segment> toHash = new ArrayDeque<>();
    private boolean hashing;
    private int helpersAsked;
    private int helpersRunning;
    private boolean ended;
    private @Nullable Throwable failure;

    /**
     * @param executor where helpers run
     * @param helpersMax how many may at once
     */
    LargeFileCut(
            Chunker chunker,
            Buffers buffers,
            Executor executor,
            int helpersMax,
            StoreWriter writer,
            ContentReader.Counter counter) {
        this.chunker = chunker;
        this.buffers = buffers;
        this.executor = executor;
        this.helpersMax = Math.min(HELPERS_MAX, helpersMax);
        this.writer = writer;
        this.counter = counter;
    }

    /** Reads a file to its end and stores what is new of it. */
    Content cut(ReadableByteChannel channel) throws IOException {
        FileTreeBuilder tree = new FileTreeBuilder(writer);
        byte[] before = {};
        int rest = 0;
        int restFrom = 0;
        for (boolean last = false; !last; ) {
            Segment segment = next(tree);
            // It may be the very buffer that holds the rest.
            System.arraycopy(before, restFrom, segment.bytes, 0, rest);
            segment.clear();
            int filled = rest;
            while (filled < segment.bytes.length) {
                int wanted = Math.min(segment.bytes.length - filled, READ_BYTES_MAX);
                int read = channel.read(ByteBuffer.wrap(segment.bytes, filled, wanted));
                if (read < 0) {
                    last = true;
                    break;
                }
                if (read == 0) {
                    throw new IOException("the file delivered neither bytes nor its end");
                }
                filled += read;
            }
            int at = 0;
            while (last ? at < filled : filled - at >= chunker.profile().maxBytes()) {
                int length = chunker.cut(segment.bytes, at, filled - at, last);
                segment.add(length);
                at += length;
            }
            before = segment.bytes;
            restFrom = at;
            rest = filled - at;
            publish(segment);
        }
        while (take(tree, 0)) {
            // Until all of it is in the tree.
        }
        return tree.finish(ObjectId.fromBytes(whole.digest(), 0));
    }

    /** A segment to fill; where too many are under way, this thread does what there is to do. */
    private Segment next(FileTreeBuilder tree) throws IOException {
        while (true) {
            int allowed;
            lock.lock();
            try {
                allowed = helpersRunning > 0 ? SEGMENTS_MAX : SEGMENTS_ALONE;
            } finally {
                lock.unlock();
            }
            if (!take(tree, allowed - 1)) {
                break;
            }
        }
        Segment segment = free.poll();
        return segment == null ? new Segment(buffers.take()) : segment;
    }

    /**
     * Takes the oldest segment if it is done, else does something.
     *
     * @param enough how many may stay under way
     * @return whether this is to be called again
     */
    private boolean take(FileTreeBuilder tree, int enough) throws IOException {
        Segment done = null;
        lock.lock();
        try {
            rethrow();
            if (isOldestDone()) {
                done = underWay.removeFirst();
            } else if (underWay.size() <= enough) {
                return false;
            }
        } finally {
            lock.unlock();
        }
        if (done == null) {
            if (!work(false)) {
                awaitOthers();
            }
            return true;
        }
        for (int i = 0; i < done.chunks; i++) {
            tree.add(done.ids[i], done.lengths[i]);
        }
        free.addLast(done);
        return true;
    }

    private boolean isOldestDone() {
        Segment oldest = underWay.peekFirst();
        return oldest != null && oldest.stored && oldest.hashed;
    }

    private boolean isIdle() {
        return toStore.isEmpty() && (hashing || toHash.isEmpty());
    }

    /** Helpers have in hand all that there is. An interrupt ends the next read. */
    private void awaitOthers() {
        lock.lock();
        try {
            while (failure == null && !isOldestDone() && isIdle()) {
                progress.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void rethrow() throws IOException {
        Throwable thrown = failure;
        if (thrown instanceof IOException io) {
            throw io;
        }
        if (thrown instanceof RuntimeException runtime) {
            throw runtime;
        }
        if (thrown instanceof Error error) {
            throw error;
        }
    }

    private void publish(Segment segment) {
        boolean ask;
        lock.lock();
        try {
            underWay.addLast(segment);
            toStore.addLast(segment);
            toHash.addLast(segment);
            ask = helpersAsked < helpersMax;
            if (ask) {
                helpersAsked++;
            }
        } finally {
            lock.unlock();
        }
        if (ask) {
            try {
                executor.execute(this::help);
            } catch (RejectedExecutionException e) {
                // The repository is being closed. Nobody will be asked again, and this thread does it all.
            }
        }
    }

    private void help() {
        lock.lock();
        try {
            helpersRunning++;
        } finally {
            lock.unlock();
        }
        while (work(true)) {
            // Until there is nothing that nobody does.
        }
    }

    /**
     * Does one thing. A failure is kept for the thread that reads.
     *
     * @return false if there was nothing to do; a helper has ended then
     */
    private boolean work(boolean helper) {
        Segment segment;
        boolean hash;
        lock.lock();
        try {
            if (ended || failure != null || isIdle()) {
                if (helper) {
                    helpersRunning--;
                    helpersAsked--;
                    progress.signalAll();
                }
                return false;
            }
            // The whole first: its SHA-256 is one thread's work at a time, and can not be caught up on later.
            hash = !hashing && !toHash.isEmpty();
            hashing |= hash;
            segment = hash ? toHash.removeFirst() : toStore.removeFirst();
        } finally {
            lock.unlock();
        }
        Throwable thrown = null;
        try {
            if (hash) {
                whole.update(segment.bytes, 0, segment.length);
            } else {
                store(segment);
            }
        } catch (Throwable e) {
            thrown = e;
        }
        lock.lock();
        try {
            if (hash) {
                hashing = false;
                segment.hashed = true;
            } else {
                segment.stored = true;
            }
            if (failure == null) {
                failure = thrown;
            }
            progress.signalAll();
        } finally {
            lock.unlock();
        }
        return true;
    }

    private void store(Segment segment) throws IOException {
        int at = 0;
        for (int i = 0; i < segment.chunks; i++) {
            int length = segment.lengths[i];
            segment.digest.update(segment.bytes, at, length);
            ObjectId id = ObjectId.fromBytes(segment.digest.digest(), 0);
            boolean isNew = writer.put(RecordType.CHUNK, id, segment.bytes, at, length);
            counter.read(length, isNew ? length : 0);
            segment.ids[i] = id;
            at += length;
        }
    }

    /** Waits until no helper touches anything of this; those that have not begun will find nothing to do. */
    @Override
    public void close() {
        lock.lock();
        try {
            ended = true;
            while (helpersRunning > 0) {
                progress.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        for (Segment segment : free) {
            buffers.giveBack(segment.bytes);
        }
        free.clear();
    }
}
