package dev.dits.store;

import dev.dits.disk.Mapping;
import dev.dits.disk.ReadOnly;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * One sorted run of the index, read through a memory map: nothing of it is on the heap. Immutable and safe for use by several threads.
 *
 * <p>The mapping outlives the file's deletion, so a reader needs no lock; it goes when this object is collected.
 */
final class Run {
    /** Up to this size a run is read rather than mapped: a page and a mapping cost more than the bytes. */
    private static final int HEAP_BYTES_MAX = 1 << 14;

    private final String name;
    private final ByteBuffer data;
    private final long sequence;
    private final int count;
    private final int fanoutBits;
    private final int fanoutStart;
    private final int filterBlocks;
    private final int filterStart;
    private final long[] packs;
    private final long[] covered;

    private Run(String name, ByteBuffer data) throws IOException {
        this.name = name;
        this.data = data;
        int length = data.limit();
        if (length < RunFormat.HEADER_BYTES + RunFormat.FOOTER_BYTES || data.getLong(0) != RunFormat.MAGIC) {
            throw damaged("is not a run");
        }
        int version = data.getShort(8) & 0xFFFF;
        if (version != RunFormat.VERSION) {
            throw new UnsupportedFormatException(name + " has version " + version + "; this dits reads version "
                    + RunFormat.VERSION + ", use a newer one");
        }
        int footer = length - RunFormat.FOOTER_BYTES;
        sequence = data.getLong(footer);
        count = data.getInt(footer + 8);
        int packCount = data.getInt(footer + 12);
        fanoutBits = data.getInt(footer + 16);
        filterBlocks = data.getInt(footer + 20);
        if (data.getLong(length - Long.BYTES) != RunFormat.MAGIC
                || count < 0
                || count > RunFormat.ENTRIES_MAX
                || packCount < 0
                || fanoutBits < 0
                || fanoutBits > RunFormat.FANOUT_BITS_MAX
                || filterBlocks < 1) {
            throw damaged("has a damaged footer");
        }
        long packStart = RunFormat.HEADER_BYTES + (long) count * RunFormat.ENTRY_BYTES;
        long fanout = packStart + (long) packCount * RunFormat.PACK_BYTES;
        long filter = RunFormat.align(fanout + ((long) Integer.BYTES << fanoutBits));
        if (filter + (long) filterBlocks * RunFormat.FILTER_BLOCK_BYTES != footer) {
            throw damaged("has a damaged footer");
        }
        fanoutStart = (int) fanout;
        filterStart = (int) filter;
        packs = new long[packCount];
        covered = new long[packCount];
        for (int i = 0; i < packCount; i++) {
            packs[i] = data.getLong((int) packStart + i * RunFormat.PACK_BYTES);
            covered[i] = data.getLong((int) packStart + i * RunFormat.PACK_BYTES + 8);
        }
    }

    /**
     * Opens a run. Its size and footer are checked; its checksum is not, see {@link #checksumMatches}.
     *
     * @throws CorruptObjectException if it is not a whole run
     */
    static Run open(Path directory, String name) throws IOException {
        Path path = directory.resolve(name + RunFormat.SUFFIX);
        try (RandomAccessFile file = ReadOnly.open(path)) {
            long length = file.length();
            if (length > Integer.MAX_VALUE) {
                throw new CorruptObjectException("run " + name + " is too large");
            }
            ByteBuffer data;
            if (length <= HEAP_BYTES_MAX) {
                byte[] bytes = new byte[(int) length];
                file.readFully(bytes);
                data = ByteBuffer.wrap(bytes);
            } else {
                data = Mapping.map(path, FileChannel.MapMode.READ_ONLY, length, StandardOpenOption.READ);
            }
            return of(name, data);
        }
    }

    /** As {@link #open}, of bytes that are here. They are not copied, and must not change. */
    static Run of(String name, ByteBuffer data) throws IOException {
        return new Run(name, data);
    }

    private static CorruptObjectException damaged(String name, String how) {
        return new CorruptObjectException("run " + name + " " + how + "; the index can be rebuilt from the packs");
    }

    private CorruptObjectException damaged(String how) {
        return damaged(name, how);
    }

    String name() {
        return name;
    }

    long sequence() {
        return sequence;
    }

    int count() {
        return count;
    }

    long bytes() {
        return data.limit();
    }

    int packCount() {
        return packs.length;
    }

    long pack(int ordinal) {
        return packs[ordinal];
    }

    long covered(int ordinal) {
        return covered[ordinal];
    }

    /** Asks the filter; false is certain. */
    boolean mayContain(ObjectId id) {
        long c = id.word(2);
        int base = filterStart + RunFormat.filterBlock(id.word(1), filterBlocks) * RunFormat.FILTER_BLOCK_BYTES;
        for (int probe = 0; probe < RunFormat.FILTER_PROBES; probe++) {
            int bit = RunFormat.filterBit(c, probe);
            if ((data.get(base + (bit >> 3)) & (1 << (bit & 7))) == 0) {
                return false;
            }
        }
        return true;
    }

    /** Finds an id's entry: its index, or -1. */
    int find(ObjectId id) {
        if (!mayContain(id)) {
            return -1;
        }
        long a = id.word(0);
        int bucket = RunFormat.bucket(a, fanoutBits);
        // Clamped: a damaged table may lead astray, but never outside.
        int low = bucket == 0 ? 0 : Math.max(0, data.getInt(fanoutStart + (bucket - 1) * Integer.BYTES));
        int high = Math.min(count, data.getInt(fanoutStart + bucket * Integer.BYTES));
        while (low < high) {
            int middle = (low + high) >>> 1;
            int order = compare(middle, a, id);
            if (order == 0) {
                return middle;
            } else if (order < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return -1;
    }

    private int compare(int index, long a, ObjectId id) {
        int at = RunFormat.HEADER_BYTES + index * RunFormat.ENTRY_BYTES;
        int order = Long.compareUnsigned(data.getLong(at), a);
        for (int word = 1; order == 0 && word < 4; word++) {
            order = Long.compareUnsigned(data.getLong(at + word * Long.BYTES), id.word(word));
        }
        return order;
    }

    /** The ordinal of an entry's pack; out of range where the run is damaged. */
    int packOrdinal(int index) {
        return data.getInt(RunFormat.HEADER_BYTES + index * RunFormat.ENTRY_BYTES + 32);
    }

    /** Reads an entry whose pack ordinal is in range. */
    void load(int index, Entry into) {
        int at = RunFormat.HEADER_BYTES + index * RunFormat.ENTRY_BYTES;
        into.a = data.getLong(at);
        into.b = data.getLong(at + 8);
        into.c = data.getLong(at + 16);
        into.d = data.getLong(at + 24);
        into.pack = packs[data.getInt(at + 32)];
        into.offset = data.getInt(at + 36) & 0xFFFF_FFFFL;
        into.stored = data.getInt(at + 40);
        int typeAndPlain = data.getInt(at + 44);
        into.type = typeAndPlain >>> 24;
        into.plain = typeAndPlain & 0xFF_FFFF;
    }

    /** Reads the whole file against its checksum. */
    boolean checksumMatches() {
        CRC32C crc = new CRC32C();
        int end = data.limit() - Integer.BYTES - Long.BYTES;
        crc.update(data.duplicate().position(0).limit(end));
        return (int) crc.getValue() == data.getInt(end);
    }
}
