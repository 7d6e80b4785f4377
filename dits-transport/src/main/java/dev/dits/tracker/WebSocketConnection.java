package dev.dits.tracker;

import dev.dits.error.ProtocolException;
import dev.dits.json.Json;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A WebSocket, behind its handshake: signs of life, text messages, and how it ends. What it is for, is its subclass. */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
abstract class WebSocketConnection extends SimpleChannelInboundHandler<WebSocketFrame> implements Watched {
    /** A connection that said nothing for so long is asked for a sign of life. */
    static final Duration PING_AFTER = Duration.ofSeconds(15);

    /** One that said nothing for so long is ended. */
    static final Duration SILENCE_MAX = Duration.ofSeconds(45);

    /** Longest text message, in bytes. */
    static final int TEXT_BYTES_MAX = 4_096;

    /** Code for what this protocol has no code of its own for (RFC 6455 section 7.4.1). */
    static final int NORMAL = 1000;

    static final int GOING_AWAY = 1001;
    static final int PROTOCOL_ERROR = 1002;
    static final int TOO_BIG = 1009;
    static final int OVERLOADED = 1013;

    /** Codes of this protocol, {@code docs/tracker-api.md}. */
    static final int UNAUTHORIZED = 4401;

    static final int NOBODY = 4404;
    static final int SILENT = 4408;
    static final int LIMIT = 4429;

    private static final Logger LOG = LoggerFactory.getLogger(WebSocketConnection.class);

    final Hub hub;
    final Channel channel;
    private volatile long heardNanos;
    private volatile long pingedNanos;
    private final AtomicBoolean closing = new AtomicBoolean();

    WebSocketConnection(Hub hub, Channel channel) {
        super(WebSocketFrame.class);
        this.hub = hub;
        this.channel = channel;
        this.heardNanos = hub.nowNanos();
        this.pingedNanos = heardNanos;
    }

    /** The handshake is over. */
    abstract void opened();

    /** A text message came. */
    void told(String type, Map<String, Object> message) {}

    /** A binary message came; released by the caller. */
    void packet(ByteBuf packet) {
        close(PROTOCOL_ERROR, "text only");
    }

    /** It is over. Called once. */
    void closed() {}

    @Override
    protected final void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
        heardNanos = hub.nowNanos();
        if (closing.get()) {
            if (frame instanceof CloseWebSocketFrame) {
                ctx.close();
            }
        } else if (frame instanceof BinaryWebSocketFrame) {
            packet(frame.content());
        } else if (frame instanceof TextWebSocketFrame) {
            text(frame.content());
        } else if (frame instanceof PingWebSocketFrame) {
            if (channel.isWritable()) {
                ctx.writeAndFlush(new PongWebSocketFrame(frame.content().retain()));
            }
        } else if (frame instanceof PongWebSocketFrame) {
            hub.metrics.pongs.increment();
        } else if (frame instanceof CloseWebSocketFrame) {
            close(NORMAL, "");
        }
    }

    private void text(ByteBuf content) {
        if (content.readableBytes() > TEXT_BYTES_MAX) {
            close(TOO_BIG, "a text message has at most " + TEXT_BYTES_MAX + " bytes");
            return;
        }
        Map<String, Object> message;
        try {
            message = Json.read(ByteBufUtil.getBytes(content));
        } catch (ProtocolException e) {
            close(PROTOCOL_ERROR, "a text message is a JSON object");
            return;
        }
        if (message.get("type") instanceof String type) {
            told(type, message);
        }
    }

    /** Says something. Whoever does not read what is said to them is left. Safe on any thread. */
    final void say(Map<String, Object> message) {
        if (closing.get()) {
            return;
        }
        if (channel.isWritable()) {
            channel.writeAndFlush(new TextWebSocketFrame(Unpooled.wrappedBuffer(Json.write(message))));
        } else {
            channel.close();
        }
    }

    /** Ends it, with a code. Idempotent, safe on any thread. */
    final void close(int code, String reason) {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        // Whoever does not take the code is left by the next sweep.
        heardNanos = hub.nowNanos() - SILENCE_MAX.toNanos() + PING_AFTER.toNanos();
        channel.writeAndFlush(new CloseWebSocketFrame(code, reason)).addListener(ChannelFutureListener.CLOSE);
    }

    final boolean isClosing() {
        return closing.get();
    }

    @Override
    public final void sweep(long nowNanos) {
        long silentNanos = nowNanos - heardNanos;
        if (silentNanos >= SILENCE_MAX.toNanos()) {
            channel.close();
        } else if (silentNanos >= PING_AFTER.toNanos()
                && nowNanos - pingedNanos >= PING_AFTER.toNanos()
                && !closing.get()
                && channel.isWritable()) {
            pingedNanos = nowNanos;
            channel.writeAndFlush(new PingWebSocketFrame());
        }
    }

    @Override
    public final void shutDown() {
        close(GOING_AWAY, "the tracker ends");
    }

    @Override
    public final void channelInactive(ChannelHandlerContext ctx) {
        closing.set(true);
        closed();
        ctx.fireChannelInactive();
    }

    @Override
    public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.debug("A WebSocket failed: {}", cause.getClass().getSimpleName());
        if (cause instanceof TooLongFrameException) {
            close(TOO_BIG, "too long");
        } else {
            ctx.close();
        }
    }
}
