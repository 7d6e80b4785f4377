package dev.dits.quic;

import dev.dits.net.ByteStream;
import dev.dits.net.CloseReason;
import dev.dits.net.Connection;
import dev.dits.net.ConnectionLostException;
import dev.dits.net.Way;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.codec.quic.QuicStreamType;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One QUIC connection (RFC 9000): mutually authenticated, encrypted, carrying up to 1,024 concurrent streams.
 *
 * <h2>Security guarantees</h2>
 *
 * Both ends hold the key of the certificate that they showed. Nothing else is known about the peer until its
 * fingerprint has been compared, by a pin or by SPAKE2. A client's connection exists before the server has looked at the
 * client's certificate: if the server refuses it, the connection ends with {@link CloseReason.Kind#TRANSPORT}.
 *
 * <p>Safe for use by any number of threads. Closing is idempotent and does not wait.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
public final class QuicConnection implements Connection {
    private static final Logger LOG = LoggerFactory.getLogger(QuicConnection.class);

    private final QuicChannel channel;
    private final PacketDemux demux;
    private final WriteBudget writeBudget;
    private final Executor callbacks;
    private final String serverName;
    private final byte[] localFingerprint;
    private final byte[] peerFingerprint;
    private final Way way;
    private final int packetBytes;
    private final CompletableFuture<CloseReason> closed = new CompletableFuture<>();
    private volatile InetSocketAddress remote;
    private volatile @Nullable CloseReason reason;

    /** On the loop: opens that wait for the peer to allow another stream. */
    private final Queue<CompletableFuture<QuicStream>> opening = new ArrayDeque<>();

    private final ReentrantLock arrivalsLock = new ReentrantLock();
    private final Queue<QuicStream> arrivals = new ArrayDeque<>();
    private @Nullable Consumer<ByteStream> streamHandler;

    QuicConnection(
            QuicChannel channel,
            PacketDemux demux,
            WriteBudget writeBudget,
            Executor callbacks,
            String serverName,
            byte[] localFingerprint,
            byte[] peerFingerprint,
            InetSocketAddress remote,
            Way way,
            int packetBytes) {
        this.channel = channel;
        this.demux = demux;
        this.writeBudget = writeBudget;
        this.callbacks = callbacks;
        this.serverName = serverName;
        this.localFingerprint = localFingerprint;
        this.peerFingerprint = peerFingerprint;
        this.remote = remote;
        this.way = way;
        this.packetBytes = packetBytes;
    }

    /** SHA-256 of this end's certificate (DER), 32 bytes. */
    @Override
    public byte[] localFingerprint() {
        return localFingerprint.clone();
    }

    /** SHA-256 of the certificate (DER) that the peer showed in this TLS session, 32 bytes. */
    @Override
    public byte[] peerFingerprint() {
        return peerFingerprint.clone();
    }

    /** The server name by which the client chose the certificate. */
    @Override
    public String serverName() {
        return serverName;
    }

    /** Where the peer's packets last came from; it changes when a NAT gives the peer another port. */
    @Override
    public InetSocketAddress remoteAddress() {
        // Null once the channel is closed. A TCP connection stays where it is, and the codec has a name of its own for
        // it.
        if (way != Way.TCP && channel.remoteSocketAddress() instanceof InetSocketAddress current) {
            remote = current;
        }
        return remote;
    }

    @Override
    public Way way() {
        return way;
    }

    /** Bytes of a full packet of this connection. */
    public int packetBytes() {
        return packetBytes;
    }

    /** False once the connection has ended, from whichever side. */
    @Override
    public boolean isOpen() {
        return reason == null && channel.isOpen();
    }

    /** Completes, always normally, when the connection has ended; dependents run on the executor of the node. */
    @Override
    public CompletableFuture<CloseReason> closed() {
        return closed.copy();
    }

    /**
     * Opens a bidirectional stream, and waits while the peer allows no more of them. The peer hears of it with the
     * first bytes written and flushed.
     *
     * @throws ConnectionLostException if the connection has ended
     * @throws InterruptedIOException if the thread was interrupted; its interrupt flag stays set
     */
    @Override
    public QuicStream openStream() throws IOException {
        CompletableFuture<QuicStream> result = new CompletableFuture<>();
        try {
            channel.eventLoop().execute(() -> open(result));
        } catch (RejectedExecutionException e) {
            throw lost();
        }
        try {
            return result.get();
        } catch (InterruptedException e) {
            if (!result.cancel(false)) {
                // It was opened at that very moment, and nobody will use it.
                result.thenAccept(stream -> stream.reset(0));
            }
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while opening a stream");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ConnectionLostException) {
                throw lost();
            }
            throw new IOException("cannot open a stream", e.getCause());
        }
    }

    private void open(CompletableFuture<QuicStream> result) {
        if (result.isDone()) {
            return;
        }
        if (!isOpen()) {
            result.completeExceptionally(lost());
        } else if (channel.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL) <= 0) {
            opening.add(result);
        } else {
            LocalStreamInitializer initializer = new LocalStreamInitializer();
            channel.createStream(QuicStreamType.BIDIRECTIONAL, initializer)
                    .addListener((Future<QuicStreamChannel> f) -> {
                        QuicStream stream = initializer.stream;
                        if (!f.isSuccess() || stream == null) {
                            result.completeExceptionally(isOpen() ? f.cause() : lost());
                        } else if (!result.complete(stream)) {
                            stream.reset(0);
                        }
                    });
        }
    }

    private final class LocalStreamInitializer extends ChannelInitializer<QuicStreamChannel> {
        private @Nullable QuicStream stream;

        @Override
        protected void initChannel(QuicStreamChannel streamChannel) {
            stream = QuicStream.attach(QuicConnection.this, streamChannel);
        }
    }

    /**
     * Takes the streams that the peer opens, each on the executor of the node; those that came before wait until then.
     *
     * @param handler owns each stream it gets and must close it
     */
    @Override
    public void onStream(Consumer<ByteStream> handler) {
        arrivalsLock.lock();
        try {
            streamHandler = handler;
            QuicStream stream;
            while ((stream = arrivals.poll()) != null) {
                hand(handler, stream);
            }
        } finally {
            arrivalsLock.unlock();
        }
    }

    /** On the loop. The peer's stream limit bounds the queue. */
    void arrived(QuicStream stream) {
        arrivalsLock.lock();
        try {
            Consumer<ByteStream> handler = streamHandler;
            if (handler == null) {
                arrivals.add(stream);
            } else {
                hand(handler, stream);
            }
        } finally {
            arrivalsLock.unlock();
        }
    }

    private void hand(Consumer<ByteStream> handler, QuicStream stream) {
        try {
            callbacks.execute(() -> {
                try {
                    handler.accept(stream);
                } catch (RuntimeException e) {
                    stream.reset(0);
                    throw e;
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("no worker for a stream, the connection closes");
            close(QuicNode.SHUTTING_DOWN, "shutting down");
        }
    }

    /**
     * Ends the connection and all its streams. Bytes that were not yet acknowledged may be lost; whoever needs them to
     * arrive waits for the peer's answer first.
     *
     * @param errorCode of the application, 0 to 2^31-1
     * @param text sent along, ASCII, cut at {@link CloseReason#TEXT_BYTES_MAX}
     */
    @Override
    public void close(long errorCode, String text) {
        if (errorCode < 0 || errorCode > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("error code " + errorCode + " is outside 0..2^31-1");
        }
        startClose(errorCode, text);
    }

    /** {@link #close(long, String)} with code 0. */
    @Override
    public void close() {
        startClose(0, "");
    }

    Future<?> startClose(long errorCode, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        byte[] cut =
                bytes.length > CloseReason.TEXT_BYTES_MAX ? Arrays.copyOf(bytes, CloseReason.TEXT_BYTES_MAX) : bytes;
        CloseReason local = new CloseReason(CloseReason.Kind.LOCAL, errorCode, CloseReason.printable(cut));
        try {
            channel.eventLoop().execute(() -> ending(local));
            return channel.close(true, (int) errorCode, Unpooled.wrappedBuffer(cut));
        } catch (RejectedExecutionException e) {
            // The loop is gone, and every connection of it.
            return channel.closeFuture();
        }
    }

    /** On the loop: what ends the connection, first word wins. */
    void ending(CloseReason why) {
        if (reason == null) {
            reason = why;
        }
    }

    /** On the loop, once the channel is closed. */
    void ended() {
        ending(unsaid());
        CompletableFuture<QuicStream> waiting;
        while ((waiting = opening.poll()) != null) {
            waiting.completeExceptionally(lost());
        }
        CloseReason why = lost().reason();
        try {
            callbacks.execute(() -> closed.complete(why));
        } catch (RejectedExecutionException e) {
            closed.complete(why);
        }
    }

    /** On the loop. */
    void streamLimitChanged() {
        int waiting = opening.size();
        while (waiting-- > 0 && channel.peerAllowedStreams(QuicStreamType.BIDIRECTIONAL) > 0) {
            CompletableFuture<QuicStream> next = opening.poll();
            if (next != null) {
                open(next);
            }
        }
    }

    WriteBudget writeBudget() {
        return writeBudget;
    }

    /** See {@link PacketDemux#atPassEnd}. */
    boolean atPassEnd(Runnable task) {
        return demux.atPassEnd(task);
    }

    ConnectionLostException lost() {
        CloseReason why = reason;
        return new ConnectionLostException(why == null ? unsaid() : why);
    }

    /** Nobody said why it ended: silence, or this end's own doing. Streams are failed before the channel says so. */
    private CloseReason unsaid() {
        return new CloseReason(channel.isTimedOut() ? CloseReason.Kind.IDLE_TIMEOUT : CloseReason.Kind.LOCAL, 0, "");
    }

    /** Diagnostics only; the address belongs into DEBUG logs. */
    @Override
    public String toString() {
        return "QuicConnection[" + remoteAddress() + (isOpen() ? "" : ", closed") + "]";
    }
}
