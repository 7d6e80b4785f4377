package dev.dits.session;

/** Learns what happens to a session. Called in order, on one thread at a time, and may take its time. */
public interface SessionListener {
    /** The peer's references moved. */
    default void refsChanged() {}

    /** The last connection was lost; the session waits for another one. */
    default void disconnected() {}

    /**
     * There is a connection again.
     *
     * @param address where to
     */
    default void connected(String address) {}

    /**
     * The session has ended for good.
     *
     * @param reason why, for people
     */
    default void closed(String reason) {}
}
