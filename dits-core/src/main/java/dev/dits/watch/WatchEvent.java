package dev.dits.watch;

import dev.dits.repo.CommitResult;

/** Something that a {@link Watcher} did or met. */
public sealed interface WatchEvent {
    /** What may be in a watcher's way. */
    enum Trouble {
        /**
         * The file system does not tell of all directories, because the system's limit is reached or it can not. What it does not tell is found by looking at everything, now and then: later, and
         * at a price.
         */
        EVENTS_INCOMPLETE,

        /** Something can not be read. The rest is committed, and this as soon as it can be. */
        UNREADABLE,

        /** Nothing can be committed, as when the disk is full. It is tried again, later and later up to a minute. */
        NOT_COMMITTED,

        /** The directory is gone. It goes on where the very same directory comes back. */
        TREE_MISSING
    }

    /**
     * Changes were committed.
     *
     * @param commit what was made
     * @param message what it says
     */
    record Committed(CommitResult commit, String message) implements WatchEvent {}

    /**
     * Something is in the way. Told once, and again when the reason is another one.
     *
     * @param trouble what kind of thing
     * @param reason what it is and what to do, for people
     */
    record Problem(Trouble trouble, String reason) implements WatchEvent {}

    /**
     * What was in the way is not any more.
     *
     * @param trouble what it was
     */
    record Resolved(Trouble trouble) implements WatchEvent {}
}
