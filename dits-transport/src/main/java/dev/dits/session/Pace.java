package dev.dits.session;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Spreads what may come in bursts over time: a token bucket that goes into debt. For one thread. */
final class Pace {
    private final double burst;
    private final double perNano;
    private final LongSupplier nanoClock;
    private double tokens;
    private long filledAtNanos;

    /**
     * @param burst how many at once, without waiting
     * @param perSecond how many a second, lasting
     * @param nanoClock a monotonic clock
     */
    Pace(int burst, int perSecond, LongSupplier nanoClock) {
        this.burst = burst;
        this.perNano = (double) perSecond / TimeUnit.SECONDS.toNanos(1);
        this.nanoClock = nanoClock;
        this.tokens = burst;
        this.filledAtNanos = nanoClock.getAsLong();
    }

    /** Takes one; returns how long to wait before it is used, in nanoseconds. */
    long take() {
        long now = nanoClock.getAsLong();
        tokens = Math.min(burst, tokens + (now - filledAtNanos) * perNano) - 1;
        filledAtNanos = now;
        return tokens >= 0 ? 0 : (long) (-tokens / perNano);
    }
}
