package dev.dits.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SimulatedNetworkTest {
    private static final int LAST = -1;

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(
            1, new SimulatedNetwork(0, LinkConditions.PERFECT).path().ioHandlerFactory());

    @AfterEach
    void stop() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    static InetSocketAddress host(int number, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) number}), port);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private Channel bind(SimulatedNetwork network, InetSocketAddress address, BlockingQueue<Integer> received) {
        Bootstrap bootstrap = new Bootstrap().group(group).handler(new SimpleChannelInboundHandler<DatagramPacket>() {
            @Override
            protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
                received.add(packet.content().getInt(packet.content().readerIndex()));
            }
        });
        network.path().configure(bootstrap, address);
        return bootstrap.bind(address).syncUninterruptibly().channel();
    }

    private List<Integer> exchange(SimulatedNetwork network, int packets) throws InterruptedException {
        BlockingQueue<Integer> received = new LinkedBlockingQueue<>();
        Channel from = bind(network, host(1, 1), new LinkedBlockingQueue<>());
        Channel to = bind(network, host(2, 2), received);
        for (int i = 0; i < packets; i++) {
            from.writeAndFlush(new DatagramPacket(Unpooled.copyInt(i), host(2, 2)))
                    .sync();
        }
        network.conditions(LinkConditions.PERFECT.withDelay(LinkConditions.REORDERING_HOLD.multipliedBy(4)));
        from.writeAndFlush(new DatagramPacket(Unpooled.copyInt(LAST), host(2, 2)))
                .sync();
        List<Integer> numbers = new ArrayList<>();
        for (Integer next = received.take(); next != LAST; next = received.take()) {
            numbers.add(next);
        }
        from.close().sync();
        to.close().sync();
        return numbers;
    }

    @Test
    void aPerfectNetworkDeliversInOrder() throws Exception {
        SimulatedNetwork network = new SimulatedNetwork(1, LinkConditions.PERFECT);
        List<Integer> numbers = exchange(network, 500);
        assertThat(numbers).hasSize(500).isSorted().doesNotHaveDuplicates();
        assertThat(network.dropped()).isZero();
    }

    @Test
    void theSeedDecidesWhatIsLostAndDoubled() throws Exception {
        LinkConditions bad = LinkConditions.PERFECT.withLoss(0.1).withDuplication(0.1);
        List<Integer> first = exchange(new SimulatedNetwork(42, bad), 1_000);
        assertThat(exchange(new SimulatedNetwork(42, bad), 1_000)).isEqualTo(first);
        assertThat(exchange(new SimulatedNetwork(43, bad), 1_000)).isNotEqualTo(first);
        assertThat(first.stream().distinct().count()).isBetween(850L, 950L);
        assertThat((long) first.size()).isGreaterThan(first.stream().distinct().count() + 50);
    }

    @Test
    void reorderingHoldsPacketsBackAndLosesNone() throws Exception {
        List<Integer> numbers = exchange(new SimulatedNetwork(7, LinkConditions.PERFECT.withReordering(0.2)), 500);
        assertThat(numbers).hasSize(500).doesNotHaveDuplicates();
        assertThat(new ArrayList<>(numbers))
                .isNotEqualTo(numbers.stream().sorted().toList());
    }

    @Test
    void aFullQueueDrops() throws Exception {
        SimulatedNetwork network = new SimulatedNetwork(7, LinkConditions.PERFECT.withRate(10_000, 40));
        List<Integer> numbers = exchange(network, 500);
        assertThat(numbers.size()).isLessThan(500);
        assertThat(network.dropped()).isEqualTo(500 - numbers.size());
    }

    @Test
    void aCutHostHearsNothingUntilItIsHealed() throws Exception {
        SimulatedNetwork network = new SimulatedNetwork(7, LinkConditions.PERFECT);
        BlockingQueue<Integer> received = new LinkedBlockingQueue<>();
        Channel from = bind(network, host(1, 1), new LinkedBlockingQueue<>());
        bind(network, host(2, 2), received);
        network.cut(host(2, 0).getAddress());
        from.writeAndFlush(new DatagramPacket(Unpooled.copyInt(1), host(2, 2))).sync();
        network.heal();
        from.writeAndFlush(new DatagramPacket(Unpooled.copyInt(2), host(2, 2))).sync();
        assertThat(received.take()).isEqualTo(2);
        assertThat(network.dropped()).isEqualTo(1);
    }

    @Test
    void anAddressIsBoundOnceAtATime() throws Exception {
        SimulatedNetwork network = new SimulatedNetwork(7, LinkConditions.PERFECT);
        Channel first = bind(network, host(1, 1), new LinkedBlockingQueue<>());
        assertThatThrownBy(() -> bind(network, host(1, 1), new LinkedBlockingQueue<>()))
                .isInstanceOf(BindException.class);
        first.close().sync();
        bind(network, host(1, 1), new LinkedBlockingQueue<>());
        Channel any = bind(network, host(1, 0), new LinkedBlockingQueue<>());
        assertThat(((InetSocketAddress) any.localAddress()).getPort()).isPositive();
    }

    @Test
    void profilesHoldTheirLimits() {
        assertThat(UdpPath.open().profiles()).hasSize(2);
        assertThat(UdpPath.open().profile(new InetSocketAddress("127.0.0.1", 1)).packetBytes())
                .isGreaterThanOrEqualTo(UdpPath.PACKET_BYTES);
        assertThat(UdpPath.open().profile(new InetSocketAddress("192.0.2.1", 1)).packetBytes())
                .isEqualTo(UdpPath.PACKET_BYTES);
        assertThatThrownBy(() -> new PathProfile("small", 1_199, 0, PathProfile.Congestion.BBR))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PathProfile("large", 65_508, 0, PathProfile.Congestion.BBR))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PathProfile("many", 1_200, 65, PathProfile.Congestion.BBR))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PathProfile("much", 16_000, 5, PathProfile.Congestion.BBR))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LinkConditions.PERFECT.withLoss(1.1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LinkConditions.PERFECT.withDelay(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
