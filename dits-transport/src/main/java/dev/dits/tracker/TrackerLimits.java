package dev.dits.tracker;

/**
 * How much a tracker takes in all and from one source, which is an IPv4 address or an IPv6 /64. What is beyond is refused; what is there stays.
 *
 * @param connectionsMax open connections
 * @param connectionsPerSourceMax open connections of a source
 * @param attemptsPerMinute rooms that a source may ask for in a minute, so that nameplates cannot be tried one by one
 * @param tagsMax tags that shares hold
 * @param roomsMax rooms of the relay
 * @param roomsPerSourceMax rooms that a source asked for and that are there
 * @param peersMax registered peers
 * @param peersPerSourceMax registered peers of a source
 * @param filesMax announced files
 * @param filesPerPeerMax announced files of a peer
 * @param storeBytesMax what the lists of all announced chunks take in memory
 */
public record TrackerLimits(
        int connectionsMax,
        int connectionsPerSourceMax,
        int attemptsPerMinute,
        int tagsMax,
        int roomsMax,
        int roomsPerSourceMax,
        int peersMax,
        int peersPerSourceMax,
        int filesMax,
        int filesPerPeerMax,
        long storeBytesMax) {
    /** Checks ranges. */
    public TrackerLimits {
        if (connectionsMax < 1
                || connectionsPerSourceMax < 1
                || attemptsPerMinute < 1
                || tagsMax < 1
                || roomsMax < 1
                || roomsPerSourceMax < 1
                || peersMax < 1
                || peersPerSourceMax < 1
                || filesMax < 1
                || filesPerPeerMax < 1
                || storeBytesMax < 1) {
            throw new IllegalArgumentException("a limit is 1 or more");
        }
    }

    /**
     * Returns the defaults.
     *
     * @return limits
     */
    public static TrackerLimits defaults() {
        return new TrackerLimits(25_000, 512, 30, 100_000, 10_000, 64, 50_000, 1_024, 50_000, 4_096, 64L << 20);
    }

    /**
     * Changes how many connections there may be.
     *
     * @param max in all
     * @param perSourceMax of a source
     * @return changed limits
     */
    public TrackerLimits withConnections(int max, int perSourceMax) {
        return new TrackerLimits(
                max,
                perSourceMax,
                attemptsPerMinute,
                tagsMax,
                roomsMax,
                roomsPerSourceMax,
                peersMax,
                peersPerSourceMax,
                filesMax,
                filesPerPeerMax,
                storeBytesMax);
    }

    /**
     * Changes how many rooms a source may ask for in a minute.
     *
     * @param value attempts
     * @return changed limits
     */
    public TrackerLimits withAttemptsPerMinute(int value) {
        return new TrackerLimits(
                connectionsMax,
                connectionsPerSourceMax,
                value,
                tagsMax,
                roomsMax,
                roomsPerSourceMax,
                peersMax,
                peersPerSourceMax,
                filesMax,
                filesPerPeerMax,
                storeBytesMax);
    }

    /**
     * Changes how many tags shares may hold.
     *
     * @param max in all
     * @return changed limits
     */
    public TrackerLimits withTags(int max) {
        return new TrackerLimits(
                connectionsMax,
                connectionsPerSourceMax,
                attemptsPerMinute,
                max,
                roomsMax,
                roomsPerSourceMax,
                peersMax,
                peersPerSourceMax,
                filesMax,
                filesPerPeerMax,
                storeBytesMax);
    }

    /**
     * Changes how many rooms there may be.
     *
     * @param max in all
     * @param perSourceMax that a source asked for
     * @return changed limits
     */
    public TrackerLimits withRooms(int max, int perSourceMax) {
        return new TrackerLimits(
                connectionsMax,
                connectionsPerSourceMax,
                attemptsPerMinute,
                tagsMax,
                max,
                perSourceMax,
                peersMax,
                peersPerSourceMax,
                filesMax,
                filesPerPeerMax,
                storeBytesMax);
    }

    /**
     * Changes how many peers may be registered.
     *
     * @param max in all
     * @param perSourceMax of a source
     * @return changed limits
     */
    public TrackerLimits withPeers(int max, int perSourceMax) {
        return new TrackerLimits(
                connectionsMax,
                connectionsPerSourceMax,
                attemptsPerMinute,
                tagsMax,
                roomsMax,
                roomsPerSourceMax,
                max,
                perSourceMax,
                filesMax,
                filesPerPeerMax,
                storeBytesMax);
    }

    /**
     * Changes how many files may be announced.
     *
     * @param max in all
     * @param perPeerMax of a peer
     * @param bytesMax what the lists of all their chunks take in memory
     * @return changed limits
     */
    public TrackerLimits withFiles(int max, int perPeerMax, long bytesMax) {
        return new TrackerLimits(
                connectionsMax,
                connectionsPerSourceMax,
                attemptsPerMinute,
                tagsMax,
                roomsMax,
                roomsPerSourceMax,
                peersMax,
                peersPerSourceMax,
                max,
                perPeerMax,
                bytesMax);
    }
}
