package dev.dits.quic;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.quic.QuicConnectionAddress;
import io.netty.handler.codec.quic.QuicConnectionIdGenerator;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Random connection ids that name the role at the end they lead to in their first bit: 1 for a server's, 0 for a
 * client's. That is how one socket tells the packets of its two roles apart.
 *
 * <p>A server's id of {@value #BYTES} bytes ends with a mark, computed from the rest and a key of this node. It keeps noise away from the
 * codec, and is no protection against anybody who has seen an id.
 */
final class ConnectionIds implements QuicConnectionIdGenerator {
    static final int BYTES = 12;

    private static final int SERVER_BIT = 0x80;
    private static final int MARK_BYTES = 3;
    private static final int MAC_KEY_BYTES = 32;
    private static final int MARK_OFFSET = BYTES - MARK_BYTES;

    private final SecureRandom random = new SecureRandom();
    private final long key = random.nextLong();
    private final Mac mac;

    ConnectionIds() {
        byte[] secret = new byte[MAC_KEY_BYTES];
        random.nextBytes(secret);
        try {
            mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has HmacSHA256", e);
        }
    }

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
        return marked(newId(true, length));
    }

    private ByteBuffer marked(byte[] bytes) {
        ByteBuffer id = ByteBuffer.wrap(bytes);
        if (bytes.length == BYTES) {
            int mark = mark(id.getLong(0), id.get(Long.BYTES));
            id.put(MARK_OFFSET, (byte) (mark >>> 16)).putShort(MARK_OFFSET + 1, (short) mark);
        }
        return id;
    }

    /** Whether the {@value #BYTES} bytes from an offset on are an id that this node made for a server. */
    boolean bears(ByteBuf packet, int offset) {
        return packet.getUnsignedMedium(offset + MARK_OFFSET)
                == mark(packet.getLong(offset), packet.getByte(offset + Long.BYTES));
    }

    /** The mixing steps of MurmurHash3 (public domain), keyed. */
    private int mark(long first, byte then) {
        long x = first ^ key;
        x = (x ^ x >>> 33) * 0xff51afd7ed558ccdL;
        x ^= then & 0xFF;
        x = (x ^ x >>> 33) * 0xc4ceb9fe1a85ec53L;
        x ^= key;
        x = (x ^ x >>> 29) * 0xff51afd7ed558ccdL;
        return (int) (x >>> 40);
    }

    /** On the loop: the same for the same first packet, so that one that comes twice begins one handshake. */
    @Override
    public ByteBuffer newId(ByteBuffer input, int length) {
        mac.update(input.duplicate());
        byte[] id = Arrays.copyOf(mac.doFinal(), length);
        id[0] = (byte) (id[0] | SERVER_BIT);
        return marked(id);
    }

    @Override
    public int maxConnectionIdLength() {
        return BYTES;
    }

    @Override
    public boolean isIdempotent() {
        return true;
    }
}
