package dev.dits.sync;

import dev.dits.object.Content;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectId;
import java.io.IOException;

/**
 * Where the chunks of a file's old version lie in it: open addressing over the first word of each id, 32 bytes a chunk at most.
 *
 * <p>An answer is a hint. Two ids may share their first word, and the file may have been edited since, so whoever reads
 * there checks the bytes against the id.
 */
final class SeedIndex {
    /** Files of more chunks are not indexed: 64 GiB at the default profile. */
    static final long CHUNKS_MAX = 1 << 20;

    private final long[] keys;
    private final long[] offsetsPlusOne;
    private final int mask;

    private SeedIndex(int capacity) {
        keys = new long[capacity];
        offsetsPlusOne = new long[capacity];
        mask = capacity - 1;
    }

    /**
     * Indexes a file's chunks.
     *
     * @return the index; empty where the file has more than {@link #CHUNKS_MAX} chunks
     */
    static SeedIndex of(FileTree files, Content content) throws IOException {
        long chunks = files.chunkCount(content);
        if (chunks > CHUNKS_MAX) {
            return new SeedIndex(1);
        }
        SeedIndex index = new SeedIndex(Integer.highestOneBit((int) Math.max(1, chunks)) << 2);
        FileTree.Cursor cursor = files.chunks(content);
        for (FileTree.Chunk chunk = cursor.next(); chunk != null; chunk = cursor.next()) {
            index.put(chunk.id(), chunk.offset());
        }
        return index;
    }

    private void put(ObjectId id, long offset) {
        int slot = slot(id.word(0));
        keys[slot] = id.word(0);
        offsetsPlusOne[slot] = offset + 1;
    }

    /** Returns the offset where the chunk may lie, or -1. */
    long find(ObjectId id) {
        return offsetsPlusOne[slot(id.word(0))] - 1;
    }

    /** The slot that holds a key, or the free one where it belongs. One slot is always free: the table is at most half full. */
    private int slot(long key) {
        int slot = (int) (key ^ key >>> 32) & mask;
        while (offsetsPlusOne[slot] != 0 && keys[slot] != key) {
            slot = slot + 1 & mask;
        }
        return slot;
    }
}
