package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dits.Dits;
import dev.dits.RunningMount;
import dev.dits.RunningNode;
import dev.dits.RunningShare;
import dev.dits.repo.FsckReport;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Folders that are committed by themselves, by processes of their own. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class WatchCommandTest {
    private static final long SECONDS_MAX = 60;

    @TempDir
    private Path directory;

    private Path folder;
    private Path home;
    private TestContext user;
    private final List<DitsProcess> processes = new ArrayList<>();

    @BeforeEach
    void setUp() throws IOException {
        directory = directory.toRealPath();
        home = directory.resolve("home");
        folder = Files.createDirectories(directory.resolve("folder"));
        Files.writeString(folder.resolve("a"), "1");
        user = at(directory);
    }

    @AfterEach
    void tearDown() throws Exception {
        processes.forEach(DitsProcess::close);
        for (RunningNode node : Dits.running(home)) {
            ProcessHandle process = ProcessHandle.of(node.pid()).orElse(null);
            if (process != null) {
                process.destroyForcibly();
                process.onExit().get(SECONDS_MAX, TimeUnit.SECONDS);
            }
        }
    }

    private TestContext at(Path where) {
        return new TestContext(where).with("DITS_LAN", "lo").with("DITS_HOME", home.toString());
    }

    private DitsProcess start(Path where, String... arguments) throws IOException {
        DitsProcess process = DitsProcess.start(
                where, Map.of("DITS_LAN", "lo", "LC_ALL", "C.UTF-8", "DITS_HOME", home.toString()), List.of(arguments));
        processes.add(process);
        return process;
    }

    private void save(Path where, String name, String text) throws IOException {
        Path made = Files.writeString(directory.resolve("saving"), text);
        Files.move(made, where.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    /** As {@code kill} does it, and Ctrl-C. */
    private static void stop(DitsProcess process) throws InterruptedException {
        process.process().destroy();
        assertThat(process.process().waitFor(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void until(Condition condition) throws Exception {
        while (!condition.holds()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    private static boolean has(Path where, String name, String text) throws IOException {
        return Files.exists(where.resolve(name))
                && Files.readString(where.resolve(name)).equals(text);
    }

    @Test
    void aPlainFolderIsSharedAndKeepsItselfInStepWithAnother() throws Exception {
        assertThat(user.run("p2p", "share", "--init", "--watch", "--daemon", "--bind", "127.0.0.1", folder.toString()))
                .as(user::err)
                .isZero();
        assertThat(user.out())
                .startsWith("Initialised a repository and committed 1 file, 1 B.\n")
                .contains("Join code: ")
                .contains("What changes in the folder is committed by itself");
        RunningShare share = Dits.running(home).get(0).shares().get(0);
        assertThat(share.watched()).isTrue();

        Path other = directory.resolve("other");
        user.input(share.ticket());
        assertThat(user.run(
                        "p2p", "connect", "--watch", "--settle", "2s", "-", other.toString(), "--bind", "127.0.0.1"))
                .as(user::err)
                .isZero();
        assertThat(user.out())
                .contains("What changes here is committed by itself, and on the other side a moment later.");
        assertThat(other.resolve("a")).hasContent("1");

        save(folder, "b", "from the share");
        until(() -> has(other, "b", "from the share"));
        save(other, "c", "from the mount");
        until(() -> has(folder, "c", "from the mount"));

        assertThat(user.run("p2p", "status")).as(user::err).isZero();
        assertThat(user.out())
                .containsSubsequence("Shares:", "  Watched: what changes", "Connections:", "  Watched: what changes");
        assertThat(user.run("p2p", "status", "--json")).as(user::err).isZero();
        assertThat(user.out()).contains("\"watched\":true,\"watchProblems\":[]");

        // Connecting again uses the process that is there.
        long pid = Dits.running(home).stream()
                .flatMap(node -> node.mounts().stream())
                .map(RunningMount::pid)
                .findFirst()
                .orElseThrow();
        user.input(share.ticket());
        assertThat(user.run("p2p", "connect", "--watch", "-", other.toString(), "--bind", "127.0.0.1"))
                .as(user::err)
                .isZero();
        assertThat(user.out()).contains("Connected already, by process " + pid);
        assertThat(user.run("p2p", "unmount", "--all")).as(user::err).isZero();
        assertThat(user.run("p2p", "stop", "--all")).as(user::err).isZero();
        until(() -> Dits.running(home).isEmpty());
        TestContext there = at(folder);
        assertThat(there.run("log")).isZero();
        assertThat(there.out()).contains("Auto: 1 added (b)", "Auto: 1 added (c)");
        assertThat(there.run("fsck")).as(there::out).isZero();
    }

    @Test
    void staysInTheForegroundAndSaysALineForEachCommit() throws Exception {
        TestContext there = at(folder);
        assertThat(there.run("init")).isZero();
        DitsProcess watching = start(folder, "commit", "--watch", "--author", "watcher");
        assertThat(watching.await("[main ", SECONDS_MAX)).get().asString().endsWith("] Auto: 1 added (a)");
        save(folder, "b", "2");
        assertThat(watching.await("[main ", SECONDS_MAX)).get().asString().endsWith("] Auto: 1 added (b)");
        stop(watching);
        save(folder, "c", "3");
        assertThat(there.run("log")).isZero();
        assertThat(there.out()).contains("watcher").doesNotContain("(c)");
        // What came while nobody watched is found at the start; each commit a line of JSON.
        DitsProcess again = start(folder, "commit", "--watch", "-m", "by itself", "--json", "--interval", "5s");
        assertThat(again.await("{\"committed\":true", SECONDS_MAX)).isPresent();
        stop(again);
        assertThat(there.run("status")).isZero();
        assertThat(there.out()).contains("Nothing to commit");
    }

    @Test
    void aWatcherThatIsKilledInACommitLosesNothing() throws Exception {
        assumeTrue(Files.exists(Path.of("/bin/sh")), "kill -9 needs a POSIX system");
        TestContext there = at(folder);
        assertThat(there.run("init")).isZero();
        assertThat(there.run("commit", "-m", "First")).isZero();
        Random random = new Random(7);
        byte[] block = new byte[1 << 20];
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 20; i++) {
                random.nextBytes(block);
                Files.write(folder.resolve("f" + i), block);
            }
            DitsProcess watching = start(folder, "commit", "--watch");
            // In its first commit, as a rule: packs are growing, and the branch has not moved.
            watching.await("Watching ", SECONDS_MAX);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(900 + 150 * round));
            watching.process().destroyForcibly();
            assertThat(watching.process().waitFor(SECONDS_MAX, TimeUnit.SECONDS))
                    .isTrue();
        }
        DitsProcess watching = start(folder, "commit", "--watch");
        until(() -> {
            try (Repository repository = Repository.open(folder, RepositoryOptions.defaults())) {
                return repository.status().clean();
            }
        });
        stop(watching);
        try (Repository repository = Repository.open(folder, RepositoryOptions.defaults())) {
            FsckReport report = repository.fsck(bytes -> {});
            assertThat(report.clean()).isTrue();
        }
    }

    @Test
    void saysWhatDoesNotGoTogether() {
        TestContext there = at(folder);
        assertThat(there.run("init")).isZero();
        assertThat(there.run("commit")).isEqualTo(ExitCode.USAGE);
        assertThat(there.err()).contains("dits commit -m MESSAGE");
        assertThat(there.run("commit", "-m", "x", "--interval", "5s")).isEqualTo(ExitCode.USAGE);
        assertThat(there.err()).contains("--settle and --interval go with --watch");
        assertThat(there.run("commit", "--watch", "--settle", "2h")).isEqualTo(ExitCode.USAGE);
        assertThat(there.err()).contains("the quiet period is within");
        assertThat(there.run("p2p", "connect", "--pull-only", "--watch", "7KQM-4TX-9PZ", "x"))
                .isEqualTo(ExitCode.USAGE);
    }
}
