package dev.dits.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.CorruptObjectException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectoryTreeTest {
    private final MemoryObjects objects = new MemoryObjects();

    static FileEntry file(EntryName name, Random random) {
        return new FileEntry(
                name,
                0644,
                new Mtime(random.nextInt(), random.nextInt(1_000_000_000)),
                new Content.SingleChunk(GoldenTest.id(random.nextInt(1 << 24)), 1 + random.nextInt(100_000)));
    }

    static EntryName name(Random random) {
        byte[] bytes = new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 255 : 12)];
        for (int i = 0; i < bytes.length; i++) {
            int b = random.nextInt(4) == 0 ? random.nextInt(256) : 'a' + random.nextInt(26);
            bytes[i] = (byte) (b == 0 || b == '/' || b == '.' ? 'x' : b);
        }
        return EntryName.of(bytes);
    }

    static TreeMap<EntryName, TreeEntry> random(Random random, int count) {
        TreeMap<EntryName, TreeEntry> model = new TreeMap<>();
        while (model.size() < count) {
            EntryName name = name(random);
            model.put(
                    name,
                    random.nextInt(5) == 0
                            ? new LinkEntry(
                                    name,
                                    0777,
                                    new Mtime(0, 0),
                                    LinkTarget.ofUtf8(
                                            "t".repeat(1 + random.nextInt(random.nextInt(50) == 0 ? 4_095 : 20))))
                            : file(name, random));
        }
        return model;
    }

    private DirectoryRef build(Map<EntryName, TreeEntry> entries) throws IOException {
        DirectoryBuilder builder = new DirectoryBuilder(objects);
        for (TreeEntry entry : entries.values()) {
            builder.add(entry);
        }
        return builder.finish();
    }

    private int depth(DirectoryRef ref) throws IOException {
        return DirectoryNode.decode(objects.read(ref.id())).level + 1;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 4, 5, 64, 511, 513, 5_000, 30_000})
    void lookupsAndScansEqualAModel(int count) throws IOException {
        Random random = new Random(count);
        TreeMap<EntryName, TreeEntry> model = random(random, count);
        DirectoryRef ref = build(model);
        DirectoryTree tree = new DirectoryTree(objects);
        assertThat(scan(tree.iterate(ref))).containsExactlyElementsOf(model.values());
        assertThat(ref.bytes())
                .isEqualTo(model.values().stream().mapToLong(TreeEntry::bytes).sum());
        assertThat(ref.files()).isEqualTo(count);
        int depth = depth(ref);
        List<EntryName> names = new ArrayList<>(model.keySet());
        for (int i = 0; i < 300; i++) {
            EntryName name =
                    random.nextBoolean() || names.isEmpty() ? name(random) : names.get(random.nextInt(names.size()));
            objects.mark();
            assertThat(tree.lookup(ref, name)).isEqualTo(model.get(name));
            assertThat(objects.reads).isLessThanOrEqualTo(depth);
            DirectoryTree.Cursor cursor = tree.iterateFrom(ref, name);
            for (TreeEntry entry :
                    model.tailMap(name).values().stream().limit(3).toList()) {
                assertThat(cursor.next()).isEqualTo(entry);
            }
            List<byte[]> proof = tree.proof(ref, TreePath.of(List.of(name)));
            assertThat(DirectoryTree.verifyProof(ref, TreePath.of(List.of(name)), proof))
                    .isEqualTo(model.get(name));
        }
        for (byte[] bytes : objects.objects.values()) {
            assertThat(GoldenTest.reencode(bytes)).isEqualTo(bytes);
            assertThat(bytes.length).isLessThan(ObjectLimits.OBJECT_BYTES_MAX);
        }
    }

    static List<TreeEntry> scan(DirectoryTree.Cursor cursor) throws IOException {
        List<TreeEntry> entries = new ArrayList<>();
        for (TreeEntry entry = cursor.next(); entry != null; entry = cursor.next()) {
            entries.add(entry);
        }
        return entries;
    }

    @Test
    void anEditOfOneOfAHundredThousandEntriesChangesOnePath() throws IOException {
        Random random = new Random(1);
        TreeMap<EntryName, TreeEntry> model = new TreeMap<>();
        for (int i = 0; i < 100_000; i++) {
            EntryName name = EntryName.ofUtf8("file-" + i);
            model.put(name, file(name, random));
        }
        int depth = depth(build(model));
        assertThat(depth).isLessThanOrEqualTo(4);
        for (int i = 0; i < 20; i++) {
            EntryName name = EntryName.ofUtf8("file-" + random.nextInt(100_000));
            model.put(name, file(name, random));
            objects.mark();
            build(model);
            assertThat(objects.fresh.size()).isLessThanOrEqualTo(depth);
        }
        for (int i = 0; i < 20; i++) {
            if (i % 2 == 0) {
                model.remove(EntryName.ofUtf8("file-" + (i * 4_801)));
            } else {
                EntryName name = EntryName.ofUtf8("new-" + i);
                model.put(name, file(name, random));
            }
            objects.mark();
            build(model);
            assertThat(objects.fresh.size()).isLessThanOrEqualTo(2 * depth + 1);
        }
    }

    @Test
    void pathsAreResolvedAndProved() throws IOException {
        Random random = new Random(2);
        DirectoryRef ref = build(random(random, 3_000));
        for (String name : List.of("c", "b", "a")) {
            TreeMap<EntryName, TreeEntry> model = random(random, 500);
            EntryName entry = EntryName.ofUtf8(name);
            model.put(entry, new DirectoryEntry(entry, 0755, new Mtime(1, 2), ref));
            ref = build(model);
        }
        DirectoryRef top = ref;
        DirectoryTree tree = new DirectoryTree(objects);
        DirectoryRef c = tree.resolveDirectory(top, TreePath.ofUtf8("a/b/c"));
        assertThat(c).isNotNull();
        assertThat(tree.resolveDirectory(top, TreePath.ROOT)).isEqualTo(top);
        TreeEntry deep = scan(tree.iterate(c)).get(1_234);
        TreePath path = TreePath.ofUtf8("a/b/c").resolve(deep.name());
        List<byte[]> proof = tree.proof(top, path);
        assertThat(DirectoryTree.verifyProof(top, path, proof)).isEqualTo(deep);
        assertThat(tree.resolve(top, path.resolve(deep.name()))).isNull();
        assertThat(tree.resolve(top, TreePath.ofUtf8("a/b/none/c"))).isNull();
        assertThatThrownBy(() -> tree.resolve(top, TreePath.ROOT)).isInstanceOf(IllegalArgumentException.class);
        for (int i = 0; i < 200; i++) {
            List<byte[]> other = new ArrayList<>(proof);
            int spoiled = random.nextInt(other.size());
            byte[] bytes = other.get(spoiled).clone();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            other.set(spoiled, bytes);
            assertThatThrownBy(() -> DirectoryTree.verifyProof(top, path, other))
                    .isInstanceOf(CorruptObjectException.class);
        }
        assertThatThrownBy(() -> DirectoryTree.verifyProof(top, path, proof.subList(1, proof.size())))
                .isInstanceOf(CorruptObjectException.class);
        assertThatThrownBy(() -> DirectoryTree.verifyProof(top, path, proof.subList(0, proof.size() - 1)))
                .isInstanceOf(CorruptObjectException.class);
    }

    @Test
    void liesOfAParentAreFound() throws IOException {
        DirectoryRef ref = build(random(new Random(3), 2_000));
        DirectoryNode root = DirectoryNode.decode(objects.read(ref.id()));
        assertThat(root.level).isPositive();
        DirectoryTree tree = new DirectoryTree(objects);
        assertThatThrownBy(() -> tree.iterate(new DirectoryRef(ref.id(), ref.bytes() + 1, ref.files())))
                .isInstanceOf(CorruptObjectException.class);
        assertThatThrownBy(() -> tree.iterate(new DirectoryRef(ref.id(), ref.bytes(), ref.files() + 1)))
                .isInstanceOf(CorruptObjectException.class);
        DirectoryNode.Child first = root.children.get(0);
        DirectoryNode.Child second = root.children.get(1);
        List<List<DirectoryNode.Child>> lies = List.of(
                List.of(new DirectoryNode.Child(
                        first.id(), first.entries() + 1, first.bytes(), first.files(), first.last())),
                List.of(new DirectoryNode.Child(
                        first.id(), first.entries(), first.bytes(), first.files(), EntryName.of(new byte[] {1}))),
                // The second child under the first one's last name, and the first one again behind it.
                List.of(new DirectoryNode.Child(
                        second.id(), second.entries(), second.bytes(), second.files(), first.last())),
                List.of(
                        second,
                        new DirectoryNode.Child(
                                first.id(), first.entries(), first.bytes(), first.files(), EntryName.of(new byte[] {
                                    (byte) 0xFF, (byte) 0xFF, (byte) 0xFF
                                }))));
        for (List<DirectoryNode.Child> lie : lies) {
            ByteWriter out =
                    ObjectCodec.start(ObjectKind.DIRECTORY_INNER).u8(root.level).varint(lie.size());
            lie.forEach(child -> DirectoryNode.writeChild(child, out));
            DirectoryRef liar = new DirectoryRef(
                    objects.put(out.toBytes()),
                    lie.stream().mapToLong(DirectoryNode.Child::bytes).sum(),
                    lie.stream().mapToLong(DirectoryNode.Child::files).sum());
            assertThatThrownBy(() -> scan(tree.iterate(liar))).isInstanceOf(CorruptObjectException.class);
        }
    }

    @Test
    void aBuilderRefusesNamesThatDoNotAscend() throws IOException {
        DirectoryBuilder builder = new DirectoryBuilder(objects);
        Random random = new Random(1);
        builder.add(file(EntryName.ofUtf8("b"), random));
        assertThatThrownBy(() -> builder.add(file(EntryName.ofUtf8("b"), random)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.add(file(EntryName.ofUtf8("a"), random)))
                .isInstanceOf(IllegalArgumentException.class);
        builder.add(file(EntryName.of(new byte[] {(byte) 0x80}), random));
        assertThat(builder.finish().files()).isEqualTo(2);
        assertThatThrownBy(builder::finish).isInstanceOf(IllegalStateException.class);
    }
}
