package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import java.time.Instant;

/**
 * When a commit or tag was made, and how far the maker's clock stood from UTC.
 *
 * @param seconds since 1970-01-01T00:00Z, within +-2^61
 * @param nanos 0 to 999,999,999, later than the second
 * @param offsetMinutes local time minus UTC, -1,080 to 1,080
 */
public record CommitTime(long seconds, int nanos, int offsetMinutes) {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if one does not hold
     */
    public CommitTime {
        new Mtime(seconds, nanos);
        if (offsetMinutes < -ObjectLimits.OFFSET_MINUTES_MAX || offsetMinutes > ObjectLimits.OFFSET_MINUTES_MAX) {
            throw new IllegalArgumentException("the offset from UTC is beyond 1,080 minutes: " + offsetMinutes);
        }
    }

    /**
     * Converts an instant.
     *
     * @param instant any
     * @param offsetMinutes local time minus UTC, -1,080 to 1,080
     * @return the same time
     */
    public static CommitTime of(Instant instant, int offsetMinutes) {
        return new CommitTime(instant.getEpochSecond(), instant.getNano(), offsetMinutes);
    }

    /**
     * Converts to an instant.
     *
     * @return the same time, or the nearest that an instant can hold
     */
    public Instant toInstant() {
        return new Mtime(seconds, nanos).toInstant();
    }

    static CommitTime read(ByteReader in) throws CorruptObjectException {
        Mtime time = Mtime.read(in);
        long offset = in.svarint();
        if (offset < -ObjectLimits.OFFSET_MINUTES_MAX || offset > ObjectLimits.OFFSET_MINUTES_MAX) {
            throw new CorruptObjectException("the offset from UTC is beyond 1,080 minutes: " + offset);
        }
        return new CommitTime(time.seconds(), time.nanos(), (int) offset);
    }

    void writeTo(ByteWriter out) {
        out.svarint(seconds).varint(nanos).svarint(offsetMinutes);
    }
}
