package dev.dits.tracker;

import java.time.Clock;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * What time it is.
 *
 * @param nanos monotonic: what time-outs and rates go by
 * @param wall what is shown to people
 */
record Clocks(LongSupplier nanos, InstantSource wall) {
    static Clocks system() {
        return new Clocks(System::nanoTime, Clock.systemUTC());
    }

    long nowNanos() {
        return nanos.getAsLong();
    }
}
