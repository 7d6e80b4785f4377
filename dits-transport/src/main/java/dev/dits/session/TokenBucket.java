package dev.dits.session;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Holds what many threads move together to a rate, which may change at any time. Whoever has moved something says so and waits until the account is even again: so
 * what is moved in one piece may be of any size, and over a time the rate holds whatever the sizes are.
 *
 * <p>Safe for use by several threads.
 */
public final class TokenBucket {
    /** What accrues while nothing is moved, so that a pause is not followed by a burst: a part of a second's worth. */
    private static final double SAVED_SECONDS = 0.125;

    /** The longest that one looks away, whatever woke nobody. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final LongSupplier nanoClock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile long bytesPerSecond;
    private double tokens;
    private long refilledNanos;

    /**
     * @param nanoClock tells how much has accrued
     */
    public TokenBucket(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /**
     * Changes the rate, also for those who wait.
     *
     * @param value bytes a second, 0 for no limit
     */
    public void limit(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("a limit is 0 (none) or more bytes a second, not " + value);
        }
        lock.lock();
        try {
            bytesPerSecond = value;
            tokens = 0;
            refilledNanos = nanoClock.getAsLong();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tells the rate.
     *
     * @return bytes a second, 0 for no limit
     */
    public long limit() {
        return bytesPerSecond;
    }

    /** Lets those who wait look again whether they are to. */
    public void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Accounts for bytes that were moved, and waits as the rate asks.
     *
     * @param bytes how many
     * @param over tells that there is nothing to wait for any more; looked at after each {@link #wake}
     * @throws InterruptedException if the thread was interrupted
     */
    public void take(long bytes, BooleanSupplier over) throws InterruptedException {
        if (bytesPerSecond == 0) {
            return;
        }
        lock.lockInterruptibly();
        try {
            refill();
            tokens -= bytes;
            while (tokens < 0 && bytesPerSecond > 0 && !over.getAsBoolean()) {
                long waitNanos = (long) (-tokens * 1e9 / bytesPerSecond);
                // Others take tokens meanwhile, and the rate may change: what is left to wait is asked anew each time.
                changed.awaitNanos(Math.max(1, Math.min(waitNanos, LOOK_NANOS)));
                refill();
            }
        } finally {
            lock.unlock();
        }
    }

    private void refill() {
        long now = nanoClock.getAsLong();
        long rate = bytesPerSecond;
        tokens = Math.min(rate * SAVED_SECONDS, tokens + (now - refilledNanos) * 1e-9 * rate);
        refilledNanos = now;
    }
}
