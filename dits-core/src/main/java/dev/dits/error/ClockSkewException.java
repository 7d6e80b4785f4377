package dev.dits.error;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** A code, a ticket or the access it gave has expired by one machine's clock, and the clocks of the two machines differ by more than minutes. */
public final class ClockSkewException extends JoinRejectedException {
    private static final long serialVersionUID = 1L;

    private final Instant here;
    private final Instant there;

    /**
     * @param here what this machine's clock said
     * @param there what the share's clock said at the same time
     */
    public ClockSkewException(Instant here, Instant there) {
        super(
                Reason.EXPIRED,
                null,
                "the share says that the code, or the access, has expired, but the clocks differ: this machine's says "
                        + here.truncatedTo(ChronoUnit.SECONDS) + ", the share's "
                        + there.truncatedTo(ChronoUnit.SECONDS)
                        + ". Set the wrong one right and try again, or ask the owner for a new code");
        this.here = here;
        this.there = there;
    }

    /**
     * Returns what this machine's clock said.
     *
     * @return a time
     */
    public Instant here() {
        return here;
    }

    /**
     * Returns what the share's clock said.
     *
     * @return a time
     */
    public Instant there() {
        return there;
    }

    /**
     * Returns by how much the share's clock is ahead.
     *
     * @return negative where it is behind
     */
    public Duration ahead() {
        return Duration.between(here, there);
    }
}
