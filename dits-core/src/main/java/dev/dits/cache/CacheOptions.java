package dev.dits.cache;

import dev.dits.disk.Disk;

/** Options of a {@link ChunkCache}; immutable. Start from {@link #defaults()} and derive. */
public final class CacheOptions {
    /** {@link #diskBytesMax()} that stands for the smaller of 10 GiB and a tenth of the free space. */
    public static final long DISK_BYTES_AUTOMATIC = -1;

    private static final CacheOptions DEFAULTS = new CacheOptions(32L << 20, DISK_BYTES_AUTOMATIC, Disk.system());

    private final long memoryBytesMax;
    private final long diskBytesMax;
    private final Disk disk;

    private CacheOptions(long memoryBytesMax, long diskBytesMax, Disk disk) {
        this.memoryBytesMax = memoryBytesMax;
        this.diskBytesMax = diskBytesMax;
        this.disk = disk;
    }

    /**
     * Returns 32 MiB of memory and an automatic bound on disk.
     *
     * @return the defaults
     */
    public static CacheOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Returns the bound on decoded chunks in memory.
     *
     * @return bytes; 0 is off
     */
    public long memoryBytesMax() {
        return memoryBytesMax;
    }

    /**
     * Sets the bound on decoded chunks in memory.
     *
     * @param bytes 0 or more; 0 is off
     * @return the changed options
     */
    public CacheOptions withMemoryBytesMax(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("memoryBytesMax " + bytes);
        }
        return new CacheOptions(bytes, diskBytesMax, disk);
    }

    /**
     * Returns the bound on disk.
     *
     * @return bytes; 0 is off; {@link #DISK_BYTES_AUTOMATIC}
     */
    public long diskBytesMax() {
        return diskBytesMax;
    }

    /**
     * Sets the bound on disk. It may be exceeded by one unfinished pack (a sixteenth of it, 64 MiB at most) for each process that writes.
     *
     * @param bytes 0 (off), 1 MiB or more, or {@link #DISK_BYTES_AUTOMATIC}
     * @return the changed options
     */
    public CacheOptions withDiskBytesMax(long bytes) {
        if (bytes != DISK_BYTES_AUTOMATIC && bytes != 0 && bytes < 1 << 20) {
            throw new IllegalArgumentException("diskBytesMax " + bytes);
        }
        return new CacheOptions(memoryBytesMax, bytes, disk);
    }

    Disk disk() {
        return disk;
    }

    /**
     * Sets what carries out changes to the file system; for tests, which stop, fail or lose some of them.
     *
     * @param value the disk
     * @return the changed options
     */
    public CacheOptions withDisk(Disk value) {
        return new CacheOptions(memoryBytesMax, diskBytesMax, value);
    }
}
