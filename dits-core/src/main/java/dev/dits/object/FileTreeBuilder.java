package dev.dits.object;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Builds a file's tree of chunks while the file is being cut ({@code docs/format.md}, section 3.2). Nodes go to the sink
 * as soon as they end, children before parents, the manifest last; memory follows the depth of the tree.
 *
 * <p>Not safe for use by several threads. Used for one file.
 */
public final class FileTreeBuilder extends NodeLevels {
    private final ObjectSink sink;
    private long chunks;
    private @Nullable ObjectId first;

    /**
     * Starts a file.
     *
     * @param sink takes the nodes and the manifest; a file of one chunk or none has neither
     */
    public FileTreeBuilder(ObjectSink sink) {
        super(sink, ObjectKind.FILE_LEAF, ObjectKind.FILE_INNER);
        this.sink = sink;
    }

    /**
     * Appends a chunk.
     *
     * @param chunk its id
     * @param length its bytes, 1 to 1,048,576
     * @throws IOException if the sink fails
     * @throws IllegalArgumentException if the length is not within its range, or the file grows beyond 2^62 bytes
     */
    public void add(ObjectId chunk, int length) throws IOException {
        if (length < 1 || length > ObjectLimits.CHUNK_BYTES_MAX) {
            throw new IllegalArgumentException("a chunk has " + length + " bytes");
        }
        if (chunks++ == 0) {
            first = chunk;
        }
        leafBody().id(chunk).varint(length);
        added((int) chunk.word(3), length, 0, null);
    }

    /**
     * Ends the file.
     *
     * @param wholeFileSha256 the SHA-256 of all its bytes
     * @return what names it
     * @throws IOException if the sink fails
     * @throws IllegalArgumentException if the file has one chunk and another SHA-256 than that
     */
    public Content finish(ObjectId wholeFileSha256) throws IOException {
        if (chunks == 0) {
            leafBody();
            return Content.EMPTY;
        }
        if (chunks == 1) {
            if (!wholeFileSha256.equals(first)) {
                throw new IllegalArgumentException("a file of one chunk has that chunk's SHA-256");
            }
            return new Content.SingleChunk(wholeFileSha256, leafBytes());
        }
        Node root = finishRoot();
        Manifest manifest = new Manifest(root.bytes(), root.count(), wholeFileSha256, root.id());
        byte[] bytes = manifest.encode();
        ObjectId id = ObjectId.hash(bytes);
        sink.write(id, bytes);
        return new Content.Chunked(id, root.bytes());
    }

    @Override
    void encodeChild(Node node, ByteWriter out) {
        out.id(node.id()).varint(node.bytes()).varint(node.count());
    }

    @Override
    int boundary(Node node, int level) {
        return (int) node.id().word(3);
    }
}
