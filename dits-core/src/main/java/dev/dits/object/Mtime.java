package dev.dits.object;

import java.time.Instant;

/**
 * When a file was last modified.
 *
 * @param seconds since 1970-01-01T00:00Z, within +-2^61
 * @param nanos 0 to 999,999,999, later than the second
 */
public record Mtime(long seconds, int nanos) implements Comparable<Mtime> {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if one does not hold
     */
    public Mtime {
        if (seconds < -ObjectLimits.SECONDS_MAX || seconds > ObjectLimits.SECONDS_MAX) {
            throw new IllegalArgumentException("seconds are beyond 2^61: " + seconds);
        }
        if (nanos < 0 || nanos > ObjectLimits.NANOS_MAX) {
            throw new IllegalArgumentException("nanoseconds are not 0 to 999,999,999: " + nanos);
        }
    }

    /**
     * Converts an instant.
     *
     * @param instant any
     * @return the same time
     */
    public static Mtime of(Instant instant) {
        return new Mtime(instant.getEpochSecond(), instant.getNano());
    }

    /**
     * Converts to an instant.
     *
     * @return the same time, or the nearest that an instant can hold
     */
    public Instant toInstant() {
        if (seconds < Instant.MIN.getEpochSecond()) {
            return Instant.MIN;
        }
        return seconds > Instant.MAX.getEpochSecond() ? Instant.MAX : Instant.ofEpochSecond(seconds, nanos);
    }

    static Mtime read(ByteReader in) throws dev.dits.error.CorruptObjectException {
        long seconds = in.svarint();
        return new Mtime(seconds, (int) in.varint(0, ObjectLimits.NANOS_MAX, "nanoseconds"));
    }

    void writeTo(ByteWriter out) {
        out.svarint(seconds).varint(nanos);
    }

    @Override
    public int compareTo(Mtime other) {
        int order = Long.compare(seconds, other.seconds);
        return order != 0 ? order : Integer.compare(nanos, other.nanos);
    }
}
