package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that need no peer, run in this process against a real repository. */
class RepositoryCommandsTest {
    @TempDir
    private Path directory;

    private TestContext dits;

    @BeforeEach
    void setUp() {
        dits = new TestContext(directory);
    }

    private void initWithOneCommit() throws IOException {
        assertThat(dits.run("init", "--author", "Ann")).isZero();
        Files.writeString(directory.resolve("a"), "hello\n");
        assertThat(dits.run("commit", "-m", "First take")).isZero();
    }

    @Test
    void initStatusCommitLog() throws IOException {
        assertThat(dits.run("init")).isZero();
        assertThat(dits.out()).startsWith("Initialised an empty repository in ");
        assertThat(dits.run("status")).isZero();
        assertThat(dits.out()).contains("On branch main (no commit yet)").contains("Nothing to commit");
        assertThat(dits.run("log")).isZero();
        assertThat(dits.out()).contains("No commit yet");

        Files.writeString(directory.resolve("a"), "hello\n");
        assertThat(dits.run("status")).isZero();
        assertThat(dits.out()).contains("new:       a\n").contains("1 change; 'dits commit");

        assertThat(dits.run("commit", "-m", "First take\n\nWith details")).isZero();
        assertThat(dits.out()).matches("(?s)\\[main [0-9a-f]{10}] First take\n {2}1 file, 6 B; 6 B new.*");
        assertThat(dits.run("commit", "-m", "Nothing")).isZero();
        assertThat(dits.out()).startsWith("Nothing to commit");

        assertThat(dits.run("log")).isZero();
        assertThat(dits.out())
                .containsPattern("commit [0-9a-f]{64} \\(main\\)\n")
                .contains("Size:   6 B in 1 file\n")
                .contains("    First take\n    \n    With details\n");
        assertThat(dits.run("log", "--oneline")).isZero();
        assertThat(dits.out()).matches("[0-9a-f]{10} \\(main\\) First take\n");
        assertThat(dits.err()).isEmpty();
    }

    @Test
    void branchesAndCheckout() throws IOException {
        initWithOneCommit();
        assertThat(dits.run("checkout", "-b", "side")).isZero();
        assertThat(dits.out()).startsWith("On branch side (");
        Files.writeString(directory.resolve("a"), "changed\n");
        assertThat(dits.run("commit", "-m", "Second take")).isZero();
        assertThat(dits.run("branch")).isZero();
        assertThat(dits.out()).matches("  main [0-9a-f]{10}\n\\* side [0-9a-f]{10}\n");

        assertThat(dits.run("checkout", "main")).isZero();
        assertThat(directory.resolve("a")).hasContent("hello\n");
        assertThat(dits.run("branch", "-d", "side")).isZero();
        assertThat(dits.run("branch", "-d", "main")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.err()).startsWith("dits: ").contains("check out another branch first");
        assertThat(dits.run("branch", "main")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.run("branch", "two words")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void checkoutOverUncommittedChangesIsAConflictAndDoesNothing() throws IOException {
        initWithOneCommit();
        dits.run("checkout", "-b", "side");
        Files.writeString(directory.resolve("a"), "changed\n");
        dits.run("commit", "-m", "Second take");
        Files.writeString(directory.resolve("a"), "in no commit\n");
        assertThat(dits.run("checkout", "main")).isEqualTo(ExitCode.CONFLICT);
        assertThat(dits.err()).startsWith("dits: ").contains(": a;").contains("nothing was changed");
        assertThat(directory.resolve("a")).hasContent("in no commit\n");
    }

    @Test
    void fsckFindsDamageAndGcKeepsWhatIsNamed() throws IOException {
        initWithOneCommit();
        assertThat(dits.run("gc")).isZero();
        assertThat(dits.out()).startsWith("Dropped ");
        assertThat(dits.run("fsck")).isZero();
        assertThat(dits.out()).contains("Nothing is wrong.");

        try (var packs = Files.newDirectoryStream(directory.resolve(".dits/packs"), "*.pack")) {
            for (Path pack : packs) {
                byte[] bytes = Files.readAllBytes(pack);
                bytes[bytes.length / 2] ^= 1;
                Files.write(pack, bytes);
            }
        }
        assertThat(dits.run("fsck")).isEqualTo(ExitCode.FAILURE);
        assertThat(dits.out()).doesNotContain("Nothing is wrong");
        assertThat(dits.err()).contains("the repository is damaged");
    }

    @Test
    void outsideARepositoryEveryCommandSaysSo() {
        for (String command : new String[] {"status", "log", "branch", "fsck", "gc", "pull", "push"}) {
            assertThat(dits.run(command)).as(command).isEqualTo(ExitCode.NOT_A_REPOSITORY);
            assertThat(dits.err()).as(command).startsWith("dits: neither ").contains("'dits init' makes one");
            assertThat(dits.err().lines()).as(command).hasSize(1);
        }
    }

    @Test
    void worksFromBelowAndFromElsewhere() throws IOException {
        initWithOneCommit();
        Files.createDirectories(directory.resolve("deep/er"));
        assertThat(new TestContext(directory.resolve("deep/er")).run("status")).isZero();
        TestContext elsewhere = new TestContext(directory.getRoot());
        assertThat(elsewhere.run("-C", directory.toString(), "status")).isZero();
        assertThat(elsewhere.run("status", "-C", directory.toString())).isZero();
    }

    @Test
    void textsFromOthersCannotReachTheTerminal() throws IOException {
        assertThat(dits.run("init")).isZero();
        Files.writeString(directory.resolve("\u001B[31mred"), "x");
        assertThat(dits.run("status")).isZero();
        assertThat(dits.out()).contains("\\u001b[31mred").doesNotContain("\u001B");
        assertThat(dits.run("commit", "-m", "clear\u001B[2J", "--author", "Eve\u202E"))
                .isZero();
        assertThat(dits.out()).doesNotContain("\u001B");
        assertThat(dits.run("log")).isZero();
        assertThat(dits.out())
                .contains("clear\\u001b[2J")
                .contains("Eve\\u202e")
                .doesNotContain("\u001B");
    }
}
