package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.dits.Dits;
import dev.dits.DitsOptions;
import dev.dits.Share;
import dev.dits.ShareOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A part of a tree, from the command line. */
class SelectCommandsTest {
    @TempDir
    private Path temporary;

    private Path source;
    private TestContext dits;

    @BeforeEach
    void setUp() throws IOException {
        source = Files.createDirectories(temporary.resolve("source"));
        dits = new TestContext(source);
        byte[] large = new byte[500_000];
        new Random(1).nextBytes(large);
        Files.createDirectories(source.resolve("raw"));
        Files.write(source.resolve("raw/large.bin"), large);
        write("takes/a.txt", "a");
        write("takes/b.txt", "b");
        write("top.txt", "top");
        ok(dits, "init", "--author", "Ann");
        ok(dits, "commit", "-m", "First");
        ok(dits, "branch", "grade");
    }

    private void write(String path, String content) throws IOException {
        Files.createDirectories(source.resolve(path).getParent());
        Files.writeString(source.resolve(path), content);
    }

    private static String ok(TestContext context, String... line) {
        assertThat(context.run(line))
                .as(String.join(" ", line) + ": " + context.err())
                .isZero();
        return context.out();
    }

    @Test
    void selectsListsAndSaysSo() throws IOException {
        assertThat(ok(dits, "p2p", "select")).contains("Everything is selected");
        assertThat(ok(dits, "p2p", "select", "--path", "takes/**"))
                .contains("  takes/**")
                .contains("2 files of 4");
        assertThat(source.resolve("raw")).doesNotExist();
        assertThat(ok(dits, "status")).contains("Partial: 2 files").contains("Nothing to commit");
        ok(dits, "p2p", "select", "--add", "/top.txt", "--remove", "takes/b.txt");
        JsonNode listed = Json.document(ok(dits, "p2p", "select", "--list", "--json"));
        assertThat(listed.get("globs"))
                .extracting(JsonNode::asText)
                .containsExactly("takes/**", "!takes/b.txt", "/top.txt");
        assertThat(listed.get("files").asLong()).isEqualTo(2);
        assertThat(listed.get("filesInAll").asLong()).isEqualTo(4);
        assertThat(source.resolve("takes/b.txt")).doesNotExist();
        ok(dits, "p2p", "select", "--remove", "/top.txt");
        ok(dits, "p2p", "select", "--add", "takes/b.txt");
        listed = Json.document(ok(dits, "p2p", "select", "--json"));
        assertThat(listed.get("globs")).extracting(JsonNode::asText).containsExactly("takes/**", "takes/b.txt");

        write("raw/mine", "mine");
        assertThat(ok(dits, "status")).contains("not selected: raw").contains("--add GLOB");
        JsonNode status = Json.document(ok(dits, "status", "--json"));
        assertThat(status.get("omittedCount").asLong()).isEqualTo(2);
        assertThat(status.get("unselectedCount").asLong()).isEqualTo(1);
        assertThat(status.get("selection")).hasSize(2);
        assertThat(ok(dits, "commit", "-m", "Nothing")).contains("not selected is not looked at");
        write("takes/a.txt", "edited");
        ok(dits, "commit", "-m", "Edit");
        assertThat(dits.err()).contains("left out, not selected").contains("raw");
        ok(dits, "p2p", "select", "--all");
        assertThat(source.resolve("raw/large.bin")).exists();
        assertThat(source.resolve("raw/mine")).exists();
    }

    @Test
    void whatIsWrongIsSaid() throws IOException {
        assertThat(dits.run("p2p", "select", "--path", "../up")).isEqualTo(ExitCode.USAGE);
        assertThat(dits.run("p2p", "select", "--add", "takes/**")).isEqualTo(ExitCode.USAGE);
        assertThat(dits.err()).contains("everything is selected");
        assertThat(dits.run("p2p", "select", "--list", "--all")).isEqualTo(ExitCode.USAGE);
        assertThat(dits.run("p2p", "select", "--branch", "main")).isEqualTo(ExitCode.USAGE);
        assertThat(dits.err()).contains("no mount");
        write(".ditsignore", "*.tmp");
        ok(dits, "commit", "-m", "Ignore");
        ok(dits, "p2p", "select", "--path", "Takes/**", "--path", "/top.txt");
        assertThat(dits.err()).contains("matches 'Takes/**'").doesNotContain("'/top.txt'");
        assertThat(dits.run("p2p", "select", "--remove", "Takes/**", "--remove", "/top.txt"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(dits.err()).contains("nothing selected");
        assertThat(dits.run("restore", "takes")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.err()).contains("p2p select --add takes");

        write("raw/large.bin", "mine");
        assertThat(dits.run("p2p", "select", "--all")).isEqualTo(ExitCode.CONFLICT);
        assertThat(dits.err()).contains("raw/large.bin");
        write("top.txt", "edited");
        assertThat(dits.run("p2p", "select", "--path", "takes/**")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.err()).contains("kept, for its changes are in no commit: top.txt");
        assertThat(source.resolve("top.txt")).hasContent("edited");
    }

    @Test
    void mountsAndClonesAPart() throws Exception {
        DitsOptions options = DitsOptions.defaults()
                .withHome(temporary.resolve("home-share"))
                .withCacheBytes(0)
                .withLanInterfaces("off")
                .withBindAddress(InetAddress.getLoopbackAddress());
        try (Dits node = Dits.open(options);
                Share share =
                        node.share(source, ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()))) {
            TestContext other = new TestContext(temporary)
                    .with("DITS_LAN", "off")
                    .with("DITS_HOME", temporary.resolve("home-mount").toString());
            String ticket = share.ticket();
            assertThat(other.run("p2p", "connect", "--path", "a//b", ticket, "copy"))
                    .isEqualTo(ExitCode.USAGE);
            ok(
                    other,
                    "p2p",
                    "connect",
                    "--pull-only",
                    "--bind",
                    "127.0.0.1",
                    "--path",
                    "takes/**",
                    "--branch",
                    "main",
                    ticket,
                    "copy");
            Path copy = temporary.resolve("copy");
            assertThat(copy.resolve("takes/a.txt")).hasContent("a");
            assertThat(copy.resolve("raw")).doesNotExist();
            TestContext there = new TestContext(copy)
                    .with("DITS_LAN", "off")
                    .with("DITS_HOME", temporary.resolve("home-mount").toString());
            JsonNode listed = Json.document(ok(there, "p2p", "select", "--json"));
            assertThat(listed.get("branches")).extracting(JsonNode::asText).containsExactly("main");
            assertThat(ok(there, "branch")).doesNotContain("grade");
            // What is not here comes from the share; the directory may be named.
            ok(other, "p2p", "select", "--bind", "127.0.0.1", "--add", "/raw/", "copy");
            assertThat(copy.resolve("raw/large.bin")).hasSize(500_000);
            ok(there, "p2p", "select", "--all-branches");
            ok(there, "pull");
            assertThat(ok(there, "branch")).contains("grade");

            ok(other, "clone", "--bind", "127.0.0.1", "--path", "takes/**", ticket, "kept");
            assertThat(List.of(temporary.resolve("kept/takes/b.txt"))).allMatch(Files::exists);
            assertThat(temporary.resolve("kept/raw")).doesNotExist();
        }
    }
}
