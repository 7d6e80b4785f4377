package dev.dits.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DirectoryEditorTest {
    private final MemoryObjects objects = new MemoryObjects();

    private DirectoryRef build(TreeMap<EntryName, TreeEntry> model) throws IOException {
        DirectoryBuilder builder = new DirectoryBuilder(objects);
        for (TreeEntry entry : model.values()) {
            builder.add(entry);
        }
        return builder.finish();
    }

    private static EntryName name(int number) {
        // Some long, so that nodes end by their bytes as well.
        return EntryName.ofUtf8(number % 7 == 0 ? "n".repeat(200) + number : "f" + number);
    }

    static List<Long> seeds() {
        return java.util.stream.LongStream.range(0, 60).boxed().toList();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatComesOutIsWhatABuilderMakes(long seed) throws IOException {
        Random random = new Random(seed);
        int span = 1 + random.nextInt(seed % 4 == 0 ? 20_000 : 600);
        TreeMap<EntryName, TreeEntry> model = new TreeMap<>();
        for (int i = random.nextInt(span + 1); i > 0; i--) {
            EntryName name = name(random.nextInt(span));
            model.put(name, DirectoryTreeTest.file(name, random));
        }
        DirectoryRef directory = build(model);
        for (int round = 0; round < 4; round++) {
            TreeMap<EntryName, TreeEntry> before = new TreeMap<>(model);
            TreeMap<EntryName, Optional<TreeEntry>> changes = new TreeMap<>();
            boolean most = random.nextInt(4) == 0;
            for (int i = random.nextInt(most ? span + 1 : 6); i > 0; i--) {
                EntryName name = name(random.nextInt(span));
                boolean goes = most || random.nextInt(3) == 0;
                changes.put(name, goes ? Optional.empty() : Optional.of(DirectoryTreeTest.file(name, random)));
            }
            changes.forEach((name, entry) -> {
                if (entry.isPresent()) {
                    model.put(name, entry.get());
                } else {
                    model.remove(name);
                }
            });
            DirectoryRef was = directory;
            directory = new DirectoryEditor(objects, objects).edit(was, changes);
            assertThat(directory).isEqualTo(build(model));
            assertDiffers(was, before, directory, model);
        }
        assertThat(new DirectoryEditor(objects, objects).edit(null, new TreeMap<>()))
                .isEqualTo(build(new TreeMap<>()));
    }

    private void assertDiffers(
            DirectoryRef a, TreeMap<EntryName, TreeEntry> before, DirectoryRef b, TreeMap<EntryName, TreeEntry> after)
            throws IOException {
        List<DirectoryDiff.Change> expected = new ArrayList<>();
        TreeSet<EntryName> names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        for (EntryName name : names) {
            TreeEntry old = before.get(name);
            TreeEntry now = after.get(name);
            if (old == null || !old.equals(now)) {
                expected.add(new DirectoryDiff.Change(name, old, now));
            }
        }
        DirectoryDiff diff = new DirectoryDiff(objects, a, b);
        List<DirectoryDiff.Change> found = new ArrayList<>();
        for (DirectoryDiff.Change change = diff.next(); change != null; change = diff.next()) {
            found.add(change);
        }
        assertThat(found).isEqualTo(expected);
        DirectoryTree.Cursor cursor = new DirectoryTree(objects).iterate(a);
        for (EntryName name : names) {
            assertThat(cursor.seek(name)).isEqualTo(before.get(name));
        }
    }

    @Test
    void shrunkFromEitherEndIsWhatABuilderMakes() throws IOException {
        Random random = new Random(7);
        for (int start = 0; start < 12; start++) {
            TreeMap<EntryName, TreeEntry> all = DirectoryTreeTest.random(random, 2_000);
            for (boolean fromStart : new boolean[] {true, false}) {
                TreeMap<EntryName, TreeEntry> model = new TreeMap<>(all);
                DirectoryRef directory = build(model);
                while (!model.isEmpty()) {
                    TreeMap<EntryName, Optional<TreeEntry>> changes = new TreeMap<>();
                    for (int i = random.nextInt(1 + model.size() / 2); i >= 0; i--) {
                        changes.put(
                                (fromStart ? model.pollFirstEntry() : model.pollLastEntry()).getKey(),
                                Optional.empty());
                    }
                    directory = new DirectoryEditor(objects, objects).edit(directory, changes);
                    assertThat(directory).isEqualTo(build(model));
                }
            }
        }
    }

    @Test
    void theCostFollowsTheChange() throws IOException {
        Random random = new Random(3);
        TreeMap<EntryName, TreeEntry> model = new TreeMap<>();
        for (int i = 0; i < 100_000; i++) {
            EntryName name = EntryName.ofUtf8("file-" + i);
            model.put(name, DirectoryTreeTest.file(name, random));
        }
        DirectoryRef directory = build(model);
        objects.mark();
        EntryName one = EntryName.ofUtf8("file-54321");
        TreeMap<EntryName, Optional<TreeEntry>> changes = new TreeMap<>();
        changes.put(one, Optional.of(DirectoryTreeTest.file(one, random)));
        DirectoryRef edited = new DirectoryEditor(objects, objects).edit(directory, changes);
        assertThat(objects.reads).isLessThan(40);
        assertThat(objects.written.size()).isLessThan(40);
        model.put(one, changes.get(one).orElseThrow());
        assertThat(edited).isEqualTo(build(model));
    }

    @Test
    void anEntryIsFoundUnderItsOwnName() {
        Random random = new Random(1);
        TreeMap<EntryName, Optional<TreeEntry>> changes = new TreeMap<>();
        changes.put(EntryName.ofUtf8("a"), Optional.of(DirectoryTreeTest.file(EntryName.ofUtf8("b"), random)));
        assertThatThrownBy(() -> new DirectoryEditor(objects, objects).edit(null, changes))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
