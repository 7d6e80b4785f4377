package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;

/**
 * A decoded node of a file. Child i covers bytes {@code offsets[i]} to {@code offsets[i + 1]} and chunks
 * {@code indexes[i]} to {@code indexes[i + 1]} of the node.
 */
final class FileNode {
    final int level;
    final ObjectId[] ids;
    final long[] offsets;
    final long[] indexes;

    private FileNode(int level, ObjectId[] ids, long[] offsets, long[] indexes) {
        this.level = level;
        this.ids = ids;
        this.offsets = offsets;
        this.indexes = indexes;
    }

    int count() {
        return ids.length;
    }

    long bytes() {
        return offsets[ids.length];
    }

    long chunks() {
        return indexes[ids.length];
    }

    long bytes(int child) {
        return offsets[child + 1] - offsets[child];
    }

    long chunks(int child) {
        return indexes[child + 1] - indexes[child];
    }

    /** The child that holds an offset or index, which must lie within the node. */
    static int childAt(long[] starts, int count, long position) {
        int low = 0;
        int high = count - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (starts[middle] <= position) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    static FileNode decode(byte[] bytes) throws DitsException {
        ObjectKind kind = ObjectCodec.kindOf(bytes);
        if (kind != ObjectKind.FILE_LEAF && kind != ObjectKind.FILE_INNER) {
            throw new CorruptObjectException("a node of a file was expected, not " + kind);
        }
        ByteReader in = ObjectCodec.open(bytes, kind);
        boolean leaf = kind == ObjectKind.FILE_LEAF;
        int level = leaf ? 0 : in.u8();
        if (!leaf && (level < 1 || level > ObjectLimits.NODE_LEVEL_MAX)) {
            throw new CorruptObjectException("an inner node has the level " + level);
        }
        int count = ObjectCodec.readCount(in, 1, leaf ? 33 : 34);
        ObjectId[] ids = new ObjectId[count];
        long[] offsets = new long[count + 1];
        long[] indexes = new long[count + 1];
        for (int i = 0; i < count; i++) {
            ids[i] = in.id();
            long length = in.varint(1, leaf ? ObjectLimits.CHUNK_BYTES_MAX : ObjectLimits.SUM_MAX, "a child's bytes");
            // A child has at least one byte a chunk, so this bounds the count of chunks as well.
            long chunks = leaf ? 1 : in.varint(1, length, "a child's chunks");
            offsets[i + 1] = ObjectCodec.sum(offsets[i], length);
            indexes[i + 1] = ObjectCodec.sum(indexes[i], chunks);
        }
        in.expectEnd();
        return new FileNode(level, ids, offsets, indexes);
    }

    /**
     * Decodes a node and holds it to what its parent said of it.
     *
     * @param level the level it must have; -1 for any, at the root
     */
    static FileNode decode(byte[] bytes, int level, long size, long chunks) throws DitsException {
        FileNode node = decode(bytes);
        if ((level >= 0 && node.level != level) || node.bytes() != size || node.chunks() != chunks) {
            throw new CorruptObjectException("a file's node has level " + node.level + ", " + node.bytes() + " bytes, "
                    + node.chunks() + " chunks; its parent says level " + level + ", " + size + " bytes, " + chunks
                    + " chunks");
        }
        return node;
    }
}
