package dev.dits.tracker;

/**
 * What the relay carries. A packet beyond a rate is dropped, which QUIC takes as loss.
 *
 * @param clientBytesPerSecond what one member of a room may send, lasting; 0 for no limit
 * @param clientBurstBytes what it may send at once; at least a packet, 65,535
 * @param totalBytesPerSecond what all members together may send, lasting; 0 for no limit
 * @param totalBurstBytes what they may send at once; at least a packet, 65,535
 * @param handshakeOnly whether a room ends after {@value #HANDSHAKE_BYTES} bytes: enough to join and to find a direct path, and no more
 */
public record RelayLimits(
        long clientBytesPerSecond,
        long clientBurstBytes,
        long totalBytesPerSecond,
        long totalBurstBytes,
        boolean handshakeOnly) {
    /** Bytes that a room carries, both ways together, where the relay is for handshakes only. */
    public static final int HANDSHAKE_BYTES = 256 << 10;

    /** Longest packet, in bytes. */
    static final int PACKET_BYTES_MAX = 65_535;

    /** Checks ranges. */
    public RelayLimits {
        if (clientBytesPerSecond < 0 || totalBytesPerSecond < 0) {
            throw new IllegalArgumentException("a rate is 0, for no limit, or more");
        }
        if (clientBurstBytes < PACKET_BYTES_MAX || totalBurstBytes < PACKET_BYTES_MAX) {
            throw new IllegalArgumentException("a burst is a packet, " + PACKET_BYTES_MAX + " bytes, or more");
        }
    }

    /**
     * Returns the defaults: 100 Mbit/s a client, 1 Gbit/s in all, each with a second's worth at once.
     *
     * @return limits
     */
    public static RelayLimits defaults() {
        return new RelayLimits(12_500_000, 12_500_000, 125_000_000, 125_000_000, false);
    }

    /**
     * Changes what a member may send.
     *
     * @param bytesPerSecond lasting; 0 for no limit
     * @param burstBytes at once
     * @return changed limits
     */
    public RelayLimits withClient(long bytesPerSecond, long burstBytes) {
        return new RelayLimits(bytesPerSecond, burstBytes, totalBytesPerSecond, totalBurstBytes, handshakeOnly);
    }

    /**
     * Changes what all members together may send.
     *
     * @param bytesPerSecond lasting; 0 for no limit
     * @param burstBytes at once
     * @return changed limits
     */
    public RelayLimits withTotal(long bytesPerSecond, long burstBytes) {
        return new RelayLimits(clientBytesPerSecond, clientBurstBytes, bytesPerSecond, burstBytes, handshakeOnly);
    }

    /**
     * Makes the relay carry the beginning of sessions only, or everything.
     *
     * @param value whether a room ends after {@value #HANDSHAKE_BYTES} bytes
     * @return changed limits
     */
    public RelayLimits withHandshakeOnly(boolean value) {
        return new RelayLimits(clientBytesPerSecond, clientBurstBytes, totalBytesPerSecond, totalBurstBytes, value);
    }
}
