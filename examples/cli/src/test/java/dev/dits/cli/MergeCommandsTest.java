package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** merge, reset, log of a path, commit in a lagging tree: against a real repository, in this process. */
class MergeCommandsTest {
    @TempDir
    private Path directory;

    private TestContext dits;

    @BeforeEach
    void setUp() throws IOException {
        dits = new TestContext(directory);
        assertThat(dits.run("init", "--author", "Ann")).isZero();
        write("both.txt", "base");
        write("d/a", "base");
        ok("commit", "-m", "First");
        ok("checkout", "-b", "side");
        write("both.txt", "theirs");
        write("d/b", "theirs");
        ok("commit", "-m", "Theirs");
        ok("checkout", "main");
        write("both.txt", "ours");
        ok("commit", "-m", "Ours");
    }

    private void write(String path, String content) throws IOException {
        Path file = directory.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private String ok(String... line) {
        assertThat(dits.run(line))
                .as(String.join(" ", line) + ": " + dits.err())
                .isZero();
        return dits.out();
    }

    @Test
    void mergesAndNamesWhatThereIsTwoOf() throws IOException {
        JsonNode merged = Json.document(ok("merge", "--json", "side"));
        assertThat(merged.get("kind").asText()).isEqualTo("merged");
        assertThat(merged.get("branch").asText()).isEqualTo("main");
        assertThat(merged.get("copies")).hasSize(1);
        assertThat(merged.get("copies").get(0).get("kept").asText()).isEqualTo("both.txt");
        String copy = merged.get("copies").get(0).get("copy").asText();
        assertThat(copy).startsWith("both (conflict from Ann ").endsWith(".txt");
        assertThat(java.util.List.of(
                        Files.readString(directory.resolve("both.txt")), Files.readString(directory.resolve(copy))))
                .containsExactlyInAnyOrder("ours", "theirs");
        assertThat(directory.resolve("d/b")).exists();
        assertThat(ok("log", "-n", "1")).contains("Merge side into main").contains("both.txt -> " + copy);
        assertThat(ok("merge", "side")).startsWith("Nothing to merge");
        ok("checkout", "side");
        assertThat(ok("merge", "main")).contains("the branch is at");
        assertThat(dits.run("merge", "nowhere")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.run("merge")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void whatIsInNoCommitIsCommittedAfterTheMerge() throws IOException {
        write("d/b", "not committed");
        assertThat(dits.run("merge", "side")).isEqualTo(ExitCode.CONFLICT);
        assertThat(dits.err()).contains("d/b").contains("in no commit");
        assertThat(Files.readString(directory.resolve("d/b"))).isEqualTo("not committed");
        assertThat(ok("status")).contains("ahead of the working tree");
        JsonNode made = Json.document(ok("commit", "--json", "-m", "Mine"));
        assertThat(made.get("merged").asText()).hasSize(64);
        assertThat(made.get("copies")).isNotEmpty();
        assertThat(ok("status")).contains("Nothing to commit").doesNotContain("ahead");
        assertThat(Files.readString(directory.resolve("both.txt"))).isNotEqualTo("base");
    }

    @Test
    void resetMovesTheBranch() throws IOException {
        write("d/a", "mine");
        assertThat(ok("reset", "HEAD~1"))
                .matches("main is at [0-9a-f]{10}; it was at [0-9a-f]{10}\\. 1 file written, 0 deleted\n");
        assertThat(Files.readString(directory.resolve("both.txt"))).isEqualTo("base");
        assertThat(Files.readString(directory.resolve("d/a"))).isEqualTo("mine");
        write("both.txt", "mine");
        assertThat(dits.run("reset", "side")).isEqualTo(ExitCode.CONFLICT);
        assertThat(Files.readString(directory.resolve("both.txt"))).isEqualTo("mine");
        JsonNode reset = Json.document(ok("reset", "--hard", "--json", "side"));
        assertThat(reset.get("commit").asText()).hasSize(64);
        assertThat(Files.readString(directory.resolve("both.txt"))).isEqualTo("theirs");
        assertThat(Files.readString(directory.resolve("d/a"))).isEqualTo("base");
        assertThat(ok("status")).contains("Nothing to commit");
    }

    @Test
    void logOfAPath() throws IOException {
        assertThat(ok("log", "--oneline", "--", "d").lines()).hasSize(1);
        assertThat(ok("log", "--oneline", "side", "--", "d").lines()).hasSize(2);
        assertThat(ok("log", "--oneline", "--", "both.txt").lines()).hasSize(2);
        assertThat(ok("log", "--json", "--", "nowhere")).isEmpty();
        assertThat(dits.run("log", "side", "d")).isEqualTo(ExitCode.USAGE);
        assertThat(dits.err()).contains("--");
    }
}
