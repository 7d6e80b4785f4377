package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.BranchMovedException;
import dev.dits.error.LocalChangesException;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LaggingAndResetTest {
    private static final RefName MAIN = RefName.branch("main");

    @TempDir
    Path root;

    private Repository repository;

    @BeforeEach
    void open() throws IOException {
        repository = Repository.init(
                root,
                RepositoryOptions.defaults()
                        .withAuthor("Ada")
                        .withClock(Clock.fixed(Instant.ofEpochSecond(1_700_000_000L), ZoneOffset.UTC)));
    }

    @AfterEach
    void close() throws IOException {
        repository.close();
    }

    private void write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private String read(String path) throws IOException {
        return Files.readString(root.resolve(path));
    }

    private CommitResult commit(String message) throws IOException {
        return repository.commit(message, null, CommitProgress.NONE).orElseThrow();
    }

    /** Main is one commit ahead of the tree: somebody pushed a change of the file. Returns base and tip. */
    private ObjectId[] lag() throws IOException {
        write("a", "base");
        ObjectId base = commit("base").id();
        write("a", "theirs");
        ObjectId theirs = commit("theirs").id();
        repository.reset(base.toString(), ResetOptions.defaults());
        repository.updateRef(MAIN, base, theirs);
        return new ObjectId[] {base, theirs};
    }

    @Test
    void aCommitInALaggingTreeUndoesNothing() throws IOException {
        ObjectId[] ids = lag();
        write("b", "mine");
        CommitResult made = commit("mine");
        assertThat(repository.readCommit(made.id()).parents()).containsExactly(ids[0]);
        MergeReport merged = made.merged().orElseThrow();
        assertThat(merged.copies()).isEmpty();
        assertThat(repository.head()).contains(merged.commit());
        assertThat(repository.readCommit(merged.commit()).parents()).containsExactly(made.id(), ids[1]);
        assertThat(repository.base()).contains(made.id());
        // The files are as they were until the tree follows.
        assertThat(read("a")).isEqualTo("base");
        assertThat(repository.status().clean()).isTrue();
        assertThat(repository.follow(CheckoutOptions.defaults())).isPresent();
        assertThat(read("a")).isEqualTo("theirs");
        assertThat(read("b")).isEqualTo("mine");
        assertThat(repository.status().clean()).isTrue();
        assertThat(repository.commit("nothing", null, CommitProgress.NONE)).isEmpty();
    }

    /** What used to be a dead end: neither a checkout nor a commit was possible. */
    @Test
    void aChangeOfTheSameFileBecomesACopy() throws IOException {
        lag();
        write("a", "mine");
        assertThatThrownBy(() -> repository.follow(CheckoutOptions.defaults()))
                .isInstanceOf(LocalChangesException.class);
        CommitResult made = commit("mine");
        assertThat(made.merged().orElseThrow().copies()).hasSize(1);
        repository.follow(CheckoutOptions.defaults());
        List<String> texts = new ArrayList<>();
        try (var files = Files.newDirectoryStream(root, "a*")) {
            for (Path file : files) {
                texts.add(Files.readString(file));
            }
        }
        assertThat(texts).containsExactlyInAnyOrder("mine", "theirs");
        assertThat(repository.status().clean()).isTrue();
    }

    @Test
    void nothingToCommitInALaggingTreeIsNoError() throws IOException {
        ObjectId[] ids = lag();
        assertThat(repository.commit("m", null, CommitProgress.NONE)).isEmpty();
        assertThat(repository.head()).contains(ids[1]);
    }

    @Test
    void theFirstCommitMeetsABranchThatHasSome() throws IOException {
        write("a", "theirs");
        ObjectId theirs = commit("theirs").id();
        try (Repository other = Repository.init(root.resolve("other"), RepositoryOptions.defaults())) {
            Files.writeString(other.root().resolve("b"), "mine");
            try (dev.dits.store.StoreWriter writer = other.store().newWriter()) {
                repository
                        .store()
                        .forEach((id, type, plain, stored) ->
                                writer.putStored(id, repository.store().readStored(id)));
                writer.flush();
                other.updateRef(MAIN, null, theirs);
            }
            CommitResult made = other.commit("mine", null, CommitProgress.NONE).orElseThrow();
            assertThat(other.readCommit(made.id()).parents()).isEmpty();
            other.follow(CheckoutOptions.defaults());
            assertThat(Files.readString(other.root().resolve("a"))).isEqualTo("theirs");
            assertThat(Files.readString(other.root().resolve("b"))).isEqualTo("mine");
        }
    }

    @Test
    void resetMovesTheBranchAndKeepsWhatIsInNoCommit() throws IOException {
        write("a", "1");
        write("b", "1");
        ObjectId one = commit("one").id();
        write("a", "2");
        write("new", "2");
        ObjectId two = commit("two").id();
        write("b", "mine");
        write("untracked", "mine");
        ResetReport report = repository.reset("HEAD~1", ResetOptions.defaults());
        assertThat(report.before()).contains(two);
        assertThat(report.commit()).isEqualTo(one);
        assertThat(report.filesWritten()).isEqualTo(1);
        assertThat(report.filesDeleted()).isEqualTo(1);
        assertThat(repository.head()).contains(one);
        assertThat(repository.currentBranch()).contains(MAIN);
        assertThat(read("a")).isEqualTo("1");
        assertThat(read("b")).isEqualTo("mine");
        assertThat(read("untracked")).isEqualTo("mine");
        assertThat(root.resolve("new")).doesNotExist();
        write("a", "mine");
        assertThatThrownBy(() -> repository.reset(two.toString(), ResetOptions.defaults()))
                .isInstanceOf(LocalChangesException.class);
        assertThat(repository.head()).contains(one);
        assertThat(read("a")).isEqualTo("mine");
        repository.reset(two.toString(), ResetOptions.defaults().withDiscarding(true));
        assertThat(repository.head()).contains(two);
        assertThat(read("a")).isEqualTo("2");
        assertThat(read("b")).isEqualTo("1");
        assertThat(read("new")).isEqualTo("2");
        assertThat(read("untracked")).isEqualTo("mine");
        assertThat(repository.status().changeCount()).isEqualTo(1);
        repository.reset("HEAD", ResetOptions.defaults());
        assertThat(repository.head()).contains(two);
    }

    @Test
    void resetThatDiscardsFindsAllThatIsNotAsTheCommitHasIt() throws IOException {
        write("kept", "1");
        write("edited", "1");
        write("gone", "1");
        write("d/in-gone-directory", "1");
        write("file-now-directory", "1");
        write("directory-now-file/x", "1");
        ObjectId one = commit("one").id();
        write("only-in-two", "2");
        Files.delete(root.resolve("kept"));
        write("kept", "2");
        commit("two");
        write("edited", "changed");
        Files.delete(root.resolve("gone"));
        Files.delete(root.resolve("d/in-gone-directory"));
        Files.delete(root.resolve("d"));
        Files.delete(root.resolve("file-now-directory"));
        write("file-now-directory/new", "in no commit");
        Files.delete(root.resolve("directory-now-file/x"));
        Files.delete(root.resolve("directory-now-file"));
        write("directory-now-file", "new");
        write("untracked/file", "stays");
        write(".ditsignore", "ignored\n");
        write("ignored", "stays");
        repository.reset(one.toString(), ResetOptions.defaults().withDiscarding(true));
        assertThat(repository.status().changes())
                .extracting(change -> change.path().display())
                .allMatch(path -> path.startsWith("untracked")
                        || path.equals(".ditsignore")
                        || path.startsWith("file-now-directory (before restore"));
        for (String path : new String[] {
            "kept", "edited", "gone", "d/in-gone-directory", "file-now-directory", "directory-now-file/x"
        }) {
            assertThat(root.resolve(path)).hasContent("1");
        }
        assertThat(root.resolve("only-in-two")).doesNotExist();
        assertThat(root.resolve("untracked/file")).hasContent("stays");
        assertThat(root.resolve("ignored")).hasContent("stays");
        // One that the rules leave out, in the way of one that the commit has.
        commit("rules");
        write("ignored", "in the way");
        Files.delete(root.resolve(".ditsignore"));
        ObjectId tracked = commit("tracked").id();
        repository.reset("HEAD~1", ResetOptions.defaults().withDiscarding(true));
        write("ignored", "again, and ignored");
        repository.reset(tracked.toString(), ResetOptions.defaults().withDiscarding(true));
        assertThat(root.resolve("ignored")).hasContent("in the way");
        assertThat(repository.status().changes()).isEmpty();
    }

    @Test
    void resetWithoutABranchMovesHead() throws IOException {
        write("a", "1");
        ObjectId one = commit("one").id();
        write("a", "2");
        ObjectId two = commit("two").id();
        repository.checkout(two.toString(), CheckoutOptions.defaults());
        repository.reset("HEAD~1", ResetOptions.defaults());
        assertThat(repository.head()).contains(one);
        assertThat(repository.currentBranch()).isEmpty();
        assertThat(repository.ref(MAIN)).contains(two);
        assertThat(read("a")).isEqualTo("1");
    }

    @Test
    void theHistoryOfOneFile() throws IOException {
        write("a", "1");
        write("d/e/f", "1");
        ObjectId one = commit("one").id();
        write("b", "1");
        commit("two");
        repository.createBranch("side", "HEAD");
        write("d/e/f", "2");
        ObjectId three = commit("three").id();
        write("b", "2");
        commit("four");
        repository.checkout("side", CheckoutOptions.defaults());
        write("c", "1");
        ObjectId side = commit("side").id();
        repository.checkout("main", CheckoutOptions.defaults());
        ObjectId merged = repository.merge("side", MergeOptions.defaults()).commit();
        Files.delete(root.resolve("d/e/f"));
        ObjectId gone = commit("gone").id();
        assertThat(changed("d/e/f"))
                .containsExactlyInAnyOrder(gone, three, one)
                .startsWith(gone)
                .endsWith(one);
        assertThat(changed("d")).containsExactlyInAnyOrder(gone, three, one);
        assertThat(changed("c")).containsExactly(side);
        assertThat(changed("a")).containsExactly(one);
        assertThat(changed("nowhere")).isEmpty();
        assertThat(changed("c", "a")).contains(side, one).doesNotContain(three, gone);
        assertThat(changed("")).hasSize(7).contains(merged);
    }

    private List<ObjectId> changed(String... paths) throws IOException {
        List<TreePath> all = new ArrayList<>();
        for (String path : paths) {
            all.add(TreePath.ofUtf8(path));
        }
        CommitLog log = repository.history("HEAD", all);
        List<ObjectId> found = new ArrayList<>();
        for (LogEntry entry = log.next(); entry != null; entry = log.next()) {
            found.add(entry.id());
        }
        return found;
    }

    @Test
    void aBranchThatKeepsItsPlaceIsNotReset() throws IOException {
        write("a", "1");
        ObjectId one = commit("one").id();
        assertThatThrownBy(() -> repository.updateRef(MAIN, null, one)).isInstanceOf(BranchMovedException.class);
        assertThatThrownBy(() -> repository.reset("nowhere", ResetOptions.defaults()))
                .hasMessageContaining("nowhere");
    }
}
