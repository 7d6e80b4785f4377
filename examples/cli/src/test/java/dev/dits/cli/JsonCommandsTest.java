package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --json} of the commands on a repository: the fields of docs/guide/json.md. */
class JsonCommandsTest {
    @TempDir
    private Path directory;

    private TestContext dits;

    @BeforeEach
    void setUp() {
        dits = new TestContext(directory);
    }

    private void commit(String name, String content) throws IOException {
        Files.writeString(directory.resolve(name), content);
        assertThat(dits.run("commit", "-m", "Write " + name, "--author", "Ann")).isZero();
    }

    static List<String> names(JsonNode node) {
        List<String> names = new java.util.ArrayList<>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void statusOfAnEmptyRepository() throws IOException {
        dits.run("init");
        assertThat(dits.run("status", "--json")).isZero();
        JsonNode status = Json.document(dits.out());
        assertThat(names(status))
                .containsExactly(
                        "branch",
                        "base",
                        "tip",
                        "behind",
                        "unfinishedCheckout",
                        "clean",
                        "changeCount",
                        "changes",
                        "ignoredCount",
                        "skippedCount",
                        "heldCount",
                        "selection",
                        "omittedCount",
                        "unselected",
                        "unselectedCount");
        assertThat(status.get("branch").textValue()).isEqualTo("main");
        assertThat(status.get("base").isNull()).isTrue();
        assertThat(status.get("clean").booleanValue()).isTrue();
        assertThat(dits.run("log", "--json")).isZero();
        assertThat(dits.out()).isEmpty();
    }

    @Test
    void statusListsChanges() throws IOException {
        dits.run("init");
        commit("a", "one");
        Files.writeString(directory.resolve("b\nc"), "two");
        Files.delete(directory.resolve("a"));
        assertThat(dits.run("status", "--json")).isZero();
        JsonNode status = Json.document(dits.out());
        assertThat(status.get("clean").booleanValue()).isFalse();
        assertThat(status.get("changeCount").intValue()).isEqualTo(2);
        assertThat(status.get("base").textValue()).matches("[0-9a-f]{64}");
        assertThat(status.get("changes").toString())
                .isEqualTo("[{\"path\":\"a\",\"kind\":\"deleted\"},{\"path\":\"b\\nc\",\"kind\":\"added\"}]");
    }

    @Test
    void aLineOfLogIsACommit() throws IOException {
        dits.run("init");
        commit("a", "one");
        commit("b", "two");
        assertThat(dits.run("log", "--json")).isZero();
        List<JsonNode> log = Json.lines(dits.out());
        assertThat(log).hasSize(2);
        assertThat(names(log.get(0)))
                .containsExactly(
                        "id", "parents", "author", "time", "message", "tree", "files", "bytes", "signature", "refs");
        assertThat(log.get(0).get("parents").get(0)).isEqualTo(log.get(1).get("id"));
        assertThat(log.get(0).get("author").textValue()).isEqualTo("Ann");
        assertThat(log.get(0).get("message").textValue()).isEqualTo("Write b");
        assertThat(log.get(0).get("refs").toString()).isEqualTo("[\"refs/heads/main\"]");
        assertThat(log.get(1).get("refs")).isEmpty();
        assertThat(log.get(0).get("bytes").longValue()).isEqualTo(6);
        assertThat(dits.run("log", "--json", "-n", "1")).isZero();
        assertThat(Json.lines(dits.out())).containsExactly(log.get(0));
    }

    @Test
    void aFailureIsSaidOnStandardErrorAlone() {
        assertThat(dits.run("status", "--json")).isEqualTo(ExitCode.NOT_A_REPOSITORY);
        assertThat(dits.out()).isEmpty();
        assertThat(dits.err()).startsWith("dits: ");
    }
}
