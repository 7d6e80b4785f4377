package dev.dits.limit;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A token bucket in one word: the generic cell rate algorithm (ITU-T I.371), which keeps when the bucket will be full again instead of what is in it. Safe for use by
 * several threads.
 */
public final class RateLimit {
    private final double nanosPerToken;
    private final long burstNanos;
    private final AtomicLong fullAtNanos;

    /**
     * @param perSecond tokens a second, lasting; 0 for no limit
     * @param burst tokens at once
     * @param nowNanos of a monotonic clock
     */
    public RateLimit(double perSecond, long burst, long nowNanos) {
        this.nanosPerToken = perSecond == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.burstNanos = (long) (burst * nanosPerToken);
        this.fullAtNanos = new AtomicLong(nowNanos);
    }

    /**
     * Takes tokens, or none where there are not enough.
     *
     * @param tokens how many
     * @param nowNanos of the same clock
     * @return whether there were enough
     */
    public boolean take(long tokens, long nowNanos) {
        if (nanosPerToken == 0) {
            return true;
        }
        long cost = (long) (tokens * nanosPerToken);
        while (true) {
            long fullAt = fullAtNanos.get();
            long next = (fullAt - nowNanos > 0 ? fullAt : nowNanos) + cost;
            if (next - nowNanos > burstNanos) {
                return false;
            }
            if (fullAtNanos.compareAndSet(fullAt, next)) {
                return true;
            }
        }
    }

    /**
     * Gives back what was taken and not used.
     *
     * @param tokens how many
     */
    public void giveBack(long tokens) {
        fullAtNanos.addAndGet(-(long) (tokens * nanosPerToken));
    }

    /**
     * Tells whether nothing would be lost by forgetting it.
     *
     * @param nowNanos of the same clock
     * @return whether all tokens are there
     */
    public boolean isFull(long nowNanos) {
        return fullAtNanos.get() - nowNanos <= 0;
    }
}
