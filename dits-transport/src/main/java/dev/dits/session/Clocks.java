package dev.dits.session;

import dev.dits.wire.Message;
import java.time.Duration;
import java.time.Instant;

/** How the clocks of two machines compare. What expires does so by the share's clock, so a wrong one surprises somebody. */
public final class Clocks {
    /** Clocks that nobody sets differ by this in a few months; beyond it one of them is wrong. */
    public static final Duration FAR_OFF = Duration.ofMinutes(5);

    private Clocks() {}

    /** As it crosses the wire, in seconds since 1970. */
    static long seconds(Instant now) {
        return Math.max(0, Math.min(now.getEpochSecond(), Message.CLOCK_SECONDS_MAX));
    }

    /** By how much the other side is ahead; zero if it did not say. */
    static Duration ahead(Instant here, long thereSeconds) {
        return thereSeconds == 0 ? Duration.ZERO : Duration.ofSeconds(thereSeconds - here.getEpochSecond());
    }

    /**
     * Tells whether one of two clocks must be wrong.
     *
     * @param ahead by how much the one is ahead of the other
     * @return whether that is more than {@link #FAR_OFF}, either way
     */
    public static boolean isFarOff(Duration ahead) {
        return ahead.abs().compareTo(FAR_OFF) > 0;
    }
}
