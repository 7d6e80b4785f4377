package dev.dits.repo;

/**
 * What a file's new version shares with its old one, in content-defined chunks: what a transfer of the one to somebody who has the other
 * would move.
 *
 * @param chunksBefore chunks of the old version; 0 where there was none
 * @param chunksAfter chunks of the new version
 * @param chunksNew those of the new version whose content the old one has nowhere
 * @param bytesAfter size of the new version
 * @param bytesNew bytes of the new chunks
 */
public record ChunkDiff(long chunksBefore, long chunksAfter, long chunksNew, long bytesAfter, long bytesNew) {
    /** Most chunks of an old version that are compared; 256 GiB of the default profile, and 32 MiB of memory. */
    public static final long CHUNKS_MAX = 1 << 22;

    /**
     * Returns how much of the new version is new.
     *
     * @return 0 to 1; 0 for a file that is empty now
     */
    public double newShare() {
        return bytesAfter == 0 ? 0 : (double) bytesNew / bytesAfter;
    }
}
