package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StandardOutputTest {
    @TempDir
    private Path directory;

    private static StandardOutput failing(String why, int good) {
        return new StandardOutput(new OutputStream() {
            private int written;

            @Override
            public void write(int value) throws IOException {
                if (written++ >= good) {
                    throw new IOException(why);
                }
            }
        });
    }

    private static boolean fails(StandardOutput out) {
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        print.println("hello");
        assertThat(print.checkError()).isTrue();
        return out.failure().isPresent();
    }

    @Test
    void aFullDiskIsAFailureAndAReaderThatHadEnoughIsNone() {
        assertThat(fails(failing("No space left on device", 2))).isTrue();
        assertThat(fails(failing("Broken pipe", 2))).isFalse();
        assertThat(failing("No space left on device", 0).failure()).isEmpty();
    }

    private static Process start(Path directory, Path output, String... line) throws IOException {
        return start(directory, output, Map.of(), line);
    }

    private static Process start(Path directory, Path output, Map<String, String> environment, String... line)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName()));
        command.addAll(List.of(line));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().putAll(environment);
        if (output != null) {
            builder.redirectOutput(output.toFile());
        }
        return builder.start();
    }

    private static int end(Process process) throws InterruptedException {
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void behindHeadTheCommandEndsWithoutAWord() throws Exception {
        TestContext dits = new TestContext(directory);
        assertThat(dits.run("init")).isZero();
        // More than a pipe holds, so that the command is still writing when nobody reads.
        for (int i = 0; i < 10; i++) {
            Files.writeString(directory.resolve("a"), "line " + i + "\n".repeat(100_000));
            assertThat(dits.run("commit", "-m", "x".repeat(20_000))).isZero();
        }
        for (String[] line : new String[][] {{"log"}, {"log", "--json"}, {"show", "HEAD:a"}, {"diff", "HEAD~9"}}) {
            Process process = start(directory, null, line);
            try (InputStream out = process.getInputStream()) {
                assertThat(out.read()).as(line[0]).isPositive();
            }
            String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(end(process)).as(line[0]).isZero();
            assertThat(said).as(line[0]).isEmpty();
        }
    }

    @Test
    void aMessageThatTheLocaleCannotHoldIsNotRecordedInPieces() throws Exception {
        assumeTrue("UTF-8".equalsIgnoreCase(System.getProperty("sun.jnu.encoding")), "this JVM could not pass it on");
        TestContext dits = new TestContext(directory);
        assertThat(dits.run("init")).isZero();
        Files.writeString(directory.resolve("a"), "1");
        Process process = start(directory, null, Map.of("LC_ALL", "C"), "commit", "-m", "Gr\u00f6\u00dfe");
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = end(process);
        if (code == ExitCode.OK) {
            // Some systems know UTF-8 in every locale.
            assertThat(dits.run("log")).isZero();
            assertThat(dits.out()).contains("Gr\u00f6\u00dfe");
        } else {
            assertThat(code).isEqualTo(ExitCode.USAGE);
            assertThat(said).contains("LC_ALL=C.UTF-8").hasLineCount(1);
        }
    }

    @Test
    void whatCannotBeWrittenIsSaid() throws Exception {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.isWritable(full), "no /dev/full here");
        Process process = start(directory, full, "--help");
        String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(end(process)).isEqualTo(ExitCode.FAILURE);
        assertThat(said)
                .startsWith("dits: standard output could not be written: ")
                .hasLineCount(1);
    }
}
