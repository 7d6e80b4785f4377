package dev.dits.quic;

import dev.dits.path.TcpPath;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.quic.QuicChannel;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection, which carries the packets of one QUIC connection: from the accepting or dialling of it to its end, all on the loop. Who says nothing on it, or what is
 * no packet of a handshake, is soon cut off.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
final class TcpCarrier extends ChannelInboundHandlerAdapter {
    /** From accepting to the first packet of a QUIC handshake: it is on its way when a dialler is told that it is connected. */
    static final Duration FIRST_PACKET_TIME = Duration.ofSeconds(3);

    /** For the peer to read what was said last, and to end the connection too. */
    private static final Duration FINISH_TIME = Duration.ofSeconds(1);

    private final TcpConnections owner;
    private final TcpQueues.Queue queue;
    private final InetSocketAddress remote;

    /** Of one that was accepted; null of one that was dialled. */
    private final HandshakeLimiter.@Nullable Slot slot;

    private final InetSocketAddress route;
    private volatile @Nullable ChannelHandlerContext context;
    private @Nullable QuicChannel quic;
    private boolean heard;
    private boolean established;
    private boolean finishing;
    private boolean unflushed;

    /**
     * @param owner of this and its likes
     * @param remote the peer
     * @param slot among those whose peer has not shown its certificate; null of one that is dialled
     */
    TcpCarrier(TcpConnections owner, InetSocketAddress remote, HandshakeLimiter.@Nullable Slot slot) {
        this.owner = owner;
        this.remote = remote;
        this.slot = slot;
        this.queue = owner.queues().new Queue();
        this.route = owner.routes().add(this);
    }

    /** What stands for it where codecs name peers. */
    InetSocketAddress route() {
        return route;
    }

    /** The peer's own address. */
    InetSocketAddress remote() {
        return remote;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        if (slot != null) {
            closeUnless(ctx, FIRST_PACKET_TIME, () -> heard);
            closeUnless(ctx, QuicNode.HANDSHAKE_TIMEOUT, () -> established);
        }
    }

    private static void closeUnless(ChannelHandlerContext ctx, Duration time, BooleanSupplier condition) {
        ctx.executor()
                .schedule(
                        () -> {
                            if (!condition.getAsBoolean()) {
                                ctx.close();
                            }
                        },
                        time.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        context = null;
        queue.update(0);
        owner.routes().remove(route);
        if (slot != null) {
            slot.free();
            if (established) {
                owner.ended(remote.getAddress());
            }
        }
        // Nothing more can come this way: to wait for the idle time-out would only keep the peer's requests waiting.
        QuicChannel current = quic;
        if (current != null) {
            current.close();
        }
    }

    /** See {@link TcpPath#preferBbr}; on any thread. */
    void preferBbr() {
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            TcpPath.preferBbr(ctx.channel());
        }
    }

    /** A QUIC connection begins over it. False if there is one already: whoever wants another has to connect again. */
    boolean begins(QuicChannel channel) {
        if (quic != null || context == null || finishing) {
            return false;
        }
        quic = channel;
        return true;
    }

    /** The QUIC connection over it knows its peer. False if there are too many such connections. */
    boolean established() {
        if (slot != null) {
            slot.free();
            if (context == null || !owner.begun(remote.getAddress())) {
                return false;
            }
        }
        established = true;
        return true;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (owner.arrived(new DatagramPacket((ByteBuf) message, owner.local(), route), slot != null)) {
            heard = true;
        } else if (!established) {
            // Nothing is lost on the way, and nothing of another connection comes by it: who sends this is no peer.
            ctx.close();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        noteQueue(ctx);
        owner.passEnds();
    }

    /**
     * Sends a packet, or drops it where too many wait.
     *
     * @return whether it is the first that waits to be flushed
     */
    boolean send(ByteBuf packet) {
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            noteQueue(ctx);
        }
        if (ctx == null || !queue.hasRoom()) {
            packet.release();
            return false;
        }
        ctx.write(packet, ctx.voidPromise());
        boolean first = !unflushed;
        unflushed = true;
        return first;
    }

    void flush() {
        unflushed = false;
        ChannelHandlerContext ctx = context;
        if (ctx != null) {
            ctx.flush();
        }
    }

    private void noteQueue(ChannelHandlerContext ctx) {
        ChannelOutboundBuffer waiting = ctx.channel().unsafe().outboundBuffer();
        queue.update(waiting == null ? 0 : waiting.totalPendingWriteBytes());
    }

    /**
     * The QUIC connection has ended. What it said last is still to arrive: to close at once would have the system discard it where something of the peer is unread.
     */
    void finish() {
        ChannelHandlerContext ctx = context;
        if (ctx == null || finishing) {
            return;
        }
        finishing = true;
        if (ctx.channel() instanceof DuplexChannel duplex && ctx.channel().isActive()) {
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> duplex.shutdownOutput());
            closeUnless(ctx, FINISH_TIME, () -> false);
        } else {
            ctx.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // A reset, most of the time. The QUIC connection ends with this one.
        ctx.close();
    }
}
