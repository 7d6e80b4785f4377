package dev.dits;

import java.time.Duration;
import java.util.Optional;

/**
 * How far a {@link Transfer} has come, at one moment.
 *
 * @param phase what it is doing
 * @param filesDone files and links that stand in the tree, or on the other side, as they should
 * @param filesTotal files and links that the transfer has to look after; 0 until known
 * @param treeBytesDone bytes of those files that are in place, wherever they came from
 * @param treeBytesTotal bytes of all of them; 0 until known
 * @param wireBytes bytes of chunks and tree nodes that crossed the network for it, as sent (compressed)
 * @param reusedBytes bytes of {@code treeBytesDone} that did not have to cross: found in the repository, in the node's
 *     cache or in the file that was replaced
 * @param elapsed time since the start, pauses included
 * @param bytesPerSecond recent speed of {@code treeBytesDone}, smoothed; 0 at the start
 */
public record Progress(
        Phase phase,
        long filesDone,
        long filesTotal,
        long treeBytesDone,
        long treeBytesTotal,
        long wireBytes,
        long reusedBytes,
        Duration elapsed,
        double bytesPerSecond) {
    /** What a transfer is doing. */
    public enum Phase {
        /** Asking the peer what there is. */
        STARTING,
        /** Moving tree nodes and chunks. */
        MOVING,
        /** Paused by {@link Transfer#pause}. */
        PAUSED,
        /** Making the result durable. */
        FINISHING,
        /** Ended: done, failed or cancelled. */
        ENDED
    }

    /**
     * Estimates the time left from the recent speed.
     *
     * @return the estimate; empty while there is nothing to base one on
     */
    public Optional<Duration> remaining() {
        if (bytesPerSecond < 1 || treeBytesTotal == 0) {
            return Optional.empty();
        }
        return Optional.of(Duration.ofMillis((long) ((treeBytesTotal - treeBytesDone) * 1000.0 / bytesPerSecond)));
    }
}
