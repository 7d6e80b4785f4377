package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shares in processes of their own, on 127.0.0.1 and discovery on {@code lo}; the other side is this process or a third. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class TwoProcessesTest {
    private static final long SECONDS_MAX = 60;
    private static final long SEED = 7;

    @TempDir
    private Path directory;

    private final List<DitsProcess> processes = new ArrayList<>();
    private Path source;
    private Path mounted;
    private TestContext mount;
    private TestContext owner;

    @BeforeEach
    void setUp() {
        source = directory.resolve("source");
        mounted = directory.resolve("mounted");
        mount = new TestContext(directory)
                .with("DITS_LAN", "lo")
                .with("DITS_HOME", directory.resolve("home-mount").toString());
        owner = new TestContext(source);
    }

    @AfterEach
    void tearDown() {
        processes.forEach(DitsProcess::close);
    }

    private DitsProcess start(String home, String... arguments) throws IOException {
        DitsProcess process = DitsProcess.start(
                directory,
                Map.of(
                        "DITS_LAN",
                        "lo",
                        "LC_ALL",
                        "C.UTF-8",
                        "DITS_HOME",
                        directory.resolve(home).toString()),
                List.of(arguments));
        processes.add(process);
        return process;
    }

    private DitsProcess share(String... more) throws IOException {
        List<String> arguments =
                new ArrayList<>(List.of("p2p", "share", source.toString(), "--bind", "127.0.0.1", "--ticket"));
        arguments.addAll(Arrays.asList(more));
        return start("home-share", arguments.toArray(String[]::new));
    }

    private static String said(DitsProcess process, String start) throws InterruptedException {
        return process.await(start, SECONDS_MAX)
                .orElseThrow(() -> new AssertionError("no '" + start + "' in: " + process.output()));
    }

    private int connect(String target, Path where) {
        return mount.run(
                "p2p", "connect", target, where.toString(), "--bind", "127.0.0.1", "--timeout", "20", "--pull-only");
    }

    private void makeSource(int largeBytes, int smallFiles) throws IOException {
        SplittableRandom random = new SplittableRandom(SEED);
        SampleTree.makeOddities(source.resolve("oddities"));
        for (int i = 0; i < smallFiles; i++) {
            byte[] bytes = new byte[random.nextInt(20_000)];
            random.nextBytes(bytes);
            Path folder = Files.createDirectories(source.resolve("small-" + i % 20));
            Files.write(folder.resolve("file-" + i), bytes);
        }
        byte[] large = new byte[largeBytes];
        random.nextBytes(large);
        Files.write(source.resolve("z-large.bin"), large);
        assertThat(owner.run("init")).isZero();
        assertThat(owner.run("commit", "-m", "First take")).isZero();
    }

    private void expectSame(Path where) throws IOException {
        TreeCompare.Report report = TreeCompare.compare(source, where, Set.of(".dits"));
        assertThat(report.differences()).isEmpty();
        assertThat(report.files()).isGreaterThan(10);
        TestContext there = new TestContext(where);
        assertThat(there.run("status")).isZero();
        assertThat(there.out()).contains("Nothing to commit");
        assertThat(there.run("fsck")).as(there::out).isZero();
    }

    @Test
    void everyKindOfTargetMountsTheSameTree() throws Exception {
        makeSource(3_000_000, 100);
        DitsProcess share = share();
        String code = said(share, "Join code: ");
        String ticket = said(share, "Ticket: ");
        String address = said(share, "Listening on ");
        assertThat(address).startsWith("127.0.0.1:");

        assertThat(connect(code, mounted)).as(mount::err).isZero();
        assertThat(mount.out())
                .startsWith("Connecting to P2P repository...\nTarget: " + code.substring(0, 4) + "-***-***\n")
                .contains("Connected to P2P repository!\n")
                .contains("Repository mounted at: " + mounted + "\n")
                .contains(" on the wire")
                .contains("'dits pull'");
        expectSame(mounted);

        assertThat(connect(code + "@" + address, directory.resolve("by-address")))
                .as(mount::err)
                .isZero();
        expectSame(directory.resolve("by-address"));

        assertThat(mount.with("DITS_JOIN_CODE", code)
                        .run("p2p", "connect", address, "by-environment", "--bind", "127.0.0.1", "--pull-only"))
                .as(mount::err)
                .isZero();
        expectSame(directory.resolve("by-environment"));

        mount.input(ticket + "\n");
        assertThat(connect("-", directory.resolve("by-ticket"))).as(mount::err).isZero();
        // The node's cache has all of it by now.
        assertThat(mount.out()).contains("were here already");
        expectSame(directory.resolve("by-ticket"));
        for (String secret : List.of(code.substring(5), ticket.substring(10))) {
            assertThat(mount.out() + mount.err()).doesNotContain(secret);
        }
    }

    @Test
    void aCommitMadeWhileSharedIsPulledAndAPushComesBack() throws Exception {
        makeSource(5_000_000, 20);
        DitsProcess share = share();
        String code = said(share, "Join code: ");
        assertThat(connect(code, mounted)).as(mount::err).isZero();

        Files.writeString(source.resolve("new"), "from the share");
        assertThat(owner.run("commit", "-m", "Second take")).isZero();
        TestContext there = new TestContext(mounted)
                .with("DITS_LAN", "lo")
                .with("DITS_HOME", directory.resolve("home-mount").toString());
        assertThat(there.run("pull", "--bind", "127.0.0.1")).as(there::err).isZero();
        assertThat(there.out()).startsWith("Pulled ").contains(" on the wire (0.");
        expectSame(mounted);
        assertThat(there.run("pull", "--bind", "127.0.0.1")).as(there::err).isZero();
        assertThat(there.out()).startsWith("Up to date with source");
        assertThat(there.run("pull", "--bind", "127.0.0.1", "--json"))
                .as(there::err)
                .isZero();
        assertThat(Json.document(there.out()).get("share").textValue()).isEqualTo("source");
        assertThat(Json.document(there.out()).get("wireBytes").isNumber()).isTrue();

        Files.writeString(mounted.resolve("back"), "from the mount");
        assertThat(there.run("commit", "-m", "Third take")).isZero();
        assertThat(there.out()).contains("'dits push' sends it");
        assertThat(there.run("push", "--bind", "127.0.0.1")).as(there::err).isZero();
        said(share, "Branch main is at ");
        said(share, "Branch main is at ");
        assertThat(owner.run("log", "--oneline")).isZero();
        assertThat(owner.out())
                .startsWith(
                        new TestContext(mounted).run("log") == 0 ? owner.out().substring(0, 10) : "")
                .contains("Third take");
    }

    @Test
    void whatAMountLostComesFromTheNodesCacheOrFromTheShare() throws Exception {
        makeSource(3_000_000, 20);
        DitsProcess share = share();
        String code = said(share, "Join code: ");
        assertThat(connect(code, mounted)).as(mount::err).isZero();
        TestContext there = new TestContext(mounted)
                .with("DITS_LAN", "lo")
                .with("DITS_HOME", directory.resolve("home-mount").toString());
        Path lost;
        try (Stream<Path> walk = Files.walk(mounted)) {
            lost = walk.filter(path -> !path.startsWith(mounted.resolve(".dits")) && Files.isRegularFile(path))
                    .max(java.util.Comparator.comparingLong(
                            path -> path.toFile().length()))
                    .orElseThrow();
        }
        String name = mounted.relativize(lost).toString();
        byte[] content = Files.readAllBytes(lost);
        Files.write(lost, new byte[] {1});
        assertThat(there.run("diff", "--stat")).as(there::err).isZero();
        assertThat(there.out()).contains(name);
        assertThat(there.run("show", "HEAD:" + name)).as(there::err).isZero();
        assertThat(there.rawOut()).isEqualTo(content);
        assertThat(there.run("restore", "--force", name)).as(there::err).isZero();
        assertThat(lost).hasBinaryContent(content);

        // Without the cache, the share has to be asked, and is.
        Files.delete(lost);
        TestContext elsewhere = new TestContext(mounted)
                .with("DITS_LAN", "lo")
                .with("DITS_HOME", directory.resolve("home-empty").toString());
        assertThat(elsewhere.run("show", "HEAD:" + name, "--bind", "127.0.0.1"))
                .as(elsewhere::err)
                .isZero();
        assertThat(elsewhere.rawOut()).isEqualTo(content);
        assertThat(elsewhere.run("restore", name, "--bind", "127.0.0.1"))
                .as(elsewhere::err)
                .isZero();
        assertThat(lost).hasBinaryContent(content);
        Files.delete(lost);
        share.close();
        TestContext alone = new TestContext(mounted)
                .with("DITS_LAN", "lo")
                .with("DITS_HOME", directory.resolve("home-alone").toString());
        assertThat(alone.run("restore", name, "--bind", "127.0.0.1", "--timeout", "1"))
                .isEqualTo(ExitCode.UNREACHABLE);
        assertThat(lost).doesNotExist();
    }

    @Test
    void aWrongCodeIsRefusedWithoutATraceAndTheRightOneStillWorks() throws Exception {
        makeSource(100_000, 5);
        DitsProcess share = share();
        String code = said(share, "Join code: ");
        char last = code.charAt(code.length() - 1);
        String wrong = code.substring(0, code.length() - 1) + (last == '2' ? '3' : '2');
        assertThat(connect(wrong, mounted)).as(mount::err).isEqualTo(ExitCode.JOIN_REJECTED);
        assertThat(mount.err())
                .startsWith("dits: ")
                .containsIgnoringCase("code")
                .doesNotContain("\tat ");
        assertThat(mounted.resolve(".dits")).doesNotExist();
        assertThat(said(share, "Refused a join from ")).contains("127.0.0.1");
        assertThat(connect(code, mounted)).as(mount::err).isZero();
        expectSame(mounted);
    }

    @Test
    void aReadOnlyShareRefusesPushes() throws Exception {
        makeSource(100_000, 5);
        String code = said(share("--read-only", "--name", "look\u001Bonly"), "Join code: ");
        assertThat(connect(code, mounted)).as(mount::err).isZero();
        assertThat(mount.out()).contains("look\\u001bonly, read-only, over ").doesNotContain("\u001B");
        Files.writeString(mounted.resolve("back"), "from the mount");
        TestContext there = new TestContext(mounted)
                .with("DITS_LAN", "lo")
                .with("DITS_HOME", directory.resolve("home-mount").toString());
        assertThat(there.run("commit", "-m", "Mine")).isZero();
        assertThat(there.run("push", "--bind", "127.0.0.1")).isEqualTo(ExitCode.NOT_PERMITTED);
        assertThat(there.err()).startsWith("dits: ").contains("read only");
        assertThat(source.resolve("back")).doesNotExist();
    }

    @Test
    void pingMeasuresAndSaysWhenNobodyIsThere() throws Exception {
        makeSource(1_000, 1);
        DitsProcess share = share();
        String code = said(share, "Join code: ");
        String plate = code.substring(0, 4) + "-***-***";
        String[] ping = {"p2p", "ping", code, "--count", "3", "--interval", "0", "--timeout", "3", "--bind", "127.0.0.1"
        };
        assertThat(mount.run(ping)).as(mount::err).isZero();
        assertThat(mount.out())
                .startsWith("Pinging " + plate + "\n   Count: 3, Interval: 0s, Timeout: 3s\n\n")
                .containsPattern("\\d+ bytes from " + plate.replace("*", "\\*") + ": seq=3 time=\\d+\\.\\d+ms\n")
                .contains("3 packets transmitted, 3 received, 0% packet loss")
                .containsPattern("round-trip min/avg/max = [\\d.]+/[\\d.]+/[\\d.]+ ms")
                .doesNotContain("ttl");
        share.close();
        assertThat(mount.run(ping)).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(mount.err()).startsWith("dits: ").doesNotContain("\tat ");
    }

    @Test
    void killedInTheMiddleTheMountGoesOn() throws Exception {
        makeSource(40_000_000, 500);
        DitsProcess share = share();
        String code = said(share, "Join code: ");
        DitsProcess first =
                start("home-mount", "p2p", "connect", code, mounted.toString(), "--bind", "127.0.0.1", "--pull-only");
        awaitFiles(mounted, 50, first);
        first.process().destroyForcibly();
        assertThat(first.process().waitFor(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        expectNoHalfFile();

        assertThat(connect(code, mounted)).as(mount::err).isZero();
        expectSame(mounted);
    }

    @Test
    void killedInTheMiddleTheShareIsFoundAgain() throws Exception {
        makeSource(40_000_000, 500);
        DitsProcess share = share();
        String code = said(share, "Join code: ");
        DitsProcess first =
                start("home-mount", "p2p", "connect", code, mounted.toString(), "--bind", "127.0.0.1", "--pull-only");
        awaitFiles(mounted, 50, first);
        share.process().destroyForcibly();
        assertThat(share.process().waitFor(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        said(share(), "Join code: ");
        expectNoHalfFile();

        // Either the transfer outlived its peer, or it says that it did not; then the same mount pulls again, without a
        // new code.
        assertThat(first.process().waitFor(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        assertThat(first.process().exitValue()).isIn(ExitCode.OK, ExitCode.UNREACHABLE);
        TestContext there = new TestContext(mounted)
                .with("DITS_LAN", "lo")
                .with("DITS_HOME", directory.resolve("home-mount").toString());
        assertThat(there.run("pull", "--bind", "127.0.0.1")).as(there::err).isZero();
        expectSame(mounted);
    }

    @Test
    void inTheForegroundTheMountFollows() throws Exception {
        makeSource(100_000, 5);
        String code = said(share(), "Join code: ");
        DitsProcess follower =
                start("home-mount", "p2p", "connect", code, mounted.toString(), "--bind", "127.0.0.1", "--foreground");
        said(follower, "Keeping both sides in step");
        Files.writeString(source.resolve("new"), "x");
        assertThat(owner.run("commit", "-m", "Second take")).isZero();
        said(follower, "The files are at ");
        expectSame(mounted);
        // Process.destroy would close its output as well.
        follower.process().toHandle().destroy();
        said(follower, "Interrupted. ");
        assertThat(follower.process().waitFor(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        assertThat(follower.process().exitValue()).isEqualTo(143);
    }

    /** Every file that has its final name has its final content. */
    private void expectNoHalfFile() throws IOException {
        try (Stream<Path> walk = Files.walk(mounted)) {
            for (Path file : walk.filter(path -> !path.startsWith(mounted.resolve(".dits"))
                            && Files.isRegularFile(path, java.nio.file.LinkOption.NOFOLLOW_LINKS))
                    .toList()) {
                Path original = source.resolve(mounted.relativize(file));
                assertThat(Files.mismatch(original, file)).as("%s", file).isEqualTo(-1);
            }
        }
    }

    private static void awaitFiles(Path directory, int count, DitsProcess process) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
        while (System.nanoTime() < deadline && process.process().isAlive()) {
            if (Files.isDirectory(directory) && count(directory) >= count) {
                return;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
        }
        throw new AssertionError("the transfer did not get that far: " + process.output());
    }

    private static long count(Path directory) throws IOException {
        try (Stream<Path> walk = Files.walk(directory)) {
            return walk.filter(path -> !path.startsWith(directory.resolve(".dits")))
                    .count();
        } catch (java.io.UncheckedIOException e) {
            // Files come and go while it is walked.
            return 0;
        }
    }
}
