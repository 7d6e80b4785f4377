package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.ObjectId;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.FsckReport;
import dev.dits.repo.LinkPolicy;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} of either side in the middle of a pull; then the same again goes on from what had been verified. */
@Timeout(120)
class KilledTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int LARGE_BYTES = 16_000_000;
    private static final int LIMIT = 4_000_000;

    @TempDir
    Path temporary;

    private Path project;
    private Process child;

    @BeforeEach
    void open() throws Exception {
        project = temporary.resolve("project");
        Trees.random(project.resolve("large"), 1, LARGE_BYTES);
        for (int i = 0; i < 50; i++) {
            Trees.random(project.resolve("small/" + i), i + 2, 1_000);
        }
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First", "a", CommitProgress.NONE);
        }
    }

    @AfterEach
    void kill() throws Exception {
        if (child != null) {
            child.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
        }
    }

    private Path home(String name) {
        return temporary.resolve("home-" + name);
    }

    private Path directory() {
        return temporary.resolve("mount");
    }

    private static MountOptions exact() {
        return MountOptions.defaults().withSync(Sync.MANUAL).withLinks(LinkPolicy.AS_IS);
    }

    private void goesOn(Mount mount) throws Exception {
        TransferResult result = mount.pull().await(PATIENCE);
        assertThat(Trees.describe(directory())).isEqualTo(Trees.describe(project));
        assertThat(result.progress().reusedBytes()).isGreaterThan(2_000_000);
        assertThat(result.progress().wireBytes()).isLessThan(LARGE_BYTES - 2_000_000);
        assertThat(mount.repository().fsck(bytes -> {}).clean()).isTrue();
        try (Stream<Path> left = Files.list(directory().resolve(".dits/tmp"))) {
            assertThat(left.map(path -> path.getFileName().toString())).noneMatch(name -> name.startsWith("part-"));
        }
    }

    private void nothingHalfWritten() throws IOException {
        try (Repository repository = Repository.open(directory(), RepositoryOptions.defaults())) {
            assertThat(repository.fsck(bytes -> {}))
                    .as("what is on its way is not lost")
                    .matches(FsckReport::clean);
        }
        if (Files.exists(directory().resolve("large"))) {
            assertThat(directory().resolve("large")).hasSameBinaryContentAs(project.resolve("large"));
        }
    }

    @Test
    void theSharerIsKilled() throws Exception {
        child = NodeMain.start("share", home("sharer").toString(), project.toString());
        try (Dits dits = Dits.open(NodeMain.options(home("mounter")))) {
            try (Mount mount = dits.mount(NodeMain.line(child), directory(), exact())) {
                Transfer transfer = mount.pull();
                transfer.limit(LIMIT);
                while (transfer.progress().treeBytesDone() < 3_000_000) {
                    Thread.onSpinWait();
                }
                child.destroyForcibly().waitFor();
                transfer.cancel();
            }
            nothingHalfWritten();
            assertThat(directory().resolve("large")).doesNotExist();
            child = NodeMain.start("share", home("sharer").toString(), project.toString());
            try (Mount mount = dits.mount(NodeMain.line(child), directory(), exact())) {
                goesOn(mount);
            }
        }
    }

    @Test
    void theMounterIsKilled() throws Exception {
        try (Dits dits = Dits.open(NodeMain.options(home("sharer")));
                Share share = dits.share(
                        project, ShareOptions.defaults().withBindAddress(java.net.InetAddress.getLoopbackAddress()))) {
            String target = share.joinCode() + "@127.0.0.1:" + share.address().getPort();
            child = NodeMain.start(
                    "pull", home("mounter").toString(), target, directory().toString(), Integer.toString(LIMIT));
            assertThat(NodeMain.line(child)).isEqualTo("far");
            child.destroyForcibly().waitFor();
            nothingHalfWritten();
            assertThat(directory().resolve("large")).doesNotExist();
            try (Dits again = Dits.open(NodeMain.options(home("mounter")));
                    Mount mount = again.mount(target, directory(), exact())) {
                goesOn(mount);
            }
        }
    }

    @Test
    void aCommitByAnotherProcessIsInTheNextPull() throws Exception {
        child = NodeMain.start("share", home("sharer").toString(), project.toString());
        try (Dits dits = Dits.open(NodeMain.options(home("mounter")));
                Mount mount = dits.mount(NodeMain.line(child), directory(), exact())) {
            mount.pull().await(PATIENCE);
            ObjectId commit;
            try (Repository repository = Repository.open(project, RepositoryOptions.defaults())) {
                Files.writeString(project.resolve("late"), "late");
                commit = repository
                        .commit("Late", "a", CommitProgress.NONE)
                        .orElseThrow()
                        .id();
            }
            assertThat(mount.pull().await(PATIENCE).commit()).isEqualTo(commit);
            assertThat(Trees.describe(directory())).isEqualTo(Trees.describe(project));
        }
    }
}
