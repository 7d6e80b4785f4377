package dev.dits.quic;

import dev.dits.path.DatagramPath;
import dev.dits.path.StunMessage;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DatagramPacket;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sockets beside a node's own. Many are opened to be found by one peer, whose probe one of them may hear: what goes to that peer leaves by it from then on, and
 * what comes enters the node's own pipeline, so that the codecs know nothing of it. It is closed behind the last connection with that peer.
 *
 * <p>On the event loop, but for {@link #open}.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
final class SpareSockets {
    /** Probes are repeated for what was lost, and so that routers do not forget. */
    private static final long REPEAT_MILLIS = 2_000;

    /** What the peer learns from where it is heard by: one of them arrives. */
    private static final int ANSWERS = 10;

    private static final long ANSWER_MILLIS = 100;

    /** A socket that was found and not dialled over is closed then. */
    private static final long UNUSED_MILLIS = 15_000;

    private static final Logger LOG = LoggerFactory.getLogger(SpareSockets.class);

    private final DatagramPath path;
    private final EventLoopGroup loop;
    private final Executor callbacks;
    private final Predicate<InetSocketAddress> used;
    private final Map<InetSocketAddress, Channel> found = new HashMap<>();
    private final Set<Channel> written = new LinkedHashSet<>();

    /**
     * @param path makes sockets
     * @param loop the node's, with one thread
     * @param callbacks runs what is told
     * @param used whether there is a connection with a peer
     */
    SpareSockets(DatagramPath path, EventLoopGroup loop, Executor callbacks, Predicate<InetSocketAddress> used) {
        this.path = path;
        this.loop = loop;
        this.callbacks = callbacks;
        this.used = used;
    }

    /** Sends a packet where one of these leads to its peer; false if none does. */
    boolean send(DatagramPacket packet) {
        Channel channel = found.isEmpty() ? null : found.get(packet.recipient());
        if (channel == null) {
            return false;
        }
        channel.write(packet, channel.voidPromise());
        written.add(channel);
        return true;
    }

    void flush() {
        if (!written.isEmpty()) {
            written.forEach(Channel::flush);
            written.clear();
        }
    }

    /** The last connection with a peer has ended. */
    void unused(InetSocketAddress peer) {
        Channel channel = found.remove(peer);
        if (channel != null) {
            channel.close();
        }
    }

    /** As {@link dev.dits.net.Endpoint#spread}. Not on the loop: blocks until the sockets are open. */
    Closeable open(
            Channel main,
            InetSocketAddress remote,
            byte[] token,
            byte[] expected,
            int sockets,
            Consumer<InetSocketAddress> through)
            throws IOException {
        Spread spread = new Spread(main, remote, token, expected, through);
        InetSocketAddress local = (InetSocketAddress) main.localAddress();
        boolean done = false;
        try {
            List<ChannelFuture> binding = new ArrayList<>();
            for (int i = 0; i < sockets; i++) {
                Bootstrap bootstrap = new Bootstrap();
                InetSocketAddress any = new InetSocketAddress(local.getAddress(), 0);
                path.configure(bootstrap, any);
                binding.add(bootstrap.group(loop).handler(spread.new Spare()).bind(any));
            }
            ChannelFuture failed = null;
            for (ChannelFuture one : binding) {
                one.await();
                failed = one.isSuccess() ? failed : one;
            }
            if (failed != null && binding.stream().noneMatch(ChannelFuture::isSuccess)) {
                throw new IOException("no further socket can be opened", failed.cause());
            }
            loop.execute(spread::probe);
            done = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while opening sockets");
        } catch (RejectedExecutionException e) {
            throw new IOException("this node is closed", e);
        } finally {
            if (!done) {
                spread.close();
            }
        }
        return spread;
    }

    /** Sockets of which one is to be found. */
    private final class Spread implements Closeable {
        private final Channel main;
        private final InetSocketAddress remote;
        private final byte[] token;
        private final byte[] expected;
        private final Consumer<InetSocketAddress> through;

        /** On the loop, as what follows. */
        private final Set<Channel> open = new LinkedHashSet<>();

        private boolean over;

        Spread(
                Channel main,
                InetSocketAddress remote,
                byte[] token,
                byte[] expected,
                Consumer<InetSocketAddress> through) {
            this.main = main;
            this.remote = remote;
            this.token = token;
            this.expected = expected;
            this.through = through;
        }

        private void probe() {
            if (!over) {
                open.forEach(this::probe);
                loop.schedule(() -> probe(), REPEAT_MILLIS, TimeUnit.MILLISECONDS);
            }
        }

        private void probe(Channel channel) {
            ByteBuf packet = channel.alloc().directBuffer();
            StunMessage.write(StunMessage.INDICATION, token, packet);
            channel.writeAndFlush(new DatagramPacket(packet, remote), channel.voidPromise());
        }

        private void heard(Channel channel) {
            if (over || !open.remove(channel)) {
                return;
            }
            end();
            Channel before = found.put(remote, channel);
            if (before != null) {
                before.close();
            }
            answer(channel, ANSWERS);
            loop.schedule(
                    () -> {
                        if (found.get(remote) == channel && !used.test(remote)) {
                            unused(remote);
                        }
                    },
                    UNUSED_MILLIS,
                    TimeUnit.MILLISECONDS);
            try {
                callbacks.execute(() -> through.accept(remote));
            } catch (RejectedExecutionException e) {
                unused(remote);
            }
        }

        private void answer(Channel channel, int left) {
            if (left > 0 && channel.isActive()) {
                probe(channel);
                loop.schedule(() -> answer(channel, left - 1), ANSWER_MILLIS, TimeUnit.MILLISECONDS);
            }
        }

        private void end() {
            over = true;
            open.forEach(Channel::close);
            open.clear();
        }

        @Override
        public void close() {
            try {
                loop.execute(this::end);
            } catch (RejectedExecutionException e) {
                // The node is closing, and its loop has closed all sockets.
                return;
            }
        }

        /** One of the sockets. */
        private final class Spare extends ChannelInboundHandlerAdapter {
            private boolean read;

            @Override
            public void channelActive(ChannelHandlerContext ctx) {
                if (over) {
                    ctx.close();
                } else {
                    open.add(ctx.channel());
                }
            }

            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                DatagramPacket packet = (DatagramPacket) message;
                boolean passed = false;
                try {
                    if (!remote.equals(packet.sender())) {
                        return;
                    }
                    if (StunMessage.type(packet.content()) == StunMessage.INDICATION) {
                        if (Arrays.equals(expected, StunMessage.transaction(packet.content()))) {
                            heard(ctx.channel());
                        }
                    } else if (found.get(remote) == ctx.channel() && main.isActive()) {
                        // The codecs know one address of this machine, as where packets come over a relay.
                        main.pipeline()
                                .fireChannelRead(new DatagramPacket(
                                        packet.content(), (InetSocketAddress) main.localAddress(), remote));
                        passed = true;
                        read = true;
                    }
                } finally {
                    if (!passed) {
                        packet.release();
                    }
                }
            }

            @Override
            public void channelReadComplete(ChannelHandlerContext ctx) {
                if (read) {
                    read = false;
                    main.pipeline().fireChannelReadComplete();
                }
            }

            @Override
            public void channelInactive(ChannelHandlerContext ctx) {
                open.remove(ctx.channel());
                written.remove(ctx.channel());
                found.remove(remote, ctx.channel());
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                // As an ICMP error: the socket goes on.
                LOG.trace("a spare socket", cause);
            }
        }
    }
}
