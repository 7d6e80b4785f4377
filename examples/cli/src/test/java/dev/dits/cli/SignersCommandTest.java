package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.Commit;
import dev.dits.object.CommitTime;
import dev.dits.object.Extensions;
import dev.dits.object.ObjectId;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.store.RecordType;
import dev.dits.store.StoreWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignersCommandTest {
    private static final String KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    @TempDir
    Path work;

    @Test
    void authorsAreVerifiedAndKeysListedTrustedAndForgotten() throws Exception {
        TestContext here = new TestContext(work);
        assertThat(here.run("init", "--author", "Ann")).isZero();
        assertThat(here.run("signers")).isZero();
        assertThat(here.out()).endsWith("No key yet; the first commit makes one.\n");
        Files.writeString(work.resolve("a"), "a");
        assertThat(here.run("commit", "-m", "one")).isZero();
        assertThat(here.run("tag", "v1", "-m", "One")).isZero();

        assertThat(here.run("log")).isZero();
        assertThat(here.out()).contains("\nSigned: verified, by this copy\n");

        assertThat(here.run("show", "v1")).isZero();
        assertThat(here.out()).containsSubsequence("tag v1\n", "Signed: verified", "commit ", "Signed: verified");

        assertThat(here.run("log", "--json")).isZero();
        assertThat(here.out())
                .contains("\"signature\":{\"state\":\"verified\",\"key\":\"")
                .contains("\"own\":true");

        assertThat(here.run("log", "--oneline")).isZero();
        assertThat(here.out()).endsWith(" one\n");

        assertThat(here.run("signers")).isZero();
        assertThat(here.out()).startsWith("This copy signs with ").endsWith("  own  Ann\n");
        assertThat(here.run("signers", "trust", KEY, "--name", "Ben\u001b[1m")).isZero();

        assertThat(here.run("signers")).isZero();
        assertThat(here.out()).contains("d75a980182b10ab7  trusted  Ben").doesNotContain("\u001b[1m");
        assertThat(here.run("signers", "remove", "d75a9801")).isZero();

        assertThat(here.run("signers", "--json")).isZero();
        assertThat(here.out()).contains("\"name\":\"Ann\"").doesNotContain("Ben");
    }

    @Test
    void whatIsNotSignedOrForgedIsSaid() throws Exception {
        TestContext here = new TestContext(work);
        assertThat(here.run("init", "--author", "Ann")).isZero();
        Files.writeString(work.resolve("a"), "a");
        assertThat(here.run("commit", "-m", "one")).isZero();
        try (Repository repository = Repository.open(work, RepositoryOptions.defaults())) {
            ObjectId head = repository.head().orElseThrow();
            Commit commit = repository.readCommit(head);
            put(
                    repository,
                    "unsigned",
                    new Commit(commit.tree(), List.of(head), "Ann", new CommitTime(1, 0, 0), "two", Extensions.NONE));
            put(
                    repository,
                    "forged",
                    new Commit(commit.tree(), List.of(), "Eve", commit.time(), "three", commit.extensions()));
        }

        assertThat(here.run("log", "--oneline", "-n", "1", "unsigned")).isZero();
        assertThat(here.out()).endsWith(" two [unsigned]\n");

        assertThat(here.run("show", "forged")).isZero();
        assertThat(here.out()).contains("Signed: INVALID");
    }

    private static void put(Repository repository, String branch, Commit commit) throws Exception {
        byte[] bytes = commit.encode();
        ObjectId id = ObjectId.hash(bytes);
        try (StoreWriter writer = repository.store().newWriter()) {
            writer.put(RecordType.OBJECT, id, bytes, 0, bytes.length);
            writer.flush();
        }
        repository.updateRef(RefName.branch(branch), null, id);
    }

    @Test
    void usage() {
        TestContext here = new TestContext(work);
        assertThat(here.run("init")).isZero();
        assertThat(here.run("signers", "praise", KEY)).isEqualTo(ExitCode.USAGE);
        assertThat(here.run("signers", "trust")).isEqualTo(ExitCode.USAGE);
        assertThat(here.run("signers", "trust", "d75a9801", "--name", "Ben")).isEqualTo(ExitCode.USAGE);
        assertThat(here.run("signers", "trust", "00".repeat(32), "--name", "Ben"))
                .isEqualTo(ExitCode.USAGE);
        assertThat(here.run("signers", "trust", "d75a9801")).isEqualTo(ExitCode.FAILURE);
    }
}
