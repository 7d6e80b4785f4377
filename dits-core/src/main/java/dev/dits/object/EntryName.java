package dev.dits.object;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The name of an entry in a directory: the bytes that the file system has, 1 to 255 of them, ordered as unsigned bytes.
 *
 * <p>Never {@code .}, {@code ..} or {@code .dits}, and never with a slash or a NUL in it: such a name does not exist in
 * this format, so that no code behind a decoder has to think of it. What else a target can not hold is decided where the
 * entry is written out.
 *
 * <p>Immutable.
 */
public final class EntryName implements Comparable<EntryName> {
    private static final Set<ByteBuffer> RESERVED = Set.of(reserved("."), reserved(".."), reserved(".dits"));

    private final byte[] bytes;
    private int hash;

    private EntryName(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Makes a name.
     *
     * @param bytes its bytes; copied
     * @return the name
     * @throws IllegalArgumentException if no entry may have it
     */
    public static EntryName of(byte[] bytes) {
        return ofOwned(bytes.clone());
    }

    /**
     * Makes a name of a text.
     *
     * @param name the text, stored as UTF-8
     * @return the name
     * @throws IllegalArgumentException if no entry may have it, or it has no form in UTF-8
     */
    public static EntryName ofUtf8(String name) {
        if (!ByteWriter.isUnicode(name)) {
            throw new IllegalArgumentException("a name has an unpaired surrogate: " + Escaper.escape(name));
        }
        return ofOwned(name.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Tells why bytes can not be a name.
     *
     * @param bytes the bytes
     * @return what is wrong, or null if nothing is
     */
    public static @Nullable String problem(byte[] bytes) {
        if (bytes.length == 0) {
            return "a name is empty";
        }
        if (bytes.length > ObjectLimits.NAME_BYTES_MAX) {
            return "a name has " + bytes.length + " bytes, more than " + ObjectLimits.NAME_BYTES_MAX;
        }
        for (byte b : bytes) {
            if (b == '/' || b == 0) {
                return "a name has a slash or a NUL in it: " + Escaper.escape(bytes);
            }
        }
        if (bytes[0] == '.' && RESERVED.contains(ByteBuffer.wrap(bytes))) {
            return "a name is reserved: " + Escaper.escape(bytes);
        }
        return null;
    }

    private static ByteBuffer reserved(String name) {
        return ByteBuffer.wrap(name.getBytes(StandardCharsets.US_ASCII));
    }

    static EntryName ofOwned(byte[] bytes) {
        String problem = problem(bytes);
        if (problem != null) {
            throw new IllegalArgumentException(problem);
        }
        return new EntryName(bytes);
    }

    /**
     * Returns the name's bytes.
     *
     * @return a copy
     */
    public byte[] bytes() {
        return bytes.clone();
    }

    /**
     * Returns how long the name is.
     *
     * @return 1 to 255 bytes
     */
    public int length() {
        return bytes.length;
    }

    /**
     * Returns the name for people, safe on a terminal and in a log ({@link Escaper}).
     *
     * @return the text
     */
    public String display() {
        return Escaper.escape(bytes);
    }

    void writeTo(ByteWriter out) {
        out.bytes(bytes);
    }

    void writeRawTo(ByteWriter out) {
        out.raw(bytes, 0, bytes.length);
    }

    /**
     * The byte that decides whether a directory's node of a level ends after this name. Each level has its own: where a
     * leaf ended, the leaf's byte is known, and would end every node above after four children.
     */
    int boundary(int level) {
        return ObjectId.sha256().digest(bytes)[ObjectId.BYTES - 1 - level];
    }

    @Override
    public int compareTo(EntryName other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof EntryName name && Arrays.equals(bytes, name.bytes);
    }

    @Override
    public int hashCode() {
        int h = hash;
        if (h == 0) {
            h = Arrays.hashCode(bytes);
            hash = h;
        }
        return h;
    }

    /** Same as {@link #display}: a name never reaches a log unescaped. */
    @Override
    public String toString() {
        return display();
    }
}
