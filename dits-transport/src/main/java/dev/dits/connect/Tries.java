package dev.dits.connect;

import java.io.Closeable;
import java.time.Duration;
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
 * Tries something that blocks and may fail, again and again: one try at a time, on a worker, each after a delay. Closing interrupts the one under way.
 *
 * <p>Safe for use by several threads.
 */
final class Tries implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(Tries.class);

    /** One try. */
    interface Work {
        /**
         * Does it.
         *
         * @return how long to wait for the next; null for none before it is asked for
         */
        @Nullable
        Duration run();
    }

    private final ScheduledExecutorService scheduler;
    private final Executor workers;
    private final Work work;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable ScheduledFuture<?> scheduled;
    private @Nullable Thread trying;

    /** What was asked for during the try under way. */
    private @Nullable Duration asked;

    private boolean closed;

    /**
     * @param scheduler times the tries; never blocked
     * @param workers runs them
     * @param work what to try
     */
    Tries(ScheduledExecutorService scheduler, Executor workers, Work work) {
        this.scheduler = scheduler;
        this.workers = workers;
        this.work = work;
    }

    /** Asks for a try: in place of one that waits, or behind the one under way. */
    void after(Duration delay) {
        lock.lock();
        try {
            if (trying != null) {
                asked = delay;
            } else if (!closed) {
                schedule(delay);
            }
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** With the lock held. */
    private void schedule(Duration delay) {
        if (scheduled != null) {
            scheduled.cancel(false);
        }
        try {
            scheduled = scheduler.schedule(() -> workers.execute(this::run), delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("the node is closing", e);
        }
    }

    private void run() {
        lock.lock();
        try {
            if (closed || trying != null) {
                return;
            }
            trying = Thread.currentThread();
            asked = null;
        } finally {
            lock.unlock();
        }
        Duration next = null;
        try {
            next = work.run();
        } finally {
            tried(next);
        }
    }

    private void tried(@Nullable Duration next) {
        lock.lock();
        try {
            trying = null;
            Duration delay = asked != null ? asked : next;
            if (closed) {
                // The interrupt was meant for the try; the thread is a pool's.
                boolean meant = Thread.interrupted();
                LOG.debug("closed, interrupted {}", meant);
            } else if (delay != null) {
                schedule(delay);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends trying. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (scheduled != null) {
                scheduled.cancel(false);
            }
            if (trying != null && trying != Thread.currentThread()) {
                trying.interrupt();
            }
        } finally {
            lock.unlock();
        }
    }
}
