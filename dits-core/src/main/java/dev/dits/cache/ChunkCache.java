package dev.dits.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Policy;
import dev.dits.disk.Disk;
import dev.dits.disk.DiskFailures;
import dev.dits.disk.Role;
import dev.dits.error.DiskFullException;
import dev.dits.error.RepositoryBusyException;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.ObjectId;
import dev.dits.store.PackStore;
import dev.dits.store.RecordType;
import dev.dits.store.StoreOptions;
import dev.dits.store.StoreStats;
import dev.dits.store.StoreWriter;
import dev.dits.store.VerifyReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chunks that this node has seen: decoded ones in memory over a bounded store on disk, which all mounts and processes of the node share. What was written into
 * a working tree is read from there, and gets into the store only when it had to be fetched a second time.
 *
 * <p>A cache: it may lose anything at any time, and never returns a byte that does not match its id. Failures of the disk
 * show as misses. Safe for use by several threads, several instances and several processes on one directory.
 */
public final class ChunkCache implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ChunkCache.class);
    private static final long AUTOMATIC_BYTES_MAX = 10L << 30;
    private static final int AUTOMATIC_FREE_FRACTION = 10;
    private static final long PACK_BYTES_MAX = 64L << 20;
    private static final int PACKS = 16;
    private static final int FLUSH_RECORDS = 256;
    private static final int ENTRY_OVERHEAD_BYTES = 128;

    /*
     * The disk is a ring of packs. New chunks go to the end; where the bound is exceeded the pack that was not
     * appended to for longest goes, but chunks of it that were asked for since about one turn are copied to the end
     * first (FIFO with reinsertion; it comes close to LRU without a write per hit). At most half a pack is copied, so that
     * eviction always gains and costs no more than the write that made it necessary.
     */
    private final Cache<ObjectId, byte[]> memory;
    private final @Nullable OnDisk disk;
    private final LongAdder memoryHits = new LongAdder();
    private final LongAdder diskHits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder evicted = new LongAdder();
    private final String problem;
    private volatile boolean closed;

    private ChunkCache(CacheOptions options, @Nullable OnDisk disk, String problem) {
        this.disk = disk;
        this.problem = problem;
        memory = Caffeine.newBuilder()
                .maximumWeight(options.memoryBytesMax())
                .weigher((ObjectId id, byte[] plain) -> plain.length + ENTRY_OVERHEAD_BYTES)
                .executor(Runnable::run) // no thread of a pool that belongs to the host application
                .build();
    }

    /** What is on disk. */
    private static final class OnDisk {
        final PackStore store;
        final RecencyFilter recency;
        final long bytesMax;
        final long packBytesMax;
        final AtomicLong unchecked = new AtomicLong(); // bytes put since the bound was last looked at
        final ReentrantLock writerLock = new ReentrantLock();
        final ReentrantLock trimLock = new ReentrantLock();
        final Disk system;
        final Path directory;

        @Nullable
        StoreWriter writer;

        @Nullable
        volatile LocatedChunks located;

        boolean closed;

        OnDisk(Disk system, Path directory, long bytesMax) throws IOException {
            this.bytesMax = bytesMax;
            this.system = system;
            this.directory = directory;
            packBytesMax = Math.max(StoreOptions.PACK_BYTES_MIN, Math.min(PACK_BYTES_MAX, bytesMax / PACKS));
            // Decoding would cost more than the space is worth, and most chunks of media do not shrink.
            store = PackStore.open(
                    directory,
                    StoreOptions.defaults()
                            .withDisk(system)
                            .withDurable(false)
                            .withCompress(false)
                            .withPackBytesMax(packBytesMax)
                            .withFlushRecords(FLUSH_RECORDS)
                            .withLockTimeout(Duration.ofSeconds(1)));
            boolean done = false;
            try {
                recency = new RecencyFilter(system, directory);
                long unused = store.recover();
                done = true;
            } finally {
                if (!done) {
                    store.close();
                }
            }
        }

        StoreWriter writer() throws IOException {
            writerLock.lock();
            try {
                if (closed) {
                    throw new IOException("the cache is closed");
                }
                StoreWriter open = writer;
                if (open == null) {
                    open = store.newWriter();
                    writer = open;
                }
                return open;
            } finally {
                writerLock.unlock();
            }
        }

        /** Null where there is none, and none is to be made. */
        @Nullable
        LocatedChunks located(boolean make) throws IOException {
            LocatedChunks open = located;
            if (open != null || !(make || LocatedChunks.exists(directory, bytesMax))) {
                return open;
            }
            writerLock.lock();
            try {
                open = located;
                if (open == null && !closed) {
                    open = LocatedChunks.open(system, directory, bytesMax);
                    located = open;
                }
                return open;
            } finally {
                writerLock.unlock();
            }
        }

        /** Shows other processes what was put, and lets go of the pack. */
        void leave(boolean forGood) throws IOException {
            writerLock.lock();
            try {
                StoreWriter open = writer;
                writer = null;
                closed |= forGood;
                if (open != null) {
                    try (open) {
                        open.flush();
                    }
                }
            } finally {
                writerLock.unlock();
            }
        }
    }

    /**
     * Opens the cache, making the directory if there is none. Where the disk has no room for it, or what lies there is of a version that this one can not read, the
     * cache is in memory only, and {@link #problem} says so.
     *
     * @param directory where the chunks lie, {@code DITS_HOME/cache}
     * @param options bounds
     * @return the open cache
     * @throws IOException if the directory cannot be used for another reason
     */
    public static ChunkCache open(Path directory, CacheOptions options) throws IOException {
        long bytesMax = options.diskBytesMax();
        if (bytesMax == 0) {
            return new ChunkCache(options, null, "");
        }
        try {
            options.disk().makeDirectories(Role.LAYOUT, directory);
            if (bytesMax == CacheOptions.DISK_BYTES_AUTOMATIC) {
                bytesMax = automaticBytes(directory);
            }
            return new ChunkCache(options, new OnDisk(options.disk(), directory, bytesMax), "");
        } catch (UnsupportedFormatException e) {
            // A newer dits filled it, or its version is the byte that went bad: not to be touched, and nothing to stop
            // for.
            LOGGER.debug("the cache is in memory only", e);
            return new ChunkCache(
                    options,
                    null,
                    "the chunk cache is in memory only, as " + directory
                            + " was written by a newer dits, or is damaged (" + e.getMessage()
                            + "); delete the directory to have one on disk again");
        } catch (IOException e) {
            IOException explained = DiskFailures.explain(directory, e);
            if (!(explained instanceof DiskFullException)) {
                throw e;
            }
            // What it would have saved can be fetched again; that is no reason to do nothing at all.
            LOGGER.debug("the cache is in memory only", explained);
            return new ChunkCache(options, null, "the chunk cache is in memory only, as " + explained.getMessage());
        }
    }

    /**
     * Tells why the disk is not used although it was asked for.
     *
     * @return for people, on one line; empty if all is well
     */
    public String problem() {
        return problem;
    }

    private static long automaticBytes(Path directory) throws IOException {
        long freeBytes = Files.getFileStore(directory).getUsableSpace();
        long minimum = StoreOptions.PACK_BYTES_MIN * PACKS;
        return Math.max(minimum, Math.min(AUTOMATIC_BYTES_MAX, freeBytes / AUTOMATIC_FREE_FRACTION));
    }

    /**
     * Returns a chunk.
     *
     * @param id which
     * @return its plain bytes, verified; shared with the cache, not to be changed; null if it is not here
     */
    public byte @Nullable [] get(ObjectId id) {
        byte[] plain = memory.getIfPresent(id);
        if (plain != null) {
            touch(id);
            memoryHits.increment();
            return plain;
        }
        plain = readDisk(id);
        if (plain == null) {
            misses.increment();
            return null;
        }
        diskHits.increment();
        memory.put(id, plain);
        return plain;
    }

    private void touch(ObjectId id) {
        if (disk != null) {
            disk.recency.touch(id);
        }
    }

    private byte @Nullable [] readDisk(ObjectId id) {
        if (disk == null || closed) {
            return null;
        }
        try {
            LocatedChunks located = disk.located(false);
            byte[] plain = located == null ? null : located.read(id);
            if (plain == null) {
                plain = disk.store.read(id);
            }
            if (plain != null) {
                disk.recency.touch(id);
            }
            return plain;
        } catch (IOException e) {
            // Damaged, or the disk fails. The store does not count a damaged copy, so a new one can be put.
            LOGGER.debug("a cached chunk could not be read", e);
            return null;
        }
    }

    /**
     * Tells whether a chunk is here, without reading it. It may be gone, or found damaged, when it is asked for.
     *
     * @param id which
     * @return whether it seems to be here
     */
    public boolean contains(ObjectId id) {
        if (memory.asMap().containsKey(id)) {
            return true;
        }
        if (disk == null || closed) {
            return false;
        }
        try {
            LocatedChunks located = disk.located(false);
            return (located != null && located.contains(id)) || disk.store.contains(id);
        } catch (IOException e) {
            LOGGER.debug("the cache's index could not be read", e);
            return false;
        }
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
        Objects.checkFromIndexSize(offset, length, plain.length);
        if (!closed) {
            putOwned(id, Arrays.copyOfRange(plain, offset, offset + length));
        }
    }

    /**
     * Adds a chunk that the caller has verified, and keeps its array, which is not to be changed any more. A full disk is no error.
     *
     * @param id the SHA-256 of the bytes
     * @param plain the bytes, 1 to 1,048,576
     */
    public void putOwned(ObjectId id, byte[] plain) {
        int length = plain.length;
        if (length < 1 || length > RecordType.CHUNK.plainBytesMax()) {
            throw new IllegalArgumentException("a chunk of " + length + " bytes");
        }
        if (closed) {
            return;
        }
        memory.put(id, plain);
        if (disk != null) {
            try {
                if (disk.writer().put(RecordType.CHUNK, id, plain, 0, length)) {
                    trimIfDue(disk, length);
                }
            } catch (IOException e) {
                LOGGER.debug("a chunk was not cached", e);
            }
        }
    }

    /**
     * A file of a working tree that is being put together, whose chunks need not be stored a second time. Used by any number of threads.
     */
    public final class FilePlace {
        private final @Nullable LocatedChunks located;
        private final long file;

        private FilePlace(@Nullable LocatedChunks located, long file) {
            this.located = located;
            this.file = file;
        }

        /**
         * Adds a chunk that was fetched, has been verified, and is written into the file; its array is not to be changed any more.
         *
         * @param id the SHA-256 of the bytes
         * @param offset where it starts in the file
         * @param plain the bytes, 1 to 1,048,576
         */
        public void put(ObjectId id, long offset, byte[] plain) {
            if (located == null || file < 0) {
                putOwned(id, plain);
                return;
            }
            memory.put(id, plain);
            if (located.put(file, offset, id, plain.length)) {
                // It had been here, and whoever had it changed or deleted it: worth its space this time.
                putOwned(id, plain);
            }
        }

        /**
         * Notes a chunk that was here already, and is in this file as well now.
         *
         * @param id which
         * @param offset where it starts in the file
         * @param length its bytes
         */
        public void note(ObjectId id, long offset, int length) {
            if (located != null && file >= 0) {
                boolean unused = located.put(file, offset, id, length);
            }
        }
    }

    /**
     * Names a file that is going to be put together.
     *
     * @param part the path at which it grows
     * @param file the path that it gets when it is whole
     * @return takes its chunks
     */
    public FilePlace place(Path part, Path file) {
        LocatedChunks located = null;
        if (disk != null && !closed) {
            try {
                located = disk.located(true);
            } catch (IOException e) {
                LOGGER.debug("files of working trees can not be noted", e);
            }
        }
        return new FilePlace(located, located == null ? -1 : located.file(part, file));
    }

    private void trimIfDue(OnDisk on, int added) throws IOException {
        if (on.unchecked.addAndGet(added) < on.packBytesMax / 2 || !on.trimLock.tryLock()) {
            return;
        }
        try {
            on.unchecked.set(0);
            long unused = trim(on);
        } finally {
            on.trimLock.unlock();
        }
    }

    /** Evicts until the bound holds; the trim lock is held. */
    private long trim(OnDisk on) throws IOException {
        List<PackStore.PackInfo> packs = on.store.packs();
        long before = packs.stream().mapToLong(PackStore.PackInfo::bytes).sum();
        long bytes = before;
        for (PackStore.PackInfo pack : packs) {
            if (bytes <= on.bytesMax) {
                break;
            }
            if (evict(on, pack, on.recency::recent, pack.bytes() / 2)) {
                on.recency.evicted(pack.bytes(), on.bytesMax);
                bytes = on.store.packs().stream()
                        .mapToLong(PackStore.PackInfo::bytes)
                        .sum();
            }
        }
        return Math.max(0, before - bytes);
    }

    private boolean evict(OnDisk on, PackStore.PackInfo pack, Predicate<ObjectId> keep, long keepBytesMax)
            throws IOException {
        long gone = on.store.evict(pack.name(), on.writer(), keep, keepBytesMax);
        if (gone > 0) {
            evicted.add(gone);
        }
        return gone >= 0;
    }

    /**
     * Counts.
     *
     * @return the figures; walks the index on disk
     */
    public CacheStats stats() {
        long memoryBytes = memory.policy()
                .eviction()
                .map(Policy.Eviction::weightedSize)
                .flatMap(
                        size -> size.isPresent() ? java.util.Optional.of(size.getAsLong()) : java.util.Optional.empty())
                .orElse(0L);
        long diskBytes = 0;
        long diskChunks = 0;
        long locatedChunks = 0;
        if (disk != null && !closed) {
            try {
                LocatedChunks located = disk.located(false);
                locatedChunks = located == null ? 0 : located.count();
                StoreStats stats = disk.store.stats();
                diskBytes = stats.packBytes() + stats.runBytes();
                diskChunks = stats.chunks();
            } catch (IOException e) {
                LOGGER.debug("the cache could not be counted", e);
            }
        }
        return new CacheStats(
                memoryBytes,
                memory.estimatedSize(),
                diskBytes,
                diskChunks,
                locatedChunks,
                memoryHits.sum(),
                diskHits.sum(),
                misses.sum(),
                evicted.sum());
    }

    /**
     * A pack on disk.
     *
     * @param name its file's name without ending
     * @param bytes its length
     */
    public record Pack(String name, long bytes) {}

    /**
     * Lists what lies on disk.
     *
     * @return the packs, the next to be evicted first; none where the disk is not used
     * @throws IOException if the directory can not be read
     */
    public List<Pack> packs() throws IOException {
        return disk == null || closed
                ? List.of()
                : disk.store.packs().stream()
                        .map(pack -> new Pack(pack.name(), pack.bytes()))
                        .toList();
    }

    /**
     * Tells the bound on disk.
     *
     * @return bytes; 0 where the disk is not used
     */
    public long diskBytesMax() {
        return disk == null ? 0 : disk.bytesMax;
    }

    /**
     * Drops everything, also what other processes put there.
     *
     * @throws IOException if the file system fails
     */
    public void clear() throws IOException {
        memory.invalidateAll();
        if (disk == null || closed) {
            return;
        }
        disk.trimLock.lock();
        try {
            disk.leave(false);
            disk.store.clear();
            LocatedChunks located = disk.located(false);
            if (located != null) {
                located.clear();
            }
        } finally {
            disk.trimLock.unlock();
        }
    }

    /**
     * Brings the cache within its bound, drops damaged chunks and finishes what killed processes left. Reads all of it.
     *
     * @return bytes freed
     * @throws IOException if the file system fails
     */
    public long gc() throws IOException {
        if (disk == null || closed) {
            return 0;
        }
        disk.trimLock.lock();
        try {
            long before = packBytes(disk);
            disk.leave(false); // our own pack can be looked at as well
            long unused = disk.store.recover();
            VerifyReport report = disk.store.verify(bytes -> {});
            for (PackStore.PackInfo pack : disk.store.packs()) {
                if (report.damagedFiles().contains(pack.name() + ".pack")) {
                    boolean unusedToo = evict(disk, pack, id -> true, Long.MAX_VALUE);
                }
            }
            if (report.damagedFiles().stream().anyMatch(file -> file.endsWith(".run"))) {
                reindex(disk);
            }
            long unusedAsWell = trim(disk);
            return Math.max(0, before - packBytes(disk));
        } finally {
            disk.trimLock.unlock();
        }
    }

    private static long packBytes(OnDisk on) throws IOException {
        return on.store.packs().stream().mapToLong(PackStore.PackInfo::bytes).sum();
    }

    private static void reindex(OnDisk on) throws IOException {
        on.leave(false);
        try {
            long unused = on.store.reindex();
        } catch (RepositoryBusyException e) {
            LOGGER.debug("another process uses the cache; its index is rebuilt another time", e);
        }
    }

    /** Closes the cache; what it holds stays on disk. Idempotent. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        memory.invalidateAll();
        if (disk != null) {
            try {
                disk.leave(true);
            } catch (IOException e) {
                LOGGER.debug("the end of the cache was not indexed", e);
            }
            try {
                disk.store.close();
            } catch (IOException e) {
                LOGGER.debug("the cache was not closed cleanly", e);
            }
        }
    }
}
