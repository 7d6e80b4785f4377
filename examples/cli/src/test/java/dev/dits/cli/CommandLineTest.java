package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What is said before anything is done. */
class CommandLineTest {
    @TempDir
    private Path directory;

    private int run(TestContext process, String line) {
        return process.run(line.isEmpty() ? new String[0] : line.split(" "));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "p2p",
                "nonsense",
                "commit",
                "status --no-such-option",
                "log -n 0",
                "branch -d",
                "p2p connect",
                "p2p connect 7KQM-4TX-9PZ",
                "p2p connect 7KQM-4TX-9P0 dir",
                "p2p connect 1.2.3.4:5 dir",
                "p2p connect 1.2.3.4:99999 dir",
                "p2p connect - dir",
                "p2p connect 7KQM-4TX-9PZ dir --timeout 0",
                "p2p connect 7KQM-4TX-9PZ dir --timeout soon",
                "p2p ping",
                "p2p ping 7KQM-4TX-9PZ --count 0",
                "p2p ping 7KQM-4TX-9PZ --interval -1",
                "p2p ping 7KQM-4TX-9PZ --timeout 0",
                "p2p share --port 0",
                "p2p share --port 65536",
            })
    void wrongUsage(String line) {
        TestContext process = new TestContext(directory);
        assertThat(run(process, line)).isEqualTo(ExitCode.USAGE);
        assertThat(process.err()).startsWith("dits: ").doesNotContain("\tat ").doesNotContain("Exception");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aForgottenDirectoryIsNotTakenForOne() {
        TestContext process = new TestContext(directory).with("DITS_JOIN_CODE", "222-333-444");
        assertThat(run(process, "p2p connect 7KQM-4TX-9PZ")).isEqualTo(ExitCode.USAGE);
        assertThat(process.err()).contains("dits p2p connect CODE DIR");
    }

    @Test
    void version() {
        TestContext process = new TestContext(directory);
        assertThat(run(process, "--version")).isZero();
        assertThat(process.out()).matches("dits \\d+\\.\\d+\\.\\d+.*\n");
    }

    @Test
    void everyCommandHasHelpThatFitsEightyColumns() {
        for (List<String> path : List.of(
                List.<String>of(),
                List.of("init"),
                List.of("status"),
                List.of("log"),
                List.of("commit"),
                List.of("branch"),
                List.of("checkout"),
                List.of("fsck"),
                List.of("gc"),
                List.of("pull"),
                List.of("push"),
                List.of("p2p"),
                List.of("p2p", "share"),
                List.of("p2p", "connect"),
                List.of("p2p", "ping"),
                List.of("demo"))) {
            TestContext process = new TestContext(directory);
            String line = String.join(" ", path) + (path.isEmpty() ? "" : " ") + "--help";
            assertThat(run(process, line)).as(line).isZero();
            assertThat(process.out())
                    .startsWith("Usage: dits")
                    .contains("--help")
                    .doesNotContain("\u001B");
            assertThat(process.out().lines()).as(line).allMatch(text -> text.length() <= 80);
        }
    }

    @Test
    void helpDocumentsEveryExitCode() {
        TestContext process = new TestContext(directory);
        run(process, "--help");
        for (int code : new int[] {
            ExitCode.OK,
            ExitCode.FAILURE,
            ExitCode.USAGE,
            ExitCode.UNREACHABLE,
            ExitCode.JOIN_REJECTED,
            ExitCode.NOT_A_REPOSITORY,
            ExitCode.CONFLICT,
            ExitCode.INTERRUPTED
        }) {
            assertThat(process.out()).containsPattern("\n  " + code + " +[a-z]");
        }
        assertThat(process.out()).contains("Examples:").doesNotContain("training");
    }

    @Test
    void signsAndColourOnlyOnATerminalThatWantsThem() {
        Terminal terminal = new Terminal(false, true, true, 100);
        assertThat(new TestContext(directory).terminal(terminal).context().fancy())
                .isTrue();
        assertThat(new TestContext(directory)
                        .terminal(terminal)
                        .with("NO_COLOR", "1")
                        .context()
                        .fancy())
                .isFalse();
        assertThat(new TestContext(directory)
                        .terminal(terminal)
                        .with("NO_COLOR", "")
                        .context()
                        .fancy())
                .isTrue();
        assertThat(new TestContext(directory).context().fancy()).isFalse();
        Context plain = new TestContext(directory).terminal(terminal).context();
        CommandLine commands = DitsCommand.commandLine(plain);
        commands.parseArgs("status", "--plain");
        assertThat(plain.fancy()).isFalse();
        assertThat(plain.drawsBars()).isFalse();
        assertThat(new TestContext(directory)
                        .terminal(terminal)
                        .with("CI", "true")
                        .context()
                        .drawsBars())
                .isFalse();
    }

    @Test
    void aFailureShowsItsTraceOnlyWhenAsked() {
        TestContext process = new TestContext(directory);
        assertThat(run(process, "status")).isEqualTo(ExitCode.NOT_A_REPOSITORY);
        assertThat(process.err()).doesNotContain("\tat ");
        assertThat(run(process, "status --debug")).isEqualTo(ExitCode.NOT_A_REPOSITORY);
        assertThat(process.err()).contains("\tat dev.dits.repo.");
    }

    @Test
    void ofAnInterruptedCommandTheHintIsShown() {
        TestContext process = new TestContext(directory);
        Context context = process.context();
        context.resumeHint("The same command goes on.");
        assertThat(Failures.report(context, new InterruptedException())).isEqualTo(ExitCode.INTERRUPTED);
        assertThat(process.err()).isEqualTo("Interrupted. The same command goes on.\n");
    }

    @Test
    void fileSystemFailuresAreSaidInWords() {
        TestContext process = new TestContext(directory);
        assertThat(Failures.report(process.context(), new java.nio.file.NoSuchFileException("x\u001By")))
                .isEqualTo(ExitCode.FAILURE);
        assertThat(process.err()).isEqualTo("dits: there is no x\\u001by\n");
    }
}
