package dev.dits.store;

import dev.dits.disk.Disk;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Options of a {@link PackStore}; immutable. Start from {@link #defaults()} and derive. */
public final class StoreOptions {
    /** Smallest allowed {@link #packBytesMax()}. */
    public static final long PACK_BYTES_MIN = 64 * 1024L;

    /** Largest allowed {@link #packBytesMax()}: an offset in a run has 32 bits, and a record must still fit behind it. */
    public static final long PACK_BYTES_LIMIT = 1L << 31;

    private static final StoreOptions DEFAULTS = new StoreOptions();

    private long packBytesMax = 1L << 30;
    private int flushRecords = 1 << 16;
    private boolean durable = true;
    private boolean compress = true;
    private Duration lockTimeout = Duration.ofSeconds(30);
    private LongSupplier names = new SecureRandom()::nextLong;
    private Disk disk = Disk.system();

    private StoreOptions() {}

    private StoreOptions(StoreOptions from) {
        packBytesMax = from.packBytesMax;
        flushRecords = from.flushRecords;
        durable = from.durable;
        compress = from.compress;
        lockTimeout = from.lockTimeout;
        names = from.names;
        disk = from.disk;
    }

    /**
     * Returns what a repository uses.
     *
     * @return packs of 1 GiB, a flush each 65,536 records, durable, compressing, 30 seconds for locks
     */
    public static StoreOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Returns the size at which a pack is closed; the last record may exceed it.
     *
     * @return bytes
     */
    public long packBytesMax() {
        return packBytesMax;
    }

    /**
     * Sets the size at which a pack is closed.
     *
     * @param bytes {@link #PACK_BYTES_MIN} to {@link #PACK_BYTES_LIMIT}
     * @return the changed options
     */
    public StoreOptions withPackBytesMax(long bytes) {
        if (bytes < PACK_BYTES_MIN || bytes > PACK_BYTES_LIMIT) {
            throw new IllegalArgumentException("packBytesMax " + bytes);
        }
        StoreOptions copy = new StoreOptions(this);
        copy.packBytesMax = bytes;
        return copy;
    }

    /**
     * Returns after how many records a writer flushes by itself.
     *
     * @return records
     */
    public int flushRecords() {
        return flushRecords;
    }

    /**
     * Sets after how many records a writer flushes by itself; about 100 bytes of heap each until then.
     *
     * @param records 1 to 1,048,576
     * @return the changed options
     */
    public StoreOptions withFlushRecords(int records) {
        if (records < 1 || records > 1 << 20) {
            throw new IllegalArgumentException("flushRecords " + records);
        }
        StoreOptions copy = new StoreOptions(this);
        copy.flushRecords = records;
        return copy;
    }

    /**
     * Tells whether a flush survives a power cut.
     *
     * @return whether files are synced
     */
    public boolean durable() {
        return durable;
    }

    /**
     * Sets whether a flush survives a power cut. Without it the store is a cache: it may lose what it holds, but still
     * never returns a wrong byte, and eviction by pack is allowed.
     *
     * @param durable whether to sync
     * @return the changed options
     */
    public StoreOptions withDurable(boolean durable) {
        StoreOptions copy = new StoreOptions(this);
        copy.durable = durable;
        return copy;
    }

    /**
     * Tells whether what shrinks is compressed.
     *
     * @return whether writers try to compress
     */
    public boolean compress() {
        return compress;
    }

    /**
     * Sets whether what shrinks is compressed.
     *
     * @param compress whether writers try to compress
     * @return the changed options
     */
    public StoreOptions withCompress(boolean compress) {
        StoreOptions copy = new StoreOptions(this);
        copy.compress = compress;
        return copy;
    }

    /**
     * Returns how long to wait for a lock that another process holds.
     *
     * @return the time limit
     */
    public Duration lockTimeout() {
        return lockTimeout;
    }

    /**
     * Sets how long to wait for a lock that another process holds.
     *
     * @param timeout the time limit; zero tries once
     * @return the changed options
     */
    public StoreOptions withLockTimeout(Duration timeout) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("lockTimeout " + timeout);
        }
        StoreOptions copy = new StoreOptions(this);
        copy.lockTimeout = timeout;
        return copy;
    }

    /** Where the names of new packs and runs come from. */
    LongSupplier names() {
        return names;
    }

    StoreOptions withNames(LongSupplier source) {
        StoreOptions copy = new StoreOptions(this);
        copy.names = source;
        return copy;
    }

    /**
     * Returns what carries out changes to the file system.
     *
     * @return the disk
     */
    public Disk disk() {
        return disk;
    }

    /**
     * Sets what carries out changes to the file system; for tests, which stop, fail or lose some of them.
     *
     * @param value the disk
     * @return the changed options
     */
    public StoreOptions withDisk(Disk value) {
        StoreOptions copy = new StoreOptions(this);
        copy.disk = value;
        return copy;
    }
}
