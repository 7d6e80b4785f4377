package dev.dits.tracker;

import java.util.Arrays;
import java.util.HexFormat;

/** The chunks of an announced file, in order: what each hashes to, and how long it is. Immutable, and small: 36 bytes a chunk. */
public final class ChunkList {
    private static final int HASH_BYTES = 32;

    private final byte[] hashes;
    private final int[] sizes;

    private ChunkList(byte[] hashes, int[] sizes) {
        this.hashes = hashes;
        this.sizes = sizes;
    }

    /**
     * Makes a list.
     *
     * @param hashes SHA-256 of each chunk, one behind the other, 32 bytes each
     * @param sizes bytes of each chunk
     * @return the list
     */
    public static ChunkList of(byte[] hashes, int[] sizes) {
        if (hashes.length != sizes.length * HASH_BYTES) {
            throw new IllegalArgumentException("a hash has " + HASH_BYTES + " bytes");
        }
        return new ChunkList(hashes.clone(), sizes.clone());
    }

    /**
     * How many there are.
     *
     * @return 0 or more
     */
    public int count() {
        return sizes.length;
    }

    /**
     * What a chunk hashes to.
     *
     * @param index 0 to {@link #count} - 1
     * @return 64 lower-case hex digits
     */
    public String hash(int index) {
        return HexFormat.of().formatHex(hashes, index * HASH_BYTES, (index + 1) * HASH_BYTES);
    }

    /**
     * How long a chunk is.
     *
     * @param index 0 to {@link #count} - 1
     * @return bytes
     */
    public int size(int index) {
        return sizes[index];
    }

    /** What it takes in memory. */
    long bytes() {
        return 64L + hashes.length + 4L * sizes.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChunkList list
                && Arrays.equals(hashes, list.hashes)
                && Arrays.equals(sizes, list.sizes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(hashes);
    }
}
