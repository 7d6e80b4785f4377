package dev.dits.object;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes the primitive values of {@code docs/format.md}, section 1, into a growing array.
 *
 * <p>Not safe for use by several threads.
 */
public final class ByteWriter {
    private byte[] bytes;
    private int size;

    /** Makes an empty writer. */
    public ByteWriter() {
        this(256);
    }

    /**
     * Makes an empty writer.
     *
     * @param capacity bytes to make room for at first
     */
    public ByteWriter(int capacity) {
        bytes = new byte[Math.max(16, capacity)];
    }

    /**
     * Writes an unsigned byte.
     *
     * @param value its low 8 bits are written
     * @return this
     */
    public ByteWriter u8(int value) {
        reserve(1);
        bytes[size++] = (byte) value;
        return this;
    }

    /**
     * Writes an unsigned big-endian 16-bit number.
     *
     * @param value its low 16 bits are written
     * @return this
     */
    public ByteWriter u16(int value) {
        return u8(value >>> 8).u8(value);
    }

    /**
     * Writes an unsigned big-endian 32-bit number.
     *
     * @param value its low 32 bits are written
     * @return this
     */
    public ByteWriter u32(long value) {
        return u16((int) (value >>> 16)).u16((int) value);
    }

    /**
     * Writes a big-endian 64-bit number.
     *
     * @param value all its bits are written
     * @return this
     */
    public ByteWriter u64(long value) {
        return u32(value >>> 32).u32(value);
    }

    /**
     * Writes an unsigned LEB128 number in its shortest form.
     *
     * @param value 0 to 2^63 - 1
     * @return this
     * @throws IllegalArgumentException if it is negative
     */
    public ByteWriter varint(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("a varint is not negative: " + value);
        }
        reserve(9);
        long rest = value;
        while (rest > 0x7F) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
        return this;
    }

    /**
     * Writes a signed number in zigzag form.
     *
     * @param value within +-2^61
     * @return this
     * @throws IllegalArgumentException if it is not within that range
     */
    public ByteWriter svarint(long value) {
        if (value < -ObjectLimits.SECONDS_MAX || value > ObjectLimits.SECONDS_MAX) {
            throw new IllegalArgumentException("a svarint lies within +-2^61: " + value);
        }
        return varint((value << 1) ^ (value >> 63));
    }

    /**
     * Writes a length and that many bytes.
     *
     * @param value what to write
     * @return this
     */
    public ByteWriter bytes(byte[] value) {
        return varint(value.length).raw(value, 0, value.length);
    }

    /**
     * Writes bytes without a length.
     *
     * @param source the array
     * @param offset where to start
     * @param length how many
     * @return this
     */
    public ByteWriter raw(byte[] source, int offset, int length) {
        reserve(length);
        System.arraycopy(source, offset, bytes, size, length);
        size += length;
        return this;
    }

    /**
     * Writes a text as UTF-8 with its length before it.
     *
     * @param value the text; an unpaired surrogate becomes a question mark, so check with {@link #isUnicode} before
     * @return this
     */
    public ByteWriter text(String value) {
        return bytes(value.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Writes the 32 bytes of an id.
     *
     * @param id the id
     * @return this
     */
    public ByteWriter id(ObjectId id) {
        reserve(ObjectId.BYTES);
        id.writeTo(bytes, size);
        size += ObjectId.BYTES;
        return this;
    }

    /**
     * Writes what another writer holds.
     *
     * @param other the other
     * @return this
     */
    public ByteWriter append(ByteWriter other) {
        return raw(other.bytes, 0, other.size);
    }

    /**
     * Returns how much was written.
     *
     * @return bytes
     */
    public int size() {
        return size;
    }

    /** Forgets what was written, and keeps the array. */
    public void clear() {
        size = 0;
    }

    /**
     * Returns what was written.
     *
     * @return a copy
     */
    public byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    /**
     * Tells whether a text has a form in UTF-8.
     *
     * @param text the text
     * @return whether all its surrogates are paired
     */
    public static boolean isUnicode(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return false;
            }
        }
        return true;
    }

    private void reserve(int more) {
        int needed = Math.addExact(size, more);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * bytes.length)));
        }
    }
}
