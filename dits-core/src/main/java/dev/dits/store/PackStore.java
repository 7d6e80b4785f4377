package dev.dits.store;

import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Objects and chunks in pack files with a memory-mapped index, as {@code docs/format.md} section 4 gives them.
 *
 * <p>Any number of stores may be open on one directory, in one process and in several. Safe for use by several threads. Interrupting a
 * thread that reads or writes neither harms the store nor fails the call.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class PackStore implements ObjectSource, AutoCloseable {
    private PackStore() {}

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
     * @param directory the directory that holds the packs
     * @param options how to work
     * @return the open store
     * @throws dev.dits.error.UnsupportedFormatException if it was written by a newer version
     * @throws IOException if the file system fails
     */
    public static PackStore open(Path directory, StoreOptions options) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public byte @Nullable [] read(ObjectId id) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean contains(ObjectId id) throws IOException {
        throw new UnsupportedOperationException();
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
        throw new UnsupportedOperationException();
    }

    /**
     * Returns an object's size before compression, from the index.
     *
     * @param id which
     * @return bytes, or -1 if it is not here
     * @throws IOException if the file system fails
     */
    public int plainLength(ObjectId id) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Makes a writer, which holds the store's shared lock until it is closed.
     *
     * @return the writer, closed by the caller
     * @throws dev.dits.error.RepositoryBusyException if another process compacts the store for longer than the lock timeout
     * @throws IOException if the file system fails
     */
    public StoreWriter newWriter() throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Finishes what killed processes left: indexes the whole records in the tails of packs that nobody writes, cuts torn ones, rebuilds what is
     * missing of the index, deletes left-over temporary files. Cheap when there is nothing to do; call it when a repository is opened.
     *
     * @return number of records that were recovered
     * @throws IOException if the file system fails
     */
    public long recover() throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Visits every object once, in the order of ids.
     *
     * @param visitor sees them
     * @throws IOException if the file system fails or the visitor throws
     */
    public void forEach(Visitor visitor) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Reads everything: all packs and runs, CRC, SHA-256 and checksums.
     *
     * @param progress told the number of bytes read so far, now and then
     * @return what was found
     * @throws IOException if the file system fails
     */
    public VerifyReport verify(LongConsumer progress) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Rebuilds the whole index from the packs; for a store of which a run is damaged. Takes the exclusive lock.
     *
     * @return number of records indexed
     * @throws IOException if the file system fails
     */
    public long reindex() throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Drops dead objects: rewrites packs of which enough is dead, deletes those without a live record, merges small ones. Takes the exclusive lock, so no writer may
     * be open anywhere. What is dead may stay where a pack holds little of it. A crash at any point loses no live object.
     *
     * @param live tells whether an object is to stay; asked up to twice for each, and must not change its mind
     * @return what was done
     * @throws dev.dits.error.RepositoryBusyException if a writer is open for longer than the lock timeout
     * @throws IOException if the file system fails
     */
    public CompactReport compact(Predicate<ObjectId> live) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Counts what is here; walks the whole index.
     *
     * @return the figures
     * @throws IOException if the file system fails
     */
    public StoreStats stats() throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Lists the packs.
     *
     * @return all of them, the one not appended to for longest first
     * @throws IOException if the file system fails
     */
    public List<PackInfo> packs() throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Closes the store and the writers made by it. Idempotent. Calls under way on other threads may fail.
     */
    @Override
    public void close() throws IOException {
        throw new UnsupportedOperationException();
    }
}
