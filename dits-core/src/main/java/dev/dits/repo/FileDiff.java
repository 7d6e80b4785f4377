package dev.dits.repo;

import dev.dits.object.FileEntry;
import dev.dits.object.LinkEntry;
import dev.dits.object.ObjectId;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One file, link or directory that differs between two commits, or a commit and the working tree. What kind of difference it is has been
 * found out; {@link #text} and {@link #chunks} read the two versions when they are asked for, in bounded memory, as long as the repository
 * is open.
 *
 * <p>Immutable. What is in the working tree may change between two calls.
 */
public final class FileDiff {
    /** What differs. */
    public enum Kind {
        /** There was nothing before. */
        ADDED,
        /** There is nothing any more. */
        DELETED,
        /** The content or a link's target is another; the permissions may be as well. */
        MODIFIED,
        /** Only the permissions differ. */
        MODE_CHANGED,
        /** A file became a link, or a link a file. */
        TYPE_CHANGED,
        /** The same content was at {@link FileDiff#from} before; the permissions may differ. */
        RENAMED
    }

    /** Where a version's bytes are. */
    interface Bytes {
        InputStream open() throws IOException;

        /** Calls for each chunk in order. */
        void chunks(ChunkTaker taker) throws IOException;
    }

    /** Is told of a file's chunks. */
    interface ChunkTaker {
        void chunk(ObjectId id, int length) throws IOException;
    }

    /** A version, and where its bytes are; null for a directory. */
    record Side(FileVersion version, @Nullable Bytes bytes) {
        static Side of(TreeEntry entry, @Nullable Bytes bytes) {
            FileVersion.Type type = entry instanceof FileEntry
                    ? FileVersion.Type.FILE
                    : entry instanceof LinkEntry ? FileVersion.Type.LINK : FileVersion.Type.DIRECTORY;
            return new Side(
                    new FileVersion(
                            type,
                            entry.mode(),
                            entry instanceof FileEntry file ? file.content().size() : 0,
                            entry instanceof LinkEntry link ? Optional.of(link.target()) : Optional.empty(),
                            false),
                    bytes);
        }
    }

    private final Kind kind;
    private final TreePath path;
    private final @Nullable TreePath from;
    private final @Nullable Side before;
    private final @Nullable Side after;

    FileDiff(Kind kind, TreePath path, @Nullable TreePath from, @Nullable Side before, @Nullable Side after) {
        this.kind = kind;
        this.path = path;
        this.from = from;
        this.before = before;
        this.after = after;
    }

    /**
     * Returns what differs.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * Returns where it is: now, or where it was deleted.
     *
     * @return the path
     */
    public TreePath path() {
        return path;
    }

    /**
     * Returns where it was before.
     *
     * @return the earlier path of what is {@link Kind#RENAMED}; nothing for anything else
     */
    public Optional<TreePath> from() {
        return Optional.ofNullable(from);
    }

    /**
     * Returns what was there.
     *
     * @return the earlier version; nothing for what is {@link Kind#ADDED}
     */
    public Optional<FileVersion> before() {
        return Optional.ofNullable(before).map(Side::version);
    }

    /**
     * Returns what is there.
     *
     * @return the later version; nothing for what is {@link Kind#DELETED}
     */
    public Optional<FileVersion> after() {
        return Optional.ofNullable(after).map(Side::version);
    }

    /**
     * Compares the two versions line by line. A version that is not there counts as empty, a link as a text that is its target.
     *
     * @param context how many lines around each change belong to it, 0 to {@link TextDiff#CONTEXT_MAX}
     * @return the differences; nothing if a version is a directory, no text or larger than {@link TextDiff#BYTES_MAX}
     * @throws dev.dits.error.MissingObjectException if content is neither here nor in a source
     * @throws IOException if a file can not be read
     */
    public Optional<TextDiff> text(int context) throws IOException {
        byte[] old = readText(before);
        byte[] now = old == null ? null : readText(after);
        return old == null || now == null ? Optional.empty() : Optional.of(TextDiff.of(old, now, context));
    }

    /** Null if it is no text. */
    private static byte @Nullable [] readText(@Nullable Side side) throws IOException {
        if (side == null) {
            return new byte[0];
        }
        if (side.bytes == null || side.version.size() > TextDiff.BYTES_MAX) {
            return null;
        }
        try (InputStream in = side.bytes.open()) {
            // It may have grown since.
            byte[] bytes = in.readNBytes(TextDiff.BYTES_MAX + 1);
            return bytes.length <= TextDiff.BYTES_MAX && TextDiff.isText(bytes) ? bytes : null;
        }
    }

    /**
     * Compares the two versions chunk by chunk. A version that is not there counts as empty. A file of the working tree is read and cut
     * for it; of a commit, only the tree of its chunks is read.
     *
     * @return the figures; nothing if a version is no file, or the earlier has more than {@link ChunkDiff#CHUNKS_MAX} chunks
     * @throws dev.dits.error.MissingObjectException if a node is neither here nor in a source
     * @throws IOException if a file can not be read
     */
    public Optional<ChunkDiff> chunks() throws IOException {
        if (!isFileOrNothing(before) || !isFileOrNothing(after)) {
            return Optional.empty();
        }
        Known known = new Known();
        if (before != null && before.bytes != null) {
            before.bytes.chunks(known);
        }
        if (known.count > ChunkDiff.CHUNKS_MAX) {
            return Optional.empty();
        }
        known.sort();
        long[] sums = new long[4];
        if (after != null && after.bytes != null) {
            after.bytes.chunks((id, length) -> {
                sums[0]++;
                sums[1] += length;
                if (!known.contains(id)) {
                    sums[2]++;
                    sums[3] += length;
                }
            });
        }
        return Optional.of(new ChunkDiff(known.count, sums[0], sums[2], sums[1], sums[3]));
    }

    private static boolean isFileOrNothing(@Nullable Side side) {
        return side == null || side.version.type() == FileVersion.Type.FILE;
    }

    /**
     * Tells the same difference as a removal and an addition, for whom {@link Kind#RENAMED} or {@link Kind#TYPE_CHANGED} say too much.
     *
     * @return a removal where something was, and an addition where something is
     */
    public List<FileDiff> separated() {
        List<FileDiff> parts = new ArrayList<>(2);
        if (before != null) {
            parts.add(new FileDiff(Kind.DELETED, from == null ? path : from, null, before, null));
        }
        if (after != null) {
            parts.add(new FileDiff(Kind.ADDED, path, null, null, after));
        }
        return parts;
    }

    /**
     * The old version's chunks, eight bytes of each id: enough for a figure. Sorted rather than hashed, so that ids that were made to collide cost
     * no more than others.
     */
    private static final class Known implements ChunkTaker {
        private long[] words = new long[64];
        private long count;

        @Override
        public void chunk(ObjectId id, int length) {
            if (count < ChunkDiff.CHUNKS_MAX) {
                if (count == words.length) {
                    words = Arrays.copyOf(words, words.length * 2);
                }
                words[(int) count] = id.word(0);
            }
            count++;
        }

        void sort() {
            words = Arrays.copyOf(words, (int) count);
            Arrays.sort(words);
        }

        boolean contains(ObjectId id) {
            return Arrays.binarySearch(words, id.word(0)) >= 0;
        }
    }

    /** Same as the path, with the kind before it. */
    @Override
    public String toString() {
        return kind + " " + (from == null ? "" : from.display() + " -> ") + path.display();
    }
}
