package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.dits.object.EntryName;
import dev.dits.repo.PathNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** diff, show, tag, restore, add: against a real repository, in this process. */
class HistoryCommandsTest {
    private static final Terminal TERMINAL = new Terminal(false, true, true, 100);

    @TempDir
    private Path directory;

    private TestContext dits;

    @BeforeEach
    void setUp() {
        dits = new TestContext(directory);
        assertThat(dits.run("init", "--author", "Ann")).isZero();
    }

    private void write(String path, String content) throws IOException {
        Path file = directory.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private String commit(String message) {
        assertThat(dits.run("commit", "-m", message, "--json")).as(dits.err()).isZero();
        return dits.out().replaceAll("(?s).*\"id\":\"([0-9a-f]{64})\".*", "$1");
    }

    private String ok(String... line) {
        assertThat(dits.run(line))
                .as(String.join(" ", line) + ": " + dits.err())
                .isZero();
        return dits.out();
    }

    // ---- diff ----

    @Test
    void diffIsAPatch() throws IOException {
        write("a", "one\ntwo\n");
        commit("First");
        write("a", "one\n2");
        assertThat(ok("diff")).isEqualTo("""
                        diff --git a/a b/a
                        --- a/a
                        +++ b/a
                        @@ -1,2 +1,2 @@
                         one
                        -two
                        +2
                        \\ No newline at end of file
                        """);
        assertThat(ok("diff", "-U0")).contains("@@ -2 +2 @@\n-two\n");
        assertThat(ok("diff", "--name-only")).isEqualTo("a\n");
        assertThat(ok("diff", "--stat")).isEqualTo("  modified:  a | +1 -1\n1 difference; lines: +1 -1\n");
        assertThat(ok("diff", "HEAD", "HEAD")).isEmpty();
        assertThat(dits.err()).isEmpty();
    }

    @Test
    void binaryFilesAreToldByTheirChunks() throws IOException {
        byte[] video = new byte[2_000_000];
        new Random(1).nextBytes(video);
        Files.write(directory.resolve("video"), video);
        commit("First");
        video[1_000_000] ^= 1;
        Files.write(directory.resolve("video"), video);
        assertThat(ok("diff"))
                .matches("(?s)diff --git a/video b/video\n"
                        + "Binary files a/video and b/video differ: 2\\.00 MB -> 2\\.00 MB, 1 of \\d\\d chunks new, [^\n]* kB"
                        + " \\(\\d+\\.\\d%\\)\n");
        assertThat(ok("diff", "--stat")).contains(" modified:  video | 2.00 MB -> 2.00 MB, 1 of ");
        JsonNode node = Json.document(ok("diff", "--json", "--stat"));
        assertThat(node.get("lines").isNull()).isTrue();
        assertThat(node.get("chunks").get("new").intValue()).isEqualTo(1);
        assertThat(node.get("chunks").get("newBytes").longValue()).isBetween(1L, 300_000L);
        assertThat(node.get("chunks").get("newShare").doubleValue()).isBetween(0.001, 0.2);
    }

    @Test
    void patchesAreReadByGit() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/git")), "no git here");
        write("changed", "a\n".repeat(20) + "b\n" + "c\n".repeat(20) + "end");
        write("deleted", "gone\n");
        write("old name", "content that moves\n");
        write("mode", "x\n");
        write("quote\"\t\u00e9", "1\n");
        write("latin1", "x");
        Files.write(directory.resolve("latin1"), new byte[] {'c', (byte) 0xE9, '\r', '\n'});
        Files.createSymbolicLink(directory.resolve("link"), Path.of("changed"));
        Files.createSymbolicLink(directory.resolve("becomes-file"), Path.of("changed"));
        commit("First");
        write("changed", "a\n".repeat(20) + "B\nb\n" + "c\n".repeat(18) + "end\n");
        Files.delete(directory.resolve("deleted"));
        Files.createDirectories(directory.resolve("sub"));
        Files.move(directory.resolve("old name"), directory.resolve("sub/new name"));
        Files.setPosixFilePermissions(directory.resolve("mode"), PosixFilePermissions.fromString("rwxr-xr-x"));
        write("quote\"\t\u00e9", "2\n");
        Files.write(directory.resolve("latin1"), new byte[] {'c', (byte) 0xE8, '\r', '\n', '\n'});
        Files.delete(directory.resolve("link"));
        Files.createSymbolicLink(directory.resolve("link"), Path.of("mode"));
        Files.delete(directory.resolve("becomes-file"));
        write("becomes-file", "now\n");
        write("added\nhere", "new\n");
        commit("Second");

        assertThat(dits.run("diff", "HEAD~1", "HEAD")).isZero();
        Path patch = Files.write(directory.resolve("patch"), dits.rawOut());
        Path copy = directory.resolve("copy");
        assertThat(new TestContext(directory).run("checkout", "HEAD~1")).isZero();
        Files.createDirectories(copy);
        try (var entries = Files.list(directory)) {
            for (Path entry : entries.toList()) {
                if (!entry.equals(copy) && !entry.endsWith(".dits") && !entry.equals(patch)) {
                    Files.move(entry, copy.resolve(entry.getFileName()));
                }
            }
        }
        Process git = new ProcessBuilder("git", "apply", "--whitespace=nowarn", "../patch")
                .directory(copy.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(git.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(git.exitValue()).as(said).isZero();
        Files.delete(patch);
        try (var entries = Files.list(copy)) {
            for (Path entry : entries.toList()) {
                Files.move(entry, directory.resolve(entry.getFileName()));
            }
        }
        Files.delete(copy);
        // git knows no other permissions than these.
        assertThat(ok("diff", "main")).isEmpty();
    }

    @Test
    void revisionsAndPathsAreToldApart() throws IOException {
        write("a", "1\n");
        write("d/b", "1\n");
        commit("First");
        assertThat(dits.run("tag", "v1")).isZero();
        write("a", "2\n");
        write("d/b", "2\n");
        commit("Second");
        write("d/b", "3\n");
        assertThat(ok("diff", "--name-only")).isEqualTo("d/b\n");
        assertThat(ok("diff", "--name-only", "v1")).isEqualTo("a\nd/b\n");
        assertThat(ok("diff", "--name-only", "v1", "HEAD", "d")).isEqualTo("d/b\n");
        assertThat(ok("diff", "--name-only", "v1..main", "--", "a")).isEqualTo("a\n");
        assertThat(ok("diff", "--name-only", "v1..", "a")).isEqualTo("a\n");
        assertThat(ok("diff", "--name-only", "d")).isEqualTo("d/b\n");
        TestContext below = new TestContext(directory.resolve("d"));
        assertThat(below.run("diff", "--name-only", "v1", "--", ".")).isZero();
        assertThat(below.out()).isEqualTo("d/b\n");
        assertThat(below.run("diff", "--name-only", "v1", "--", "../a")).isZero();
        assertThat(below.out()).isEqualTo("a\n");

        Files.delete(directory.resolve("a"));
        assertThat(ok("diff", "--name-only", "a")).isEqualTo("a\n");
        assertThat(dits.run("diff", "nothing")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.err()).contains("'nothing' is neither a commit, branch or tag, nor a path here");
        assertThat(dits.run("diff", "nothing", "--", "d")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.run("diff", "--", "nothing")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.run("diff", "--", "../outside")).isEqualTo(ExitCode.USAGE);
        write("v1", "a file of a tag's name\n");
        assertThat(dits.run("diff", "v1")).isEqualTo(ExitCode.USAGE);
        assertThat(dits.err()).contains("is a revision and a path").contains("'--'");
        assertThat(ok("diff", "--name-only", "--", "v1")).isEqualTo("v1\n");
        assertThat(ok("diff", "--name-only", "v1", "--")).isEqualTo("a\nd/b\nv1\n");
        write("-dash", "x\n");
        assertThat(ok("diff", "--name-only", "--", "-dash")).isEqualTo("-dash\n");
    }

    @Test
    void onATerminalContentCannotSteerIt() throws IOException {
        write("a", "x\n");
        commit("First");
        write("a", "tab\there \u001B[31mred\n");
        TestContext terminal = new TestContext(directory).terminal(TERMINAL);
        assertThat(terminal.run("diff")).isZero();
        assertThat(terminal.out())
                .contains("\u001B[32m+tab\there \\u001b[31mred\u001B[0m\n")
                .contains("\u001B[36m@@");
        assertThat(terminal.run("diff", "--plain")).isZero();
        assertThat(terminal.out()).contains("+tab\there \\u001b[31mred\n").doesNotContain("\u001B");
        assertThat(ok("diff")).contains("+tab\there \u001B[31mred\n");
        commit("Second");
        assertThat(terminal.run("show", "HEAD:a", "--plain")).isZero();
        assertThat(terminal.out()).isEqualTo("tab\there \\u001b[31mred\n");
        write("a", "a\0b");
        commit("Third");
        assertThat(terminal.run("show", "HEAD:a")).isEqualTo(ExitCode.FAILURE);
        assertThat(terminal.err()).contains("would garble the terminal");
        assertThat(ok("show", "HEAD:a")).isEqualTo("a\0b");
    }

    @Test
    void diffAsJson() throws IOException {
        write("a", "1\n");
        Files.write(PathNames.resolve(directory, EntryName.of(new byte[] {'n', (byte) 0xE9})), new byte[] {1});
        commit("First");
        Files.move(directory.resolve("a"), directory.resolve("b"));
        write("c", "new\n");
        Files.delete(PathNames.resolve(directory, EntryName.of(new byte[] {'n', (byte) 0xE9})));
        List<JsonNode> found = Json.lines(ok("diff", "--json"));
        assertThat(found).hasSize(3);
        assertThat(JsonCommandsTest.names(found.get(0)))
                .containsExactly("kind", "path", "from", "before", "after", "lines", "chunks");
        assertThat(found.get(0).get("kind").textValue()).isEqualTo("renamed");
        assertThat(found.get(0).get("from").textValue()).isEqualTo("a");
        assertThat(found.get(1).get("before").isNull()).isTrue();
        assertThat(found.get(1).get("after").get("size").intValue()).isEqualTo(4);
        assertThat(found.get(1).get("after").get("mode").textValue()).matches("0[0-7]{3}");
        assertThat(found.get(2).get("pathHex").textValue()).isEqualTo("6ee9");
        JsonNode stat = Json.lines(ok("diff", "--json", "--stat", "--", "c")).get(0);
        assertThat(stat.get("lines").toString()).isEqualTo("{\"added\":1,\"removed\":0}");
        assertThat(dits.run("diff", "--json", "--name-only")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void anEmptyRepositoryHasNoDifferences() throws IOException {
        assertThat(ok("diff")).isEmpty();
        assertThat(ok("diff", "--json")).isEmpty();
        write("a", "1\n");
        assertThat(ok("diff")).contains("new file mode 100").contains("--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+1\n");
        assertThat(dits.run("diff", "HEAD")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.run("show")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.err()).contains("there is no commit yet");
        assertThat(dits.run("restore", "a")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.run("tag", "v1")).isEqualTo(ExitCode.FAILURE);
        assertThat(ok("tag")).isEmpty();
        assertThat(Json.document(ok("tag", "--json")).get("tags")).isEmpty();
        assertThat(Json.document(ok("branch", "--json")).toString())
                .isEqualTo("{\"current\":\"refs/heads/main\",\"branches\":[]}");
    }

    // ---- tag ----

    @Test
    void tagsAreMadeListedAndDeleted() throws IOException {
        write("a", "1\n");
        String first = commit("First");
        write("a", "2\n");
        String second = commit("Second");
        assertThat(ok("tag", "v1", "HEAD~1")).isEqualTo("Tagged " + first.substring(0, 10) + " as v1.\n");
        ok("tag", "v2", "-m", "As shown\nin full");
        assertThat(ok("tag"))
                .isEqualTo("v1 " + first.substring(0, 10) + "\nv2 " + second.substring(0, 10) + "  As shown\n");
        JsonNode tags = Json.document(ok("tag", "--json")).get("tags");
        assertThat(JsonCommandsTest.names(tags.get(0)))
                .containsExactly("ref", "name", "commit", "tag", "author", "time", "message", "signature");
        assertThat(tags.get(0).get("commit").textValue()).isEqualTo(first);
        assertThat(tags.get(0).get("tag").isNull()).isTrue();
        assertThat(tags.get(1).get("author").textValue()).isEqualTo("Ann");
        assertThat(tags.get(1).get("message").textValue()).isEqualTo("As shown\nin full");
        assertThat(dits.run("tag", "v1")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.err()).contains("there is a tag v1 already");
        assertThat(ok("tag", "--delete", "v1")).isEqualTo("Deleted tag v1.\n");
        assertThat(dits.run("tag", "--delete", "v1")).isEqualTo(ExitCode.FAILURE);
        for (String[] wrong : new String[][] {
            {"tag", "two words"},
            {"tag", "--delete"},
            {"tag", "-m", "x"},
            {"tag", "--json", "v3"},
            {"tag", "-d", "v2", "HEAD"}
        }) {
            assertThat(dits.run(wrong)).as(String.join(" ", wrong)).isEqualTo(ExitCode.USAGE);
        }
    }

    // ---- show ----

    @Test
    void showsCommitsTagsFilesAndDirectories() throws IOException {
        write("d/file", "one\n");
        Files.createSymbolicLink(directory.resolve("link"), Path.of("d/file"));
        commit("First");
        write("d/file", "two\n");
        String second = commit("Second take\n\nBetter light");
        ok("tag", "v2", "-m", "As shown");
        assertThat(ok("show"))
                .startsWith("commit " + second + "\nAuthor: Ann\nDate:   ")
                .contains("\n    Second take\n    \n    Better light\n\ndiff --git a/d/file b/d/file\n")
                .endsWith("-one\n+two\n");
        assertThat(ok("show", "v2", "--name-only"))
                .startsWith("tag v2\nAuthor: Ann\nDate:   ")
                .contains("\n    As shown\n\ncommit " + second)
                .endsWith("\n\nd/file\n");
        assertThat(ok("show", "HEAD~1")).contains("new file mode 120000");
        assertThat(ok("show", "HEAD~1:d/file")).isEqualTo("one\n");
        assertThat(ok("show", "v2:d/file")).isEqualTo("two\n");
        assertThat(ok("show", ":link")).isEqualTo("d/file\n");
        assertThat(ok("show", "HEAD:")).matches("d0\\d{3} +4 B  d/\nl0777 +link -> d/file\n");
        TestContext below = new TestContext(directory.resolve("d"));
        assertThat(below.run("show", "HEAD:./file")).isZero();
        assertThat(below.out()).isEqualTo("two\n");
        assertThat(below.run("show", "HEAD:d/file")).isZero();
        assertThat(dits.run("show", "HEAD:nothing")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.err()).contains("there is no nothing in HEAD; 'dits show HEAD:' lists");
        assertThat(dits.run("show", "nothing:d")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.run("show", "HEAD:../../etc")).isEqualTo(ExitCode.USAGE);
        assertThat(dits.run("show", "HEAD:.dits/config")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void showAsJson() throws IOException {
        write("d/file", "one\n");
        String first = commit("First");
        ok("tag", "v1", "-m", "As shown");
        JsonNode commit = Json.document(ok("show", "v1", "--json"));
        assertThat(commit.get("type").textValue()).isEqualTo("commit");
        assertThat(commit.get("id").textValue()).isEqualTo(first);
        assertThat(commit.get("tag").get("message").textValue()).isEqualTo("As shown");
        assertThat(commit.get("changes").get(0).get("path").textValue()).isEqualTo("d/file");
        JsonNode file = Json.document(ok("show", "v1:d/file", "--json"));
        assertThat(JsonCommandsTest.names(file))
                .containsExactly("commit", "path", "type", "mode", "mtime", "size", "sha256", "chunks");
        assertThat(file.get("sha256").textValue())
                .isEqualTo("2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806");
        JsonNode top = Json.document(ok("show", "v1:", "--json"));
        assertThat(top.get("path").textValue()).isEqualTo(".");
        assertThat(top.get("entries").get(0).get("name").textValue()).isEqualTo("d");
        assertThat(top.get("entries").get(0).get("files").intValue()).isEqualTo(1);
    }

    // ---- restore, add ----

    @Test
    void restoresWhatWasChangedAndKeepsACopy() throws IOException {
        write("d/a.txt", "1\n");
        write("d/b", "2\n");
        commit("First");
        write("d/a.txt", "changed\n");
        Files.delete(directory.resolve("d/b"));
        assertThat(ok("restore", "d")).matches("Restored from [0-9a-f]{10}: 2 files, 4 B; 0 deleted\n");
        assertThat(dits.err()).matches("dits: kept what was in no commit: d/a \\(before restore [0-9 -]*\\)\\.txt\n");
        assertThat(directory.resolve("d/a.txt")).hasContent("1\n");
        assertThat(directory.resolve("d/b")).hasContent("2\n");
        assertThat(ok("restore", "d")).startsWith("Nothing to restore: ");

        write("d/a.txt", "changed\n");
        TestContext below = new TestContext(directory.resolve("d"));
        assertThat(below.run("restore", "--force", "a.txt", "--json")).isZero();
        JsonNode report = Json.document(below.out());
        assertThat(report.get("filesWritten").intValue()).isEqualTo(1);
        assertThat(report.get("copyCount").intValue()).isZero();
        assertThat(below.err()).isEmpty();
        assertThat(dits.run("restore", "nothing")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.run("restore")).isEqualTo(ExitCode.USAGE);
        assertThat(dits.run("restore", "/")).isEqualTo(ExitCode.USAGE);
        assertThat(dits.run("restore", "--source", "nothing", "d")).isEqualTo(ExitCode.FAILURE);
    }

    @Test
    void restoresFromAnotherCommit() throws IOException {
        write("-odd", "1\n");
        commit("First");
        write("-odd", "2\n");
        write("later", "3\n");
        commit("Second");
        ok("restore", "-s", "HEAD~1", "--", "-odd");
        assertThat(directory.resolve("-odd")).hasContent("1\n");
        ok("restore", "--source", "HEAD~1", ".");
        assertThat(directory.resolve("later")).doesNotExist();
        assertThat(dits.run("restore", "--source", "HEAD~1", "later")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.err()).contains("there is no later in commit");
    }

    @Test
    void addSaysWhatToDoInstead() {
        for (String[] line : new String[][] {{"add"}, {"add", "."}, {"add", "a", "b"}}) {
            assertThat(dits.run(line)).isEqualTo(ExitCode.USAGE);
            assertThat(dits.err()).contains("there is no staging area").contains("dits commit -m");
            assertThat(dits.out()).isEmpty();
        }
    }

    @Test
    void resultsAsJson() throws IOException {
        write("a", "1\n");
        JsonNode none = Json.document(ok("commit", "-m", "First", "--json"));
        assertThat(none.get("committed").booleanValue()).isTrue();
        assertThat(none.get("files").intValue()).isEqualTo(1);
        none = Json.document(ok("commit", "-m", "Nothing", "--json"));
        assertThat(none.get("committed").booleanValue()).isFalse();
        assertThat(none.get("id").isNull()).isTrue();
        JsonNode fsck = Json.document(ok("fsck", "--json"));
        assertThat(fsck.get("clean").booleanValue()).isTrue();
        assertThat(fsck.get("lost")).isEmpty();
        assertThat(Json.document(ok("gc", "--json")).get("bytesFreed").isNumber())
                .isTrue();
        JsonNode branches = Json.document(ok("branch", "--json"));
        assertThat(branches.get("branches").get(0).get("current").booleanValue())
                .isTrue();
        assertThat(branches.get("branches").get(0).get("ref").textValue()).isEqualTo("refs/heads/main");
        JsonNode init = Json.document(ok("init", "--json", "elsewhere"));
        assertThat(init.get("branch").textValue()).isEqualTo("main");
        assertThat(init.get("id").textValue()).matches("[0-9a-f]{32}");
        Files.writeString(directory.resolve(".dits/refs/heads/main"), "0".repeat(64) + "\n");
        assertThat(dits.run("fsck", "--json")).isEqualTo(ExitCode.FAILURE);
        assertThat(Json.document(dits.out()).get("clean").booleanValue()).isFalse();
    }
}
