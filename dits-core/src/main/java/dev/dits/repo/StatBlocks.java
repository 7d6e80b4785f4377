package dev.dits.repo;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.ByteReader;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of the stat cache's sorted file, open for reading ({@code docs/format.md}, section 5.3). Some that were decoded last are kept, so that those who go
 * over neighbouring paths, as the threads of a walk do, share them.
 *
 * <p>Safe for use by several threads.
 */
final class StatBlocks implements AutoCloseable {
    /** Decoded blocks that are kept: 16,384 entries, some 5 MiB. */
    private static final int KEPT = 64;

    /** Bytes of a block that are read to learn its first path, if they are enough. */
    private static final int FIRST_BYTES = 256;

    private static final StatEntry[] NONE = new StatEntry[0];

    @SuppressWarnings("ArrayRecordComponent") // looked up by its number, never compared
    private record Block(int number, StatEntry[] entries) {}

    private final StatFile file;
    private final StatCache.Header header;
    private final long[] offsets;
    private final AtomicReferenceArray<byte[]> firstPaths;
    private final AtomicReferenceArray<Block> kept = new AtomicReferenceArray<>(KEPT);

    private StatBlocks(StatFile file, StatCache.Header header, long[] offsets) {
        this.file = file;
        this.header = header;
        this.offsets = offsets;
        this.firstPaths = new AtomicReferenceArray<>(offsets.length);
    }

    /** Takes a file over; null, and the file closed, if it is no sorted file. */
    static @Nullable StatBlocks open(StatFile file) throws IOException {
        StatBlocks blocks = null;
        try {
            byte[] bytes = new byte[StatCache.HEADER_BYTES];
            StatCache.Header header = file.read(0, bytes) ? StatCache.Header.parse(bytes) : null;
            if (header != null) {
                long[] table = readTable(file);
                blocks = new StatBlocks(file, header, table != null ? table : findBlocks(file));
            }
            return blocks;
        } finally {
            if (blocks == null) {
                file.close();
            }
        }
    }

    StatCache.Header header() {
        return header;
    }

    /** How many there are. */
    int count() {
        return offsets.length;
    }

    /** Where blocks start, as the file's end says; null where it does not say, since it was cut off. */
    private static long @Nullable [] readTable(StatFile file) throws IOException {
        long size = file.size();
        byte[] footer = new byte[StatCache.FOOTER_BYTES];
        if (size < StatCache.HEADER_BYTES + StatCache.FOOTER_BYTES
                || !file.read(size - StatCache.FOOTER_BYTES, footer)) {
            return null;
        }
        try {
            ByteReader in = new ByteReader(footer);
            long tableBytes = 8 * in.u32();
            long crc = in.u32();
            if (tableBytes > size - StatCache.HEADER_BYTES - StatCache.FOOTER_BYTES
                    || tableBytes > Integer.MAX_VALUE
                    || !Arrays.equals(in.raw(StatCache.MAGIC.length), StatCache.MAGIC)) {
                return null;
            }
            byte[] table = new byte[(int) tableBytes];
            if (!file.read(size - StatCache.FOOTER_BYTES - tableBytes, table) || checksum(table) != crc) {
                return null;
            }
            long[] found = new long[table.length / 8];
            ByteReader entries = new ByteReader(table);
            for (int i = 0; i < found.length; i++) {
                found[i] = entries.u64();
            }
            return found;
        } catch (CorruptObjectException e) {
            return null;
        }
    }

    /** Where blocks start, up to the first that is not whole. */
    private static long[] findBlocks(StatFile file) throws IOException {
        long[] found = new long[16];
        int count = 0;
        long position = StatCache.HEADER_BYTES;
        for (byte[] payload = payload(file, position); payload != null; payload = payload(file, position)) {
            if (count == found.length) {
                found = Arrays.copyOf(found, 2 * count);
            }
            found[count++] = position;
            position += 8 + payload.length;
        }
        return Arrays.copyOf(found, count);
    }

    private static long checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }

    private static byte @Nullable [] payload(StatFile file, long position) throws IOException {
        byte[] head = new byte[8];
        if (position < StatCache.HEADER_BYTES || !file.read(position, head)) {
            return null;
        }
        try {
            ByteReader reader = new ByteReader(head);
            long length = reader.u32();
            long crc = reader.u32();
            if (length == 0 || length > StatCache.BLOCK_BYTES_MAX || length > file.size() - position - 8) {
                return null;
            }
            byte[] payload = new byte[(int) length];
            return file.read(position + 8, payload) && checksum(payload) == crc ? payload : null;
        } catch (CorruptObjectException e) {
            return null;
        }
    }

    /** The entries of a block; none if it is damaged: what can not be read is not remembered. */
    StatEntry[] block(int number) throws IOException {
        int slot = number % KEPT;
        Block known = kept.get(slot);
        if (known == null || known.number != number) {
            byte[] payload = payload(file, offsets[number]);
            StatEntry[] entries = NONE;
            if (payload != null) {
                try {
                    entries = decode(payload);
                } catch (CorruptObjectException | IllegalArgumentException e) {
                    entries = NONE;
                }
            }
            known = new Block(number, entries);
            kept.set(slot, known);
        }
        return known.entries;
    }

    private StatEntry[] decode(byte[] payload) throws CorruptObjectException {
        StatEntry[] entries = new StatEntry[StatCache.BLOCK_ENTRIES];
        int count = 0;
        ByteReader reader = new ByteReader(payload);
        byte[] previous = new byte[0];
        while (reader.remaining() > 0) {
            if (count == StatCache.BLOCK_ENTRIES) {
                throw new CorruptObjectException("a block has more than " + StatCache.BLOCK_ENTRIES + " entries");
            }
            int shared = (int) reader.varint(0, previous.length, "a shared prefix");
            // Prefixes are shared, so short blocks could hold paths that grow without end.
            byte[] suffix = reader.bytes(0, StatEntry.PATH_BYTES_MAX - shared, "a path's length");
            byte[] path = Arrays.copyOf(previous, shared + suffix.length);
            System.arraycopy(suffix, 0, path, shared, suffix.length);
            entries[count++] = StatEntry.readBody(reader, path, reader.u8(), header.clock());
            previous = path;
        }
        return Arrays.copyOf(entries, count);
    }

    /**
     * The block that has a path if any from some block on has. Blocks are sorted; what a damaged one says is a miss at worst.
     *
     * @return at least {@code from} - 1
     */
    int find(byte[] path, int from) throws IOException {
        int low = from;
        int high = offsets.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            byte[] first = firstPath(middle);
            if (first == null || StatEntry.compare(first, path) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low - 1;
    }

    private byte @Nullable [] firstPath(int number) throws IOException {
        byte[] known = firstPaths.get(number);
        if (known == null) {
            known = readFirstPath(offsets[number]);
            firstPaths.set(number, known);
        }
        return known;
    }

    private byte @Nullable [] readFirstPath(long offset) throws IOException {
        try {
            int bytes = (int) Math.min(FIRST_BYTES, file.size() - offset - 8);
            for (int attempt = 0; attempt < 2 && bytes > 0; attempt++) {
                byte[] start = new byte[bytes];
                if (!file.read(offset + 8, start)) {
                    return null;
                }
                ByteReader in = new ByteReader(start);
                long shared = in.varint(0, 0, "a shared prefix");
                long length = in.varint(shared, StatEntry.PATH_BYTES_MAX, "a path's length");
                if (in.remaining() >= length) {
                    return in.raw((int) length);
                }
                bytes = start.length - in.remaining() + (int) length;
            }
        } catch (CorruptObjectException e) {
            return null;
        }
        return null;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
