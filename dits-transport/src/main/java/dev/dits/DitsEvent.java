package dev.dits;

import dev.dits.object.ObjectId;
import java.time.Duration;

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

    /** The mount lost its last connection; it reconnects by itself. */
    record Disconnected() implements DitsEvent {}

    /**
     * The mount has a connection again.
     *
     * @param address where to
     */
    record Connected(String address) implements DitsEvent {}
}
