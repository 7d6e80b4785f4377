package dev.dits.store;

/** Sizes of a run: {@code docs/format.md}, section 4.2. */
final class RunFormat {
    static final long MAGIC = 0x444954535255_4E00L; // "DITSRUN" and a zero
    static final int VERSION = 1;
    static final int HEADER_BYTES = 64;
    static final int ENTRY_BYTES = 48;
    static final int PACK_BYTES = 16;
    static final int FILTER_BLOCK_BYTES = 64;
    static final int FOOTER_BYTES = 64;
    static final int FILTER_BITS_PER_ENTRY = 10;
    static final int FILTER_PROBES = 7;
    static final int FANOUT_BITS_MAX = 24;
    static final String SUFFIX = ".run";
    static final String TEMPORARY_SUFFIX = ".tmp";

    /** Most entries of a run, so that one mapping holds it and merging it takes bounded heap. */
    static final int ENTRIES_MAX = 1 << 24;

    private RunFormat() {}

    /** Buckets of about eight entries. */
    static int fanoutBits(int entries) {
        int bits = 0;
        while (bits < FANOUT_BITS_MAX && entries >> (bits + 3) > 0) {
            bits++;
        }
        return bits;
    }

    static int filterBlocks(int entries) {
        long bits = (long) entries * FILTER_BITS_PER_ENTRY;
        return Math.max(1, (int) ((bits + FILTER_BLOCK_BYTES * 8 - 1) / (FILTER_BLOCK_BYTES * 8)));
    }

    /** The block of the filter that an id falls into. */
    static int filterBlock(long b, int blocks) {
        return (int) (((b >>> 32) * blocks) >>> 32);
    }

    /** The bit of its block that the n-th probe looks at: nine bits of the id's third word each. */
    static int filterBit(long c, int probe) {
        return (int) (c >>> (probe * 9)) & 511;
    }

    static int bucket(long a, int fanoutBits) {
        return fanoutBits == 0 ? 0 : (int) (a >>> (64 - fanoutBits));
    }

    static long align(long offset) {
        return (offset + FILTER_BLOCK_BYTES - 1) & -FILTER_BLOCK_BYTES;
    }
}
