package dev.dits.object;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The bytes of every kind of object, kept as hexadecimal digits. {@code -Ddits.golden.write=true} writes them anew. */
class GoldenTest {
    private static final Path DIRECTORY = Path.of("src/test/resources/golden");

    static ObjectId id(int seed) {
        return ObjectId.hash(new byte[] {(byte) seed, (byte) (seed >> 8), (byte) (seed >> 16)});
    }

    static Map<String, byte[]> objects() throws IOException {
        Map<String, byte[]> golden = new LinkedHashMap<>();
        MemoryObjects objects = new MemoryObjects();
        DirectoryRef empty = new DirectoryBuilder(objects).finish();
        golden.put("directory-empty", objects.objects.get(empty.id()));

        FileTreeBuilder file = new FileTreeBuilder(objects);
        for (int i = 0; i < 3; i++) {
            file.add(id(i), 1 << (10 * i));
        }
        Content.Chunked three = (Content.Chunked) file.finish(id(99));
        golden.put("manifest", objects.objects.get(three.id()));
        golden.put(
                "file-leaf",
                objects.objects.get(new FileTree(objects).manifest(three).root()));

        file = new FileTreeBuilder(objects);
        for (int i = 0; i < 700; i++) {
            file.add(id(i), 65_536 + i);
        }
        Content.Chunked many = (Content.Chunked) file.finish(id(98));
        golden.put(
                "file-inner",
                objects.objects.get(new FileTree(objects).manifest(many).root()));

        DirectoryBuilder directory = new DirectoryBuilder(objects);
        directory.add(
                new FileEntry(EntryName.of(new byte[] {(byte) 1, '\n'}), 0, new Mtime(-1, 999_999_999), Content.EMPTY));
        directory.add(new FileEntry(
                EntryName.ofUtf8("one"), 0644, new Mtime(1_700_000_000, 1), new Content.SingleChunk(id(7), 12_345)));
        directory.add(new FileEntry(EntryName.ofUtf8("three"), 0755, new Mtime(1L << 61, 0), three));
        directory.add(
                new LinkEntry(EntryName.ofUtf8("to"), 0777, new Mtime(-(1L << 61), 0), LinkTarget.ofUtf8("../three")));
        directory.add(new DirectoryEntry(EntryName.ofUtf8("\u00e9"), 0700, new Mtime(0, 0), empty));
        directory.add(new FileEntry(EntryName.of(new byte[] {(byte) 0xFF}), 0600, new Mtime(5, 6), many));
        DirectoryRef small = directory.finish();
        golden.put("directory-leaf", objects.objects.get(small.id()));

        directory = new DirectoryBuilder(objects);
        for (int i = 0; i < 1000; i++) {
            directory.add(new FileEntry(
                    EntryName.ofUtf8("entry-%04d".formatted(i)),
                    0644,
                    new Mtime(i, i),
                    new Content.SingleChunk(id(i), i + 1)));
        }
        DirectoryRef large = directory.finish();
        golden.put("directory-inner", objects.objects.get(large.id()));

        golden.put(
                "commit-first",
                new Commit(empty, List.of(), "", new CommitTime(0, 0, 0), "", Extensions.NONE).encode());
        Map<Long, byte[]> extensions = new TreeMap<>();
        extensions.put(Extensions.CONFLICTS, new byte[] {1, 2, 3});
        extensions.put(1_000_000L, new byte[0]);
        golden.put(
                "commit",
                new Commit(
                                small,
                                List.of(id(1), id(2)),
                                "Zo\u00eb <zoe@example.org>",
                                new CommitTime(1_800_000_000, 123_456_789, -90),
                                "Merge\n\n\u2713",
                                Extensions.of(extensions))
                        .encode());
        golden.put(
                "tag",
                new Tag(id(3), "v1.0", "Zo\u00eb", new CommitTime(1_800_000_001, 0, 1_080), "One", Extensions.NONE)
                        .encode());
        golden.put(
                "commit-signed",
                Signatures.sign(Commit.decode(golden.get("commit")), TestSigner.ONE)
                        .encode());
        golden.put(
                "tag-signed",
                Signatures.sign(Tag.decode(golden.get("tag")), TestSigner.ONE).encode());
        return golden;
    }

    @Test
    void everyKindHasItsGoldenBytes() throws IOException {
        Map<String, byte[]> objects = objects();
        if (Boolean.getBoolean("dits.golden.write")) {
            Files.createDirectories(DIRECTORY);
            for (Map.Entry<String, byte[]> object : objects.entrySet()) {
                Files.writeString(
                        DIRECTORY.resolve(object.getKey() + ".hex"),
                        HexFormat.of().formatHex(object.getValue()).replaceAll("(.{96})", "$1\n") + "\n");
            }
        }
        assertThat(objects.values().stream().map(bytes -> (int) bytes[1])).contains(1, 2, 3, 4, 5, 6, 7);
        for (Map.Entry<String, byte[]> object : objects.entrySet()) {
            String hex = Files.readString(DIRECTORY.resolve(object.getKey() + ".hex"))
                    .replaceAll("\\s", "");
            assertThat(HexFormat.of().formatHex(object.getValue()))
                    .as(object.getKey())
                    .isEqualTo(hex);
            assertThat(reencode(HexFormat.of().parseHex(hex)))
                    .as(object.getKey())
                    .isEqualTo(HexFormat.of().parseHex(hex));
        }
    }

    /** Decodes and encodes again, whatever the kind. */
    static byte[] reencode(byte[] bytes) throws IOException {
        ObjectKind kind = ObjectCodec.verify(bytes);
        ByteWriter out = ObjectCodec.start(kind);
        return switch (kind) {
            case COMMIT -> Commit.decode(bytes).encode();
            case TAG -> Tag.decode(bytes).encode();
            case MANIFEST -> Manifest.decode(bytes).encode();
            case FILE_LEAF, FILE_INNER -> {
                FileNode node = FileNode.decode(bytes);
                if (node.level > 0) {
                    out.u8(node.level);
                }
                out.varint(node.count());
                for (int i = 0; i < node.count(); i++) {
                    out.id(node.ids[i]).varint(node.bytes(i));
                    if (node.level > 0) {
                        out.varint(node.chunks(i));
                    }
                }
                yield out.toBytes();
            }
            case DIRECTORY_LEAF, DIRECTORY_INNER -> {
                DirectoryNode node = DirectoryNode.decode(bytes);
                if (node.level > 0) {
                    out.u8(node.level);
                }
                out.varint(node.count());
                node.entries.forEach(entry -> TreeEntry.write(entry, out));
                node.children.forEach(child -> DirectoryNode.writeChild(child, out));
                yield out.toBytes();
            }
        };
    }
}
