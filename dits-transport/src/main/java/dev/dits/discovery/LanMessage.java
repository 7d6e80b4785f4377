package dev.dits.discovery;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A datagram of LAN discovery, see {@code docs/wire.md}. A query and its answer have the same length, so that nobody
 * can be made to send more than was sent to him.
 *
 * @param type of the message
 * @param tag what is searched for
 * @param nonce drawn by the search, repeated by the answer
 * @param port where the share accepts QUIC; 0 in a query
 */
record LanMessage(Type type, long tag, long nonce, int port) {
    static final int BYTES = 24;

    private static final int MAGIC = 0x44495453; // "DITS"
    private static final int VERSION = 1;
    private static final int PORT_MAX = 65_535;

    enum Type {
        QUERY(1),
        ANSWER(2);

        private final int code;

        Type(int code) {
            this.code = code;
        }
    }

    ByteBuffer encode() {
        return ByteBuffer.allocate(BYTES)
                .putInt(MAGIC)
                .put((byte) VERSION)
                .put((byte) type.code)
                .putLong(tag)
                .putLong(nonce)
                .putShort((short) port)
                .flip();
    }

    /** Null for whatever is not exactly a message of this version. */
    static @Nullable LanMessage decode(ByteBuffer datagram) {
        if (datagram.remaining() != BYTES || datagram.getInt() != MAGIC || datagram.get() != VERSION) {
            return null;
        }
        int code = datagram.get();
        long tag = datagram.getLong();
        long nonce = datagram.getLong();
        int port = datagram.getShort() & PORT_MAX;
        if (code == Type.QUERY.code && port == 0) {
            return new LanMessage(Type.QUERY, tag, nonce, 0);
        }
        if (code == Type.ANSWER.code && port != 0) {
            return new LanMessage(Type.ANSWER, tag, nonce, port);
        }
        return null;
    }
}
