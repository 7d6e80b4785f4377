package dev.dits.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.error.DiskFullException;
import dev.dits.error.FileAccessException;
import dev.dits.error.RepositoryBusyException;
import dev.dits.object.TreePath;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CommitGuard;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.CommitResult;
import dev.dits.repo.LogEntry;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.repo.TreeLook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a watcher does, with a real working tree, and a clock and a file system's news that are given by hand. */
class WatchLoopTest {
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @TempDir
    Path temp;

    private Path work;
    private Repository repository;
    private final News news = new News();
    private final List<WatchEvent> events = new ArrayList<>();
    private long now;
    private boolean stopped;
    private WatchLoop loop;
    private Instant wall = Instant.parse("2026-12-01T00:00:00Z");
    /** Fails the next commits. */
    private final List<IOException> failures = new ArrayList<>();
    /** Runs in the middle of a commit, before a file is asked for. */
    private @Nullable Runnable meanwhile;

    private int looks;

    /** As the system says to whoever is not root. */
    private final Set<TreePath> unreadable = new HashSet<>();

    /** What the file system tells, which is what the test says. */
    private static final class News implements ChangeSource {
        final Map<TreePath, Path> watched = new TreeMap<>();

        @Nullable
        String incomplete;

        boolean refusing;
        int resets;

        @Override
        public Changes take(long nanos) {
            return Changes.NONE;
        }

        @Override
        public void watch(TreePath path, Path directory) {
            if (refusing) {
                incomplete = "the limit is reached";
            } else {
                watched.put(path, directory);
            }
        }

        @Override
        public void sweep() {}

        @Override
        public void reset() {
            resets++;
            watched.clear();
        }

        @Override
        public void retry() {
            incomplete = null;
        }

        @Override
        public Optional<String> incomplete() {
            return Optional.ofNullable(incomplete);
        }

        @Override
        public void close() {}
    }

    private final class Tree implements WatchedTree {
        private final RepositoryTree real;

        Tree() throws IOException {
            real = new RepositoryTree(repository, "Ada", CommitProgress.NONE);
        }

        @Override
        public Presence presence() {
            return real.presence();
        }

        @Override
        public void look(Collection<TreePath> at, TreeLook look) throws IOException {
            looks++;
            real.look(at, look);
            if (unreadable.contains(TreePath.ofUtf8("hidden"))) {
                look.unreadable(TreePath.ofUtf8("hidden"), denied("hidden"));
            }
        }

        @Override
        public Optional<CommitResult> commit(Collection<TreePath> only, CommitGuard guard) throws IOException {
            if (!failures.isEmpty()) {
                throw failures.remove(0);
            }
            Runnable act = meanwhile;
            meanwhile = null;
            if (act != null) {
                act.run();
            }
            if (unreadable.contains(TreePath.ofUtf8("secret")) && only.contains(TreePath.ofUtf8("secret"))) {
                List<TreePath> rest = new ArrayList<>(only);
                rest.remove(TreePath.ofUtf8("secret"));
                Optional<CommitResult> made = rest.isEmpty() ? Optional.empty() : real.commit(rest, guard);
                guard.unreadable(TreePath.ofUtf8("secret"), denied("secret"));
                return made;
            }
            return real.commit(only, guard);
        }

        private FileAccessException denied(String path) {
            return new FileAccessException(path, path + " can not be read", null);
        }
    }

    @BeforeEach
    void open() throws IOException {
        work = temp.resolve("work");
        Clock clock = new Clock() {
            @Override
            public ZoneOffset getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(java.time.ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return wall;
            }
        };
        repository = Repository.init(work, RepositoryOptions.defaults().withClock(clock));
        Files.writeString(work.resolve("first"), "1");
        repository.commit("first", null, CommitProgress.NONE).orElseThrow();
        begin(WatchOptions.defaults());
    }

    @AfterEach
    void close() throws IOException {
        repository.close();
    }

    private void begin(WatchOptions options) throws IOException {
        loop = new WatchLoop(new Tree(), news, options, events::add, () -> now, () -> stopped);
    }

    private static Set<TreePath> paths(String... paths) {
        Set<TreePath> set = new HashSet<>();
        Stream.of(paths).map(TreePath::ofUtf8).forEach(set::add);
        return set;
    }

    private long hear(String... paths) {
        return loop.step(new ChangeSource.Changes(paths(paths), Set.of()));
    }

    /** Time goes by, and whatever is due is done when it is. */
    private void pass(long nanos) {
        long end = now + nanos;
        while (true) {
            long next = loop.step(ChangeSource.Changes.NONE);
            if (next > end - now) {
                now = end;
                return;
            }
            now += Math.max(next, MILLI);
        }
    }

    private Path write(String path, String text) throws IOException {
        Path file = work.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private List<String> log() throws IOException {
        return repository.log("HEAD", 1_000).stream()
                .map(LogEntry::commit)
                .map(commit -> commit.message())
                .toList();
    }

    private boolean clean() throws IOException {
        return repository.status().clean();
    }

    private List<WatchEvent.Trouble> problems() {
        return events.stream()
                .filter(WatchEvent.Problem.class::isInstance)
                .map(event -> ((WatchEvent.Problem) event).trouble())
                .toList();
    }

    private List<WatchEvent.Trouble> resolved() {
        return events.stream()
                .filter(WatchEvent.Resolved.class::isInstance)
                .map(event -> ((WatchEvent.Resolved) event).trouble())
                .toList();
    }

    @Test
    void commitsWhatWasChangedBeforeItBegan() throws IOException {
        write("a", "1");
        write("d/e/b", "1");
        write("first", "22");
        pass(2 * SECOND);
        assertThat(log()).containsExactly("Auto: 2 added, 1 changed (a, d/e/b, first)", "first");
        assertThat(clean()).isTrue();
        assertThat(news.watched.keySet()).isEqualTo(paths("", "d", "d/e"));
        assertThat(events).singleElement().isInstanceOf(WatchEvent.Committed.class);
        assertThat(repository.log("HEAD", 1).get(0).commit().author()).isEqualTo("Ada");
    }

    @Test
    void aSaveIsCommittedWhenItWasQuietForAWhileAndNotBefore() throws IOException {
        pass(0);
        write("a", "1");
        hear("a");
        now += SECOND - 1;
        loop.step(ChangeSource.Changes.NONE);
        assertThat(log()).hasSize(1);
        now += 1;
        loop.step(ChangeSource.Changes.NONE);
        assertThat(log()).containsExactly("Auto: 1 added (a)", "first");
    }

    @Test
    void looksAtWhatChangedAndAtNothingElse() throws IOException {
        write("a", "1");
        write("b", "1");
        pass(2 * SECOND);
        write("a", "22");
        write("b", "22");
        hear("a");
        pass(2 * SECOND);
        assertThat(log().get(0)).isEqualTo("Auto: 1 changed (a)");
        assertThat(repository.status().changeCount()).isEqualTo(1);
        // What nobody told of, a look at everything finds.
        pass(70 * SECOND);
        assertThat(log().get(0)).isEqualTo("Auto: 1 changed (b)");
        assertThat(clean()).isTrue();
    }

    @Test
    void aFileThatIsWrittenIsNeverCommittedHalf() throws IOException {
        pass(0);
        Path film = write("film", "0");
        for (int i = 1; i < 100; i++) {
            Files.writeString(film, "" + i, StandardOpenOption.APPEND);
            hear("film");
            pass(900 * MILLI);
            assertThat(log()).hasSize(1);
        }
        pass(SECOND);
        assertThat(log()).containsExactly("Auto: 1 added (film)", "first");
        assertThat(clean()).isTrue();
    }

    @Test
    void aFileThatGrowsUnheardIsNotCommittedHalfEither() throws IOException {
        Path film = write("film", "0");
        for (int i = 1; i < 200; i++) {
            pass(500 * MILLI);
            Files.writeString(film, "" + i, StandardOpenOption.APPEND);
        }
        assertThat(log()).hasSize(1);
        pass(3 * SECOND);
        assertThat(log()).containsExactly("Auto: 1 added (film)", "first");
    }

    @Test
    void aFileThatChangesBetweenTheLastLookAndTheCommitWaits() throws IOException {
        pass(0);
        Path film = write("film", "half");
        write("note", "1");
        hear("film", "note");
        meanwhile = () -> {
            try {
                Files.writeString(film, " and more", StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        };
        pass(SECOND + MILLI);
        assertThat(log()).containsExactly("Auto: 1 added (note)", "first");
        pass(2 * SECOND);
        assertThat(log().get(0)).isEqualTo("Auto: 1 added (film)");
        assertThat(clean()).isTrue();
    }

    @Test
    void otherFilesDoNotWaitForOneThatIsWrittenForLong() throws IOException {
        pass(0);
        Path film = write("film", "0");
        int commits = 0;
        for (int i = 0; i < 40; i++) {
            Files.writeString(film, "" + i, StandardOpenOption.APPEND);
            hear("film");
            pass(500 * MILLI);
            if (i % 10 == 5) {
                write("note", "n" + i);
                hear("note");
                commits++;
            }
        }
        assertThat(log()).hasSize(commits + 1).allMatch(message -> !message.contains("film"));
        pass(2 * SECOND);
        assertThat(log().get(0)).isEqualTo("Auto: 1 added (film)");
    }

    @Test
    void whatComesWithoutEndIsCommittedNowAndThen() throws IOException {
        pass(0);
        for (int i = 0; i < 130; i++) {
            write("in/f" + i, "1");
            hear("in/f" + i, "in");
            pass(500 * MILLI);
        }
        assertThat(log()).hasSizeBetween(3, 4);
        pass(2 * SECOND);
        assertThat(log()).hasSizeBetween(4, 5);
        assertThat(clean()).isTrue();
    }

    @Test
    void aSaveByRenameIsOneChange() throws IOException {
        write("text", "1");
        pass(2 * SECOND);
        Path made = write(".text.swp", "22");
        hear(".text.swp");
        now += 300 * MILLI;
        Files.move(made, work.resolve("text"), StandardCopyOption.ATOMIC_MOVE);
        hear(".text.swp", "text");
        pass(2 * SECOND);
        assertThat(log()).containsExactly("Auto: 1 changed (text)", "Auto: 1 added (text)", "first");
        // As others do it: the old one away, the new one in its place, the old one deleted.
        Files.move(work.resolve("text"), work.resolve("text~"));
        hear("text", "text~");
        now += 300 * MILLI;
        write("text", "333");
        hear("text");
        Files.delete(work.resolve("text~"));
        hear("text~");
        pass(2 * SECOND);
        assertThat(log()).hasSize(4).first().isEqualTo("Auto: 1 changed (text)");
    }

    @Test
    void aRenamedDirectoryIsOneCommit() throws IOException {
        for (int i = 0; i < 50; i++) {
            write("big/d" + i % 5 + "/f" + i, "text " + i);
        }
        pass(2 * SECOND);
        Files.move(work.resolve("big"), work.resolve("large"));
        hear("big", "large");
        pass(2 * SECOND);
        assertThat(log().get(0)).isEqualTo("Auto: 50 added, 50 deleted (big, large/d0/f0, large/d0/f10, ...)");
        assertThat(clean()).isTrue();
        Files.createDirectory(work.resolve("empty"));
        hear("empty");
        pass(2 * SECOND);
        assertThat(log().get(0)).isEqualTo("Auto: 1 added (empty)");
        assertThat(clean()).isTrue();
    }

    @Test
    void ofANewDirectoryWhatIsWrittenStillWaits() throws IOException {
        pass(0);
        Path film = write("new/film", "0");
        write("new/note", "1");
        hear("new");
        for (int i = 0; i < 20; i++) {
            Files.writeString(film, "" + i, StandardOpenOption.APPEND);
            hear("new/film");
            pass(500 * MILLI);
        }
        assertThat(log()).containsExactly("Auto: 1 added (new/note)", "first");
        pass(2 * SECOND);
        assertThat(log().get(0)).isEqualTo("Auto: 1 added (new/film)");
        assertThat(clean()).isTrue();
    }

    @Test
    void whatIsIgnoredIsNeitherWatchedNorCommitted() throws IOException {
        write(".ditsignore", "/target/\n*.tmp\n");
        write("target/classes/A", "1");
        write("x.tmp", "1");
        pass(2 * SECOND);
        assertThat(log().get(0)).isEqualTo("Auto: 1 added (.ditsignore)");
        assertThat(news.watched.keySet()).isEqualTo(paths(""));
        hear("x.tmp", "target");
        assertThat(loop.pendingCount()).isZero();
        // The file system tells of the directory too when its rules change.
        write(".ditsignore", "*.tmp\n");
        hear(".ditsignore", "");
        pass(2 * SECOND);
        assertThat(log().get(0)).isEqualTo("Auto: 1 added, 1 changed (.ditsignore, target/classes/A)");
    }

    @Test
    void whatACheckoutWritesIsNoChange() throws IOException {
        write("a", "1");
        pass(2 * SECOND);
        repository.createBranch("other", "HEAD~1");
        repository.checkout("other", CheckoutOptions.defaults());
        hear("a");
        repository.checkout("main", CheckoutOptions.defaults());
        hear("a");
        pass(200 * SECOND);
        assertThat(log()).hasSize(2);
        assertThat(loop.pendingCount()).isZero();
    }

    @Test
    void aFullDiskIsToldOnceAndTriedAgainLaterAndLater() throws IOException {
        pass(0);
        for (int i = 0; i < 6; i++) {
            failures.add(new DiskFullException("the disk is full; free some space", null));
        }
        write("a", "1");
        hear("a");
        pass(2 * SECOND);
        assertThat(problems()).containsExactly(WatchEvent.Trouble.NOT_COMMITTED);
        // One second, two, four, ...
        pass(25 * SECOND);
        assertThat(failures).hasSize(1);
        pass(50 * SECOND);
        assertThat(log()).containsExactly("Auto: 1 added (a)", "first");
        assertThat(problems()).hasSize(1);
        assertThat(resolved()).containsExactly(WatchEvent.Trouble.NOT_COMMITTED);
    }

    @Test
    void thatTheRepositoryIsInUseForAMomentIsNoTrouble() throws IOException {
        pass(0);
        failures.add(new RepositoryBusyException("in use"));
        failures.add(new RepositoryBusyException("in use"));
        write("a", "1");
        hear("a");
        pass(10 * SECOND);
        assertThat(log()).hasSize(2);
        assertThat(problems()).isEmpty();
        for (int i = 0; i < WatchLoop.BUSY_TRIES; i++) {
            failures.add(new RepositoryBusyException("in use"));
        }
        write("b", "1");
        hear("b");
        pass(10 * SECOND);
        assertThat(problems()).containsExactly(WatchEvent.Trouble.NOT_COMMITTED);
        assertThat(log()).hasSize(3);
    }

    @Test
    void whatCanNotBeReadHoldsNothingBack() throws IOException {
        pass(0);
        write("secret", "1");
        write("a", "1");
        unreadable.addAll(paths("secret", "hidden"));
        hear("secret", "a", "hidden");
        pass(300 * SECOND);
        assertThat(log()).containsExactly("Auto: 1 added (a)", "first");
        assertThat(events.stream()
                        .filter(WatchEvent.Problem.class::isInstance)
                        .map(event -> ((WatchEvent.Problem) event).reason()))
                .containsExactlyInAnyOrder("secret can not be read", "hidden can not be read");
        assertThat(problems()).containsOnly(WatchEvent.Trouble.UNREADABLE);
        assertThat(resolved()).isEmpty();
        unreadable.clear();
        pass(130 * SECOND);
        assertThat(clean()).isTrue();
        assertThat(resolved()).containsExactly(WatchEvent.Trouble.UNREADABLE);
    }

    @Test
    void aDirectoryThatIsMovedAwayAndBackGoesOn() throws IOException {
        pass(0);
        Path away = temp.resolve("away");
        Files.move(work, away);
        hear("first");
        pass(100 * SECOND);
        assertThat(problems()).containsExactly(WatchEvent.Trouble.TREE_MISSING);
        assertThat(work).doesNotExist();
        Files.writeString(away.resolve("a"), "1");
        Files.move(away, work);
        pass(10 * SECOND);
        assertThat(resolved()).containsExactly(WatchEvent.Trouble.TREE_MISSING);
        assertThat(news.resets).isEqualTo(1);
        assertThat(log()).containsExactly("Auto: 1 added (a)", "first");
    }

    @Test
    void anotherRepositoryInItsPlaceIsLeftAlone() throws IOException {
        pass(0);
        try (Stream<Path> all = Files.walk(work)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
        pass(5 * SECOND);
        assertThat(problems()).containsExactly(WatchEvent.Trouble.TREE_MISSING);
        assertThat(work).doesNotExist();
        try (Repository other = Repository.init(work, RepositoryOptions.defaults())) {
            write("a", "1");
            pass(100 * SECOND);
            assertThat(other.head()).isEmpty();
        }
        assertThat(problems()).containsExactly(WatchEvent.Trouble.TREE_MISSING, WatchEvent.Trouble.TREE_MISSING);
        assertThat(resolved()).isEmpty();
    }

    @Test
    void whereTheSystemTellsNotAllThatIsSaidOnceAndLookedForNowAndThen() throws IOException {
        news.refusing = true;
        pass(200 * SECOND);
        assertThat(problems()).containsExactly(WatchEvent.Trouble.EVENTS_INCOMPLETE);
        write("a", "1");
        pass(70 * SECOND);
        assertThat(log()).hasSize(2);
        news.refusing = false;
        pass(70 * SECOND);
        assertThat(resolved()).containsExactly(WatchEvent.Trouble.EVENTS_INCOMPLETE);
    }

    @Test
    void aDirectoryWhereMoreHappenedThanWasToldIsLookedAtWhenItIsQuiet() throws IOException {
        pass(0);
        looks = 0;
        for (int i = 0; i < 100; i++) {
            write("in/f" + i, "1");
            if (i == 3) {
                // Of some it is told; they are saved together with the rest, all the same.
                hear("in");
            }
            loop.step(new ChangeSource.Changes(Set.of(), paths("in")));
            pass(5 * MILLI);
        }
        assertThat(looks).isLessThanOrEqualTo(3);
        pass(3 * SECOND);
        assertThat(log().get(0)).startsWith("Auto: 100 added (in/f0, in/f1, in/f10, ...)");
        assertThat(clean()).isTrue();
    }

    @Test
    void aLookThatFailsIsMadeAgain() throws IOException {
        pass(0);
        write("a", "1");
        Path rules = work.resolve(".ditsignore");
        Files.write(rules, new byte[(1 << 20) + 1]);
        hear("a", ".ditsignore");
        pass(5 * SECOND);
        assertThat(problems()).containsExactly(WatchEvent.Trouble.NOT_COMMITTED);
        Files.delete(rules);
        pass(70 * SECOND);
        assertThat(resolved()).containsExactly(WatchEvent.Trouble.NOT_COMMITTED);
        assertThat(log()).containsExactly("Auto: 1 added (a)", "first");
    }

    @Test
    void aWallClockThatIsSetDoesNotMatter() throws IOException {
        pass(0);
        for (Duration by : List.of(Duration.ofDays(1), Duration.ofDays(-400), Duration.ofDays(3))) {
            wall = wall.plus(by);
            write("a", by.toString());
            Files.setLastModifiedTime(work.resolve("a"), java.nio.file.attribute.FileTime.from(wall));
            hear("a");
            pass(2 * SECOND);
        }
        assertThat(log()).hasSize(4);
        assertThat(clean()).isTrue();
    }

    @Test
    void stoppingInTheMiddleCommitsNothing() throws IOException {
        pass(0);
        write("a", "1");
        hear("a");
        meanwhile = () -> stopped = true;
        now += SECOND;
        loop.step(ChangeSource.Changes.NONE);
        assertThat(log()).hasSize(1);
        assertThat(events).isEmpty();
        stopped = false;
        begin(WatchOptions.defaults().withMessage("by itself"));
        pass(2 * SECOND);
        assertThat(log()).containsExactly("by itself", "first");
    }

    @Test
    void whatTheBranchGotMeanwhileIsMerged() throws IOException {
        pass(0);
        var base = repository.head().orElseThrow();
        write("theirs", "1");
        repository.commit("theirs", "Bob", CommitProgress.NONE).orElseThrow();
        // As after a push: the branch has moved, the tree has not.
        repository.updateWorkingTree(base, CheckoutOptions.defaults());
        write("mine", "1");
        hear("mine", "theirs");
        pass(2 * SECOND);
        WatchEvent.Committed made = (WatchEvent.Committed) events.get(events.size() - 1);
        assertThat(made.commit().merged()).isPresent();
        assertThat(made.message()).isEqualTo("Auto: 1 added (mine)");
        repository.follow(CheckoutOptions.defaults());
        hear("theirs", "mine");
        pass(200 * SECOND);
        assertThat(Files.readString(work.resolve("theirs"))).isEqualTo("1");
        assertThat(clean()).isTrue();
        assertThat(log()).hasSize(4);
    }
}
