package dev.dits.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.CorruptObjectException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TreeDiffTest {
    private final MemoryObjects objects = new MemoryObjects();

    private List<TreeDiff.Change> diff(DirectoryRef before, DirectoryRef after, TreeDiff.Options options)
            throws IOException {
        TreeDiff diff = new TreeDiff(objects, before, after, options);
        List<TreeDiff.Change> changes = new ArrayList<>();
        for (TreeDiff.Change change = diff.next(); change != null; change = diff.next()) {
            changes.add(change);
        }
        return changes;
    }

    private static List<TreeDiff.Change> model(ModelTree before, ModelTree after, boolean metadata) {
        TreeSet<TreePath> paths = new TreeSet<>(before.entries.keySet());
        paths.addAll(after.entries.keySet());
        List<TreeDiff.Change> changes = new ArrayList<>();
        for (TreePath path : paths) {
            TreeEntry a = before.entries.get(path);
            TreeEntry b = after.entries.get(path);
            boolean same = a instanceof DirectoryEntry && b instanceof DirectoryEntry
                    ? !metadata || (a.mode() == b.mode() && a.mtime().equals(b.mtime()))
                    : a != null && a.equals(b);
            if (!same) {
                changes.add(new TreeDiff.Change(path, a, b));
            }
        }
        return changes;
    }

    static List<Long> seeds() {
        return java.util.stream.LongStream.range(0, 40).boxed().toList();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void differencesEqualAModel(long seed) throws IOException {
        Random random = new Random(seed);
        ModelTree before = new ModelTree();
        before.mutate(random, objects, random.nextInt(1_500));
        DirectoryRef a = before.build(objects);
        ModelTree after = before.copy();
        after.mutate(random, objects, random.nextInt(random.nextBoolean() ? 10 : 1_000));
        DirectoryRef b = after.build(objects);
        assertThat(diff(a, b, TreeDiff.Options.ALL)).isEqualTo(model(before, after, true));
        assertThat(diff(b, a, TreeDiff.Options.ALL)).isEqualTo(model(after, before, true));
        assertThat(diff(a, b, new TreeDiff.Options(false, true))).isEqualTo(model(before, after, false));
        assertThat(diff(null, b, TreeDiff.Options.ALL)).isEqualTo(model(new ModelTree(), after, true));
        assertThat(diff(a, null, TreeDiff.Options.ALL)).isEqualTo(model(before, new ModelTree(), true));
        assertThat(diff(a, a, TreeDiff.Options.ALL)).isEmpty();
        assertThat(diff(null, null, TreeDiff.Options.ALL)).isEmpty();
        assertThat(diff(null, b, new TreeDiff.Options(true, false)))
                .isEqualTo(model(new ModelTree(), after, true).stream()
                        .filter(change -> change.path().depth() == 1)
                        .toList());
    }

    @Test
    void theCostFollowsTheChange() throws IOException {
        Random random = new Random(7);
        TreeMap<EntryName, TreeEntry> model = new TreeMap<>();
        for (int i = 0; i < 50_000; i++) {
            EntryName name = EntryName.ofUtf8("file-" + i);
            model.put(name, DirectoryTreeTest.file(name, random));
        }
        DirectoryRef before = build(model);
        for (int round = 0; round < 10; round++) {
            TreeMap<EntryName, TreeEntry> edited = new TreeMap<>(model);
            EntryName name = EntryName.ofUtf8("file-" + random.nextInt(50_000));
            if (round % 2 == 0) {
                edited.remove(name);
            } else {
                edited.put(name, DirectoryTreeTest.file(name, random));
            }
            DirectoryRef after = build(edited);
            objects.mark();
            assertThat(diff(before, after, TreeDiff.Options.ALL))
                    .containsExactly(
                            new TreeDiff.Change(TreePath.of(List.of(name)), model.get(name), edited.get(name)));
            assertThat(objects.reads).isLessThanOrEqualTo(16);
        }
    }

    private DirectoryRef build(TreeMap<EntryName, TreeEntry> entries) throws IOException {
        DirectoryBuilder builder = new DirectoryBuilder(objects);
        for (TreeEntry entry : entries.values()) {
            builder.add(entry);
        }
        return builder.finish();
    }

    @Test
    void directoriesThatNestTooDeepAreRefused() throws IOException {
        DirectoryRef deepest = nest(ObjectLimits.PATH_DEPTH_MAX);
        assertThat(diff(null, deepest, TreeDiff.Options.ALL)).hasSize(ObjectLimits.PATH_DEPTH_MAX);
        DirectoryRef tooDeep = nest(ObjectLimits.PATH_DEPTH_MAX + 1);
        assertThatThrownBy(() -> diff(null, tooDeep, TreeDiff.Options.ALL)).isInstanceOf(CorruptObjectException.class);
        new ObjectWalk(objects, ObjectWalk.Options.NONE).directory(deepest, List.of(), (id, bytes, kind) -> {});
        assertThatThrownBy(() -> new ObjectWalk(objects, ObjectWalk.Options.NONE)
                        .directory(tooDeep, List.of(), (id, bytes, kind) -> {}))
                .isInstanceOf(CorruptObjectException.class);
    }

    private DirectoryRef nest(int depth) throws IOException {
        DirectoryRef ref = new DirectoryBuilder(objects).finish();
        for (int i = 0; i < depth; i++) {
            DirectoryBuilder builder = new DirectoryBuilder(objects);
            builder.add(new DirectoryEntry(EntryName.ofUtf8("d"), 0755, new Mtime(0, 0), ref));
            ref = builder.finish();
        }
        return ref;
    }
}
