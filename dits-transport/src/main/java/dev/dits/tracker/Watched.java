package dev.dits.tracker;

/** A connection that ends by time. */
interface Watched {
    /**
     * Ends what is over, and asks for a sign of life where one is due. Called once a second, on any thread.
     *
     * @param nowNanos of the tracker's monotonic clock
     */
    void sweep(long nowNanos);

    /** Ends it now, since the tracker ends. */
    void shutDown();
}
