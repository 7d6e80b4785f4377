package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.DitsException;
import dev.dits.error.LocalChangesException;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestoreTest {
    @TempDir
    private Path temp;

    private Path work;
    private Repository repository;

    @BeforeEach
    void make() throws IOException {
        work = temp.resolve("work");
        repository = Repository.init(
                work, RepositoryOptions.defaults().withAuthor("Ada").withClock(new RepositoryTest.StepClock()));
    }

    @AfterEach
    void close() throws IOException {
        repository.close();
        Trees.unlock(temp);
    }

    private void write(String path, String content) throws IOException {
        Path file = work.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private String read(String path) throws IOException {
        return Files.readString(work.resolve(path));
    }

    private ObjectId commit() throws IOException {
        return repository.commit("x", null, CommitProgress.NONE).orElseThrow().id();
    }

    private RestoreReport restore(RestoreOptions options, String... paths) throws IOException {
        return repository.restore(Arrays.stream(paths).map(TreePath::ofUtf8).toList(), options);
    }

    private List<String> changes() throws IOException {
        return repository.status().changes().stream()
                .map(change -> change.kind() + " " + change.path())
                .toList();
    }

    @Test
    void everythingAwkwardComesBackFromNothing() throws IOException {
        Trees.awkward(work);
        commit();
        Map<String, String> before = Trees.describe(work);
        Trees.unlock(work);
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(work, path -> !path.endsWith(".dits"))) {
            for (Path entry : entries) {
                delete(entry);
            }
        }
        RestoreReport report = restore(RestoreOptions.defaults(), "");
        assertThat(Trees.describe(work)).isEqualTo(before);
        assertThat(report.copyCount()).isZero();
        assertThat(report.kept()).isEmpty();
        assertThat(repository.status().clean()).isTrue();
        assertThat(restore(RestoreOptions.defaults(), "").filesWritten()).isZero();
    }

    private static void delete(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
                for (Path entry : entries) {
                    delete(entry);
                }
            }
        }
        Files.delete(path);
    }

    @Test
    void aDeletedFileComesBackAndNothingElseIsTouched() throws IOException {
        write("d/a", "1");
        write("d/b", "2");
        write("e/c", "3");
        commit();
        Files.delete(work.resolve("d/a"));
        write("d/b", "changed");
        delete(work.resolve("e"));
        RestoreReport report = restore(RestoreOptions.defaults(), "d/a", "e/c");
        assertThat(report.filesWritten()).isEqualTo(2);
        assertThat(read("d/a")).isEqualTo("1");
        assertThat(read("d/b")).isEqualTo("changed");
        assertThat(read("e/c")).isEqualTo("3");
        assertThat(changes()).containsExactly("MODIFIED d/b");
    }

    @Test
    void whatIsInNoCommitIsKeptBeside() throws IOException {
        write("a.txt", "committed");
        commit();
        write("a.txt", "in no commit");
        RestoreReport report = restore(RestoreOptions.defaults(), "a.txt");
        assertThat(read("a.txt")).isEqualTo("committed");
        assertThat(report.copies()).hasSize(1);
        assertThat(report.copies().get(0).display())
                .matches("a \\(before restore \\d{4}-\\d\\d-\\d\\d \\d{6}\\)\\.txt");
        assertThat(read(report.copies().get(0).display())).isEqualTo("in no commit");
        // Two within one second do not overwrite each other's copies.
        repository.close();
        repository = Repository.open(
                work,
                RepositoryOptions.defaults()
                        .withClock(java.time.Clock.fixed(
                                java.time.Instant.parse("2026-01-01T00:00:00Z"), java.time.ZoneOffset.UTC)));
        Set<String> kept = new HashSet<>();
        for (String content : List.of("second", "third", "fourth")) {
            write("a.txt", content);
            kept.add(read(
                    restore(RestoreOptions.defaults(), "a.txt").copies().get(0).display()));
        }
        assertThat(kept).containsExactlyInAnyOrder("second", "third", "fourth");
        assertThat(Files.list(work).filter(path -> path.toString().contains("before restore")))
                .hasSize(4);
    }

    @Test
    void whatAProgramStillWritesIntoAReplacedFileIsInTheCopy() throws IOException {
        write("a", "committed");
        commit();
        write("a", "changed");
        try (var out = Files.newOutputStream(work.resolve("a"), java.nio.file.StandardOpenOption.APPEND)) {
            RestoreReport report = restore(RestoreOptions.defaults(), "a");
            out.write(" and more".getBytes(StandardCharsets.UTF_8));
            assertThat(read(report.copies().get(0).display())).isEqualTo("changed and more");
            assertThat(read("a")).isEqualTo("committed");
        }
    }

    @Test
    void refusedOrDiscardedWhereThatIsAskedFor() throws IOException {
        write("a", "1");
        write("b", "2");
        commit();
        write("a", "changed");
        Files.delete(work.resolve("b"));
        RestoreOptions refuse = RestoreOptions.defaults().withUncommitted(RestoreOptions.Uncommitted.REFUSE);
        assertThatThrownBy(() -> restore(refuse, ""))
                .isInstanceOf(LocalChangesException.class)
                .hasMessageContaining(": a;");
        assertThat(changes()).containsExactly("MODIFIED a", "DELETED b");
        assertThat(restore(refuse, "b").filesWritten()).isEqualTo(1);
        RestoreReport report =
                restore(RestoreOptions.defaults().withUncommitted(RestoreOptions.Uncommitted.DISCARD), "");
        assertThat(report.copyCount()).isZero();
        assertThat(read("a")).isEqualTo("1");
        assertThat(repository.status().clean()).isTrue();
    }

    @Test
    void fromAnotherCommit() throws IOException {
        write("d/a", "1");
        write("d/only-then", "then");
        ObjectId one = commit();
        write("d/a", "2");
        delete(work.resolve("d/only-then"));
        write("d/only-now", "now");
        write("d/edited", "committed");
        commit();
        write("d/edited", "edited");
        write("d/new", "in no commit");
        RestoreReport report = restore(RestoreOptions.defaults().withSource(one), "d");
        assertThat(read("d/a")).isEqualTo("1");
        assertThat(read("d/only-then")).isEqualTo("then");
        assertThat(read("d/new")).isEqualTo("in no commit");
        assertThat(work.resolve("d/only-now")).doesNotExist();
        assertThat(work.resolve("d/edited")).doesNotExist();
        assertThat(report.source()).isEqualTo(one);
        assertThat(report.filesDeleted()).isEqualTo(2);
        assertThat(report.copies()).hasSize(1);
        assertThat(read(report.copies().get(0).display())).isEqualTo("edited");
        assertThat(repository.base()).isNotEqualTo(java.util.Optional.of(one));
        assertThatThrownBy(() -> restore(RestoreOptions.defaults().withSource(one), "d/only-now"))
                .isInstanceOf(DitsException.class)
                .hasMessageContaining("there is no d/only-now in commit " + one.abbreviated());
    }

    @Test
    void typesThatAreInEachOthersPlace() throws IOException {
        write("file", "f");
        write("directory/x", "x");
        Files.createSymbolicLink(work.resolve("link"), Path.of("file"));
        write("clean/x", "x");
        ObjectId one = commit();
        delete(work.resolve("clean"));
        write("clean", "committed");
        commit();
        // A directory where a file was, with something that no commit has; a file where a directory was; a changed
        // link.
        Files.delete(work.resolve("file"));
        write("file/inside", "mine");
        delete(work.resolve("directory"));
        write("directory", "mine too");
        Files.delete(work.resolve("link"));
        Files.createSymbolicLink(work.resolve("link"), Path.of("elsewhere"));
        RestoreReport report = restore(RestoreOptions.defaults(), "");
        assertThat(repository.status().changes()).allMatch(change -> change.kind() == Change.Kind.ADDED);
        assertThat(report.copyCount()).isEqualTo(3);
        assertThat(read("file")).isEqualTo("f");
        assertThat(read("directory/x")).isEqualTo("x");
        List<String> copies =
                report.copies().stream().map(TreePath::display).sorted().toList();
        assertThat(read(copies.get(0))).isEqualTo("mine too");
        assertThat(read(copies.get(1) + "/inside")).isEqualTo("mine");
        assertThat(Files.readSymbolicLink(work.resolve(copies.get(2)))).isEqualTo(Path.of("elsewhere"));
        // Both ways between what two commits have, nothing is kept twice.
        assertThat(restore(RestoreOptions.defaults().withSource(one), "clean").copyCount())
                .isZero();
        assertThat(read("clean/x")).isEqualTo("x");
        assertThatThrownBy(() -> restore(RestoreOptions.defaults(), "clean/x")).isInstanceOf(DitsException.class);
    }

    @Test
    void neverWritesThroughALinkInTheWay() throws IOException {
        write("d/a", "1");
        commit();
        Path outside = Files.createDirectory(temp.resolve("outside"));
        delete(work.resolve("d"));
        Files.createSymbolicLink(work.resolve("d"), outside);
        assertThatThrownBy(() -> restore(RestoreOptions.defaults(), "d/a")).isInstanceOf(LocalChangesException.class);
        assertThat(outside).isEmptyDirectory();
        RestoreReport report = restore(RestoreOptions.defaults(), "d");
        assertThat(read("d/a")).isEqualTo("1");
        assertThat(outside).isEmptyDirectory();
        assertThat(Files.readSymbolicLink(work.resolve(report.copies().get(0).display())))
                .isEqualTo(outside);
    }

    @Test
    void onlyThePermissionsInNoCommitNeedNoCopy() throws IOException {
        write("a", "1");
        ObjectId one = commit();
        write("a", "2");
        commit();
        Files.setPosixFilePermissions(work.resolve("a"), SafeDirectory.permissions(0777));
        assertThat(restore(RestoreOptions.defaults().withSource(one), "a").copyCount())
                .isZero();
        Files.setPosixFilePermissions(work.resolve("a"), SafeDirectory.permissions(0777));
        assertThat(restore(RestoreOptions.defaults().withSource(one), "a").copyCount())
                .isZero();
        assertThat(FileStat.of(work.resolve("a")).mode()).isNotEqualTo(0777);
    }

    @Test
    void saysWhereThereIsNothingToRestoreFrom() throws IOException {
        assertThatThrownBy(() -> restore(RestoreOptions.defaults(), ""))
                .isInstanceOf(DitsException.class)
                .hasMessageContaining("no commit yet");
        write("a", "1");
        commit();
        assertThatThrownBy(() -> restore(RestoreOptions.defaults(), "b"))
                .isInstanceOf(DitsException.class)
                .hasMessageContaining("there is no b in commit");
    }

    /**
     * Random trees: afterwards the selected part is as the source has it, the rest is as it was, and every content that no commit has is still
     * somewhere.
     */
    @Test
    void losesNothingWhateverIsThere() throws IOException {
        for (int seed = 0; seed < 12; seed++) {
            Random random = new Random(seed);
            String name = "seed" + seed;
            work = Files.createDirectory(temp.resolve(name));
            repository.close();
            repository = Repository.init(work, RepositoryOptions.defaults().withClock(new RepositoryTest.StepClock()));
            List<ObjectId> commits = new ArrayList<>();
            Set<String> committed = new HashSet<>();
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < 6; j++) {
                    scramble(random, name + "-" + i + "-" + j);
                }
                repository.commit("x", null, CommitProgress.NONE).ifPresent(result -> commits.add(result.id()));
                committed.addAll(contents().values());
            }
            for (int j = 0; j < 8; j++) {
                scramble(random, name + "-local-" + j);
            }
            Map<String, String> before = contents();
            ObjectId source = commits.get(random.nextInt(commits.size()));
            Map<String, String> wanted = committedContents(source);
            List<String> candidates = new ArrayList<>(wanted.keySet());
            candidates.add("");
            String selected = candidates.get(random.nextInt(candidates.size()));
            try {
                restore(RestoreOptions.defaults().withSource(source), selected);
            } catch (LocalChangesException e) {
                // A file where the way down needs a directory.
                assertThat(contents()).as(name).isEqualTo(before);
                continue;
            }
            Map<String, String> after = contents();
            wanted.forEach((path, content) -> {
                if (isBelow(path, selected)) {
                    assertThat(after).as(name + " " + selected).containsEntry(path, content);
                }
            });
            before.forEach((path, content) -> {
                if (!isBelow(path, selected) && !after.containsKey(path)) {
                    // Only a directory that had to make room took it along.
                    assertThat(after.values()).as(name).contains(content);
                }
                if (!committed.contains(content)) {
                    assertThat(after.values()).as(name + " " + path).contains(content);
                }
            });
        }
    }

    private static boolean isBelow(String path, String selected) {
        return selected.isEmpty() || path.equals(selected) || path.startsWith(selected + "/");
    }

    /** One random edit of a small set of names, files and directories in each other's place. */
    private void scramble(Random random, String content) throws IOException {
        Path path = work;
        for (int depth = 1 + random.nextInt(3); depth > 0; depth--) {
            path = path.resolve(String.valueOf((char) ('a' + random.nextInt(3))));
            if (depth > 1 && Files.isRegularFile(path)) {
                Files.delete(path);
            }
        }
        if (Files.exists(path)) {
            delete(path);
        }
        if (random.nextInt(4) > 0) {
            Files.createDirectories(path.getParent());
            Files.writeString(path, content);
        }
    }

    private Map<String, String> contents() throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(work)) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                String relative = work.relativize(path).toString();
                if (!relative.startsWith(".dits")) {
                    found.put(relative, Files.readString(path));
                }
            }
        }
        return found;
    }

    private Map<String, String> committedContents(ObjectId commit) throws IOException {
        Map<String, String> found = new TreeMap<>();
        repository.diff(null, commit, DiffOptions.defaults(), difference -> {
            if (difference.after().orElseThrow().type() == FileVersion.Type.FILE) {
                TextDiff text = difference.text(0).orElseThrow();
                found.put(
                        difference.path().display(),
                        new String(text.hunks().get(0).lines().get(0).bytes(), StandardCharsets.UTF_8));
            }
        });
        return found;
    }
}
