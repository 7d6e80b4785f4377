package dev.dits.tracker;

import dev.dits.loop.EventLoops;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A tracker that runs inside this process: see {@code docs/tracker-api.md} for what it speaks.
 *
 * <p>Several may run in one process; they share nothing. Safe for use by several threads. Owns its sockets and threads, {@code dits-tracker-*}, until {@link #close}.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
public final class TrackerServer implements AutoCloseable {
    /** For all connections together to say that they end. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

    /** For a socket that listens. */
    private static final Duration CHANNEL_TIMEOUT = Duration.ofSeconds(4);

    private static final Duration TLS_TIMEOUT = Duration.ofSeconds(10);

    /** More than this do not make a relay faster, whose work is the system's. */
    private static final int THREADS_MAX = 4;

    private static final int STUN_RECEIVE_BYTES = 2_048;
    private static final int BACKLOG = 1_024;
    private static final Logger LOG = LoggerFactory.getLogger(TrackerServer.class);

    private final TrackerOptions options;
    private final Hub hub;
    private final Router router;
    private final @Nullable SslContext tls;
    private final EventLoops loops;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Channel channel;
    private final List<Channel> stun = new ArrayList<>();

    private TrackerServer(TrackerOptions options, Clocks clocks) throws IOException {
        this.options = options;
        this.hub = new Hub(options, clocks, new SecureRandom());
        this.router = new Router(hub);
        this.tls = tls(options.tls());
        boolean epoll = Epoll.isAvailable();
        this.loops = new EventLoops(
                "dits-tracker",
                Math.max(1, Math.min(Runtime.getRuntime().availableProcessors(), THREADS_MAX)),
                epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        boolean started = false;
        try {
            this.channel = listen(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class);
            for (int port : options.stunPorts()) {
                stun.add(listenStun(epoll, port));
            }
            hub.stunPorts(stunPorts());
            loops.group().next().scheduleWithFixedDelay(this::sweepQuietly, 1, 1, TimeUnit.SECONDS);
            started = true;
        } finally {
            if (!started && !loops.stop()) {
                Thread.currentThread().interrupt();
            }
        }
        LOG.info("A tracker listens on port {}", port());
    }

    /**
     * Starts a tracker.
     *
     * @param options where and how
     * @return the running tracker
     * @throws BindException if a port is in use, or the address is not one of this machine
     * @throws IOException if the certificate cannot be used, or a socket cannot be opened
     */
    public static TrackerServer start(TrackerOptions options) throws IOException {
        return start(options, Clocks.system());
    }

    static TrackerServer start(TrackerOptions options, Clocks clocks) throws IOException {
        return new TrackerServer(options, clocks);
    }

    private static @Nullable SslContext tls(@Nullable TrackerTls files) throws IOException {
        if (files == null) {
            return null;
        }
        try {
            return SslContextBuilder.forServer(
                            files.chain().toFile(), files.key().toFile())
                    .protocols("TLSv1.3", "TLSv1.2")
                    .build();
        } catch (IllegalArgumentException | IOException e) {
            throw new IOException(
                    "the certificate " + files.chain() + " with the key " + files.key()
                            + " cannot be used; both are PEM files, the key without a password",
                    e);
        }
    }

    private Channel listen(Class<? extends ServerChannel> type) throws IOException {
        return bound(
                new ServerBootstrap()
                        .group(loops.group())
                        .channel(type)
                        .option(ChannelOption.SO_BACKLOG, BACKLOG)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childOption(
                                ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(128 << 10, 256 << 10))
                        .childHandler(new ChannelInitializer<Channel>() {
                            @Override
                            protected void initChannel(Channel accepted) {
                                accept(accepted);
                            }
                        })
                        .bind(options.bind()),
                "TCP " + options.bind());
    }

    private static Channel bound(ChannelFuture bound, String what) throws IOException {
        try {
            bound.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while binding");
        }
        if (!bound.isSuccess()) {
            BindException failure = new BindException(
                    "cannot listen on " + what + ": " + bound.cause().getMessage());
            failure.initCause(bound.cause());
            throw failure;
        }
        return bound.channel();
    }

    private Channel listenStun(boolean epoll, int port) throws IOException {
        InetAddress address = options.bind().getAddress();
        // The wildcard takes both families on one socket.
        SocketProtocolFamily family =
                (address instanceof Inet4Address && !address.isAnyLocalAddress()) || NetUtil.isIpV4StackPreferred()
                        ? SocketProtocolFamily.INET
                        : SocketProtocolFamily.INET6;
        InetSocketAddress bind = new InetSocketAddress(address, port);
        return bound(
                new Bootstrap()
                        .group(loops.group())
                        .channelFactory(
                                epoll ? () -> new EpollDatagramChannel(family) : () -> new NioDatagramChannel(family))
                        .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(STUN_RECEIVE_BYTES))
                        .handler(new StunHandler(hub))
                        .bind(bind),
                "UDP " + bind);
    }

    private void accept(Channel accepted) {
        InetAddress remote = ((InetSocketAddress) accepted.remoteAddress()).getAddress();
        // All clients of a proxy come from it.
        Source source = options.trustedProxies().contains(remote) ? null : Source.of(remote);
        if (closed.get() || !hub.connect(source)) {
            accepted.close();
            return;
        }
        accepted.closeFuture().addListener(done -> {
            hub.watch(accepted, null);
            hub.disconnect(source);
        });
        ChannelPipeline pipeline = accepted.pipeline();
        if (tls != null) {
            SslHandler handler = tls.newHandler(accepted.alloc());
            handler.setHandshakeTimeoutMillis(TLS_TIMEOUT.toMillis());
            pipeline.addLast(handler);
        }
        pipeline.addLast(new HttpServerCodec(new HttpDecoderConfig()
                .setMaxInitialLineLength(HttpConnection.LINE_CHARS_MAX)
                .setMaxHeaderSize(HttpConnection.HEADER_CHARS_MAX)));
        HttpConnection connection = new HttpConnection(hub, router, accepted);
        pipeline.addLast(connection);
        hub.watch(accepted, connection);
    }

    private void sweepQuietly() {
        try {
            sweep();
        } catch (RuntimeException e) {
            // One that throws would be the last.
            LOG.warn("Looking for what is over failed", e);
        }
    }

    /** Ends what is over by the clock. */
    void sweep() {
        hub.sweep();
    }

    Hub hub() {
        return hub;
    }

    /**
     * Where it listens.
     *
     * @return address and TCP port
     */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /**
     * The port it listens on.
     *
     * @return 1 to 65535
     */
    public int port() {
        return address().getPort();
    }

    /**
     * The UDP ports that answer STUN.
     *
     * @return ports, in the order of the options
     */
    public List<Integer> stunPorts() {
        return stun.stream()
                .map(one -> ((InetSocketAddress) one.localAddress()).getPort())
                .toList();
    }

    /** Ends all connections, and frees ports and threads. Idempotent. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        boolean interrupted = Thread.interrupted();
        try {
            interrupted |= !EventLoops.await(channel.close(), CHANNEL_TIMEOUT);
            for (Channel one : stun) {
                interrupted |= !EventLoops.await(one.close(), CHANNEL_TIMEOUT);
            }
            long begun = System.nanoTime();
            for (Channel one : hub.shutDown()) {
                long leftNanos = CLOSE_TIMEOUT.toNanos() - (System.nanoTime() - begun);
                if (interrupted || leftNanos <= 0) {
                    break;
                }
                interrupted = !EventLoops.await(one.closeFuture(), Duration.ofNanos(leftNanos));
            }
            interrupted |= !loops.stop();
        } finally {
            hub.close();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
