package dev.dits.tracker;

import dev.dits.limit.RateLimit;
import dev.dits.path.StunMessage;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;

/** Answers Binding requests: so many a second in all, for answers could be sent to others than who asked. */
@SuppressWarnings("FutureReturnValueIgnored") // A datagram may be lost.
final class StunHandler extends SimpleChannelInboundHandler<DatagramPacket> {
    static final int PER_SECOND_MAX = 10_000;

    private final Hub hub;
    private final RateLimit rate;

    StunHandler(Hub hub) {
        super(DatagramPacket.class);
        this.hub = hub;
        this.rate = new RateLimit(PER_SECOND_MAX, PER_SECOND_MAX, hub.nowNanos());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
        byte[] answer = StunMessage.answer(packet.content().nioBuffer(), packet.sender());
        if (answer != null && ctx.channel().isWritable() && rate.take(1, hub.nowNanos())) {
            hub.metrics.stunRequests.increment();
            ctx.write(new DatagramPacket(Unpooled.wrappedBuffer(answer), packet.sender()));
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // An answer that nobody takes comes back as an error of the socket, which goes on.
    }
}
