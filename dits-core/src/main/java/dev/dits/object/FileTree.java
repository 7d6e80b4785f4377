package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads files' trees of chunks ({@code docs/format.md}, section 3.2). A seek reads one node a level; every node is held to
 * the sums its parent gave, so that a chunk's place in the file is as certain as its id.
 *
 * <p>Safe for use by several threads; a {@link Cursor} is not.
 */
public final class FileTree {
    private final ObjectSource source;

    /**
     * Reads from a source.
     *
     * @param source where manifests and nodes are
     */
    public FileTree(ObjectSource source) {
        this.source = source;
    }

    /**
     * A chunk and its place in a file.
     *
     * @param index how many chunks come before it
     * @param offset how many bytes come before it
     * @param id the chunk
     * @param length its bytes, 1 to 1,048,576
     */
    public record Chunk(long index, long offset, ObjectId id, int length) {
        /**
         * Returns where the next chunk starts.
         *
         * @return bytes from the start of the file
         */
        public long end() {
            return offset + length;
        }
    }

    /** Goes over a file's chunks in order, reading nodes as it comes to them. Not safe for use by several threads. */
    public static final class Cursor {
        private static final class Frame {
            final FileNode node;
            final long offset;
            final long index;
            int next;

            Frame(FileNode node, long offset, long index) {
                this.node = node;
                this.offset = offset;
                this.index = index;
            }
        }

        private final ObjectSource source;
        private final Deque<Frame> path = new ArrayDeque<>();
        private @Nullable Chunk single;

        private Cursor(ObjectSource source) {
            this.source = source;
        }

        /**
         * Returns the next chunk.
         *
         * @return the chunk; null at the end of the file
         * @throws dev.dits.error.MissingObjectException if a node is not in the source
         * @throws CorruptObjectException if a node is not what its parent says
         * @throws IOException if the source fails
         */
        public @Nullable Chunk next() throws IOException {
            Chunk only = single;
            if (only != null) {
                single = null;
                return only;
            }
            while (!path.isEmpty()) {
                Frame top = path.getLast();
                int child = top.next;
                if (child == top.node.count()) {
                    path.removeLast();
                    continue;
                }
                top.next++;
                if (top.node.level == 0) {
                    return new Chunk(
                            top.index + top.node.indexes[child],
                            top.offset + top.node.offsets[child],
                            top.node.ids[child],
                            (int) top.node.bytes(child));
                }
                path.addLast(child(top, child));
            }
            return null;
        }

        private Frame child(Frame parent, int child) throws IOException {
            FileNode node = FileNode.decode(
                    source.require(parent.node.ids[child]),
                    parent.node.level - 1,
                    parent.node.bytes(child),
                    parent.node.chunks(child));
            return new Frame(
                    node, parent.offset + parent.node.offsets[child], parent.index + parent.node.indexes[child]);
        }

        /** Goes down to the leaf that holds a position, of bytes or of chunks. */
        private void seek(FileNode root, long position, boolean byOffset) throws IOException {
            Frame frame = new Frame(root, 0, 0);
            while (true) {
                long[] starts = byOffset ? frame.node.offsets : frame.node.indexes;
                long start = byOffset ? frame.offset : frame.index;
                frame.next = FileNode.childAt(starts, frame.node.count(), position - start);
                path.addLast(frame);
                if (frame.node.level == 0) {
                    return;
                }
                frame = child(frame, frame.next++);
            }
        }
    }

    /**
     * Starts at a file's first chunk.
     *
     * @param content what names the file's content
     * @return a cursor before the first chunk
     * @throws IOException if the manifest or a node is missing or corrupt, or the source fails
     */
    public Cursor chunks(Content content) throws IOException {
        return chunksFromOffset(content, 0);
    }

    /**
     * Starts at the chunk that holds a byte.
     *
     * @param content what names the file's content
     * @param offset the byte, 0 to the file's size; at the size the cursor is at its end
     * @return a cursor before that chunk
     * @throws IndexOutOfBoundsException if the offset is not within its range
     * @throws IOException if the manifest or a node is missing or corrupt, or the source fails
     */
    public Cursor chunksFromOffset(Content content, long offset) throws IOException {
        if (offset < 0 || offset > content.size()) {
            throw new IndexOutOfBoundsException("byte " + offset + " of a file of " + content.size());
        }
        return open(content, offset, true);
    }

    /**
     * Starts at a chunk.
     *
     * @param content what names the file's content
     * @param index the chunk, 0 or more; beyond the last the cursor is at its end
     * @return a cursor before that chunk
     * @throws IndexOutOfBoundsException if the index is negative
     * @throws IOException if the manifest or a node is missing or corrupt, or the source fails
     */
    public Cursor chunksFromIndex(Content content, long index) throws IOException {
        if (index < 0) {
            throw new IndexOutOfBoundsException("chunk " + index);
        }
        return open(content, index, false);
    }

    private Cursor open(Content content, long position, boolean byOffset) throws IOException {
        Cursor cursor = new Cursor(source);
        if (content instanceof Content.SingleChunk chunk) {
            if (position < (byOffset ? chunk.size() : 1)) {
                cursor.single = new Chunk(0, 0, chunk.id(), (int) chunk.size());
            }
        } else if (content instanceof Content.Chunked chunked) {
            Manifest manifest = manifest(chunked);
            if (position < (byOffset ? manifest.size() : manifest.chunks())) {
                FileNode root =
                        FileNode.decode(source.require(manifest.root()), -1, manifest.size(), manifest.chunks());
                cursor.seek(root, position, byOffset);
            }
        }
        return cursor;
    }

    /**
     * Reads a file's manifest.
     *
     * @param content what names it
     * @return the manifest
     * @throws IOException if it is missing, corrupt or of another size, or the source fails
     */
    public Manifest manifest(Content.Chunked content) throws IOException {
        Manifest manifest = Manifest.decode(source.require(content.id()));
        if (manifest.size() != content.size()) {
            throw new CorruptObjectException("manifest " + content.id().abbreviated() + " is of " + manifest.size()
                    + " bytes; the entry says " + content.size());
        }
        return manifest;
    }

    /**
     * Returns how many chunks a file has.
     *
     * @param content what names the file's content
     * @return 0 or more
     * @throws IOException if the manifest is missing or corrupt, or the source fails
     */
    public long chunkCount(Content content) throws IOException {
        return content instanceof Content.Chunked chunked
                ? manifest(chunked).chunks()
                : content instanceof Content.SingleChunk ? 1 : 0;
    }

    /**
     * Returns the SHA-256 of a whole file.
     *
     * @param content what names the file's content
     * @return what {@code sha256sum} prints
     * @throws IOException if the manifest is missing or corrupt, or the source fails
     */
    public ObjectId sha256(Content content) throws IOException {
        if (content instanceof Content.Chunked chunked) {
            return manifest(chunked).sha256();
        }
        return content instanceof Content.SingleChunk chunk ? chunk.id() : ObjectId.hash(new byte[0]);
    }

    /**
     * Proves which chunks hold a range of a file: the manifest, and the nodes from the root to the leaves that cover the
     * range, each before what is below it.
     *
     * @param content what names the file's content
     * @param offset where the range starts
     * @param length its bytes, 1 or more, not beyond the file's end
     * @return encodings for {@link #verifyProof}; none where the content is one chunk. About 3 KiB for each 64 chunks of the
     *     range, so ask for a bounded one
     * @throws IndexOutOfBoundsException if the range is not within the file
     * @throws IOException if a node is missing or corrupt, or the source fails
     */
    public List<byte[]> proof(Content content, long offset, long length) throws IOException {
        List<byte[]> nodes = new ArrayList<>();
        cover(new Proofs.Recorder(source, nodes), content, offset, length);
        return nodes;
    }

    /**
     * Checks a proof, trusting the content reference alone.
     *
     * @param content what names the file's content
     * @param offset where the range starts
     * @param length its bytes, 1 or more, not beyond the file's end
     * @param nodes what {@link #proof} gave for the same arguments
     * @return the chunks that hold the range, in order, the first and the last maybe reaching over its ends
     * @throws IndexOutOfBoundsException if the range is not within the file
     * @throws CorruptObjectException if the nodes do not prove it, or are more than needed
     * @throws IOException if a node is of an unknown version
     */
    public static List<Chunk> verifyProof(Content content, long offset, long length, List<byte[]> nodes)
            throws IOException {
        Proofs.Player player = new Proofs.Player(nodes);
        List<Chunk> chunks = cover(player, content, offset, length);
        player.expectEnd();
        return chunks;
    }

    private static List<Chunk> cover(ObjectSource source, Content content, long offset, long length)
            throws IOException {
        Objects.checkFromIndexSize(offset, length, content.size());
        if (length == 0) {
            throw new IndexOutOfBoundsException("an empty range needs no proof");
        }
        List<Chunk> chunks = new ArrayList<>();
        Cursor cursor = new FileTree(source).chunksFromOffset(content, offset);
        long end = offset + length;
        long reached = offset;
        while (reached < end) {
            Chunk chunk = cursor.next();
            if (chunk == null) {
                throw new CorruptObjectException("a file ends at " + reached + " of " + content.size() + " bytes");
            }
            chunks.add(chunk);
            reached = chunk.end();
        }
        return chunks;
    }
}
