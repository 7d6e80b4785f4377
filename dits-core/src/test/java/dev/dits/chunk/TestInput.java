package dev.dits.chunk;

import dev.dits.object.ObjectId;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.SplittableRandom;

/** The inputs that the header of {@code fastcdc-v2020-cuts.txt} describes. */
final class TestInput {
    private TestInput() {}

    static byte[] of(String description, int length) {
        int colon = description.indexOf(':');
        String kind = colon < 0 ? description : description.substring(0, colon);
        long number = colon < 0 ? 0 : Long.parseLong(description.substring(colon + 1));
        return switch (kind) {
            case "zeros" -> new byte[length];
            case "splitmix" -> splitMix(number, length);
            case "bits" -> bits(number, length);
            case "sha256" -> sha256(length);
            case "text" -> text(number, length);
            default -> throw new IllegalArgumentException(description);
        };
    }

    private static byte[] splitMix(long seed, int length) {
        // Java's SplittableRandom is SplitMix64 with the same constants.
        SplittableRandom random = new SplittableRandom(seed);
        ByteBuffer bytes = ByteBuffer.allocate(length + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.position() < length) {
            bytes.putLong(random.nextLong());
        }
        return first(bytes, length);
    }

    private static byte[] bits(long seed, int length) {
        byte[] bytes = splitMix(seed, length);
        for (int i = 0; i < length; i++) {
            bytes[i] &= 1;
        }
        return bytes;
    }

    private static byte[] sha256(int length) {
        MessageDigest digest = ObjectId.sha256();
        ByteBuffer bytes = ByteBuffer.allocate(length + ObjectId.BYTES);
        for (long counter = 0; bytes.position() < length; counter++) {
            bytes.put(digest.digest(
                    ByteBuffer.allocate(Long.BYTES).putLong(counter).array()));
        }
        return first(bytes, length);
    }

    private static byte[] text(long modulus, int length) {
        ByteBuffer bytes = ByteBuffer.allocate(length + 100);
        for (long line = 0; bytes.position() < length; line++) {
            bytes.put((line % modulus + ": the quick brown fox jumps over the lazy dog\n")
                    .getBytes(StandardCharsets.US_ASCII));
        }
        return first(bytes, length);
    }

    private static byte[] first(ByteBuffer bytes, int length) {
        byte[] result = new byte[length];
        bytes.get(0, result);
        return result;
    }
}
