package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.BranchMovedException;
import dev.dits.error.DitsException;
import dev.dits.error.LocalChangesException;
import dev.dits.error.RepositoryBusyException;
import dev.dits.error.RepositoryNotFoundException;
import dev.dits.object.DirectoryTree;
import dev.dits.object.ObjectId;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import dev.dits.store.FileLocks;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepositoryTest {
    /** A minute later each time it is asked. */
    static final class StepClock extends Clock {
        private Instant now = Instant.parse("2026-01-01T00:00:00Z");

        @Override
        public ZoneId getZone() {
            return ZoneOffset.ofHours(2);
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public synchronized Instant instant() {
            now = now.plusSeconds(60);
            return now;
        }
    }

    @TempDir
    Path temp;

    Path work;
    RepositoryOptions options;
    Repository repository;

    @BeforeEach
    void make() throws IOException {
        work = temp.resolve("work");
        options = RepositoryOptions.defaults()
                .withAuthor("Ada")
                .withClock(new StepClock())
                .withLockTimeout(Duration.ZERO);
        repository = Repository.init(work, options);
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

    private ObjectId commit(String message) throws IOException {
        return repository
                .commit(message, null, CommitProgress.NONE)
                .orElseThrow()
                .id();
    }

    private List<String> changes() throws IOException {
        return repository.status().changes().stream()
                .map(change -> change.kind() + " " + change.path())
                .toList();
    }

    private CheckoutReport checkout(String revision) throws IOException {
        return repository.checkout(revision, CheckoutOptions.defaults());
    }

    @Test
    void everythingAwkwardComesBackAsItWas() throws IOException {
        Trees.awkward(work);
        Map<String, String> before = Trees.describe(work);
        assertThat(before).hasSizeGreaterThan(120);

        CommitResult result =
                repository.commit("All of it", null, CommitProgress.NONE).orElseThrow();
        assertThat(repository.status().clean()).isTrue();
        assertThat(Trees.describe(work)).isEqualTo(before);

        Path other = temp.resolve("other");
        // Another repository that reads the first one's objects, as a mount reads a share's.
        try (Repository mount = Repository.init(other, options.withSources(List.of(repository.store())))) {
            CheckoutReport report = mount.updateWorkingTree(result.id(), CheckoutOptions.defaults());
            assertThat(report.refused()).isEmpty();
            assertThat(report.kept()).isEmpty();
            assertThat(Trees.describe(other)).isEqualTo(before);
            assertThat(mount.status().clean()).isTrue();
            assertThat(mount.status().behind()).isZero();
        }
    }

    @Test
    void statusTellsWhatDiffers() throws IOException {
        write("a", "1");
        write("b", "2");
        write("c/d", "3");
        write("e", "4");
        write("m", "5");
        assertThat(changes()).containsExactly("ADDED a", "ADDED b", "ADDED c", "ADDED c/d", "ADDED e", "ADDED m");
        commit("one");
        assertThat(changes()).isEmpty();

        write("a", "x");
        Files.delete(work.resolve("b"));
        Files.delete(work.resolve("c/d"));
        Files.delete(work.resolve("c"));
        Files.delete(work.resolve("e"));
        Files.createSymbolicLink(work.resolve("e"), Path.of("a"));
        Files.setPosixFilePermissions(work.resolve("m"), SafeDirectory.permissions(0700));
        write("new", "");
        assertThat(changes())
                .containsExactly(
                        "MODIFIED a", "DELETED b", "DELETED c", "TYPE_CHANGED e", "MODE_CHANGED m", "ADDED new");
        assertThat(repository.status().changeCount()).isEqualTo(6);
    }

    @Test
    void aTouchedFileIsNoChange() throws IOException {
        write("d/a", "1");
        commit("one");
        Files.setLastModifiedTime(work.resolve("d/a"), FileTime.fromMillis(0));
        Files.setLastModifiedTime(work.resolve("d"), FileTime.fromMillis(0));
        assertThat(changes()).isEmpty();
        assertThat(repository.commit("nothing", null, CommitProgress.NONE)).isEmpty();
    }

    @Test
    void aFileOfTheSameSizeAndTimeIsStillSeenToDiffer() throws IOException {
        write("a", "one");
        FileTime time = Files.getLastModifiedTime(work.resolve("a"));
        commit("one");
        write("a", "two");
        Files.setLastModifiedTime(work.resolve("a"), time);
        assertThat(changes()).containsExactly("MODIFIED a");
    }

    @Test
    void unchangedFilesAreNotReadAgain() throws IOException {
        write("a", "content");
        commit("one");
        repository.status();
        Path cache = work.resolve(".dits");
        FileStat stat = FileStat.of(work.resolve("a"));
        // The commit's own cache vouches for the file unless it was written in the same tick of the clock.
        for (int i = 0; i < 1_000; i++) {
            try (StatCache.Cursor cursor = StatCache.open(cache).cursor()) {
                if (cursor.find("a".getBytes(StandardCharsets.UTF_8), stat) != null) {
                    return;
                }
            }
            repository.status();
        }
        throw new AssertionError("the stat cache never vouched for an unchanged file");
    }

    @Test
    void aDamagedStatCacheCostsNothingButTime() throws IOException {
        write("a", "1");
        commit("one");
        Path cache = work.resolve(".dits/index");
        byte[] good = Files.readAllBytes(cache);
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 0x10;
            Files.write(cache, bad);
            assertThat(changes()).isEmpty();
        }
        Files.write(cache, new byte[0]);
        assertThat(changes()).isEmpty();
    }

    @Test
    void anEmptyRepositoryWaitsForItsFirstCommit() throws IOException {
        assertThat(repository.commit("none", null, CommitProgress.NONE)).isEmpty();
        assertThat(repository.head()).isEmpty();
        assertThatThrownBy(() -> repository.resolve("HEAD")).isInstanceOf(DitsException.class);
        assertThat(repository.status().clean()).isTrue();
    }

    @Test
    void branchesLogAndRevisions() throws IOException {
        write("a", "1");
        ObjectId one = commit("one");
        write("a", "2");
        ObjectId two = commit("two");
        repository.createBranch("side/one", "HEAD~1");
        repository.createTag("v1", "HEAD~", "");
        repository.createTag("v2", "main", "a tag that says more");
        repository.updateRef(RefName.remote("origin", "main"), null, one);

        assertThat(repository.branches().keySet())
                .extracting(RefName::shortName)
                .containsExactly("main", "side/one");
        assertThat(repository.log("HEAD", 10)).extracting(LogEntry::id).containsExactly(two, one);
        assertThat(repository.log("HEAD", 1)).hasSize(1);
        assertThat(repository.log("HEAD", 10).get(0).commit().author()).isEqualTo("Ada");
        assertThat(repository.log("HEAD", 10).get(0).commit().time().offsetMinutes())
                .isEqualTo(120);
        for (String revision : List.of(
                "HEAD~1",
                "@^",
                "side/one",
                "v1",
                "origin/main",
                "refs/tags/v1",
                "main~",
                "HEAD^1",
                one.toString(),
                one.abbreviated(),
                one.toString().substring(0, 6))) {
            assertThat(repository.resolve(revision)).as(revision).isEqualTo(one);
        }
        assertThat(repository.resolve("v2")).isEqualTo(two);
        assertThat(repository.resolve("v2^0")).isEqualTo(two);
        for (String revision : List.of(
                "HEAD~2",
                "HEAD^2",
                "nothing",
                one.toString().substring(0, 5),
                "",
                "HEAD~x",
                "HEAD~9999999",
                "f".repeat(64),
                "../x",
                "a\nb")) {
            assertThatThrownBy(() -> repository.resolve(revision)).as(revision).isInstanceOf(DitsException.class);
        }
        assertThatThrownBy(() -> repository.createBranch("side", "HEAD")).isInstanceOf(DitsException.class);
        assertThatThrownBy(() -> repository.createBranch("main/x", "HEAD")).isInstanceOf(DitsException.class);
        assertThatThrownBy(() -> repository.createBranch("main", "HEAD")).isInstanceOf(BranchMovedException.class);
        assertThatThrownBy(() -> repository.deleteBranch("main")).isInstanceOf(DitsException.class);
        repository.deleteBranch("side/one");
        repository.deleteTag("v1");
        assertThat(repository.branches()).hasSize(1);
        repository.createBranch("side", "HEAD");
    }

    @Test
    void checkoutGoesBackAndForth() throws IOException {
        Trees.awkward(work);
        commit("one");
        Map<String, String> first = Trees.describe(work);
        Files.delete(work.resolve("link"));
        write("link/is/now/a/directory", "x");
        write("small.txt", "changed");
        Files.setPosixFilePermissions(work.resolve("a-directory"), SafeDirectory.permissions(0700));
        Files.delete(work.resolve("a-directory/empty-one"));
        write("added/file", "y");
        Trees.unlock(work.resolve("locked"));
        write("locked/more", "z");
        Files.delete(work.resolve("run.sh"));
        ObjectId two = commit("two");
        Map<String, String> second = Trees.describe(work);

        repository.createBranch("old", "HEAD~1");
        assertThat(checkout("old").kept()).isEmpty();
        assertThat(Trees.describe(work)).isEqualTo(first);
        assertThat(changes()).isEmpty();
        assertThat(repository.currentBranch()).contains(RefName.branch("old"));
        checkout("main");
        assertThat(Trees.describe(work)).isEqualTo(second);
        assertThat(changes()).isEmpty();
        checkout(two + "~1");
        assertThat(repository.currentBranch()).isEmpty();
        assertThat(Trees.describe(work)).isEqualTo(first);
        assertThat(changes()).isEmpty();
        assertThat(Files.list(work.resolve(".dits/tmp"))).isEmpty();
    }

    @Test
    void localChangesAreNeverOverwritten() throws IOException {
        write("a", "1");
        write("b", "1");
        write("d/x", "1");
        commit("one");
        write("a", "2");
        Files.delete(work.resolve("d/x"));
        Files.delete(work.resolve("d"));
        write("new", "2");
        commit("two");
        checkout("HEAD~1");

        write("a", "mine");
        write("new", "mine");
        write("d/x", "mine");
        assertThatThrownBy(() -> checkout("main"))
                .isInstanceOfSatisfying(
                        LocalChangesException.class, e -> assertThat(e.paths()).containsExactly("a", "d/x", "new"));
        assertThat(read("a")).isEqualTo("mine");
        assertThat(read("d/x")).isEqualTo("mine");
        assertThat(repository.status().unfinished()).isEmpty();

        // What does not meet stays.
        write("a", "1");
        write("d/x", "1");
        Files.delete(work.resolve("new"));
        write("b", "mine");
        write("d/untracked", "mine");
        write("other", "mine");
        checkout("main");
        assertThat(read("a")).isEqualTo("2");
        assertThat(read("b")).isEqualTo("mine");
        assertThat(work.resolve("d/x")).doesNotExist();
        assertThat(changes()).containsExactly("MODIFIED b", "ADDED d", "ADDED d/untracked", "ADDED other");
    }

    @Test
    void whatIsRightAlreadyIsNotInTheWay() throws IOException {
        write("a", "1");
        commit("one");
        write("a", "2");
        write("new", "same");
        commit("two");
        checkout("HEAD~1");
        write("a", "2");
        write("new", "same");
        CheckoutReport report = checkout("main");
        assertThat(report.filesWritten()).isZero();
        assertThat(changes()).isEmpty();
    }

    @Test
    void aDirectoryWithUnknownFilesIsNotReplacedByAFile() throws IOException {
        write("d/x", "1");
        commit("one");
        Files.delete(work.resolve("d/x"));
        Files.delete(work.resolve("d"));
        write("d", "a file now");
        commit("two");
        checkout("HEAD~1");
        write("d/y", "mine");
        assertThatThrownBy(() -> checkout("main")).isInstanceOf(LocalChangesException.class);
        assertThat(read("d/x")).isEqualTo("1");
        Files.delete(work.resolve("d/y"));
        checkout("main");
        assertThat(read("d")).isEqualTo("a file now");
    }

    @Test
    void nothingIsWrittenThroughALink() throws IOException {
        write("d/x", "1");
        commit("one");
        write("d/x", "2");
        write("d/y", "2");
        commit("two");
        checkout("HEAD~1");
        Path outside = temp.resolve("outside");
        Files.createDirectories(outside);
        Files.writeString(outside.resolve("x"), "1");
        Files.delete(work.resolve("d/x"));
        Files.delete(work.resolve("d"));
        Files.createSymbolicLink(work.resolve("d"), outside);
        assertThatThrownBy(() -> checkout("main")).isInstanceOf(LocalChangesException.class);
        assertThat(Files.readString(outside.resolve("x"))).isEqualTo("1");
        assertThat(outside.resolve("y")).doesNotExist();
    }

    @Test
    void linksThatAreNotWrittenDoNotCountAsDeleted() throws IOException {
        write("a", "1");
        Files.createSymbolicLink(work.resolve("inside"), Path.of("a"));
        Files.createSymbolicLink(work.resolve("outside"), Path.of("/etc"));
        ObjectId one = commit("one");
        Path other = temp.resolve("other");
        try (Repository mount = Repository.init(other, options.withSources(List.of(repository.store())))) {
            CheckoutReport report =
                    mount.checkout(one.toString(), CheckoutOptions.defaults().withLinks(LinkPolicy.INSIDE_ONLY));
            assertThat(report.refused()).extracting(r -> r.path().display()).containsExactly("outside");
            assertThat(other.resolve("outside")).doesNotExist();
            assertThat(Files.isSymbolicLink(other.resolve("inside"))).isTrue();
            assertThat(mount.status().clean()).isTrue();
            assertThat(mount.status().heldCount()).isEqualTo(1);
            Files.writeString(other.resolve("b"), "2");
            CommitResult two = mount.commit("two", null, CommitProgress.NONE).orElseThrow();
            TreeEntry entry = new DirectoryTree(mount.objects())
                    .resolve(mount.readCommit(two.id()).tree(), TreePath.ofUtf8("outside"));
            assertThat(entry).isNotNull();
        }
    }

    @Test
    void whatIsIgnoredStaysOutUnlessItIsTracked() throws IOException {
        write("tracked.log", "1");
        commit("one");
        write(".ditsignore", "*.log\nbuild/\n!keep.log\n");
        write("other.log", "1");
        write("keep.log", "1");
        write("build/out", "1");
        write("sub/.ditsignore", "!deep.log\n");
        write("sub/deep.log", "1");
        write("sub/shallow.log", "1");
        write(".git/config", "1");
        assertThat(changes())
                .containsExactly(
                        "ADDED .ditsignore",
                        "ADDED keep.log",
                        "ADDED sub",
                        "ADDED sub/.ditsignore",
                        "ADDED sub/deep.log");
        assertThat(repository.status().ignoredCount()).isEqualTo(3);
        write("tracked.log", "2");
        assertThat(changes()).contains("MODIFIED tracked.log");
    }

    @Test
    void anotherDirectoryIsNoRepository() throws IOException {
        Path plain = temp.resolve("plain");
        Files.createDirectories(plain);
        assertThatThrownBy(() -> Repository.open(plain, options))
                .isInstanceOf(RepositoryNotFoundException.class)
                .hasMessageContaining("dits init");
        assertThatThrownBy(() -> Repository.find(plain)).isInstanceOf(RepositoryNotFoundException.class);
        assertThatThrownBy(() -> Repository.init(work, options)).isInstanceOf(DitsException.class);
        write("a/b/c", "1");
        assertThat(Repository.find(work.resolve("a/b"))).isEqualTo(work.toRealPath());
        assertThat(repository.id()).hasSize(32);
        try (Repository again = Repository.open(work, options)) {
            assertThat(again.id()).isEqualTo(repository.id());
        }
    }

    @Test
    void configurationIsKept() throws IOException {
        repository.configure(Map.of("remote.origin.name", Optional.of(" a\\b\nc ")));
        try (Repository again = Repository.open(work, options)) {
            assertThat(again.config().get("remote.origin.name")).contains(" a\\b\nc ");
            assertThat(again.config().author()).contains("Ada");
            again.configure(Map.of("remote.origin.name", Optional.empty()));
        }
        repository.configure(Map.of("x", Optional.of("y")));
        assertThat(repository.config().get("remote.origin.name")).isEmpty();
        assertThatThrownBy(() -> repository.configure(Map.of("core.id", Optional.of("0"))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void twoInstancesTakeTurns() throws IOException {
        write("a", "1");
        try (Repository other = Repository.open(work, options)) {
            ObjectId one = commit("one");
            assertThat(other.head()).contains(one);
            write("a", "2");
            ObjectId two =
                    other.commit("two", null, CommitProgress.NONE).orElseThrow().id();
            write("a", "3");
            ObjectId three = commit("three");
            assertThat(other.log("HEAD", 9)).extracting(LogEntry::id).containsExactly(three, two, one);
            try (FileLocks.Held held = FileLocks.tryLock(work.resolve(".dits/tree.lock"), false)) {
                assertThat(held).isNotNull();
                write("a", "4");
                assertThatThrownBy(() -> commit("busy")).isInstanceOf(RepositoryBusyException.class);
                assertThat(changes()).containsExactly("MODIFIED a");
            }
        }
    }

    @Test
    void aBranchThatMovedIsNotOverwritten() throws IOException {
        write("a", "1");
        ObjectId one = commit("one");
        write("a", "2");
        ObjectId two = commit("two");
        checkout(one.toString());
        repository.updateRef(RefName.branch("main"), two, one);
        checkout("main");
        // Somebody pushes while the tree stands on the old commit.
        long generation = repository.refsGeneration();
        repository.updateRef(RefName.branch("main"), one, two);
        assertThat(repository.refsGeneration()).isNotEqualTo(generation);
        assertThat(repository.status().behind()).isEqualTo(1);
        assertThat(repository.status().clean()).isTrue();
        write("b", "mine");
        ObjectId three = commit("three");
        assertThat(repository.readCommit(three).parents()).containsExactly(one);
        ObjectId merged = repository.head().orElseThrow();
        assertThat(repository.readCommit(merged).parents()).containsExactly(three, two);
        checkout("main");
        assertThat(read("b")).isEqualTo("mine");
        assertThat(read("a")).isEqualTo("2");
    }

    @Test
    void anInterruptedCheckoutIsRepeated() throws IOException {
        Trees.awkward(work);
        commit("one");
        Map<String, String> first = Trees.describe(work);
        for (int i = 0; i < 40; i++) {
            write("more/" + i % 4 + "/" + i, "x" + i);
        }
        write("small.txt", "changed");
        ObjectId two = commit("two");
        Map<String, String> second = Trees.describe(work);
        int[] count = new int[1];
        java.util.concurrent.ExecutorService pool = java.util.concurrent.Executors.newSingleThreadExecutor();
        for (int stop = 0; stop < 40; stop += 3) {
            int limit = stop;
            checkout("HEAD~1");
            assertThat(Trees.describe(work)).isEqualTo(first);
            count[0] = 0;
            FileSource local = WorkTreeWriter.fromObjects(repository.objects(), pool);
            FileSource failing = (path, content, part) -> {
                if (count[0]++ == limit) {
                    throw new IOException("cut");
                }
                return local.fill(path, content, part);
            };
            assertThatThrownBy(() -> repository.checkout(
                            "main", CheckoutOptions.defaults().withSource(failing)))
                    .hasMessageContaining("cut");
            assertThat(repository.status().unfinished()).contains(two);
            assertThatThrownBy(() -> commit("no"))
                    .isInstanceOf(DitsException.class)
                    .hasMessageContaining("interrupted");
            if (stop % 2 == 0) {
                // Back, instead of on.
                checkout(two + "~1");
                assertThat(Trees.describe(work)).isEqualTo(first);
                assertThat(changes()).isEmpty();
            }
            checkout("main");
            assertThat(Trees.describe(work)).isEqualTo(second);
            assertThat(changes()).isEmpty();
            assertThat(repository.status().unfinished()).isEmpty();
        }
        pool.shutdown();
    }

    @Test
    void writesIntoAReplacedFileAreKept() throws IOException {
        write("a.txt", "1");
        commit("one");
        write("a.txt", "2");
        commit("two");
        checkout("HEAD~1");
        try (FileChannel open = FileChannel.open(work.resolve("a.txt"), StandardOpenOption.WRITE)) {
            FileSource source = (path, content, part) -> {
                part.write(0, java.nio.ByteBuffer.wrap("2".getBytes(StandardCharsets.UTF_8)));
                return java.util.concurrent.CompletableFuture.completedFuture(null);
            };
            // Between the check and the rename, a program that has the file open writes into it.
            FileSource racing = (path, content, part) -> {
                java.util.concurrent.CompletionStage<?> stage = source.fill(path, content, part);
                open.write(java.nio.ByteBuffer.wrap("mine".getBytes(StandardCharsets.UTF_8)), 0);
                return stage;
            };
            CheckoutReport report =
                    repository.checkout("main", CheckoutOptions.defaults().withSource(racing));
            assertThat(report.kept()).extracting(TreePath::display).containsExactly("a.txt");
            assertThat(read("a.txt")).isEqualTo("mine");
            assertThat(report.conflictCopies())
                    .singleElement()
                    .satisfies(copy -> assertThat(read(copy.display())).isEqualTo("2"));
        }
        // The next commit has both: it must not seem that somebody knew the other's version and wrote over it.
        assertThat(changes()).hasSize(2).contains("MODIFIED a.txt").anyMatch(change -> change.startsWith("ADDED a ("));
    }

    /** Checks the second commit out, and does something as soon as the first of its files is under way. */
    private CheckoutReport checkoutWhile(Races what) throws IOException {
        java.util.concurrent.ExecutorService pool = java.util.concurrent.Executors.newSingleThreadExecutor();
        FileSource local = WorkTreeWriter.fromObjects(repository.objects(), pool);
        boolean[] done = new boolean[1];
        try {
            return repository.checkout("main", CheckoutOptions.defaults().withSource((path, content, part) -> {
                if (!done[0]) {
                    done[0] = true;
                    what.race();
                }
                return local.fill(path, content, part);
            }));
        } finally {
            pool.shutdown();
        }
    }

    private interface Races {
        void race() throws IOException;
    }

    @Test
    void aDirectoryThatComesInTheWayOfAFileLeavesBoth() throws IOException {
        write("first", "1");
        commit("one");
        write("first", "2");
        write("late", "theirs");
        commit("two");
        checkout("HEAD~1");
        CheckoutReport report = checkoutWhile(() -> write("late/mine", "mine"));
        assertThat(read("late/mine")).isEqualTo("mine");
        assertThat(report.conflictCopies())
                .singleElement()
                .satisfies(copy -> assertThat(read(copy.display())).isEqualTo("theirs"));
    }

    @Test
    void aFileThatComesInTheWayOfADirectoryLeavesBoth() throws IOException {
        write("first", "1");
        write("late/there", "1");
        commit("one");
        write("first", "2");
        write("late/there", "2");
        commit("two");
        checkout("HEAD~1");
        CheckoutReport report = checkoutWhile(() -> {
            Files.delete(work.resolve("late/there"));
            Files.delete(work.resolve("late"));
            write("late", "mine");
        });
        assertThat(read("late/there")).isEqualTo("2");
        assertThat(report.conflictCopies())
                .singleElement()
                .satisfies(copy -> assertThat(read(copy.display())).isEqualTo("mine"));
    }

    @Test
    void whatIsDeletedWhileItsNextVersionComesComesBackAsThat() throws IOException {
        write("first", "1");
        write("late", "1");
        commit("one");
        write("first", "2");
        write("late", "2");
        commit("two");
        checkout("HEAD~1");
        checkoutWhile(() -> Files.delete(work.resolve("late")));
        assertThat(read("late")).isEqualTo("2");
        assertThat(changes()).isEmpty();
    }

    @Test
    void aFileThatKeepsChangingIsRefusedByName() throws IOException {
        write("growing", "x");
        ContentReader reader =
                new ContentReader(new dev.dits.chunk.Chunker(dev.dits.chunk.ChunkProfile.DEFAULT), Runnable::run, 1);
        Path file = work.resolve("growing");
        int[] rounds = new int[1];
        try (dev.dits.store.StoreWriter writer = repository.store().newWriter()) {
            ContentReader.Counter grow = (bytes, newBytes) -> {
                rounds[0]++;
                try {
                    Files.writeString(file, "more", StandardOpenOption.APPEND);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            };
            assertThatThrownBy(() -> reader.store(
                            "growing".getBytes(StandardCharsets.UTF_8),
                            file,
                            FileStat.of(file),
                            ContentReader.ATTEMPTS_MAX,
                            writer,
                            grow))
                    .isInstanceOf(DitsException.class)
                    .hasMessageContaining("growing");
        }
        assertThat(rounds[0]).isEqualTo(ContentReader.ATTEMPTS_MAX);
    }

    @Test
    void manySmallFiles() throws IOException {
        Trees.small(work, 10_000, 7);
        CommitResult one = repository.commit("many", null, CommitProgress.NONE).orElseThrow();
        assertThat(one.files()).isEqualTo(10_000);
        Map<String, String> before = Trees.describe(work);
        Path other = temp.resolve("other");
        try (Repository mount = Repository.init(other, options.withSources(List.of(repository.store())))) {
            mount.updateWorkingTree(one.id(), CheckoutOptions.defaults());
            assertThat(Trees.describe(other)).isEqualTo(before);
        }
        write("dir1/file1", "edited");
        CommitResult two = repository.commit("edit", null, CommitProgress.NONE).orElseThrow();
        assertThat(two.newBytes()).isEqualTo(6);
    }

    @Test
    void garbageGoesAndWhatIsNamedStays() throws IOException {
        Files.write(work.resolve("a"), Trees.random(1, 900_000));
        ObjectId one = commit("one");
        repository.createBranch("side", "HEAD");
        checkout("side");
        Files.write(work.resolve("b"), Trees.random(2, 900_000));
        ObjectId two = commit("two");
        checkout("main");
        repository.keep("transfer-1", List.of(two));
        repository.deleteBranch("side");
        repository.gc();
        assertThat(repository.objects().contains(two)).isTrue();
        // Back on disk and known to the stat cache, but named by nothing but a keep file.
        checkout(two.toString());
        checkout("main");
        Files.write(work.resolve("b"), Trees.random(2, 900_000));
        repository.status();
        repository.release("transfer-1");
        repository.gc();
        assertThat(repository.objects().contains(two)).isFalse();
        assertThat(repository.objects().contains(one)).isTrue();
        commit("three");
        assertThat(repository.fsck(bytes -> {}).clean()).isTrue();
        assertThatThrownBy(() -> repository.keep("../x", List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatIsMissingIsPromisedOrLost() throws IOException {
        Files.write(work.resolve("a"), Trees.random(1, 900_000));
        ObjectId one = commit("one");
        Path other = temp.resolve("other");
        try (Repository mount = Repository.init(other, options)) {
            // The trees are here, the chunks are not: so a mount is between fetching and writing.
            try (dev.dits.store.StoreWriter writer = mount.store().newWriter()) {
                repository.store().forEach((id, type, plain, stored) -> {
                    if (type == dev.dits.store.RecordType.OBJECT) {
                        writer.write(id, repository.objects().require(id));
                    }
                });
                writer.flush();
            }
            mount.updateRef(RefName.branch("main"), null, one);
            FsckReport lost = mount.fsck(bytes -> {});
            assertThat(lost.clean()).isFalse();
            assertThat(lost.lostCount()).isPositive();
            mount.updateRef(RefName.remote("origin", "main"), null, one);
            FsckReport promised = mount.fsck(bytes -> {});
            assertThat(promised.clean()).isTrue();
            assertThat(promised.promisedCount()).isEqualTo(lost.lostCount());
            mount.configure(Map.of("remote.origin.id", Optional.of(repository.id())));
            assertThatThrownBy(() -> mount.checkout("main", CheckoutOptions.defaults()))
                    .isInstanceOf(dev.dits.error.MissingObjectException.class)
                    .hasMessageContaining("promised by origin");
            mount.gc();
        }
        // With its chunks within reach, the same checkout is finished.
        try (Repository mount = Repository.open(other, options.withSources(List.of(repository.store())))) {
            mount.checkout("main", CheckoutOptions.defaults());
            assertThat(Trees.describe(other)).isEqualTo(Trees.describe(work));
            assertThat(mount.status().clean()).isTrue();
        }
    }

    @Test
    void idSetsHoldWhatIsAddedAndNothingElse() {
        IdSet set = new IdSet();
        java.util.Random random = new java.util.Random(5);
        List<ObjectId> in = new ArrayList<>();
        List<ObjectId> out = new ArrayList<>();
        in.add(ObjectId.ofWords(0, 0, 0, 0));
        for (int i = 0; i < 20_000; i++) {
            in.add(ObjectId.ofWords(random.nextInt(8), random.nextInt(8), random.nextInt(8), i));
            out.add(ObjectId.ofWords(random.nextInt(8), random.nextInt(8), random.nextInt(8), -1 - i));
        }
        for (ObjectId id : in) {
            if (!set.add(id) || set.add(id)) {
                throw new AssertionError("added twice: " + id);
            }
        }
        assertThat(set).hasSize(in.size());
        assertThat(in.stream().allMatch(set::contains)).isTrue();
        assertThat(out.stream().noneMatch(set::contains)).isTrue();
    }

    /** A racer swaps a directory and a link while files are written below it: nothing ever arrives outside. */
    @Test
    void aSwappedDirectoryLeadsNobodyOutside() throws Exception {
        Path outside = temp.resolve("outside");
        Files.createDirectories(outside);
        for (int i = 0; i < 60; i++) {
            write("d/file" + i, "content " + i);
        }
        commit("one");
        Path directory = work.resolve("d");
        Path parked = temp.resolve("parked");
        Path link = temp.resolve("link");
        java.util.concurrent.atomic.AtomicBoolean stop = new java.util.concurrent.atomic.AtomicBoolean();
        java.util.concurrent.atomic.AtomicInteger swaps = new java.util.concurrent.atomic.AtomicInteger();
        Thread racer = new Thread(() -> {
            while (!stop.get()) {
                try {
                    Files.createSymbolicLink(link, outside);
                    Files.move(directory, parked);
                    Files.move(link, directory);
                    swaps.incrementAndGet();
                    Files.move(directory, link);
                    Files.move(parked, directory);
                    Files.delete(link);
                } catch (IOException e) {
                    // The writer made or removed something at the same moment.
                    try {
                        Files.deleteIfExists(link);
                        if (Files.isSymbolicLink(directory)) {
                            Files.delete(directory);
                        }
                        if (Files.exists(parked) && !Files.exists(directory)) {
                            Files.move(parked, directory);
                        }
                    } catch (IOException again) {
                        continue;
                    }
                }
            }
        });
        racer.start();
        try {
            for (int round = 0; round < 40; round++) {
                for (int i = 0; i < 60; i += 3) {
                    try {
                        Files.deleteIfExists(parked.resolve("file" + i));
                    } catch (IOException e) {
                        continue;
                    }
                }
                try {
                    // As after an interruption: what is missing is written again.
                    BaseState.read(work.resolve(".dits/base"))
                            .withTarget(repository.head().orElseThrow())
                            .write(
                                    work.resolve(".dits/base"),
                                    new Scratch(dev.dits.disk.Disk.system(), work.resolve(".dits/tmp")));
                    checkout("main");
                } catch (IOException e) {
                    // Refused, or a directory gone from under it; both are right.
                    continue;
                }
            }
        } finally {
            stop.set(true);
            racer.join();
        }
        assertThat(swaps.get()).isPositive();
        try (java.util.stream.Stream<Path> files = Files.list(outside)) {
            assertThat(files).isEmpty();
        }
    }
}
