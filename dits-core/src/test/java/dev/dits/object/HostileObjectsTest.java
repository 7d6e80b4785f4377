package dev.dits.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.error.UnsupportedFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HostileObjectsTest {
    private static final ObjectId ID = GoldenTest.id(1);
    private static final CommitTime TIME = new CommitTime(0, 0, 0);
    private static final DirectoryRef TREE = new DirectoryRef(ID, 0, 0);

    @Test
    void mutatedObjectsAreReadTheSameWayOrRefused() throws IOException {
        Random random = new Random(20_26);
        List<byte[]> corpus = new ArrayList<>(GoldenTest.objects().values());
        int accepted = 0;
        for (int round = 0; round < 100_000; round++) {
            byte[] bytes = corpus.get(random.nextInt(corpus.size())).clone();
            int limit = Math.min(bytes.length, random.nextBoolean() ? 120 : bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
                case 1 -> bytes[random.nextInt(limit)] ^= (byte) (1 << random.nextInt(8));
                case 2 -> {
                    for (int i = 0; i < 4; i++) {
                        bytes[random.nextInt(limit)] = (byte) (random.nextBoolean() ? 0xFF : random.nextInt(256));
                    }
                }
                default -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(8));
            }
            try {
                ObjectCodec.verify(bytes);
                ObjectCodec.children(bytes);
            } catch (DitsException e) {
                continue;
            }
            accepted++;
            // One form only: what is accepted is what would have been written.
            assertThat(GoldenTest.reencode(bytes)).isEqualTo(bytes);
        }
        assertThat(accepted).isPositive();
    }

    private static ByteWriter start(ObjectKind kind) {
        return ObjectCodec.start(kind);
    }

    private static void assertCorrupt(ByteWriter bytes) {
        assertThatThrownBy(() -> ObjectCodec.verify(bytes.toBytes())).isInstanceOf(CorruptObjectException.class);
    }

    private static void assertFine(ByteWriter bytes) {
        assertThatCode(() -> ObjectCodec.verify(bytes.toBytes())).doesNotThrowAnyException();
    }

    @Test
    void headersAndVersions() {
        assertThatThrownBy(() -> ObjectCodec.verify(new byte[] {(byte) 0xD1, 3, 2, 0}))
                .isInstanceOf(UnsupportedFormatException.class);
        assertThatThrownBy(() -> ObjectCodec.verify(new byte[] {(byte) 0xD1, 8, 1, 0}))
                .isInstanceOf(UnsupportedFormatException.class);
        assertThatThrownBy(() -> ObjectCodec.verify(new byte[] {(byte) 0xD1, 0, 1, 0}))
                .isInstanceOf(UnsupportedFormatException.class);
        assertThatThrownBy(() -> ObjectCodec.verify(new byte[] {(byte) 0xD2, 3, 1, 0}))
                .isInstanceOf(CorruptObjectException.class);
        assertThatThrownBy(() -> ObjectCodec.verify(new byte[0])).isInstanceOf(CorruptObjectException.class);
        byte[] tooLong = new byte[ObjectLimits.OBJECT_BYTES_MAX + 1];
        tooLong[0] = (byte) 0xD1;
        tooLong[1] = 1;
        tooLong[2] = 1;
        assertThatThrownBy(() -> ObjectCodec.kindOf(tooLong)).isInstanceOf(CorruptObjectException.class);
        assertThatCode(() -> ObjectCodec.kindOf(Arrays.copyOf(tooLong, tooLong.length - 1)))
                .doesNotThrowAnyException();
    }

    @Test
    void numbersHaveOneForm() throws IOException {
        Random random = new Random(5);
        List<Long> values = new ArrayList<>(List.of(0L, 127L, 128L, 16_383L, 16_384L, Long.MAX_VALUE));
        for (int i = 0; i < 1_000; i++) {
            values.add(random.nextLong() >>> (1 + random.nextInt(63)));
        }
        for (long value : values) {
            byte[] bytes = new ByteWriter().varint(value).toBytes();
            assertThat(new ByteReader(bytes).varint()).isEqualTo(value);
            assertThat(bytes.length).isLessThanOrEqualTo(9);
            if (bytes.length < 9) {
                byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
                longer[bytes.length - 1] |= (byte) 0x80;
                assertThatThrownBy(() -> new ByteReader(longer).varint()).isInstanceOf(CorruptObjectException.class);
            }
        }
        byte[] ten = new byte[10];
        Arrays.fill(ten, (byte) 0x81);
        assertThatThrownBy(() -> new ByteReader(ten).varint()).isInstanceOf(CorruptObjectException.class);
        for (long value : new long[] {0, 1, -1, 63, -64, 64, 1L << 61, -(1L << 61)}) {
            assertThat(new ByteReader(new ByteWriter().svarint(value).toBytes()).svarint())
                    .isEqualTo(value);
        }
        assertThat(new ByteWriter().svarint(-1).toBytes()).containsExactly(1);
        for (long value : new long[] {(1L << 61) + 1, -(1L << 61) - 1}) {
            byte[] bytes = new ByteWriter().varint(value << 1 ^ value >> 63).toBytes();
            assertThatThrownBy(() -> new ByteReader(bytes).svarint()).isInstanceOf(CorruptObjectException.class);
            assertThatThrownBy(() -> new ByteWriter().svarint(value)).isInstanceOf(IllegalArgumentException.class);
        }
        byte[] wide =
                new ByteWriter().u8(255).u16(65_535).u32(0xFFFF_FFFFL).u64(-2).toBytes();
        ByteReader in = new ByteReader(wide);
        assertThat(List.of((long) in.u8(), (long) in.u16(), in.u32(), in.u64()))
                .containsExactly(255L, 65_535L, 0xFFFF_FFFFL, -2L);
        in.expectEnd();
    }

    @Test
    void limitsOfFileNodesOnePast() {
        assertCorrupt(start(ObjectKind.FILE_LEAF).varint(0));
        for (int count : new int[] {1, 512, 513}) {
            ByteWriter leaf = start(ObjectKind.FILE_LEAF).varint(count);
            for (int i = 0; i < count; i++) {
                leaf.id(ID).varint(1);
            }
            if (count <= 512) {
                assertFine(leaf);
                assertCorrupt(leaf.u8(0));
            } else {
                assertCorrupt(leaf);
            }
        }
        assertFine(start(ObjectKind.FILE_LEAF).varint(1).id(ID).varint(1 << 20));
        assertCorrupt(start(ObjectKind.FILE_LEAF).varint(1).id(ID).varint((1 << 20) + 1));
        assertCorrupt(start(ObjectKind.FILE_LEAF).varint(1).id(ID).varint(0));
        for (int level : new int[] {0, 1, 15, 16, 255}) {
            ByteWriter inner = start(ObjectKind.FILE_INNER)
                    .u8(level)
                    .varint(1)
                    .id(ID)
                    .varint(5)
                    .varint(5);
            if (level >= 1 && level <= 15) {
                assertFine(inner);
            } else {
                assertCorrupt(inner);
            }
        }
        assertCorrupt(
                start(ObjectKind.FILE_INNER).u8(1).varint(1).id(ID).varint(5).varint(6));
        assertCorrupt(
                start(ObjectKind.FILE_INNER).u8(1).varint(1).id(ID).varint(5).varint(0));
        long half = 1L << 61;
        assertFine(two(half, half));
        assertCorrupt(two(half, half + 1));
        assertCorrupt(two(1L << 62, 1L << 62));
        assertCorrupt(start(ObjectKind.FILE_INNER)
                .u8(1)
                .varint(1)
                .id(ID)
                .varint((1L << 62) + 1)
                .varint(1));
        assertFine(start(ObjectKind.MANIFEST).varint(1L << 62).varint(2).id(ID).id(ID));
        assertCorrupt(start(ObjectKind.MANIFEST)
                .varint((1L << 62) + 1)
                .varint(2)
                .id(ID)
                .id(ID));
        assertCorrupt(start(ObjectKind.MANIFEST).varint(5).varint(1).id(ID).id(ID));
        assertCorrupt(start(ObjectKind.MANIFEST).varint(5).varint(6).id(ID).id(ID));
    }

    private static ByteWriter two(long a, long b) {
        return start(ObjectKind.FILE_INNER)
                .u8(1)
                .varint(2)
                .id(ID)
                .varint(a)
                .varint(1)
                .id(ID)
                .varint(b)
                .varint(1);
    }

    private static ByteWriter entry(int type, int mode, long nanos, byte[] name) {
        return start(ObjectKind.DIRECTORY_LEAF)
                .varint(1)
                .u8(type)
                .varint(mode)
                .svarint(0)
                .varint(nanos)
                .bytes(name);
    }

    @Test
    void limitsOfDirectoryEntriesOnePast() {
        byte[] name = {'n'};
        assertFine(entry(1, 0777, 999_999_999, name).varint(0));
        assertCorrupt(entry(1, 01000, 0, name).varint(0));
        assertCorrupt(entry(1, 0, 1_000_000_000, name).varint(0));
        assertCorrupt(entry(0, 0, 0, name).varint(0));
        assertCorrupt(entry(4, 0, 0, name).varint(0));
        assertFine(entry(1, 0, 0, name).varint(1 << 20).u8(1).id(ID));
        assertCorrupt(entry(1, 0, 0, name).varint((1 << 20) + 1).u8(1).id(ID));
        assertCorrupt(entry(1, 0, 0, name).varint(1).u8(2).id(ID));
        assertFine(entry(1, 0, 0, name).varint(2).u8(2).id(ID));
        assertCorrupt(entry(1, 0, 0, name).varint(2).u8(3).id(ID));
        assertCorrupt(entry(1, 0, 0, name).varint(2).u8(0).id(ID));
        assertCorrupt(entry(2, 0, 0, name).bytes(new byte[0]));
        byte[] target = new byte[4_095];
        Arrays.fill(target, (byte) 't');
        assertFine(entry(2, 0, 0, name).bytes(target));
        byte[] longer = Arrays.copyOf(target, 4_096);
        longer[4_095] = 't';
        assertCorrupt(entry(2, 0, 0, name).bytes(longer));
        target[7] = 0;
        assertCorrupt(entry(2, 0, 0, name).bytes(target));
        assertCorrupt(entry(3, 0, 0, name).id(ID).varint((1L << 62) + 1).varint(0));
        assertCorrupt(entry(3, 0, 0, name).id(ID).varint(0).varint((1L << 62) + 1));
        for (String bad : List.of("", ".", "..", ".dits", "a/b", "/", "a\0", "x".repeat(256))) {
            assertCorrupt(entry(1, 0, 0, bad.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                    .varint(0));
            assertThatThrownBy(() -> EntryName.ofUtf8(bad)).isInstanceOf(IllegalArgumentException.class);
        }
        for (String good : List.of("...", ".ditsy", ".dit", ".git", "a\\b", "x".repeat(255), "\n", " ")) {
            assertFine(entry(1, 0, 0, good.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                    .varint(0));
        }
        for (String[] pair : new String[][] {{"a", "a"}, {"b", "a"}, {"ab", "a"}}) {
            ByteWriter leaf = start(ObjectKind.DIRECTORY_LEAF).varint(2);
            ByteWriter inner = start(ObjectKind.DIRECTORY_INNER).u8(1).varint(2);
            for (String each : pair) {
                TreeEntry.write(new FileEntry(EntryName.ofUtf8(each), 0, new Mtime(0, 0), Content.EMPTY), leaf);
                DirectoryNode.writeChild(new DirectoryNode.Child(ID, 1, 1, 1, EntryName.ofUtf8(each)), inner);
            }
            assertCorrupt(leaf);
            assertCorrupt(inner);
        }
        assertCorrupt(start(ObjectKind.DIRECTORY_INNER).u8(1).varint(0));
        assertCorrupt(start(ObjectKind.DIRECTORY_INNER)
                .u8(1)
                .varint(1)
                .id(ID)
                .varint(0)
                .varint(0)
                .varint(0)
                .bytes(name));
        assertFine(start(ObjectKind.DIRECTORY_INNER)
                .u8(15)
                .varint(1)
                .id(ID)
                .varint(1)
                .varint(0)
                .varint(0)
                .bytes(name));
        assertCorrupt(start(ObjectKind.DIRECTORY_INNER)
                .u8(16)
                .varint(1)
                .id(ID)
                .varint(1)
                .varint(0)
                .varint(0)
                .bytes(name));
    }

    @Test
    void limitsOfCommitsAndTagsOnePast() throws IOException {
        List<ObjectId> parents = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            parents.add(GoldenTest.id(i));
        }
        Map<Long, byte[]> values = new HashMap<>();
        for (long i = 0; i < 32; i++) {
            values.put(i, new byte[512]);
        }
        Extensions full = Extensions.of(values);
        Commit largest = new Commit(TREE, parents, "a".repeat(255), TIME, "m".repeat(65_536), full);
        assertThat(Commit.decode(largest.encode())).isEqualTo(largest).hasSameHashCodeAs(largest);
        assertThat(ObjectCodec.verify(largest.encode())).isEqualTo(ObjectKind.COMMIT);
        assertThatThrownBy(() -> full.with(5, new byte[513])).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> full.with(32, new byte[0])).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Extensions.NONE.with(-1, new byte[0])).isInstanceOf(IllegalArgumentException.class);
        parents.add(ID);
        assertThatThrownBy(() -> new Commit(TREE, parents, "", TIME, "", Extensions.NONE))
                .isInstanceOf(IllegalArgumentException.class);
        for (String author : List.of("a".repeat(256), "\u00e9".repeat(128), "\ud800")) {
            assertThatThrownBy(() -> new Commit(TREE, List.of(), author, TIME, "", Extensions.NONE))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> new Commit(TREE, List.of(), "", TIME, "m".repeat(65_537), Extensions.NONE))
                .isInstanceOf(IllegalArgumentException.class);
        for (String name : List.of("", "n".repeat(256))) {
            assertThatThrownBy(() -> new Tag(ID, name, "", TIME, "", Extensions.NONE))
                    .isInstanceOf(IllegalArgumentException.class);
            assertCorrupt(start(ObjectKind.TAG)
                    .id(ID)
                    .text(name)
                    .text("")
                    .svarint(0)
                    .varint(0)
                    .svarint(0)
                    .text("")
                    .varint(0));
        }
        assertFine(commit(0, 1_080, 0));
        assertFine(commit(0, -1_080, 0));
        assertCorrupt(commit(0, 1_081, 0));
        assertCorrupt(commit(0, -1_081, 0));
        assertCorrupt(commit(17, 0, 0));
        assertCorrupt(commit(0, 0, 33));
        assertFine(commit(0, 0, 1).varint(9).bytes(new byte[16_384]));
        assertCorrupt(commit(0, 0, 1).varint(9).bytes(new byte[16_385]));
        assertCorrupt(
                commit(0, 0, 2).varint(9).bytes(new byte[16_384]).varint(10).bytes(new byte[1]));
        assertCorrupt(commit(0, 0, 2).varint(9).bytes(new byte[1]).varint(9).bytes(new byte[1]));
        assertCorrupt(commit(0, 0, 2).varint(9).bytes(new byte[1]).varint(8).bytes(new byte[1]));
    }

    private static ByteWriter commit(int parents, long offset, int extensions) {
        ByteWriter out = start(ObjectKind.COMMIT).id(ID).varint(0).varint(0).varint(parents);
        for (int i = 0; i < parents; i++) {
            out.id(ID);
        }
        return out.text("").svarint(0).varint(0).svarint(offset).text("").varint(extensions);
    }

    @Test
    void textsAreUtf8() {
        ByteWriter out = start(ObjectKind.COMMIT).id(ID).varint(0).varint(0).varint(0);
        out.bytes(new byte[] {(byte) 0xC0, (byte) 0x80})
                .svarint(0)
                .varint(0)
                .svarint(0)
                .text("")
                .varint(0);
        assertCorrupt(out);
    }

    @Test
    void pathsAreParsedAndOrderedAsATreeIsWalked() {
        assertThat(TreePath.ofUtf8("a/b").compareTo(TreePath.ofUtf8("a-b"))).isNegative();
        assertThat(TreePath.ofUtf8("a").compareTo(TreePath.ofUtf8("a/b"))).isNegative();
        assertThat(EntryName.of(new byte[] {(byte) 0x80}).compareTo(EntryName.ofUtf8("z")))
                .isPositive();
        assertThat(new String(TreePath.ofUtf8("a/b/c").bytes(), java.nio.charset.StandardCharsets.US_ASCII))
                .isEqualTo("a/b/c");
        assertThat(TreePath.ofUtf8("")).isEqualTo(TreePath.ROOT);
        assertThat(TreePath.ofUtf8("a/b").parent()).isEqualTo(TreePath.ofUtf8("a"));
        assertThat(TreePath.ofUtf8("ab/c").startsWith(TreePath.ofUtf8("a"))).isFalse();
        for (String bad : List.of("/", "a/", "/a", "a//b", "a/../b", ".", "a/.dits/b", "x/".repeat(128) + "x")) {
            assertThatThrownBy(() -> TreePath.ofUtf8(bad)).isInstanceOf(IllegalArgumentException.class);
        }
        TreePath deepest = TreePath.ofUtf8("x/".repeat(127) + "x");
        assertThat(deepest.depth()).isEqualTo(128);
        assertThatThrownBy(() -> deepest.resolve(EntryName.ofUtf8("x"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatIsShownHoldsNoControls() {
        assertThat(Escaper.escape("caf\u00e9 \u65e5\u672c \ud83d\ude00 'x' \\"))
                .isEqualTo("caf\u00e9 \u65e5\u672c \ud83d\ude00 'x' \\");
        assertThat(Escaper.escape("a\nb\u001b[31m\u007f\u0085\u202e\u2066\u200b\u2028\ufeff\ud800"))
                .isEqualTo("a\\u000ab\\u001b[31m\\u007f\\u0085\\u202e\\u2066\\u200b\\u2028\\ufeff\\ud800");
        assertThat(Escaper.escape("\udb40\udc41")).isEqualTo("\\u{e0041}");
        assertThat(EntryName.of(new byte[] {'a', (byte) 0xFF, (byte) 0xC3, 'b', (byte) 0xE2, (byte) 0x82})
                        .toString())
                .isEqualTo("a\\xff\\xc3b\\xe2\\x82");
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            assertThat(Escaper.escape(bytes).codePoints().noneMatch(Escaper::isUnsafe))
                    .isTrue();
        }
    }
}
