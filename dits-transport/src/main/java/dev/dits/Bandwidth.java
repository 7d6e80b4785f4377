package dev.dits;

import dev.dits.session.RateLimits;

/**
 * How fast a node, a share or a mount may send and receive. Limits may be changed while transfers run and hold from then on; those of a share or mount hold within those of
 * their node, and {@link Transfer#limit} within both. What is counted is the protocol's own bytes; QUIC, UDP and IP add some per cent on the wire, and what is received
 * arrives ahead of being counted by as much as QUIC lets a peer send unasked.
 *
 * <p>Safe for use by several threads.
 */
public final class Bandwidth {
    private final RateLimits limits;

    Bandwidth(RateLimits limits) {
        this.limits = limits;
    }

    RateLimits limits() {
        return limits;
    }

    /**
     * Limits what is sent.
     *
     * @param bytesPerSecond 0 for no limit
     */
    public void limitUp(long bytesPerSecond) {
        limits.up().limit(bytesPerSecond);
    }

    /**
     * Limits what is received.
     *
     * @param bytesPerSecond 0 for no limit
     */
    public void limitDown(long bytesPerSecond) {
        limits.down().limit(bytesPerSecond);
    }

    /**
     * Tells the limit of what is sent.
     *
     * @return bytes a second, 0 for no limit
     */
    public long up() {
        return limits.up().limit();
    }

    /**
     * Tells the limit of what is received.
     *
     * @return bytes a second, 0 for no limit
     */
    public long down() {
        return limits.down().limit();
    }
}
