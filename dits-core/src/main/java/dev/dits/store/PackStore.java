package dev.dits.store;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Disk;
import dev.dits.disk.DiskFile;
import dev.dits.disk.Role;
import dev.dits.error.CorruptObjectException;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.store.PackFormat.RecordHeader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Objects and chunks in pack files with a memory-mapped index, as {@code docs/format.md} section 4 gives them.
 *
 * <p>Any number of stores may be open on one directory, in one process and in several. Safe for use by several threads. Interrupting a
 * thread that reads or writes neither harms the store nor fails the call; its interrupt flag stays set.
 */
public final class PackStore implements ObjectSource, AutoCloseable {
    private static final String STORE_LOCK = "store.lock";
    private static final int DAMAGED_MAX = 10_000;

    /*
     * How it holds together. A lookup asks the writers of this store for what is in no run yet, then the view: the runs and packs of
     * one moment, newest run first. A miss looks at a counter in shared memory, which whoever adds or deletes a run or pack moves, and where it has moved
     * reads the directory anew and looks again. A pack that is gone under a reader shows as a missing file and has the same
     * effect. A writer publishes a run, and refreshes the view, before it forgets the entries; so a lookup that asks
     * writers first finds every entry in at least one place.
     */
    private final Path directory;
    private final StoreOptions options;
    private final Generation generation;
    private final PackHandles handles;
    private final Compressor compressor = new Compressor();
    private final Decompressor decompressor = new Decompressor();
    private final List<StoreWriter> writers = new CopyOnWriteArrayList<>();
    private final Set<ObjectId> damaged = ConcurrentHashMap.newKeySet();
    private final AtomicLong salvaged = new AtomicLong();
    private final ReentrantLock refreshLock = new ReentrantLock();
    private final Maintenance maintenance;
    private volatile IndexView view;
    private volatile boolean closed;

    private PackStore(Path directory, StoreOptions options) throws IOException {
        this.directory = directory;
        this.options = options;
        generation = new Generation(options.disk(), directory);
        handles = new PackHandles(directory);
        view = IndexView.load(directory, generation, null);
        maintenance = new Maintenance(this);
    }

    /** Sees every object of a store. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * Sees one object.
         *
         * @param id its id
         * @param type what it is
         * @param plainLength its size before compression, bytes
         * @param storedLength its size in the pack, without the record's header, bytes
         * @throws IOException to stop, passed on
         */
        void visit(ObjectId id, RecordType type, int plainLength, int storedLength) throws IOException;
    }

    /**
     * One pack file.
     *
     * @param name 16 hexadecimal digits
     * @param bytes its size
     * @param modifiedMillis when it was last appended to, milliseconds since 1970-01-01T00:00Z, by the file system's clock
     */
    public record PackInfo(String name, long bytes, long modifiedMillis) {}

    /**
     * Opens a store, making the directory if there is none. Reads no more than the list of files and each run's footer.
     *
     * @param directory the directory that holds the packs, on the default file system
     * @param options how to work
     * @return the open store
     * @throws dev.dits.error.UnsupportedFormatException if it was written by a newer version
     * @throws IOException if the file system fails
     */
    public static PackStore open(Path directory, StoreOptions options) throws IOException {
        options.disk().makeDirectories(Role.LAYOUT, directory);
        return new PackStore(directory.toRealPath(), options);
    }

    @Override
    public byte @Nullable [] read(ObjectId id) throws IOException {
        return find(id, (found, record) -> record.decode(found, decompressor));
    }

    @Override
    public boolean contains(ObjectId id) throws IOException {
        ensureOpen();
        return holds(id, null);
    }

    /**
     * Reads a record without decompressing it, to send it on. Its CRC is checked, its SHA-256 is not: the receiver does that.
     *
     * @param id which
     * @return the record, or null if it is not here
     * @throws dev.dits.error.CorruptObjectException if every copy is damaged
     * @throws IOException if the file system fails
     */
    public @Nullable StoredRecord readStored(ObjectId id) throws IOException {
        return find(id, (found, record) -> record);
    }

    /**
     * Returns an object's size before compression, from the index.
     *
     * @param id which
     * @return bytes, or -1 if it is not here
     * @throws IOException if the file system fails
     */
    public int plainLength(ObjectId id) throws IOException {
        ensureOpen();
        for (StoreWriter writer : writers) {
            Entry entry = writer.find(id);
            if (entry != null) {
                return entry.plain;
            }
        }
        Entry entry = new Entry();
        IndexView now = view;
        int run = now.find(id, entry, 0);
        if (run < 0 && stale(now)) {
            run = refresh(false).find(id, entry, 0);
        }
        return run < 0 ? -1 : entry.plain;
    }

    private interface Reading<T> {
        T of(ObjectId id, StoredRecord record) throws IOException;
    }

    private <T> @Nullable T find(ObjectId id, Reading<T> reading) throws IOException {
        ensureOpen();
        CorruptObjectException damage = null;
        for (boolean again = true; again; ) {
            again = false;
            boolean gone = false;
            for (StoreWriter writer : writers) {
                Entry entry = writer.find(id);
                if (entry != null) {
                    try {
                        return reading.of(id, load(id, entry));
                    } catch (NoSuchFileException e) {
                        gone = true; // a cache was cleared under its writer
                    } catch (CorruptObjectException e) {
                        damage = e;
                    }
                }
            }
            IndexView now = view;
            Entry entry = new Entry();
            for (int run = now.find(id, entry, 0); run >= 0; run = now.find(id, entry, run + 1)) {
                try {
                    return reading.of(id, load(id, entry));
                } catch (NoSuchFileException e) {
                    gone = true;
                } catch (CorruptObjectException e) {
                    damage = e; // an older copy may be whole
                }
            }
            if (stale(now) || (gone && now.packs().contains(entry.pack))) {
                again = refresh(gone) != now;
            }
        }
        if (damage != null) {
            if (damaged.size() < DAMAGED_MAX) {
                damaged.add(id);
            }
            throw damage;
        }
        return null;
    }

    /** Reads a record where an entry says it is, and checks that it is the one. */
    StoredRecord load(ObjectId id, Entry entry) throws IOException {
        int stored = entry.stored;
        if (stored < 1 || stored > RecordType.CHUNK.plainBytesMax()) {
            throw new CorruptObjectException("the index entry of " + id.abbreviated() + " is damaged");
        }
        byte[] before = new byte[PackFormat.RECORD_HEADER_BYTES];
        byte[] payload = new byte[stored];
        try {
            handles.read(entry.pack, entry.offset, before, payload);
        } catch (EOFException e) {
            throw new CorruptObjectException("object " + id.abbreviated() + " lies behind the end of its pack", e);
        }
        RecordHeader header = PackFormat.parseHeader(before, 0);
        if (!header.id().equals(id) || header.stored() != stored) {
            throw new CorruptObjectException("object " + id.abbreviated() + " is not where the index says");
        }
        PackFormat.checkCrc(before, 0, payload, 0, header);
        return new StoredRecord(header.type(), header.codec(), header.plain(), payload);
    }

    /**
     * Tells whether a whole copy seems to be here; one that was found damaged does not count, so that it can be put again.
     *
     * @param only of records that are in no run yet, only those of this writer count; null for those of all
     */
    boolean holds(ObjectId id, @Nullable StoreWriter only) throws IOException {
        for (StoreWriter writer : writers) {
            if ((only == null || only == writer) && writer.has(id)) {
                return true;
            }
        }
        if (!damaged.isEmpty() && damaged.contains(id)) {
            return false;
        }
        IndexView now = view;
        return now.contains(id) || (stale(now) && refresh(false).contains(id));
    }

    void forgetDamage(ObjectId id) {
        if (!damaged.isEmpty()) {
            damaged.remove(id);
        }
    }

    private boolean stale(IndexView seen) {
        return seen.generation() != generation.get() || seen != view;
    }

    /**
     * Looks at the directory again if anything changed.
     *
     * @param always also where the counter has not moved
     */
    IndexView refresh(boolean always) throws IOException {
        refreshLock.lock();
        try {
            if (always || view.generation() != generation.get()) {
                IndexView fresh = IndexView.load(directory, generation, view);
                view = fresh;
                handles.forget(pack -> !fresh.packs().contains(pack));
            }
            return view;
        } finally {
            refreshLock.unlock();
        }
    }

    IndexView view() {
        return view;
    }

    /** Tells every store on this directory that its files have changed. */
    void changed() throws IOException {
        generation.advance();
        refresh(false);
    }

    /** Writes a run, in the order that makes it durable, and shows it. */
    void publish(EntryCursor entries, int entriesMax, long sequence, Map<Long, Long> packs) throws IOException {
        String name = PackFormat.hex(options.names().getAsLong());
        Path temporary = directory.resolve(name + RunFormat.TEMPORARY_SUFFIX);
        Disk disk = options.disk();
        boolean renamed = false;
        try {
            try (DiskFile file = disk.create(Role.RUN, temporary)) {
                int unused = RunWriter.write(file, sequence, entriesMax, packs, entries);
                if (options.durable()) {
                    file.sync();
                }
            }
            disk.rename(Role.RUN, temporary, directory.resolve(name + RunFormat.SUFFIX));
            renamed = true;
        } finally {
            if (!renamed) {
                AtomicFile.discard(disk, Role.RUN, temporary);
            }
        }
        if (options.durable()) {
            disk.syncDirectory(Role.RUN, directory);
        }
        changed();
    }

    void mergeRuns() throws IOException {
        maintenance.mergeRuns();
    }

    void countSalvaged() {
        salvaged.incrementAndGet();
    }

    long salvaged() {
        return salvaged.get();
    }

    Path directory() {
        return directory;
    }

    StoreOptions options() {
        return options;
    }

    Compressor compressor() {
        return compressor;
    }

    Decompressor decompressor() {
        return decompressor;
    }

    Path packPath(long name) {
        return directory.resolve(PackFormat.hex(name) + PackFormat.PACK_SUFFIX);
    }

    Path lockPath(long name) {
        return directory.resolve(PackFormat.hex(name) + PackFormat.LOCK_SUFFIX);
    }

    Path runPath(String name) {
        return directory.resolve(name + RunFormat.SUFFIX);
    }

    Path storeLockPath() {
        return directory.resolve(STORE_LOCK);
    }

    PackHandles handles() {
        return handles;
    }

    /**
     * Makes a writer, which holds the store's shared lock until it is closed.
     *
     * @return the writer, closed by the caller
     * @throws dev.dits.error.RepositoryBusyException if another process compacts the store for longer than the lock timeout
     * @throws IOException if the file system fails
     */
    public StoreWriter newWriter() throws IOException {
        ensureOpen();
        FileLocks.Held lock = FileLocks.lock(storeLockPath(), true, LockWait.upTo(options.lockTimeout()));
        boolean done = false;
        try {
            // From here on nobody compacts; until a moment ago somebody may have, and what he dropped has to be stored
            // again. Always, for he may have been killed before he moved the counter.
            refresh(true);
            done = true;
            return register(new StoreWriter(this, lock, Set.of()));
        } finally {
            if (!done) {
                lock.close();
            }
        }
    }

    /** Makes a writer for whoever holds the exclusive lock. */
    StoreWriter newWriterUnderLock(Set<Long> avoid) {
        return register(new StoreWriter(this, null, avoid));
    }

    private StoreWriter register(StoreWriter writer) {
        writers.add(writer);
        return writer;
    }

    void remove(StoreWriter writer) {
        writers.remove(writer);
    }

    /**
     * Finishes what killed processes left: indexes the whole records in the tails of packs that nobody writes, cuts torn ones, rebuilds
     * the index where a run is no run, deletes left-over temporary files. Cheap when there is nothing to do; call it when a repository is opened.
     *
     * @return number of records that were recovered
     * @throws IOException if the file system fails
     */
    public long recover() throws IOException {
        ensureOpen();
        return maintenance.recover();
    }

    /**
     * Visits every object once, in the order of ids: those in runs, so what a writer has not flushed is not among them.
     *
     * @param visitor sees them
     * @throws IOException if the file system fails or the visitor throws
     */
    public void forEach(Visitor visitor) throws IOException {
        ensureOpen();
        Entry entry = new Entry();
        EntryCursor cursor = refresh(false).distinct();
        while (cursor.next(entry)) {
            visitor.visit(entry.id(), RecordType.ofCode(entry.type), entry.plain, entry.stored);
        }
    }

    /**
     * Reads everything: all packs and runs, CRC, SHA-256 and checksums.
     *
     * @param progress told the number of bytes read so far, now and then
     * @return what was found
     * @throws IOException if the file system fails
     */
    public VerifyReport verify(LongConsumer progress) throws IOException {
        ensureOpen();
        return new Verification(this, progress).run();
    }

    /**
     * Rebuilds the whole index from the packs; for a store of which a run is damaged. Takes the exclusive lock.
     *
     * @return number of records indexed
     * @throws dev.dits.error.RepositoryBusyException if a writer is open for longer than the lock timeout
     * @throws IOException if the file system fails
     */
    public long reindex() throws IOException {
        ensureOpen();
        return maintenance.reindex();
    }

    /**
     * Drops dead objects: rewrites packs of which enough is dead, deletes those without a live record, merges small ones. Takes the exclusive lock, so no writer may
     * be open anywhere. A dead object can not be read afterwards; its bytes stay where a pack holds little that is dead. A crash at any point loses no live object.
     *
     * @param live tells whether an object is to stay; asked up to three times for each, and must not change its mind
     * @return what was done
     * @throws dev.dits.error.RepositoryBusyException if a writer is open for longer than the lock timeout
     * @throws IOException if the file system fails
     */
    public CompactReport compact(Predicate<ObjectId> live) throws IOException {
        return compact(live, LockWait.upTo(options.lockTimeout()));
    }

    /**
     * Drops dead objects as {@link #compact(Predicate)}, for a caller that holds a lock of its own and must not wait long.
     *
     * @param live tells whether an object is to stay
     * @param wait how to wait for writers and when to give up
     * @return what was done
     * @throws dev.dits.error.RepositoryBusyException if {@code wait} gave up; nothing was done
     * @throws IOException if the file system fails
     */
    public CompactReport compact(Predicate<ObjectId> live, LockWait wait) throws IOException {
        ensureOpen();
        return new Compaction(this, maintenance, live).run(wait);
    }

    /**
     * Counts what is here; walks the whole index.
     *
     * @return the figures
     * @throws IOException if the file system fails
     */
    public StoreStats stats() throws IOException {
        ensureOpen();
        long objects = 0;
        long chunks = 0;
        long plainBytes = 0;
        long storedBytes = 0;
        IndexView now = refresh(false);
        Entry entry = new Entry();
        EntryCursor cursor = now.distinct();
        while (cursor.next(entry)) {
            if (entry.type == RecordType.CHUNK.code()) {
                chunks++;
            } else {
                objects++;
            }
            plainBytes += entry.plain;
            storedBytes += entry.stored;
        }
        List<PackInfo> packs = packs();
        long packBytes = packs.stream().mapToLong(PackInfo::bytes).sum();
        long runBytes = now.runs().stream().mapToLong(Run::bytes).sum();
        return new StoreStats(
                objects,
                chunks,
                plainBytes,
                storedBytes,
                packs.size(),
                packBytes,
                now.runs().size(),
                runBytes);
    }

    /**
     * Lists the packs.
     *
     * @return all of them, the one not appended to for longest first
     * @throws IOException if the file system fails
     */
    public List<PackInfo> packs() throws IOException {
        List<PackInfo> packs = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + PackFormat.PACK_SUFFIX)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                if (PackFormat.isNamed(name, PackFormat.PACK_SUFFIX)) {
                    try {
                        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                        packs.add(new PackInfo(
                                name.substring(0, 16),
                                attributes.size(),
                                attributes.lastModifiedTime().toMillis()));
                    } catch (NoSuchFileException e) {
                        // Deleted since the listing.
                    }
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        packs.sort(Comparator.comparingLong(PackInfo::modifiedMillis).thenComparing(PackInfo::name));
        return packs;
    }

    /**
     * Deletes a pack of a store that is a cache, keeping some of what it holds by copying it elsewhere.
     *
     * @param pack its name
     * @param into receives what is kept
     * @param keep tells what to keep
     * @param keepBytesMax keep no more than this, bytes of records
     * @return number of records that are gone, or -1 if somebody appends to that pack
     * @throws IllegalStateException if this store is durable: there {@link #compact} decides with everybody else locked out
     * @throws IOException if the file system fails
     */
    public long evict(String pack, StoreWriter into, Predicate<ObjectId> keep, long keepBytesMax) throws IOException {
        ensureOpen();
        ensureCache();
        return maintenance.evict(PackFormat.nameOf(pack), into, keep, keepBytesMax);
    }

    /**
     * Deletes everything in a store that is a cache, also what other processes are writing; they notice at their next flush. Close this store's own writers before.
     *
     * @throws IllegalStateException if this store is durable
     * @throws IOException if the file system fails
     */
    public void clear() throws IOException {
        ensureOpen();
        ensureCache();
        maintenance.clear();
    }

    private void ensureCache() {
        if (options.durable()) {
            throw new IllegalStateException("only a store that is a cache may lose what it holds");
        }
    }

    private void ensureOpen() throws IOException {
        if (closed) {
            throw new IOException("the store " + directory + " is closed");
        }
    }

    /**
     * Closes the store and the writers made by it. Idempotent. Calls under way on other threads may fail.
     */
    @Override
    public void close() throws IOException {
        closed = true;
        IOException failure = null;
        for (StoreWriter writer : writers) {
            try {
                writer.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        handles.close();
        compressor.close();
        decompressor.close();
        if (failure != null) {
            throw failure;
        }
    }
}
