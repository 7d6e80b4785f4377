package dev.dits.limit;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next try: at first the least, then twice as long each time up to the most, and up to a fifth more or less, so that those who
 * have lost the same peer do not come back all at once. For one thread.
 */
public final class BackOff {
    private static final double JITTER = 0.2;

    private final Duration min;
    private final Duration max;
    private final RandomGenerator random;
    private Duration next;

    /**
     * @param min before the first try
     * @param max what it grows to
     * @param random spreads the tries
     */
    public BackOff(Duration min, Duration max, RandomGenerator random) {
        this.min = min;
        this.max = max;
        this.random = random;
        this.next = min;
    }

    /**
     * Tells how long to wait now, and longer the next time.
     *
     * @return a time between four fifths of the least and six fifths of the most
     */
    public Duration next() {
        Duration current = next;
        Duration doubled = next.multipliedBy(2);
        next = doubled.compareTo(max) < 0 ? doubled : max;
        double factor = 1 - JITTER + 2 * JITTER * random.nextDouble();
        return Duration.ofNanos((long) (current.toNanos() * factor));
    }

    /** Begins anew: there was success. */
    public void reset() {
        next = min;
    }
}
