package dev.dits.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.CorruptObjectException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Few objects that stand for more directories and entries than anybody could go over. */
class TreeBudgetTest {
    private final MemoryObjects objects = new MemoryObjects();

    /** Levels of directories, each of them named several times by the one above. */
    private DirectoryRef doubling(int levels, int times, long files) throws IOException {
        DirectoryBuilder lowest = new DirectoryBuilder(objects);
        for (int i = 0; i < files; i++) {
            lowest.add(new FileEntry(EntryName.ofUtf8("f" + i), 0644, new Mtime(0, 0), Content.EMPTY));
        }
        DirectoryRef ref = lowest.finish();
        for (int level = 0; level < levels; level++) {
            DirectoryBuilder builder = new DirectoryBuilder(objects);
            for (int i = 0; i < times; i++) {
                builder.add(new DirectoryEntry(EntryName.ofUtf8("d" + i), 0755, new Mtime(0, 0), ref));
            }
            ref = builder.finish();
        }
        return ref;
    }

    private void goOver(DirectoryRef tree, TreeBudget budget) throws IOException {
        TreeDiff diff = new TreeDiff(objects, null, tree, TreeDiff.Options.ALL, budget);
        while (diff.next() != null) {
            // Counted.
        }
    }

    @Test
    void everyDirectoryAndEntryCountsAsOftenAsItIsNamed() throws IOException {
        // 1 + 2 + 4 + 8 directories, and 14 + 8 entries.
        DirectoryRef tree = doubling(3, 2, 1);
        goOver(tree, new TreeBudget(15, 22));
        assertThatThrownBy(() -> goOver(tree, new TreeBudget(14, 22)))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("directories");
        assertThatThrownBy(() -> goOver(tree, new TreeBudget(15, 21)))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("entries");
    }

    @Test
    void aThousandMillionDirectoriesOfThirtyObjectsAreNotGoneOver() throws IOException {
        DirectoryRef tree = doubling(30, 2, 0);
        assertThat(objects.objects).hasSize(31);
        assertThatThrownBy(() -> goOver(tree, new TreeBudget(10_000, Long.MAX_VALUE)))
                .isInstanceOf(CorruptObjectException.class);
        // A walk meets each once.
        int[] met = {0};
        new ObjectWalk(objects, ObjectWalk.Options.NONE.withVisited(new java.util.HashSet<>()))
                .directory(tree, List.of(), (id, bytes, kind) -> met[0]++);
        assertThat(met[0]).isEqualTo(31);
    }

    @Test
    void sumsThatNoLongHoldsAreRefusedByWhoBuildsAndByWhoReads() throws IOException {
        // 8 entries a level, 2^3 files each time: the 21st level would have 2^63.
        DirectoryRef tree = doubling(20, 8, 4);
        assertThat(tree.files()).isEqualTo(1L << 62);
        DirectoryBuilder builder = new DirectoryBuilder(objects);
        builder.add(new DirectoryEntry(EntryName.ofUtf8("a"), 0755, new Mtime(0, 0), tree));
        assertThatThrownBy(() -> builder.add(new DirectoryEntry(EntryName.ofUtf8("b"), 0755, new Mtime(0, 0), tree)))
                .isInstanceOf(IllegalArgumentException.class);
        ByteWriter leaf = ObjectCodec.start(ObjectKind.DIRECTORY_LEAF).varint(2);
        for (String name : List.of("a", "b")) {
            TreeEntry.write(new DirectoryEntry(EntryName.ofUtf8(name), 0755, new Mtime(0, 0), tree), leaf);
        }
        assertThatThrownBy(() -> ObjectCodec.verify(leaf.toBytes())).isInstanceOf(CorruptObjectException.class);
    }
}
