package dev.dits.path;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.loop.EventLoops;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TcpPathTest {
    private static final Path ALLOWED = Path.of("/proc/sys/net/ipv4/tcp_allowed_congestion_control");

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bbrIsAskedForWhereTheSystemHasIt(boolean epoll) throws Exception {
        UdpPath path = epoll ? UdpPath.open() : UdpPath.nio();
        EventLoops loops = new EventLoops("test-loop", 1, path.ioHandlerFactory());
        try {
            ServerBootstrap server = new ServerBootstrap();
            path.tcp().configure(server);
            Channel listening = server.group(loops.group())
                    .childHandler(new ChannelInboundHandlerAdapter())
                    .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .sync()
                    .channel();
            Bootstrap client = new Bootstrap();
            path.tcp().configure(client);
            Channel channel = client.group(loops.group())
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect(listening.localAddress())
                    .sync()
                    .channel();
            assertThat(channel.config().getOption(ChannelOption.TCP_NODELAY)).isTrue();
            TcpPath.preferBbr(channel);
            assertThat(channel.isActive()).isTrue();
            Assumptions.assumeTrue(channel instanceof EpollSocketChannel);
            Assumptions.assumeTrue(
                    Files.exists(ALLOWED) && Files.readString(ALLOWED).contains("bbr"));
            ByteBuffer name = ByteBuffer.allocateDirect(16);
            channel.config().setOption(new RawUnixChannelOption("TCP_CONGESTION", 6, 13, 16), reno());
            TcpPath.preferBbr(channel);
            ByteBuffer now = channel.config().getOption(new RawUnixChannelOption("TCP_CONGESTION", 6, 13, 16));
            name.put(now).flip();
            assertThat(StandardCharsets.US_ASCII.decode(name).toString()).startsWith("bbr\0");
            channel.close().sync();
            // Of one that is closed there is nothing to ask for.
            TcpPath.preferBbr(channel);
        } finally {
            assertThat(loops.stop()).isTrue();
        }
    }

    private static ByteBuffer reno() {
        ByteBuffer name = ByteBuffer.allocateDirect(16);
        name.put(0, "reno".getBytes(StandardCharsets.US_ASCII));
        return name;
    }
}
