package dev.dits.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the file system of this machine tells. */
class DirectoryChangesTest {
    /** Waited for what comes at once. */
    private static final long SECONDS_MAX = 60;

    @TempDir
    Path root;

    private DirectoryChanges changes;

    @BeforeEach
    void open() {
        changes = new DirectoryChanges(FileSystems.getDefault());
        watch("");
    }

    @AfterEach
    void close() {
        changes.close();
    }

    private void watch(String path) {
        changes.watch(TreePath.ofUtf8(path), root.resolve(path));
    }

    /** What is told until something is told of a path, that included. */
    private Set<String> until(String path) throws InterruptedException {
        Set<String> told = new HashSet<>();
        long begun = System.nanoTime();
        while (!told.contains(path)) {
            assertThat(System.nanoTime() - begun)
                    .as("nothing is told of %s, but of %s", path, told)
                    .isLessThan(TimeUnit.SECONDS.toNanos(SECONDS_MAX));
            ChangeSource.Changes taken = changes.take(TimeUnit.SECONDS.toNanos(1));
            Stream.concat(taken.paths().stream(), taken.unheard().stream())
                    .map(TreePath::display)
                    .forEach(told::add);
        }
        return told;
    }

    private void mark(String path) throws IOException {
        Files.writeString(root.resolve(path), "x");
    }

    @Test
    void tellsOfTheDirectoriesThatAreWatchedAndOfNoOthers() throws Exception {
        Files.createDirectories(root.resolve("d/e"));
        until("d");
        mark("d/unheard");
        watch("d");
        mark("d/heard");
        mark("d/e/unheard");
        mark("a");
        Set<String> told = until("a");
        if (!told.contains("d/heard")) {
            told.addAll(until("d/heard"));
        }
        assertThat(told).contains("a", "d/heard").doesNotContain("d/unheard", "d/e/unheard");
    }

    @Test
    void neverTellsOfTheRepositoryItself() throws Exception {
        Files.createDirectories(root.resolve(".dits/tmp"));
        mark(".dits/config");
        mark("a");
        assertThat(until("a")).containsExactly("a");
    }

    @Test
    void followsADirectoryThatIsRenamed() throws Exception {
        Files.createDirectories(root.resolve("old/sub"));
        until("old");
        watch("old");
        watch("old/sub");
        Files.move(root.resolve("old"), root.resolve("new"));
        until("new");
        watch("new");
        watch("new/sub");
        changes.sweep();
        assertThat(changes.size()).isEqualTo(3);
        mark("new/sub/a");
        mark("new/b");
        Set<String> told = until("new/sub/a");
        told.addAll(told.contains("new/b") ? Set.of() : until("new/b"));
        assertThat(told).noneMatch(path -> path.startsWith("old"));
    }

    @Test
    void letsGoOfWhatIsMovedAway(@TempDir Path elsewhere) throws Exception {
        Files.createDirectories(root.resolve("d/sub"));
        until("d");
        watch("d");
        watch("d/sub");
        Files.move(root.resolve("d"), elsewhere.resolve("d"));
        until("d");
        changes.sweep();
        assertThat(changes.size()).isEqualTo(1);
        Files.writeString(elsewhere.resolve("d/sub/a"), "x");
        mark("a");
        assertThat(until("a")).noneMatch(path -> path.startsWith("d"));
    }

    /** How many directories the system watches for this process (proc_pid_fdinfo(5)). */
    private static long watchedBySystem() throws IOException {
        long count = 0;
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fdinfo"))) {
            for (Path descriptor : descriptors.toList()) {
                try {
                    count += Files.readAllLines(descriptor).stream()
                            .filter(line -> line.startsWith("inotify wd:"))
                            .count();
                } catch (IOException e) {
                    // Closed since it was listed.
                    continue;
                }
            }
        }
        return count;
    }

    @Test
    void theSystemLetsGoToo(@TempDir Path elsewhere) throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fdinfo")), "Linux tells");
        for (int i = 0; i < 100; i++) {
            Files.createDirectories(root.resolve("d/e" + i));
        }
        until("d");
        watch("d");
        for (int i = 0; i < 100; i++) {
            watch("d/e" + i);
        }
        long before = watchedBySystem();
        assertThat(before).isGreaterThanOrEqualTo(102);
        Files.move(root.resolve("d"), elsewhere.resolve("d"));
        until("d");
        changes.sweep();
        long begun = System.nanoTime();
        while (watchedBySystem() > before - 101) {
            assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(SECONDS_MAX));
            Thread.onSpinWait();
        }
    }

    @Test
    void twoDirectoriesThatChangePlaces() throws Exception {
        Files.createDirectories(root.resolve("a"));
        Files.createDirectories(root.resolve("b"));
        until("b");
        watch("a");
        watch("b");
        Files.move(root.resolve("a"), root.resolve("t"));
        Files.move(root.resolve("b"), root.resolve("a"));
        Files.move(root.resolve("t"), root.resolve("b"));
        until("t");
        watch("a");
        watch("b");
        changes.sweep();
        mark("a/1");
        Set<String> told = until("a/1");
        mark("b/1");
        told.addAll(until("b/1"));
        assertThat(told).doesNotContain("t/1");
        assertThat(changes.size()).isEqualTo(3);
    }

    @Test
    void aDirectoryMadeAnewIsWatchedAnew() throws Exception {
        for (int i = 0; i < 20; i++) {
            Path directory = root.resolve("d");
            Files.createDirectory(directory);
            until("d");
            watch("d");
            mark("d/a");
            until("d/a");
            Files.delete(directory.resolve("a"));
            Files.delete(directory);
            until("d");
            changes.sweep();
        }
        changes.take(TimeUnit.MILLISECONDS.toNanos(1));
        assertThat(changes.size()).isLessThanOrEqualTo(2);
    }

    @Test
    void newRulesSayThatAllOfTheDirectoryMayBeNew() throws Exception {
        Files.createDirectories(root.resolve("d"));
        until("d");
        watch("d");
        mark("d/.ditsignore");
        assertThat(until("d/.ditsignore")).contains("d");
    }

    @Test
    void oneDirectoryMoreThanMayBeWatchedIsSaidAndTriedAgain() throws Exception {
        changes.close();
        changes = new DirectoryChanges(FileSystems.getDefault(), 3);
        for (String name : new String[] {"a", "b", "c"}) {
            Files.createDirectories(root.resolve(name));
        }
        watch("");
        watch("a");
        watch("b");
        assertThat(changes.incomplete()).isEmpty();
        watch("c");
        assertThat(changes.incomplete()).get().asString().contains("more than 3 directories", "max_user_watches");
        mark("a/1");
        until("a/1");
        Files.delete(root.resolve("a/1"));
        Files.delete(root.resolve("a"));
        until("a");
        changes.sweep();
        changes.take(TimeUnit.SECONDS.toNanos(1));
        changes.retry();
        watch("c");
        assertThat(changes.incomplete()).isEmpty();
        mark("c/1");
        until("c/1");
    }

    @Test
    void moreThanCanBeToldIsToldAsTheDirectory() throws Exception {
        Files.createDirectories(root.resolve("d"));
        until("d");
        watch("d");
        for (int i = 0; i < 5_000; i++) {
            mark("d/f" + i);
        }
        until("d");
    }

    @Test
    void closingEndsWhoeverWaits() throws Exception {
        Thread waiting = new Thread(() -> {
            try {
                changes.take(TimeUnit.HOURS.toNanos(1));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        waiting.start();
        changes.close();
        waiting.join(TimeUnit.SECONDS.toMillis(SECONDS_MAX));
        assertThat(waiting.isAlive()).isFalse();
        changes.close();
        watch("");
        assertThat(changes.take(1)).isEqualTo(ChangeSource.Changes.NONE);
    }
}
