package dev.dits.store;

import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSink;
import java.io.IOException;

/**
 * Appends records to one pack at a time. Made by {@link PackStore#newWriter()}.
 *
 * <p>Several threads may put at once: hashing and compression run outside the lock. What was put can be read through the
 * same {@link PackStore} at once, survives the end of the process soon after, and is durable and visible to other
 * processes when {@link #flush()} returns.
 *
 * <p>While a writer is open it holds the store's shared lock, which keeps {@link PackStore#compact} out; close it when its work is done.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class StoreWriter implements ObjectSink, AutoCloseable {
    private StoreWriter() {}

    /**
     * Stores a record, compressed where a sample shows that it shrinks.
     *
     * @param type what it is
     * @param id the SHA-256 of the bytes, computed by the caller and trusted here
     * @param data the array that holds the plain bytes
     * @param offset where they start
     * @param length how many, 1 to {@link RecordType#plainBytesMax()}
     * @return false if the store had it already
     * @throws dev.dits.error.DitsException if the disk is full; the pack ends at the last whole record and the writer stays usable
     * @throws IOException if the file system fails
     */
    public boolean put(RecordType type, ObjectId id, byte[] data, int offset, int length) throws IOException {
        throw new UnsupportedOperationException();
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
        throw new UnsupportedOperationException();
    }

    /** Stores an encoded object; the same as {@link #put} with {@link RecordType#OBJECT}. */
    @Override
    public void write(ObjectId id, byte[] bytes) throws IOException {
        put(RecordType.OBJECT, id, bytes, 0, bytes.length);
    }

    /**
     * Makes everything that was put before this call durable, and visible to other processes.
     *
     * @throws IOException if the file system fails; nothing is acknowledged then
     */
    public void flush() throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Releases the pack and the store's lock. Does <em>not</em> flush: what was put and not flushed stays as the pack's tail, which the
     * next writer of that pack or {@link PackStore#recover()} verifies and indexes. Idempotent.
     */
    @Override
    public void close() throws IOException {
        throw new UnsupportedOperationException();
    }
}
