package dev.dits.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.CorruptObjectException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileTreeTest {
    private record Piece(ObjectId id, int length) {}

    private static final ObjectId WHOLE = GoldenTest.id(1_000);
    /** Ids that always and never end a node. */
    private static final ObjectId ALWAYS = ObjectId.ofWords(1, 2, 3, 64);

    private static final ObjectId NEVER = ObjectId.ofWords(1, 2, 3, 5);

    private final MemoryObjects objects = new MemoryObjects();

    private static List<Piece> random(Random random, int count) {
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pieces.add(new Piece(
                    ObjectId.ofWords(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()),
                    1 + random.nextInt(ObjectLimits.CHUNK_BYTES_MAX)));
        }
        return pieces;
    }

    private Content build(List<Piece> pieces) throws IOException {
        FileTreeBuilder builder = new FileTreeBuilder(objects);
        for (Piece piece : pieces) {
            builder.add(piece.id(), piece.length());
        }
        return builder.finish(pieces.size() == 1 ? pieces.get(0).id() : WHOLE);
    }

    private void assertReads(Content content, List<Piece> pieces) throws IOException {
        FileTree.Cursor cursor = new FileTree(objects).chunks(content);
        long offset = 0;
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            assertThat(cursor.next()).isEqualTo(new FileTree.Chunk(i, offset, piece.id(), piece.length()));
            offset += piece.length();
        }
        assertThat(cursor.next()).isNull();
        assertThat(content.size()).isEqualTo(offset);
        assertThat(new FileTree(objects).chunkCount(content)).isEqualTo(pieces.size());
    }

    private int depth(Content content) throws IOException {
        if (!(content instanceof Content.Chunked chunked)) {
            return 0;
        }
        return FileNode.decode(objects.read(
                                new FileTree(objects).manifest(chunked).root()))
                        .level
                + 1;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 63, 64, 65, 511, 512, 513, 5_000, 200_000})
    void anyNumberOfChunksComesBack(int count) throws IOException {
        List<Piece> pieces = random(new Random(count), count);
        Content content = build(pieces);
        assertReads(content, pieces);
        for (byte[] bytes : objects.objects.values()) {
            assertThat(GoldenTest.reencode(bytes)).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 5, 8, 9, 511, 512, 513, 1_024, 10_000, 100_000})
    void repeatedChunksMakeShallowTrees(int count) throws IOException {
        for (ObjectId id : List.of(ALWAYS, NEVER)) {
            List<Piece> pieces = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                pieces.add(new Piece(id, 100));
            }
            Content content = build(pieces);
            assertReads(content, pieces);
            assertThat(depth(content)).isLessThanOrEqualTo(2 + (int) (Math.log(count) / Math.log(4)));
        }
    }

    @Test
    void childrenAreWrittenBeforeParentsAndTheManifestLast() throws IOException {
        Content content = build(random(new Random(8), 3_000));
        List<ObjectId> seen = new ArrayList<>();
        for (ObjectId id : objects.written) {
            for (ObjectCodec.Reference child : ObjectCodec.children(objects.objects.get(id))) {
                if (child.target() != ObjectCodec.Target.CHUNK) {
                    assertThat(seen).contains(child.id());
                }
            }
            seen.add(id);
        }
        assertThat(seen.get(seen.size() - 1)).isEqualTo(((Content.Chunked) content).id());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void anInsertedOrDeletedChunkChangesOnePathOfNodes(long seed) throws IOException {
        Random random = new Random(seed);
        List<Piece> pieces = random(random, 40_000);
        int depth = depth(build(pieces));
        for (int round = 0; round < 8; round++) {
            int at = random.nextInt(pieces.size());
            if (random.nextBoolean()) {
                pieces.remove(at);
            } else {
                pieces.add(at, random(random, 1).get(0));
            }
            objects.mark();
            build(pieces);
            // A path, the manifest, and on each level maybe a neighbour whose start or end the edit moved: the least of
            // four children can carry a moved boundary on by a node.
            assertThat(objects.fresh.size()).isLessThanOrEqualTo(2 * depth + 3);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void seeksFindWhatAScanFinds(long seed) throws IOException {
        Random random = new Random(seed);
        List<Piece> pieces = random(random, 20_000);
        Content content = build(pieces);
        List<FileTree.Chunk> all = new ArrayList<>();
        FileTree.Cursor scan = new FileTree(objects).chunks(content);
        for (FileTree.Chunk chunk = scan.next(); chunk != null; chunk = scan.next()) {
            all.add(chunk);
        }
        int depth = depth(content);
        FileTree tree = new FileTree(objects);
        for (int i = 0; i < 200; i++) {
            FileTree.Chunk chunk = all.get(random.nextInt(all.size()));
            objects.mark();
            assertThat(tree.chunksFromIndex(content, chunk.index()).next()).isEqualTo(chunk);
            assertThat(objects.reads).isEqualTo(depth + 1);
            assertThat(tree.chunksFromOffset(content, chunk.offset()).next()).isEqualTo(chunk);
            FileTree.Cursor cursor = tree.chunksFromOffset(content, chunk.end() - 1);
            assertThat(cursor.next()).isEqualTo(chunk);
            if (chunk.index() + 1 < all.size()) {
                assertThat(cursor.next()).isEqualTo(all.get((int) chunk.index() + 1));
            }
        }
        assertThat(tree.chunksFromOffset(content, content.size()).next()).isNull();
        assertThat(tree.chunksFromIndex(content, all.size()).next()).isNull();
        assertThatThrownBy(() -> tree.chunksFromOffset(content, content.size() + 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> tree.chunksFromOffset(content, -1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void aProofShowsTheChunksOfARangeAndNothingElsePasses() throws IOException {
        Random random = new Random(4);
        List<Piece> pieces = random(random, 20_000);
        Content content = build(pieces);
        FileTree tree = new FileTree(objects);
        for (int i = 0; i < 100; i++) {
            long offset = random.nextLong(content.size());
            long length = 1 + random.nextLong(Math.min(content.size() - offset, 1L << 26));
            List<byte[]> proof = tree.proof(content, offset, length);
            List<FileTree.Chunk> chunks = FileTree.verifyProof(content, offset, length, proof);
            assertThat(chunks.get(0).offset()).isLessThanOrEqualTo(offset);
            assertThat(chunks.get(0).end()).isGreaterThan(offset);
            assertThat(chunks.get(chunks.size() - 1).end()).isGreaterThanOrEqualTo(offset + length);
            for (FileTree.Chunk chunk : chunks) {
                assertThat(pieces.get((int) chunk.index())).isEqualTo(new Piece(chunk.id(), chunk.length()));
            }

            int spoiled = random.nextInt(proof.size());
            List<byte[]> other = new ArrayList<>(proof);
            byte[] bytes = other.get(spoiled).clone();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            other.set(spoiled, bytes);
            assertNoProof(content, offset, length, other);
            assertNoProof(content, offset, length, proof.subList(0, proof.size() - 1));
            other = new ArrayList<>(proof);
            other.add(proof.get(0));
            assertNoProof(content, offset, length, other);
        }
        Content single = new Content.SingleChunk(NEVER, 10);
        assertThat(tree.proof(single, 3, 4)).isEmpty();
        assertThat(FileTree.verifyProof(single, 3, 4, List.of())).containsExactly(new FileTree.Chunk(0, 0, NEVER, 10));
        assertThatThrownBy(() -> tree.proof(content, content.size(), 1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static void assertNoProof(Content content, long offset, long length, List<byte[]> nodes) {
        assertThatThrownBy(() -> FileTree.verifyProof(content, offset, length, nodes))
                .isInstanceOf(CorruptObjectException.class);
    }

    @Test
    void sumsThatLieAreFoundWhileReading() throws IOException {
        List<Piece> pieces = random(new Random(5), 2_000);
        Content.Chunked content = (Content.Chunked) build(pieces);
        Manifest manifest = new FileTree(objects).manifest(content);
        Content.Chunked bigger = new Content.Chunked(
                objects.put(new Manifest(manifest.size() + 1, manifest.chunks(), WHOLE, manifest.root()).encode()),
                manifest.size() + 1);
        assertThatThrownBy(() -> new FileTree(objects).chunks(bigger)).isInstanceOf(CorruptObjectException.class);
        Content.Chunked more = new Content.Chunked(
                objects.put(new Manifest(manifest.size(), manifest.chunks() + 1, WHOLE, manifest.root()).encode()),
                manifest.size());
        assertThatThrownBy(() -> new FileTree(objects).chunks(more)).isInstanceOf(CorruptObjectException.class);
        assertThatThrownBy(() -> new FileTree(objects).chunks(new Content.Chunked(content.id(), content.size() + 1)))
                .isInstanceOf(CorruptObjectException.class);

        // An inner node that swaps the lengths of two children has the right sum, and the wrong ranges.
        FileNode root = FileNode.decode(objects.read(manifest.root()));
        ByteWriter out = ObjectCodec.start(ObjectKind.FILE_INNER).u8(root.level).varint(root.count());
        for (int i = 0; i < root.count(); i++) {
            int from = i == 0 ? 1 : i == 1 ? 0 : i;
            out.id(root.ids[i]).varint(root.bytes(from)).varint(root.chunks(from));
        }
        ObjectId swapped = objects.put(out.toBytes());
        Content.Chunked wrong = new Content.Chunked(
                objects.put(new Manifest(manifest.size(), manifest.chunks(), WHOLE, swapped).encode()),
                manifest.size());
        assertThatThrownBy(() -> new FileTree(objects).chunks(wrong).next()).isInstanceOf(CorruptObjectException.class);
    }

    @Test
    void aBuilderHoldsItsRules() throws IOException {
        FileTreeBuilder builder = new FileTreeBuilder(objects);
        assertThatThrownBy(() -> builder.add(NEVER, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.add(NEVER, ObjectLimits.CHUNK_BYTES_MAX + 1))
                .isInstanceOf(IllegalArgumentException.class);
        builder.add(NEVER, ObjectLimits.CHUNK_BYTES_MAX);
        assertThatThrownBy(() -> builder.finish(ALWAYS)).isInstanceOf(IllegalArgumentException.class);
        builder.add(NEVER, 1);
        assertThat(builder.finish(WHOLE).size()).isEqualTo(ObjectLimits.CHUNK_BYTES_MAX + 1);
        assertThatThrownBy(() -> builder.add(NEVER, 1)).isInstanceOf(IllegalStateException.class);
        assertThat(new FileTree(new MemoryObjects()).sha256(Content.EMPTY)).isEqualTo(ObjectId.hash(new byte[0]));
    }
}
