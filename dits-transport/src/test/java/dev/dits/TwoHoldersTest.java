package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One mount that two nodes hold at once, as two processes do: they have one session with the share, and neither gets in the other's way. */
@Timeout(120)
class TwoHoldersTest {
    @TempDir
    Path temporary;

    private Dits node(String name) throws Exception {
        return Dits.open(DitsOptions.defaults()
                .withHome(temporary.resolve("home-" + name))
                .withCacheBytes(0)
                .withLanInterfaces("lo")
                .withBindAddress(InetAddress.getLoopbackAddress()));
    }

    @Test
    void eachPushesByItsOwnConnectionAndOnesEndIsNotTheOthers() throws Exception {
        Path project = Files.createDirectories(temporary.resolve("project"));
        Files.writeString(project.resolve("file"), "first");
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First", "a", CommitProgress.NONE);
        }
        Path directory = temporary.resolve("mount");
        try (Dits sharer = node("sharer");
                Dits one = node("one");
                Dits two = node("two");
                Share share = sharer.share(
                        project, ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()));
                Mount first = one.mount(
                        share.joinCode(), directory, MountOptions.defaults().withSync(Sync.MANUAL))) {
            first.pull().await();
            try (Mount second = two.open(directory, MountOptions.defaults().withSync(Sync.MANUAL))) {
                // The newer connection is the second's; what the first offers only the first can give.
                Files.writeString(directory.resolve("file"), "by the first");
                first.commit("By the first");
                assertThat(first.push().await().commit()).isEqualTo(share.head().orElseThrow());
                Files.writeString(directory.resolve("file"), "by the second");
                second.commit("By the second");
                assertThat(second.push().await().commit())
                        .isEqualTo(share.head().orElseThrow());
            }
            Files.writeString(directory.resolve("file"), "by the first again");
            first.commit("By the first again");
            assertThat(first.push().await().commit()).isEqualTo(share.head().orElseThrow());
            assertThat(first.ping(Duration.ofSeconds(20))).isPositive();
        }
    }
}
