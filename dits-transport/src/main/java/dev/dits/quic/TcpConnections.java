package dev.dits.quic;

import dev.dits.loop.EventLoops;
import dev.dits.path.PacketFrames;
import dev.dits.path.TcpPath;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TCP connections of one node, accepted and dialled: each carries one QUIC connection. Their packets enter the pipeline of the node's socket without having passed the
 * socket, and leave it before they would; so nothing behind it knows of TCP. All of it is on the node's one loop, and nothing is copied.
 *
 * <p>Those whose peer has not shown its certificate are limited as handshakes are ({@link HandshakeLimiter}): in a second and at once, in all and from one source, where
 * the oldest makes room for the next. So silent ones take a fixed number of places, and not those of the ones who come next.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
final class TcpConnections implements AutoCloseable {
    /** Accepted ones over which peers have shown their certificates; others find this node by UDP. */
    static final int ESTABLISHED_MAX = 512;

    /** {@link #ESTABLISHED_MAX} from one source. */
    static final int ESTABLISHED_PER_SOURCE_MAX = 128;

    private static final Duration BIND_TIME = Duration.ofSeconds(4);
    private static final Duration CLOSE_TIME = Duration.ofMillis(1_500);
    private static final Logger LOG = LoggerFactory.getLogger(TcpConnections.class);

    private final TcpPath path;
    private final EventLoopGroup group;
    private final TcpRoutes routes;
    private final PacketDemux demux;
    private final Channel socket;
    private final Set<Channel> open = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Channel listening;
    private boolean tried;
    private volatile boolean closed;

    /** On the loop. */
    private final HandshakeLimiter waiting;

    private final TcpQueues queues = new TcpQueues();
    private final Map<Object, Integer> establishedBySource = new HashMap<>();
    private int established;

    /**
     * @param path opens sockets
     * @param group of the socket's loop
     * @param routes to it
     * @param demux the socket's
     * @param socket the node's
     * @param nanoClock for the limits
     */
    TcpConnections(
            TcpPath path,
            EventLoopGroup group,
            TcpRoutes routes,
            PacketDemux demux,
            Channel socket,
            LongSupplier nanoClock) {
        this.path = path;
        this.group = group;
        this.routes = routes;
        this.demux = demux;
        this.socket = socket;
        this.waiting = new HandshakeLimiter(nanoClock);
    }

    TcpQueues queues() {
        return queues;
    }

    TcpRoutes routes() {
        return routes;
    }

    /** On the loop: a packet came over one of them. False if nobody takes it. */
    boolean arrived(DatagramPacket packet, boolean toServer) throws Exception {
        if (!socket.isActive()) {
            packet.release();
            return false;
        }
        return demux.read(packet, toServer);
    }

    /** Where the socket is, which is where their packets are to. */
    InetSocketAddress local() {
        return (InetSocketAddress) socket.localAddress();
    }

    /** On the loop: one of them has nothing more to read for now. */
    void passEnds() throws Exception {
        if (socket.isActive()) {
            demux.readComplete();
        }
    }

    // ---- accepting

    /**
     * Listens, from the first call on, if the port is free; if not, nobody comes this way. Blocks.
     *
     * @param at address and port of the node
     */
    void listen(InetSocketAddress at) {
        lock.lock();
        try {
            if (tried || closed) {
                return;
            }
            tried = true;
            ServerBootstrap bootstrap = new ServerBootstrap();
            path.configure(bootstrap);
            ChannelFuture bound = bootstrap
                    .group(group)
                    .childHandler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            accept(channel);
                        }
                    })
                    .bind(at);
            if (!EventLoops.await(bound, BIND_TIME)) {
                Thread.currentThread().interrupt();
            }
            if (bound.isSuccess()) {
                listening = bound.channel();
            } else {
                LOG.debug("no way by TCP to {}", at, bound.cause());
                bound.channel().close();
            }
        } catch (RejectedExecutionException e) {
            LOG.debug("this node is closing", e);
        } finally {
            lock.unlock();
        }
    }

    boolean isListening() {
        lock.lock();
        try {
            return listening != null;
        } finally {
            lock.unlock();
        }
    }

    private void accept(Channel channel) {
        InetSocketAddress remote = (InetSocketAddress) channel.remoteAddress();
        if (remote == null || closed || !waiting.admit(remote.getAddress())) {
            channel.close();
            return;
        }
        build(channel, new TcpCarrier(this, remote, waiting.begin(remote.getAddress(), channel::close)));
    }

    private void build(Channel channel, TcpCarrier carrier) {
        open.add(channel);
        channel.closeFuture().addListener(ended -> open.remove(channel));
        channel.pipeline().addLast(new PacketFrames(), carrier);
    }

    /** On the loop: a peer has shown its certificate. False if there are too many. */
    boolean begun(InetAddress peer) {
        Object source = HandshakeLimiter.sourceOf(peer);
        if (established >= ESTABLISHED_MAX
                || establishedBySource.getOrDefault(source, 0) >= ESTABLISHED_PER_SOURCE_MAX) {
            return false;
        }
        established++;
        establishedBySource.merge(source, 1, Integer::sum);
        return true;
    }

    /** On the loop: the connection with such a peer has ended. */
    void ended(InetAddress peer) {
        established--;
        establishedBySource.computeIfPresent(
                HandshakeLimiter.sourceOf(peer), (key, count) -> count == 1 ? null : count - 1);
    }

    // ---- dialling

    /**
     * Connects.
     *
     * @param remote where
     * @param local address of this machine to use; a wildcard for any
     * @param timeoutMillis at most
     * @param connected told of the connection, on the loop
     * @param failed told why there is none
     */
    void dial(
            InetSocketAddress remote,
            InetAddress local,
            int timeoutMillis,
            Consumer<TcpCarrier> connected,
            Consumer<Throwable> failed) {
        Bootstrap bootstrap = new Bootstrap();
        path.configure(bootstrap);
        bootstrap
                .group(group)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMillis)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        build(channel, new TcpCarrier(TcpConnections.this, remote, null));
                    }
                });
        ChannelFuture connecting = local.isAnyLocalAddress()
                ? bootstrap.connect(remote)
                : bootstrap.connect(remote, new InetSocketAddress(local, 0));
        connecting.addListener((Future<Void> done) -> {
            TcpCarrier carrier = connecting.channel().pipeline().get(TcpCarrier.class);
            if (!done.isSuccess()) {
                failed.accept(done.cause());
            } else if (closed || carrier == null) {
                connecting.channel().close();
                failed.accept(new IOException("this node is closed"));
            } else {
                connected.accept(carrier);
            }
        });
    }

    /** Connections that are open, for tests. */
    int count() {
        return open.size();
    }

    /** What waits to be sent, for tests. */
    long queuedBytes() {
        return group.next().submit(queues::totalBytes).syncUninterruptibly().getNow();
    }

    /** Accepts no more, lets those that end have their last word, and ends the others; waits for that, a second and a half at most. Idempotent. */
    @Override
    public void close() {
        Channel server;
        lock.lock();
        try {
            closed = true;
            server = listening;
            listening = null;
        } finally {
            lock.unlock();
        }
        boolean interrupted = server != null && !EventLoops.await(server.close(), CLOSE_TIME);
        long deadline = System.nanoTime() + CLOSE_TIME.toNanos();
        try {
            for (Channel channel : open) {
                channel.eventLoop().execute(() -> {
                    TcpCarrier carrier = channel.pipeline().get(TcpCarrier.class);
                    if (carrier != null) {
                        carrier.finish();
                    }
                });
            }
        } catch (RejectedExecutionException e) {
            LOG.debug("the loop has ended, and all connections with it", e);
        }
        for (Channel channel : open) {
            long left = Math.max(1, deadline - System.nanoTime());
            interrupted |= !EventLoops.await(channel.closeFuture(), Duration.ofNanos(left));
            channel.close();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
