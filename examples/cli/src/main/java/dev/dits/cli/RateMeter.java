package dev.dits.cli;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/** The speed of something that only says how far it is, smoothed over about three seconds. Not safe for several threads. */
final class RateMeter {
    private static final double SMOOTHING_SECONDS = 3;
    private static final double SAMPLE_SECONDS = 0.25;

    private final LongSupplier nanoClock;
    private long sampledNanos;
    private long sampledBytes;
    private double rate;
    private boolean first = true;

    RateMeter(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.sampledNanos = nanoClock.getAsLong();
    }

    /**
     * Notes how far it is.
     *
     * @param bytes bytes since the start
     * @return bytes per second; 0 in the first quarter of a second
     */
    double at(long bytes) {
        long now = nanoClock.getAsLong();
        double seconds = (now - sampledNanos) * 1e-9;
        if (seconds >= SAMPLE_SECONDS) {
            double current = Math.max(0, bytes - sampledBytes) / seconds;
            rate += (current - rate) * (first ? 1 : 1 - Math.exp(-seconds / SMOOTHING_SECONDS));
            first = false;
            sampledNanos = now;
            sampledBytes = bytes;
        }
        return rate;
    }

    /** Time for what is left at the present speed. */
    Optional<Duration> remaining(long bytesLeft) {
        return rate < 1 || bytesLeft <= 0
                ? Optional.empty()
                : Optional.of(Duration.ofMillis((long) (bytesLeft * 1000.0 / rate)));
    }
}
