package dev.dits.quic;

import dev.dits.error.PortInUseException;
import dev.dits.loop.EventLoops;
import dev.dits.net.CarriedAddress;
import dev.dits.net.CloseReason;
import dev.dits.net.Connection;
import dev.dits.net.ConnectionLostException;
import dev.dits.net.Endpoint;
import dev.dits.net.LocalNetwork;
import dev.dits.net.PacketCarrier;
import dev.dits.net.PacketRoute;
import dev.dits.net.Way;
import dev.dits.path.DatagramPath;
import dev.dits.path.PathProfile;
import dev.dits.path.TcpPath;
import dev.dits.path.UdpPath;
import dev.dits.path.UdpProbe;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.quic.Quic;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicChannelOption;
import io.netty.handler.codec.quic.QuicClientCodecBuilder;
import io.netty.handler.codec.quic.QuicClosedChannelException;
import io.netty.handler.codec.quic.QuicCodecBuilder;
import io.netty.handler.codec.quic.QuicCongestionControlAlgorithm;
import io.netty.handler.codec.quic.QuicServerCodecBuilder;
import io.netty.handler.codec.quic.QuicSslContext;
import io.netty.handler.codec.quic.QuicSslContextBuilder;
import io.netty.handler.codec.quic.QuicSslEngine;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One datagram socket that accepts and dials QUIC connections, the TCP port of its number that carries the same packets, and the event loop behind both.
 *
 * <p>Every connection is TLS 1.3 with a self-signed P-256 certificate at both ends, ALPN {@value #PROTOCOL}, without
 * session resumption or early data, and behind a Retry that proves the client's address before the server keeps
 * anything of it.
 *
 * <p>Safe for use by any number of threads. {@link #close} ends every connection, the socket and the thread.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
public final class QuicNode implements Endpoint {

    /** ALPN (RFC 7301) of the protocol in {@code docs/wire.md}. */
    public static final String PROTOCOL = "dits/1";

    /** Streams that one end may have open at the other. */
    public static final int STREAMS_MAX = 1_024;

    /** What a peer may send on a connection before it is read; QUIC raises it up to 24 MiB on fast paths. */
    public static final int CONNECTION_WINDOW_BYTES = 16 << 20;

    /** What a peer may send on a stream that this end opened, before it is read: the answer to a request. */
    public static final int STREAM_WINDOW_BYTES = 8 << 20;

    /** What a peer may send on a stream that it opened, before it is read: requests are small. */
    public static final int REQUEST_WINDOW_BYTES = 256 << 10;

    /** {@link #CONNECTION_WINDOW_BYTES} at the end that accepted the connection, to which little is sent but by a push. */
    public static final int ACCEPTED_WINDOW_BYTES = 4 << 20;

    /** An accepted connection that has not shown its certificate by then is dropped. */
    static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);

    /** Application error code of a node that goes away, {@code docs/wire.md} section 3. */
    static final int SHUTTING_DOWN = 0x04;

    /** Of a connection whose {@link #route} has ended; the session goes on. */
    private static final int ROUTE_ENDED = 0x05;

    /** For each connection to tell its peer, and for the socket. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(4);

    private static final int SERVER_NAME_LENGTH_MAX = 253;
    private static final AttributeKey<QuicSslEngine> ENGINE = AttributeKey.valueOf(QuicNode.class, "engine");
    private static final Logger LOG = LoggerFactory.getLogger(QuicNode.class);

    private final QuicOptions options;
    private final Executor callbacks;
    private final EventLoops loops;
    private final ConnectionIds ids = new ConnectionIds();
    private final Map<String, Registration> registrations = new ConcurrentHashMap<>();
    private final Set<QuicConnection> connections = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final WriteBudget writeBudget = new WriteBudget();
    private final CarriedRoutes routes = new CarriedRoutes();
    private final TcpRoutes tcpRoutes = new TcpRoutes();
    private final RetryTokens tokens;
    private final RawPackets raw;
    private final SpareSockets spares;
    private final PacketDemux demux;
    private final Channel channel;

    /** Null where the path knows no TCP, or it is not wanted. */
    private final @Nullable TcpConnections tcp;

    /** On the loop. */
    private final HandshakeLimiter handshakes = new HandshakeLimiter(System::nanoTime);

    private QuicNode(QuicOptions options, Executor callbacks) throws IOException {
        this.options = options;
        this.callbacks = callbacks;
        this.raw = new RawPackets(callbacks);
        this.tokens = new RetryTokens(options.clock(), RetryTokens.newKey(), this::admit);
        this.loops = new EventLoops("dits-net", 1, options.path().ioHandlerFactory());
        this.spares = new SpareSockets(options.path(), loops.group(), callbacks, this::isConnectedTo);
        this.demux = new PacketDemux(
                this::profile,
                routes,
                tcpRoutes,
                spares,
                new ServerPackets(ids, tokens::isGenuine, System::nanoTime),
                raw);
        boolean bound = false;
        try {
            this.channel = open();
            bound = true;
        } finally {
            if (!bound && !loops.stop()) {
                Thread.currentThread().interrupt();
            }
        }
        TcpPath path = options.tcp() ? options.path().tcp() : null;
        this.tcp = path == null
                ? null
                : new TcpConnections(path, loops.group(), tcpRoutes, demux, channel, System::nanoTime);
    }

    /**
     * Opens a node.
     *
     * @param options where and how
     * @param callbacks runs everything that is handed out: accepted connections, streams, dependents of
     *     {@link QuicConnection#closed}. It may block; it is the caller's to shut down, after the node.
     * @throws PortInUseException if another socket holds the port
     * @throws BindException if the address is not one of this machine
     * @throws IOException if this platform has no native QUIC, or the socket cannot be opened
     */
    public static QuicNode bind(QuicOptions options, Executor callbacks) throws IOException {
        if (!Quic.isAvailable()) {
            throw new IOException(
                    "there is no native QUIC library for " + System.getProperty("os.name") + " on "
                            + System.getProperty("os.arch"),
                    Quic.unavailabilityCause());
        }
        return new QuicNode(options, callbacks);
    }

    private Channel open() throws IOException {
        Bootstrap bootstrap = new Bootstrap();
        options.path().configure(bootstrap, options.bind());
        bootstrap.group(loops.group()).handler(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel socket) {
                ChannelPipeline pipeline = socket.pipeline();
                pipeline.addLast(demux);
                QuicSslContext serverContext = serverContext();
                for (PathProfile profile : profiles()) {
                    demux.addServer(pipeline, profile, serverCodec(profile, serverContext));
                }
                for (PathProfile profile : profiles()) {
                    demux.addClient(pipeline, profile, clientCodec(profile));
                }
                pipeline.addLast(demux.dialler());
            }
        });
        Future<Void> result = bootstrap.bind(options.bind());
        try {
            result.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while binding");
        }
        Throwable cause = result.cause();
        if (cause == null) {
            return ((io.netty.channel.ChannelFuture) result).channel();
        }
        if (String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT).contains("already in use")) {
            throw new PortInUseException(
                    options.bind().getAddress().getHostAddress(), options.bind().getPort(), cause);
        }
        BindException failure = new BindException("cannot bind UDP " + options.bind() + ": " + cause.getMessage());
        failure.initCause(cause);
        throw failure;
    }

    private PathProfile profile(InetSocketAddress remote) {
        if (CarriedAddress.is(remote)) {
            return CarriedRoutes.PROFILE;
        }
        return TcpRoutes.has(remote) ? TcpPath.PROFILE : options.path().profile(remote);
    }

    private List<PathProfile> profiles() {
        List<PathProfile> all = new ArrayList<>(options.path().profiles());
        all.add(CarriedRoutes.PROFILE);
        if (options.tcp() && options.path().tcp() != null) {
            all.add(TcpPath.PROFILE);
        }
        return all;
    }

    private <B extends QuicCodecBuilder<B>> B common(B builder, PathProfile profile, int windowBytes) {
        return builder.maxIdleTimeout(options.idleTimeout().toMillis(), TimeUnit.MILLISECONDS)
                .maxSendUdpPayloadSize(profile.packetBytes())
                .maxRecvUdpPayloadSize(PathProfile.PACKET_BYTES_MAX)
                .initialMaxData(windowBytes)
                .initialMaxStreamDataBidirectionalLocal(Math.min(windowBytes, STREAM_WINDOW_BYTES))
                .initialMaxStreamDataBidirectionalRemote(REQUEST_WINDOW_BYTES)
                .initialMaxStreamsBidirectional(STREAMS_MAX)
                .initialMaxStreamsUnidirectional(0)
                .localConnectionIdLength(ConnectionIds.BYTES)
                .activeMigration(true)
                .congestionControlAlgorithm(
                        switch (profile.congestion()) {
                            case CUBIC -> QuicCongestionControlAlgorithm.CUBIC;
                            case BBR -> QuicCongestionControlAlgorithm.BBR;
                        });
    }

    private io.netty.channel.ChannelHandler serverCodec(PathProfile profile, QuicSslContext context) {
        return common(new QuicServerCodecBuilder(), profile, ACCEPTED_WINDOW_BYTES)
                .sslEngineProvider(quic -> context.newEngine(quic.alloc()))
                .connectionIdAddressGenerator(ids)
                .tokenHandler(tokens)
                .option(QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR, Segmentation.of(profile.segmentsMax()))
                .handler(new ChannelInitializer<QuicChannel>() {
                    @Override
                    protected void initChannel(QuicChannel quic) {
                        accept(quic, profile);
                    }
                })
                .streamHandler(new PeerStreamInitializer())
                .build();
    }

    private io.netty.channel.ChannelHandler clientCodec(PathProfile profile) {
        return common(new QuicClientCodecBuilder(), profile, CONNECTION_WINDOW_BYTES)
                .sslEngineProvider(quic -> quic.attr(ENGINE).getAndSet(null))
                .build();
    }

    /** Gives every stream that a peer opens to its connection. */
    @io.netty.channel.ChannelHandler.Sharable
    private static final class PeerStreamInitializer extends ChannelInitializer<QuicStreamChannel> {
        @Override
        protected void initChannel(QuicStreamChannel stream) {
            ConnectionHandler handler = stream.parent().pipeline().get(ConnectionHandler.class);
            QuicConnection connection = handler == null ? null : handler.connection();
            if (connection == null) {
                stream.close();
            } else {
                connection.arrived(QuicStream.attach(connection, stream));
            }
        }
    }

    // ---- accepting

    /** Has no key of its own: a certificate is chosen by the server name, or there is none. */
    private QuicSslContext serverContext() {
        return QuicSslContextBuilder.forServer(LeafKeyManager.NONE, null)
                .sni(name -> {
                    Registration registration = name == null ? null : registrations.get(name);
                    return registration == null ? null : registration.context;
                })
                .clientAuth(ClientAuth.REQUIRE)
                .trustManager(new LeafTrustManager(null))
                .applicationProtocols(PROTOCOL)
                .earlyData(false)
                .build();
    }

    private final class Registration implements Closeable {
        private final String serverName;
        private final QuicSslContext context;
        private final byte[] fingerprint;
        private final Consumer<Connection> accepted;

        Registration(String serverName, QuicSslContext context, byte[] fingerprint, Consumer<Connection> accepted) {
            this.serverName = serverName;
            this.context = context;
            this.fingerprint = fingerprint;
            this.accepted = accepted;
        }

        @Override
        public void close() {
            registrations.remove(serverName, this);
        }
    }

    /**
     * Accepts connections for a certificate from now on.
     *
     * @param serverName what clients ask for (SNI): lower-case letters, digits, hyphens and at least one dot, at most 253
     *     characters; an opaque tag such as {@code t-0123456789abcdef.dits}. Clients that ask for a name that is not
     *     registered are turned away in the handshake.
     * @param key of the certificate
     * @param certificate self-signed, P-256
     * @param accepted owns each connection it gets; called on the node's executor
     * @return closing it ends accepting; connections that were accepted stay
     * @throws IllegalArgumentException if the name is malformed
     * @throws IllegalStateException if the name is registered already
     * @throws IOException if the key or certificate cannot be used, or the node is closed
     */
    @Override
    public Closeable register(
            String serverName, PrivateKey key, X509Certificate certificate, Consumer<Connection> accepted)
            throws IOException {
        checkServerName(serverName);
        checkOpen();
        QuicSslContext context = QuicSslContextBuilder.forServer(new LeafKeyManager(key, certificate), null)
                .clientAuth(ClientAuth.REQUIRE)
                .trustManager(new LeafTrustManager(null))
                .applicationProtocols(PROTOCOL)
                .earlyData(false)
                .build();
        Registration registration = new Registration(serverName, context, fingerprint(certificate), accepted);
        if (registrations.putIfAbsent(serverName, registration) != null) {
            throw new IllegalStateException("the server name is registered already: " + serverName);
        }
        if (tcp != null) {
            tcp.listen(localAddress());
        }
        return registration;
    }

    private static void checkServerName(String name) {
        if (name.length() > SERVER_NAME_LENGTH_MAX || !name.matches("[a-z0-9-]+(\\.[a-z0-9-]+)+")) {
            throw new IllegalArgumentException("not a server name: " + name);
        }
    }

    private static byte[] fingerprint(X509Certificate certificate) throws IOException {
        try {
            return Fingerprints.of(certificate);
        } catch (CertificateEncodingException e) {
            throw new IOException("the certificate cannot be encoded", e);
        }
    }

    /** On the loop: may a client whose address is valid begin a handshake? */
    private boolean admit(InetSocketAddress source) {
        TcpCarrier carrier = tcpRoutes.get(source);
        InetAddress host = (carrier == null ? source : carrier.remote()).getAddress();
        return !registrations.isEmpty() && handshakes.admit(host);
    }

    /** On the loop: a handshake begins. */
    private void accept(QuicChannel quic, PathProfile profile) {
        InetSocketAddress seen = (InetSocketAddress) quic.remoteSocketAddress();
        TcpCarrier carrier = seen == null ? null : tcpRoutes.get(seen);
        if (seen == null || (carrier == null ? TcpRoutes.has(seen) : !carrier.begins(quic))) {
            quic.close();
            return;
        }
        InetSocketAddress source = carrier == null ? seen : carrier.remote();
        HandshakeLimiter.Slot slot = handshakes.begin(source.getAddress(), quic::close);
        quic.pipeline().addLast(new ConnectionHandler(new ConnectionHandler.Listener() {
            private @Nullable QuicConnection connection;

            @Override
            public @Nullable QuicConnection established(
                    QuicChannel established, X509Certificate peer, @Nullable String serverName) throws Exception {
                slot.free();
                Registration registration = serverName == null ? null : registrations.get(serverName);
                if (registration == null || closed.get()) {
                    return null;
                }
                if (carrier != null && !carrier.established()) {
                    LOG.debug("too many connections by TCP");
                    return null;
                }
                QuicConnection created = new QuicConnection(
                        established,
                        demux,
                        writeBudget,
                        callbacks,
                        registration.serverName,
                        registration.fingerprint,
                        Fingerprints.of(peer),
                        source,
                        way(source, carrier),
                        profile.packetBytes());
                connection = created;
                connections.add(created);
                preferBbr(carrier);
                hand(registration, created);
                return created;
            }

            @Override
            public void ended(@Nullable InetSocketAddress remote) {
                slot.free();
                if (connection != null) {
                    connections.remove(connection);
                }
                unused(source, carrier);
            }
        }));
        quic.eventLoop()
                .schedule(
                        () -> {
                            if (slot.isHeld()) {
                                quic.close();
                            }
                        },
                        HANDSHAKE_TIMEOUT.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    private static Way way(InetSocketAddress remote, @Nullable TcpCarrier carrier) {
        return carrier != null ? Way.TCP : CarriedAddress.is(remote) ? Way.RELAY : Way.UDP;
    }

    /** The system decides how fast a TCP connection is; on a local network it does well by itself. */
    private void preferBbr(@Nullable TcpCarrier carrier) {
        InetAddress host = carrier == null ? null : carrier.remote().getAddress();
        if (carrier == null || host == null || host.isLoopbackAddress()) {
            return;
        }
        try {
            callbacks.execute(() -> {
                if (!LocalNetwork.has(host)) {
                    carrier.preferBbr();
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("this node is closing");
        }
    }

    private void hand(Registration registration, QuicConnection connection) {
        try {
            callbacks.execute(() -> {
                try {
                    registration.accepted.accept(connection);
                } catch (RuntimeException e) {
                    connection.close(0, "");
                    throw e;
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("no worker for an accepted connection");
            connection.close(SHUTTING_DOWN, "shutting down");
        }
    }

    // ---- dialling

    /**
     * Dials a peer.
     *
     * <p>The connection exists before the server has looked at our certificate; a refusal ends it a round trip later.
     *
     * @param remote where
     * @param serverName which of the certificates there (SNI), see {@link #register}
     * @param key of our certificate
     * @param certificate ours, self-signed, P-256
     * @param pinnedFingerprint SHA-256 of the only certificate to accept, or null for any
     * @param timeout for the whole handshake, at least a millisecond
     * @throws PeerCertificateException if the peer's certificate is not acceptable or not the pinned one
     * @throws SocketTimeoutException if nobody answered in time
     * @throws ConnectionLostException if the peer refused
     * @throws InterruptedIOException if the thread was interrupted; its interrupt flag stays set
     */
    @Override
    public QuicConnection connect(
            InetSocketAddress remote,
            String serverName,
            PrivateKey key,
            X509Certificate certificate,
            byte @Nullable [] pinnedFingerprint,
            Duration timeout)
            throws IOException {
        Dial dial = dialTo(remote, serverName, key, certificate, pinnedFingerprint, timeout);
        try {
            channel.eventLoop().execute(() -> dial.over(null, dial.timeoutMillis));
        } catch (RejectedExecutionException e) {
            throw new IOException("this node is closed");
        }
        return dial.await();
    }

    @Override
    public boolean hasTcp() {
        return tcp != null;
    }

    @Override
    public QuicConnection connectByTcp(
            InetSocketAddress remote,
            String serverName,
            PrivateKey key,
            X509Certificate certificate,
            byte @Nullable [] pinnedFingerprint,
            Duration timeout)
            throws IOException {
        if (tcp == null || CarriedAddress.is(remote)) {
            throw new IOException("there is no way by TCP");
        }
        Dial dial = dialTo(remote, serverName, key, certificate, pinnedFingerprint, timeout);
        long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(dial.timeoutMillis);
        try {
            tcp.dial(
                    remote,
                    localAddress().getAddress(),
                    dial.timeoutMillis,
                    connected -> {
                        long left = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
                        dial.over(connected, (int) Math.max(1, left));
                    },
                    dial.result::completeExceptionally);
        } catch (RejectedExecutionException e) {
            throw new IOException("this node is closed");
        }
        return dial.await();
    }

    private Dial dialTo(
            InetSocketAddress remote,
            String serverName,
            PrivateKey key,
            X509Certificate certificate,
            byte @Nullable [] pinnedFingerprint,
            Duration timeout)
            throws IOException {
        checkServerName(serverName);
        checkOpen();
        if (remote.isUnresolved()) {
            throw new IllegalArgumentException("the address is not resolved: " + remote.getHostString());
        }
        if (TcpRoutes.has(remote)) {
            throw new IOException("packets to " + remote.getHostString() + " are discarded everywhere (RFC 6666)");
        }
        if (pinnedFingerprint != null && pinnedFingerprint.length != Fingerprints.BYTES) {
            throw new IllegalArgumentException("a fingerprint has " + Fingerprints.BYTES + " bytes");
        }
        int timeoutMillis = (int) Math.min(Integer.MAX_VALUE, Math.max(1, timeout.toMillis()));
        LeafTrustManager trust = new LeafTrustManager(pinnedFingerprint);
        // A context of its own, so that there is no session to resume.
        QuicSslContext context = QuicSslContextBuilder.forClient()
                .keyManager(new LeafKeyManager(key, certificate), null)
                .trustManager(trust)
                .applicationProtocols(PROTOCOL)
                .earlyData(false)
                .build();
        return new Dial(remote, serverName, fingerprint(certificate), context, trust, timeoutMillis);
    }

    @Override
    public String diagnose(InetSocketAddress remote, Duration timeout) throws IOException {
        if (CarriedAddress.is(remote)) {
            return "the relay carries packets there, and none came back";
        }
        if (!(options.path() instanceof UdpPath)) {
            return "no answer";
        }
        UdpProbe.Result result =
                UdpProbe.probe(localAddress().getAddress(), remote, timeout, ThreadLocalRandom.current());
        return switch (result) {
            case ANSWERED -> "a QUIC server answers there, but does not take this connection";
            case REFUSED ->
                "that machine says that nothing listens on this UDP port; is the share running, and the port right?";
            case NO_ROUTE -> "there is no route to this address from here; check the network";
            case NOT_PERMITTED -> "this machine's own firewall does not let UDP out to it; allow it there";
            case SILENT ->
                "no answer to UDP, " + UdpProbe.PACKETS
                        + " probes among it; the machine is off, the address wrong, or a firewall drops UDP on the way";
        };
    }

    private final class Dial implements ConnectionHandler.Listener {
        private final InetSocketAddress remote;
        private final String serverName;
        private final byte[] fingerprint;
        private final QuicSslContext context;
        private final LeafTrustManager trust;
        private final int timeoutMillis;
        private final CompletableFuture<QuicConnection> result = new CompletableFuture<>();
        private final ConnectionHandler handler = new ConnectionHandler(this);

        /** On the loop, as what follows. */
        private @Nullable TcpCarrier carrier;

        private int packetBytes;
        private @Nullable QuicConnection connection;

        Dial(
                InetSocketAddress remote,
                String serverName,
                byte[] fingerprint,
                QuicSslContext context,
                LeafTrustManager trust,
                int timeoutMillis) {
            this.remote = remote;
            this.serverName = serverName;
            this.fingerprint = fingerprint;
            this.context = context;
            this.trust = trust;
            this.timeoutMillis = timeoutMillis;
        }

        /** On the loop. */
        void over(@Nullable TcpCarrier over, int millis) {
            carrier = over;
            InetSocketAddress to = over == null ? remote : over.route();
            PathProfile path = profile(to);
            packetBytes = path.packetBytes();
            if (closed.get() || result.isDone()) {
                result.completeExceptionally(new IOException("this node is closed"));
                unused(remote, carrier);
                return;
            }
            QuicSslEngine engine = context.newEngine(channel.alloc(), serverName, remote.getPort());
            demux.dial(
                    path,
                    () -> QuicChannel.newBootstrap(channel)
                            .remoteAddress(to)
                            .localConnectionAddress(ids.forClient())
                            .remoteConnectionAddress(ids.forUnknownServer())
                            .attr(ENGINE, engine)
                            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis)
                            .option(
                                    QuicChannelOption.SEGMENTED_DATAGRAM_PACKET_ALLOCATOR,
                                    Segmentation.of(path.segmentsMax()))
                            .handler(handler)
                            .streamHandler(new PeerStreamInitializer())
                            .connect()
                            .addListener((Future<QuicChannel> f) -> {
                                if (!f.isSuccess()) {
                                    result.completeExceptionally(f.cause());
                                    unused(remote, over);
                                }
                            }));
        }

        @Override
        public void begun(QuicChannel quic) {
            if (carrier != null && !carrier.begins(quic)) {
                quic.close();
            }
        }

        @Override
        public QuicConnection established(QuicChannel quic, X509Certificate peer, @Nullable String name)
                throws Exception {
            QuicConnection created = new QuicConnection(
                    quic,
                    demux,
                    writeBudget,
                    callbacks,
                    serverName,
                    fingerprint,
                    Fingerprints.of(peer),
                    remote,
                    way(remote, carrier),
                    packetBytes);
            connection = created;
            connections.add(created);
            if (carrier != null && carrier.established()) {
                preferBbr(carrier);
            }
            if (!result.complete(created)) {
                created.close(0, "");
            }
            return created;
        }

        @Override
        public void ended(@Nullable InetSocketAddress address) {
            if (connection != null) {
                connections.remove(connection);
            }
            unused(remote, carrier);
            result.completeExceptionally(new IOException("the connection closed during its handshake"));
        }

        QuicConnection await() throws IOException {
            try {
                return result.get();
            } catch (InterruptedException e) {
                if (!result.cancel(false)) {
                    result.thenAccept(QuicConnection::close);
                }
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while dialling");
            } catch (ExecutionException e) {
                throw explain(e.getCause());
            }
        }

        private IOException explain(@Nullable Throwable cause) {
            CertificateException refusal = trust.refusal();
            CloseReason reason = handler.reason();
            if (refusal != null) {
                return new PeerCertificateException(String.valueOf(refusal.getMessage()), refusal);
            }
            if (cause instanceof ConnectTimeoutException) {
                SocketTimeoutException timeout = new SocketTimeoutException("no answer for " + timeoutMillis + " ms");
                timeout.initCause(cause);
                return timeout;
            }
            if (reason != null) {
                return new ConnectionLostException(reason);
            }
            if (cause instanceof QuicClosedChannelException closure && closure.event() != null) {
                return new ConnectionLostException(ConnectionHandler.reasonOf(closure.event()));
            }
            return cause instanceof IOException io ? io : new IOException("the handshake failed", cause);
        }
    }

    // ---- beside QUIC

    @Override
    public void probe(InetSocketAddress remote, byte[] token) {
        raw.probe(channel, remote, token);
    }

    @Override
    public Closeable onProbe(byte[] token, Consumer<InetSocketAddress> from) {
        return raw.onProbe(token, from);
    }

    @Override
    public InetSocketAddress observedBy(InetSocketAddress server, Duration timeout) throws IOException {
        checkOpen();
        return raw.observedBy(channel, server, timeout, ThreadLocalRandom.current());
    }

    @Override
    public Closeable spread(
            InetSocketAddress remote, byte[] token, byte[] expected, int sockets, Consumer<InetSocketAddress> through)
            throws IOException {
        checkOpen();
        if (isConnectedTo(remote)) {
            throw new IOException("this peer is reached already");
        }
        return spares.open(channel, remote, token, expected, sockets, through);
    }

    /** By datagrams. */
    private boolean isConnectedTo(InetSocketAddress peer) {
        return connections.stream()
                .anyMatch(connection -> connection.way() != Way.TCP
                        && connection.remoteAddress().equals(peer));
    }

    // ---- peers that the socket does not reach

    @Override
    public PacketRoute route(int source, PacketCarrier carrier) throws IOException {
        checkOpen();
        return routes.add(channel, source, carrier, this::routeEnded);
    }

    /** On the loop: tells whoever carries packets to a peer that there is nothing to carry any more. */
    private void unused(InetSocketAddress peer, @Nullable TcpCarrier carrier) {
        if (carrier != null) {
            carrier.finish();
        } else if (!isConnectedTo(peer)) {
            if (CarriedAddress.is(peer)) {
                routes.unused(peer);
            } else {
                spares.unused(peer);
            }
        }
    }

    /** Nothing more can come this way: waiting for the idle time-out would only keep the peer's requests waiting. */
    private void routeEnded(InetSocketAddress address) {
        for (QuicConnection connection : connections) {
            if (connection.remoteAddress().equals(address)) {
                connection.close(ROUTE_ENDED, "the way to the peer has ended");
            }
        }
    }

    // ---- the socket

    /** Where the node is bound; the port is the real one where 0 was asked for. */
    @Override
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** The path that carries this node's packets. */
    DatagramPath path() {
        return options.path();
    }

    private void checkOpen() throws IOException {
        if (closed.get()) {
            throw new IOException("this node is closed");
        }
    }

    /** What writers of this node are ahead of QUIC at the moment. */
    long aheadBytes() {
        return writeBudget.takenBytes();
    }

    /** The TCP connections of this node; null where there can be none. */
    @Nullable
    TcpConnections tcp() {
        return tcp;
    }

    /** Sources whose handshakes are counted, for tests. */
    int handshakeSources() {
        return channel.eventLoop()
                .submit(handshakes::sourcesRemembered)
                .syncUninterruptibly()
                .getNow();
    }

    /** Connections that are established and not yet ended. */
    int connectionCount() {
        return connections.size();
    }

    /**
     * Tells every peer, closes the socket and stops the thread; waits for that, a few seconds at most. Idempotent. Must
     * not be called on the node's own thread, on which no callback ever runs.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        registrations.clear();
        boolean interrupted = Thread.interrupted();
        try {
            List<Future<?>> closing = new ArrayList<>();
            for (QuicConnection connection : connections) {
                closing.add(connection.startClose(SHUTTING_DOWN, "shutting down"));
            }
            for (Future<?> one : closing) {
                interrupted |= !EventLoops.await(one, CLOSE_TIMEOUT);
            }
            if (tcp != null) {
                tcp.close();
                interrupted |= Thread.interrupted();
            }
            interrupted |= !EventLoops.await(channel.close(), CLOSE_TIMEOUT);
            interrupted |= !loops.stop();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
