package dev.dits.object;

import dev.dits.error.DitsException;

/**
 * The content of a file of two chunks or more ({@code docs/format.md}, section 3.2).
 *
 * @param size 2 to 2^62 bytes
 * @param chunks how many chunks that is, 2 to 2^62
 * @param sha256 the SHA-256 of the whole file, as {@code sha256sum} prints it
 * @param root the top node of the tree of chunks
 */
public record Manifest(long size, long chunks, ObjectId sha256, ObjectId root) {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if one does not hold
     */
    public Manifest {
        if (chunks < 2 || size < chunks || size > ObjectLimits.SUM_MAX) {
            throw new IllegalArgumentException("a manifest of " + chunks + " chunks and " + size + " bytes");
        }
    }

    /**
     * Decodes a manifest.
     *
     * @param bytes its encoding
     * @return the manifest
     * @throws DitsException if it breaks the format or is of an unknown version
     */
    public static Manifest decode(byte[] bytes) throws DitsException {
        ByteReader in = ObjectCodec.open(bytes, ObjectKind.MANIFEST);
        long size = in.varint(2, ObjectLimits.SUM_MAX, "a file's size");
        long chunks = in.varint(2, size, "a number of chunks");
        ObjectId sha256 = in.id();
        ObjectId root = in.id();
        in.expectEnd();
        return new Manifest(size, chunks, sha256, root);
    }

    /**
     * Encodes the manifest.
     *
     * @return its canonical bytes
     */
    public byte[] encode() {
        return ObjectCodec.start(ObjectKind.MANIFEST)
                .varint(size)
                .varint(chunks)
                .id(sha256)
                .id(root)
                .toBytes();
    }

    /**
     * Returns the manifest's id.
     *
     * @return the SHA-256 of {@link #encode}
     */
    public ObjectId id() {
        return ObjectId.hash(encode());
    }
}
