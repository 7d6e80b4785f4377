package dev.dits.repo;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.object.Content;
import dev.dits.object.Mtime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
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

    /** Opens what it holds; the caller closes it. */
    Reader reader() throws IOException {
        StatFile file = StatFile.open(baseFile(directory));
        return new Reader(file == null ? null : StatBlocks.open(file), journal);
    }

    /** A cursor before the first path; the caller closes it. */
    Cursor cursor() throws IOException {
        Reader reader = reader();
        return new Cursor(reader, true);
    }

    /** As {@link #cursor}, on bytes. */
    static Cursor cursor(byte[] base, byte[] journal) throws IOException {
        return new Cursor(new Reader(StatBlocks.open(StatFile.of(base)), StatJournal.parse(journal)), true);
    }

    /** What the cache held when it was opened, for any number of cursors, of several threads as well. */
    static final class Reader implements AutoCloseable {
        private final @Nullable StatBlocks blocks;
        private final NavigableMap<byte[], StatJournal.Change> changes;

        private Reader(@Nullable StatBlocks blocks, StatJournal journal) {
            this.blocks = blocks;
            boolean belongs = blocks != null && blocks.header().id == journal.base();
            this.changes = belongs ? journal.changes() : new TreeMap<>(StatEntry::compare);
        }

        /** A cursor before the first path; it is of no use any more when this is closed, and need not be closed itself. */
        Cursor cursor() {
            return new Cursor(this, false);
        }

        @Override
        public void close() throws IOException {
            if (blocks != null) {
                blocks.close();
            }
        }
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

    /**
     * Finds entries for paths asked for in ascending order, over what was passed or far ahead of it. Used by one thread, either to {@linkplain #entry find} or to
     * {@linkplain #take take}.
     */
    static final class Cursor implements AutoCloseable {
        private static final StatEntry[] NONE = new StatEntry[0];

        private final Reader reader;
        private final boolean ownsReader;
        private StatEntry[] block = NONE;
        private int blockNumber = -1;
        private int next;

        /** The journal's changes that are ahead; null before the first path was asked for. */
        private @Nullable Iterator<Map.Entry<byte[], StatJournal.Change>> changesLeft;

        private Map.@Nullable Entry<byte[], StatJournal.Change> nextChange;

        private Cursor(Reader reader, boolean ownsReader) {
            this.reader = reader;
            this.ownsReader = ownsReader;
        }

        /** The sorted file's header; null if there is no such file. */
        @Nullable
        Header header() {
            return reader.blocks == null ? null : reader.blocks.header();
        }

        /** The content that a file still has, if its stat says so beyond doubt; null if it has to be read. */
        @Nullable
        Content find(byte[] path, FileStat stat) throws IOException {
            StatEntry entry = vouched(path, stat);
            return entry == null ? null : entry.content;
        }

        /** What is known of a file, if its stat says beyond doubt that it still holds; null if the file has to be read. */
        @Nullable
        StatEntry vouched(byte[] path, FileStat stat) throws IOException {
            StatEntry entry = entry(path);
            return entry != null && !entry.racy && entry.stat.sameContent(stat) ? entry : null;
        }

        /** What is known of a path; null if nothing is. */
        @Nullable
        StatEntry entry(byte[] path) throws IOException {
            skipChanges(path);
            if (nextChange != null && Arrays.equals(nextChange.getKey(), path)) {
                return nextChange.getValue().entry();
            }
            int steps = 0;
            while (true) {
                for (; next < block.length; next++) {
                    int order = StatEntry.compare(block[next].path, path);
                    if (order == 0) {
                        return block[next];
                    }
                    if (order > 0) {
                        return null;
                    }
                }
                if (++steps > STEPS_MAX || blockNumber < 0) {
                    seek(path);
                    steps = Integer.MIN_VALUE;
                }
                if (!readBlock()) {
                    return null;
                }
            }
        }

        /** Passes over an entry if it is the very next; for one where it is not, {@link #take} does that. */
        boolean takeNext(StatEntry known) {
            boolean isNext = changesLeft != null
                    && next < block.length
                    && block[next] == known
                    && (nextChange == null || StatEntry.compare(nextChange.getKey(), known.path) > 0);
            next += isNext ? 1 : 0;
            return isNext;
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
                for (; next < block.length && !beyond; next++) {
                    StatEntry entry = block[next];
                    int order = path == null ? -1 : StatEntry.compare(entry.path, path);
                    beyond = order > 0;
                    if (beyond) {
                        break;
                    }
                    if (order == 0) {
                        here = entry;
                    } else {
                        StatJournal.Change change = takeChanges(entry.path, taker);
                        StatEntry newest = change == null ? entry : change.entry();
                        if (newest != null) {
                            taker.take(newest);
                        }
                    }
                }
            } while (!beyond && readBlock());
            StatJournal.Change change = takeChanges(path, taker);
            return change == null ? here : change.entry();
        }

        /** Takes what the journal alone has before a path, and passes over what it has there, which is returned. */
        private StatJournal.@Nullable Change takeChanges(byte @Nullable [] path, Taker taker) throws IOException {
            if (changesLeft == null) {
                begin(reader.changes);
            }
            StatJournal.Change here = null;
            while (nextChange != null) {
                int order = path == null ? -1 : StatEntry.compare(nextChange.getKey(), path);
                if (order > 0) {
                    break;
                }
                StatJournal.Change change = nextChange.getValue();
                if (order == 0) {
                    here = change;
                } else if (change.entry() != null) {
                    taker.take(change.entry());
                }
                advance();
            }
            return here;
        }

        private void skipChanges(byte[] path) {
            if (changesLeft == null) {
                begin(reader.changes.tailMap(path, true));
            }
            while (nextChange != null && StatEntry.compare(nextChange.getKey(), path) < 0) {
                advance();
            }
        }

        private void begin(NavigableMap<byte[], StatJournal.Change> ahead) {
            changesLeft = ahead.entrySet().iterator();
            advance();
        }

        private void advance() {
            nextChange = changesLeft != null && changesLeft.hasNext() ? changesLeft.next() : null;
        }

        /** Goes to before the block that has a path if any has. */
        private void seek(byte[] path) throws IOException {
            StatBlocks blocks = reader.blocks;
            if (blocks != null) {
                blockNumber = Math.max(blockNumber, blocks.find(path, blockNumber + 1) - 1);
                block = NONE;
                next = 0;
            }
        }

        /** Goes to the next block; one that is damaged costs what is in it. */
        private boolean readBlock() throws IOException {
            StatBlocks blocks = reader.blocks;
            block = NONE;
            next = 0;
            if (blocks == null || blockNumber + 1 >= blocks.count()) {
                return false;
            }
            block = blocks.block(++blockNumber);
            return true;
        }

        @Override
        public void close() throws IOException {
            if (ownsReader) {
                reader.close();
            }
        }
    }

    /** Is given entries in the order of a walk. */
    interface Taker {
        void take(StatEntry entry) throws IOException;
    }
}
