package dev.dits.discovery;

import java.io.Closeable;
import java.util.function.Consumer;

/**
 * A way to find peers.
 *
 * <p>Safe for use by any number of threads. Closing ends all announcements and searches, and is idempotent.
 *
 * <h2>Security guarantees</h2>
 *
 * None about who answers: a candidate is a hint. Implementations reveal a tag to whoever they ask, so a tag is derived
 * from public values only, never from a secret.
 */
public interface PeerDiscovery extends AutoCloseable {

    /** Bytes of a tag. */
    int TAG_BYTES = 8;

    /**
     * Lets this node be found.
     *
     * @param tag {@value #TAG_BYTES} bytes, public
     * @param port where this node accepts connections, 1 to 65535
     * @return closing it ends the announcement
     * @throws IllegalArgumentException if tag or port are malformed
     * @throws IllegalStateException if the discovery is closed
     */
    Closeable announce(byte[] tag, int port);

    /**
     * Lets this node be found, and nobody else by the same tag, where somebody keeps tags apart: a tracker does, a local network does not. May block for some
     * seconds.
     *
     * @param tag {@value #TAG_BYTES} bytes, public
     * @param port where this node accepts connections, 1 to 65535
     * @return closing it ends the announcement
     * @throws TagTakenException if somebody else has it
     * @throws IllegalArgumentException if tag or port are malformed
     * @throws IllegalStateException if the discovery is closed
     */
    default Closeable announceAlone(byte[] tag, int port) throws TagTakenException {
        return announce(tag, port);
    }

    /**
     * Tells whether this node is found by a tag beyond the local network now.
     *
     * @param tag of an announcement of this node
     * @return whether a tracker keeps it for this node
     */
    default boolean isKnownAfar(byte[] tag) {
        return false;
    }

    /**
     * Searches until told to stop.
     *
     * @param tag {@value #TAG_BYTES} bytes, public
     * @param found called for each new candidate, one at a time, on a thread that may be blocked for a while
     * @return closing it ends the search; a call that is under way may still come to its end
     * @throws IllegalArgumentException if the tag is malformed
     * @throws IllegalStateException if the discovery is closed
     */
    Closeable search(byte[] tag, Consumer<Candidate> found);

    /**
     * Searches as {@link #search(byte[], Consumer)}, and says what went wrong.
     *
     * @param tag {@value #TAG_BYTES} bytes, public
     * @param found called for each new candidate
     * @param failed called with a few words for people, each time something fails; does not block
     * @return closing it ends the search
     */
    default Closeable search(byte[] tag, Consumer<Candidate> found, Consumer<String> failed) {
        return search(tag, found);
    }

    /**
     * Says what it searches, for the message that nothing was found.
     *
     * @return a few words for people
     */
    default String describe() {
        return "discovery";
    }

    @Override
    void close();
}
