package dev.dits.path;

import io.netty.buffer.ByteBuf;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Binding messages of STUN (RFC 8489), as far as a server without credentials and its clients need them: a request is answered with the address that it comes from.
 *
 * <p>A request has 20 bytes or more, an answer 40 over IPv4 and 52 over IPv6: with the headers of IP and UDP less than twice as much, which nobody gains by who asks
 * in another's name. Servers without credentials can do no less; how many leave a second is theirs to bound.
 */
public final class StunMessage {
    /** Bytes of a transaction id. */
    public static final int TRANSACTION_BYTES = 12;

    /** Asks from where one is seen. */
    public static final int REQUEST = 0x0001;

    /** Asks for nothing; opens the way for answers. */
    public static final int INDICATION = 0x0011;

    /** Answers a {@link #REQUEST}. */
    public static final int SUCCESS = 0x0101;

    /** Bytes before the attributes. */
    public static final int HEADER_BYTES = 20;

    /** Longer requests are not answered: those of RFC 8489 fit into any packet. */
    public static final int REQUEST_BYTES_MAX = 1_280;

    /** Bytes of an answer over IPv4. */
    public static final int ANSWER_V4_BYTES = 40;

    /** Bytes of an answer over IPv6. */
    public static final int ANSWER_V6_BYTES = 52;

    private static final int COOKIE = 0x2112A442;
    private static final int COOKIE_OFFSET = 4;
    private static final int TRANSACTION_OFFSET = 8;
    private static final int XOR_MAPPED_ADDRESS = 0x0020;
    private static final int IPV4 = 1;
    private static final int IPV6 = 2;
    private static final int FINGERPRINT = 0x8028;
    private static final int FINGERPRINT_XOR = 0x5354554E;
    private static final int FINGERPRINT_BYTES = 8;

    private StunMessage() {}

    /**
     * Writes a message without attributes.
     *
     * @param type {@link #REQUEST} or {@link #INDICATION}
     * @param transaction {@value #TRANSACTION_BYTES} bytes
     * @param out receives 20 bytes
     */
    public static void write(int type, byte[] transaction, ByteBuf out) {
        out.writeShort(type).writeShort(0).writeInt(COOKIE).writeBytes(transaction, 0, TRANSACTION_BYTES);
    }

    /**
     * Tells what a packet is.
     *
     * @param packet a datagram
     * @return its type; -1 if it is no STUN message
     */
    public static int type(ByteBuf packet) {
        int start = packet.readerIndex();
        return packet.readableBytes() >= HEADER_BYTES
                        && packet.getInt(start + COOKIE_OFFSET) == COOKIE
                        && packet.readableBytes() == HEADER_BYTES + packet.getUnsignedShort(start + 2)
                ? packet.getUnsignedShort(start)
                : -1;
    }

    /**
     * Reads the transaction id.
     *
     * @param packet with a {@link #type}
     * @return {@value #TRANSACTION_BYTES} bytes
     */
    public static byte[] transaction(ByteBuf packet) {
        byte[] transaction = new byte[TRANSACTION_BYTES];
        packet.getBytes(packet.readerIndex() + TRANSACTION_OFFSET, transaction);
        return transaction;
    }

    /**
     * Reads the mapped address of an answer (RFC 8489 section 14.2).
     *
     * @param packet of the type {@link #SUCCESS}
     * @return the address; null if there is none, or it is malformed
     */
    public static @Nullable InetSocketAddress mapped(ByteBuf packet) {
        int at = packet.readerIndex() + HEADER_BYTES;
        int end = packet.readerIndex() + packet.readableBytes();
        while (at + 4 <= end) {
            int type = packet.getUnsignedShort(at);
            int length = packet.getUnsignedShort(at + 2);
            if (at + 4 + length > end) {
                return null;
            }
            if (type == XOR_MAPPED_ADDRESS) {
                return address(packet, at + 4, length);
            }
            at += 4 + padded(length);
        }
        return null;
    }

    private static @Nullable InetSocketAddress address(ByteBuf packet, int at, int length) {
        if (length < 8) {
            return null;
        }
        int family = packet.getUnsignedByte(at + 1);
        int bytes = family == IPV4 ? 4 : family == IPV6 ? 16 : 0;
        if (bytes == 0 || length != 4 + bytes) {
            return null;
        }
        int port = packet.getUnsignedShort(at + 2) ^ (COOKIE >>> 16);
        byte[] address = new byte[bytes];
        packet.getBytes(at + 4, address);
        // The key is the cookie, and for IPv6 the transaction id behind it: as they stand in the header.
        byte[] key = new byte[16];
        packet.getBytes(packet.readerIndex() + COOKIE_OFFSET, key);
        for (int i = 0; i < bytes; i++) {
            address[i] ^= key[i];
        }
        if (port == 0 || Arrays.equals(address, new byte[bytes])) {
            return null;
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), port);
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /**
     * Answers a request.
     *
     * @param datagram a datagram; its position stays
     * @param from where it came from
     * @return the answer; null if it is no Binding request, or one that is not answered
     */
    public static byte @Nullable [] answer(ByteBuffer datagram, InetSocketAddress from) {
        int length = datagram.remaining();
        ByteBuffer in = datagram.slice();
        if (length < HEADER_BYTES
                || length > REQUEST_BYTES_MAX
                || in.getShort(0) != REQUEST
                || in.getInt(COOKIE_OFFSET) != COOKIE
                || length % 4 != 0
                || (in.getShort(2) & 0xFFFF) != length - HEADER_BYTES
                || !attributesFit(in, length)) {
            return null;
        }
        byte[] address = from.getAddress().getAddress();
        boolean v4 = from.getAddress() instanceof Inet4Address;
        int answerBytes = v4 ? ANSWER_V4_BYTES : ANSWER_V6_BYTES;
        ByteBuffer out = ByteBuffer.allocate(answerBytes);
        out.putShort((short) SUCCESS)
                .putShort((short) (answerBytes - HEADER_BYTES))
                .putInt(COOKIE);
        for (int i = TRANSACTION_OFFSET; i < HEADER_BYTES; i++) {
            out.put(in.get(i));
        }
        out.putShort((short) XOR_MAPPED_ADDRESS).putShort((short) (4 + address.length));
        out.put((byte) 0).put((byte) (v4 ? IPV4 : IPV6)).putShort((short) (from.getPort() ^ (COOKIE >>> 16)));
        for (int i = 0; i < address.length; i++) {
            // The cookie, and behind it the transaction id, stand right there.
            out.put((byte) (address[i] ^ out.get(COOKIE_OFFSET + i)));
        }
        CRC32 crc = new CRC32();
        crc.update(out.array(), 0, out.position());
        out.putShort((short) FINGERPRINT).putShort((short) 4).putInt((int) crc.getValue() ^ FINGERPRINT_XOR);
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
            if ((in.getShort(at) & 0xFFFF) == FINGERPRINT) {
                if (at + FINGERPRINT_BYTES != length || value != 4) {
                    return false;
                }
                CRC32 crc = new CRC32();
                crc.update(in.duplicate().limit(at));
                return ((int) crc.getValue() ^ FINGERPRINT_XOR) == in.getInt(at + 4);
            }
            at += 4 + padded(value);
        }
        return at == length;
    }

    /** Attributes begin at multiples of four bytes. */
    private static int padded(int length) {
        return (length + 3) & ~3;
    }
}
