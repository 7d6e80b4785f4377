package dev.dits.path;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Packets on a TCP connection ({@code docs/wire.md} section 2.1): each end says {@link #PREAMBLE} once, and then every packet behind its length in two bytes. Buffers that are
 * passed on hold one packet each, as those that are written must; an empty one is none, and is passed as it is.
 *
 * <p>Bytes are not copied, but for a packet that the end of a read cuts. Whatever is no such frame closes the connection.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What is lost with a connection is sent again over another.
public final class PacketFrames extends ChannelDuplexHandler {
    /** What either end says first, so that anything else which connects to the port, or answers there, is told at once. */
    public static final String PREAMBLE = "dits/1 tcp\0";

    /** The longest packet. */
    public static final int PACKET_BYTES_MAX = PathProfile.PACKET_BYTES_MAX;

    /** Ahead of each packet: its length. */
    private static final int HEADER_BYTES = 2;

    /** Headers are cut from a block, so that each costs no allocation of its own. */
    private static final int HEADER_BLOCK_BYTES = 1_024;

    private static final byte[] PREAMBLE_BYTES = PREAMBLE.getBytes(StandardCharsets.US_ASCII);

    private int preambleSeen;
    private boolean preambleSaid;
    private boolean failed;

    /** First byte of a length whose second has not come; -1 for none. */
    private int lengthHigh = -1;

    /** Of the packet that comes; -1 before its length is known. */
    private int length = -1;

    /** The begin of a packet. Grows with what comes, not with what was promised. */
    private @Nullable ByteBuf cut;

    private ByteBuf headers = Unpooled.EMPTY_BUFFER;

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        failed = true;
        ByteBuf rest = cut;
        cut = null;
        if (rest != null) {
            rest.release();
        }
        headers.release();
        headers = Unpooled.EMPTY_BUFFER;
    }

    /** Memory that a packet takes which is not all here, for tests. */
    int keptBytes() {
        ByteBuf begun = cut;
        return begun == null ? 0 : begun.capacity();
    }

    // ---- in

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            while (!failed && preambleSeen < PREAMBLE_BYTES.length && in.isReadable()) {
                failed = in.readByte() != PREAMBLE_BYTES[preambleSeen++];
            }
            while (!failed && in.isReadable()) {
                if (length < 0) {
                    readLength(in);
                } else {
                    readPacket(ctx, in);
                }
            }
        } finally {
            in.release();
        }
        if (failed) {
            ctx.close();
        }
    }

    private void readLength(ByteBuf in) {
        if (lengthHigh < 0) {
            lengthHigh = in.readUnsignedByte();
            return;
        }
        length = lengthHigh << Byte.SIZE | in.readUnsignedByte();
        lengthHigh = -1;
        failed = length == 0 || length > PACKET_BYTES_MAX;
    }

    private void readPacket(ChannelHandlerContext ctx, ByteBuf in) {
        ByteBuf begun = cut;
        if (begun == null && in.readableBytes() >= length) {
            arrived(ctx, in.readRetainedSlice(length));
            return;
        }
        if (begun == null) {
            // quiche reads from memory outside of the heap.
            begun = ctx.alloc().directBuffer(in.readableBytes(), length);
            cut = begun;
        }
        begun.writeBytes(in, Math.min(length - begun.readableBytes(), in.readableBytes()));
        if (begun.readableBytes() == length) {
            cut = null;
            arrived(ctx, begun);
        }
    }

    private void arrived(ChannelHandlerContext ctx, ByteBuf packet) {
        length = -1;
        ctx.fireChannelRead(packet);
        // Who reads it may have closed the connection.
        failed |= !ctx.channel().isOpen();
    }

    // ---- out

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        ByteBuf packet = (ByteBuf) message;
        int bytes = packet.readableBytes();
        if (bytes == 0) {
            ctx.write(packet, promise);
            return;
        }
        if (bytes > PACKET_BYTES_MAX) {
            packet.release();
            promise.setFailure(new IllegalArgumentException("a packet of " + bytes + " bytes"));
            return;
        }
        if (!preambleSaid) {
            preambleSaid = true;
            ctx.write(Unpooled.wrappedBuffer(PREAMBLE_BYTES), ctx.voidPromise());
        }
        ctx.write(header(ctx, bytes), ctx.voidPromise());
        ctx.write(packet, promise);
    }

    private ByteBuf header(ChannelHandlerContext ctx, int bytes) {
        if (!headers.isWritable(HEADER_BYTES)) {
            headers.release();
            headers = ctx.alloc().directBuffer(HEADER_BLOCK_BYTES, HEADER_BLOCK_BYTES);
        }
        headers.writeShort(bytes);
        return headers.readRetainedSlice(HEADER_BYTES);
    }
}
