package dev.dits.repo;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.object.Content;
import dev.dits.object.Mtime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What files looked like when their content was last known, so that a file whose stat is the same is not read again: a sorted file,
 * {@code .dits/index}, and the changes since it was written, {@code .dits/index.journal}. What a change costs follows the change.
 *
 * <p>An entry is true by itself: it says what a file with this very stat contains. So an old one, or one of a file that is gone, does no harm, and neither does a
 * sorted file that does not belong to its journal. It is a cache: damage costs time, and nothing else. The format is {@code docs/format.md}, section 5.3.
 *
 * <p>What was read of it is one look; immutable. A cursor is used by one thread.
 */
final class StatCache {
    static final byte[] MAGIC = "DITSSTAT".getBytes(StandardCharsets.US_ASCII);
    static final int VERSION = 2;
    static final int HEADER_BYTES = 36;
    static final int FOOTER_BYTES = 16;
    static final int BLOCK_ENTRIES = 256;
    static final int BLOCK_BYTES_MAX = 1 << 24;

    /** Blocks that are gone over to come to a path before it is searched for: a walk goes from one to the next. */
    private static final int STEPS_MAX = 1;

    /** Bytes of a block that are read to learn its first path, if they are enough. */
    private static final int FIRST_BYTES = 256;

    static final Mtime NO_CLOCK = new Mtime(0, 0);

    private final Path directory;
    final StatJournal journal;

    private StatCache(Path directory, StatJournal journal) {
        this.directory = directory;
        this.journal = journal;
    }

    /** Looks at the cache in {@code .dits}. Costs as much as the journal is long, which is bounded. */
    static StatCache open(Path dits) throws IOException {
        return new StatCache(dits, StatJournal.read(journalFile(dits)));
    }

    static Path baseFile(Path dits) {
        return dits.resolve("index");
    }

    static Path journalFile(Path dits) {
        return dits.resolve("index.journal");
    }

    Path directory() {
        return directory;
    }

    /** A cursor before the first path; the caller closes it. */
    Cursor cursor() throws IOException {
        StatFile file = StatFile.open(baseFile(directory));
        return file == null ? new Cursor(null, null, new TreeMap<>(StatEntry::compare)) : Cursor.open(file, journal);
    }

    /** As {@link #cursor}, on bytes. */
    static Cursor cursor(byte[] base, byte[] journal) throws IOException {
        return Cursor.open(StatFile.of(base), StatJournal.parse(journal));
    }

    /**
     * The start of the sorted file.
     *
     * @param id ties the journal to it
     * @param clock the file system's clock after what it says was written
     */
    record Header(long id, Mtime clock) {
        /** Null if this is none. */
        static @Nullable Header parse(byte[] bytes) {
            if (!Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
                    || (bytes[MAGIC.length] << 8 | bytes[MAGIC.length + 1]) != VERSION) {
                return null;
            }
            try {
                ByteReader in = new ByteReader(bytes, 12, HEADER_BYTES - 12);
                CRC32C crc = new CRC32C();
                crc.update(bytes, 16, HEADER_BYTES - 16);
                if (in.u32() != crc.getValue()) {
                    return null;
                }
                long seconds = in.u64();
                Mtime clock = new Mtime(seconds, (int) in.u32());
                return new Header(in.u64(), clock);
            } catch (CorruptObjectException | IllegalArgumentException e) {
                return null;
            }
        }

        byte[] encode() {
            ByteWriter body =
                    new ByteWriter(20).u64(clock.seconds()).u32(clock.nanos()).u64(id);
            byte[] bytes = body.toBytes();
            CRC32C crc = new CRC32C();
            crc.update(bytes);
            return new ByteWriter(HEADER_BYTES)
                    .raw(MAGIC, 0, MAGIC.length)
                    .u16(VERSION)
                    .u16(0)
                    .u32(crc.getValue())
                    .raw(bytes, 0, bytes.length)
                    .toBytes();
        }
    }

    /** Finds entries for paths asked for in ascending order, over what was passed or far ahead of it. */
    static final class Cursor implements AutoCloseable {
        private @Nullable StatFile file;
        private final @Nullable Header header;
        private final NavigableMap<byte[], StatJournal.Change> changes;
        private final List<StatEntry> block = new ArrayList<>();
        /** Where blocks start; null where the file does not say, since it was cut off. */
        private long @Nullable [] offsets;

        private long position = HEADER_BYTES;
        private int blockNumber = -1;
        private int next;
        /** Up to where the journal's changes were passed on by {@link #take}. */
        private byte @Nullable [] passed;

        private Cursor(
                @Nullable StatFile file, @Nullable Header header, NavigableMap<byte[], StatJournal.Change> changes) {
            this.file = file;
            this.header = header;
            this.changes = changes;
        }

        private static Cursor open(StatFile file, StatJournal journal) throws IOException {
            boolean done = false;
            try {
                byte[] bytes = new byte[HEADER_BYTES];
                Header header = file.read(0, bytes) ? Header.parse(bytes) : null;
                if (header == null) {
                    return new Cursor(null, null, new TreeMap<>(StatEntry::compare));
                }
                boolean belongs = header.id == journal.base();
                Cursor cursor =
                        new Cursor(file, header, belongs ? journal.changes() : new TreeMap<>(StatEntry::compare));
                cursor.readOffsets();
                done = true;
                return cursor;
            } finally {
                if (!done) {
                    file.close();
                }
            }
        }

        /** The sorted file's header; null if there is no such file. */
        @Nullable
        Header header() {
            return header;
        }

        private void readOffsets() throws IOException {
            StatFile source = file;
            long size = source == null ? 0 : source.size();
            byte[] footer = new byte[FOOTER_BYTES];
            if (source == null || size < HEADER_BYTES + FOOTER_BYTES || !source.read(size - FOOTER_BYTES, footer)) {
                return;
            }
            ByteReader in = new ByteReader(footer);
            try {
                long count = in.u32();
                long crc = in.u32();
                long tableBytes = 8 * count;
                if (tableBytes > size - HEADER_BYTES - FOOTER_BYTES
                        || tableBytes > Integer.MAX_VALUE
                        || !Arrays.equals(in.raw(MAGIC.length), MAGIC)) {
                    return;
                }
                byte[] table = new byte[(int) tableBytes];
                CRC32C actual = new CRC32C();
                if (!source.read(size - FOOTER_BYTES - tableBytes, table)) {
                    return;
                }
                actual.update(table);
                if (actual.getValue() != crc) {
                    return;
                }
                long[] found = new long[(int) count];
                ByteReader entries = new ByteReader(table);
                for (int i = 0; i < found.length; i++) {
                    found[i] = entries.u64();
                }
                offsets = found;
            } catch (CorruptObjectException e) {
                // It was cut off: gone over from the start, as far as it goes.
                offsets = null;
            }
        }

        /** The content that a file still has, if its stat says so beyond doubt; null if it has to be read. */
        @Nullable
        Content find(byte[] path, FileStat stat) throws IOException {
            StatEntry entry = entry(path);
            return entry != null && !entry.racy && entry.stat.sameContent(stat) ? entry.content : null;
        }

        /** What is known of a path; null if nothing is. */
        @Nullable
        StatEntry entry(byte[] path) throws IOException {
            StatJournal.Change change = changes.get(path);
            if (change != null) {
                return change.entry();
            }
            int steps = 0;
            while (true) {
                for (; next < block.size(); next++) {
                    int order = StatEntry.compare(block.get(next).path, path);
                    if (order == 0) {
                        return block.get(next);
                    }
                    if (order > 0) {
                        return null;
                    }
                }
                if (++steps > STEPS_MAX) {
                    seek(path);
                    steps = Integer.MIN_VALUE;
                }
                if (!readBlock()) {
                    return null;
                }
            }
        }

        /**
         * Takes what comes before a path; null takes all that is left.
         *
         * @return what is known of the path itself, which is passed over; null if nothing is
         */
        @Nullable
        StatEntry take(byte @Nullable [] path, Taker taker) throws IOException {
            StatEntry here = null;
            boolean beyond = false;
            do {
                for (; next < block.size() && !beyond; next++) {
                    StatEntry entry = block.get(next);
                    int order = path == null ? -1 : StatEntry.compare(entry.path, path);
                    beyond = order > 0;
                    if (beyond) {
                        break;
                    }
                    if (order == 0) {
                        here = entry;
                    } else {
                        takeChanges(entry.path, taker);
                        StatJournal.Change change = changes.get(entry.path);
                        StatEntry newest = change == null ? entry : change.entry();
                        if (newest != null) {
                            taker.take(newest);
                        }
                    }
                }
            } while (!beyond && readBlock());
            takeChanges(path, taker);
            StatJournal.Change change = path == null ? null : changes.get(path);
            return change == null ? here : change.entry();
        }

        /** Takes what the journal alone has before a path, and passes over what it has there. */
        private void takeChanges(byte @Nullable [] path, Taker taker) throws IOException {
            if (changes.isEmpty()) {
                return;
            }
            Map<byte[], StatJournal.Change> ahead = passed == null ? changes : changes.tailMap(passed, false);
            for (Map.Entry<byte[], StatJournal.Change> change : ahead.entrySet()) {
                if (path != null && StatEntry.compare(change.getKey(), path) >= 0) {
                    break;
                }
                StatEntry entry = change.getValue().entry();
                if (entry != null) {
                    taker.take(entry);
                }
            }
            if (path != null && (passed == null || StatEntry.compare(passed, path) < 0)) {
                passed = path;
            }
        }

        /** Goes to the block that has a path if any has. Blocks are sorted; what a damaged one says is a miss at worst. */
        private void seek(byte[] path) throws IOException {
            long[] starts = offsets;
            if (starts == null) {
                return;
            }
            int low = blockNumber + 1;
            int high = starts.length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                byte[] first = firstPath(starts[middle]);
                if (first == null || StatEntry.compare(first, path) <= 0) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            blockNumber = Math.max(blockNumber, low - 2);
            block.clear();
            next = 0;
        }

        private byte @Nullable [] firstPath(long offset) throws IOException {
            StatFile source = file;
            if (source == null) {
                return null;
            }
            try {
                int bytes = (int) Math.min(FIRST_BYTES, source.size() - offset - 8);
                for (int attempt = 0; attempt < 2 && bytes > 0; attempt++) {
                    byte[] start = new byte[bytes];
                    if (!source.read(offset + 8, start)) {
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

        private boolean readBlock() throws IOException {
            block.clear();
            next = 0;
            while (true) {
                StatFile source = file;
                long[] starts = offsets;
                if (source == null) {
                    return false;
                }
                if (starts != null) {
                    if (blockNumber + 1 >= starts.length) {
                        blockNumber = starts.length;
                        close();
                        return false;
                    }
                    position = starts[++blockNumber];
                }
                if (readBlock(source)) {
                    return true;
                }
                if (starts == null) {
                    close();
                    return false;
                }
                // A damaged block costs what is in it, where the file says where the next one starts.
            }
        }

        private boolean readBlock(StatFile source) throws IOException {
            byte[] head = new byte[8];
            if (position < HEADER_BYTES || !source.read(position, head)) {
                return false;
            }
            try {
                ByteReader reader = new ByteReader(head);
                long length = reader.u32();
                long crc = reader.u32();
                if (length == 0 || length > BLOCK_BYTES_MAX || length > source.size() - position - 8) {
                    return false;
                }
                byte[] payload = new byte[(int) length];
                CRC32C actual = new CRC32C();
                if (!source.read(position + 8, payload)) {
                    return false;
                }
                actual.update(payload);
                if (actual.getValue() != crc) {
                    return false;
                }
                position += 8 + length;
                decode(payload);
                return true;
            } catch (CorruptObjectException | IllegalArgumentException e) {
                // What can not be read is not remembered.
                block.clear();
                return false;
            }
        }

        private void decode(byte[] payload) throws CorruptObjectException {
            Mtime clock = header == null ? NO_CLOCK : header.clock;
            ByteReader reader = new ByteReader(payload);
            byte[] previous = new byte[0];
            while (reader.remaining() > 0) {
                if (block.size() == BLOCK_ENTRIES) {
                    throw new CorruptObjectException("a block has more than " + BLOCK_ENTRIES + " entries");
                }
                int shared = (int) reader.varint(0, previous.length, "a shared prefix");
                // Prefixes are shared, so short blocks could hold paths that grow without end.
                byte[] suffix = reader.bytes(0, StatEntry.PATH_BYTES_MAX - shared, "a path's length");
                byte[] path = Arrays.copyOf(previous, shared + suffix.length);
                System.arraycopy(suffix, 0, path, shared, suffix.length);
                block.add(StatEntry.readBody(reader, path, reader.u8(), clock));
                previous = path;
            }
        }

        @Override
        public void close() throws IOException {
            StatFile source = file;
            file = null;
            if (source != null) {
                source.close();
            }
        }
    }

    /** Is given entries in the order of a walk. */
    interface Taker {
        void take(StatEntry entry) throws IOException;
    }
}
