package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.disk.CrashPoints;
import dev.dits.disk.Disk;
import dev.dits.disk.FaultDisk;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Stops everything that a user does at every point, by a kill and by a power cut, and looks at what is left. */
class RepositoryCrashTest {
    /** Points that all scenarios pass together; a new one in a writing path shows here, and needs a scenario. */
    private static final Set<String> PASSED = new ConcurrentSkipListSet<>();

    @TempDir
    Path temp;

    /** How a repository and its working tree are when a scenario is over, or before. */
    private record State(
            Map<String, String> tree,
            SortedMap<RefName, ObjectId> refs,
            Optional<ObjectId> head,
            Optional<ObjectId> base) {
        static State of(Path root) throws IOException {
            if (!Files.exists(root.resolve(".dits/config"))) {
                return new State(
                        CrashScenario.describe(root, true),
                        new java.util.TreeMap<>(),
                        Optional.empty(),
                        Optional.empty());
            }
            try (Repository repository = Repository.open(root, CrashScenario.options(FaultDisk.plain(1)))) {
                return of(root, repository);
            }
        }

        static State of(Path root, Repository repository) throws IOException {
            return new State(
                    CrashScenario.describe(root, true), repository.refs(), repository.head(), repository.base());
        }
    }

    @TestFactory
    Stream<DynamicTest> atEveryPoint() {
        Stream<DynamicTest> scenarios = CrashScenario.all().stream()
                .map(scenario -> DynamicTest.dynamicTest(scenario.name(), () -> everyPoint(scenario)));
        return Stream.concat(
                scenarios,
                Stream.of(DynamicTest.dynamicTest(
                        "all points are listed", () -> assertThat(PASSED).isEqualTo(CrashPoints.of("repository")))));
    }

    private void everyPoint(CrashScenario scenario) throws IOException {
        Path home = Files.createDirectories(temp.toRealPath().resolve(scenario.name()));
        Path root = home.resolve("root");
        scenario.before().run(root, FaultDisk.plain(1));
        State before = State.of(root);
        Path done = home.resolve("done");
        FaultDisk.copy(root, done);
        scenario.action().run(done, FaultDisk.plain(1));
        State after = State.of(done);
        FaultDisk disk = FaultDisk.withModel(root, 1);
        int[] last = new int[1];
        disk.watch((point, ordinal) -> {
            last[0] = ordinal;
            Path killed = home.resolve("killed-" + ordinal);
            FaultDisk.copy(root, killed);
            check(scenario, killed, before, after, "killed at " + ordinal + " " + point);
            Path cut = home.resolve("cut-" + ordinal);
            disk.cut(cut, ordinal);
            check(scenario, cut, before, after, "cut at " + ordinal + " " + point);
        });
        scenario.action().run(root, disk);
        disk.watch(null);
        PASSED.addAll(disk.points());
        assertThat(last[0]).isGreaterThan(5);
        assertThat(State.of(root)).isEqualTo(after);
    }

    private static void check(CrashScenario scenario, Path root, State before, State after, String where)
            throws IOException {
        checkTree(root, before, after, where);
        Disk disk = FaultDisk.plain(1);
        if (Files.exists(root.resolve(".dits/config"))) {
            try (Repository repository = Repository.open(root, CrashScenario.options(disk))) {
                FsckReport report = repository.fsck(bytes -> {});
                assertThat(report.clean()).as("%s: %s", where, report).isTrue();
                SortedMap<RefName, ObjectId> refs = repository.refs();
                Set<RefName> names = new TreeSet<>(before.refs.keySet());
                names.addAll(after.refs.keySet());
                names.addAll(refs.keySet());
                for (RefName name : names) {
                    assertThat(new ObjectId[] {before.refs.get(name), after.refs.get(name)})
                            .as("%s: %s", where, name)
                            .contains(refs.get(name));
                }
            }
        } else {
            assertThat(scenario.name()).as(where).isEqualTo("init");
        }
        scenario.action().run(root, disk);
        try (Repository repository = Repository.open(root, CrashScenario.options(disk))) {
            assertThat(State.of(root, repository)).as(where).isEqualTo(after);
            if (!CrashScenario.leftovers(root).isEmpty()) {
                repository.gc(); // sweeps, as everything does that takes the tree's lock
                assertThat(CrashScenario.leftovers(root)).as(where).isEmpty();
            }
            assertThat(repository.fsck(bytes -> {}).clean()).as(where).isTrue();
        }
    }

    /** Old or new; or gone for the moment where a file gives way to a directory, for which there is no single step. */
    private static void checkTree(Path root, State before, State after, String where) throws IOException {
        Map<String, String> content = CrashScenario.describe(root, false);
        Set<String> paths = new TreeSet<>(before.tree.keySet());
        paths.addAll(after.tree.keySet());
        paths.addAll(content.keySet());
        for (String path : paths) {
            String old = plain(before.tree.get(path));
            String fresh = plain(after.tree.get(path));
            boolean kindChanges = old.equals("directory") != fresh.equals("directory");
            assertThat(List.of(old, fresh, kindChanges ? "null" : old))
                    .as("%s: %s", where, path)
                    .contains(String.valueOf(content.get(path)));
        }
    }

    private static String plain(@Nullable String described) {
        return described == null ? "null" : described.replaceAll(" [rwx-]{9}$", "");
    }
}
