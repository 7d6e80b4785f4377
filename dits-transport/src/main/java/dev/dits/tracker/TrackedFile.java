package dev.dits.tracker;

import java.time.Instant;

/**
 * An announced file.
 *
 * @param hash SHA-256 of its content, 64 lower-case hex digits; what it is known by
 * @param name what its first announcer calls it
 * @param size bytes
 * @param chunkSize longest chunk, in bytes
 * @param chunks its chunks
 * @param merkleRoot what its announcer says, 64 lower-case hex digits, or nothing
 * @param addedAt when it was announced first
 */
public record TrackedFile(
        String hash, String name, long size, int chunkSize, ChunkList chunks, String merkleRoot, Instant addedAt) {
    /** Whether both say the same of the content; names may differ. */
    boolean agreesWith(TrackedFile other) {
        return size == other.size
                && chunkSize == other.chunkSize
                && merkleRoot.equals(other.merkleRoot)
                && chunks.equals(other.chunks);
    }
}
