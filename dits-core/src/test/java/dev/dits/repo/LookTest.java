package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.error.FileAccessException;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a look at a tree tells without reading it, and what a guard keeps out of a commit. */
class LookTest {
    @TempDir
    Path work;

    private Repository repository;
    private final List<String> told = new ArrayList<>();
    private final Map<String, FileStamp> stamps = new HashMap<>();

    @BeforeEach
    void init() throws IOException {
        repository = Repository.init(work, RepositoryOptions.defaults());
    }

    @AfterEach
    void close() throws IOException {
        repository.close();
    }

    private Path write(String path, String text) throws IOException {
        Path file = work.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private void commitAll() throws IOException {
        repository.commit("all", null, CommitProgress.NONE);
        // What was written in the clock tick of the commit is read once more.
        repository.status();
    }

    private class Told implements TreeLook {
        @Override
        public void directory(TreePath path, Path directory, boolean differs) throws IOException {
            told.add((differs ? "new directory " : "directory ") + path.display());
            assertThat(directory).isDirectory();
        }

        @Override
        public void differs(TreePath path, FileStamp stamp) {
            told.add("differs " + path.display());
            stamps.put(path.display(), stamp);
        }

        @Override
        public void missing(TreePath path) {
            told.add("missing " + path.display());
        }

        @Override
        public void unreadable(TreePath path, FileAccessException failure) {
            told.add("unreadable " + path.display());
        }
    }

    private List<String> look(String... at) throws IOException {
        told.clear();
        stamps.clear();
        repository.look(Stream.of(at).map(TreePath::ofUtf8).toList(), new Told());
        return List.copyOf(told);
    }

    @Test
    void tellsWhatMayDifferAndNothingElse() throws IOException {
        write("a", "1");
        write("d/b", "1");
        write("d/e/c", "1");
        write("gone/x", "1");
        commitAll();
        assertThat(look("")).containsExactly("directory .", "directory d", "directory d/e", "directory gone");
        write("a", "22");
        write("new/y", "1");
        write(".ditsignore", "*.tmp\n/target/\n");
        write("x.tmp", "1");
        write("target/z", "1");
        Files.delete(work.resolve("gone/x"));
        Files.delete(work.resolve("gone"));
        assertThat(look(""))
                .containsExactly(
                        "directory .",
                        "differs .ditsignore",
                        "differs a",
                        "directory d",
                        "directory d/e",
                        "missing gone",
                        "new directory new",
                        "differs new/y");
        assertThat(look("d/e/c", "new/y", "x.tmp", "nothing"))
                .containsExactly("directory .", "directory d", "directory d/e", "new directory new", "differs new/y");
        assertThat(repository.status().changeCount()).isEqualTo(5);
    }

    /** Whoever listens to a directory from when it is told hears of all that the look itself does not see. */
    @Test
    void tellsOfADirectoryBeforeItIsListed() throws IOException {
        for (int i = 0; i < 50; i++) {
            write("d" + i % 5 + "/e" + i + "/f", "1");
        }
        commitAll();
        told.clear();
        repository.look(List.of(TreePath.ROOT), new Told() {
            @Override
            public void directory(TreePath path, Path directory, boolean differs) throws IOException {
                super.directory(path, directory, differs);
                Files.writeString(directory.resolve("just now"), "1");
            }
        });
        assertThat(told.stream().filter(each -> each.endsWith("just now"))).hasSize(1 + 5 + 50);
    }

    @Test
    void aStampTellsAWriteOrAnotherFileFromNone() throws IOException {
        Path file = write("a", "1");
        look("a");
        FileStamp before = stamps.get("a");
        look("a");
        assertThat(stamps.get("a")).isEqualTo(before).hasSameHashCodeAs(before);
        Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(1_000)));
        look("a");
        assertThat(stamps.get("a")).isNotEqualTo(before);
        FileStamp touched = stamps.get("a");
        Files.delete(file);
        write("a", "1");
        Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(1_000)));
        look("a");
        assertThat(stamps.get("a")).isNotEqualTo(touched);
    }

    /** Takes some, and keeps what it is asked and told. */
    private static class Guard implements CommitGuard {
        final List<String> refused;
        final List<String> asked = new ArrayList<>();
        final List<String> changed = new ArrayList<>();
        CommitChanges made = new CommitChanges(0, 0, 0, List.of());

        Guard(String... refused) {
            this.refused = List.of(refused);
        }

        @Override
        public boolean takes(TreePath path, Optional<FileStamp> stamp) throws IOException {
            asked.add(path.display() + (stamp.isPresent() ? "" : " gone"));
            return !refused.contains(path.display());
        }

        @Override
        public void changed(TreePath path) {
            changed.add(path.display());
        }

        @Override
        public void unreadable(TreePath path, FileAccessException failure) {
            throw new AssertionError(failure);
        }

        @Override
        public String message(CommitChanges changes) {
            made = changes;
            return "by a guard";
        }
    }

    private List<String> changes() throws IOException {
        return repository.status().changes().stream()
                .map(change -> change.kind() + " " + change.path().display())
                .toList();
    }

    @Test
    void whatAGuardRefusesIsAsTheBaseHasIt() throws IOException {
        write("a", "1");
        write("b", "1");
        write("c", "1");
        write("gone", "1");
        write("dir/x", "1");
        commitAll();
        write("a", "22");
        write("b", "22");
        write("new", "1");
        Files.delete(work.resolve("gone"));
        Files.delete(work.resolve("dir/x"));
        Files.delete(work.resolve("dir"));
        Guard none = new Guard("a", "b", "new", "gone", "dir");
        assertThat(repository.commit(List.of(TreePath.ROOT), none, null, CommitProgress.NONE))
                .isEmpty();
        assertThat(none.asked).containsExactly("a", "b", "dir gone", "gone gone", "new");
        Guard some = new Guard("a", "dir");
        repository
                .commit(List.of(TreePath.ROOT), some, null, CommitProgress.NONE)
                .orElseThrow();
        assertThat(changes()).containsExactly("MODIFIED a", "DELETED dir");
        assertThat(some.made)
                .isEqualTo(new CommitChanges(
                        1,
                        1,
                        1,
                        Stream.of("b", "gone", "new").map(TreePath::ofUtf8).toList()));
        assertThat(repository.log("HEAD", 1).get(0).commit().message()).isEqualTo("by a guard");
        Guard all = new Guard();
        repository
                .commit(Stream.of("a", "dir").map(TreePath::ofUtf8).toList(), all, "Ada", CommitProgress.NONE)
                .orElseThrow();
        assertThat(all.made.deleted()).isEqualTo(1);
        assertThat(changes()).isEmpty();
    }

    @Test
    void whatChangesWhileItIsReadIsLeftAndTold() throws IOException {
        Path film = write("film", "0");
        write("note", "1");
        Guard guard = new Guard() {
            @Override
            public boolean takes(TreePath path, Optional<FileStamp> stamp) throws IOException {
                if (path.display().equals("film")) {
                    Files.writeString(film, "more than there was");
                }
                return super.takes(path, stamp);
            }
        };
        repository
                .commit(List.of(TreePath.ROOT), guard, null, CommitProgress.NONE)
                .orElseThrow();
        assertThat(guard.changed).containsExactly("film");
        assertThat(changes()).containsExactly("ADDED film");
        assertThat(guard.made.added()).isEqualTo(1);
    }

    @Test
    void whatAGuardThrowsEndsTheCommit() throws IOException {
        write("a", "1");
        assertThat(repository.head()).isEmpty();
        IOException stop = new IOException("stop");
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> repository.commit(
                        List.of(TreePath.ROOT),
                        new Guard() {
                            @Override
                            public boolean takes(TreePath path, Optional<FileStamp> stamp) throws IOException {
                                throw stop;
                            }
                        },
                        null,
                        CommitProgress.NONE))
                .isSameAs(stop);
        assertThat(repository.head()).isEmpty();
        commitAll();
        assertThat(changes()).isEmpty();
        assertThat(Files.exists(work.resolve("a"), LinkOption.NOFOLLOW_LINKS)).isTrue();
    }
}
