package dev.dits.repo;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Disk;
import dev.dits.disk.DiskFile;
import dev.dits.disk.Role;
import dev.dits.object.ByteWriter;
import dev.dits.object.Content;
import dev.dits.object.Mtime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes to the stat cache by whoever holds the tree's lock. Few are kept in memory and appended to the journal at the end; where they
 * are too many for it, a new sorted file is written as they come, which takes them in the order of a walk.
 *
 * <p>What can not be written is no reason to fail: what the cache lacks is read again. Not safe for use by several threads.
 */
final class StatCacheUpdate implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(StatCacheUpdate.class);

    /** About what a change takes beside its path: so many bytes may wait in memory as fit the journal. */
    private static final int BODY_BYTES = 64;

    private record Waiting(@Nullable StatEntry entry, boolean written) {
        static final Waiting GONE = new Waiting(null, false);
    }

    private final StatCache cache;
    private final Scratch scratch;
    /** Goes along with what is put, where everything is: what lies between is gone. */
    private final StatCache.@Nullable Cursor before;

    private final NavigableMap<byte[], Waiting> waiting = new TreeMap<>(StatEntry::compare);
    private long waitingBytes;
    private @Nullable StatCacheWriter merging;
    private StatCache.@Nullable Cursor old;

    private StatCacheUpdate(StatCache cache, Scratch scratch, StatCache.@Nullable Cursor before) {
        this.cache = cache;
        this.scratch = scratch;
        this.before = before;
    }

    /** For who changes some files and leaves the others as they are. */
    static StatCacheUpdate ofSome(StatCache cache, Scratch scratch) {
        return new StatCacheUpdate(cache, scratch, null);
    }

    /** For who goes over all files, in the order of a walk: what is neither put nor kept is gone. The reader is closed after this. */
    static StatCacheUpdate ofAll(StatCache cache, StatCache.Reader all, Scratch scratch) {
        return new StatCacheUpdate(cache, scratch, all.cursor());
    }

    /** Says that what the cache said of a file still holds. */
    void keep(StatEntry known) throws IOException {
        StatCache.Cursor all = before;
        if (all != null && !all.takeNext(known)) {
            put(known);
        }
    }

    /** Says what a file contains. */
    void put(byte[] path, FileStat stat, boolean racy, Content content) throws IOException {
        put(new StatEntry(path, stat, racy, content));
    }

    private void put(StatEntry entry) throws IOException {
        StatCache.Cursor all = before;
        if (all != null) {
            StatEntry known = all.take(entry.path, gone -> change(gone.path, Waiting.GONE));
            if (known == entry || (known != null && known.same(entry))) {
                return;
            }
        }
        change(entry.path, new Waiting(entry, false));
    }

    /** Says what a file contains that this process has written; whether that was long enough ago is known when all are. */
    void putWritten(byte[] path, FileStat stat, Content content) throws IOException {
        change(path, new Waiting(new StatEntry(path, stat, false, content), true));
    }

    /** Says that there is no such file, or none that is known. */
    void remove(byte[] path) throws IOException {
        change(path, Waiting.GONE);
    }

    /** As {@link #remove}, of a file that the base has and the disk lacks; where all files are gone over, it shows by itself. */
    void missing(byte[] path) throws IOException {
        if (before == null) {
            remove(path);
        }
    }

    private void change(byte[] path, Waiting what) throws IOException {
        StatCacheWriter writer = merging;
        if (writer != null) {
            merge(writer, path, what);
            return;
        }
        waiting.put(path, what);
        waitingBytes += path.length + BODY_BYTES;
        if (waitingBytes > StatJournal.BYTES_MAX) {
            merge();
        }
    }

    private void merge() throws IOException {
        StatCacheWriter writer = new StatCacheWriter(scratch);
        merging = writer;
        old = cache.cursor();
        for (Map.Entry<byte[], Waiting> change : waiting.entrySet()) {
            merge(writer, change.getKey(), change.getValue());
        }
        waiting.clear();
    }

    private void merge(StatCacheWriter writer, byte[] path, Waiting what) throws IOException {
        StatCache.Cursor from = old;
        if (from == null) {
            throw new IllegalStateException("nothing to merge with");
        }
        StatEntry unused = from.take(path, writer::add);
        StatEntry entry = what.entry;
        if (entry != null) {
            if (what.written) {
                writer.addWritten(entry);
            } else {
                writer.add(entry);
            }
        }
    }

    /** Makes the changes; nothing may follow. */
    void install() throws IOException {
        install(StatCache.NO_CLOCK);
    }

    /**
     * Makes the changes; nothing may follow.
     *
     * @param clock the file system's clock after the last file was written
     */
    void install(Mtime clock) throws IOException {
        StatCache.Cursor all = before;
        if (all != null) {
            StatEntry unused = all.take(null, gone -> change(gone.path, Waiting.GONE));
        }
        StatJournal journal = cache.journal;
        StatCache.Header header;
        try (StatCache.Cursor base = cache.cursor()) {
            header = base.header();
        }
        StatCacheWriter writer = merging;
        if (writer == null) {
            if (waiting.isEmpty()) {
                return;
            }
            boolean belongs = header != null && journal.present() && journal.base() == header.id();
            byte[] record = record(clock);
            int end = belongs ? journal.end() : StatJournal.HEADER_BYTES;
            if (header != null && end + record.length <= StatJournal.BYTES_MAX) {
                append(header.id(), belongs, end, record);
                return;
            }
            merge();
            writer = merging;
        }
        StatCache.Cursor rest = old;
        if (writer == null || rest == null) {
            throw new IllegalStateException("nothing to merge with");
        }
        StatEntry unused = rest.take(null, writer::add);
        // Neither the old file's nor that of a journal that outlived its file.
        long id = 1 + Math.max(header == null ? 0 : header.id(), journal.present() ? journal.base() : 0);
        writer.install(StatCache.baseFile(cache.directory()), id, clock);
    }

    private byte[] record(Mtime clock) {
        ByteWriter payload = new ByteWriter();
        for (Map.Entry<byte[], Waiting> change : waiting.entrySet()) {
            StatEntry entry = change.getValue().entry;
            if (entry != null && change.getValue().written) {
                entry = new StatEntry(entry.path, entry.stat, entry.stat.isRacy(clock), entry.content);
            }
            StatJournal.writeChange(
                    payload, change.getKey(), entry == null ? StatJournal.Change.GONE : new StatJournal.Change(entry));
        }
        return StatJournal.record(payload.toBytes());
    }

    private void append(long base, boolean belongs, int end, byte[] record) {
        Disk disk = scratch.disk();
        Path file = StatCache.journalFile(cache.directory());
        Path temporary = belongs ? null : scratch.name("index");
        try {
            if (temporary == null) {
                try (DiskFile open = disk.open(Role.STAT_CACHE, file)) {
                    // What lies behind is of a writer that was killed.
                    if (open.size() != end) {
                        open.truncate(end);
                    }
                    open.write(end, ByteBuffer.wrap(record));
                }
                return;
            }
            byte[] header = StatJournal.header(base);
            try (DiskFile made = disk.create(Role.STAT_CACHE, temporary)) {
                made.write(0, ByteBuffer.wrap(header));
                made.write(header.length, ByteBuffer.wrap(record));
            }
            disk.rename(Role.STAT_CACHE, temporary, file);
        } catch (IOException e) {
            LOGGER.debug("the stat cache was not written", e);
            if (temporary != null) {
                AtomicFile.discard(disk, Role.STAT_CACHE, temporary);
            }
        }
    }

    @Override
    @SuppressWarnings("try") // closed, not used
    public void close() throws IOException {
        StatCacheWriter writer = merging;
        try (StatCache.Cursor first = before;
                StatCache.Cursor second = old) {
            if (writer != null) {
                writer.close();
            }
        }
    }
}
