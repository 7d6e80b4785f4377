package dev.dits.tracker;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** Time that passes when a test says so. */
final class ManualClock {
    private static final Instant START = Instant.parse("2026-12-01T00:00:00Z");

    /** Close to where a signed sum overflows, as System.nanoTime may be. */
    private static final long START_NANOS = Long.MAX_VALUE - 5_000_000_000L;

    private final AtomicLong passedNanos = new AtomicLong();

    Clocks clocks() {
        return new Clocks(() -> START_NANOS + passedNanos.get(), () -> START.plusNanos(passedNanos.get()));
    }

    void pass(Duration time) {
        passedNanos.addAndGet(time.toNanos());
    }
}
