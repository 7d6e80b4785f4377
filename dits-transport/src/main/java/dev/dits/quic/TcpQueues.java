package dev.dits.quic;

/**
 * What may wait on the TCP connections of one node. The codec does not see that a connection takes no more, and what QUIC lets be under way is the peer's word in the
 * end: one that acknowledges what it does not read would have this end keep it all. So packets beyond a limit are dropped, as a full queue on the way would drop them.
 *
 * <p>An honest peer's windows end below the limit of a connection. The more is taken of what the node has, the less one connection gets (as in {@link WriteBudget}). On
 * the event loop only.
 */
final class TcpQueues {
    /** In all, but for {@link #CONNECTION_BYTES_MIN} a connection. */
    static final long NODE_BYTES_MAX = 96L << 20;

    /** What a connection may always have waiting. */
    static final long CONNECTION_BYTES_MIN = 256 << 10;

    /** What a connection may have waiting at most: more than the largest window of {@link QuicNode}. */
    static final long CONNECTION_BYTES_MAX = 32L << 20;

    /** How many connections may share what is left. */
    private static final int SHARES = 2;

    private long totalBytes;

    long totalBytes() {
        return totalBytes;
    }

    /** Of one connection. */
    final class Queue {
        private long bytes;

        /**
         * Notes what waits.
         *
         * @param now bytes
         */
        void update(long now) {
            totalBytes += now - bytes;
            bytes = now;
        }

        /** Whether one more packet may wait. */
        boolean hasRoom() {
            long share = (NODE_BYTES_MAX - (totalBytes - bytes)) / SHARES;
            return bytes < Math.max(CONNECTION_BYTES_MIN, Math.min(CONNECTION_BYTES_MAX, share));
        }
    }
}
