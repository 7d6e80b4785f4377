package dev.dits.quic;

import dev.dits.limit.RateLimit;
import io.netty.buffer.ByteBuf;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.util.function.BiPredicate;
import java.util.function.LongSupplier;

/**
 * Which packets a server codec gets to see, from their first bytes alone: no allocation, no call into native code, no answer.
 *
 * <p>The codec answers more than it should: a Version Negotiation to any packet of an unknown connection, a Retry to whatever has a long header, however
 * short the packet, so that a forged source address would gain from it. Here the rules of RFC 9000 hold: sections 5.2.2 (unknown versions), 8.1
 * (amplification) and 14.1 (a datagram with an Initial packet has 1,200 bytes). Beyond them: this node speaks version 1 alone and says nothing to others;
 * ids that lead to it bear a mark ({@link ConnectionIds#bears}), so that noise with another is told without looking anything up; a token that was not given
 * out is noticed before anything else is done; and no more Retries leave in a second than {@link #RETRIES_PER_SECOND}.
 *
 * <p>Only long headers of version 1 are understood, which all have the same form up to the token (RFC 9000 section 17.2). On the event loop only.
 */
final class ServerPackets {
    /** A Retry costs some microseconds; connections that exist come first. */
    static final int RETRIES_PER_SECOND = 2_000;

    static final int RETRIES_BURST = 1_000;

    /** RFC 9000 section 14.1. */
    static final int INITIAL_DATAGRAM_BYTES_MIN = 1_200;

    /** RFC 9000 section 7.2: a client's first destination id has at least 8 bytes. */
    private static final int FIRST_ID_BYTES_MIN = 8;

    private static final int ID_BYTES_MAX = 20;
    private static final int LONG_HEADER_BIT = 0x80;
    private static final int FIXED_BIT = 0x40;
    private static final int TYPE_BITS = 0x30;
    private static final int INITIAL = 0x00;
    private static final int HANDSHAKE = 0x20;
    private static final int RETRY = 0x30;
    private static final int VERSION_OFFSET = 1;
    private static final int VERSION = 1;
    private static final int ID_LENGTH_OFFSET = 5;
    private static final int LONG_ID_OFFSET = 6;
    private static final int SHORT_ID_OFFSET = 1;

    /** RFC 9000 section 10.3: nothing shorter is a packet of anybody. */
    private static final int SHORT_PACKET_BYTES_MIN = 21;

    private final ConnectionIds ids;
    private final BiPredicate<ByteBuf, InetSocketAddress> tokens;
    private final RateLimit retries;
    private final LongSupplier nanoClock;
    private boolean mayRetry;

    /**
     * @param ids tells ids of this node
     * @param tokens tells tokens that this node gave to an address
     * @param nanoClock for the rate of Retries
     */
    ServerPackets(ConnectionIds ids, BiPredicate<ByteBuf, InetSocketAddress> tokens, LongSupplier nanoClock) {
        this.ids = ids;
        this.tokens = tokens;
        this.nanoClock = nanoClock;
        this.retries = new RateLimit(RETRIES_PER_SECOND, RETRIES_BURST, nanoClock.getAsLong());
    }

    /** Whether a packet whose destination id leads to a server may pass. */
    boolean admit(DatagramPacket packet) {
        mayRetry = false;
        ByteBuf content = packet.content();
        int start = content.readerIndex();
        int length = content.readableBytes();
        int flags = content.getUnsignedByte(start);
        if ((flags & LONG_HEADER_BIT) == 0) {
            return length >= SHORT_PACKET_BYTES_MIN && ids.bears(content, start + SHORT_ID_OFFSET);
        }
        // The shortest packet: header, an id of ours, no other id, and what else a Handshake packet has.
        if (length < SHORT_PACKET_BYTES_MIN + LONG_ID_OFFSET || content.getInt(start + VERSION_OFFSET) != VERSION) {
            return false;
        }
        int idLength = content.getUnsignedByte(start + ID_LENGTH_OFFSET);
        return switch (flags & TYPE_BITS) {
            case INITIAL -> length >= INITIAL_DATAGRAM_BYTES_MIN && initial(content, start, idLength, packet.sender());
            case HANDSHAKE -> idLength == ConnectionIds.BYTES && ids.bears(content, start + LONG_ID_OFFSET);
            default -> false;
        };
    }

    /** At least 1,200 bytes are there, so that no offset below is beyond the end. */
    private boolean initial(ByteBuf content, int start, int idLength, InetSocketAddress sender) {
        if (idLength < FIRST_ID_BYTES_MIN || idLength > ID_BYTES_MAX) {
            return false;
        }
        int at = start + LONG_ID_OFFSET + idLength;
        int otherLength = content.getUnsignedByte(at);
        if (otherLength > ID_BYTES_MAX) {
            return false;
        }
        at += 1 + otherLength;
        int first = content.getUnsignedByte(at);
        int tokenLength;
        // RFC 9000 section 16; a token of this node needs no more than two bytes of length.
        if (first < 0x40) {
            tokenLength = first;
            at++;
        } else if (first < 0x80) {
            tokenLength = (first & 0x3F) << 8 | content.getUnsignedByte(at + 1);
            at += 2;
        } else {
            return false;
        }
        if (tokenLength == 0) {
            mayRetry = retries.take(1, nanoClock.getAsLong());
            return mayRetry;
        }
        return tokenLength <= RetryTokens.TOKEN_BYTES_MAX
                && idLength == ConnectionIds.BYTES
                && ids.bears(content, start + LONG_ID_OFFSET)
                && tokens.test(content.slice(at, tokenLength), sender);
    }

    /** Whether a packet that a codec sends may leave: a Retry only in answer to a first packet, a Version Negotiation never. */
    boolean mayLeave(DatagramPacket packet) {
        ByteBuf content = packet.content();
        if (content.readableBytes() <= LONG_ID_OFFSET) {
            return true;
        }
        int start = content.readerIndex();
        int flags = content.getUnsignedByte(start);
        if ((flags & LONG_HEADER_BIT) == 0) {
            return true;
        }
        int version = content.getInt(start + VERSION_OFFSET);
        if (version == 0) {
            return false;
        }
        return (flags & FIXED_BIT) == 0 || (flags & TYPE_BITS) != RETRY || mayRetry;
    }
}
