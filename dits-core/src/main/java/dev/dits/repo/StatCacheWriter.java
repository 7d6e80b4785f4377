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
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a new sorted file of the stat cache beside the old one. Not safe for use by several threads. */
final class StatCacheWriter implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(StatCacheWriter.class);
    private static final int BUFFER_BYTES = 1 << 16;

    private final Disk disk;
    private final Path temporary;
    private final @Nullable DiskFile out;
    private final ByteWriter waiting = new ByteWriter(BUFFER_BYTES);
    private final ByteWriter offsets = new ByteWriter();
    private final ByteWriter block = new ByteWriter();
    private long written = StatCache.HEADER_BYTES;
    private int blocks;
    private byte[] previous = new byte[0];
    private byte[] last = new byte[0];
    private int count;
    private boolean installed;
    private boolean broken;

    StatCacheWriter(Scratch scratch) {
        disk = scratch.disk();
        temporary = scratch.name("index");
        out = create();
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

    /** Appends what is known of a file; its path comes after that of the one before. */
    void add(StatEntry entry) {
        add(entry.path, entry.stat, entry.racy ? StatEntry.FLAG_RACY : 0, entry.content);
    }

    /** Appends a file that this process has written; whether that was long enough ago is known when all are. */
    void addWritten(StatEntry entry) {
        add(entry.path, entry.stat, StatEntry.FLAG_WRITTEN, entry.content);
    }

    private void add(byte[] path, FileStat stat, int flags, Content content) {
        if (last.length > 0 && StatEntry.compare(last, path) >= 0) {
            // A directory that became a file: its old entries went by before it. It is a cache, and may miss one.
            return;
        }
        last = path;
        int mismatch = Arrays.mismatch(previous, path);
        int shared = mismatch < 0 ? path.length : Math.min(mismatch, Math.min(previous.length, path.length));
        block.varint(shared).bytes(Arrays.copyOfRange(path, shared, path.length));
        StatEntry.writeBody(block, stat, flags, content);
        previous = path;
        if (++count >= StatCache.BLOCK_ENTRIES) {
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
        offsets.u64(written + waiting.size());
        blocks++;
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

    /**
     * Replaces the old file, if this one could be written. Not synced: what was torn fails its checksums and is as good as none.
     *
     * @param id what the next journal goes with
     * @param clock the file system's clock after the last file was written
     */
    void install(Path file, long id, Mtime clock) {
        writeBlock();
        // A length of nothing ends the blocks, so that a reader without a table does not take it for one.
        waiting.u32(0).u32(0);
        byte[] table = offsets.toBytes();
        CRC32C crc = new CRC32C();
        crc.update(table);
        waiting.raw(table, 0, table.length)
                .u32(blocks)
                .u32(crc.getValue())
                .raw(StatCache.MAGIC, 0, StatCache.MAGIC.length);
        drain();
        DiskFile open = out;
        if (open == null || broken) {
            return;
        }
        try {
            open.write(0, ByteBuffer.wrap(new StatCache.Header(id, clock).encode()));
            open.close();
            disk.rename(Role.STAT_CACHE, temporary, file);
            installed = true;
        } catch (IOException e) {
            failed(e);
        }
    }

    /** Whether the new file is in place. */
    boolean installed() {
        return installed;
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
