package dev.dits.quic;

import dev.dits.limit.RateLimit;
import dev.dits.path.StunMessage;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DatagramPacket;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What travels over the socket beside QUIC: STUN messages (RFC 8489; RFC 9443 tells the two apart). Requests ask a server from where this socket is seen; indications
 * are the probes by which two peers open the way to each other, and carry a token in place of a random transaction id.
 *
 * <p>Nothing is ever answered: who sends such packets from a forged address has nobody hit by it.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A datagram that is not sent is a datagram that is lost.
final class RawPackets {
    /** A request is repeated as often, in growing distances (RFC 8489 section 6.2.1, cut short: it is asked again later). */
    private static final int REQUESTS = 4;

    private static final Duration REQUEST_AGAIN = Duration.ofMillis(250);

    /** Probes of one token that are told a second; more are nobody's who means well. */
    private static final int TOLD_PER_SECOND = 8;

    private static final int TOLD_BURST = 32;
    private static final HexFormat HEX = HexFormat.of();

    private final Executor callbacks;
    private final Map<String, Asked> asked = new ConcurrentHashMap<>();
    private final Map<String, Expected> expected = new ConcurrentHashMap<>();
    private volatile @Nullable ChannelHandlerContext context;

    private record Asked(InetSocketAddress server, CompletableFuture<InetSocketAddress> answer) {}

    private record Expected(Consumer<InetSocketAddress> from, RateLimit rate) {}

    RawPackets(Executor callbacks) {
        this.callbacks = callbacks;
    }

    /** On the loop: where packets leave, without passing the codecs. */
    void attach(ChannelHandlerContext socket) {
        context = socket;
    }

    /** On the loop: a packet that is not QUIC's. Not released. */
    void received(DatagramPacket packet) {
        ByteBuf content = packet.content();
        int type = StunMessage.type(content);
        if (type == StunMessage.SUCCESS) {
            Asked one = asked.get(HEX.formatHex(StunMessage.transaction(content)));
            InetSocketAddress mapped = one == null ? null : StunMessage.mapped(content);
            if (one != null && mapped != null && one.server.equals(packet.sender())) {
                one.answer.complete(mapped);
            }
        } else if (type == StunMessage.INDICATION) {
            Expected one = expected.get(HEX.formatHex(StunMessage.transaction(content)));
            InetSocketAddress sender = packet.sender();
            if (one != null && one.rate.take(1, System.nanoTime())) {
                try {
                    callbacks.execute(() -> one.from.accept(sender));
                } catch (RejectedExecutionException e) {
                    // The node is closing.
                    expected.clear();
                }
            }
        }
    }

    private void send(Channel channel, int type, InetSocketAddress remote, byte[] transaction) {
        try {
            channel.eventLoop().execute(() -> {
                ChannelHandlerContext socket = context;
                if (socket != null && channel.isActive()) {
                    ByteBuf packet = channel.alloc().directBuffer();
                    StunMessage.write(type, transaction, packet);
                    socket.writeAndFlush(new DatagramPacket(packet, remote));
                }
            });
        } catch (RejectedExecutionException e) {
            // The node is closing, and nobody waits for this packet.
            expected.clear();
        }
    }

    void probe(Channel channel, InetSocketAddress remote, byte[] token) {
        send(channel, StunMessage.INDICATION, remote, token);
    }

    Closeable onProbe(byte[] token, Consumer<InetSocketAddress> from) {
        String key = HEX.formatHex(token);
        Expected one = new Expected(from, new RateLimit(TOLD_PER_SECOND, TOLD_BURST, System.nanoTime()));
        if (expected.putIfAbsent(key, one) != null) {
            throw new IllegalStateException("such a token is expected already");
        }
        return () -> expected.remove(key, one);
    }

    InetSocketAddress observedBy(Channel channel, InetSocketAddress server, Duration timeout, RandomGenerator random)
            throws IOException {
        byte[] transaction = new byte[StunMessage.TRANSACTION_BYTES];
        random.nextBytes(transaction);
        String key = HEX.formatHex(transaction);
        Asked one = new Asked(server, new CompletableFuture<>());
        asked.put(key, one);
        try {
            long left = timeout.toNanos();
            long pause = REQUEST_AGAIN.toNanos();
            for (int i = 1; ; i++) {
                send(channel, StunMessage.REQUEST, server, transaction);
                long wait = i == REQUESTS ? left : Math.min(left, pause);
                try {
                    return one.answer.get(Math.max(1, wait), TimeUnit.NANOSECONDS);
                } catch (TimeoutException e) {
                    left -= wait;
                    pause *= 2;
                    if (left <= 0) {
                        throw new SocketTimeoutException("the STUN server did not answer");
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while asking a STUN server");
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } finally {
            asked.remove(key);
        }
    }
}
