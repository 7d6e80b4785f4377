package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The shell script {@code examples/dits}, in a checkout of stand-ins: a Maven that notes that it ran, a Java that says how. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    private static final long SECONDS_MAX = 60;

    @TempDir
    private Path directory;

    private Path checkout;
    private Path bin;
    private Path runs;

    @BeforeEach
    void setUp() throws IOException {
        checkout = Files.createDirectories(directory.resolve("check out"));
        bin = Files.createDirectories(directory.resolve("bin"));
        runs = directory.resolve("maven-runs");
        for (String module : List.of("dits-core", "dits-crypto", "dits-transport", "examples/cli")) {
            Files.createDirectories(checkout.resolve(module).resolve("src/main"));
            Files.writeString(checkout.resolve(module).resolve("pom.xml"), "");
        }
        Files.writeString(checkout.resolve("pom.xml"), "");
        Files.copy(Path.of("..", "dits"), checkout.resolve("examples/dits"));
        executable(checkout.resolve("examples/dits"));
        program("java", "for word; do printf '%s\\n' \"<$word>\"; done");
        mavenThat("mkdir -p examples/cli/target/lib && : >examples/cli/target/dits-cli.jar");
    }

    private void mavenThat(String does) throws IOException {
        program("mvn", "echo run >>'" + runs + "'\n" + does);
    }

    private void program(String name, String body) throws IOException {
        Path file = bin.resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        executable(file);
    }

    private static void executable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private record Ran(int code, String out, String err) {}

    private Process start(Path script, String... arguments) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
        builder.environment().put("PATH", bin + ":/usr/bin:/bin");
        builder.environment().remove("JAVA_HOME");
        builder.environment().remove("DITS_JAVA_OPTS");
        return builder.start();
    }

    private static Ran end(Process process) throws IOException, InterruptedException {
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        return new Ran(process.exitValue(), out, err);
    }

    private Ran run(String... arguments) throws IOException, InterruptedException {
        return end(start(checkout.resolve("examples/dits"), arguments));
    }

    private long mavenRuns() throws IOException {
        return Files.exists(runs) ? Files.readAllLines(runs).size() : 0;
    }

    @Test
    void buildsOnceSayingSoInOneLineAndHandsTheArgumentsOn() throws Exception {
        Ran first = run("commit", "-m", "two words", "", "*");
        assertThat(first.err()).startsWith("dits: building").hasLineCount(1);
        assertThat(first.code()).isZero();
        assertThat(first.out()).endsWith("dits-cli.jar>\n<commit>\n<-m>\n<two words>\n<>\n<*>\n");
        assertThat(first.out()).contains("<-Xmx256m>").doesNotContain("TieredStopAtLevel");
        Ran second = run("log");
        assertThat(second.err()).isEmpty();
        assertThat(second.out()).contains("<-XX:TieredStopAtLevel=1>");
        assertThat(mavenRuns()).isEqualTo(1);
    }

    @Test
    void whatHashesOrTransfersGetsTheWholeCompiler() throws Exception {
        for (List<String> line : List.of(
                List.of("p2p", "share"), List.of("p2p", "connect", "CODE", "log"), List.of("demo"), List.of("pull"))) {
            assertThat(run(line.toArray(String[]::new)).out()).as("%s", line).doesNotContain("TieredStopAtLevel");
        }
    }

    @Test
    void buildsAgainWhenASourceIsNewerOrGone() throws Exception {
        Path source = Files.writeString(checkout.resolve("dits-core/src/main/A.java"), "");
        Instant past = Instant.now().minusSeconds(3_600);
        run("status");
        Path stamp = checkout.resolve("examples/cli/target/dits-launcher.stamp");
        Files.setLastModifiedTime(source, FileTime.from(past));
        Files.setLastModifiedTime(source.getParent(), FileTime.from(past));
        run("status");
        assertThat(mavenRuns()).isEqualTo(1);
        Files.setLastModifiedTime(stamp, FileTime.from(past.minusSeconds(60)));
        Files.setLastModifiedTime(source.getParent(), FileTime.from(past.minusSeconds(120)));
        run("status");
        assertThat(mavenRuns()).isEqualTo(2);
        Files.setLastModifiedTime(stamp, FileTime.from(past.minusSeconds(60)));
        Files.delete(source);
        run("status");
        assertThat(mavenRuns()).isEqualTo(3);
    }

    @Test
    void worksThroughLinksFromElsewhere() throws Exception {
        Path link = Files.createSymbolicLink(bin.resolve("dits"), Path.of("../check out/examples/dits"));
        Path second = Files.createSymbolicLink(directory.resolve("d"), link);
        Ran ran = end(start(second, "status"));
        assertThat(ran.code()).isZero();
        assertThat(ran.out()).contains("check out/examples/cli/target/dits-cli.jar>");
    }

    @Test
    void aFailedBuildIsShownAndStartsNothing() throws Exception {
        mavenThat("echo '[ERROR] no compiler'; exit 1");
        Ran ran = run("status");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).contains("dits: the build failed").contains("[ERROR] no compiler");
        // And the lock is gone: the next try builds.
        mavenThat("mkdir -p examples/cli/target/lib && : >examples/cli/target/dits-cli.jar");
        assertThat(run("status").code()).isZero();
    }

    @Test
    void withoutMavenItSaysWhatIsMissing() throws Exception {
        Files.delete(bin.resolve("mvn"));
        for (String tool : List.of("readlink", "dirname", "find", "head", "mkdir", "cat")) {
            for (String place : List.of("/usr/bin/", "/bin/")) {
                if (Files.exists(Path.of(place + tool)) && !Files.exists(bin.resolve(tool))) {
                    program(tool, "exec " + place + tool + " \"$@\"");
                }
            }
        }
        ProcessBuilder builder =
                new ProcessBuilder("/bin/sh", checkout.resolve("examples/dits").toString(), "status");
        builder.environment().put("PATH", bin.toString());
        Ran ran = end(builder.start());
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err()).contains("Maven (mvn) is not on the PATH");
    }

    @Test
    void twoAtOnceBuildOnce() throws Exception {
        // The first Maven waits until the second launcher has said that it waits too, or a bound is reached.
        mavenThat("n=0; while [ ! -e '" + directory.resolve("go")
                + "' ] && [ $n -lt 300 ]; do sleep 0.1; n=$((n+1)); done\n"
                + "mkdir -p examples/cli/target/lib && : >examples/cli/target/dits-cli.jar");
        Process first = start(checkout.resolve("examples/dits"), "status");
        byte[] line = new byte[14];
        assertThat(first.getErrorStream().readNBytes(line, 0, line.length)).isEqualTo(line.length);
        assertThat(new String(line, StandardCharsets.UTF_8)).isEqualTo("dits: building");
        Process second = start(checkout.resolve("examples/dits"), "status");
        byte[] waiting = new byte[20];
        assertThat(second.getErrorStream().readNBytes(waiting, 0, waiting.length))
                .isEqualTo(waiting.length);
        assertThat(new String(waiting, StandardCharsets.UTF_8)).isEqualTo("dits: another dits i");
        Files.writeString(directory.resolve("go"), "");
        assertThat(end(first).code()).isZero();
        assertThat(end(second).code()).isZero();
        assertThat(mavenRuns()).isEqualTo(1);
    }

    @Test
    void aLockOfADeadProcessIsNoObstacle() throws Exception {
        Process dead = new ProcessBuilder("true").start();
        assertThat(dead.waitFor(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        Path lock = Files.createDirectories(checkout.resolve("examples/cli/target/dits-launcher.lock"));
        Files.writeString(lock.resolve("pid"), dead.pid() + "\n");
        assertThat(run("status").code()).isZero();
        assertThat(mavenRuns()).isEqualTo(1);
        assertThat(lock).doesNotExist();
    }
}
