package dev.dits.object;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a symbolic link points at: 1 to 4,095 bytes without NUL, as the file system has them, never interpreted here.
 *
 * <p>Immutable.
 */
public final class LinkTarget {
    private final byte[] bytes;

    private LinkTarget(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * Makes a target.
     *
     * @param bytes its bytes; copied
     * @return the target
     * @throws IllegalArgumentException if it is empty, too long, or has a NUL in it
     */
    public static LinkTarget of(byte[] bytes) {
        return ofOwned(bytes.clone());
    }

    /**
     * Makes a target of a text.
     *
     * @param target the text, stored as UTF-8
     * @return the target
     * @throws IllegalArgumentException if it is empty, too long, has a NUL in it, or has no form in UTF-8
     */
    public static LinkTarget ofUtf8(String target) {
        if (!ByteWriter.isUnicode(target)) {
            throw new IllegalArgumentException("a link's target has an unpaired surrogate: " + Escaper.escape(target));
        }
        return ofOwned(target.getBytes(StandardCharsets.UTF_8));
    }

    static LinkTarget ofOwned(byte[] bytes) {
        if (bytes.length == 0 || bytes.length > ObjectLimits.LINK_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a link's target has " + bytes.length + " bytes, not 1 to " + ObjectLimits.LINK_BYTES_MAX);
        }
        for (byte b : bytes) {
            if (b == 0) {
                throw new IllegalArgumentException("a link's target has a NUL in it");
            }
        }
        return new LinkTarget(bytes);
    }

    /**
     * Returns the target's bytes.
     *
     * @return a copy
     */
    public byte[] bytes() {
        return bytes.clone();
    }

    /**
     * Returns the target for people, safe on a terminal and in a log ({@link Escaper}).
     *
     * @return the text
     */
    public String display() {
        return Escaper.escape(bytes);
    }

    void writeTo(ByteWriter out) {
        out.bytes(bytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LinkTarget target && Arrays.equals(bytes, target.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Same as {@link #display}. */
    @Override
    public String toString() {
        return display();
    }
}
