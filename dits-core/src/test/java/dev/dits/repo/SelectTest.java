package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.error.LocalChangesException;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.DirectoryTree;
import dev.dits.object.FileEntry;
import dev.dits.object.ObjectId;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A working tree that holds a part of its commit. */
class SelectTest {
    private static final CheckoutOptions WRITING = CheckoutOptions.defaults();
    private static final RefName MAIN = RefName.branch("main");

    @TempDir
    Path temp;

    private Repository repository;
    private Path root;

    @BeforeEach
    void open() throws IOException {
        repository = Repository.init(temp.resolve("work"), RepositoryOptions.defaults());
        root = repository.root();
        for (String path : List.of(
                "takes/a.mov", "takes/b.txt", "takes/raw/x.mov", "raw/big.bin", "docs/de/readme.txt", "top.txt")) {
            write(path, path);
        }
        commit();
    }

    @AfterEach
    void close() throws IOException {
        repository.close();
    }

    private void write(String path, String content) throws IOException {
        Files.createDirectories(root.resolve(path).getParent());
        Files.writeString(root.resolve(path), content);
    }

    private ObjectId commit() throws IOException {
        return result().id();
    }

    private CommitResult result() throws IOException {
        return repository.commit("m", "a", CommitProgress.NONE).orElseThrow();
    }

    private SelectReport select(String... globs) throws IOException {
        return select(repository, globs);
    }

    private static SelectReport select(Repository repository, String... globs) throws IOException {
        Selection selection = Selection.of(List.of(globs));
        return repository.select(before -> selection, WRITING);
    }

    /** Files and directories on disk. */
    private Set<String> onDisk() throws IOException {
        Set<String> found = new TreeSet<>();
        try (Stream<Path> paths = Files.walk(root)) {
            paths.map(path -> root.relativize(path) + (Files.isDirectory(path) ? "/" : ""))
                    .filter(path -> !path.startsWith(".dits/") && !path.equals("/"))
                    .forEach(found::add);
        }
        return found;
    }

    /** Files of a commit. */
    private static Set<String> files(Repository repository, ObjectId commit) throws IOException {
        Set<String> found = new TreeSet<>();
        repository.diff(
                null,
                commit,
                DiffOptions.defaults(),
                diff -> found.add(diff.path().display()));
        return found;
    }

    private Set<String> changes() throws IOException {
        Set<String> found = new TreeSet<>();
        repository.status().changes().forEach(change -> found.add(change.kind() + " " + change.path()));
        return found;
    }

    private static TreePath path(String path) {
        return TreePath.ofUtf8(path);
    }

    // ---- patterns ----

    @Test
    void patternsMeanWhatTheyMeanInAnIgnoreFile() {
        assertSelects("takes/", "takes/a", "takes/x/y", "deep/takes/a");
        assertSelectsNot("takes/", "takes", "takes2/a", "Takes/a");
        assertSelects("/takes/", "takes/a", "takes/x/y");
        assertSelectsNot("/takes/", "deep/takes/a");
        assertSelects("takes/**", "takes/a", "takes/x/y");
        assertSelectsNot("takes/**", "takes", "deep/takes/a");
        assertSelects("*.mov", "a.mov", "x/y/a.mov", "x.mov/below");
        assertSelects("/*.txt", "a.txt");
        assertSelectsNot("/*.txt", "x/a.txt");
        assertSelects("x/*/z", "x/y/z", "x/y/z/below");
        assertSelectsNot("x/*/z", "x/y/w", "x/z");
        assertSelects("**/day1/*.mov", "day1/a.mov", "x/y/day1/a.mov");
        assertSelects("with space/[ab]?/\u00e9*", "with space/a1/\u00e9.txt");
        assertSelects("[x/]*/a", "x1/a");
        assertSelects("\\#odd/", "#odd/a");
        assertSelects("\\!odd", "!odd");
        assertSelects("a\\*b", "a*b");
        assertSelectsNot("a\\*b", "axb");
    }

    private static void assertSelects(String glob, String... paths) {
        for (String path : paths) {
            assertThat(Selection.of(List.of(glob)).selects(path(path)))
                    .as(glob + " selects " + path)
                    .isTrue();
        }
    }

    private static void assertSelectsNot(String glob, String... paths) {
        for (String path : paths) {
            assertThat(Selection.of(List.of(glob)).selects(path(path)))
                    .as(glob + " selects " + path)
                    .isFalse();
        }
    }

    @Test
    void theLastPatternThatMatchesDecides() {
        Selection selection = Selection.of(List.of("takes/", "!takes/raw/", "takes/raw/keep.mov"));
        assertThat(selection.selects(path("takes/a"))).isTrue();
        assertThat(selection.selects(path("takes/raw/a"))).isFalse();
        assertThat(selection.selects(path("takes/raw/keep.mov"))).isTrue();
        assertThat(selection.selects(path("else"))).isFalse();
        assertThat(Selection.of(List.of("*", "!*.mov")).selects(path("x/a.mov")))
                .isFalse();
        assertThat(Selection.all().selects(path("x/a.mov"))).isTrue();
    }

    @Test
    void whatCanNotBeAPatternIsRefused() {
        for (String glob : List.of("", "# comment", "  ", "/", "a\nb", "a//b", "./a", "a/../b", "..", "\ud800")) {
            assertThatIllegalArgumentException()
                    .as(glob)
                    .isThrownBy(() -> Selection.of(List.of(glob)))
                    .withMessageContaining("pattern");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Selection.of(List.of("!raw/")))
                .withMessageContaining("'*'");
        List<String> many = new ArrayList<>();
        for (int i = 0; i < Selection.GLOBS_MAX; i++) {
            many.add("d" + i + "/");
        }
        assertThat(Selection.of(many).globs()).hasSize(Selection.GLOBS_MAX);
        many.add("one more");
        assertThatIllegalArgumentException().isThrownBy(() -> Selection.of(many));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Selection.of(List.of("x".repeat(Selection.GLOB_BYTES_MAX))));
    }

    // ---- selecting ----

    @Test
    void whatIsNotSelectedGoesAndComesBack() throws IOException {
        SelectReport narrowed = select("takes/", "!takes/raw/");
        assertThat(onDisk()).containsExactly("takes/", "takes/a.mov", "takes/b.txt");
        assertThat(narrowed.files()).isEqualTo(2);
        assertThat(narrowed.filesInAll()).isEqualTo(6);
        assertThat(narrowed.kept()).isEmpty();
        assertThat(narrowed.checkout().orElseThrow().filesDeleted()).isEqualTo(4);
        assertThat(repository.selection().globs()).containsExactly("takes/", "!takes/raw/");
        Status status = repository.status();
        assertThat(status.clean()).isTrue();
        assertThat(status.omittedCount()).isEqualTo(4);
        assertThat(status.unselected()).isEmpty();

        SelectReport widened = select("*.mov", "/docs/**");
        assertThat(onDisk())
                .containsExactly(
                        "docs/",
                        "docs/de/",
                        "docs/de/readme.txt",
                        "takes/",
                        "takes/a.mov",
                        "takes/raw/",
                        "takes/raw/x.mov");
        assertThat(widened.files()).isEqualTo(3);
        assertThat(changes()).isEmpty();

        select();
        assertThat(onDisk()).hasSize(11);
        assertThat(repository.selection().isAll()).isTrue();
        assertThat(repository.status().clean()).isTrue();
        assertThat(repository.status().omittedCount()).isZero();
        assertThat(Files.readAllBytes(root.resolve(".dits/base"))[9]).isEqualTo((byte) 1);
    }

    @Test
    void commitsKeepWhatIsNotSelected() throws IOException {
        select("takes/**");
        write("takes/a.mov", "edited");
        write("takes/new/c.mov", "new");
        Files.delete(root.resolve("takes/b.txt"));
        assertThat(changes())
                .containsExactly(
                        "ADDED takes/new", "ADDED takes/new/c.mov", "DELETED takes/b.txt", "MODIFIED takes/a.mov");
        ObjectId before = repository.base().orElseThrow();
        ObjectId made = commit();
        Set<String> expected = files(repository, before);
        expected.remove("takes/b.txt");
        expected.add("takes/new/c.mov");
        assertThat(files(repository, made)).isEqualTo(expected);
        // Not only the same content: the same entries, with their times and permissions.
        for (String same : List.of("raw", "docs", "top.txt")) {
            assertThat(entry(made, same)).isEqualTo(entry(before, same));
        }
        assertThat(((FileEntry) entry(made, "takes/a.mov")).content().size()).isEqualTo(6);
        assertThat(changes()).isEmpty();
    }

    private TreeEntry entry(ObjectId commit, String path) throws IOException {
        TreeEntry found = new DirectoryTree(repository.objects())
                .resolve(repository.readCommit(commit).tree(), path(path));
        assertThat(found).as(path).isNotNull();
        return found;
    }

    @Test
    void whatDisappearedIsDeletedOnlyWhereItIsSelected() throws IOException {
        select("*.mov");
        Files.delete(root.resolve("takes/a.mov"));
        Files.delete(root.resolve("takes/raw/x.mov"));
        Files.delete(root.resolve("takes/raw"));
        Files.delete(root.resolve("takes"));
        assertThat(changes()).containsExactly("DELETED takes/a.mov", "DELETED takes/raw/x.mov");
        assertThat(files(repository, commit()))
                .containsExactly("docs/de/readme.txt", "raw/big.bin", "takes/b.txt", "top.txt");
        assertThat(changes()).isEmpty();
    }

    @Test
    void aNewFileThatIsNotSelectedIsNamedAndStaysOutOfCommits() throws IOException {
        select("/takes/");
        write("raw/mine.bin", "mine");
        write("elsewhere/mine.bin", "mine");
        write("top.txt", "mine");
        Status status = repository.status();
        assertThat(status.clean()).isTrue();
        assertThat(status.unselected()).containsExactly(path("elsewhere"), path("raw"), path("top.txt"));
        assertThat(status.unselectedCount()).isEqualTo(3);
        assertThat(repository.commit("m", "a", CommitProgress.NONE)).isEmpty();
        write("takes/a.mov", "edited");
        CommitResult made = result();
        assertThat(made.unselected()).containsExactly(path("elsewhere"), path("raw"), path("top.txt"));
        assertThat(files(repository, made.id())).hasSize(6).doesNotContain("elsewhere/mine.bin");

        // What is new there comes into the next commit as soon as it is selected, but never takes the place of a file
        // that nobody here has seen.
        select("/takes/", "/elsewhere/");
        assertThat(changes()).containsExactly("ADDED elsewhere", "ADDED elsewhere/mine.bin");
        assertThatExceptionOfType(LocalChangesException.class)
                .isThrownBy(() -> select())
                .satisfies(e -> assertThat(e.paths()).containsExactly("top.txt"))
                .withMessageContaining("move it away");
        assertThat(root.resolve("top.txt")).hasContent("mine");
        assertThat(repository.selection().globs()).containsExactly("/takes/", "/elsewhere/");
        Files.delete(root.resolve("top.txt"));
        select();
        assertThat(root.resolve("top.txt")).hasContent("top.txt");
        assertThat(root.resolve("raw/mine.bin")).hasContent("mine");
    }

    @Test
    void changesThatAreInNoCommitStayWhenTheSelectionIsNarrowed() throws IOException {
        write("takes/a.mov", "edited");
        write("takes/new.mov", "new");
        Files.delete(root.resolve("docs/de/readme.txt"));
        SelectReport report = select("/raw/");
        assertThat(report.kept())
                .containsExactly(path("docs/de/readme.txt"), path("takes/a.mov"), path("takes/new.mov"));
        assertThat(onDisk())
                .containsExactly("docs/", "docs/de/", "raw/", "raw/big.bin", "takes/", "takes/a.mov", "takes/new.mov");
        assertThat(root.resolve("takes/a.mov")).hasContent("edited");
        assertThat(changes())
                .containsExactly("ADDED takes/new.mov", "DELETED docs/de/readme.txt", "MODIFIED takes/a.mov");
        ObjectId made = commit();
        assertThat(files(repository, made))
                .contains("raw/big.bin", "takes/b.txt", "takes/new.mov", "takes/raw/x.mov", "top.txt")
                .doesNotContain("docs/de/readme.txt");
        // Committed, they go with the rest.
        assertThat(select("/raw/").kept()).isEmpty();
        assertThat(onDisk()).contains("raw/", "raw/big.bin").doesNotContain("takes/a.mov", "takes/new.mov");
        assertThat(repository.status().clean()).isTrue();
    }

    @Test
    void patternsThatNothingMatchesLeaveAnEmptyTree() throws IOException {
        write(".ditsignore", "*.tmp\n");
        commit();
        SelectReport report = select("tkaes/");
        assertThat(report.files()).isZero();
        assertThat(report.filesInAll()).isEqualTo(7);
        assertThat(onDisk()).containsExactly(".ditsignore");
        assertThat(repository.status().clean()).isTrue();
        assertThat(repository.commit("m", "a", CommitProgress.NONE)).isEmpty();
    }

    @Test
    void rulesOfWhatIsLeftOutComeAlong() throws IOException {
        write("takes/.ditsignore", "*.tmp\n");
        write(".ditsignore", "*.log\n");
        commit();
        select("takes/*.mov");
        write("takes/x.tmp", "");
        write("takes/x.log", "");
        assertThat(changes()).isEmpty();
        assertThat(repository.status().unselected()).isEmpty();
        assertThat(repository.status().ignoredCount()).isEqualTo(2);
    }

    @Test
    void nothingSelectedBeforeTheFirstCommitIsWrittenLater() throws IOException {
        try (Repository empty = Repository.init(temp.resolve("empty"), RepositoryOptions.defaults())) {
            assertThat(select(empty, "takes/").checkout()).isEmpty();
            Files.createDirectories(empty.root().resolve("takes"));
            Files.writeString(empty.root().resolve("takes/a"), "a");
            Files.writeString(empty.root().resolve("top"), "top");
            ObjectId made =
                    empty.commit("m", "a", CommitProgress.NONE).orElseThrow().id();
            assertThat(files(empty, made)).containsExactly("takes/a");
        }
    }

    // ---- what else looks at the tree ----

    @Test
    void checkoutsMergesAndResetsLeaveAloneWhatIsNotSelected() throws IOException {
        ObjectId first = repository.base().orElseThrow();
        write("raw/big.bin", "second");
        write("takes/a.mov", "second");
        write("docs/new.txt", "second");
        ObjectId second = commit();
        repository.checkout(first.toString(), WRITING);
        select("takes/");
        write("raw/big.bin", "the user's own");
        repository.checkout("main", WRITING);
        assertThat(root.resolve("takes/a.mov")).hasContent("second");
        assertThat(root.resolve("raw/big.bin")).hasContent("the user's own");
        assertThat(onDisk()).doesNotContain("docs/");
        repository.reset(first.toString(), ResetOptions.defaults());
        assertThat(root.resolve("takes/a.mov")).hasContent("takes/a.mov");
        assertThat(root.resolve("raw/big.bin")).hasContent("the user's own");

        // Of theirs, what is not selected is taken as it is.
        write("takes/b.txt", "ours");
        commit();
        MergeReport merged = repository.merge(second.toString(), MergeOptions.defaults());
        assertThat(merged.kind()).isEqualTo(MergeReport.Kind.MERGED);
        assertThat(entry(merged.commit(), "raw")).isEqualTo(entry(second, "raw"));
        assertThat(files(repository, merged.commit())).contains("docs/new.txt");
        assertThat(root.resolve("takes/b.txt")).hasContent("ours");
        assertThat(root.resolve("takes/a.mov")).hasContent("second");
        assertThat(root.resolve("raw/big.bin")).hasContent("the user's own");
        assertThat(repository.status().clean()).isTrue();
    }

    @Test
    void aFileThatIsNotSelectedAndThatBothHaveChangedIsThereTwice() throws IOException {
        ObjectId first = repository.base().orElseThrow();
        write("raw/big.bin", "theirs");
        ObjectId theirs = commit();
        repository.reset(first.toString(), ResetOptions.defaults());
        write("raw/big.bin", "ours");
        commit();
        select("takes/");
        MergeReport merged = repository.merge(theirs.toString(), MergeOptions.defaults());
        assertThat(merged.copies()).hasSize(1);
        assertThat(files(repository, merged.commit()))
                .contains("raw/big.bin", merged.copies().get(0).copy().display());
        assertThat(onDisk()).noneMatch(path -> path.startsWith("raw"));
        assertThat(repository.status().clean()).isTrue();
    }

    @Test
    void aBranchWithoutWhatIsSelectedHasAnEmptyTree() throws IOException {
        repository.createBranch("other", "HEAD");
        repository.checkout("other", WRITING);
        Files.delete(root.resolve("takes/a.mov"));
        Files.delete(root.resolve("takes/b.txt"));
        Files.delete(root.resolve("takes/raw/x.mov"));
        Files.delete(root.resolve("takes/raw"));
        Files.delete(root.resolve("takes"));
        commit();
        repository.checkout("main", WRITING);
        select("takes/");
        repository.checkout("other", WRITING);
        assertThat(onDisk()).isEmpty();
        assertThat(repository.status().clean()).isTrue();
        repository.checkout("main", WRITING);
        assertThat(onDisk()).hasSize(5);
    }

    @Test
    void diffAndRestoreLookAtWhatIsSelected() throws IOException {
        select("takes/*.txt", "/raw/");
        write("takes/b.txt", "edited");
        Files.delete(root.resolve("raw/big.bin"));
        List<String> differences = new ArrayList<>();
        repository.diffWorkingTree(
                repository.base().orElseThrow(),
                DiffOptions.defaults(),
                diff -> differences.add(diff.kind() + " " + diff.path()));
        assertThat(differences).containsExactly("DELETED raw/big.bin", "MODIFIED takes/b.txt");
        repository.restore(
                List.of(TreePath.ROOT), RestoreOptions.defaults().withUncommitted(RestoreOptions.Uncommitted.DISCARD));
        assertThat(onDisk()).containsExactly("raw/", "raw/big.bin", "takes/", "takes/b.txt");
        assertThatExceptionOfType(DitsException.class)
                .isThrownBy(() -> repository.restore(List.of(path("docs")), RestoreOptions.defaults()))
                .withMessageContaining("not selected");
        assertThatExceptionOfType(DitsException.class)
                .isThrownBy(() -> repository.restore(List.of(path("nowhere")), RestoreOptions.defaults()))
                .withMessageContaining("there is no nowhere");
        assertThat(onDisk()).containsExactly("raw/", "raw/big.bin", "takes/", "takes/b.txt");
    }

    @Test
    void aCommitOfSomePathsPassesOverWhatIsNotSelected() throws IOException {
        select("takes/*.mov");
        write("takes/a.mov", "edited");
        write("takes/b.txt", "the user's own");
        write("raw/mine", "the user's own");
        ObjectId made = repository
                .commit(List.of(path("takes"), path("raw"), path("top.txt")), "m", "a", CommitProgress.NONE)
                .orElseThrow()
                .id();
        assertThat(((FileEntry) entry(made, "takes/a.mov")).content().size()).isEqualTo(6);
        assertThat(((FileEntry) entry(made, "takes/b.txt")).content().size()).isEqualTo(11);
        assertThat(files(repository, made)).hasSize(6);
    }

    @Test
    void fsckAndGcKeepWhatIsNotSelected() throws IOException {
        select("takes/");
        write("takes/a.mov", "edited");
        commit();
        repository.gc();
        assertThat(repository.fsck(bytes -> {}).clean()).isTrue();
        select();
        assertThat(root.resolve("raw/big.bin")).hasContent("raw/big.bin");
    }

    // ---- at the border ----

    @Test
    void filesAndDirectoriesThatTakeEachOthersPlace() throws IOException {
        select("takes/**");
        // A file in the place of a directory of which a part is selected: what is selected of it is gone, the file is
        // nobody's.
        Path takes = root.resolve("takes");
        Files.move(takes, temp.resolve("aside"));
        Files.writeString(takes, "a file");
        assertThat(repository.status().unselected()).containsExactly(path("takes"));
        assertThat(changes()).containsExactly("DELETED takes/a.mov", "DELETED takes/b.txt", "DELETED takes/raw");
        Files.delete(takes);
        Files.move(temp.resolve("aside"), takes);
        assertThat(changes()).isEmpty();

        // A directory in the place of a file that is not selected.
        select("*.mov");
        Files.createDirectories(root.resolve("top.txt"));
        Files.writeString(root.resolve("top.txt/in.mov"), "new");
        assertThat(changes()).isEmpty();
        assertThat(repository.status().unselected()).containsExactly(path("top.txt"));
        assertThat(repository.commit("m", "a", CommitProgress.NONE)).isEmpty();
        Files.delete(root.resolve("top.txt/in.mov"));
        Files.delete(root.resolve("top.txt"));

        // A directory in the place of a file that is selected, with something in it that is, and something that is not.
        Files.delete(root.resolve("takes/a.mov"));
        write("takes/a.mov/in", "new");
        assertThat(changes()).containsExactly("ADDED takes/a.mov/in", "TYPE_CHANGED takes/a.mov");
        assertThat(files(repository, commit()))
                .contains("takes/a.mov/in", "takes/b.txt")
                .hasSize(6);
    }

    @Test
    void linksAreNotFollowed() throws IOException {
        select("takes/**");
        Path elsewhere = Files.createDirectories(temp.resolve("elsewhere"));
        Files.move(root.resolve("takes"), temp.resolve("aside"));
        Files.createSymbolicLink(root.resolve("takes"), elsewhere);
        assertThat(select("takes/**", "docs/**", "!takes/b.txt").kept()).containsExactly(path("takes/b.txt"));
        assertThat(root.resolve("docs/de/readme.txt")).exists();
        select("takes/**");
        assertThat(elsewhere).isEmptyDirectory();
        assertThat(repository.status().unselected()).containsExactly(path("takes"));
        Files.delete(root.resolve("takes"));
        Files.move(temp.resolve("aside"), root.resolve("takes"));
        Files.createSymbolicLink(root.resolve("docs"), elsewhere);
        assertThatExceptionOfType(LocalChangesException.class).isThrownBy(() -> select("takes/**", "docs/**"));
        assertThat(elsewhere).isEmptyDirectory();
        assertThat(changes()).isEmpty();
    }

    @Test
    void aTypeChangesWhereOnlyOneOfBothIsSelected() throws IOException {
        ObjectId first = repository.base().orElseThrow();
        Files.delete(root.resolve("top.txt"));
        write("top.txt/in.mov", "in");
        Files.delete(root.resolve("takes/a.mov"));
        write("takes/a.mov/in.txt", "in");
        ObjectId second = commit();
        repository.checkout(first.toString(), WRITING);
        select("*.mov");
        assertThat(onDisk()).containsExactly("takes/", "takes/a.mov", "takes/raw/", "takes/raw/x.mov");
        repository.checkout(second.toString(), WRITING);
        assertThat(onDisk())
                .containsExactly(
                        "takes/",
                        "takes/a.mov/",
                        "takes/a.mov/in.txt",
                        "takes/raw/",
                        "takes/raw/x.mov",
                        "top.txt/",
                        "top.txt/in.mov");
        repository.checkout(first.toString(), WRITING);
        assertThat(onDisk()).containsExactly("takes/", "takes/a.mov", "takes/raw/", "takes/raw/x.mov");
        assertThat(repository.status().clean()).isTrue();
    }

    // ---- what is on disk ----

    @Test
    void theStateOfASelectionIsKept() throws IOException {
        BaseState state = BaseState.NONE
                .on(ObjectId.ofWords(1, 2, 3, 4), new TreeSet<>())
                .withSelection(new SelectionState(
                                Selection.of(List.of("takes/", "!*.tmp")), new PathSet(List.of(path("raw/mine"))), null)
                        .withNext(new SelectionState(Selection.all(), PathSet.NONE, null)));
        Path golden = Path.of("src/test/resources/golden/base-partial.hex");
        if (Boolean.getBoolean("dits.golden.write")) {
            Files.writeString(golden, Trees.hex(state.encode()) + "\n");
        }
        byte[] bytes =
                java.util.HexFormat.of().parseHex(Files.readString(golden).strip());
        assertThat(state.encode()).isEqualTo(bytes);
        assertThat(BaseState.parse(bytes).selection()).isEqualTo(state.selection());
    }

    @Test
    void aDamagedSelectionIsSaidAndNothingIsTouched() throws IOException {
        select("takes/");
        Path base = root.resolve(".dits/base");
        byte[] good = Files.readAllBytes(base);
        int at = new String(good, StandardCharsets.ISO_8859_1).indexOf("takes/");
        byte[] bad = good.clone();
        bad[at] = '\n';
        Files.write(base, bad);
        for (org.assertj.core.api.ThrowableAssert.ThrowingCallable call :
                List.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
                        () -> repository.status(),
                        () -> commit(),
                        () -> select("raw/"),
                        () -> repository.selection())) {
            assertThatExceptionOfType(CorruptObjectException.class)
                    .isThrownBy(call)
                    .withMessageContaining(".dits/base");
        }
        byte[] newer = good.clone();
        newer[9] = 3;
        Files.write(base, newer);
        assertThatExceptionOfType(UnsupportedFormatException.class).isThrownBy(() -> repository.status());
        Files.write(base, good);
        assertThat(onDisk()).hasSize(5);
        assertThat(repository.status().clean()).isTrue();
    }

    @Test
    void twoAtOnceComeOneAfterTheOther() throws Exception {
        try (Repository other = Repository.open(root, RepositoryOptions.defaults())) {
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 10; i++) {
                    try {
                        add(other, "raw/");
                        add(other, "docs/");
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            });
            select("/none");
            thread.start();
            for (int i = 0; i < 10; i++) {
                add(repository, "takes/");
                add(repository, "/top.txt");
            }
            thread.join();
        }
        assertThat(repository.selection().globs())
                .containsExactlyInAnyOrder("/none", "raw/", "docs/", "takes/", "/top.txt");
        assertThat(onDisk()).hasSize(11);
        assertThat(repository.status().clean()).isTrue();
    }

    private static void add(Repository repository, String glob) throws IOException {
        repository.select(
                before -> {
                    List<String> globs = new ArrayList<>(before.globs());
                    if (!globs.contains(glob)) {
                        globs.add(glob);
                    }
                    return Selection.of(globs);
                },
                WRITING);
    }

    @Test
    void aLaggingTreeIsSelectedOfWhereItStands() throws IOException {
        ObjectId first = repository.base().orElseThrow();
        write("takes/a.mov", "pushed");
        write("raw/big.bin", "pushed");
        ObjectId pushed = commit();
        repository.updateRef(MAIN, pushed, first);
        repository.follow(WRITING);
        select("takes/");
        repository.updateRef(MAIN, first, pushed);
        select("takes/", "raw/");
        assertThat(root.resolve("raw/big.bin")).hasContent("raw/big.bin");
        assertThat(repository.follow(WRITING)).isPresent();
        assertThat(root.resolve("raw/big.bin")).hasContent("pushed");
        assertThat(onDisk()).doesNotContain("top.txt");
    }

    @Test
    void whatAnInterruptedSelectionHasNotWrittenCountsAsThere() throws IOException {
        // As a kill leaves it: half of what goes is gone, half of what comes is there.
        select("takes/**", "raw/**");
        BaseState state = BaseState.read(root.resolve(".dits/base"));
        SelectionState next =
                new SelectionState(Selection.of(List.of("takes/**", "docs/**", "/top.txt")), PathSet.NONE, null);
        Files.write(
                root.resolve(".dits/base"),
                state.withSelection(state.selection().withNext(next)).encode());
        Files.delete(root.resolve("raw/big.bin"));
        Files.delete(root.resolve("raw"));
        write("top.txt", "top.txt");
        write("takes/a.mov", "edited");
        assertThat(repository.unfinishedSelection()).contains(next.selection());
        assertThat(changes()).containsExactly("MODIFIED takes/a.mov");
        assertThat(repository.status().unselected()).containsExactly(path("top.txt"));
        assertThat(files(repository, commit())).hasSize(6);
        assertThat(repository.unfinishedSelection()).contains(next.selection());
        // Whatever writes to the tree next finishes it first.
        repository.checkout("main", WRITING);
        assertThat(repository.unfinishedSelection()).isEmpty();
        assertThat(repository.selection()).isEqualTo(next.selection());
        assertThat(onDisk())
                .containsExactly(
                        "docs/",
                        "docs/de/",
                        "docs/de/readme.txt",
                        "takes/",
                        "takes/a.mov",
                        "takes/b.txt",
                        "takes/raw/",
                        "takes/raw/x.mov",
                        "top.txt");
        assertThat(changes()).isEmpty();
    }

    @Test
    void anInterruptedSelectionIsTakenBack() throws IOException {
        BaseState state = BaseState.read(root.resolve(".dits/base"));
        SelectionState next = new SelectionState(Selection.of(List.of("takes/**")), PathSet.NONE, null);
        Files.write(
                root.resolve(".dits/base"),
                state.withSelection(state.selection().withNext(next)).encode());
        Files.delete(root.resolve("raw/big.bin"));
        write("top.txt", "edited meanwhile");
        SelectReport report = select("raw/**", "docs/**");
        assertThat(report.kept()).containsExactly(path("top.txt"));
        assertThat(onDisk())
                .containsExactly("docs/", "docs/de/", "docs/de/readme.txt", "raw/", "raw/big.bin", "top.txt");
        assertThat(changes()).containsExactly("MODIFIED top.txt");
    }
}
