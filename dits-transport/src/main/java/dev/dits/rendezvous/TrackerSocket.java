package dev.dits.rendezvous;

import dev.dits.error.ProtocolException;
import dev.dits.json.Json;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientHandshakeException;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketVersion;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** A WebSocket (RFC 6455) to a tracker. Its listener is called on the event loop, and must not block. Safe for use by several threads. */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
final class TrackerSocket {
    /** The longest text message of the protocol. */
    private static final int TEXT_BYTES_MAX = 4_096;

    private static final int MESSAGE_BYTES_MAX = 65_535;
    private static final int RESPONSE_BYTES_MAX = 16 << 10;
    private static final Duration CONNECT_TIME = Duration.ofSeconds(10);

    /** The tracker pings after 15 s of silence; three of them missing, and it is not there. */
    private static final Duration SILENCE_MAX = Duration.ofSeconds(45);

    /** What waits to be sent; packets beyond are dropped, as a full queue on the way would drop them. */
    private static final WriteBufferWaterMark WAITING = new WriteBufferWaterMark(256 << 10, 512 << 10);

    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int TOO_MANY_REQUESTS = 429;

    /** What happens on it. */
    interface Listener {
        /** It is about to connect. Called once, and first, on the thread that opens it: nothing is told before that. */
        void opening(TrackerSocket socket);

        /** A text message. */
        void told(String type, Map<String, Object> message);

        /** A binary message. */
        void packet(byte[] packet);

        /** It has ended, or never came to be. Called once, and last. */
        void closed(String why);
    }

    private final Listener listener;
    private volatile @Nullable Channel channel;
    private volatile @Nullable InetSocketAddress remote;

    /** On the loop. */
    private boolean ended;

    private volatile boolean closing;

    private TrackerSocket(Listener listener) {
        this.listener = listener;
    }

    /**
     * Connects. Blocks while the tracker's name is looked up.
     *
     * @param group its only loop calls the listener
     * @param tracker where
     * @param pathAndQuery what to ask for
     * @param apiKey sent along; null for none
     * @param listener told what happens
     */
    static void open(
            EventLoopGroup group,
            TrackerAddress tracker,
            String pathAndQuery,
            @Nullable String apiKey,
            Listener listener) {
        TrackerSocket socket = new TrackerSocket(listener);
        listener.opening(socket);
        try {
            InetSocketAddress remote = new InetSocketAddress(
                    InetAddress.getByName(tracker.host()), tracker.base().getPort());
            SslContext tls = tracker.secure()
                    ? SslContextBuilder.forClient().sslProvider(SslProvider.JDK).build()
                    : null;
            socket.remote = remote;
            socket.connect(group, tracker, remote, tls, tracker.at(pathAndQuery), apiKey);
        } catch (SSLException e) {
            socket.failLater(group, "TLS can not be used: " + e.getMessage());
        } catch (IOException e) {
            socket.failLater(group, "its host can not be found");
        } catch (RejectedExecutionException e) {
            socket.closing = true;
        }
    }

    /** Where the tracker is; null if its host could not be found. */
    @Nullable
    InetSocketAddress remote() {
        return remote;
    }

    private void failLater(EventLoopGroup group, String why) {
        try {
            group.execute(() -> end(why));
        } catch (RejectedExecutionException e) {
            closing = true;
        }
    }

    private void connect(
            EventLoopGroup group,
            TrackerAddress tracker,
            InetSocketAddress remote,
            @Nullable SslContext tls,
            URI uri,
            @Nullable String apiKey) {
        HttpHeaders headers = new DefaultHttpHeaders();
        if (apiKey != null) {
            headers.add("X-API-Key", apiKey);
        }
        WebSocketClientProtocolConfig config = WebSocketClientProtocolConfig.newBuilder()
                .webSocketUri(uri)
                .version(WebSocketVersion.V13)
                .allowExtensions(false)
                .customHeaders(headers)
                .maxFramePayloadLength(MESSAGE_BYTES_MAX)
                .handshakeTimeoutMillis(CONNECT_TIME.toMillis())
                .build();
        ChannelFuture connecting = new Bootstrap()
                .group(group)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) CONNECT_TIME.toMillis())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WAITING)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel made) {
                        if (tls != null) {
                            made.pipeline()
                                    .addLast(tls.newHandler(
                                            made.alloc(),
                                            tracker.host(),
                                            tracker.base().getPort()));
                        }
                        made.pipeline()
                                .addLast(
                                        new IdleStateHandler((int) SILENCE_MAX.toSeconds(), 0, 0),
                                        new HttpClientCodec(),
                                        new HttpObjectAggregator(RESPONSE_BYTES_MAX),
                                        new WebSocketClientProtocolHandler(config),
                                        new WebSocketFrameAggregator(MESSAGE_BYTES_MAX),
                                        new Handler());
                    }
                })
                .connect(remote);
        channel = connecting.channel();
        connecting.addListener((Future<Void> done) -> {
            if (!done.isSuccess()) {
                end(explain(done.cause()));
            } else if (closing) {
                connecting.channel().close();
            }
        });
    }

    private final class Handler extends SimpleChannelInboundHandler<WebSocketFrame> {
        private String why = "the tracker ended the connection";

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) throws ProtocolException {
            if (frame instanceof BinaryWebSocketFrame) {
                listener.packet(ByteBufUtil.getBytes(frame.content()));
            } else if (frame instanceof TextWebSocketFrame text) {
                if (text.content().readableBytes() > TEXT_BYTES_MAX) {
                    throw new ProtocolException("a message is longer than " + TEXT_BYTES_MAX + " bytes");
                }
                Map<String, Object> message = Json.read(ByteBufUtil.getBytes(text.content()));
                if (message.get("type") instanceof String type) {
                    listener.told(type, message);
                }
            } else if (frame instanceof CloseWebSocketFrame) {
                ctx.close();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof IdleStateEvent) {
                why = "the tracker has not said anything for " + SILENCE_MAX.toSeconds() + " s";
                ctx.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            why = explain(cause);
            ctx.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            end(why);
        }
    }

    private static String explain(Throwable cause) {
        if (cause instanceof WebSocketClientHandshakeException refused && refused.response() != null) {
            int status = refused.response().status().code();
            return switch (status) {
                case UNAUTHORIZED, FORBIDDEN -> "it wants another API key (HTTP " + status + "); set DITS_TRACKER_KEY";
                case NOT_FOUND -> "what answers there is no tracker (HTTP " + status + ")";
                case TOO_MANY_REQUESTS -> "it was asked too often (HTTP " + status + "); it is tried again later";
                default -> "it refused (HTTP " + status + ")";
            };
        }
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
    }

    /** On the loop. */
    private void end(String why) {
        if (!ended) {
            ended = true;
            listener.closed(why);
        }
    }

    /** Sends a text message; one that comes too late is dropped. */
    void tell(Map<String, Object> message) {
        Channel current = channel;
        if (current != null) {
            current.writeAndFlush(
                    new TextWebSocketFrame(new String(Json.write(message), StandardCharsets.UTF_8)),
                    current.voidPromise());
        }
    }

    /** Sends a packet, or drops it where too many wait. */
    void send(byte[] packet) {
        Channel current = channel;
        if (current != null && current.isActive() && current.isWritable()) {
            current.writeAndFlush(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(packet)), current.voidPromise());
        }
    }

    /** Ends it, behind what was sent. The listener is told. Idempotent. */
    void close() {
        closing = true;
        Channel current = channel;
        if (current != null) {
            current.close();
        }
    }
}
