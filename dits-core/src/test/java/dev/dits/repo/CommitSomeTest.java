package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commits of what is said to have changed. */
class CommitSomeTest {
    @TempDir
    Path work;

    private Repository repository;

    @BeforeEach
    void init() throws IOException {
        repository = Repository.init(work, RepositoryOptions.defaults());
    }

    @AfterEach
    void close() throws IOException {
        repository.close();
    }

    private void write(String path, String text) throws IOException {
        Path file = work.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private boolean commit(String... only) throws IOException {
        List<TreePath> paths = Stream.of(only).map(TreePath::ofUtf8).toList();
        return repository.commit(paths, "some", "Ada", CommitProgress.NONE).isPresent();
    }

    private boolean commitAll() throws IOException {
        return repository.commit("all", "Ada", CommitProgress.NONE).isPresent();
    }

    private List<String> changes() throws IOException {
        return repository.status().changes().stream()
                .map(change -> change.kind() + " " + change.path().display())
                .toList();
    }

    private static void delete(Path path) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> paths = Files.walk(path)) {
                for (Path each : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    @Test
    void takesWhatIsSaidAndLeavesTheRest() throws IOException {
        write("a", "1");
        write("d/b", "1");
        write("d/e/c", "1");
        commitAll();
        write("a", "two");
        write("d/b", "two");
        write("d/e/c", "two");
        write("new/x", "1");
        write("new/y", "1");
        assertThat(commit("d/e/c", "new/x", "no/such/path")).isTrue();
        assertThat(changes()).containsExactly("MODIFIED a", "MODIFIED d/b", "ADDED new/y");
        assertThat(commit("d/e", "new/x")).isFalse();
        assertThat(commit("d")).isTrue();
        assertThat(commit("")).isTrue();
        assertThat(changes()).isEmpty();
    }

    @Test
    void whatIsGoneGoesAndSoDoesAnEmptyDirectoryThatIsNotThere() throws IOException {
        write("d/e/a", "1");
        write("d/e/b", "1");
        write("k/a", "1");
        commitAll();
        delete(work.resolve("d"));
        delete(work.resolve("k/a"));
        assertThat(commit("d/e/a")).isTrue();
        assertThat(changes()).containsExactly("DELETED d", "DELETED k/a");
        assertThat(commit("d/e/b", "k/a")).isTrue();
        assertThat(changes()).isEmpty();
        assertThat(commitAll()).isFalse();
    }

    @Test
    void ignoreRulesHoldOnTheWay() throws IOException {
        write(".ditsignore", "build\n*.tmp\n");
        write("d/.ditsignore", "!keep.tmp\n");
        write("d/a", "1");
        write("build/tracked", "1");
        commitAll();
        write("build/x", "1");
        write("d/a.tmp", "1");
        write("d/keep.tmp", "1");
        write("d/new/b.tmp", "1");
        assertThat(commit("build/x", "build", "d/a.tmp", "d/new/b.tmp")).isFalse();
        assertThat(commit("d/keep.tmp")).isTrue();
        assertThat(commitAll()).isTrue();
        assertThat(changes()).isEmpty();
    }

    @Test
    void nothingIsReadThroughALink(@TempDir Path outside) throws IOException {
        Files.writeString(outside.resolve("secret"), "1");
        write("d/secret", "old");
        commitAll();
        delete(work.resolve("d"));
        Files.createSymbolicLink(work.resolve("d"), outside);
        Files.createSymbolicLink(work.resolve("l"), outside);
        commit("d/secret", "l/secret");
        assertThat(repository.commit(List.of(TreePath.ofUtf8("d"), TreePath.ofUtf8("l")), "", "A", CommitProgress.NONE))
                .hasValueSatisfying(made -> assertThat(made.bytes()).isZero());
        assertThat(changes()).isEmpty();
    }

    @Test
    void aFileThatBecameADirectoryAndTheOtherWayRound() throws IOException {
        write("a", "1");
        write("b/c", "1");
        commitAll();
        delete(work.resolve("a"));
        delete(work.resolve("b"));
        write("a/x", "1");
        write("b", "1");
        assertThat(commit("a/x", "b")).isTrue();
        assertThat(changes()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void whatIsSaidToHaveChangedIsAllThatAWholeCommitFinds(long seed) throws IOException {
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            write(path(random), "" + i);
        }
        commitAll();
        for (int round = 0; round < 12; round++) {
            Set<String> touched = new HashSet<>();
            for (int i = random.nextInt(12); i >= 0; i--) {
                String path = path(random);
                Path file = work.resolve(path);
                switch (random.nextInt(4)) {
                    case 0 -> delete(file);
                    case 1 -> {
                        delete(file.getParent());
                        path = path.substring(0, path.lastIndexOf('/'));
                    }
                    default ->
                        Files.writeString(
                                Files.createDirectories(file.getParent()).resolve(file.getFileName()),
                                "" + random.nextInt());
                }
                // As a watcher would: a directory that came or went is named itself.
                for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
                    if (!knows(path.substring(0, slash))) {
                        touched.add(path.substring(0, slash));
                    }
                }
                touched.add(path);
            }
            commit(touched.toArray(String[]::new));
            assertThat(commitAll()).as("round " + round).isFalse();
            assertThat(changes()).isEmpty();
        }
        assertThat(repository.fsck(bytes -> {}).problems()).isEmpty();
    }

    private boolean knows(String directory) throws IOException {
        ObjectId head = repository.head().orElseThrow();
        return new dev.dits.object.DirectoryTree(repository.objects())
                        .resolveDirectory(repository.readCommit(head).tree(), TreePath.ofUtf8(directory))
                != null;
    }

    private static String path(Random random) {
        return "d" + random.nextInt(3) + "/e" + random.nextInt(4) + "/f" + random.nextInt(40);
    }

    @Test
    void aCommitOfOneFileLooksAtNothingElse() throws IOException {
        write("d/7", "1");
        write("closed/x", "1");
        commitAll();
        write("d/7", "changed");
        // Rules that a whole commit refuses are in nobody's way.
        delete(work.resolve("closed"));
        Files.createDirectory(work.resolve("closed"));
        Files.writeString(work.resolve("closed/.ditsignore"), "x".repeat(IgnoreRules.BYTES_MAX + 1));
        assertThat(commit("d/7")).isTrue();
    }
}
