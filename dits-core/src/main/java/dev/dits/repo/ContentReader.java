package dev.dits.repo;

import dev.dits.chunk.ChunkStream;
import dev.dits.chunk.Chunker;
import dev.dits.error.DitsException;
import dev.dits.object.Content;
import dev.dits.object.Escaper;
import dev.dits.object.FileTreeBuilder;
import dev.dits.object.ObjectId;
import dev.dits.store.RecordType;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Reads files of the working tree: cuts and stores them, or only hashes them. A file that changes while it is read is read again, and
 * in the end refused.
 *
 * <p>Safe for use by several threads.
 */
final class ContentReader {
    /** How often a file is read before it is refused. */
    static final int ATTEMPTS_MAX = 3;

    private static final int HASH_BUFFER_BYTES = 256 << 10;

    /** Counts what is read, from any thread. */
    interface Counter {
        void read(long bytes, long newBytes);
    }

    /** A file's content and the stat that it had all the while. */
    record Result(FileStat stat, Content content) {}

    private record Scratch(ChunkStream stream, MessageDigest chunk, MessageDigest whole) {}

    private final Chunker chunker;
    private final Queue<Scratch> scratches = new ConcurrentLinkedQueue<>();

    private final LargeFileCut.Buffers buffers;
    private final Executor helpers;
    private final int threads;

    /**
     * @param helpers where work on a large file may go on beside the thread that reads it
     * @param threads how many there are, that one included
     */
    ContentReader(Chunker chunker, Executor helpers, int threads) {
        this.chunker = chunker;
        this.buffers = new LargeFileCut.Buffers(chunker.profile().maxBytes());
        this.helpers = helpers;
        this.threads = threads;
    }

    /** Cuts a file and stores what is new of it. Null if it is gone. With one attempt, it has the stat that was seen. */
    @Nullable
    Result store(byte[] path, Path file, FileStat seen, int attempts, StoreWriter writer, Counter counter)
            throws IOException {
        FileStat before = seen;
        for (int attempt = 0; attempt < attempts; attempt++) {
            Content content;
            try (SeekableByteChannel channel = open(path, file)) {
                content = cut(channel, before.size(), writer, counter);
            } catch (NoSuchFileException e) {
                return null;
            }
            FileStat after = FileStat.of(file);
            if (after == null) {
                return null;
            }
            if (before.sameContent(after) && content.size() == after.size()) {
                return new Result(after, content);
            }
            before = after;
            refuseUnlessFile(path, after);
        }
        throw changing(path);
    }

    private Content cut(SeekableByteChannel channel, long sizeExpected, StoreWriter writer, Counter counter)
            throws IOException {
        if (sizeExpected >= LargeFileCut.FILE_BYTES_MIN && threads > 1) {
            try (LargeFileCut large = new LargeFileCut(chunker, buffers, helpers, threads - 1, writer, counter)) {
                return large.cut(channel);
            }
        }
        Scratch scratch = scratches.poll();
        if (scratch == null) {
            scratch = newScratch();
        }
        try {
            return cut(scratch, channel, sizeExpected, writer, counter);
        } finally {
            // Also after a failure of the source: the stream starts anew with each file anyway.
            scratches.add(scratch);
        }
    }

    private static Content cut(
            Scratch scratch, SeekableByteChannel channel, long sizeExpected, StoreWriter writer, Counter counter)
            throws IOException {
        ChunkStream stream = scratch.stream;
        scratch.whole.reset();
        FileTreeBuilder tree = new FileTreeBuilder(writer);
        stream.reset(channel);
        ObjectId only = null;
        boolean several = false;
        while (stream.next()) {
            scratch.chunk.update(stream.array(), stream.offset(), stream.length());
            ObjectId id = ObjectId.fromBytes(scratch.chunk.digest(), 0);
            // A file of one chunk has that chunk's hash: nothing is hashed twice for it.
            several |= only != null || stream.length() != sizeExpected;
            if (several) {
                scratch.whole.update(stream.array(), stream.offset(), stream.length());
            }
            only = id;
            boolean isNew = writer.put(RecordType.CHUNK, id, stream.array(), stream.offset(), stream.length());
            tree.add(id, stream.length());
            counter.read(stream.length(), isNew ? stream.length() : 0);
        }
        ObjectId whole = ObjectId.fromBytes(scratch.whole.digest(), 0);
        return tree.finish(!several && only != null ? only : whole);
    }

    /** Cuts what a stream delivers and tells of each chunk; stores nothing. */
    void cut(java.io.InputStream in, FileDiff.ChunkTaker taker) throws IOException {
        Scratch scratch = scratches.poll();
        if (scratch == null) {
            scratch = newScratch();
        }
        try {
            ChunkStream stream = scratch.stream;
            stream.reset(in);
            while (stream.next()) {
                scratch.chunk.update(stream.array(), stream.offset(), stream.length());
                taker.chunk(ObjectId.fromBytes(scratch.chunk.digest(), 0), stream.length());
            }
        } finally {
            scratches.add(scratch);
        }
    }

    private Scratch newScratch() {
        return new Scratch(new ChunkStream(chunker), ObjectId.sha256(), ObjectId.sha256());
    }

    /** The SHA-256 of a file and the stat that it had all the while; null if it is gone. */
    @Nullable
    Hashed hash(byte[] path, Path file, FileStat seen) throws IOException {
        FileStat before = seen;
        ByteBuffer buffer = ByteBuffer.allocate(HASH_BUFFER_BYTES);
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            MessageDigest digest = ObjectId.sha256();
            long size = 0;
            try (SeekableByteChannel channel = open(path, file)) {
                while (channel.read(buffer) >= 0) {
                    buffer.flip();
                    size += buffer.remaining();
                    digest.update(buffer);
                    buffer.clear();
                }
            } catch (NoSuchFileException e) {
                return null;
            }
            FileStat after = FileStat.of(file);
            if (after == null) {
                return null;
            }
            if (before.sameContent(after) && size == after.size()) {
                return new Hashed(after, ObjectId.fromBytes(digest.digest(), 0));
            }
            before = after;
            refuseUnlessFile(path, after);
        }
        throw changing(path);
    }

    record Hashed(FileStat stat, ObjectId sha256) {}

    private static SeekableByteChannel open(byte[] path, Path file) throws IOException {
        try {
            return Files.newByteChannel(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
        } catch (AccessDeniedException e) {
            throw DirectoryLook.denied(path, e);
        }
    }

    private static void refuseUnlessFile(byte[] path, FileStat stat) throws DitsException {
        if (stat.kind() != FileKind.FILE) {
            throw changing(path);
        }
    }

    private static DitsException changing(byte[] path) {
        return new ChangingFileException(Escaper.escape(path)
                + " changes while it is read; wait until nothing writes to it and try again, or ignore it in"
                + " .ditsignore");
    }
}
