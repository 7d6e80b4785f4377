package dev.dits.net;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One address of this machine, where connections are accepted and from which they are dialled.
 *
 * <p>Both ends of every connection show a certificate and hold its key; whether it may be trusted is the caller's to
 * decide. Safe for use by any number of threads. {@link #close} ends every connection.
 */
public interface Endpoint extends AutoCloseable {

    /**
     * Accepts connections for a certificate from now on.
     *
     * @param serverName what clients ask for: lower-case letters, digits, hyphens and at least one dot, at most 253
     *     characters. Clients that ask for a name that is not registered are turned away.
     * @param key of the certificate
     * @param certificate self-signed, P-256
     * @param accepted owns each connection it gets; called on a thread that may block
     * @return closing it ends accepting; connections that were accepted stay
     * @throws IllegalArgumentException if the name is malformed
     * @throws IllegalStateException if the name is registered already
     * @throws IOException if the key or certificate cannot be used, or the endpoint is closed
     */
    Closeable register(String serverName, PrivateKey key, X509Certificate certificate, Consumer<Connection> accepted)
            throws IOException;

    /**
     * Finds out why an address did not answer to {@link #connect}. Blocks.
     *
     * @param remote where
     * @param timeout how long to wait for an answer in all
     * @return half a sentence for people, with what to do; that nothing is known, unless an endpoint knows better
     * @throws IOException if it can not be tried
     */
    default String diagnose(InetSocketAddress remote, Duration timeout) throws IOException {
        return "no answer";
    }

    /**
     * Dials a peer. The connection may exist before the peer has looked at our certificate; a refusal ends it a round
     * trip later.
     *
     * @param remote where
     * @param serverName which of the certificates there, see {@link #register}
     * @param key of our certificate
     * @param certificate ours, self-signed, P-256
     * @param pinnedFingerprint SHA-256 of the only certificate to accept; null for any
     * @param timeout for the whole of it, at least a millisecond
     * @return the connection
     * @throws java.net.SocketTimeoutException if nobody answered in time
     * @throws ConnectionLostException if the peer refused
     * @throws java.io.InterruptedIOException if the thread was interrupted; its interrupt flag stays set
     * @throws IOException if the peer's certificate is not acceptable or not the pinned one, or the endpoint is closed
     */
    Connection connect(
            InetSocketAddress remote,
            String serverName,
            PrivateKey key,
            X509Certificate certificate,
            byte @Nullable [] pinnedFingerprint,
            Duration timeout)
            throws IOException;

    /**
     * Tells whether {@link #connectByTcp} can work.
     *
     * @return whether this endpoint knows TCP at all
     */
    default boolean hasTcp() {
        return false;
    }

    /**
     * Dials a peer as {@link #connect} does, over a TCP connection to the port of its number: where UDP does not get through, and between machines of one network, where it
     * is faster.
     *
     * @param remote where
     * @param serverName which of the certificates there, see {@link #register}
     * @param key of our certificate
     * @param certificate ours, self-signed, P-256
     * @param pinnedFingerprint SHA-256 of the only certificate to accept; null for any
     * @param timeout for the whole of it, at least a millisecond
     * @return the connection
     * @throws java.net.SocketTimeoutException if nobody answered in time
     * @throws java.net.ConnectException if nothing listens there, or no packet gets there
     * @throws ConnectionLostException if the peer refused, or whoever listens there is none
     * @throws java.io.InterruptedIOException if the thread was interrupted; its interrupt flag stays set
     * @throws IOException if the peer's certificate is not acceptable or not the pinned one, or the endpoint is closed or knows no TCP
     */
    default Connection connectByTcp(
            InetSocketAddress remote,
            String serverName,
            PrivateKey key,
            X509Certificate certificate,
            byte @Nullable [] pinnedFingerprint,
            Duration timeout)
            throws IOException {
        throw new IOException("this endpoint does not dial by TCP");
    }

    /**
     * Sends a small packet that says nothing but its token, so that a NAT or firewall on the way lets answers in, and so that who expects the token learns from where
     * this endpoint is seen.
     *
     * @param remote where to
     * @param token 12 bytes
     */
    default void probe(InetSocketAddress remote, byte[] token) {}

    /**
     * Expects probes.
     *
     * @param token that they carry, 12 bytes
     * @param from told where each came from, on a thread that may block; at most a few times a second
     * @return closing it ends that
     */
    default Closeable onProbe(byte[] token, Consumer<InetSocketAddress> from) {
        return () -> {};
    }

    /**
     * Opens many sockets beside the endpoint's own, sends a probe to a peer from each, and waits for one of the peer's at any of them. The socket that hears one
     * carries what goes to that peer from then on, as long as there is a connection to it; all others are closed at once. Blocks until the sockets are open.
     *
     * @param remote where the peer is
     * @param token what probes to it carry
     * @param expected what its probes carry
     * @param sockets how many, at most; fewer where the system gives no more
     * @param through told the peer's address once a socket has heard it, where it may block
     * @return closing it closes those that have heard nothing
     * @throws IOException if no socket can be opened, or the endpoint can not do that
     */
    default Closeable spread(
            InetSocketAddress remote, byte[] token, byte[] expected, int sockets, Consumer<InetSocketAddress> through)
            throws IOException {
        throw new IOException("this endpoint has one socket alone");
    }

    /**
     * Asks a STUN server (RFC 8489) from where this endpoint is seen. Blocks.
     *
     * @param server where it is
     * @param timeout how long to wait for its answer
     * @return the address
     * @throws IOException if no answer came
     */
    default InetSocketAddress observedBy(InetSocketAddress server, Duration timeout) throws IOException {
        throw new IOException("this endpoint can not ask");
    }

    /**
     * Adds a way to a peer that the endpoint's own socket does not reach.
     *
     * @param source stands for where the peer comes from, as far as the carrier knows: limits of a source count by it
     * @param carrier takes packets there
     * @return where the peer's packets are handed in, and at which address it is dialled; closed by the caller
     * @throws IOException if the endpoint is closed, or can not do that
     */
    default PacketRoute route(int source, PacketCarrier carrier) throws IOException {
        throw new IOException("this endpoint reaches peers by its own socket alone");
    }

    /**
     * Tells where it is bound.
     *
     * @return the address; its port is the real one where any was asked for
     */
    InetSocketAddress localAddress();

    /** Tells every peer, and ends. Idempotent. */
    @Override
    void close();
}
