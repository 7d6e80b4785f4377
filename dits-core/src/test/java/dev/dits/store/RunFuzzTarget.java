package dev.dits.store;

import dev.dits.disk.DiskFile;
import dev.dits.error.DitsException;
import dev.dits.object.ObjectId;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs of the index. The input: {@code kind u8}, then a run as it is on disk (kind even), or entries of 8 bytes that are written to one (odd).
 *
 * <p>No run leads outside of itself, whatever is damaged; one that was written finds what is in it and nothing else.
 */
public final class RunFuzzTarget {
    private static final int LOOKED_UP_MAX = 64;

    private RunFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        if (input.length == 0) {
            return;
        }
        if ((input[0] & 1) == 0) {
            read(ByteBuffer.wrap(input, 1, input.length - 1).slice());
        } else {
            write(input);
        }
    }

    private static void read(ByteBuffer bytes) throws Exception {
        Run run;
        try {
            run = Run.of("0000000000000001", bytes);
        } catch (DitsException e) {
            return;
        }
        check(
                run.count() >= 0 && (long) run.count() * RunFormat.ENTRY_BYTES < bytes.limit(),
                "more entries than bytes");
        boolean whole = run.checksumMatches();
        Entry entry = new Entry();
        for (int i = 0; i < Math.min(run.count(), LOOKED_UP_MAX); i++) {
            int ordinal = run.packOrdinal(i);
            if (ordinal >= 0 && ordinal < run.packCount()) {
                run.load(i, entry);
                find(run, entry.id());
                check(entry.offset >= 0 && entry.offset <= 0xFFFF_FFFFL, "an offset beyond 32 bits");
            }
        }
        find(run, ObjectId.ofWords(0, 0, 0, 0));
        find(run, ObjectId.ofWords(-1, -1, -1, -1));
        check(whole == run.checksumMatches(), "reading a run has changed it");
    }

    private static void find(Run run, ObjectId id) {
        int found = run.find(id);
        check(found >= -1 && found < run.count(), "an entry that is not there was found");
        int ordinal = found < 0 ? -1 : run.packOrdinal(found);
        if (ordinal >= 0 && ordinal < run.packCount()) {
            Entry entry = new Entry();
            run.load(found, entry);
            check(entry.id().equals(id), "the entry of another id was found");
        }
    }

    /** Ids that differ in few places, as a peer could make them. */
    private static void write(byte[] input) throws Exception {
        TreeMap<ObjectId, Long> model = new TreeMap<>();
        EntryTable table = new EntryTable();
        Entry entry = new Entry();
        ByteBuffer in = ByteBuffer.wrap(input, 1, input.length - 1);
        while (in.remaining() >= 8) {
            int where = in.get() & 3;
            long high = in.get();
            long low = in.getShort();
            ObjectId id = ObjectId.ofWords(
                    where == 0 ? high << 56 | low : high,
                    where == 1 ? low << 32 : 7,
                    where == 2 ? low << 48 : low,
                    low);
            long offset = in.getInt() & 0xFFFF_FFFFL;
            if (model.putIfAbsent(id, offset) == null) {
                entry.set(id, offset & 1, offset, 1, RecordType.CHUNK, 1 + (int) (offset & 0xFFFF));
                table.add(entry);
            }
        }
        Memory memory = new Memory();
        Map<Long, Long> packs = new HashMap<>(Map.of(0L, 16L, 1L, 99L));
        check(RunWriter.write(memory, 7, table.size(), packs, table.sorted()) == model.size(), "entries were lost");
        Run run = Run.of("0000000000000001", ByteBuffer.wrap(memory.bytes.toByteArray()));
        check(
                run.checksumMatches() && run.count() == model.size() && run.sequence() == 7,
                "a run reads back otherwise");
        int index = 0;
        for (Map.Entry<ObjectId, Long> each : model.entrySet()) {
            check(run.find(each.getKey()) == index, "an entry is not where it belongs");
            run.load(index++, entry);
            check(
                    entry.id().equals(each.getKey())
                            && entry.offset == each.getValue()
                            && entry.pack == (each.getValue() & 1)
                            && entry.plain == 1 + (int) (each.getValue() & 0xFFFF),
                    "an entry reads back otherwise");
            ObjectId near = ObjectId.ofWords(
                    each.getKey().word(0),
                    each.getKey().word(1),
                    each.getKey().word(2),
                    each.getKey().word(3) ^ 1L << 40);
            check(run.find(near) < 0 == !model.containsKey(near), "an absent entry was found");
        }
    }

    /** A file in memory, appended to. */
    private static final class Memory implements DiskFile {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public void write(long position, ByteBuffer source) {
            check(position == bytes.size(), "a run is not written from its start to its end");
            byte[] copy = new byte[source.remaining()];
            source.get(copy);
            bytes.writeBytes(copy);
        }

        @Override
        public boolean read(long position, ByteBuffer into) {
            throw new AssertionError("nothing is read back here");
        }

        @Override
        public long size() {
            return bytes.size();
        }

        @Override
        public void truncate(long length) {
            throw new AssertionError("nothing is cut here");
        }

        @Override
        public void sync() {}

        @Override
        public void close() {}
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
