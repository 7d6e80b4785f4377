package dev.dits.quic;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What all writers of a node may together be ahead of QUIC. Peers that ask for much and read nothing fill it; the more of it is taken, the
 * less a single stream gets, so that what many hold is bounded and who comes next still gets a share (Choudhury and Hahne, "Dynamic queue
 * length thresholds for shared-memory packet switches", 1998).
 *
 * <p>Safe for use by several threads.
 */
final class WriteBudget {
    /** In all, but for {@link #STREAM_BYTES_MIN} a stream. */
    static final long NODE_BYTES_MAX = 96L << 20;

    /** What a stream may always be ahead: enough that a peer that reads is never waited for. */
    static final int STREAM_BYTES_MIN = QuicStream.WRITE_PIECE_BYTES;

    /** How many streams may share what is left. */
    private static final int SHARES = 8;

    private final AtomicLong taken = new AtomicLong();

    void taken(int bytes) {
        taken.addAndGet(bytes);
    }

    void returned(int bytes) {
        taken.addAndGet(-bytes);
    }

    /** How far one stream may be ahead at the moment. */
    int streamBytesMax() {
        long share = (NODE_BYTES_MAX - taken.get()) / SHARES;
        return (int) Math.max(STREAM_BYTES_MIN, Math.min(QuicStream.WRITE_BYTES_MAX, share));
    }

    long takenBytes() {
        return taken.get();
    }
}
