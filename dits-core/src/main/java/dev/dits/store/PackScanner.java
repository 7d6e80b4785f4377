package dev.dits.store;

import dev.dits.disk.ReadOnly;
import dev.dits.error.CorruptObjectException;
import dev.dits.store.PackFormat.RecordHeader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads a pack's records one after another. What it returns has passed its CRC. */
final class PackScanner implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 21; // more than the largest record

    private final RandomAccessFile file;
    private final long end;
    private final byte[] buffer;
    private long bufferOffset; // of the buffer's first byte in the file
    private int position; // of the next record in the buffer
    private int limit;
    private int recordAt;

    /**
     * @param path the pack, whose header is checked
     * @param from where the first record starts
     * @param end where to stop; no more than the file's size
     */
    PackScanner(Path path, long from, long end) throws IOException {
        this.file = ReadOnly.open(path);
        this.end = end;
        buffer = new byte[(int) Math.max(0, Math.min(BUFFER_BYTES, end - from))];
        boolean ready = false;
        try {
            byte[] header = new byte[PackFormat.HEADER_BYTES];
            if (end < header.length) {
                throw new CorruptObjectException(path.getFileName() + " is too short for a pack");
            }
            file.readFully(header);
            PackFormat.checkPackHeader(header, String.valueOf(path.getFileName()));
            file.seek(from);
            bufferOffset = from;
            ready = true;
        } finally {
            if (!ready) {
                file.close();
            }
        }
    }

    /** Where the next record starts, which is where the last one ended. */
    long offset() {
        return bufferOffset + position;
    }

    /** Where the record starts that {@link #next} returned last. */
    long recordOffset() {
        return bufferOffset + recordAt;
    }

    /** The record that {@link #next} returned last, with its payload. */
    StoredRecord record(RecordHeader header) {
        return PackFormat.toRecord(buffer, recordAt, header);
    }

    /**
     * Reads the next record.
     *
     * @return its header, or null at the end
     * @throws CorruptObjectException if no whole record starts at {@link #offset}
     */
    @Nullable
    RecordHeader next() throws IOException {
        if (offset() == end) {
            return null;
        }
        RecordHeader header = whole();
        recordAt = position;
        position += header.recordBytes();
        return header;
    }

    private RecordHeader whole() throws IOException {
        if (!need(PackFormat.RECORD_HEADER_BYTES)) {
            throw new CorruptObjectException("a record is cut off");
        }
        RecordHeader header = PackFormat.parseHeader(buffer, position);
        if (!need(header.recordBytes())) {
            throw new CorruptObjectException("a record is cut off");
        }
        PackFormat.checkCrc(buffer, position, header);
        return header;
    }

    /** Moves past damage, to where the next whole record starts or to the end. */
    void resynchronise() throws IOException {
        while (offset() < end) {
            position++;
            try {
                // The magic first: an exception for each byte of a damaged stretch would cost more than reading it.
                if (need(PackFormat.RECORD_HEADER_BYTES) && PackFormat.startsRecord(buffer, position)) {
                    whole();
                    return;
                }
            } catch (CorruptObjectException e) {
                // No record starts here either.
            }
        }
    }

    private boolean need(int bytes) throws IOException {
        if (limit - position >= bytes) {
            return true;
        }
        if (end - offset() < bytes) {
            return false;
        }
        System.arraycopy(buffer, position, buffer, 0, limit - position);
        bufferOffset += position;
        limit -= position;
        position = 0;
        while (limit < bytes) {
            int read = file.read(buffer, limit, (int) Math.min(buffer.length - limit, end - bufferOffset - limit));
            if (read < 0) {
                return false;
            }
            limit += read;
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
