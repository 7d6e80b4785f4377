package dev.dits.store;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How to wait between two attempts at a file lock: the operating system offers no wait with a time limit.
 *
 * <p>Injected, so that tests need no clock.
 */
@FunctionalInterface
public interface LockWait {
    /** Gives up after the first attempt. */
    LockWait NONE = attempt -> false;

    /**
     * Waits before the next attempt, or gives up.
     *
     * @param attempt how many attempts have failed, from 1
     * @return false to give up
     * @throws InterruptedException if the waiting thread is interrupted
     */
    boolean pause(int attempt) throws InterruptedException;

    /**
     * Makes a wait that backs off from 1 to 50 milliseconds and gives up after a while. For one acquisition: the time starts now.
     *
     * @param timeout how long to try in all
     * @return the wait
     */
    static LockWait upTo(Duration timeout) {
        long start = System.nanoTime();
        long limitNanos = timeout.toNanos();
        return attempt -> {
            long leftNanos = limitNanos - (System.nanoTime() - start);
            if (leftNanos <= 0) {
                return false;
            }
            long pauseNanos = TimeUnit.MILLISECONDS.toNanos(Math.min(50, 1L << Math.min(attempt - 1, 6)));
            TimeUnit.NANOSECONDS.sleep(Math.min(pauseNanos, leftNanos));
            return true;
        };
    }
}
