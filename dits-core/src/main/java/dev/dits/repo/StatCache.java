package dev.dits.repo;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Disk;
import dev.dits.disk.DiskFile;
import dev.dits.disk.Role;
import dev.dits.error.CorruptObjectException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.object.Content;
import dev.dits.object.Mtime;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What files looked like when their content was last known, in {@code .dits/index}, so that a file whose stat is the same is not
 * read again.
 *
 * <p>Entries lie in the order in which a walk meets them, and are read and written as streams: memory does not grow with the
 * tree. It is a cache: damage costs time, and nothing else. The format is {@code docs/format.md}, section 5.
 */
final class StatCache {
    private static final Logger LOGGER = LoggerFactory.getLogger(StatCache.class);
    private static final byte[] MAGIC = "DITSSTAT".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 28;
    private static final int CLOCK_OFFSET = 16;
    private static final int BUFFER_BYTES = 1 << 16;
    private static final int BLOCK_ENTRIES = 256;
    private static final int BLOCK_BYTES_MAX = 1 << 24;
    private static final int PATH_BYTES_MAX = 128 * 256;
    private static final int FLAG_RACY = 1;
    private static final int FLAG_CHANGE_TIME = 2;
    private static final int FLAG_WRITTEN = 4;

    private static final Mtime NO_CLOCK = new Mtime(0, 0);

    private StatCache() {}

    /** Order of a walk: a slash sorts before every byte that a name can have. */
    static int compare(byte[] a, byte[] b) {
        int mismatch = Arrays.mismatch(a, b);
        if (mismatch < 0 || mismatch >= a.length || mismatch >= b.length) {
            return Integer.compare(a.length, b.length);
        }
        int x = a[mismatch] == '/' ? -1 : a[mismatch] & 0xFF;
        int y = b[mismatch] == '/' ? -1 : b[mismatch] & 0xFF;
        return Integer.compare(x, y);
    }

    /** A file as it was. */
    private static final class Entry {
        final byte[] path;
        final FileStat stat;
        final boolean racy;
        final Content content;

        Entry(byte[] path, FileStat stat, boolean racy, Content content) {
            this.path = path;
            this.stat = stat;
            this.racy = racy;
            this.content = content;
        }
    }

    /** Finds entries for paths asked for in ascending order. Not safe for use by several threads. */
    static final class Cursor implements AutoCloseable {
        private @Nullable InputStream in;
        private final List<Entry> block = new ArrayList<>();
        private final Mtime clock;
        private int next;

        private Cursor(@Nullable InputStream in, Mtime clock) {
            this.in = in;
            this.clock = clock;
        }

        static Cursor open(Path file) throws IOException {
            InputStream in;
            try {
                in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
            } catch (NoSuchFileException e) {
                return new Cursor(null, NO_CLOCK);
            }
            return read(in);
        }

        /** As {@link #open}, of what the file holds; the cursor closes it. */
        static Cursor read(InputStream in) throws IOException {
            byte[] header = in.readNBytes(HEADER_BYTES);
            if (header.length < HEADER_BYTES
                    || !Arrays.equals(header, 0, MAGIC.length, MAGIC, 0, MAGIC.length)
                    || (header[MAGIC.length] << 8 | header[MAGIC.length + 1]) != VERSION) {
                in.close();
                return new Cursor(null, NO_CLOCK);
            }
            try {
                ByteReader clock = new ByteReader(header, CLOCK_OFFSET, HEADER_BYTES - CLOCK_OFFSET);
                long seconds = clock.u64();
                return new Cursor(in, new Mtime(seconds, (int) clock.u32()));
            } catch (IllegalArgumentException e) {
                in.close();
                return new Cursor(null, NO_CLOCK);
            }
        }

        /** The content that a file still has, if its stat says so beyond doubt; null if it has to be read. */
        @Nullable
        Content find(byte[] path, FileStat stat) throws IOException {
            Entry entry = entry(path);
            return entry != null && !entry.racy && entry.stat.sameContent(stat) ? entry.content : null;
        }

        private @Nullable Entry entry(byte[] path) throws IOException {
            while (true) {
                for (; next < block.size(); next++) {
                    int order = compare(block.get(next).path, path);
                    if (order == 0) {
                        return block.get(next);
                    }
                    if (order > 0) {
                        return null;
                    }
                }
                if (!readBlock()) {
                    return null;
                }
            }
        }

        /** Copies what comes before a path, and drops what is there; null copies all that is left. */
        void copyUpTo(byte @Nullable [] path, Writer writer) throws IOException {
            do {
                for (; next < block.size(); next++) {
                    Entry entry = block.get(next);
                    int order = path == null ? -1 : compare(entry.path, path);
                    if (order > 0) {
                        return;
                    }
                    if (order < 0) {
                        writer.add(entry.path, entry.stat, entry.racy, entry.content);
                    }
                }
            } while (readBlock());
        }

        private boolean readBlock() throws IOException {
            block.clear();
            next = 0;
            InputStream source = in;
            if (source == null) {
                return false;
            }
            byte[] head = source.readNBytes(8);
            if (head.length == 8) {
                try {
                    ByteReader reader = new ByteReader(head);
                    long length = reader.u32();
                    long crc = reader.u32();
                    if (length <= BLOCK_BYTES_MAX) {
                        byte[] payload = source.readNBytes((int) length);
                        CRC32C actual = new CRC32C();
                        actual.update(payload);
                        if (payload.length == length && actual.getValue() == crc) {
                            decode(payload);
                            return true;
                        }
                    }
                } catch (CorruptObjectException | IllegalArgumentException e) {
                    // Falls through: what can not be read is not remembered.
                    block.clear();
                }
            }
            close();
            return false;
        }

        private void decode(byte[] payload) throws CorruptObjectException {
            ByteReader reader = new ByteReader(payload);
            byte[] previous = new byte[0];
            while (reader.remaining() > 0) {
                if (block.size() == BLOCK_ENTRIES) {
                    throw new CorruptObjectException("a block has more than " + BLOCK_ENTRIES + " entries");
                }
                int shared = (int) reader.varint(0, previous.length, "a shared prefix");
                // Prefixes are shared, so short blocks could hold paths that grow without end.
                byte[] suffix = reader.bytes(0, PATH_BYTES_MAX - shared, "a path's length");
                byte[] path = Arrays.copyOf(previous, shared + suffix.length);
                System.arraycopy(suffix, 0, path, shared, suffix.length);
                int flags = reader.u8();
                long size = reader.varint();
                Mtime mtime = readTime(reader);
                Mtime ctime = readTime(reader);
                FileStat stat = new FileStat(
                        FileKind.FILE, size, 0, mtime, ctime, reader.u64(), (flags & FLAG_CHANGE_TIME) != 0);
                boolean racy = (flags & FLAG_RACY) != 0 || ((flags & FLAG_WRITTEN) != 0 && stat.isRacy(clock));
                block.add(new Entry(path, stat, racy, Content.read(reader)));
                previous = path;
            }
        }

        private static Mtime readTime(ByteReader reader) throws CorruptObjectException {
            long seconds = reader.svarint();
            return new Mtime(seconds, (int) reader.varint(0, 999_999_999, "nanoseconds"));
        }

        @Override
        public void close() throws IOException {
            InputStream source = in;
            in = null;
            if (source != null) {
                source.close();
            }
        }
    }

    /** Writes a new cache beside the old one. Not safe for use by several threads. */
    static final class Writer implements AutoCloseable {
        private final Disk disk;
        private final Path temporary;
        private final @Nullable DiskFile out;
        private final ByteWriter waiting = new ByteWriter(BUFFER_BYTES);
        private long written;
        private final ByteWriter block = new ByteWriter();
        private byte[] previous = new byte[0];
        private byte[] last = new byte[0];
        private int count;
        private boolean installed;
        private boolean broken;

        Writer(Scratch scratch) {
            disk = scratch.disk();
            temporary = scratch.name("index");
            out = create();
            ByteWriter header = new ByteWriter().raw(MAGIC, 0, MAGIC.length).u16(VERSION);
            header.raw(new byte[HEADER_BYTES - header.size()], 0, HEADER_BYTES - header.size());
            byte[] bytes = header.toBytes();
            waiting.raw(bytes, 0, bytes.length);
        }

        /** A cache that can not be written is no reason to fail: the old one stays, and what it lacks is read again. */
        private @Nullable DiskFile create() {
            try {
                return disk.create(Role.STAT_CACHE, temporary);
            } catch (IOException e) {
                failed(e);
                return null;
            }
        }

        private void failed(IOException e) {
            LOGGER.debug("the stat cache was not written", e);
            broken = true;
        }

        /** Appends a file; its path comes after that of the one before. */
        void add(byte[] path, FileStat stat, boolean racy, Content content) {
            add(path, stat, racy ? FLAG_RACY : 0, content);
        }

        /** Appends a file that this process has written; whether that was long enough ago is known when all are. */
        void addWritten(byte[] path, FileStat stat, Content content) {
            add(path, stat, FLAG_WRITTEN, content);
        }

        private void add(byte[] path, FileStat stat, int flags, Content content) {
            if (last.length > 0 && compare(last, path) >= 0) {
                // A directory that became a file: its old entries went by before it. It is a cache, and may miss one.
                return;
            }
            last = path;
            int mismatch = Arrays.mismatch(previous, path);
            int shared = mismatch < 0 ? path.length : Math.min(mismatch, Math.min(previous.length, path.length));
            block.varint(shared).bytes(Arrays.copyOfRange(path, shared, path.length));
            block.u8(flags | (stat.changeTimeKnown() ? FLAG_CHANGE_TIME : 0));
            block.varint(stat.size());
            block.svarint(stat.mtime().seconds()).varint(stat.mtime().nanos());
            block.svarint(stat.ctime().seconds()).varint(stat.ctime().nanos());
            block.u64(stat.inode());
            Content.write(content, block);
            previous = path;
            if (++count >= BLOCK_ENTRIES) {
                writeBlock();
            }
        }

        private void writeBlock() {
            if (count == 0) {
                return;
            }
            byte[] payload = block.toBytes();
            CRC32C crc = new CRC32C();
            crc.update(payload);
            waiting.u32(payload.length).u32(crc.getValue()).raw(payload, 0, payload.length);
            if (waiting.size() >= BUFFER_BYTES) {
                drain();
            }
            block.clear();
            count = 0;
            previous = new byte[0];
        }

        private void drain() {
            DiskFile file = out;
            if (file != null && !broken) {
                try {
                    file.write(written, ByteBuffer.wrap(waiting.toBytes()));
                } catch (IOException e) {
                    failed(e);
                }
            }
            written += waiting.size();
            waiting.clear();
        }

        /** Replaces the old cache, if it could be written. Not synced: a torn one fails its checksums and is as good as none. */
        void install(Path file) {
            install(file, NO_CLOCK);
        }

        /** As above, with the file system's clock after the last file was written. */
        void install(Path file, Mtime clock) {
            writeBlock();
            drain();
            DiskFile open = out;
            if (open == null || broken) {
                return;
            }
            ByteWriter stamp = new ByteWriter().u64(clock.seconds()).u32(clock.nanos());
            try {
                open.write(CLOCK_OFFSET, ByteBuffer.wrap(stamp.toBytes()));
                open.close();
                disk.rename(Role.STAT_CACHE, temporary, file);
                installed = true;
            } catch (IOException e) {
                failed(e);
            }
        }

        @Override
        public void close() {
            DiskFile open = out;
            if (!installed && open != null) {
                try {
                    open.close();
                } catch (IOException e) {
                    failed(e);
                } finally {
                    AtomicFile.discard(disk, Role.STAT_CACHE, temporary);
                }
            }
        }
    }
}
