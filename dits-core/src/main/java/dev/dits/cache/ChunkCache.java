package dev.dits.cache;

import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Chunks that this node has seen: decoded ones in memory over a bounded store on disk, which all mounts and processes of the node share.
 *
 * <p>A cache: it may lose anything at any time, and never returns a byte that does not match its id. Failures of the disk
 * show as misses. Safe for use by several threads, several instances and several processes on one directory.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class ChunkCache implements AutoCloseable {
    private ChunkCache() {}

    /**
     * Opens the cache, making the directory if there is none.
     *
     * @param directory where the chunks lie, {@code DITS_HOME/cache}
     * @param options bounds
     * @return the open cache
     * @throws IOException if the directory cannot be used
     */
    public static ChunkCache open(Path directory, CacheOptions options) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Returns a chunk.
     *
     * @param id which
     * @return its plain bytes, verified; shared with the cache, not to be changed; null if it is not here
     */
    public byte @Nullable [] get(ObjectId id) {
        throw new UnsupportedOperationException();
    }

    /**
     * Tells whether a chunk is here, without reading it. It may be gone, or found damaged, when it is asked for.
     *
     * @param id which
     * @return whether it seems to be here
     */
    public boolean contains(ObjectId id) {
        throw new UnsupportedOperationException();
    }

    /**
     * Adds a chunk that the caller has verified. A full disk is no error.
     *
     * @param id the SHA-256 of the bytes
     * @param plain the array that holds them; copied
     * @param offset where they start
     * @param length how many, 1 to 1,048,576
     */
    public void put(ObjectId id, byte[] plain, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    /**
     * Counts.
     *
     * @return the figures; walks the index on disk
     */
    public CacheStats stats() {
        throw new UnsupportedOperationException();
    }

    /**
     * Drops everything, also what other processes put there.
     *
     * @throws IOException if the file system fails
     */
    public void clear() throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Brings the cache within its bound, drops damaged chunks and finishes what killed processes left.
     *
     * @return bytes freed
     * @throws IOException if the file system fails
     */
    public long gc() throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Closes the cache; what it holds stays on disk. Idempotent. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
