package dev.dits.path;

import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Binding messages of STUN (RFC 8489), without attributes but the mapped address. */
public final class StunMessage {
    /** Bytes of a transaction id. */
    public static final int TRANSACTION_BYTES = 12;

    /** Asks from where one is seen. */
    public static final int REQUEST = 0x0001;

    /** Asks for nothing; opens the way for answers. */
    public static final int INDICATION = 0x0011;

    /** Answers a {@link #REQUEST}. */
    public static final int SUCCESS = 0x0101;

    private static final int HEADER_BYTES = 20;
    private static final int COOKIE = 0x2112A442;
    private static final int COOKIE_OFFSET = 4;
    private static final int TRANSACTION_OFFSET = 8;
    private static final int XOR_MAPPED_ADDRESS = 0x0020;
    private static final int IPV4 = 1;
    private static final int IPV6 = 2;

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
            at += 4 + ((length + 3) & ~3);
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
}
