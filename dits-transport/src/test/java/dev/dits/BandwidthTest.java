package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Limits of nodes, shares and mounts. How exact they are on a quiet machine is measured in {@code dits-bench}; here they are held to the side that no load of the machine
 * can break: what may take no less than a time, took no less.
 */
@Timeout(180)
class BandwidthTest {
    private static final int BYTES = 2_000_000;
    private static final long RATE = 1_000_000;

    /** What may go before the limit bites: saved tokens, and the last piece, which is waited for by whoever comes next. */
    private static final double SLACK_SECONDS = 0.6;

    @TempDir
    Path temporary;

    private Dits sharer;
    private Dits mounter;
    private Path project;
    private int mounts;

    @BeforeEach
    void open() throws Exception {
        sharer = Dits.open(options("sharer"));
        mounter = Dits.open(options("mounter"));
        project = temporary.resolve("project");
    }

    @AfterEach
    void close() {
        mounter.close();
        sharer.close();
    }

    private DitsOptions options(String name) {
        return TestNodes.options(temporary, name).withLanInterfaces("off");
    }

    private Share share() throws Exception {
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First", null, CommitProgress.NONE);
        }
        return sharer.share(project, ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()));
    }

    private Mount mount(Share share) throws Exception {
        return mounter.mount(
                share.joinCode() + "@127.0.0.1:" + share.address().getPort(),
                temporary.resolve("mount-" + mounts++),
                MountOptions.defaults().withSync(Sync.MANUAL));
    }

    private static double seconds(Transfer transfer) throws Exception {
        long begun = System.nanoTime();
        transfer.await();
        return (System.nanoTime() - begun) / 1e9;
    }

    /** In a node of its own, which has seen nothing of it yet. */
    private void holds(Share share, Consumer<Mount> limit) throws Exception {
        mounter.close();
        mounter = Dits.open(options("mounter"));
        try (Mount mount = mount(share)) {
            limit.accept(mount);
            assertThat(seconds(mount.pull())).isGreaterThan((double) BYTES / RATE - SLACK_SECONDS);
            assertThat(Trees.describe(mount.root())).isEqualTo(Trees.describe(project));
        }
    }

    @Test
    void oneLargeFileIsHeldByEachOfThem() throws Exception {
        Trees.random(project.resolve("large"), 1, BYTES);
        try (Share share = share()) {
            holds(share, mount -> mount.bandwidth().limitDown(RATE));
            holds(share, mount -> share.bandwidth().limitUp(RATE));
            share.bandwidth().limitUp(0);
            holds(share, mount -> sharer.bandwidth().limitUp(RATE));
            sharer.bandwidth().limitUp(0);
            holds(share, mount -> mounter.bandwidth().limitDown(RATE));
            assertThat(mounter.bandwidth().down()).isEqualTo(RATE);
            assertThat(mounter.bandwidth().up()).isZero();
        }
    }

    @Test
    void manySmallFilesAreHeldToo() throws Exception {
        for (int i = 0; i < 500; i++) {
            Trees.random(project.resolve("d" + i % 20 + "/f" + i), i, BYTES / 500);
        }
        try (Share share = share()) {
            holds(share, mount -> mount.bandwidth().limitDown(RATE));
            holds(share, mount -> sharer.bandwidth().limitUp(RATE));
        }
    }

    @Test
    void theSmallestOfAllHoldsAndTwoMountsShareTheNodes() throws Exception {
        Trees.random(project.resolve("large"), 1, BYTES / 2);
        try (Share share = share();
                Mount one = mount(share);
                Mount two = mount(share)) {
            sharer.bandwidth().limitUp(RATE);
            share.bandwidth().limitUp(10 * RATE);
            one.bandwidth().limitDown(20 * RATE);
            long begun = System.nanoTime();
            Transfer first = one.pull();
            Transfer second = two.pull();
            first.await();
            second.await();
            assertThat((System.nanoTime() - begun) / 1e9).isGreaterThan((double) BYTES / RATE - SLACK_SECONDS);
        }
    }

    @Test
    void aLimitThatChangesHoldsFromThenOnAlsoForWhoWaits() throws Exception {
        Trees.random(project.resolve("large"), 1, BYTES);
        try (Share share = share();
                Mount mount = mount(share)) {
            share.bandwidth().limitUp(100);
            Transfer transfer = mount.pull();
            assertThatThrownBy(() -> transfer.await(Duration.ofMillis(700))).isInstanceOf(TimeoutException.class);
            share.bandwidth().limitUp(0);
            transfer.await();
        }
    }

    @Test
    void whatIsPushedIsHeldAtBothEnds() throws Exception {
        Trees.random(project.resolve("small"), 1, 100);
        try (Share share = share();
                Mount mount = mount(share)) {
            mount.pull().await();
            for (int i = 0; i < 2; i++) {
                Trees.random(mount.root().resolve("new" + i), i, BYTES);
                mount.commit("New");
                if (i == 0) {
                    mount.bandwidth().limitUp(RATE);
                } else {
                    mount.bandwidth().limitUp(0);
                    share.bandwidth().limitDown(RATE);
                }
                assertThat(seconds(mount.push())).isGreaterThan((double) BYTES / RATE - SLACK_SECONDS);
            }
        }
    }

    @Test
    void closingDoesNotWaitForALimit() throws Exception {
        Trees.random(project.resolve("large"), 1, BYTES);
        Share share = share();
        Mount mount = mount(share);
        share.bandwidth().limitUp(10);
        mount.bandwidth().limitDown(10);
        Transfer transfer = mount.pull();
        assertThatThrownBy(() -> transfer.await(Duration.ofMillis(300))).isInstanceOf(TimeoutException.class);
        mount.close();
        share.close();
        mounter.close();
        sharer.close();
    }
}
