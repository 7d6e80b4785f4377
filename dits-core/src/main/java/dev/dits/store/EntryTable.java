package dev.dits.store;

import dev.dits.object.ObjectId;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Entries not yet in a run, by id: open addressing in one array of longs, seven for each slot. Not for use by several threads at once.
 *
 * <p>The hash is keyed: a peer chooses the content, and could otherwise grind ids that fall into one row.
 */
final class EntryTable {
    private static final int WORDS = 7;
    private static final int SLOTS_MIN = 64;
    // Enough for the slots of a table of a million entries; the bits of the first word above them order the keys.
    private static final int SLOT_BITS = 22;

    private final long keyA;
    private final long keyB;
    private long[] slots = new long[SLOTS_MIN * WORDS];
    private int mask = SLOTS_MIN - 1;
    private int size;

    EntryTable() {
        SplittableRandom random =
                new SplittableRandom(ThreadLocalRandom.current().nextLong());
        keyA = random.nextLong();
        keyB = random.nextLong();
    }

    int size() {
        return size;
    }

    private int slot(long a, long b, long c, long d) {
        long x = a ^ keyA;
        long y = b ^ Long.rotateLeft(c, 21) ^ Long.rotateLeft(d, 42) ^ keyB;
        return (int) (Math.multiplyHigh(x, y) ^ (x * y)) & mask;
    }

    /** Adds an entry; the id must not be there. */
    void add(Entry entry) {
        if ((size + 1) * 3L > (mask + 1) * 2L) {
            grow();
        }
        int at = slot(entry.a, entry.b, entry.c, entry.d);
        while (slots[at * WORDS + 6] != 0) {
            at = (at + 1) & mask;
        }
        int base = at * WORDS;
        slots[base] = entry.a;
        slots[base + 1] = entry.b;
        slots[base + 2] = entry.c;
        slots[base + 3] = entry.d;
        slots[base + 4] = entry.pack;
        slots[base + 5] = entry.offset << 32 | entry.stored;
        slots[base + 6] = (long) entry.type << 32 | entry.plain; // never zero: a record holds at least one byte
        size++;
    }

    private void load(int base, Entry into) {
        into.a = slots[base];
        into.b = slots[base + 1];
        into.c = slots[base + 2];
        into.d = slots[base + 3];
        into.pack = slots[base + 4];
        into.offset = slots[base + 5] >>> 32;
        into.stored = (int) slots[base + 5];
        into.type = (int) (slots[base + 6] >>> 32);
        into.plain = (int) slots[base + 6];
    }

    private void grow() {
        long[] old = slots;
        int slotsNow = (mask + 1) * 2;
        slots = new long[Math.multiplyExact(slotsNow, WORDS)];
        mask = slotsNow - 1;
        size = 0;
        addAllOf(old);
    }

    private void addAllOf(long[] from) {
        Entry entry = new Entry();
        for (int base = 0; base < from.length; base += WORDS) {
            if (from[base + 6] != 0) {
                entry.a = from[base];
                entry.b = from[base + 1];
                entry.c = from[base + 2];
                entry.d = from[base + 3];
                entry.pack = from[base + 4];
                entry.offset = from[base + 5] >>> 32;
                entry.stored = (int) from[base + 5];
                entry.type = (int) (from[base + 6] >>> 32);
                entry.plain = (int) from[base + 6];
                add(entry);
            }
        }
    }

    void addAll(EntryTable other) {
        addAllOf(other.slots);
    }

    @Nullable
    Entry find(ObjectId id) {
        long a = id.word(0);
        long b = id.word(1);
        long c = id.word(2);
        long d = id.word(3);
        for (int at = slot(a, b, c, d); slots[at * WORDS + 6] != 0; at = (at + 1) & mask) {
            int base = at * WORDS;
            if (slots[base] == a && slots[base + 1] == b && slots[base + 2] == c && slots[base + 3] == d) {
                Entry found = new Entry();
                load(base, found);
                return found;
            }
        }
        return null;
    }

    /** Walks all entries in order. The table must not change meanwhile. */
    EntryCursor sorted() {
        // Sorted by the first 64 bits as plain longs; ties, which only a peer can make, are put right afterwards.
        long[] keys = new long[size];
        int[] order = new int[size];
        int n = 0;
        for (int base = 0; base < slots.length; base += WORDS) {
            if (slots[base + 6] != 0) {
                keys[n++] = ((slots[base] & -1L << SLOT_BITS) ^ Long.MIN_VALUE) | base / WORDS;
            }
        }
        Arrays.sort(keys);
        for (int i = 0; i < n; i++) {
            order[i] = (int) (keys[i] & ((1L << SLOT_BITS) - 1)) * WORDS;
        }
        settleTies(order);
        int[] next = {0};
        return into -> {
            if (next[0] == order.length) {
                return false;
            }
            load(order[next[0]++], into);
            return true;
        };
    }

    private void settleTies(int[] order) {
        int start = 0;
        while (start < order.length) {
            int end = start + 1;
            long prefix = slots[order[start]] >>> SLOT_BITS;
            while (end < order.length && slots[order[end]] >>> SLOT_BITS == prefix) {
                end++;
            }
            if (end - start > 1) {
                Integer[] tied = new Integer[end - start];
                for (int i = 0; i < tied.length; i++) {
                    tied[i] = order[start + i];
                }
                Arrays.sort(tied, this::compareSlots);
                for (int i = 0; i < tied.length; i++) {
                    order[start + i] = tied[i];
                }
            }
            start = end;
        }
    }

    private int compareSlots(int left, int right) {
        for (int word = 0; word < 4; word++) {
            int order = Long.compareUnsigned(slots[left + word], slots[right + word]);
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }
}
