package dev.dits.sync;

import dev.dits.error.ProtocolException;
import dev.dits.session.RequestStream;
import dev.dits.session.Requests;
import dev.dits.session.TokenBucket;
import dev.dits.wire.Message;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the workers of one transfer share: its counters, the gate that pauses them, the flag that ends them, and the rate limit.
 *
 * <p>Safe for use by several threads. Workers call {@link #checkpoint} between units of work and {@link #spend} for bytes on the wire.
 */
public final class TransferControl {
    /** A peer that answers pings and yet sends nothing of what it was asked for in this time has lost the request. */
    static final Duration SILENCE_MAX = Duration.ofMinutes(2);

    private final LongSupplier nanoClock;
    private final long startNanos;

    private final AtomicLong filesDone = new AtomicLong();
    private final AtomicLong filesTotal = new AtomicLong();
    private final AtomicLong treeBytesDone = new AtomicLong();
    private final AtomicLong treeBytesTotal = new AtomicLong();
    private final AtomicLong wireBytes = new AtomicLong();
    private final AtomicLong reusedBytes = new AtomicLong();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean paused;
    private boolean finishing;

    /** Why it was cancelled; null while it was not. */
    private volatile @Nullable String cancelled;

    /** Under way. Cancelling ends them: a peer that sends nothing must not hold a transfer that nobody wants any more. */
    private final Set<Request> requests = ConcurrentHashMap.newKeySet();

    private final TokenBucket limit;

    private long rateSampleNanos;
    private long rateSampleBytes;
    private double rate;

    /**
     * @param nanoClock a monotonic clock in nanoseconds
     */
    public TransferControl(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.startNanos = nanoClock.getAsLong();
        this.rateSampleNanos = startNanos;
        this.limit = new TokenBucket(nanoClock);
    }

    /** Makes workers wait at their next checkpoint. */
    public void pause() {
        set(() -> paused = true);
    }

    /** Lets them go on. */
    public void resume() {
        set(() -> paused = false);
    }

    /** Makes workers fail with a {@link CancellationException} at their next checkpoint, and ends the requests under way. */
    public void cancel() {
        cancel("the transfer was cancelled");
    }

    /**
     * As {@link #cancel()}, for another reason than that somebody asked for it.
     *
     * @param why for people
     */
    public void cancel(String why) {
        set(() -> {
            if (cancelled == null) {
                cancelled = why;
            }
        });
        limit.wake();
        requests.forEach(Request::close);
    }

    /** A request of the transfer; what {@link RequestStream} is, except that it ends with the transfer. */
    final class Request implements AutoCloseable {
        private final RequestStream stream;

        private Request(RequestStream stream) {
            this.stream = stream;
        }

        /**
         * Takes the next frame.
         *
         * @throws CancellationException if the transfer was cancelled
         * @throws IOException as {@link RequestStream#receive}
         */
        Message receive() throws IOException {
            try {
                return stream.receive();
            } catch (IOException e) {
                throwIfCancelled();
                throw e;
            }
        }

        ProtocolException unexpected(Message message) {
            return stream.unexpected(message);
        }

        /** Ends it, from any thread. Idempotent. */
        @Override
        public void close() {
            requests.remove(this);
            stream.close();
        }
    }

    /**
     * Makes a request.
     *
     * @param peer of whom
     * @param message its first frame
     * @return the request, closed by the caller
     * @throws CancellationException if the transfer was cancelled
     * @throws IOException as {@link Requests#open}
     */
    Request open(Requests peer, Message message) throws IOException {
        return open(peer, message, SILENCE_MAX);
    }

    /** As {@link #open}, for a request whose answer takes as long as it takes. */
    Request openForLong(Requests peer, Message message) throws IOException {
        return open(peer, message, Duration.ZERO);
    }

    private Request open(Requests peer, Message message, Duration silenceMax) throws IOException {
        throwIfCancelled();
        RequestStream stream = peer.open(message);
        stream.setSilenceMax(silenceMax);
        Request request = new Request(stream);
        requests.add(request);
        if (cancelled != null) {
            request.close();
            throwIfCancelled();
        }
        return request;
    }

    /**
     * Tells why the transfer ended.
     *
     * @param failure what its work met
     * @return that it was cancelled, where it was, for then the failure is likely to come of it; otherwise the failure
     */
    public Throwable orCancelled(Throwable failure) {
        String why = cancelled;
        if (why == null) {
            return failure;
        }
        CancellationException ended = new CancellationException(why);
        ended.initCause(failure);
        return ended;
    }

    private void throwIfCancelled() {
        String why = cancelled;
        if (why != null) {
            throw new CancellationException(why);
        }
    }

    /** Notes that only making things durable is left. */
    void finishing() {
        set(() -> finishing = true);
    }

    private void set(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Limits bytes on the wire.
     *
     * @param bytesPerSecond 0 for no limit
     */
    public void limit(long bytesPerSecond) {
        limit.limit(bytesPerSecond);
    }

    /**
     * Waits while paused.
     *
     * @throws CancellationException if the transfer was cancelled
     * @throws InterruptedException if the thread was interrupted
     */
    public void checkpoint() throws InterruptedException {
        throwIfCancelled();
        lock.lockInterruptibly();
        try {
            while (paused && cancelled == null) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
        throwIfCancelled();
    }

    /**
     * Counts bytes that crossed the wire, and waits as the limit asks.
     *
     * @param bytes how many
     * @throws InterruptedException if the thread was interrupted
     */
    void spend(long bytes) throws InterruptedException {
        wireBytes.addAndGet(bytes);
        limit.take(bytes, () -> cancelled != null);
    }

    void addTotals(long files, long bytes) {
        filesTotal.addAndGet(files);
        treeBytesTotal.addAndGet(bytes);
    }

    void fileDone() {
        filesDone.incrementAndGet();
    }

    void filesDone(long count) {
        filesDone.set(count);
    }

    void bytesInPlace(long bytes, boolean reused) {
        treeBytesDone.addAndGet(bytes);
        if (reused) {
            reusedBytes.addAndGet(bytes);
        }
    }

    /** The counters at one moment. */
    public record Snapshot(
            boolean paused,
            boolean finishing,
            long filesDone,
            long filesTotal,
            long treeBytesDone,
            long treeBytesTotal,
            long wireBytes,
            long reusedBytes,
            long elapsedNanos,
            double bytesPerSecond) {}

    /**
     * Reads the counters.
     *
     * @return them, with a speed smoothed over about two seconds
     */
    public Snapshot snapshot() {
        lock.lock();
        try {
            long now = nanoClock.getAsLong();
            long done = treeBytesDone.get();
            double seconds = (now - rateSampleNanos) * 1e-9;
            if (seconds >= 0.1) {
                double current = (done - rateSampleBytes) / seconds;
                double weight = rateSampleNanos == startNanos ? 1 : 1 - Math.exp(-seconds / 2);
                rate += (current - rate) * weight;
                rateSampleNanos = now;
                rateSampleBytes = done;
            }
            return new Snapshot(
                    paused,
                    finishing,
                    filesDone.get(),
                    filesTotal.get(),
                    done,
                    treeBytesTotal.get(),
                    wireBytes.get(),
                    reusedBytes.get(),
                    now - startNanos,
                    rate);
        } finally {
            lock.unlock();
        }
    }
}
