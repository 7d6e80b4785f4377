package dev.dits.quic;

import dev.dits.net.CarriedAddress;
import dev.dits.net.PacketCarrier;
import dev.dits.net.PacketRoute;
import dev.dits.path.PathProfile;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The peers of one node that carriers reach. Their packets enter the socket's own pipeline as if the socket had received them from a {@link CarriedAddress}, and what
 * is sent to such an address goes to its carrier: so the codecs know nothing of it.
 */
final class CarriedRoutes {
    /**
     * Nothing on such a way limits a packet but the carrier, which takes 64 KiB. Larger packets cost less work each, and more to repeat where a relay drops one; nothing
     * is there to be segmented.
     */
    static final PathProfile PROFILE = new PathProfile("carried", 4_000, 0, PathProfile.Congestion.BBR);

    /** Packets of one peer that wait for the loop; those beyond are dropped. */
    private static final int WAITING_MAX = 1_024;

    private final AtomicLong numbers = new AtomicLong();
    private final Map<InetSocketAddress, Route> routes = new ConcurrentHashMap<>();

    /** On the loop. */
    void send(InetSocketAddress to, ByteBuf packet) {
        Route route = routes.get(to);
        if (route != null && packet.isReadable()) {
            route.carrier.send(ByteBufUtil.getBytes(packet));
        }
    }

    /** On the loop: the last connection with a peer has ended. */
    void unused(InetSocketAddress peer) {
        Route route = routes.get(peer);
        if (route != null) {
            route.carrier.unused();
        }
    }

    /**
     * Adds one.
     *
     * @param channel the node's socket
     * @param source what is counted together
     * @param carrier takes packets to the peer
     * @param ended told of the route's address when it has ended
     */
    PacketRoute add(Channel channel, int source, PacketCarrier carrier, Consumer<InetSocketAddress> ended) {
        Route route = new Route(CarriedAddress.of(source, numbers.incrementAndGet()), channel, carrier, ended);
        routes.put(route.address, route);
        return route;
    }

    private final class Route implements PacketRoute {
        private final InetSocketAddress address;
        private final Channel channel;
        private final PacketCarrier carrier;
        private final Consumer<InetSocketAddress> ended;
        private final Queue<byte[]> waiting = new ConcurrentLinkedQueue<>();
        private final AtomicInteger waitingCount = new AtomicInteger();
        private final AtomicBoolean scheduled = new AtomicBoolean();

        Route(InetSocketAddress address, Channel channel, PacketCarrier carrier, Consumer<InetSocketAddress> ended) {
            this.address = address;
            this.channel = channel;
            this.carrier = carrier;
            this.ended = ended;
        }

        @Override
        public InetSocketAddress address() {
            return address;
        }

        @Override
        public void arrived(byte[] packet) {
            if (packet.length > PathProfile.PACKET_BYTES_MAX || waitingCount.get() >= WAITING_MAX) {
                return;
            }
            waitingCount.incrementAndGet();
            waiting.add(packet);
            if (scheduled.compareAndSet(false, true)) {
                try {
                    channel.eventLoop().execute(this::deliver);
                } catch (RejectedExecutionException e) {
                    // The node is closing.
                    waiting.clear();
                }
            }
        }

        /** On the loop. */
        private void deliver() {
            scheduled.set(false);
            if (!channel.isActive() || routes.get(address) != this) {
                waiting.clear();
                return;
            }
            InetSocketAddress local = (InetSocketAddress) channel.localAddress();
            byte[] packet;
            while ((packet = waiting.poll()) != null) {
                waitingCount.decrementAndGet();
                // quiche reads from memory outside of the heap.
                ByteBuf content = channel.alloc().directBuffer(packet.length).writeBytes(packet);
                channel.pipeline().fireChannelRead(new DatagramPacket(content, local, address));
            }
            channel.pipeline().fireChannelReadComplete();
        }

        @Override
        public void close() {
            if (routes.remove(address, this)) {
                ended.accept(address);
            }
        }
    }
}
