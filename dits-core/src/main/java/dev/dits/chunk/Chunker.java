package dev.dits.chunk;

import java.util.Objects;

/**
 * Says where content is cut: FastCDC 2020 with normalised chunking at level 1.
 *
 * <p>Cuts depend on the content and the {@link ChunkProfile} alone and equal those of the {@code fastcdc} Rust crate's
 * {@code v2020} module ({@code FastCDC::new}) for the same sizes. A byte inserted into a file moves the cuts around it and
 * leaves the others where they were.
 *
 * <p>Immutable; any number of threads may use one.
 *
 * @see <a href="https://doi.org/10.1109/TPDS.2020.2984632">Xia et al., The Design of Fast Content-Defined Chunking for
 *     Data Deduplication Based Storage Systems, IEEE TPDS 31(9), 2020</a>
 */
public final class Chunker {
    /*
     * The gear hash h = 2h + G[byte] forgets a byte after 64 steps, and no mask looks above bit 47. A cut lies before the
     * byte that makes the masked hash zero. Three tricks of the paper are at work in here: no cut is looked for in the
     * first minBytes; the mask is strict before averageBytes and lenient after it; and two bytes are taken per step. For
     * the last one, hash and mask of the first byte of a pair are compared shifted left by one, so that the hash is
     * shifted once per pair.
     *
     * On JDK 17 this loop is 30 % faster than one byte per step, and as fast as or faster than every unrolling by hand
     * that was tried with byte, int or long loads. ChunkerBenchmark in dits-bench measures it.
     */
    private static final long[] GEAR = Gear.table();

    private static final long[] GEAR_SHIFTED = shifted(GEAR);

    /** After so many bytes nothing of what came before them is left in a hash. */
    private static final int HASH_WINDOW_BYTES = Long.SIZE;

    private final ChunkProfile profile;
    private final long strictMask;
    private final long lenientMask;

    /**
     * Makes a chunker.
     *
     * @param profile the sizes to cut to
     */
    public Chunker(ChunkProfile profile) {
        this.profile = profile;
        this.strictMask = Gear.strictMask(profile.averageBytes());
        this.lenientMask = Gear.lenientMask(profile.averageBytes());
    }

    /**
     * Returns the sizes this chunker cuts to.
     *
     * @return the profile it was made with
     */
    public ChunkProfile profile() {
        return profile;
    }

    /**
     * Returns the length of the chunk that begins at {@code offset}.
     *
     * <p>When {@code maxBytes} or more are given, the answer is always a length. When fewer are given, it depends on
     * whether they are the last: at the end of the content whatever has no cut is the last chunk; before it the answer is
     * 0, and the caller asks again from the same offset with more bytes. As that scans the same bytes again, give
     * {@code maxBytes} at once where there are so many; {@link ChunkStream} does.
     *
     * @param data the array that holds the content
     * @param offset where the chunk begins: 0 at the start of the content, else where the chunk before it ended
     * @param length how many bytes of the content are there from {@code offset} on
     * @param last whether the content ends with them
     * @return the length of the chunk in bytes, at most the profile's {@code maxBytes} and at least its {@code minBytes}
     *     unless the content ends before; 0 if more bytes are needed to tell, or if {@code length} is 0
     * @throws IndexOutOfBoundsException if the array does not hold that range
     */
    public int cut(byte[] data, int offset, int length, boolean last) {
        Objects.checkFromIndexSize(offset, length, data.length);
        int available = Math.min(length, profile.maxBytes());
        int whenUncut = last || available == profile.maxBytes() ? available : 0;
        if (available <= profile.minBytes()) {
            // Equal to minBytes, and not the last: one byte more may well be part of this chunk.
            return whenUncut;
        }
        // Pairs count from the chunk's start; the odd byte at the end of the content is never looked at, as in the
        // crate.
        int from = offset + profile.minBytes();
        int end = offset + (available & ~1);
        int until = Math.min(offset + profile.averageBytes(), end);
        long hash = 0;
        long mask = strictMask;
        while (true) {
            // Twice at most. Two calls in a row would read better, and cost 15 % on JDK 17, which inlines and then
            // spills.
            int found = scan(data, from, until, hash, mask);
            if (found < until) {
                return found - offset;
            }
            if (until == end) {
                return whenUncut;
            }
            hash = hashBefore(data, from, until);
            mask = lenientMask;
            from = until;
            until = end;
        }
    }

    /** The hash of the bytes before {@code position}, of which none before {@code from} counts. */
    private static long hashBefore(byte[] data, int from, int position) {
        long hash = 0;
        for (int i = Math.max(from, position - HASH_WINDOW_BYTES); i < position; i++) {
            hash = (hash << 1) + GEAR[data[i] & 0xff];
        }
        return hash;
    }

    /** Returns the first place in {@code [from, end)} to cut, or {@code end}; {@code end - from} is even. */
    private static int scan(byte[] data, int from, int end, long hashBefore, long mask) {
        long hash = hashBefore;
        long maskShifted = mask << 1;
        for (int i = from; i < end; i += 2) {
            // The table look-ups are added up first: only a shift and an addition wait for the pair before.
            long first = GEAR_SHIFTED[data[i] & 0xff];
            long both = first + GEAR[data[i + 1] & 0xff];
            long base = hash << 2;
            hash = base + both;
            if (((base + first) & maskShifted) == 0) {
                return i;
            }
            if ((hash & mask) == 0) {
                return i + 1;
            }
        }
        return end;
    }

    private static long[] shifted(long[] table) {
        long[] shifted = new long[table.length];
        for (int i = 0; i < table.length; i++) {
            shifted[i] = table[i] << 1;
        }
        return shifted;
    }
}
