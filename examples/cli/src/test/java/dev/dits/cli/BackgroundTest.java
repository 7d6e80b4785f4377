package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dits.Dits;
import dev.dits.RunningNode;
import dev.dits.repo.FsckReport;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shares and mounts in processes that outlive the command that started them, on 127.0.0.1 and discovery on {@code lo}. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class BackgroundTest {
    private static final long SECONDS_MAX = 60;

    @TempDir
    private Path directory;

    private final Set<Long> processes = new HashSet<>();
    private Path home;
    private Path source;
    private TestContext user;

    @BeforeEach
    void setUp() throws Exception {
        directory = directory.toRealPath();
        home = directory.resolve("home");
        source = Files.createDirectories(directory.resolve("source"));
        user = at(directory);
        Files.writeString(source.resolve("file"), "first");
        assertThat(at(source).run("init")).isZero();
        assertThat(at(source).run("commit", "-m", "First take")).isZero();
    }

    @AfterEach
    void tearDown() throws Exception {
        nodes();
        for (long pid : processes) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
        for (long pid : processes) {
            awaitEnd(pid);
        }
    }

    private TestContext at(Path where) {
        return new TestContext(where).with("DITS_LAN", "lo").with("DITS_HOME", home.toString());
    }

    private List<RunningNode> nodes() throws Exception {
        List<RunningNode> nodes = Dits.running(home);
        nodes.forEach(node -> processes.add(node.pid()));
        return nodes;
    }

    private long share(String... more) throws Exception {
        List<String> arguments =
                new ArrayList<>(List.of("p2p", "share", source.toString(), "--daemon", "--bind", "127.0.0.1"));
        arguments.addAll(List.of(more));
        assertThat(user.run(arguments.toArray(String[]::new))).as(user::err).isZero();
        return pidIn(user.out(), "as process (\\d+);");
    }

    private long pidIn(String text, String pattern) throws Exception {
        java.util.regex.Matcher matcher =
                java.util.regex.Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        long pid = Long.parseLong(matcher.group(1));
        processes.add(pid);
        return pid;
    }

    private String status() {
        assertThat(user.run("p2p", "status")).as(user::err).isZero();
        return user.out();
    }

    private static void awaitEnd(long pid) throws Exception {
        ProcessHandle handle = ProcessHandle.of(pid).orElse(null);
        if (handle != null) {
            handle.onExit().get(SECONDS_MAX, TimeUnit.SECONDS);
        }
    }

    private static void kill(String signal, long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", signal, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void until(Condition condition) throws Exception {
        while (!condition.holds()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    private Set<String> runFiles() throws IOException {
        Set<String> names = new HashSet<>();
        try (Stream<Path> files = Files.list(home.resolve("run"))) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        }
        return names;
    }

    @Test
    void aShareAndAMountGoOnByThemselvesUntilTheyAreEnded() throws Exception {
        Path ticket = directory.resolve("ticket");
        long sharing = share("--ticket-file", ticket.toString(), "--name", "takes", "--for", "2h");
        assertThat(user.out())
                .contains("Join code: ")
                .contains("Listening on 127.0.0.1:")
                .contains("Repository: " + source);
        String code = user.out().replaceAll("(?s).*Join code: (\\S+).*", "$1");
        if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(ticket)))
                    .isEqualTo("rw-------");
            try (Stream<Path> logs = Files.list(home.resolve("log"))) {
                assertThat(logs).singleElement().satisfies(log -> {
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log)))
                            .isEqualTo("rw-------");
                });
            }
        }

        Path mounted = directory.resolve("mounted");
        user.input(Files.readString(ticket));
        assertThat(user.run("p2p", "connect", "-", mounted.toString(), "--bind", "127.0.0.1"))
                .as(user::err)
                .isZero();
        long holding = pidIn(user.out(), "Process (\\d+) keeps both sides in step in the background");
        assertThat(mounted.resolve("file")).hasContent("first");
        assertThat(status())
                .startsWith("P2P Status\n============\nActive shares: 1\nActive connections: 1\n")
                .contains("- Repository: takes\n  Join code: " + code + " (LAN only)\n  Port: ")
                .contains("  Peers connected: 1 (")
                .contains("  Mounted at: " + mounted + "\n  Connected: udp 127.0.0.1:")
                .containsPattern("    [^\n:]+: udp 127\\.0\\.0\\.1:[0-9]+ \\(LAN\\)\n")
                .contains("  Process: " + sharing + ", since ")
                .contains("  Process: " + holding + ", since ");
        assertThat(user.run("p2p", "list")).isZero();
        assertThat(user.out())
                .contains(sharing + "-1  share  " + code + "  1 peer")
                .contains(holding + "-1  mount  ");

        // It follows the share.
        Files.writeString(source.resolve("second"), "second");
        assertThat(at(source).run("commit", "-m", "Second take")).isZero();
        until(() -> Files.exists(mounted.resolve("second")));

        // What is committed there goes back by itself, in nobody's command.
        TestContext there = at(mounted);
        Files.writeString(mounted.resolve("by itself"), "by itself");
        until(() -> there.run("commit", "-m", "By itself") == 0);
        until(() -> Files.exists(source.resolve("by itself")));
        until(() -> status().contains("  In step: yes\n"));

        // 'push' and 'pull' go through it: nobody dials again.
        Files.writeString(mounted.resolve("back"), "back");
        // The file is there a moment before the branch has moved; until then a commit is told to wait.
        until(() -> there.run("commit", "-m", "Third take") == 0);
        assertThat(there.run("push")).as(there::err).isZero();
        assertThat(there.out()).startsWith("takes has main at ");
        assertThat(there.run("pull")).as(there::err).isZero();
        assertThat(there.out()).startsWith("Up to date with takes at ");
        assertThat(Dits.running(home).stream()
                        .flatMap(node -> node.shares().stream())
                        .findFirst()
                        .orElseThrow()
                        .peerNames())
                .hasSize(1);
        until(() -> Files.exists(source.resolve("back")));

        // The same connect again uses what is there.
        user.input(Files.readString(ticket));
        assertThat(user.run("p2p", "connect", "-", mounted.toString(), "--bind", "127.0.0.1"))
                .as(user::err)
                .isZero();
        assertThat(user.out()).contains("Connected already, by process " + holding + ": takes");

        assertThat(there.run("p2p", "unmount")).as(there::err).isZero();
        awaitEnd(holding);
        assertThat(there.run("p2p", "unmount")).isEqualTo(ExitCode.FAILURE);
        assertThat(there.err()).startsWith("dits: no mount around ");
        assertThat(user.run("p2p", "unmount", "--all")).isZero();
        assertThat(user.run("p2p", "unmount", code)).isEqualTo(ExitCode.FAILURE);
        assertThat(user.err()).contains("'dits p2p stop' ends a share").doesNotContain(code.substring(5));
        assertThat(user.run("p2p", "stop", source.toString())).as(user::err).isZero();
        awaitEnd(sharing);
        assertThat(status()).contains("Active shares: 0\nActive connections: 0\n");
        assertThat(runFiles()).isEmpty();
        try (Stream<Path> logs = Files.list(home.resolve("log"))) {
            for (Path log : logs.toList()) {
                assertThat(Files.readString(log))
                        .doesNotContain(code.substring(5))
                        .doesNotContain(Files.readString(ticket).strip().substring(10));
            }
        }
    }

    @Test
    void aCloneIsWholeWithoutItsShareAndComesBackToIt() throws Exception {
        Files.writeString(source.resolve("file"), "second");
        assertThat(at(source).run("commit", "-m", "Second")).isZero();
        assertThat(at(source).run("branch", "side")).isZero();
        assertThat(at(source).run("tag", "v1", "-m", "One")).isZero();
        Path ticket = directory.resolve("ticket");
        share("--ticket-file", ticket.toString());
        Path copy = directory.resolve("copy");
        user.input(Files.readString(ticket));
        assertThat(user.run("clone", "-", copy.toString(), "--bind", "127.0.0.1"))
                .as(user::err)
                .isZero();
        assertThat(user.out()).contains("verified: 2 branches; the files are at ");
        assertThat(status()).contains("Active connections: 0\n");

        // Neither the share nor what the node has cached is needed for anything.
        assertThat(user.run("p2p", "stop", "--all")).isZero();
        TestContext alone = new TestContext(copy)
                .with("DITS_LAN", "lo")
                .with("DITS_HOME", directory.resolve("other-home").toString());
        assertThat(alone.run("show", "HEAD~1:file")).as(alone::err).isZero();
        assertThat(alone.out()).isEqualTo("first");
        assertThat(alone.run("fsck")).as(alone::err).isZero();
        assertThat(alone.run("checkout", "side")).as(alone::err).isZero();
        assertThat(alone.run("checkout", "main")).as(alone::err).isZero();

        // The same share, later.
        share();
        Files.writeString(copy.resolve("mine"), "mine");
        assertThat(alone.run("commit", "-m", "Mine")).as(alone::err).isZero();
        assertThat(alone.run("push", "--bind", "127.0.0.1")).as(alone::err).isZero();
        assertThat(source.resolve("mine")).hasContent("mine");
        Files.writeString(source.resolve("file"), "third");
        assertThat(at(source).run("commit", "-m", "Third")).isZero();
        assertThat(alone.run("pull", "--bind", "127.0.0.1")).as(alone::err).isZero();
        assertThat(copy.resolve("file")).hasContent("third");
        assertThat(user.run("p2p", "stop", "--all")).isZero();
        try (Repository whole = Repository.open(copy, RepositoryOptions.defaults())) {
            assertThat(whole.fsck(bytes -> {}))
                    .matches(FsckReport::clean)
                    .matches(report -> report.promisedCount() == 0);
        }
    }

    @Test
    void manualAndPullOnlySayWhatTheyLeaveBehind() throws Exception {
        Path ticket = directory.resolve("ticket");
        share("--ticket-file", ticket.toString());
        Path mounted = directory.resolve("mounted");
        assertThat(user.run("p2p", "connect", "dits1x", mounted.toString(), "--pull-only", "--manual"))
                .isEqualTo(ExitCode.USAGE);
        user.input(Files.readString(ticket));
        assertThat(user.run("p2p", "connect", "-", mounted.toString(), "--manual", "--bind", "127.0.0.1"))
                .as(user::err)
                .isZero();
        long manual = pidIn(user.out(), "Process (\\d+) stays connected in the background");
        assertThat(status()).contains("  In step: yes (manual: by 'dits pull' and 'dits push')\n");
        Files.writeString(mounted.resolve("mine"), "mine");
        assertThat(at(mounted).run("commit", "-m", "Mine")).isZero();
        assertThat(status()).contains("  In step: 1 commit to push (manual");
        // Another way to stay is another process.
        user.input(Files.readString(ticket));
        assertThat(user.run("p2p", "connect", "-", mounted.toString(), "--bind", "127.0.0.1"))
                .as(user::err)
                .isZero();
        awaitEnd(manual);
        until(() -> Files.exists(source.resolve("mine")));
        assertThat(user.run("p2p", "unmount", "--all")).isZero();
        assertThat(user.run("p2p", "stop", "--all")).isZero();
    }

    @Test
    void signalsKillsAndHangs() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/bin/kill")) || Files.isExecutable(Path.of("/usr/bin/kill")), "kill");
        long first = share("--name", "one");
        long second = share("--name", "two");
        long third = share("--name", "three");
        assertThat(status()).contains("Active shares: 3\n");

        // The terminal closes: nothing happens. It is told by the process that still answers afterwards.
        kill("-HUP", first);
        // Killed as hard as can be: gone the moment it is.
        kill("-KILL", second);
        awaitEnd(second);
        assertThat(status()).contains("Active shares: 2\n", "Repository: one\n").doesNotContain("Repository: two");

        kill("-STOP", third);
        assertThat(status()).contains("Active shares: 1\n", "Repository: one\n");
        assertThat(user.err()).contains("process " + third + " is not counted: it does not answer");
        assertThat(user.run("p2p", "status", "--json")).isZero();
        assertThat(user.out()).contains("\"notAnswering\":[{\"pid\":" + third + ",");
        kill("-CONT", third);
        assertThat(status()).contains("Active shares: 2\n");

        // Asked to end, it does so in order: the code is dead, the socket is gone.
        kill("-TERM", third);
        awaitEnd(third);
        assertThat(runFiles()).singleElement().asString().startsWith(first + "-");
        // Not SIGINT: whoever runs these tests in the background of a shell passes it on as ignored.
        kill("-TERM", first);
        awaitEnd(first);
        assertThat(runFiles()).isEmpty();
    }

    @Test
    void whoMayEnterIsDecidedWhileItIsSharedAndAfterwards() throws Exception {
        long sharing = share("--once");
        String code = user.out().replaceAll("(?s).*Join code: (\\S+).*", "$1");
        assertThat(user.run("p2p", "connect", code, "first", "--bind", "127.0.0.1", "--pull-only"))
                .as(user::err)
                .isZero();
        assertThat(status()).contains("  Join code: " + code + " (used; 'dits p2p rearm'");
        assertThat(user.run("p2p", "connect", code, "second", "--bind", "127.0.0.1", "--pull-only"))
                .isEqualTo(ExitCode.JOIN_REJECTED);

        // The only share there is needs no name.
        Path ticket = directory.resolve("ticket");
        assertThat(user.run("p2p", "invite", "--read-only", "--for", "1h", "--ticket-file", ticket.toString()))
                .as(user::err)
                .isZero();
        assertThat(user.out()).contains("Grants: read-only, to join until ").doesNotContain("dits1");
        assertThat(user.with("DITS_TICKET", Files.readString(ticket))
                        .run("p2p", "connect", "second", "--bind", "127.0.0.1"))
                .as(user::err)
                .isZero();
        assertThat(user.out()).contains("source, read-only, over ");
        long holding = pidIn(user.out(), "Process (\\d+) keeps both sides in step in the background");
        assertThat(user.run("p2p", "invite", "--list", "--json")).isZero();
        assertThat(user.out())
                .contains(Files.readString(ticket).strip())
                .contains("\"kind\":\"code\",\"secret\":\"" + code + "\"");
        assertThat(user.run("p2p", "peers")).isZero();
        assertThat(user.out()).contains("Access: read-only", "Access: read-write");
        String peer = user.out().replaceAll("(?s).*\\(id (\\w+)\\)\n  Connected from .*", "$1");
        assertThat(user.run("p2p", "revoke", peer)).as(user::err).isZero();
        // There is nothing left to hold.
        awaitEnd(holding);
        assertThat(at(directory.resolve("second")).run("pull", "--bind", "127.0.0.1"))
                .isEqualTo(ExitCode.JOIN_REJECTED);
        assertThat(at(source).run("p2p", "rearm")).isZero();
        assertThat(status()).doesNotContain(code);

        // Nobody shares it any more: what was granted is kept, and can be ended.
        assertThat(at(source).run("p2p", "stop")).isZero();
        awaitEnd(sharing);
        TestContext owner = at(source);
        assertThat(owner.run("p2p", "peers", "--json")).as(owner::err).isZero();
        assertThat(owner.out()).startsWith("{\"peers\":[{\"id\":\"").contains("\"connected\":false,\"address\":null");
        String other = owner.out().replaceAll("(?s).*?\"id\":\"(\\w+)\".*", "$1");
        assertThat(owner.run("p2p", "revoke", other.substring(0, 6))).isZero();
        assertThat(owner.run("p2p", "peers")).isZero();
        assertThat(owner.out()).contains("Nobody has joined");
        assertThat(owner.run("p2p", "rearm")).isZero();
        assertThat(owner.run("p2p", "invite")).isEqualTo(ExitCode.FAILURE);
        assertThat(owner.err()).contains("is not shared by any process");
    }

    @Test
    void whatFailsInTheBackgroundFailsInFront() throws Exception {
        share();
        String port = user.out().replaceAll("(?s).*Listening on 127.0.0.1:(\\d+).*", "$1");
        assertThat(user.run("p2p", "share", source.toString(), "--daemon", "--bind", "127.0.0.1", "--port", port))
                .isEqualTo(ExitCode.PORT_IN_USE);
        assertThat(user.err())
                .startsWith("dits: ")
                .contains(port)
                .doesNotContain("\tat ")
                .doesNotContain("--detached");
        Path none = Files.createDirectories(directory.resolve("none"));
        assertThat(user.run("p2p", "share", none.toString(), "--daemon")).isEqualTo(ExitCode.NOT_A_REPOSITORY);
        assertThat(user.err()).startsWith("dits: ").contains("dits init");
        assertThat(user.run("p2p", "share", source.toString(), "--daemon", "--for", "soon"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(nodes()).hasSize(1);
    }

    @Test
    void limitsAreChangedWhileItRuns() throws Exception {
        share("--name", "takes", "--limit-up", "500k");
        assertThat(status()).contains("Limits: sends 500 kB/s, receives no limit");
        assertThat(user.run("p2p", "limit", "takes", "--up", "off", "--down", "1.5M"))
                .as(user::err)
                .isZero();
        assertThat(user.out()).contains("sends without limit, receives at most 1.50 MB/s");
        assertThat(status()).contains("Limits: sends no limit, receives 1.50 MB/s");
        assertThat(user.run("p2p", "limit", "--up", "2M")).as(user::err).isZero();
        assertThat(user.out()).contains("sends at most 2.00 MB/s");
        assertThat(user.run("p2p", "limit", "--up", "fast")).isEqualTo(ExitCode.USAGE);
        assertThat(user.err()).contains("--up takes a rate");
        assertThat(user.run("p2p", "limit")).isEqualTo(ExitCode.USAGE);
        assertThat(user.run("p2p", "limit", "nothing", "--up", "1M")).isNotZero();
        assertThat(user.err()).contains("nothing that is shared or mounted is called that");
    }

    @Test
    void theTimeToShareEnds() {
        assertThat(user.run("p2p", "share", source.toString(), "--bind", "127.0.0.1", "--for", "1s"))
                .as(user::err)
                .isZero();
        assertThat(user.out()).contains("Join code: ").endsWith("Sharing has ended; its join code is dead.\n");
    }
}
