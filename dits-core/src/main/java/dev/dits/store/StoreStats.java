package dev.dits.store;

/**
 * Figures of a store, counted from its index when asked for.
 *
 * @param objects number of distinct objects that are no chunks
 * @param chunks number of distinct chunks
 * @param plainBytes their size before compression
 * @param storedBytes their size in packs, without record headers
 * @param packs number of packs
 * @param packBytes size of all pack files
 * @param runs number of index runs
 * @param runBytes size of all run files
 */
public record StoreStats(
        long objects,
        long chunks,
        long plainBytes,
        long storedBytes,
        int packs,
        long packBytes,
        int runs,
        long runBytes) {}
