package dev.dits.repo;

import dev.dits.object.ObjectId;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A set of ids that only grows: 32 bytes an id in open addressing, for the millions that a mark phase meets.
 *
 * <p>The slot is keyed. What a peer promises it may name by any 32 bytes, and even ids of real content that fall into one row of a table are soon
 * found.
 *
 * <p>Not safe for use by several threads.
 */
final class IdSet extends AbstractSet<ObjectId> {
    private static final int WORDS = 4;

    private final long key = ThreadLocalRandom.current().nextLong();
    private long[] slots = new long[WORDS << 10];
    private int size;
    private boolean hasZero;
    private long probes;

    @Override
    public boolean add(ObjectId id) {
        if (isZero(id)) {
            // All zeros marks an empty slot; no content is known that hashes to it.
            boolean added = !hasZero;
            hasZero = true;
            return added;
        }
        if ((size + 1) * 3L > slots.length / WORDS * 2L) {
            grow();
        }
        int slot = find(slots, id);
        if (slots[slot] != 0 || slots[slot + 1] != 0 || slots[slot + 2] != 0 || slots[slot + 3] != 0) {
            return false;
        }
        put(slots, slot, id);
        size++;
        return true;
    }

    @Override
    public boolean contains(@Nullable Object other) {
        if (!(other instanceof ObjectId id)) {
            return false;
        }
        if (isZero(id)) {
            return hasZero;
        }
        int slot = find(slots, id);
        return slots[slot] != 0 || slots[slot + 1] != 0 || slots[slot + 2] != 0 || slots[slot + 3] != 0;
    }

    private static boolean isZero(ObjectId id) {
        return id.word(0) == 0 && id.word(1) == 0 && id.word(2) == 0 && id.word(3) == 0;
    }

    private static void put(long[] slots, int slot, ObjectId id) {
        for (int i = 0; i < WORDS; i++) {
            slots[slot + i] = id.word(i);
        }
    }

    /** The slot that holds the id, or the empty one where it belongs. */
    private int find(long[] slots, ObjectId id) {
        int count = slots.length / WORDS;
        int index = (int) Long.remainderUnsigned(mix(id), count);
        while (true) {
            probes++;
            int slot = index * WORDS;
            boolean empty = slots[slot] == 0 && slots[slot + 1] == 0 && slots[slot + 2] == 0 && slots[slot + 3] == 0;
            boolean same = slots[slot] == id.word(0)
                    && slots[slot + 1] == id.word(1)
                    && slots[slot + 2] == id.word(2)
                    && slots[slot + 3] == id.word(3);
            if (empty || same) {
                return slot;
            }
            index = index + 1 == count ? 0 : index + 1;
        }
    }

    private long mix(ObjectId id) {
        long hash = key;
        for (int i = 0; i < WORDS; i++) {
            // Each word's product depends on the key and on all words before it.
            long x = hash ^ id.word(i);
            hash = Math.multiplyHigh(x, 0x9E3779B97F4A7C15L) ^ (x * 0x9E3779B97F4A7C15L) ^ Long.rotateLeft(hash, 23);
        }
        return hash ^ hash >>> 32;
    }

    /** Slots looked at so far. */
    long probes() {
        return probes;
    }

    private void grow() {
        long[] larger = new long[Math.multiplyExact(slots.length, 2)];
        for (int slot = 0; slot < slots.length; slot += WORDS) {
            ObjectId id = ObjectId.ofWords(slots[slot], slots[slot + 1], slots[slot + 2], slots[slot + 3]);
            if (!isZero(id)) {
                put(larger, find(larger, id), id);
            }
        }
        slots = larger;
    }

    @Override
    public Iterator<ObjectId> iterator() {
        throw new UnsupportedOperationException("only asked whether it holds an id");
    }

    @Override
    public int size() {
        return size + (hasZero ? 1 : 0);
    }
}
