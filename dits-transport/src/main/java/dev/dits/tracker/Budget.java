package dev.dits.tracker;

import java.util.concurrent.atomic.AtomicLong;

/** So much in all, whoever takes it. Safe for use by several threads. */
final class Budget {
    private final long max;
    private final AtomicLong taken = new AtomicLong();

    Budget(long max) {
        this.max = max;
    }

    boolean take(long amount) {
        if (taken.addAndGet(amount) > max) {
            taken.addAndGet(-amount);
            return false;
        }
        return true;
    }

    void giveBack(long amount) {
        taken.addAndGet(-amount);
    }
}
