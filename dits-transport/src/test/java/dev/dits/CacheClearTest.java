package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.cache.CacheOptions;
import dev.dits.cache.ChunkCache;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code dits p2p cache clear} and {@code gc} do, beside a node that uses the same cache. */
@Timeout(120)
class CacheClearTest {
    @TempDir
    Path temporary;

    private DitsOptions options(String name) {
        return DitsOptions.defaults()
                .withHome(temporary.resolve("home-" + name))
                .withLanInterfaces("lo")
                .withBindAddress(InetAddress.getLoopbackAddress());
    }

    @Test
    void aTransferGoesOnThoughItsCacheIsClearedUnderIt() throws Exception {
        Path project = Files.createDirectories(temporary.resolve("project"));
        byte[] bytes = new byte[20_000_000];
        new SplittableRandom(3).nextBytes(bytes);
        Files.write(project.resolve("large"), bytes);
        Files.write(project.resolve("the same"), bytes);
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First", "a", CommitProgress.NONE);
        }
        try (Dits sharer = Dits.open(options("share"));
                Dits mounter = Dits.open(options("mount"));
                ChunkCache other = ChunkCache.open(
                        options("mount").home().resolve("cache"),
                        CacheOptions.defaults().withMemoryBytesMax(0));
                Share share = sharer.share(
                        project, ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()));
                Mount mount = mounter.mount(
                        share.joinCode(),
                        temporary.resolve("mount"),
                        MountOptions.defaults().withSync(Sync.MANUAL))) {
            Transfer transfer = mount.pull();
            transfer.limit(20_000_000);
            for (int done = 2; done <= 8; done += 2) {
                while (transfer.progress().wireBytes() < done * 1_000_000L) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
                }
                other.clear();
                assertThat(other.gc()).isNotNegative();
            }
            transfer.limit(0);
            assertThat(transfer.await().refused()).isEmpty();
            assertThat(mount.root().resolve("large")).hasBinaryContent(bytes);
            assertThat(mount.root().resolve("the same")).hasBinaryContent(bytes);
            assertThat(mount.repository().fsck(count -> {}).clean()).isTrue();
            other.clear();
            assertThat(other.stats().diskChunks()).isZero();
            // What is promised and no longer cached is read from the working tree.
            assertThat(mount.repository().fsck(count -> {}).clean()).isTrue();
        }
    }
}
