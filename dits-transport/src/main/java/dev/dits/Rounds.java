package dev.dits;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does one piece of work on a worker, one round of it at a time, whenever it is asked for; and again by itself after a round that got stuck, later and later. What is asked for during a round
 * is done by one more after it, however often it was asked for.
 *
 * <p>Safe for use by several threads.
 */
final class Rounds implements AutoCloseable {
    /** What a round says of the next one. */
    enum Next {
        /** Everything is done; when asked for. */
        DONE,

        /** Nothing more can be done until something happens of which whoever asks will hear. */
        WHEN_ASKED,

        /** Somebody else was faster; at once, at first. */
        AGAIN,

        /** Something is in the way that may go away unheard; after a while. */
        LATER
    }

    /** The work. */
    interface Work {
        Next run() throws InterruptedException;
    }

    static final long LATER_MILLIS_MIN = 1_000;
    static final long LATER_MILLIS_MAX = 60_000;

    /** One who loses a race for the n-th time in turn waits: others that lose it too are not to wait just as long. */
    static final int AGAIN_AT_ONCE = 3;

    static final long AGAIN_MILLIS_MIN = 50;

    private static final int DOUBLINGS_MAX = 20;
    private static final Logger LOG = LoggerFactory.getLogger(Rounds.class);

    private final Executor workers;
    private final ScheduledExecutorService timer;
    private final Work work;

    private final ReentrantLock lock = new ReentrantLock();
    private boolean running;
    private boolean asked;
    private boolean closed;
    private int stuck;
    private @Nullable ScheduledFuture<?> scheduled;

    /**
     * @param workers runs the rounds
     * @param timer times those that come later
     * @param work what a round does
     */
    Rounds(Executor workers, ScheduledExecutorService timer, Work work) {
        this.workers = workers;
        this.timer = timer;
        this.work = work;
    }

    /** Asks for a round: now, or after the one under way. */
    void ask() {
        lock.lock();
        try {
            asked = true;
            if (!running) {
                begin();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether a round is under way or about to be. */
    boolean isBusy() {
        lock.lock();
        try {
            return running;
        } finally {
            lock.unlock();
        }
    }

    /** With the lock held. */
    private void begin() {
        if (closed) {
            return;
        }
        if (scheduled != null) {
            scheduled.cancel(false);
            scheduled = null;
        }
        try {
            running = true;
            workers.execute(this::run);
        } catch (RejectedExecutionException e) {
            running = false;
            LOG.debug("the node is closing", e);
        }
    }

    private void run() {
        while (true) {
            lock.lock();
            try {
                if (closed) {
                    running = false;
                    return;
                }
                asked = false;
            } finally {
                lock.unlock();
            }
            Next next = Next.LATER;
            try {
                next = work.run();
            } catch (InterruptedException e) {
                LOG.debug("the node is closing", e);
                next = Next.WHEN_ASKED;
                close();
            } catch (RuntimeException e) {
                LOG.warn("a round failed", e);
            }
            if (!goesOn(next)) {
                return;
            }
        }
    }

    private boolean goesOn(Next next) {
        lock.lock();
        try {
            stuck = next == Next.AGAIN || next == Next.LATER ? Math.min(stuck + 1, DOUBLINGS_MAX) : 0;
            if (asked && !closed) {
                return true;
            }
            if (next == Next.AGAIN && stuck <= AGAIN_AT_ONCE && !closed) {
                return true;
            }
            running = false;
            if (stuck > 0 && !closed) {
                scheduled = timer.schedule(this::due, delayMillis(next, stuck), TimeUnit.MILLISECONDS);
            }
            return false;
        } catch (RejectedExecutionException e) {
            LOG.debug("the node is closing", e);
            return false;
        } finally {
            lock.unlock();
        }
    }

    static long delayMillis(Next next, int stuck) {
        long first = next == Next.AGAIN ? AGAIN_MILLIS_MIN : LATER_MILLIS_MIN;
        return Math.min(LATER_MILLIS_MAX, first << Math.min(stuck - 1, DOUBLINGS_MAX));
    }

    private void due() {
        lock.lock();
        try {
            if (!running) {
                begin();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Begins no round any more; does not wait for the one under way. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (scheduled != null) {
                scheduled.cancel(false);
                scheduled = null;
            }
        } finally {
            lock.unlock();
        }
    }
}
