package dev.dits.cache;

import dev.dits.disk.Disk;
import dev.dits.disk.MappedHint;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Path;

/**
 * Which chunks were asked for lately, by any process of the node: two Bloom filters in shared memory, of which the older is emptied now and then.
 *
 * <p>Only a hint. Several processes change it without a lock; a lost bit or a false positive costs one chunk its stay or its eviction.
 */
final class RecencyFilter {
    static final String FILE = "recency";

    private static final int HALF_BYTES = 1 << 19; // for 160,000 chunks (10 GiB) one false positive in a hundred
    private static final int HEADER_BYTES = 64;
    private static final int CURRENT = 0; // u8: which half takes the new ones
    private static final int EVICTED = 8; // u64: bytes evicted since the last turn
    private static final int PROBES = 2;

    private final MappedByteBuffer map;

    RecencyFilter(Disk disk, Path directory) throws IOException {
        map = MappedHint.open(disk, directory.resolve(FILE), HEADER_BYTES + 2 * HALF_BYTES);
    }

    private int half(boolean current) {
        int which = (map.get(CURRENT) & 1) ^ (current ? 0 : 1);
        return HEADER_BYTES + which * HALF_BYTES;
    }

    private static int bit(ObjectId id, int probe) {
        return (int) (id.word(3) >>> (probe * 32)) & (HALF_BYTES * 8 - 1);
    }

    /** Notes that a chunk was asked for. */
    void touch(ObjectId id) {
        int half = half(true);
        for (int probe = 0; probe < PROBES; probe++) {
            int bit = bit(id, probe);
            int at = half + (bit >>> 3);
            byte old = map.get(at);
            byte now = (byte) (old | 1 << (bit & 7));
            if (now != old) { // a write would dirty the page for nothing
                map.put(at, now);
            }
        }
    }

    /** Tells whether a chunk was asked for lately. */
    boolean recent(ObjectId id) {
        return in(half(true), id) || in(half(false), id);
    }

    private boolean in(int half, ObjectId id) {
        for (int probe = 0; probe < PROBES; probe++) {
            int bit = bit(id, probe);
            if ((map.get(half + (bit >>> 3)) & (1 << (bit & 7))) == 0) {
                return false;
            }
        }
        return true;
    }

    /** Notes an eviction; after half a turn of the whole cache the older filter is emptied and becomes the current one. */
    void evicted(long bytes, long turnBytes) {
        long sum = map.getLong(EVICTED) + bytes;
        if (sum < turnBytes / 2) {
            map.putLong(EVICTED, sum);
            return;
        }
        map.putLong(EVICTED, 0);
        int older = half(false);
        for (int at = 0; at < HALF_BYTES; at += Long.BYTES) {
            map.putLong(older + at, 0);
        }
        map.put(CURRENT, (byte) ((map.get(CURRENT) & 1) ^ 1));
    }
}
