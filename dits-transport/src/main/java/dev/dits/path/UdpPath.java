package dev.dits.path;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * UDP sockets: epoll with segmentation and receive offload where the system has them, NIO elsewhere.
 *
 * <p>Two profiles. The loopback interface carries packets of 16,000 bytes, which costs an eighth of the per-packet work;
 * everything else gets 1,350 bytes, which fit an MTU of 1,400 under IPv6 and so pass PPPoE and the usual tunnels.
 */
public final class UdpPath implements DatagramPath {

    /** A packet on the loopback interface: four of them fill one send call. */
    static final int LOOPBACK_PACKET_BYTES = 16_000;

    private static final int LOOPBACK_SEGMENTS_MAX = 4;

    /** A packet anywhere else: 1,350 + 8 (UDP) + 40 (IPv6) is below 1,400. */
    static final int PACKET_BYTES = 1_350;

    /** 44 packets of up to 1,472 bytes are one send call below 64 KiB. */
    private static final int SEGMENTS_MAX = 44;

    /** With receive offload the kernel hands over up to 64 KiB of packets in one call. */
    private static final int RECEIVE_BYTES = 65_535;

    private static final int RECEIVES_PER_PASS_MAX = 512;

    /** Asked for; the kernel grants what its own limits allow. */
    private static final int SOCKET_BUFFER_BYTES = 4 << 20;

    private final boolean epoll;
    private final PathProfile loopback;
    private final PathProfile wide;

    private UdpPath(boolean epoll, boolean largeLoopback) {
        this.epoll = epoll;
        boolean offload = epoll && EpollDatagramChannel.isSegmentedDatagramPacketSupported();
        this.wide = new PathProfile("udp", PACKET_BYTES, offload ? SEGMENTS_MAX : 0, PathProfile.Congestion.BBR);
        this.loopback = new PathProfile(
                "udp-loopback",
                largeLoopback ? LOOPBACK_PACKET_BYTES : PACKET_BYTES,
                offload ? LOOPBACK_SEGMENTS_MAX : 0,
                PathProfile.Congestion.CUBIC);
    }

    /** The fastest path this system has. */
    public static UdpPath open() {
        return new UdpPath(Epoll.isAvailable(), carriesLargeLoopbackPackets());
    }

    /** The portable path, for systems without epoll and for tests of it. */
    public static UdpPath nio() {
        return new UdpPath(false, carriesLargeLoopbackPackets());
    }

    /** macOS refuses datagrams above 9,216 bytes unless it is told otherwise; Linux carries what the interface does. */
    private static boolean carriesLargeLoopbackPackets() {
        return System.getProperty("os.name", "").startsWith("Linux");
    }

    @Override
    public IoHandlerFactory ioHandlerFactory() {
        return epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    }

    @Override
    public void configure(Bootstrap bootstrap, InetSocketAddress bind) {
        SocketProtocolFamily family =
                bind.getAddress() instanceof Inet4Address ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6;
        bootstrap
                .channelFactory(epoll ? () -> new EpollDatagramChannel(family) : () -> new NioDatagramChannel(family))
                .option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER_BYTES)
                .option(ChannelOption.SO_SNDBUF, SOCKET_BUFFER_BYTES)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(1 << 20, 2 << 20))
                .option(ChannelOption.RECVBUF_ALLOCATOR, receiveAllocator());
        if (epoll) {
            // Plain recvmsg with receive offload; MAX_DATAGRAM_PAYLOAD_SIZE would switch Netty to recvmmsg, which
            // loses the segment size and so glues packets together.
            bootstrap.option(EpollChannelOption.UDP_GRO, true);
        }
    }

    private static FixedRecvByteBufAllocator receiveAllocator() {
        FixedRecvByteBufAllocator allocator = new FixedRecvByteBufAllocator(RECEIVE_BYTES);
        allocator.maxMessagesPerRead(RECEIVES_PER_PASS_MAX);
        return allocator;
    }

    @Override
    public List<PathProfile> profiles() {
        return List.of(loopback, wide);
    }

    @Override
    public PathProfile profile(InetSocketAddress remote) {
        return remote.getAddress().isLoopbackAddress() ? loopback : wide;
    }

    @Override
    public TcpPath tcp() {
        return new TcpPath(epoll);
    }
}
