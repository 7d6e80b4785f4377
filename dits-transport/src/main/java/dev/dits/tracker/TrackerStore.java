package dev.dits.tracker;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a tracker knows of peers and files. {@link #inMemory} keeps it for one tracker; another implementation may share it between several. Neither tags nor packets of
 * the relay pass through it: they belong to the connections of one tracker.
 *
 * <p>Everything is answered by a stage, so that an implementation may ask over a network; none of the methods blocks. Safe for use by several threads. Owner tokens come as
 * digests only, to be compared in constant time.
 */
public interface TrackerStore extends AutoCloseable {
    /** What became of a request that changes something. */
    enum Outcome {
        /** Something is new. */
        CREATED,
        /** Something is renewed, or gone as asked. */
        DONE,
        /** There is no such peer. */
        UNKNOWN,
        /** The token is not the owner's. */
        NOT_OWNER,
        /** It contradicts what others announced. */
        CONFLICT,
        /** A limit is reached; what is there stays. */
        FULL
    }

    /**
     * A file with those who have it.
     *
     * @param file it
     * @param holders who has how much of it
     */
    record FileHolders(TrackedFile file, List<Holder> holders) {}

    /**
     * Somebody who has a file, or a part of it.
     *
     * @param peer who
     * @param chunksAvailable indices of the chunks it has, ascending; null for all
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Holder(TrackedPeer peer, int @Nullable [] chunksAvailable) {
        /** Whether it has all of the file. */
        boolean isSeeder() {
            return chunksAvailable == null;
        }
    }

    /**
     * A file and how many have it.
     *
     * @param file it
     * @param seeders who have all of it, and are online
     * @param leechers who have a part of it, and are online
     */
    record FileCount(TrackedFile file, int seeders, int leechers) {}

    /**
     * Counts.
     *
     * @param peers registered
     * @param peersOnline of them, those with a recent sign of life
     * @param files announced
     */
    record Counts(int peers, int peersOnline, int files) {}

    /**
     * A store in the memory of this process, for one tracker.
     *
     * @param limits how much it takes
     * @return an empty store
     */
    static TrackerStore inMemory(TrackerLimits limits) {
        return new MemoryStore(limits, Clocks.system());
    }

    /**
     * Registers a peer, or registers it again.
     *
     * @param peer who; its time of life is now
     * @param newToken digest of the token that owns it from now on
     * @param oldToken digest of the token that the caller says owned it; empty if it says none
     * @param source stands for where it comes from, for a limit
     * @return {@code CREATED}, {@code DONE}, {@code NOT_OWNER} while another peer of that id is online, {@code FULL}
     */
    CompletionStage<Outcome> register(TrackedPeer peer, byte[] newToken, byte[] oldToken, String source);

    /**
     * Takes a sign of life.
     *
     * @param id who
     * @param token digest of its token
     * @param files what it has: announced files that are not among them it has no more; empty for no change
     * @return {@code DONE}, {@code UNKNOWN}, {@code NOT_OWNER}
     */
    CompletionStage<Outcome> heartbeat(String id, byte[] token, Optional<Set<String>> files);

    /**
     * Forgets a peer, and what only it had.
     *
     * @param id who
     * @param token digest of its token
     * @return {@code DONE}, {@code UNKNOWN}, {@code NOT_OWNER}
     */
    CompletionStage<Outcome> remove(String id, byte[] token);

    /**
     * Notes that a peer has a file.
     *
     * @param id who
     * @param token digest of its token
     * @param file what
     * @param chunksAvailable indices of the chunks it has, ascending; empty if it has all
     * @return {@code CREATED}, {@code DONE}, {@code UNKNOWN}, {@code NOT_OWNER}, {@code CONFLICT}, {@code FULL}
     */
    CompletionStage<Outcome> announce(String id, byte[] token, TrackedFile file, Optional<int[]> chunksAvailable);

    /**
     * Tells whether a token owns a peer.
     *
     * @param id who
     * @param token digest of a token
     * @return whether it does
     */
    CompletionStage<Boolean> owns(String id, byte[] token);

    /**
     * Lists files, by hash.
     *
     * @param after hash behind which to begin; empty for the first
     * @param max how many at most
     * @return files and who has them
     */
    CompletionStage<List<FileCount>> files(String after, int max);

    /**
     * Finds a file.
     *
     * @param hash which
     * @return it, and who has it, if anybody
     */
    CompletionStage<Optional<FileHolders>> file(String hash);

    /**
     * Lists peers, those heard of last first.
     *
     * @param max how many at most
     * @return peers
     */
    CompletionStage<List<TrackedPeer>> peers(int max);

    /**
     * Counts.
     *
     * @return counts
     */
    CompletionStage<Counts> counts();

    /**
     * Has somebody told of every change from now on, on some thread, quickly.
     *
     * @param listener told
     */
    void onEvent(Consumer<TrackerEvent> listener);

    /** Lets go of what is over by time. Called once a second. */
    void expire();

    @Override
    void close();
}
