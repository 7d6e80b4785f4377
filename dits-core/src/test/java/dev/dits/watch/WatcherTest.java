package dev.dits.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dits.repo.LogEntry;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A watcher as it is, on this machine's file system and clock. */
class WatcherTest {
    private static final long SECONDS_MAX = 60;

    /** Found by events alone: no look at everything comes in time to help. */
    private static final WatchOptions QUICK = WatchOptions.defaults()
            .withQuiet(Duration.ofMillis(200))
            .withLongestWait(Duration.ofSeconds(2))
            .withRescan(Duration.ofHours(1));

    @TempDir
    Path temp;

    private Path work;
    private Repository repository;
    private final BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();

    @BeforeEach
    void open() throws IOException {
        work = temp.resolve("work");
        repository = Repository.init(work, RepositoryOptions.defaults());
    }

    @AfterEach
    void close() throws IOException {
        repository.close();
    }

    private Watcher start() throws IOException {
        return Watcher.start(repository, QUICK, events::add);
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private void until(String what, Condition condition) throws Exception {
        long begun = System.nanoTime();
        while (!condition.holds()) {
            assertThat(System.nanoTime() - begun)
                    .as("%s; told: %s; %s", what, events, repository.status())
                    .isLessThan(TimeUnit.SECONDS.toNanos(SECONDS_MAX));
            WatchEvent unused = events.poll(100, TimeUnit.MILLISECONDS);
        }
    }

    private void untilCommitted() throws Exception {
        until(
                "all is committed",
                () -> repository.head().isPresent() && repository.status().clean());
    }

    private List<String> log() throws IOException {
        return repository.log("HEAD", 1_000).stream()
                .map(LogEntry::commit)
                .map(commit -> commit.message())
                .toList();
    }

    /** In one piece, so that there is nothing to see in between, however slow the machine is. */
    private void write(String path, String text) throws IOException {
        Path made = Files.writeString(temp.resolve("saving"), text);
        Path file = work.resolve(path);
        Files.createDirectories(file.getParent());
        Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void commitsWhatIsThereAndWhatComes() throws Exception {
        write("a", "1");
        try (Watcher watcher = start()) {
            assertThat(watcher).isNotNull();
            untilCommitted();
            write("b", "1");
            write("d/e/f", "1");
            untilCommitted();
            write("d/e/f", "22");
            untilCommitted();
            Files.move(work.resolve("d"), work.resolve("moved"));
            untilCommitted();
            write("moved/e/f", "333");
            untilCommitted();
            Files.delete(work.resolve("moved/e/f"));
            untilCommitted();
        }
        assertThat(log()).contains("Auto: 1 added (a)", "Auto: 1 changed (moved/e/f)");
        assertThat(events).noneMatch(WatchEvent.Problem.class::isInstance);
    }

    @Test
    void aWriterThatKeepsWritingIsWaitedFor() throws Exception {
        write("a", "1");
        byte[] block = new byte[1_000];
        long gap = 0;
        try (Watcher watcher = start()) {
            assertThat(watcher).isNotNull();
            untilCommitted();
            try (var out = Files.newOutputStream(
                    work.resolve("film"), StandardOpenOption.CREATE_NEW, StandardOpenOption.APPEND)) {
                long last = System.nanoTime();
                boolean noted = false;
                while (!log().contains("Auto: 1 added (note)")) {
                    out.write(block);
                    long now = System.nanoTime();
                    gap = Math.max(gap, now - last);
                    last = now;
                    if (!noted) {
                        noted = true;
                        write("note", "saved meanwhile");
                    }
                }
            }
            untilCommitted();
        }
        // Where the machine stood still for so long, the writer looked as if it had done.
        assumeTrue(gap < QUICK.quiet().toNanos());
        assertThat(log()).containsExactly("Auto: 1 added (film)", "Auto: 1 added (note)", "Auto: 1 added (a)");
    }

    @Test
    void moreFilesAtOnceThanTheSystemTellsOf() throws Exception {
        try (Watcher watcher = start()) {
            assertThat(watcher).isNotNull();
            for (int i = 0; i < 4_000; i++) {
                Path directory = work.resolve("d" + i % 3);
                if (i < 3) {
                    Files.createDirectory(directory);
                }
                Files.write(directory.resolve("f" + i), new byte[] {(byte) i, (byte) (i >> 8)});
            }
            untilCommitted();
        }
        assertThat(repository.log("HEAD", 1).get(0).commit().tree().files()).isEqualTo(4_000);
        assertThat(log().size()).isLessThanOrEqualTo(20);
    }

    @Test
    void manyDirectoriesMadeAndMovedWhileTheyAreFound() throws Exception {
        try (Watcher watcher = start()) {
            assertThat(watcher).isNotNull();
            for (int i = 0; i < 200; i++) {
                write("a/" + i % 10 + "/" + i + "/x/file", "text " + i);
                if (i % 20 == 19) {
                    Files.move(work.resolve("a"), work.resolve("b" + i));
                }
            }
            untilCommitted();
            // All of them are heard of by now.
            for (int i = 19; i < 200; i += 20) {
                write("b" + i + "/" + i % 10 + "/" + i + "/x/file", "changed");
            }
            untilCommitted();
        }
        assertThat(repository.log("HEAD", 1).get(0).commit().tree().files()).isEqualTo(200);
    }

    @Test
    void twoWatchersOfOneTreeMakeOneCommitOfOneChange() throws Exception {
        write("a", "1");
        try (Repository again = Repository.open(work, RepositoryOptions.defaults());
                Watcher one = start();
                Watcher two = Watcher.start(again, QUICK, events::add)) {
            assertThat(one).isNotSameAs(two);
            untilCommitted();
            for (int i = 0; i < 5; i++) {
                write("a", "again" + i);
                untilCommitted();
            }
            // Both have taken note of all that once a change behind it is committed twice over.
            write("b", "1");
            untilCommitted();
        }
        assertThat(log()).hasSize(7);
        assertThat(events).noneMatch(WatchEvent.Problem.class::isInstance);
    }

    @Test
    void closesFromItsOwnListenerAndTwice() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        BlockingQueue<Watcher> self = new LinkedBlockingQueue<>();
        write("a", "1");
        Watcher watcher = Watcher.start(repository, QUICK, event -> {
            try {
                self.take().close();
                closed.countDown();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        self.add(watcher);
        assertThat(closed.await(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        watcher.close();
        watcher.close();
        assertThat(Thread.getAllStackTraces().keySet())
                .noneMatch(thread -> thread.getName().startsWith("dits-watch-"));
    }
}
