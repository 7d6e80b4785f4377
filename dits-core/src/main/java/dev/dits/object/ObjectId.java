package dev.dits.object;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The SHA-256 of an object's canonical bytes (FIPS 180-4): 32 bytes, ordered as unsigned big-endian numbers.
 *
 * <p>Immutable and safe for use by several threads. Held as four longs, so that an id costs no array.
 */
public final class ObjectId implements Comparable<ObjectId> {
    /** Length of an id in bytes. */
    public static final int BYTES = 32;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN)
            .withInvokeExactBehavior();

    private final long a;
    private final long b;
    private final long c;
    private final long d;

    private ObjectId(long a, long b, long c, long d) {
        this.a = a;
        this.b = b;
        this.c = c;
        this.d = d;
    }

    /**
     * Reads an id.
     *
     * @param bytes the array that holds it
     * @param offset where its 32 bytes start
     * @return the id
     * @throws IndexOutOfBoundsException if fewer than 32 bytes are there
     */
    public static ObjectId fromBytes(byte[] bytes, int offset) {
        return new ObjectId(
                (long) LONG.get(bytes, offset),
                (long) LONG.get(bytes, offset + 8),
                (long) LONG.get(bytes, offset + 16),
                (long) LONG.get(bytes, offset + 24));
    }

    /**
     * Makes an id of its four words.
     *
     * @param a bytes 0 to 7, big-endian
     * @param b bytes 8 to 15
     * @param c bytes 16 to 23
     * @param d bytes 24 to 31
     * @return the id
     */
    public static ObjectId ofWords(long a, long b, long c, long d) {
        return new ObjectId(a, b, c, d);
    }

    /**
     * Parses the 64 hexadecimal digits that {@link #toString} gives.
     *
     * @param hex 64 digits, either case
     * @return the id
     * @throws IllegalArgumentException if that is not what it is
     */
    public static ObjectId fromHex(String hex) {
        if (hex.length() != 2 * BYTES) {
            throw new IllegalArgumentException("an object id has 64 hexadecimal digits, not " + hex.length());
        }
        return fromBytes(HexFormat.of().parseHex(hex), 0);
    }

    /**
     * Hashes bytes.
     *
     * @param bytes the array
     * @param offset where to start
     * @param length how many bytes
     * @return the SHA-256 of them
     */
    public static ObjectId hash(byte[] bytes, int offset, int length) {
        MessageDigest digest = sha256();
        digest.update(bytes, offset, length);
        return fromBytes(digest.digest(), 0);
    }

    /**
     * Hashes bytes.
     *
     * @param bytes what to hash, all of it
     * @return the SHA-256 of it
     */
    public static ObjectId hash(byte[] bytes) {
        return hash(bytes, 0, bytes.length);
    }

    /**
     * Returns a new SHA-256 digest; every JDK has one.
     *
     * @return a fresh digest
     */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK is required to provide SHA-256", e);
        }
    }

    /**
     * Writes the id.
     *
     * @param target the array that receives it
     * @param offset where its 32 bytes go
     */
    public void writeTo(byte[] target, int offset) {
        LONG.set(target, offset, a);
        LONG.set(target, offset + 8, b);
        LONG.set(target, offset + 16, c);
        LONG.set(target, offset + 24, d);
    }

    /**
     * Returns the id's bytes.
     *
     * @return 32 new bytes
     */
    public byte[] toBytes() {
        byte[] bytes = new byte[BYTES];
        writeTo(bytes, 0);
        return bytes;
    }

    /**
     * Returns one of the four words.
     *
     * @param index 0 to 3, most significant first
     * @return eight bytes, big-endian
     */
    public long word(int index) {
        return switch (index) {
            case 0 -> a;
            case 1 -> b;
            case 2 -> c;
            case 3 -> d;
            default -> throw new IndexOutOfBoundsException(index);
        };
    }

    /**
     * Returns the first ten hexadecimal digits, for people.
     *
     * @return ten digits
     */
    public String abbreviated() {
        return toString().substring(0, 10);
    }

    @Override
    public int compareTo(ObjectId other) {
        int order = Long.compareUnsigned(a, other.a);
        if (order == 0) {
            order = Long.compareUnsigned(b, other.b);
        }
        if (order == 0) {
            order = Long.compareUnsigned(c, other.c);
        }
        return order != 0 ? order : Long.compareUnsigned(d, other.d);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ObjectId id && a == id.a && b == id.b && c == id.c && d == id.d;
    }

    /** Mixes all words: a peer chooses content, and must not get to choose colliding buckets by one word alone. */
    @Override
    public int hashCode() {
        return Long.hashCode(a ^ Long.rotateLeft(b, 17) ^ Long.rotateLeft(c, 31) ^ Long.rotateLeft(d, 47));
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(toBytes());
    }
}
