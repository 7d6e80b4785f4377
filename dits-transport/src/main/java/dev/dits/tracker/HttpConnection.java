package dev.dits.tracker;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketHandshakeException;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that speaks HTTP: one request at a time, the next is read when the last was answered. Ends what comes too slowly or is too long before it takes memory.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
final class HttpConnection extends SimpleChannelInboundHandler<HttpObject> implements Watched {
    /** A new connection's first request is there by then, with its body, and so is a later one's. */
    static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

    /** The next request begins by then. */
    static final Duration KEEP_ALIVE = Duration.ofSeconds(30);

    /** A request is answered, and the answer taken, by then. */
    static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

    /** What a client still sends behind its last answer is thrown away for so long. */
    static final Duration LINGER = Duration.ofSeconds(3);

    static final int LINE_CHARS_MAX = 2_048;
    static final int HEADER_CHARS_MAX = 8_192;
    static final int BODY_BYTES_MAX = 1 << 20;
    private static final int PARAMETERS_MAX = 16;

    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);

    private final Hub hub;
    private final Router router;
    private final Channel channel;
    private volatile long deadlineNanos;

    /** On the loop: the request that is coming in. */
    private @Nullable HttpRequest head;

    private @Nullable Request request;
    private ByteArrayOutputStream body = new ByteArrayOutputStream(0);
    private int bodyTaken;
    private boolean discarding;

    /** On the loop: a request is being answered; what comes behind it waits. */
    private boolean busy;

    private boolean handling;
    private boolean upgraded;
    private final Queue<HttpObject> waiting = new ArrayDeque<>();

    HttpConnection(Hub hub, Router router, Channel channel) {
        super(HttpObject.class);
        this.hub = hub;
        this.router = router;
        this.channel = channel;
        within(REQUEST_TIMEOUT);
    }

    private void within(Duration time) {
        deadlineNanos = hub.nowNanos() + time.toNanos();
    }

    @Override
    public void sweep(long nowNanos) {
        if (nowNanos - deadlineNanos >= 0) {
            channel.close();
        }
    }

    @Override
    public void shutDown() {
        channel.close();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HttpObject part) {
        if (busy) {
            waiting.add(ReferenceCountUtil.retain(part));
            return;
        }
        handling = true;
        handle(ctx, part);
        handling = false;
        goOn(ctx);
    }

    /** Takes what came behind a request that is answered now. A loop, for there may be thousands of them in one read. */
    private void goOn(ChannelHandlerContext ctx) {
        if (handling || upgraded) {
            return;
        }
        handling = true;
        while (!busy) {
            HttpObject next = waiting.poll();
            if (next == null) {
                break;
            }
            try {
                handle(ctx, next);
            } finally {
                ReferenceCountUtil.release(next);
            }
        }
        handling = false;
        channel.config().setAutoRead(!busy);
    }

    private void handle(ChannelHandlerContext ctx, HttpObject part) {
        if (discarding) {
            return;
        }
        if (part.decoderResult().isFailure()) {
            refuse(ctx, malformed(part.decoderResult().cause()));
            return;
        }
        if (part instanceof HttpRequest begun) {
            Reply refusal = begin(begun);
            if (refusal != null) {
                refuse(ctx, refusal);
                return;
            }
        }
        if (part instanceof HttpContent content) {
            take(ctx, content);
        }
    }

    private static Reply malformed(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return Reply.error(414, "a request's target has at most " + LINE_CHARS_MAX + " characters");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return Reply.error(431, "a request's fields have at most " + HEADER_CHARS_MAX + " characters");
        }
        return Reply.error(400, "this is no HTTP request");
    }

    /** Looks at a request before its body is taken; returns why it goes no further. */
    private @Nullable Reply begin(HttpRequest begun) {
        hub.metrics.requests.increment();
        body.reset();
        within(REQUEST_TIMEOUT);
        head = begun;
        QueryStringDecoder target;
        String path;
        try {
            target = new QueryStringDecoder(begun.uri(), StandardCharsets.UTF_8, true, PARAMETERS_MAX);
            path = target.path();
            request = new Request(begun.method(), path, target.parameters(), begun.headers(), client(begun.headers()));
        } catch (IllegalArgumentException e) {
            return Reply.error(400, "the request's target is malformed");
        }
        if (!path.startsWith("/")) {
            return Reply.error(400, "the request's target is malformed");
        }
        Reply refusal = router.refuse(request);
        if (refusal != null) {
            return refusal;
        }
        long length;
        try {
            length = HttpUtil.getContentLength(begun, 0L);
        } catch (NumberFormatException e) {
            return Reply.error(400, "Content-Length is no number");
        }
        if (length > BODY_BYTES_MAX) {
            return tooBig();
        }
        if (HttpUtil.is100ContinueExpected(begun)) {
            channel.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
        } else if (begun.headers().contains(HttpHeaderNames.EXPECT)) {
            return Reply.error(417, "this expectation cannot be met");
        }
        return null;
    }

    private static Reply tooBig() {
        return Reply.error(413, "a body has at most " + BODY_BYTES_MAX + " bytes");
    }

    private void take(ChannelHandlerContext ctx, HttpContent content) {
        ByteBuf bytes = content.content();
        int length = bytes.readableBytes();
        if (body.size() + length > BODY_BYTES_MAX) {
            refuse(ctx, tooBig());
            return;
        }
        if (!hub.bodies.take(length)) {
            refuse(ctx, Reply.error(503, "this tracker is busy; try again").with("Retry-After", "5"));
            return;
        }
        bodyTaken += length;
        byte[] copy = new byte[length];
        bytes.readBytes(copy);
        body.writeBytes(copy);
        if (content instanceof LastHttpContent) {
            dispatch(ctx);
        }
    }

    private void dispatch(ChannelHandlerContext ctx) {
        Request current = Objects.requireNonNull(request);
        HttpRequest begun = Objects.requireNonNull(head);
        within(ANSWER_TIMEOUT);
        busy = true;
        if (Router.isSocket(current.path())) {
            if (!isUpgrade(begun)) {
                refuse(ctx, Reply.error(426, "this is a WebSocket").with("Upgrade", "websocket"));
            } else {
                upgrade(ctx, begun, router.socket(current, channel));
            }
            return;
        }
        byte[] sent = body.toByteArray();
        releaseBody();
        boolean keepAlive = HttpUtil.isKeepAlive(begun);
        boolean headOnly = begun.method().equals(HttpMethod.HEAD);
        router.answer(current, sent).whenComplete((reply, failure) -> {
            if (failure != null) {
                LOG.warn("A request failed", failure);
            }
            Reply told = reply != null ? reply : Reply.error(500, "the tracker failed");
            // The store may answer on a thread of its own.
            if (channel.eventLoop().inEventLoop()) {
                answer(ctx, told, keepAlive, headOnly);
            } else {
                channel.eventLoop().execute(() -> answer(ctx, told, keepAlive, headOnly));
            }
        });
    }

    private static boolean isUpgrade(HttpRequest begun) {
        HttpHeaders headers = begun.headers();
        return begun.method().equals(HttpMethod.GET)
                && headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
                && headers.contains(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true);
    }

    private void upgrade(ChannelHandlerContext ctx, HttpRequest begun, WebSocketConnection socket) {
        WebSocketDecoderConfig config = WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(RelayLimits.PACKET_BYTES_MAX)
                .allowExtensions(false)
                .closeOnProtocolViolation(true)
                .withUTF8Validator(false)
                .build();
        WebSocketServerHandshaker handshaker =
                new WebSocketServerHandshakerFactory("/", null, config).newHandshaker(begun);
        if (handshaker == null) {
            refuse(
                    ctx,
                    Reply.error(426, "version 13 of WebSocket is spoken here")
                            .with("Upgrade", "websocket")
                            .with("Sec-WebSocket-Version", "13"));
            return;
        }
        FullHttpRequest whole = new DefaultFullHttpRequest(
                begun.protocolVersion(),
                begun.method(),
                begun.uri(),
                Unpooled.EMPTY_BUFFER,
                begun.headers(),
                begun.headers());
        ChannelFuture shaken;
        try {
            shaken = handshaker.handshake(channel, whole);
        } catch (WebSocketHandshakeException e) {
            refuse(ctx, Reply.error(400, "this is no WebSocket handshake"));
            return;
        }
        shaken.addListener(done -> {
            if (!done.isSuccess()) {
                ctx.close();
                return;
            }
            releaseBody();
            upgraded = true;
            ChannelPipeline pipeline = ctx.pipeline();
            pipeline.addLast(new WebSocketFrameAggregator(RelayLimits.PACKET_BYTES_MAX));
            pipeline.addLast(socket);
            pipeline.remove(this);
            hub.watch(channel, socket);
            socket.opened();
            channel.config().setAutoRead(true);
        });
    }

    /** Answers, and takes no further request: what is behind it may be the rest of its body. */
    private void refuse(ChannelHandlerContext ctx, Reply reply) {
        hub.metrics.requestsRefused.increment();
        answer(ctx, reply, false, false);
    }

    private void answer(ChannelHandlerContext ctx, Reply reply, boolean keepAlive, boolean headOnly) {
        busy = true;
        releaseBody();
        head = null;
        request = null;
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(reply.status()),
                headOnly ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(reply.body()));
        HttpHeaders headers = response.headers();
        headers.set(HttpHeaderNames.CONTENT_TYPE, reply.contentType());
        headers.set(HttpHeaderNames.CONTENT_LENGTH, reply.body().length);
        headers.set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("X-Frame-Options", "DENY");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Cross-Origin-Resource-Policy", "same-origin");
        headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        reply.headers().forEach(headers::set);
        headers.set(HttpHeaderNames.CONNECTION, keepAlive ? HttpHeaderValues.KEEP_ALIVE : HttpHeaderValues.CLOSE);
        channel.writeAndFlush(response).addListener(done -> {
            if (!done.isSuccess()) {
                channel.close();
            } else if (keepAlive) {
                within(KEEP_ALIVE);
                busy = false;
                goOn(ctx);
            } else {
                linger();
                busy = false;
                goOn(ctx);
            }
        });
    }

    /** Lets the client read its answer: a socket closed with bytes unread resets the connection, and the answer with it. */
    private void linger() {
        discarding = true;
        within(LINGER);
        if (hub.options.tls() == null && channel instanceof DuplexChannel socket) {
            socket.shutdownOutput();
        }
    }

    private void releaseBody() {
        hub.bodies.giveBack(bodyTaken);
        bodyTaken = 0;
        body = new ByteArrayOutputStream(0);
    }

    /** Where the request comes from: in the word of a trusted proxy, which appends to the field, else as the socket has it. */
    private InetSocketAddress client(HttpHeaders headers) {
        InetSocketAddress remote = (InetSocketAddress) channel.remoteAddress();
        if (!hub.options.trustedProxies().contains(remote.getAddress())) {
            return remote;
        }
        List<String> hops = new ArrayList<>();
        for (String field : headers.getAll("X-Forwarded-For")) {
            hops.addAll(List.of(field.split(",", -1)));
        }
        for (int i = hops.size() - 1; i >= 0; i--) {
            InetAddress address =
                    NetUtil.createInetAddressFromIpAddressString(hops.get(i).trim());
            if (address == null) {
                break;
            }
            if (!hub.options.trustedProxies().contains(address)) {
                return new InetSocketAddress(address, 0);
            }
        }
        return remote;
    }

    private void dropWaiting() {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        dropWaiting();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        releaseBody();
        dropWaiting();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.debug("A connection failed: {}", cause.getClass().getSimpleName());
        ctx.close();
    }
}
