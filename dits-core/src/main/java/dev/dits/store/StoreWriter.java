package dev.dits.store;

import dev.dits.disk.DiskFailures;
import dev.dits.disk.DiskFile;
import dev.dits.disk.ReadOnly;
import dev.dits.disk.Role;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.DiskFullException;
import dev.dits.error.DitsException;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSink;
import dev.dits.store.PackFormat.RecordHeader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends records to one pack at a time. Made by {@link PackStore#newWriter()}.
 *
 * <p>Several threads may put at once: hashing and compression run outside the lock. What was put can be read through the
 * same {@link PackStore} at once, survives the end of the process soon after (up to 32 KiB wait in memory), and is durable and visible
 * to other processes when {@link #flush()} returns.
 *
 * <p>While a writer is open it holds the store's shared lock, which keeps {@link PackStore#compact} out; close it when its work is done.
 */
public final class StoreWriter implements ObjectSink, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(StoreWriter.class);
    private static final int BUFFER_BYTES = 1 << 17;
    private static final int DRAIN_BYTES = 1 << 15;

    private final PackStore store;
    private final StoreOptions options;
    private final FileLocks.@Nullable Held storeLock;
    private final Set<Long> avoid;

    // Taken first: one flush at a time. Appending goes on while a flush syncs.
    private final ReentrantLock flushLock = new ReentrantLock();
    private final ReentrantLock appendLock = new ReentrantLock();

    private final byte[] buffer = new byte[BUFFER_BYTES];
    private EntryTable active = new EntryTable();
    private @Nullable EntryTable sealed;
    private @Nullable OpenPack pack;
    private boolean freshCoverage; // a tail was cut or indexed, so a flush has news even without a put
    private volatile @Nullable IOException broken;
    private volatile boolean closed;

    /** A pack that this writer has locked. */
    private static final class OpenPack {
        final long name;
        final Path path;
        final DiskFile file;
        final FileLocks.Held lock;
        long drained; // the file's length
        long durable; // so much of it is on the disk for sure; 0 for a pack that was never synced
        int buffered; // bytes in the buffer that belong behind it

        OpenPack(long name, Path path, DiskFile file, FileLocks.Held lock, long drained, long durable) {
            this.name = name;
            this.path = path;
            this.file = file;
            this.lock = lock;
            this.drained = drained;
            this.durable = durable;
        }

        long end() {
            return drained + buffered;
        }
    }

    /**
     * @param storeLock released at close; null if the caller holds the exclusive lock
     * @param avoid packs not to append to
     */
    StoreWriter(PackStore store, FileLocks.@Nullable Held storeLock, Set<Long> avoid) {
        this.store = store;
        this.options = store.options();
        this.storeLock = storeLock;
        this.avoid = new HashSet<>(avoid);
    }

    /**
     * Stores a record, compressed where a sample shows that it shrinks.
     *
     * @param type what it is
     * @param id the SHA-256 of the bytes, computed by the caller and trusted here
     * @param data the array that holds the plain bytes
     * @param offset where they start
     * @param length how many, 1 to {@link RecordType#plainBytesMax()}
     * @return false if the store had it already; what another writer has not flushed does not count
     * @throws dev.dits.error.DiskFullException if the disk is full; the pack ends at the last whole record and the writer stays usable
     * @throws IOException if the file system fails
     */
    public boolean put(RecordType type, ObjectId id, byte[] data, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, data.length);
        if (length < 1 || length > type.plainBytesMax()) {
            throw new IllegalArgumentException(
                    "a " + type + " has 1 to " + type.plainBytesMax() + " bytes, not " + length);
        }
        ensureUsable();
        if (store.holds(id, this)) {
            return false;
        }
        byte[] compressed = options.compress() ? store.compressor().compress(data, offset, length) : null;
        return compressed == null
                ? append(id, type, RecordCodec.PLAIN, length, data, offset, length)
                : append(id, type, RecordCodec.ZSTD, length, compressed, 0, compressed.length);
    }

    /**
     * Stores a record as it was received. The caller has verified it with {@link StoredRecord#decode(ObjectId)}.
     *
     * @param id its id
     * @param record the record
     * @return false if the store had it already
     * @throws IOException as {@link #put}
     */
    public boolean putStored(ObjectId id, StoredRecord record) throws IOException {
        ensureUsable();
        return !store.holds(id, this) && copy(id, record);
    }

    /**
     * Tells whether a record seems to be here, and will be durable when {@link #flush()} returns. Unlike {@link PackStore#contains} this leaves out what another
     * writer was given and has not flushed, which may yet come to nothing.
     *
     * @param id which
     * @return whether it need not be put
     * @throws IOException if the file system fails
     */
    public boolean contains(ObjectId id) throws IOException {
        ensureUsable();
        return store.holds(id, this);
    }

    /** Stores a record even where the store has a copy. */
    boolean copy(ObjectId id, StoredRecord record) throws IOException {
        byte[] payload = record.payload();
        return append(id, record.type(), record.codec(), record.plainLength(), payload, 0, payload.length);
    }

    /** Stores an encoded object; the same as {@link #put} with {@link RecordType#OBJECT}. */
    @Override
    public void write(ObjectId id, byte[] bytes) throws IOException {
        put(RecordType.OBJECT, id, bytes, 0, bytes.length);
    }

    private boolean append(
            ObjectId id, RecordType type, RecordCodec codec, int plain, byte[] payload, int offset, int stored)
            throws IOException {
        byte[] header = PackFormat.recordHeader(id, type, codec, plain, payload, offset, stored);
        while (true) {
            appendLock.lock();
            try {
                ensureUsable();
                if (pending(id) != null) {
                    return false;
                }
                OpenPack open = pack;
                if (open != null && open.end() < options.packBytesMax() && active.size() < options.flushRecords()) {
                    long at = open.end();
                    write(open, header, payload, offset, stored);
                    Entry entry = new Entry();
                    entry.set(id, open.name, at, stored, type, plain);
                    active.add(entry);
                    break;
                }
            } finally {
                appendLock.unlock();
            }
            makeRoom();
        }
        store.forgetDamage(id);
        return true;
    }

    /** Flushes where enough waits for it; changes packs where this one is full. */
    private void makeRoom() throws IOException {
        boolean due;
        flushLock.lock();
        try {
            appendLock.lock();
            try {
                ensureUsable();
                OpenPack open = pack;
                if (open == null || open.end() >= options.packBytesMax()) {
                    // Rare (once a pack), so appending may wait for the sync.
                    nextPack();
                    return;
                }
                due = active.size() >= options.flushRecords();
            } finally {
                appendLock.unlock();
            }
            if (due) {
                flush();
            }
        } finally {
            flushLock.unlock();
        }
    }

    private void write(OpenPack open, byte[] header, byte[] payload, int offset, int stored) throws IOException {
        int record = header.length + stored;
        if (record > BUFFER_BYTES - open.buffered) {
            drain(open);
        }
        if (record > BUFFER_BYTES) {
            try {
                open.file.write(open.drained, ByteBuffer.wrap(header));
                open.file.write(open.drained + header.length, ByteBuffer.wrap(payload, offset, stored));
            } catch (IOException e) {
                throw undo(open, e);
            }
            open.drained += record;
            return;
        }
        System.arraycopy(header, 0, buffer, open.buffered, header.length);
        System.arraycopy(payload, offset, buffer, open.buffered + header.length, stored);
        open.buffered += record;
        // Small records share a write; a chunk goes out at once, so that a killed transfer has kept it.
        if (open.buffered >= DRAIN_BYTES) {
            try {
                drain(open);
            } catch (IOException e) {
                open.buffered -= record; // this one was not taken; the others wait for room
                throw e;
            }
        }
    }

    private void drain(OpenPack open) throws IOException {
        if (open.buffered == 0) {
            return;
        }
        try {
            open.file.write(open.drained, ByteBuffer.wrap(buffer, 0, open.buffered));
        } catch (IOException e) {
            throw undo(open, e);
        }
        open.drained += open.buffered;
        open.buffered = 0;
    }

    /** Cuts what a failed write left, so that the pack ends at a whole record. */
    private static IOException undo(OpenPack open, IOException failure) {
        try {
            open.file.truncate(open.drained);
        } catch (IOException e) {
            failure.addSuppressed(e); // recovery cuts it
        }
        return DiskFailures.explain(open.path, failure);
    }

    private @Nullable Entry pending(ObjectId id) {
        Entry entry = active.find(id);
        return entry == null && sealed != null ? sealed.find(id) : entry;
    }

    /** Tells whether this writer has a record that is in no run yet. */
    boolean has(ObjectId id) {
        appendLock.lock();
        try {
            return pending(id) != null;
        } finally {
            appendLock.unlock();
        }
    }

    /** Finds a record that is in no run yet, and sees to it that it can be read from the file. */
    @Nullable
    Entry find(ObjectId id) throws IOException {
        appendLock.lock();
        try {
            Entry entry = pending(id);
            if (entry != null && pack != null && entry.pack == pack.name && entry.offset >= pack.drained) {
                drain(pack);
            }
            return entry;
        } finally {
            appendLock.unlock();
        }
    }

    /**
     * Makes everything that was put before this call durable, and visible to other processes.
     *
     * @throws IOException if the file system fails; nothing is acknowledged then
     */
    public void flush() throws IOException {
        flushLock.lock();
        try {
            ensureUsable();
            if (flushRun()) {
                store.mergeRuns();
            }
        } finally {
            flushLock.unlock();
        }
    }

    private boolean flushRun() throws IOException {
        EntryTable sealing;
        OpenPack open;
        long end;
        appendLock.lock();
        try {
            open = pack;
            if (open == null || (active.size() == 0 && !freshCoverage)) {
                return false;
            }
            drain(open);
            sealing = active;
            sealed = sealing;
            active = new EntryTable();
            freshCoverage = false;
            end = open.drained;
        } finally {
            appendLock.unlock();
        }
        boolean done = false;
        try {
            boolean published = publish(open, sealing, end);
            done = true;
            if (!published) {
                abandonPack();
            }
        } catch (IOException e) {
            throw DiskFailures.explain(open.path, e);
        } finally {
            appendLock.lock();
            try {
                if (!done) {
                    sealing.addAll(active);
                    active = sealing;
                    freshCoverage = true;
                }
                sealed = null;
            } finally {
                appendLock.unlock();
            }
        }
        return true;
    }

    // The directory entry of a new pack needs no sync of its own: a run whose pack is missing says nothing, and the
    // sync that makes the run durable covers both.
    private void sync(OpenPack open, long end) throws IOException {
        if (!options.durable()) {
            return;
        }
        try {
            open.file.sync();
            open.durable = Math.max(open.durable, end);
        } catch (IOException e) {
            // After a failed sync the system may have dropped the pages, say so only once, and still show them to
            // whoever
            // reads: nothing can be promised about them, neither by this writer nor by one that would index this tail.
            broken = e;
            try {
                open.file.truncate(open.durable);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /**
     * Makes a pack durable up to {@code end}, then its entries.
     *
     * @return false if the pack is gone, which only a cache allows
     */
    private boolean publish(OpenPack open, EntryTable entries, long end) throws IOException {
        sync(open, end);
        if (!options.durable() && !Files.exists(open.path)) {
            return false;
        }
        store.publish(entries.sorted(), entries.size(), store.view().sequenceMax() + 1, Map.of(open.name, end));
        return true;
    }

    private void abandonPack() {
        appendLock.lock();
        try {
            active = new EntryTable();
            leavePack();
        } finally {
            appendLock.unlock();
        }
    }

    /** Leaves a full pack and locks another. Both locks are held. */
    private void nextPack() throws IOException {
        OpenPack full = pack;
        if (full != null) {
            drain(full);
            if (active.size() > 0 || freshCoverage) {
                boolean unused = publish(full, active, full.drained);
                active = new EntryTable();
                freshCoverage = false;
            }
            leavePack();
        }
        OpenPack next = reuse();
        pack = next != null ? next : create();
    }

    private @Nullable OpenPack reuse() throws IOException {
        for (PackStore.PackInfo info : store.packs()) {
            long name = PackFormat.nameOf(info.name());
            if (info.bytes() < options.packBytesMax() && !avoid.contains(name)) {
                OpenPack open = adopt(name);
                if (open != null) {
                    return open;
                }
            }
        }
        return null;
    }

    /** Locks a pack and indexes its tail; null if it is in use, gone, or not fit to be appended to. */
    private @Nullable OpenPack adopt(long name) throws IOException {
        Path path = store.packPath(name);
        Path lockPath = store.lockPath(name);
        FileLocks.Held lock = FileLocks.tryLock(lockPath, false);
        if (lock == null) {
            return null;
        }
        DiskFile file = null;
        boolean done = false;
        try {
            // Only now, under the lock: until a moment ago another process may have appended and flushed.
            store.refresh(true);
            long covered = store.view().covered().getOrDefault(name, 0L);
            long size = Files.size(path);
            if (size < covered) {
                return null; // it lost its end; old entries point behind it, and nothing else may get there
            }
            file = options.disk().open(Role.PACK, path);
            if (size < PackFormat.HEADER_BYTES || (covered == 0 && neverSynced(path))) {
                file.truncate(0);
                writeHeader(file);
                size = PackFormat.HEADER_BYTES;
            }
            OpenPack open = new OpenPack(name, path, file, lock, size, covered);
            salvage(open, Math.max(covered, PackFormat.HEADER_BYTES));
            done = true;
            return open;
        } catch (NoSuchFileException e) {
            boolean unused = options.disk().delete(Role.LAYOUT, lockPath);
            return null;
        } catch (CorruptObjectException e) {
            avoid.add(name);
            return null;
        } finally {
            if (!done) {
                closeQuietly(file);
                lock.close();
            }
        }
    }

    /**
     * Sees to it that the next sync brings a record of a tail to the disk. It can be read, but whoever wrote it may have failed to sync it, and the system takes such pages for
     * clean: only writing them makes them dirty again.
     */
    private void writeAgain(OpenPack open, long at, ObjectId id, StoredRecord record) throws IOException {
        if (!options.durable()) {
            return;
        }
        if (open.durable == 0) {
            writeHeader(open.file);
        }
        byte[] payload = record.payload();
        byte[] header = PackFormat.recordHeader(
                id, record.type(), record.codec(), record.plainLength(), payload, 0, payload.length);
        open.file.write(at, ByteBuffer.wrap(header));
        open.file.write(at + header.length, ByteBuffer.wrap(payload));
    }

    /** Indexes the whole records behind {@code from}, cuts what follows them. */
    private void salvage(OpenPack open, long from) throws IOException {
        if (open.drained == from) {
            // Still checked: a file that is no pack must not be appended to.
            new PackScanner(open.path, from, from).close();
            return;
        }
        long end = from;
        try (PackScanner scanner = new PackScanner(open.path, from, open.drained)) {
            for (RecordHeader header = scanner.next(); header != null; header = scanner.next()) {
                StoredRecord record = scanner.record(header);
                byte[] unusedPlain = record.decode(header.id());
                writeAgain(open, scanner.recordOffset(), header.id(), record);
                if (pending(header.id()) == null) {
                    Entry entry = new Entry();
                    entry.set(
                            header.id(),
                            open.name,
                            scanner.recordOffset(),
                            header.stored(),
                            header.type(),
                            header.plain());
                    active.add(entry);
                    store.countSalvaged();
                }
                end = scanner.offset();
                if (active.size() >= options.flushRecords()) {
                    boolean unused = publish(open, active, end);
                    active = new EntryTable();
                }
            }
        } catch (CorruptObjectException e) {
            if (end == from && !isPack(open.path)) {
                throw e;
            }
            open.file.truncate(end);
        }
        open.drained = end;
        freshCoverage = true;
    }

    /** A power cut can leave a new pack without its first block, or part of it; nothing in it was ever acknowledged. */
    private static boolean neverSynced(Path path) throws IOException {
        byte[] header = new byte[PackFormat.HEADER_BYTES];
        try (RandomAccessFile file = ReadOnly.open(path)) {
            file.readFully(header);
        }
        byte[] whole = PackFormat.packHeader();
        for (int i = 0; i < header.length; i++) {
            if (header[i] != 0 && header[i] != whole[i]) {
                return false;
            }
        }
        return !Arrays.equals(header, whole);
    }

    private static boolean isPack(Path path) throws IOException {
        try {
            new PackScanner(path, PackFormat.HEADER_BYTES, PackFormat.HEADER_BYTES).close();
            return true;
        } catch (CorruptObjectException e) {
            return false;
        }
    }

    private OpenPack create() throws IOException {
        while (true) {
            long name = options.names().getAsLong();
            FileLocks.Held lock = FileLocks.tryLock(store.lockPath(name), false);
            if (lock == null) {
                continue;
            }
            DiskFile file = null;
            boolean done = false;
            try {
                file = options.disk().create(Role.PACK, store.packPath(name));
                writeHeader(file);
                done = true;
                return new OpenPack(name, store.packPath(name), file, lock, PackFormat.HEADER_BYTES, 0);
            } catch (FileAlreadyExistsException e) {
                // A name drawn twice: draw again.
            } catch (IOException e) {
                throw DiskFailures.explain(store.packPath(name), e);
            } finally {
                if (!done) {
                    closeQuietly(file);
                    lock.close();
                }
            }
        }
    }

    private static void writeHeader(DiskFile file) throws IOException {
        file.write(0, ByteBuffer.wrap(PackFormat.packHeader()));
    }

    /** Indexes the tail of one pack, if nobody else writes it; for recovery. */
    void recoverPack(long name) throws IOException {
        flushLock.lock();
        try {
            appendLock.lock();
            try {
                pack = adopt(name);
            } finally {
                appendLock.unlock();
            }
            boolean unused = flushRun();
            leavePack();
        } finally {
            flushLock.unlock();
        }
    }

    private void leavePack() {
        appendLock.lock();
        try {
            if (pack != null) {
                leave(pack);
                pack = null;
            }
        } finally {
            appendLock.unlock();
        }
    }

    private static void leave(OpenPack open) {
        closeQuietly(open.file);
        open.lock.close();
    }

    private void ensureUsable() throws IOException {
        if (closed) {
            throw new IOException("the writer is closed");
        }
        IOException failure = broken;
        if (failure instanceof DiskFullException) {
            throw new DiskFullException(
                    "the disk was full when data was made durable; free some space and repeat what you did", failure);
        }
        if (failure != null) {
            throw new DitsException(
                    "the disk failed when data was made durable; check it, then repeat what you did", failure);
        }
    }

    /**
     * Gives back the space of everything that was put since the last flush, and makes the writer unusable: for a disk that is full, where the tail of the pack would be
     * in the way of whatever makes room.
     */
    public void abandon() {
        flushLock.lock();
        appendLock.lock();
        try {
            if (closed || broken != null) {
                return;
            }
            broken = new IOException("given up");
            OpenPack open = pack;
            if (open != null) {
                if (open.durable > 0) {
                    open.file.truncate(open.durable);
                } else {
                    boolean unused = options.disk().delete(Role.PACK, open.path);
                    boolean unusedToo = options.disk().delete(Role.LAYOUT, store.lockPath(open.name));
                }
            }
        } catch (IOException e) {
            // The next writer of this pack takes the tail over, or cuts it.
            LOGGER.debug("the end of a pack was not cut", e);
        } finally {
            appendLock.unlock();
            flushLock.unlock();
        }
    }

    /**
     * Releases the pack and the store's lock. Does <em>not</em> flush: what was put and not flushed stays as the pack's tail, which the
     * next writer of that pack or {@link PackStore#recover()} verifies and indexes. Idempotent.
     */
    @Override
    public void close() throws IOException {
        flushLock.lock();
        appendLock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            if (pack != null && broken == null) {
                drain(pack);
            }
        } finally {
            leavePack();
            appendLock.unlock();
            flushLock.unlock();
            store.remove(this);
            if (storeLock != null) {
                storeLock.close();
            }
        }
    }

    private static void closeQuietly(@Nullable AutoCloseable file) {
        if (file != null) {
            try {
                file.close();
            } catch (Exception e) {
                // All that counts was synced before, and the descriptor is gone either way.
            }
        }
    }
}
