package dev.dits.connect;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next try: half a second, doubled up to half a minute, and up to a fifth more or less, so that
 * the mounts of a share that was away do not come back all at once. For one thread.
 */
final class BackOff {
    static final Duration MIN = Duration.ofMillis(500);
    static final Duration MAX = Duration.ofSeconds(30);
    private static final double JITTER = 0.2;

    private final RandomGenerator random;
    private Duration next = MIN;

    BackOff(RandomGenerator random) {
        this.random = random;
    }

    Duration next() {
        Duration current = next;
        Duration doubled = next.multipliedBy(2);
        next = doubled.compareTo(MAX) < 0 ? doubled : MAX;
        double factor = 1 - JITTER + 2 * JITTER * random.nextDouble();
        return Duration.ofNanos((long) (current.toNanos() * factor));
    }

    void reset() {
        next = MIN;
    }
}
