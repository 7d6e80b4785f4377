package dev.dits.tracker;

import dev.dits.limit.RateLimit;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A member of a room. Its packets go to the other member's queue, whose event loop sends them; a full queue loses its oldest, for what is late is of least use to
 * QUIC. There is no way to say whom a packet is for.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
final class RelayConnection extends WebSocketConnection {
    /** Packets that wait for one member. */
    static final int QUEUE_PACKETS_MAX = 512;

    /** Their bytes: a queue of the longest packets is shorter. */
    static final int QUEUE_BYTES_MAX = 4 << 20;

    /** Bytes that wait for all members together. */
    static final long QUEUE_BYTES_TOTAL_MAX = 128L << 20;

    private final String observed;
    private final Opening opening;
    private final RateLimit rate;
    private final ReentrantLock lock = new ReentrantLock();

    /** Behind {@link #lock}. */
    private final ArrayDeque<ByteBuf> queue = new ArrayDeque<>();

    private int queuedBytes;
    private boolean draining;
    private boolean over;

    private volatile @Nullable Room room;
    private volatile boolean ready;

    /** What is done once the WebSocket stands. */
    interface Opening {
        void open(RelayConnection connection);
    }

    /**
     * @param observed where its TCP connection comes from
     */
    RelayConnection(Hub hub, Channel channel, String observed, Opening opening) {
        super(hub, channel);
        this.observed = observed;
        this.opening = opening;
        RelayLimits limits = hub.options.relay();
        this.rate = new RateLimit(limits.clientBytesPerSecond(), limits.clientBurstBytes(), hub.nowNanos());
    }

    @Override
    void opened() {
        opening.open(this);
    }

    /** It is in a room, where it may be alone for now. */
    void waitIn(Room value) {
        room = value;
    }

    /** The room has its two members. */
    void ready() {
        ready = true;
        Map<String, Object> message = type("ready");
        message.put("observed", observed);
        message.put("stun", hub.stunMessage());
        say(message);
    }

    void nobody() {
        say(type("nobody"));
        close(NOBODY, "nobody");
    }

    void silent() {
        say(type("silent"));
        close(SILENT, "silent");
    }

    void limited(String why) {
        Map<String, Object> message = type("limit");
        message.put("message", why);
        say(message);
        close(LIMIT, why);
    }

    /** The other member has left. */
    void ended() {
        close(NORMAL, "the room is over");
    }

    private static Map<String, Object> type(String type) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("type", type);
        return message;
    }

    @Override
    void packet(ByteBuf packet) {
        Room current = room;
        RelayConnection other = current == null ? null : current.other(this);
        int length = packet.readableBytes();
        if (current == null || other == null || !ready || length == 0) {
            return;
        }
        long now = hub.nowNanos();
        if (!rate.take(length, now)) {
            hub.metrics.relayPacketsDropped.increment();
            return;
        }
        if (!hub.relayTotal.take(length, now)) {
            rate.giveBack(length);
            hub.metrics.relayPacketsDropped.increment();
            return;
        }
        if (current.count(length) > RelayLimits.HANDSHAKE_BYTES
                && hub.options.relay().handshakeOnly()) {
            String why = "this relay carries the beginning of a session only";
            limited(why);
            other.limited(why);
            return;
        }
        hub.metrics.relayPackets.increment();
        hub.metrics.relayBytes.add(length);
        other.offer(packet.retain());
    }

    /** Takes a packet over, for sending. On any event loop. */
    private void offer(ByteBuf packet) {
        boolean start;
        lock.lock();
        try {
            if (over) {
                packet.release();
                return;
            }
            queue.addLast(packet);
            queuedBytes += packet.readableBytes();
            hub.relayQueuedBytes.addAndGet(packet.readableBytes());
            while (queue.size() > QUEUE_PACKETS_MAX
                    || queuedBytes > QUEUE_BYTES_MAX
                    || (hub.relayQueuedBytes.get() > QUEUE_BYTES_TOTAL_MAX && !queue.isEmpty())) {
                ByteBuf oldest = queue.removeFirst();
                taken(oldest.readableBytes());
                oldest.release();
                hub.metrics.relayPacketsDropped.increment();
            }
            start = !draining;
            draining = true;
        } finally {
            lock.unlock();
        }
        if (start) {
            try {
                channel.eventLoop().execute(this::drain);
            } catch (RejectedExecutionException e) {
                drop(); // the tracker ends
            }
        }
    }

    /** Behind {@link #lock}. */
    private void taken(int bytes) {
        queuedBytes -= bytes;
        hub.relayQueuedBytes.addAndGet(-bytes);
    }

    /** On the loop: sends what the socket takes. */
    private void drain() {
        boolean written = false;
        while (true) {
            ByteBuf next;
            lock.lock();
            try {
                next = channel.isWritable() && !isClosing() ? queue.pollFirst() : null;
                if (next == null) {
                    draining = false;
                    break;
                }
                taken(next.readableBytes());
            } finally {
                lock.unlock();
            }
            channel.write(new BinaryWebSocketFrame(next), channel.voidPromise());
            written = true;
        }
        if (written) {
            channel.flush();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        boolean start;
        lock.lock();
        try {
            start = channel.isWritable() && !draining && !queue.isEmpty();
            draining |= start;
        } finally {
            lock.unlock();
        }
        if (start) {
            drain();
        }
        ctx.fireChannelWritabilityChanged();
    }

    private void drop() {
        lock.lock();
        try {
            over = true;
            queue.forEach(ByteBuf::release);
            queue.clear();
            taken(queuedBytes);
        } finally {
            lock.unlock();
        }
    }

    int queued() {
        lock.lock();
        try {
            return queue.size();
        } finally {
            lock.unlock();
        }
    }

    @Override
    void closed() {
        drop();
        Room current = room;
        if (current != null) {
            hub.rendezvous.end(current, this, hub.nowNanos());
        }
    }
}
