package dev.dits.quic;

import dev.dits.net.CloseReason;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.quic.QuicChannel;
import io.netty.handler.codec.quic.QuicConnectionCloseEvent;
import io.netty.handler.codec.quic.QuicStreamLimitChangedEvent;
import io.netty.handler.ssl.SniCompletionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetSocketAddress;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows one QUIC channel from its first packet to its end, all on the loop. */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
final class ConnectionHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionHandler.class);

    /** Decides what becomes of the connection once both certificates are known. */
    interface Listener {
        /** The channel is there; called once, and first. */
        default void begun(QuicChannel channel) {}

        /**
         * @param peer the certificate that the peer showed
         * @param serverName what the client asked for, or null for none
         * @return the connection, or null to close it
         */
        @Nullable
        QuicConnection established(QuicChannel channel, X509Certificate peer, @Nullable String serverName)
                throws Exception;

        /** The channel is closed; called once, whether it was established or not. */
        void ended(@Nullable InetSocketAddress remote);
    }

    private final Listener listener;
    private @Nullable QuicConnection connection;
    private @Nullable CloseReason reason;
    private @Nullable String serverName;
    private boolean refused;

    ConnectionHandler(Listener listener) {
        this.listener = listener;
    }

    @Nullable
    QuicConnection connection() {
        return connection;
    }

    /** What the peer said when it closed, if it did. */
    @Nullable
    CloseReason reason() {
        return reason;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        QuicChannel channel = (QuicChannel) ctx.channel();
        InetSocketAddress remote = (InetSocketAddress) channel.remoteSocketAddress();
        listener.begun(channel);
        channel.closeFuture().addListener(f -> {
            QuicConnection current = connection;
            if (current != null) {
                current.ended();
            }
            listener.ended(remote);
        });
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SniCompletionEvent sni) {
            serverName = sni.hostname();
        } else if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (handshake.isSuccess()) {
                established(ctx);
            }
        } else if (event instanceof QuicConnectionCloseEvent close) {
            peerCloses(ctx, close);
        } else if (event instanceof QuicStreamLimitChangedEvent) {
            QuicConnection current = connection;
            if (current != null) {
                current.streamLimitChanged();
            }
        }
    }

    private void established(ChannelHandlerContext ctx) {
        if (connection != null || refused) {
            return;
        }
        QuicChannel channel = (QuicChannel) ctx.channel();
        try {
            connection = listener.established(channel, peerCertificate(channel), serverName);
        } catch (Exception e) {
            LOG.debug("a connection was refused after its handshake", e);
        }
        if (connection == null) {
            refused = true;
            channel.close();
        }
    }

    private static X509Certificate peerCertificate(QuicChannel channel) throws SSLException {
        javax.net.ssl.SSLEngine engine = channel.sslEngine();
        if (engine == null) {
            throw new SSLPeerUnverifiedException("no TLS session");
        }
        Certificate[] chain = engine.getSession().getPeerCertificates();
        if (chain.length != 1 || !(chain[0] instanceof X509Certificate leaf)) {
            throw new SSLPeerUnverifiedException("the peer showed no certificate");
        }
        return leaf;
    }

    /** What a peer's close says. */
    static CloseReason reasonOf(QuicConnectionCloseEvent close) {
        return new CloseReason(
                close.isApplicationClose() ? CloseReason.Kind.PEER : CloseReason.Kind.TRANSPORT,
                close.error(),
                CloseReason.printable(textOf(close)));
    }

    private static byte[] textOf(QuicConnectionCloseEvent close) {
        try {
            return close.reason();
        } catch (NullPointerException e) {
            // Netty clones the text without asking whether there is one (4.2.18).
            return new byte[0];
        }
    }

    private void peerCloses(ChannelHandlerContext ctx, QuicConnectionCloseEvent close) {
        CloseReason why = reasonOf(close);
        reason = why;
        QuicConnection current = connection;
        if (current != null) {
            current.ending(why);
        }
        // Later, not now: stream bytes of the very packet that closes are delivered after this event. And not when
        // QUIC's draining period ends, three time-outs from now, because somebody is waiting.
        ctx.executor().execute(ctx::close);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // QUIC closes the connection by itself where an error demands it.
        LOG.debug("error on a QUIC connection", cause);
    }
}
