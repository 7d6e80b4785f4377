package dev.dits.net;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A mutually authenticated connection to one peer, carrying many concurrent streams.
 *
 * <p>Safe for use by any number of threads. Closing is idempotent and does not wait.
 */
public interface Connection extends AutoCloseable {

    /**
     * Tells which certificate this end showed.
     *
     * @return SHA-256 of its DER, 32 bytes
     */
    byte[] localFingerprint();

    /**
     * Tells which certificate the peer showed, and holds the key of.
     *
     * @return SHA-256 of its DER, 32 bytes
     */
    byte[] peerFingerprint();

    /**
     * Tells by which name the client chose the certificate.
     *
     * @return the server name
     */
    String serverName();

    /**
     * Tells where the peer was last heard from.
     *
     * @return its address, which may change while the connection lives
     */
    InetSocketAddress remoteAddress();

    /**
     * Tells what carries its packets.
     *
     * @return always the same of one connection
     */
    default Way way() {
        return CarriedAddress.is(remoteAddress()) ? Way.RELAY : Way.UDP;
    }

    /**
     * Tells whether it can be used.
     *
     * @return false once it has ended, from whichever side
     */
    boolean isOpen();

    /**
     * Tells when and why it ends.
     *
     * @return completes, always normally, when the connection has ended; dependents run where they may block
     */
    CompletableFuture<CloseReason> closed();

    /**
     * Opens a bidirectional stream, and waits while the peer allows no more of them. The peer hears of it with the
     * first bytes written and flushed.
     *
     * @return the stream
     * @throws ConnectionLostException if the connection has ended
     * @throws java.io.InterruptedIOException if the thread was interrupted; its interrupt flag stays set
     * @throws IOException if it fails otherwise
     */
    ByteStream openStream() throws IOException;

    /**
     * Takes the streams that the peer opens, each on a thread that may block; those that came before wait until then.
     *
     * @param handler owns each stream it gets and must close it
     */
    void onStream(Consumer<ByteStream> handler);

    /**
     * Ends the connection and all its streams. Bytes on their way may be lost; whoever needs them to arrive waits for
     * the peer's answer first.
     *
     * @param errorCode of the application, 0 to 2^31-1
     * @param text sent along, ASCII, cut at {@link CloseReason#TEXT_BYTES_MAX}
     */
    void close(long errorCode, String text);

    /** {@link #close(long, String)} with code 0. */
    @Override
    void close();
}
