package dev.dits.tracker;

/** What changed at a tracker. */
public sealed interface TrackerEvent {
    /**
     * A peer registered.
     *
     * @param peer it
     */
    record PeerJoined(TrackedPeer peer) implements TrackerEvent {}

    /**
     * A peer went online or offline, or is elsewhere.
     *
     * @param peer it, as it is now
     */
    record PeerUpdated(TrackedPeer peer) implements TrackerEvent {}

    /**
     * A peer said goodbye, or was forgotten.
     *
     * @param id which
     */
    record PeerLeft(String id) implements TrackerEvent {}

    /**
     * A file was announced for the first time.
     *
     * @param file it
     */
    record FileAdded(TrackedFile file) implements TrackerEvent {}

    /**
     * Nobody has a file any more.
     *
     * @param hash which
     */
    record FileRemoved(String hash) implements TrackerEvent {}
}
