package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
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
                "p2p share --for soon",
                "p2p share --for 0m",
                "p2p unmount x --all",
                "p2p stop x --all",
                "p2p invite --list --withdraw x",
                "p2p invite --for 5x",
                "p2p revoke",
                "p2p cache",
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
    void onlyTheNamedCommandIsBuilt() {
        assertThat(Commands.named("status")).isEqualTo("status");
        assertThat(Commands.named("-v", "-C", "log", "diff", "status")).isEqualTo("diff");
        assertThat(Commands.named("--plain", "stats")).isEqualTo("stats");
        assertThat(Commands.named("--help", "status")).isNull();
        assertThat(Commands.named("-V")).isNull();
        assertThat(Commands.named()).isNull();
        assertThat(Commands.named("completion", "bash")).isNull();
        TestContext process = new TestContext(directory);
        assertThat(run(process, "-C . status")).isEqualTo(ExitCode.NOT_A_REPOSITORY);
        assertThat(run(process, "--help")).isZero();
        assertThat(process.out()).contains("\n  status ").contains("\n  p2p ");
    }

    @Test
    void whatIsMisspeltIsGuessed() {
        TestContext process = new TestContext(directory);
        assertThat(run(process, "stats")).isEqualTo(ExitCode.USAGE);
        assertThat(process.err()).contains("Did you mean ").contains("status");
        assertThat(run(process, "p2p conect")).isEqualTo(ExitCode.USAGE);
        assertThat(process.err()).contains("connect");
        assertThat(run(process, "status --jsn")).isEqualTo(ExitCode.USAGE);
        assertThat(process.err()).contains("--json");
    }

    @Test
    void version() {
        TestContext process = new TestContext(directory);
        assertThat(run(process, "--version")).isZero();
        assertThat(process.out()).matches("dits \\d+\\.\\d+\\.\\d+.*\n");
    }

    private static void collect(CommandLine command, List<String> path, List<List<String>> found) {
        found.add(path);
        for (CommandLine sub : command.getSubcommands().values()) {
            if (!sub.getCommandSpec().usageMessage().hidden()) {
                List<String> below = new ArrayList<>(path);
                below.add(sub.getCommandName());
                collect(sub, below, found);
            }
        }
    }

    @Test
    void everyCommandHasHelpWithExamplesThatFitsEightyColumns() {
        List<List<String>> commands = new ArrayList<>();
        collect(DitsCommand.commandLine(new TestContext(directory).context()), List.of(), commands);
        assertThat(commands)
                .contains(List.of(), List.of("diff"), List.of("completion"), List.of("p2p", "connect"))
                .hasSizeGreaterThan(20);
        for (List<String> path : commands) {
            TestContext process = new TestContext(directory);
            String line = String.join(" ", path) + (path.isEmpty() ? "" : " ") + "--help";
            assertThat(run(process, line)).as(line).isZero();
            assertThat(process.out())
                    .startsWith("Usage: dits")
                    .contains("--help")
                    .containsPattern("\nExamples?:\n +\\S")
                    .doesNotContain("\u001B");
            assertThat(process.out().lines()).as(line).allMatch(text -> text.length() <= 80);
        }
    }

    @Test
    void helpDocumentsEveryExitCode() throws IllegalAccessException {
        TestContext process = new TestContext(directory);
        run(process, "--help");
        int codes = 0;
        for (java.lang.reflect.Field field : ExitCode.class.getDeclaredFields()) {
            if (field.getType() == int.class) {
                codes++;
                assertThat(process.out()).as(field.getName()).containsPattern("\n +" + field.getInt(null) + " +[a-z]");
            }
        }
        assertThat(codes).isGreaterThanOrEqualTo(8);
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
