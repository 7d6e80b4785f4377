package dev.dits.path;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One endpoint of a {@link SimulatedNetwork}: a datagram channel without a socket. */
@SuppressWarnings("FutureReturnValueIgnored") // Netty reports failures to the pipeline.
final class SimulatedChannel extends AbstractChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(true);

    private final SimulatedNetwork network;
    private final ChannelConfig config = new DefaultChannelConfig(this);
    private final Queue<Arrival> arrivals = new ConcurrentLinkedQueue<>();
    private final Queue<Arrival> inbox = new ArrayDeque<>();
    private volatile @Nullable InetSocketAddress local;
    private volatile boolean open = true;
    private boolean readPending;

    SimulatedChannel(SimulatedNetwork network) {
        super(null);
        this.network = network;
    }

    private record Arrival(InetSocketAddress from, InetSocketAddress to, ByteBuf payload) {}

    /** Called by the network on the sender's thread. */
    void arrive(InetSocketAddress from, InetSocketAddress to, byte[] payload, long delayNanos) {
        // Heap memory without an owner: an arrival that never happens leaks nothing.
        Arrival arrival = new Arrival(from, to, Unpooled.wrappedBuffer(payload));
        EventLoop loop = eventLoop();
        if (loop.isShuttingDown()) {
            return;
        }
        if (delayNanos <= 0) {
            arrivals.add(arrival);
            loop.execute(this::collect);
        } else {
            loop.schedule(
                    () -> {
                        arrivals.add(arrival);
                        collect();
                    },
                    delayNanos,
                    TimeUnit.NANOSECONDS);
        }
    }

    private void collect() {
        Arrival arrival;
        while ((arrival = arrivals.poll()) != null) {
            if (open && network.admit(arrival.from(), arrival.to())) {
                inbox.add(arrival);
            }
        }
        if (readPending) {
            deliver();
        }
    }

    private void deliver() {
        if (inbox.isEmpty()) {
            return;
        }
        readPending = false;
        Arrival arrival;
        while ((arrival = inbox.poll()) != null) {
            ByteBuf payload = arrival.payload();
            ByteBuf content =
                    alloc().directBuffer(payload.readableBytes()).writeBytes(payload, 0, payload.readableBytes());
            pipeline().fireChannelRead(new DatagramPacket(content, arrival.to(), arrival.from()));
        }
        pipeline().fireChannelReadComplete();
        if (config.isAutoRead()) {
            read();
        }
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer out) {
        InetSocketAddress from = local;
        Object message;
        while ((message = out.current()) != null) {
            DatagramPacket packet = (DatagramPacket) message;
            if (from != null && packet.content().isReadable()) {
                network.send(
                        from,
                        packet.recipient(),
                        ByteBufUtil.getBytes(packet.content()),
                        eventLoop().ticker().nanoTime());
            }
            out.remove();
        }
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof DatagramPacket) {
            return message;
        }
        throw new UnsupportedOperationException("only datagrams travel here");
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new SimulatedUnsafe();
    }

    private final class SimulatedUnsafe extends AbstractUnsafe {
        @Override
        public void connect(SocketAddress remote, @Nullable SocketAddress from, ChannelPromise promise) {
            promise.setFailure(new UnsupportedOperationException("a simulated endpoint talks to everyone"));
        }
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return true;
    }

    @Override
    protected @Nullable SocketAddress localAddress0() {
        return local;
    }

    @Override
    protected @Nullable SocketAddress remoteAddress0() {
        return null;
    }

    @Override
    protected void doBind(SocketAddress address) throws Exception {
        local = network.bind(this, (InetSocketAddress) address);
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doClose() {
        open = false;
        inbox.clear();
        InetSocketAddress address = local;
        if (address != null) {
            network.unbind(address, this);
        }
    }

    @Override
    protected void doBeginRead() {
        readPending = true;
        if (!inbox.isEmpty()) {
            eventLoop().execute(this::deliver);
        }
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public boolean isActive() {
        return open && local != null;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }
}
