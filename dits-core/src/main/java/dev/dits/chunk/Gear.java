package dev.dits.chunk;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The constants of FastCDC that every implementation shares: the gear table and the masks.
 *
 * <p>An entry of the gear table is the first eight bytes, big-endian, of the MD5 of 64 bytes that all have the entry's
 * index as value. MD5 serves as a fixed source of random-looking numbers here, as it did in the authors' destor; nothing
 * is protected by it.
 */
final class Gear {
    /** Exponent of the average size that {@link #MASKS} begins with. */
    private static final int MASKS_LOWEST_BITS = 7;

    /**
     * Masks by the exponent of the size they aim at, 128 bytes to 8 MiB. Up to 128 KiB they come from the paper's
     * implementation in destor, above from restic-FastCDC, as in the crate. No bit above the 48th is set: shifted left by
     * one, a mask loses nothing.
     */
    private static final long[] MASKS = {
        0x0000000018035100L, 0x0000001800035300L, 0x0000019000353000L, 0x0000590003530000L,
        0x0000d90003530000L, 0x0000d90103530000L, 0x0000d90303530000L, 0x0000d90313530000L,
        0x0000d90f03530000L, 0x0000d90303537000L, 0x0000d90703537000L, 0x0000d90707537000L,
        0x0000d91707537000L, 0x0000d91747537000L, 0x0000d91767537000L, 0x0000d93767537000L,
        0x0000d93777537000L,
    };

    private Gear() {}

    /** Makes the gear table: 256 digests, some tens of microseconds. */
    static long[] table() {
        try {
            MessageDigest md5 = MessageDigest.getInstance("MD5");
            byte[] seed = new byte[64];
            long[] table = new long[256];
            for (int i = 0; i < table.length; i++) {
                Arrays.fill(seed, (byte) i);
                table[i] = ByteBuffer.wrap(md5.digest(seed)).getLong();
            }
            return table;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK is required to provide MD5", e);
        }
    }

    /** The mask for chunks shorter than the average: one normalisation level stricter than the average asks for. */
    static long strictMask(int averageBytes) {
        return MASKS[nearestExponent(averageBytes) + 1 - MASKS_LOWEST_BITS];
    }

    /** The mask for chunks longer than the average: one normalisation level more lenient. */
    static long lenientMask(int averageBytes) {
        return MASKS[nearestExponent(averageBytes) - 1 - MASKS_LOWEST_BITS];
    }

    /** The base-2 logarithm rounded to the nearest integer, without floating point: cuts must not depend on libm. */
    static int nearestExponent(int bytes) {
        int floor = 31 - Integer.numberOfLeadingZeros(bytes);
        return (long) bytes * bytes > 1L << (2 * floor + 1) ? floor + 1 : floor;
    }
}
