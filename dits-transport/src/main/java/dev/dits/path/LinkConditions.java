package dev.dits.path;

import java.time.Duration;

/**
 * What a simulated link does to packets, in one direction.
 *
 * @param delay time under way of every packet
 * @param jitter at most this much is added to the delay of each packet, evenly drawn; packets overtake each other by it
 * @param loss share of packets that vanish, 0 to 1
 * @param duplication share of packets that arrive twice, 0 to 1
 * @param reordering share of packets that are held back by {@link #REORDERING_HOLD}, 0 to 1
 * @param bytesPerSecond rate of the link; 0 for one without a limit
 * @param queueBytes what may wait for a limited link; more is dropped
 */
public record LinkConditions(
        Duration delay,
        Duration jitter,
        double loss,
        double duplication,
        double reordering,
        long bytesPerSecond,
        long queueBytes) {

    /** How long a reordered packet is held back: long enough for dozens of others to pass it. */
    public static final Duration REORDERING_HOLD = Duration.ofMillis(5);

    /** No delay, no loss, no limit. */
    public static final LinkConditions PERFECT =
            new LinkConditions(Duration.ZERO, Duration.ZERO, 0, 0, 0, 0, Long.MAX_VALUE);

    public LinkConditions {
        if (delay.isNegative() || jitter.isNegative() || bytesPerSecond < 0 || queueBytes < 0) {
            throw new IllegalArgumentException("negative link conditions");
        }
        if (!share(loss) || !share(duplication) || !share(reordering)) {
            throw new IllegalArgumentException("loss, duplication and reordering are shares between 0 and 1");
        }
    }

    private static boolean share(double value) {
        return value >= 0 && value <= 1;
    }

    /** These conditions with another delay. */
    public LinkConditions withDelay(Duration value) {
        return new LinkConditions(value, jitter, loss, duplication, reordering, bytesPerSecond, queueBytes);
    }

    /** These conditions with another share of lost packets. */
    public LinkConditions withLoss(double value) {
        return new LinkConditions(delay, jitter, value, duplication, reordering, bytesPerSecond, queueBytes);
    }

    /** These conditions with another share of doubled packets. */
    public LinkConditions withDuplication(double value) {
        return new LinkConditions(delay, jitter, loss, value, reordering, bytesPerSecond, queueBytes);
    }

    /** These conditions with another share of packets that are held back. */
    public LinkConditions withReordering(double value) {
        return new LinkConditions(delay, jitter, loss, duplication, value, bytesPerSecond, queueBytes);
    }

    /** These conditions with a limited rate and queue. */
    public LinkConditions withRate(long bytesEachSecond, long queuedBytes) {
        return new LinkConditions(delay, jitter, loss, duplication, reordering, bytesEachSecond, queuedBytes);
    }
}
