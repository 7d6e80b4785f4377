package dev.dits;

import dev.dits.object.ObjectId;
import dev.dits.object.SignerKey;
import dev.dits.repo.ConflictCopy;
import dev.dits.watch.WatchEvent;
import java.time.Duration;
import java.util.List;

/** Something that happened on a share or a mount. Names that came from a peer are escaped for display. */
public sealed interface DitsEvent {
    /**
     * A peer joined the share.
     *
     * @param peer what it calls itself
     * @param address where it is connected from
     */
    record PeerJoined(String peer, String address) implements DitsEvent {}

    /**
     * A peer's last connection ended.
     *
     * @param peer what it calls itself
     */
    record PeerLeft(String peer) implements DitsEvent {}

    /**
     * Somebody tried to join and was refused.
     *
     * @param address where from
     * @param reason why, without anything secret
     */
    record JoinRefused(String address, String reason) implements DitsEvent {}

    /**
     * Too many wrong codes were tried, and a code of the share lets nobody in any more. Those who have joined, and tickets, do not depend on it.
     * {@link Share#rearm} makes a new code in place of the share's own; another one is withdrawn and invited anew.
     *
     * @param invite id of the code, as {@link Share#invites} lists it
     */
    record CodeLocked(String invite) implements DitsEvent {}

    /**
     * The share has a new join code, because it was re-armed from this or another process; {@link Share#joinCode} tells it.
     *
     * @param invite id of the new code, as {@link Share#invites} lists it
     */
    record CodeChanged(String invite) implements DitsEvent {}

    /**
     * A peer that has joined asked for what it may not have, and got nothing.
     *
     * @param peer what it calls itself
     * @param reason what was refused, as the peer was told
     */
    record RequestRefused(String peer, String reason) implements DitsEvent {}

    /**
     * The clock of a peer and the one of this machine differ by more than five minutes. Nothing is wrong yet; but codes, tickets and access that
     * expire do so by the share's clock.
     *
     * @param peer what it calls itself
     * @param ahead by how much its clock is ahead; negative where it is behind
     */
    record ClockSkew(String peer, Duration ahead) implements DitsEvent {}

    /**
     * A branch moved.
     *
     * @param branch which
     * @param commit where to
     * @param peer who pushed it; empty where it moved on this side
     */
    record BranchMoved(String branch, ObjectId commit, String peer) implements DitsEvent {}

    /**
     * The share took what this mount pushed.
     *
     * @param branch which
     * @param commit where it is on both sides now
     */
    record Pushed(String branch, ObjectId commit) implements DitsEvent {}

    /**
     * Both sides had gone on, and this mount brought them together by file; the share gets the merge where it lets this mount push.
     *
     * @param branch which
     * @param commit the merge
     * @param copies files that both sides had changed: both versions are there
     */
    record Merged(String branch, ObjectId commit, List<ConflictCopy> copies) implements DitsEvent {
        /** Copies the list. */
        public Merged {
            copies = List.copyOf(copies);
        }
    }

    /**
     * The working tree followed its branch.
     *
     * @param commit where it stands now
     * @param refused paths that were not written, each with the reason
     */
    record TreeMoved(ObjectId commit, List<String> refused) implements DitsEvent {
        /** Copies the list. */
        public TreeMoved {
            refused = List.copyOf(refused);
        }
    }

    /**
     * The working tree does not follow its branch, because changes that are in no commit are in the way; nothing was overwritten. Told again when it is about other
     * paths. It goes on by itself once they are committed or taken back.
     *
     * @param branch which
     * @param paths where the changes are, escaped for display; the first thousand
     */
    record Lagging(String branch, List<String> paths) implements DitsEvent {
        /** Copies the list. */
        public Lagging {
            paths = List.copyOf(paths);
        }
    }

    /**
     * Something could not be brought in step. It is tried again by itself when something changes, and after a while; told again when the reason is another
     * one.
     *
     * @param branch which; empty where it is about none
     * @param reason why, for people
     */
    record SyncProblem(String branch, String reason) implements DitsEvent {}

    /** A mount and its share have come to be in step: neither lacks a commit of the other, and the working tree stands on its branch. */
    record InStep() implements DitsEvent {}

    /**
     * A commit came in that is signed in the name of somebody who is known here by another key. It may be another device of the same person, or
     * somebody else: {@link dev.dits.repo.Signers#trust} tells which.
     *
     * @param author the name
     * @param key the key that is new for it
     * @param commit the commit or tag it was seen on
     */
    record NewKey(String author, SignerKey key, ObjectId commit) implements DitsEvent {}

    /**
     * What had changed in the working tree was committed by itself.
     *
     * @param commit what was made
     * @param message what it says
     */
    record AutoCommitted(ObjectId commit, String message) implements DitsEvent {}

    /**
     * Something keeps changes of the working tree from being committed by themselves. Told once, and again when the reason is another one; {@link WatchResolved} tells of its end.
     *
     * @param trouble what kind of thing
     * @param reason what it is and what to do, for people
     */
    record WatchProblem(WatchEvent.Trouble trouble, String reason) implements DitsEvent {}

    /**
     * What kept changes from being committed by themselves is over.
     *
     * @param trouble what it was
     */
    record WatchResolved(WatchEvent.Trouble trouble) implements DitsEvent {}

    /** The mount lost its last connection; it reconnects by itself. */
    record Disconnected() implements DitsEvent {}

    /**
     * The mount has a connection again.
     *
     * @param address where to
     */
    record Connected(String address) implements DitsEvent {}
}
