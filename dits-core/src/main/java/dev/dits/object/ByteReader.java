package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads the primitive values of {@code docs/format.md}, section 1. Trusts nothing: a length is compared with what is left
 * before anything is allocated for it, and a number has one form only.
 *
 * <p>Not safe for use by several threads.
 */
public final class ByteReader {
    private final byte[] bytes;
    private final int end;
    private int position;

    /**
     * Reads all of an array.
     *
     * @param bytes the array; not copied
     */
    public ByteReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    /**
     * Reads a part of an array.
     *
     * @param bytes the array; not copied
     * @param offset where to start
     * @param length how many bytes may be read
     */
    public ByteReader(byte[] bytes, int offset, int length) {
        java.util.Objects.checkFromIndexSize(offset, length, bytes.length);
        this.bytes = bytes;
        this.position = offset;
        this.end = offset + length;
    }

    /**
     * Reads an unsigned byte.
     *
     * @return 0 to 255
     * @throws CorruptObjectException if nothing is left
     */
    public int u8() throws CorruptObjectException {
        need(1);
        return bytes[position++] & 0xFF;
    }

    /**
     * Reads an unsigned big-endian 16-bit number.
     *
     * @return 0 to 65,535
     * @throws CorruptObjectException if too few bytes are left
     */
    public int u16() throws CorruptObjectException {
        need(2);
        int high = u8();
        return high << 8 | u8();
    }

    /**
     * Reads an unsigned big-endian 32-bit number.
     *
     * @return 0 to 2^32 - 1
     * @throws CorruptObjectException if too few bytes are left
     */
    public long u32() throws CorruptObjectException {
        need(4);
        long high = u16();
        return high << 16 | u16();
    }

    /**
     * Reads a big-endian 64-bit number.
     *
     * @return its bits
     * @throws CorruptObjectException if too few bytes are left
     */
    public long u64() throws CorruptObjectException {
        need(8);
        long high = u32();
        return high << 32 | u32();
    }

    /**
     * Reads an unsigned LEB128 number.
     *
     * @return 0 to 2^63 - 1
     * @throws CorruptObjectException if it is cut off, has more than 9 bytes, or is not in its shortest form
     */
    public long varint() throws CorruptObjectException {
        long value = 0;
        for (int shift = 0; shift < 63; shift += 7) {
            int next = u8();
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                if (next == 0 && shift > 0) {
                    throw new CorruptObjectException("a number is not in its shortest form");
                }
                return value;
            }
        }
        throw new CorruptObjectException("a number has more than 9 bytes");
    }

    /**
     * Reads an unsigned LEB128 number that has to lie in a range.
     *
     * @param min smallest allowed
     * @param max largest allowed
     * @param what what it counts, for the message
     * @return the number
     * @throws CorruptObjectException if it does not, or is no number
     */
    public long varint(long min, long max, String what) throws CorruptObjectException {
        long value = varint();
        if (value < min || value > max) {
            throw new CorruptObjectException(what + " is " + value + ", not within " + min + " to " + max);
        }
        return value;
    }

    /**
     * Reads a signed number in zigzag form.
     *
     * @return within +-2^61
     * @throws CorruptObjectException if it is beyond that, or no number
     */
    public long svarint() throws CorruptObjectException {
        long zigzag = varint();
        long value = zigzag >>> 1 ^ -(zigzag & 1);
        if (value < -ObjectLimits.SECONDS_MAX || value > ObjectLimits.SECONDS_MAX) {
            throw new CorruptObjectException("a signed number is beyond 2^61");
        }
        return value;
    }

    /**
     * Reads a length and that many bytes.
     *
     * @param min fewest allowed
     * @param max most allowed
     * @param what what they are, for the message
     * @return a copy
     * @throws CorruptObjectException if the length is not within the range or the bytes are not there
     */
    public byte[] bytes(int min, int max, String what) throws CorruptObjectException {
        return raw((int) varint(min, max, what));
    }

    /**
     * Reads bytes.
     *
     * @param length how many
     * @return a copy
     * @throws CorruptObjectException if too few are left
     */
    public byte[] raw(int length) throws CorruptObjectException {
        need(length);
        position += length;
        return Arrays.copyOfRange(bytes, position - length, position);
    }

    /**
     * Reads a text: a length and that many bytes of valid UTF-8.
     *
     * @param min fewest bytes allowed
     * @param max most bytes allowed
     * @param what what it is, for the message
     * @return the text
     * @throws CorruptObjectException if the length is not within the range or the bytes are not UTF-8
     */
    public String text(int min, int max, String what) throws CorruptObjectException {
        byte[] encoded = bytes(min, max, what);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(encoded))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new CorruptObjectException(what + " is not valid UTF-8", e);
        }
    }

    /**
     * Reads an id.
     *
     * @return the id
     * @throws CorruptObjectException if fewer than 32 bytes are left
     */
    public ObjectId id() throws CorruptObjectException {
        need(ObjectId.BYTES);
        position += ObjectId.BYTES;
        return ObjectId.fromBytes(bytes, position - ObjectId.BYTES);
    }

    /**
     * Returns how many bytes are left.
     *
     * @return bytes
     */
    public int remaining() {
        return end - position;
    }

    /**
     * Holds that all was read.
     *
     * @throws CorruptObjectException if bytes are left
     */
    public void expectEnd() throws CorruptObjectException {
        if (position != end) {
            throw new CorruptObjectException((end - position) + " bytes too many at the end");
        }
    }

    private void need(int length) throws CorruptObjectException {
        if (length > end - position) {
            throw new CorruptObjectException("cut off: " + length + " bytes needed, " + (end - position) + " left");
        }
    }
}
