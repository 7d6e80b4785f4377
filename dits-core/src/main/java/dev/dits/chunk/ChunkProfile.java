package dev.dits.chunk;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How large the chunks of a repository are: the three sizes of FastCDC and a name for them.
 *
 * <p>A repository takes its profile when it is made and hands it to its mounts, because two profiles share hardly any
 * chunk of the same content. Smaller chunks find more that is equal and cost more to keep track of.
 *
 * <p>The ranges are those of the {@code fastcdc} Rust crate's {@code v2020} module. All sizes are even there too, since
 * the scan takes bytes in pairs counted from the start of the chunk.
 *
 * @param name what configuration calls it: 1 to 32 of {@code a-z}, {@code 0-9} and {@code -}
 * @param minBytes no chunk but the last is shorter; even, 64 bytes to 1 MiB
 * @param averageBytes where the scan turns from strict to lenient, near which sizes gather; even, 256 bytes to 4 MiB,
 *     at least {@code minBytes}
 * @param maxBytes no chunk is longer; even, 1 KiB to 16 MiB, at least {@code averageBytes}
 */
public record ChunkProfile(String name, int minBytes, int averageBytes, int maxBytes) {
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;

    /** Smallest {@link #minBytes}. */
    public static final int MIN_BYTES_LOWEST = 64;
    /** Largest {@link #minBytes}. */
    public static final int MIN_BYTES_HIGHEST = MIB;
    /** Smallest {@link #averageBytes}. */
    public static final int AVERAGE_BYTES_LOWEST = 256;
    /** Largest {@link #averageBytes}. */
    public static final int AVERAGE_BYTES_HIGHEST = 4 * MIB;
    /** Smallest {@link #maxBytes}. */
    public static final int MAX_BYTES_LOWEST = KIB;
    /** Largest {@link #maxBytes}. */
    public static final int MAX_BYTES_HIGHEST = 16 * MIB;

    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,32}");

    /** 4, 16 and 64 KiB: source trees and other small, often edited files. */
    public static final ChunkProfile PROJECT = new ChunkProfile("project", 4 * KIB, 16 * KIB, 64 * KIB);

    /** 16, 64 and 256 KiB: what a repository gets unless told otherwise. */
    public static final ChunkProfile DEFAULT = new ChunkProfile("default", 16 * KIB, 64 * KIB, 256 * KIB);

    /** 64, 256 and 1024 KiB: video, images of disks, archives. */
    public static final ChunkProfile MEDIA = new ChunkProfile("media", 64 * KIB, 256 * KIB, 1024 * KIB);

    private static final List<ChunkProfile> NAMED = List.of(PROJECT, DEFAULT, MEDIA);

    /**
     * Makes a profile.
     *
     * @throws IllegalArgumentException if a size or the name is out of its range, a size is odd, or the sizes do not
     *     ascend
     */
    public ChunkProfile {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("a chunk profile's name is 1 to 32 of a-z, 0-9 and '-'");
        }
        check("minBytes", minBytes, MIN_BYTES_LOWEST, MIN_BYTES_HIGHEST);
        check("averageBytes", averageBytes, AVERAGE_BYTES_LOWEST, AVERAGE_BYTES_HIGHEST);
        check("maxBytes", maxBytes, MAX_BYTES_LOWEST, MAX_BYTES_HIGHEST);
        if (minBytes > averageBytes || averageBytes > maxBytes) {
            throw new IllegalArgumentException(
                    "chunk sizes must ascend, not " + minBytes + ", " + averageBytes + ", " + maxBytes);
        }
    }

    private static void check(String what, int bytes, int lowest, int highest) {
        if (bytes < lowest || bytes > highest || (bytes & 1) != 0) {
            throw new IllegalArgumentException(
                    what + " is an even number from " + lowest + " to " + highest + ", not " + bytes);
        }
    }

    /**
     * Finds one of the three named profiles.
     *
     * @param name {@code project}, {@code default} or {@code media}, exactly
     * @return the profile, or nothing if there is none of that name
     */
    public static Optional<ChunkProfile> byName(String name) {
        return NAMED.stream().filter(profile -> profile.name.equals(name)).findFirst();
    }
}
