package dev.dits.quic;

import io.netty.handler.codec.quic.QuicConnectionAddress;
import io.netty.handler.codec.quic.QuicConnectionIdGenerator;
import java.nio.ByteBuffer;
import java.security.SecureRandom;

/**
 * Random connection ids that name the role at the end they lead to in their first bit: 1 for a server's, 0 for a
 * client's. That is how one socket tells the packets of its two roles apart.
 */
final class ConnectionIds implements QuicConnectionIdGenerator {
    static final int BYTES = 12;

    private static final int SERVER_BIT = 0x80;

    private final SecureRandom random = new SecureRandom();

    static boolean leadsToServer(byte first) {
        return (first & SERVER_BIT) != 0;
    }

    private byte[] newId(boolean server, int length) {
        byte[] id = new byte[length];
        random.nextBytes(id);
        id[0] = (byte) (server ? id[0] | SERVER_BIT : id[0] & ~SERVER_BIT);
        return id;
    }

    /** The id a dialling client gives itself. */
    QuicConnectionAddress forClient() {
        return new QuicConnectionAddress(newId(false, BYTES));
    }

    /** The id a dialling client makes up for the server until the server chooses its own. */
    QuicConnectionAddress forUnknownServer() {
        return new QuicConnectionAddress(newId(true, BYTES));
    }

    @Override
    public ByteBuffer newId(int length) {
        return ByteBuffer.wrap(newId(true, length));
    }

    @Override
    public ByteBuffer newId(ByteBuffer input, int length) {
        return newId(length);
    }

    @Override
    public int maxConnectionIdLength() {
        return BYTES;
    }

    @Override
    public boolean isIdempotent() {
        return false;
    }
}
