package dev.dits.path;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TCP sockets that carry packets ({@link PacketFrames}): the way where UDP is blocked, and the faster one between the machines of a local network, because the system
 * cuts and gathers large packets better than this process does.
 */
public final class TcpPath {
    /** Nothing limits a packet but the frame; the larger, the less work. TCP repeats what is lost, so nothing is. */
    public static final PathProfile PROFILE = new PathProfile("tcp", 16_000, 0, PathProfile.Congestion.CUBIC);

    /** What one read takes: some sixteen packets, of which the last is cut and copied. */
    private static final int READ_BYTES = 256 << 10;

    private static final int BACKLOG = 128;

    /** {@code IPPROTO_TCP}, {@code TCP_CONGESTION} and {@code TCP_CA_NAME_MAX} of Linux. */
    private static final RawUnixChannelOption CONGESTION = new RawUnixChannelOption("TCP_CONGESTION", 6, 13, 16);

    private static final Logger LOG = LoggerFactory.getLogger(TcpPath.class);

    private final boolean epoll;

    TcpPath(boolean epoll) {
        this.epoll = epoll;
    }

    /**
     * Chooses channel type and options of a socket that dials.
     *
     * @param bootstrap group, handler and addresses are the caller's
     */
    public void configure(Bootstrap bootstrap) {
        bootstrap
                .channelFactory(epoll ? EpollSocketChannel::new : NioSocketChannel::new)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES));
    }

    /**
     * Chooses channel type and options of a socket that listens.
     *
     * @param bootstrap group, handler and address are the caller's
     */
    public void configure(ServerBootstrap bootstrap) {
        bootstrap
                .channelFactory(epoll ? EpollServerSocketChannel::new : NioServerSocketChannel::new)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES));
    }

    /**
     * Asks the system for BBR, which keeps its rate where packets are lost by chance; it is not there everywhere, and then nothing changes.
     *
     * @param channel a connection to a peer that is not near
     */
    public static void preferBbr(Channel channel) {
        if (!(channel instanceof EpollSocketChannel)) {
            return;
        }
        ByteBuf name = Unpooled.directBuffer(CONGESTION.length()).writeZero(CONGESTION.length());
        try {
            name.setCharSequence(0, "bbr", StandardCharsets.US_ASCII);
            ByteBuffer value = name.nioBuffer();
            boolean taken = channel.config().setOption(CONGESTION, value);
            LOG.debug("BBR for a TCP connection: {}", taken);
        } catch (ChannelException e) {
            LOG.debug("this system has no BBR for a TCP connection", e);
        } finally {
            name.release();
        }
    }
}
