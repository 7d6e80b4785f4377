package dev.dits;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks again and again, on a worker, never twice at once, at what no one announces: what other processes do in a repository, and whether the machine slept.
 *
 * <p>It goes by a delay after each look, so looks never pile up, and a machine that slept makes up for none of them.
 */
final class Poll implements AutoCloseable {
    /** How often: a commit by another process is seen within that time; a look costs a few stats. */
    static final long MILLIS = 250;

    /** A clock that went on by so much more than a look takes was either set or stood still with the machine. */
    static final Duration SLEPT_MIN = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(Poll.class);

    private final Executor workers;
    private final InstantSource clock;
    private final Runnable look;
    private final Runnable woken;
    private final AtomicBoolean looking = new AtomicBoolean();
    private final ScheduledFuture<?> schedule;
    private volatile boolean closed;
    private Instant last;

    /**
     * @param workers runs the looks
     * @param timer times them
     * @param clock the machine's, which goes on while the machine sleeps
     * @param look what to do each time; short
     * @param woken what to do first where the machine seems to have slept
     */
    Poll(Executor workers, ScheduledExecutorService timer, InstantSource clock, Runnable look, Runnable woken) {
        this.workers = workers;
        this.clock = clock;
        this.look = look;
        this.woken = woken;
        this.last = clock.instant();
        this.schedule = timer.scheduleWithFixedDelay(this::begin, MILLIS, MILLIS, TimeUnit.MILLISECONDS);
    }

    private void begin() {
        if (looking.compareAndSet(false, true)) {
            try {
                workers.execute(this::run);
            } catch (RejectedExecutionException e) {
                LOG.debug("the node is closing", e);
            }
        }
    }

    private void run() {
        try {
            if (closed) {
                return;
            }
            Instant now = clock.instant();
            Duration since = Duration.between(last, now);
            last = now;
            if (since.abs().compareTo(SLEPT_MIN) > 0) {
                woken.run();
            }
            look.run();
        } finally {
            looking.set(false);
        }
    }

    /** Ends it; a look that is under way comes to its end. Idempotent. */
    @Override
    public void close() {
        closed = true;
        schedule.cancel(false);
    }
}
