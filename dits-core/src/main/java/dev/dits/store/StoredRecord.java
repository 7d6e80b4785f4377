package dev.dits.store;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.dits.error.CorruptObjectException;
import dev.dits.object.ObjectId;

/**
 * A record as it lies in a pack or travels: its payload still compressed.
 *
 * <p>Nothing here is verified by itself. {@link #decode(ObjectId)} is the way to plain bytes that checks them.
 *
 * @param type what it is
 * @param codec how {@code payload} is encoded
 * @param plainLength bytes after decoding, 1 to {@link RecordType#plainBytesMax()}
 * @param payload the stored bytes; owned by the record, not copied, not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // a value that carries bytes to be sent; never compared or used as a key
public record StoredRecord(RecordType type, RecordCodec codec, int plainLength, byte[] payload) {
    /**
     * @throws IllegalArgumentException if a length is out of its range, or a plain payload is not {@code plainLength} long
     */
    public StoredRecord {
        if (!lengthsAllowed(type, codec, plainLength, payload.length)) {
            throw new IllegalArgumentException("a " + type + " record of " + plainLength + " bytes, stored as "
                    + payload.length + " " + codec + " bytes, is outside the format's limits");
        }
    }

    /**
     * Tells whether the format allows a record of these lengths; check what was received before allocating by it.
     *
     * @param type what it is
     * @param codec how it is encoded
     * @param plainLength bytes after decoding
     * @param storedLength bytes of payload
     * @return whether such a record may exist
     */
    public static boolean lengthsAllowed(RecordType type, RecordCodec codec, int plainLength, int storedLength) {
        if (plainLength < 1 || plainLength > type.plainBytesMax() || storedLength < 1) {
            return false;
        }
        // Compression that does not shrink is not kept, so no honest frame is as long as what it holds.
        return codec == RecordCodec.PLAIN ? storedLength == plainLength : storedLength < plainLength;
    }

    /**
     * Decodes and verifies the payload.
     *
     * @param id what its plain bytes must hash to
     * @return the plain bytes; of an uncompressed record, the payload itself
     * @throws CorruptObjectException if they do not decode to {@code plainLength} bytes that hash to {@code id}
     */
    public byte[] decode(ObjectId id) throws CorruptObjectException {
        return verified(id, inflate());
    }

    /** As {@link #decode(ObjectId)}, for who decodes many. */
    byte[] decode(ObjectId id, Decompressor decompressor) throws CorruptObjectException {
        if (codec == RecordCodec.PLAIN) {
            return verified(id, payload);
        }
        byte[] plain = new byte[plainLength];
        decompressor.decompress(payload, plain);
        return verified(id, plain);
    }

    private static byte[] verified(ObjectId id, byte[] plain) throws CorruptObjectException {
        if (!ObjectId.hash(plain).equals(id)) {
            throw new CorruptObjectException("object " + id.abbreviated() + " does not match its SHA-256");
        }
        return plain;
    }

    /**
     * Decodes the payload without verifying it, for a receiver that learns the id from the bytes. Decoding never produces more than
     * {@code plainLength} bytes, whatever the frame says.
     *
     * @return the plain bytes; of an uncompressed record, the payload itself
     * @throws CorruptObjectException if they do not decode to {@code plainLength} bytes
     */
    public byte[] inflate() throws CorruptObjectException {
        if (codec == RecordCodec.PLAIN) {
            return payload;
        }
        byte[] plain = new byte[plainLength];
        try {
            long length = Zstd.decompressByteArray(plain, 0, plainLength, payload, 0, payload.length);
            if (Zstd.isError(length) || length != plainLength) {
                throw new CorruptObjectException("a record does not decode to its length");
            }
        } catch (ZstdException e) {
            throw new CorruptObjectException("a record is not a valid Zstandard frame", e);
        }
        return plain;
    }
}
