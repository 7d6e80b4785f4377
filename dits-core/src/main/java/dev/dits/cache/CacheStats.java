package dev.dits.cache;

/**
 * Figures of a {@link ChunkCache}. Those about the disk are of all processes of the node, the counters of this instance.
 *
 * @param memoryBytes bytes of chunks in memory
 * @param memoryChunks chunks in memory
 * @param diskBytes bytes of all files on disk
 * @param diskChunks chunks on disk
 * @param locatedChunks chunks noted as lying in files of working trees, some of which may be gone
 * @param memoryHits gets answered from memory
 * @param diskHits gets answered from disk
 * @param misses gets not answered
 * @param evictedChunks chunks dropped to stay within the bound
 */
public record CacheStats(
        long memoryBytes,
        long memoryChunks,
        long diskBytes,
        long diskChunks,
        long locatedChunks,
        long memoryHits,
        long diskHits,
        long misses,
        long evictedChunks) {}
