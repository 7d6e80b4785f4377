package dev.dits.repo;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What changed in the stat cache since its sorted file was written: records that were appended one by one, each whole or none ({@code docs/format.md},
 * section 5.3). Immutable.
 */
final class StatJournal {
    /**
     * Longest journal, in bytes: some 2,500 files. Every look at the cache reads it, which takes about a millisecond; what would not fit is
     * merged into the sorted file, so a file's share of that is small.
     */
    static final int BYTES_MAX = 1 << 18;

    static final int HEADER_BYTES = 24;
    private static final byte[] MAGIC = "DITSJRNL".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;

    /**
     * What became of a path.
     *
     * @param entry what is known of it now; null if it is gone
     */
    record Change(@Nullable StatEntry entry) {
        static final Change GONE = new Change(null);
    }

    private final long base;
    private final boolean present;
    private final int end;
    private final NavigableMap<byte[], Change> changes;

    private StatJournal(long base, boolean present, int end, NavigableMap<byte[], Change> changes) {
        this.base = base;
        this.present = present;
        this.end = end;
        this.changes = changes;
    }

    /** Reads the file; a missing one holds nothing. */
    static StatJournal read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return parse(in.readNBytes(BYTES_MAX));
        } catch (NoSuchFileException e) {
            return parse(new byte[0]);
        }
    }

    /** Reads what the file holds, up to the first record that is not whole. */
    static StatJournal parse(byte[] bytes) {
        NavigableMap<byte[], Change> changes = new TreeMap<>(StatEntry::compare);
        if (bytes.length < HEADER_BYTES) {
            return new StatJournal(0, false, 0, changes);
        }
        try {
            ByteReader header = new ByteReader(bytes, 0, HEADER_BYTES);
            boolean magic = Arrays.equals(header.raw(MAGIC.length), MAGIC) && header.u16() == VERSION;
            header.u16();
            long crc = header.u32();
            if (!magic || crc != checksum(bytes, 16, 8)) {
                return new StatJournal(0, false, 0, changes);
            }
            long base = header.u64();
            int end = HEADER_BYTES;
            while (bytes.length - end > 8) {
                ByteReader head = new ByteReader(bytes, end, 8);
                long length = head.u32();
                long expected = head.u32();
                if (length > bytes.length - end - 8 || expected != checksum(bytes, end + 8, (int) length)) {
                    break;
                }
                NavigableMap<byte[], Change> record = new TreeMap<>(StatEntry::compare);
                ByteReader in = new ByteReader(bytes, end + 8, (int) length);
                try {
                    while (in.remaining() > 0) {
                        readChange(in, record);
                    }
                } catch (CorruptObjectException | IllegalArgumentException e) {
                    break;
                }
                changes.putAll(record);
                end += 8 + (int) length;
            }
            return new StatJournal(base, true, end, changes);
        } catch (CorruptObjectException e) {
            return new StatJournal(0, false, 0, changes);
        }
    }

    private static void readChange(ByteReader in, NavigableMap<byte[], Change> into) throws CorruptObjectException {
        byte[] path = in.bytes(1, StatEntry.PATH_BYTES_MAX, "a path's length");
        int flags = in.u8();
        boolean gone = (flags & StatEntry.FLAG_GONE) != 0;
        into.put(path, gone ? Change.GONE : new Change(StatEntry.readBody(in, path, flags, StatCache.NO_CLOCK)));
    }

    private static long checksum(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return crc.getValue();
    }

    /** The sorted file that it goes with; only meaningful if it is {@link #present}. */
    long base() {
        return base;
    }

    /** Whether there is one that could be read. */
    boolean present() {
        return present;
    }

    /** Where the next record goes: what lies behind was torn. */
    int end() {
        return end;
    }

    /** By path, in the order of a walk. */
    NavigableMap<byte[], Change> changes() {
        return changes;
    }

    /** The start of a new journal. */
    static byte[] header(long base) {
        byte[] id = new ByteWriter(8).u64(base).toBytes();
        return new ByteWriter(HEADER_BYTES)
                .raw(MAGIC, 0, MAGIC.length)
                .u16(VERSION)
                .u16(0)
                .u32(checksum(id, 0, id.length))
                .raw(id, 0, id.length)
                .toBytes();
    }

    /** Appends one change to a record's payload. */
    static void writeChange(ByteWriter out, byte[] path, Change change) {
        StatEntry entry = change.entry();
        out.bytes(path);
        if (entry == null) {
            out.u8(StatEntry.FLAG_GONE);
        } else {
            StatEntry.writeBody(out, entry.stat, entry.racy ? StatEntry.FLAG_RACY : 0, entry.content);
        }
    }

    /** A record of a payload. */
    static byte[] record(byte[] payload) {
        return new ByteWriter(8 + payload.length)
                .u32(payload.length)
                .u32(checksum(payload, 0, payload.length))
                .raw(payload, 0, payload.length)
                .toBytes();
    }
}
