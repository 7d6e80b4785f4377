package dev.dits.store;

import dev.dits.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.zip.CRC32C;

/** Writes a run in one pass over sorted entries. Heap: the fanout table and the filter, about two bytes an entry. */
final class RunWriter {
    private static final int BUFFER_BYTES = 1 << 16;

    private final DiskFile file;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private final CRC32C crc = new CRC32C();
    private long written;

    private RunWriter(DiskFile file) {
        this.file = file;
    }

    /**
     * Writes a run.
     *
     * @param file receives it, empty
     * @param sequence greater is newer
     * @param entriesMax at least as many as the cursor gives
     * @param packs each pack's name and how far its records are indexed, in bytes; every pack that an entry names
     * @param entries sorted; of equal ids only the first is kept
     * @return number of entries written
     */
    static int write(DiskFile file, long sequence, int entriesMax, Map<Long, Long> packs, EntryCursor entries)
            throws IOException {
        return new RunWriter(file).run(sequence, entriesMax, packs, entries);
    }

    private int run(long sequence, int entriesMax, Map<Long, Long> packs, EntryCursor entries) throws IOException {
        Map<Long, Integer> ordinals = new java.util.HashMap<>();
        packs.keySet().forEach(pack -> ordinals.put(pack, ordinals.size()));
        int bits = RunFormat.fanoutBits(entriesMax);
        int blocks = RunFormat.filterBlocks(entriesMax);
        int[] counts = new int[1 << bits];
        byte[] filter = new byte[blocks * RunFormat.FILTER_BLOCK_BYTES];

        need(RunFormat.HEADER_BYTES)
                .putLong(RunFormat.MAGIC)
                .putShort((short) RunFormat.VERSION)
                .put(new byte[RunFormat.HEADER_BYTES - 10]);
        Entry entry = new Entry();
        Entry last = new Entry();
        int count = 0;
        while (entries.next(entry)) {
            if (count > 0 && entry.sameId(last)) {
                continue;
            }
            Integer ordinal = ordinals.get(entry.pack);
            if (ordinal == null || count == entriesMax || (count > 0 && last.compareId(entry) > 0)) {
                throw new IllegalStateException("entries are out of order, too many, or of an unlisted pack");
            }
            need(RunFormat.ENTRY_BYTES)
                    .putLong(entry.a)
                    .putLong(entry.b)
                    .putLong(entry.c)
                    .putLong(entry.d)
                    .putInt(ordinal)
                    .putInt((int) entry.offset)
                    .putInt(entry.stored)
                    .putInt(entry.type << 24 | entry.plain);
            counts[RunFormat.bucket(entry.a, bits)]++;
            int base = RunFormat.filterBlock(entry.b, blocks) * RunFormat.FILTER_BLOCK_BYTES;
            for (int probe = 0; probe < RunFormat.FILTER_PROBES; probe++) {
                int bit = RunFormat.filterBit(entry.c, probe);
                filter[base + (bit >> 3)] |= (byte) (1 << (bit & 7));
            }
            last.copyFrom(entry);
            count++;
        }
        for (Map.Entry<Long, Long> pack : packs.entrySet()) {
            need(RunFormat.PACK_BYTES).putLong(pack.getKey()).putLong(pack.getValue());
        }
        int sum = 0;
        for (int bucket : counts) {
            sum += bucket;
            need(Integer.BYTES).putInt(sum);
        }
        while ((written + buffer.position()) % RunFormat.FILTER_BLOCK_BYTES != 0) {
            need(1).put((byte) 0);
        }
        drain();
        put(filter, filter.length);
        need(RunFormat.FOOTER_BYTES)
                .putLong(sequence)
                .putInt(count)
                .putInt(packs.size())
                .putInt(bits)
                .putInt(blocks)
                .put(new byte[28]);
        drain();
        buffer.putInt((int) crc.getValue()).putLong(RunFormat.MAGIC);
        drain();
        return count;
    }

    private ByteBuffer need(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            drain();
        }
        return buffer;
    }

    private void drain() throws IOException {
        put(buffer.array(), buffer.position());
        buffer.clear();
    }

    private void put(byte[] bytes, int length) throws IOException {
        if (length > 0) {
            crc.update(bytes, 0, length);
            file.write(written, ByteBuffer.wrap(bytes, 0, length));
            written += length;
        }
    }
}
