package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scripts, in the shells that they are for. */
class CompletionTest {
    private static final long SECONDS_MAX = 60;

    @TempDir
    private Path directory;

    private Path repository;

    @BeforeEach
    void setUp() throws IOException {
        repository = Files.createDirectory(directory.resolve("repository"));
        TestContext dits = new TestContext(repository);
        assertThat(dits.run("init")).isZero();
        Files.writeString(repository.resolve("file"), "1");
        assertThat(dits.run("commit", "-m", "x")).isZero();
        assertThat(dits.run("branch", "colour/grade")).isZero();
        assertThat(dits.run("tag", "v1")).isZero();
        Files.createDirectory(repository.resolve("below"));
    }

    private Path script(String shell) throws IOException {
        TestContext dits = new TestContext(directory);
        assertThat(dits.run("completion", shell)).isZero();
        assertThat(dits.err()).isEmpty();
        assertThat(dits.out()).doesNotContain("training-run");
        return Files.writeString(directory.resolve("dits." + shell), dits.out());
    }

    private String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(repository.resolve("below").toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    private static boolean has(String shell) {
        for (String path : System.getenv().getOrDefault("PATH", "").split(":")) {
            if (Files.isExecutable(Path.of(path, shell))) {
                return true;
            }
        }
        return false;
    }

    private List<String> bash(String line) throws IOException, InterruptedException {
        String test = """
                . "$1"
                # Only works where the shell itself asks.
                compopt() { :; }
                COMP_LINE=$2
                read -ra COMP_WORDS <<<"$COMP_LINE"
                [ "${COMP_LINE% }" = "$COMP_LINE" ] || COMP_WORDS+=("")
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                COMP_POINT=${#COMP_LINE}
                specification=$(complete -p dits)
                function=${specification#*-F }
                ${function%% *}
                printf '%s\\n' "${COMPREPLY[@]}"
                """;
        return run("bash", "-c", test, "bash", script("bash").toString(), line)
                .lines()
                .sorted()
                .toList();
    }

    @Test
    void bashCompletesCommandsOptionsAndNames() throws Exception {
        assumeTrue(has("bash"), "no bash here");
        run("bash", "-n", script("bash").toString());
        assertThat(bash("dits sta")).containsExactly("status");
        assertThat(bash("dits p2p sh")).containsExactly("share");
        assertThat(bash("dits diff --st")).containsExactly("--stat");
        assertThat(bash("dits checkout ")).contains("HEAD", "colour/grade", "main", "v1");
        assertThat(bash("dits checkout col")).containsExactly("colour/grade");
        assertThat(bash("dits -C below show v")).containsExactly("v1");
        assertThat(bash("dits restore --source ma")).containsExactly("main");
        assertThat(bash("dits restore ma")).doesNotContain("main");
        assertThat(bash("dits status ma")).doesNotContain("main");
    }

    @Test
    void zshTakesTheScript() throws Exception {
        assumeTrue(has("zsh"), "no zsh here");
        run("zsh", "-n", script("zsh").toString());
        String names = run(
                "zsh",
                "-f",
                "-c",
                "autoload -U compinit && compinit -D -u; . $1; __dits_names",
                "zsh",
                script("zsh").toString());
        assertThat(names.lines()).contains("colour/grade", "main", "v1", "HEAD");
    }

    @Test
    void fishCompletesCommandsOptionsAndNames() throws Exception {
        assumeTrue(has("fish"), "no fish here");
        run("fish", "--no-execute", script("fish").toString());
        assertThat(fish("dits sta")).containsExactly("status");
        assertThat(fish("dits p2p sh")).containsExactly("share");
        assertThat(fish("dits p2p share --read")).contains("--read-only");
        assertThat(fish("dits diff --st")).containsExactly("--stat");
        assertThat(fish("dits status --st")).isEmpty();
        assertThat(fish("dits -C .. checkout col")).containsExactly("colour/grade");
        assertThat(fish("dits restore --source v")).containsExactly("v1");
        assertThat(fish("dits completion z")).containsExactly("zsh");
    }

    private List<String> fish(String line) throws IOException, InterruptedException {
        return run(
                        "fish",
                        "--no-config",
                        "-c",
                        "source $argv[1]; complete -C $argv[2]",
                        script("fish").toString(),
                        line)
                .lines()
                .map(found -> found.split("\t")[0])
                .toList();
    }

    @Test
    void anyOtherShellIsWrongUsage() {
        TestContext dits = new TestContext(directory);
        assertThat(dits.run("completion", "tcsh")).isEqualTo(ExitCode.USAGE);
        assertThat(dits.err()).contains("bash", "zsh", "fish");
    }
}
