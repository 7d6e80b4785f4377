package dev.dits.connect;

import dev.dits.limit.RateLimit;
import java.util.concurrent.Semaphore;

/** Counts the searches for ports of one node: what it sends to addresses that peers named is limited together. Safe for use by several threads. */
public final class PortSearchLimits {
    /** At once. */
    static final int SEARCHES_MAX = 2;

    /** In an hour, lasting, and at once. */
    static final int SEARCHES_PER_HOUR = 60;

    static final int SEARCHES_BURST = 8;

    private static final double HOUR_SECONDS = 3_600;

    private final Semaphore free = new Semaphore(SEARCHES_MAX);
    private final RateLimit rate = new RateLimit(SEARCHES_PER_HOUR / HOUR_SECONDS, SEARCHES_BURST, System.nanoTime());

    /** Takes a place; false if there is none. */
    boolean begin() {
        if (!free.tryAcquire()) {
            return false;
        }
        if (rate.take(1, System.nanoTime())) {
            return true;
        }
        free.release();
        return false;
    }

    /** Gives it back. */
    void end() {
        free.release();
    }
}
