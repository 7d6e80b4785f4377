package dev.dits.tracker;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Somebody who listens at {@code /ws}. A page cannot set a WebSocket's header, so the key may come as the first message too. */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
final class EventConnection extends WebSocketConnection {
    static final Duration AUTH_TIMEOUT = Duration.ofSeconds(10);

    private boolean admitted;
    private volatile boolean lagging;

    EventConnection(Hub hub, Channel channel, boolean admitted) {
        super(hub, channel);
        this.admitted = admitted;
    }

    @Override
    void opened() {
        if (admitted) {
            listen();
        } else {
            say(Map.of("type", "auth_required"));
            channel.eventLoop()
                    .schedule(
                            () -> {
                                if (!admitted) {
                                    close(UNAUTHORIZED, "an API key is needed");
                                }
                            },
                            AUTH_TIMEOUT.toMillis(),
                            TimeUnit.MILLISECONDS);
        }
    }

    private void listen() {
        hub.events.add(this);
        hub.store.counts().thenAccept(counts -> {
            Map<String, Object> message = new LinkedHashMap<>();
            message.put("type", "stats_update");
            message.put("timestamp", hub.clocks.wall().instant().toString());
            Map<String, Object> stats = Views.stats(hub, counts);
            stats.put("resync", true);
            message.put("data", stats);
            say(message);
        });
    }

    @Override
    void told(String type, Map<String, Object> message) {
        if (admitted || !type.equals("auth")) {
            return;
        }
        if (message.get("api_key") instanceof String key && hub.keys.admits(key)) {
            admitted = true;
            listen();
        } else {
            close(UNAUTHORIZED, "this is no API key of this tracker");
        }
    }

    /** Whoever reads too slowly misses events, and is told so when there is room again. */
    void tell(ByteBuf text) {
        if (isClosing()) {
            return;
        }
        if (channel.isWritable()) {
            channel.writeAndFlush(new TextWebSocketFrame(text));
        } else {
            lagging = true;
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (lagging && channel.isWritable()) {
            lagging = false;
            listen();
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    void closed() {
        hub.events.remove(this);
    }
}
