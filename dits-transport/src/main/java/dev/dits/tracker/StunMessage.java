package dev.dits.tracker;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Binding of STUN (RFC 8489), as far as a server without credentials needs it: a request is answered with the address that it comes from.
 *
 * <p>A request has 20 bytes or more, an answer 40 over IPv4 and 52 over IPv6: with the headers of IP and UDP less than twice as much, which nobody gains by who asks in another's
 * name. Servers without credentials can do no less; how many leave a second is bounded ({@link StunHandler}).
 */
final class StunMessage {
    static final int HEADER_BYTES = 20;

    /** Longer requests are ignored: those of RFC 8489 fit into any packet. */
    static final int REQUEST_BYTES_MAX = 1_280;

    static final int ANSWER_V4_BYTES = 40;
    static final int ANSWER_V6_BYTES = 52;

    private static final int COOKIE = 0x2112A442;
    private static final short BINDING_REQUEST = 0x0001;
    private static final short BINDING_SUCCESS = 0x0101;
    private static final short XOR_MAPPED_ADDRESS = 0x0020;
    private static final short FINGERPRINT = (short) 0x8028;
    private static final int FINGERPRINT_XOR = 0x5354554E;
    private static final int FINGERPRINT_BYTES = 8;

    private StunMessage() {}

    /** The answer to a datagram; null if it is no Binding request, or one that is not answered. */
    static byte @Nullable [] answer(ByteBuffer datagram, InetSocketAddress from) {
        int length = datagram.remaining();
        ByteBuffer in = datagram.slice();
        if (length < HEADER_BYTES
                || length > REQUEST_BYTES_MAX
                || in.getShort(0) != BINDING_REQUEST
                || in.getInt(4) != COOKIE
                || length % 4 != 0
                || (in.getShort(2) & 0xFFFF) != length - HEADER_BYTES
                || !attributesFit(in, length)) {
            return null;
        }
        byte[] address = from.getAddress().getAddress();
        boolean v4 = from.getAddress() instanceof Inet4Address;
        int answerBytes = v4 ? ANSWER_V4_BYTES : ANSWER_V6_BYTES;
        ByteBuffer out = ByteBuffer.allocate(answerBytes);
        out.putShort(BINDING_SUCCESS)
                .putShort((short) (answerBytes - HEADER_BYTES))
                .putInt(COOKIE);
        for (int i = 8; i < HEADER_BYTES; i++) {
            out.put(in.get(i));
        }
        out.putShort(XOR_MAPPED_ADDRESS).putShort((short) (4 + address.length));
        out.put((byte) 0).put((byte) (v4 ? 1 : 2)).putShort((short) (from.getPort() ^ (COOKIE >>> 16)));
        for (int i = 0; i < address.length; i++) {
            // The cookie, and behind it the transaction id, stand right there.
            out.put((byte) (address[i] ^ out.get(4 + i)));
        }
        CRC32 crc = new CRC32();
        crc.update(out.array(), 0, out.position());
        out.putShort(FINGERPRINT).putShort((short) 4).putInt((int) crc.getValue() ^ FINGERPRINT_XOR);
        return out.array();
    }

    /** Whether the attributes end where the message does; a fingerprint is right and last. */
    private static boolean attributesFit(ByteBuffer in, int length) {
        int at = HEADER_BYTES;
        while (at < length) {
            if (at + 4 > length) {
                return false;
            }
            int value = in.getShort(at + 2) & 0xFFFF;
            if (in.getShort(at) == FINGERPRINT) {
                if (at + FINGERPRINT_BYTES != length || value != 4) {
                    return false;
                }
                CRC32 crc = new CRC32();
                crc.update(in.duplicate().limit(at));
                return ((int) crc.getValue() ^ FINGERPRINT_XOR) == in.getInt(at + 4);
            }
            at += 4 + (value + 3) / 4 * 4;
        }
        return at == length;
    }
}
