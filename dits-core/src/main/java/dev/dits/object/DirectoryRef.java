package dev.dits.object;

import dev.dits.error.CorruptObjectException;

/**
 * Names a directory's content, as its parent or a commit does.
 *
 * @param id the root node
 * @param bytes sizes of all files below, at any depth, added up; 0 to 2^62
 * @param files number of files and links below, at any depth; 0 to 2^62
 */
public record DirectoryRef(ObjectId id, long bytes, long files) {
    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if one does not hold
     */
    public DirectoryRef {
        if (bytes < 0 || bytes > ObjectLimits.SUM_MAX || files < 0 || files > ObjectLimits.SUM_MAX) {
            throw new IllegalArgumentException("a directory's sums are beyond 2^62: " + bytes + ", " + files);
        }
    }

    static DirectoryRef read(ByteReader in) throws CorruptObjectException {
        ObjectId id = in.id();
        long bytes = in.varint(0, ObjectLimits.SUM_MAX, "a directory's bytes");
        return new DirectoryRef(id, bytes, in.varint(0, ObjectLimits.SUM_MAX, "a directory's files"));
    }

    void writeTo(ByteWriter out) {
        out.id(id).varint(bytes).varint(files);
    }
}
