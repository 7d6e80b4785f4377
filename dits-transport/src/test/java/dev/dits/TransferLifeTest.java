package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.DitsException;
import dev.dits.object.ObjectId;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.LinkPolicy;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Transfers that are stopped, started, raced and closed at awkward times, and trees that are awkward to transfer. */
@Timeout(120)
class TransferLifeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path temporary;

    private Dits sharer;
    private Dits mounter;
    private Path project;

    @BeforeEach
    void open() throws Exception {
        project = Files.createDirectories(temporary.resolve("project"));
        sharer = node("sharer", 16 << 20);
        mounter = node("mounter", 16 << 20);
    }

    @AfterEach
    void close() {
        mounter.close();
        sharer.close();
    }

    private Dits node(String name, long cacheBytes) throws IOException {
        return Dits.open(TestNodes.options(temporary, name).withCacheBytes(cacheBytes));
    }

    private Share share() throws IOException {
        return sharer.share(
                project, ShareOptions.defaults().withInit(true).withBindAddress(InetAddress.getLoopbackAddress()));
    }

    private static String target(Share share) {
        return share.joinCode() + "@127.0.0.1:" + share.address().getPort();
    }

    private static MountOptions exact() {
        return MountOptions.defaults().withSync(Sync.MANUAL).withLinks(LinkPolicy.AS_IS);
    }

    private Path directory() {
        return temporary.resolve("mount");
    }

    private static ObjectId commit(Path project, String message) throws IOException {
        try (Repository repository = Repository.open(project, RepositoryOptions.defaults())) {
            return repository
                    .commit(message, "a", CommitProgress.NONE)
                    .orElseThrow()
                    .id();
        }
    }

    private void equal() throws IOException {
        assertThat(Trees.describe(directory())).isEqualTo(Trees.describe(project));
    }

    private static void closed(AutoCloseable resource) throws Exception {
        CompletableFuture.runAsync(() -> {
                    try {
                        resource.close();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                })
                .get(30, TimeUnit.SECONDS);
    }

    @Test
    void closingEndsATransferThatIsPausedOrLimited() throws Exception {
        Trees.random(project.resolve("large"), 1, 8_000_000);
        try (Share share = share()) {
            for (boolean pause : new boolean[] {true, false}) {
                Mount mount = mounter.mount(target(share), directory(), exact());
                Transfer transfer = mount.pull();
                if (pause) {
                    transfer.pause();
                } else {
                    transfer.limit(1);
                }
                closed(mount);
                assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> transfer.await(PATIENCE));
                assertThatThrownBy(() -> mount.pull().await(PATIENCE))
                        .isInstanceOfAny(CancellationException.class, DitsException.class);
                assertThat(directory().resolve("large")).doesNotExist();
            }
            try (Mount mount = mounter.mount(target(share), directory(), exact())) {
                mount.pull().await(PATIENCE);
                equal();
            }
        }
    }

    @Test
    void closingTheNodeEndsAPausedTransfer() throws Exception {
        Trees.random(project.resolve("large"), 1, 8_000_000);
        try (Share share = share()) {
            Mount mount = mounter.mount(target(share), directory(), exact());
            Transfer transfer = mount.pull();
            transfer.pause();
            closed(mounter);
            assertThatThrownBy(() -> transfer.await(PATIENCE))
                    .isInstanceOfAny(CancellationException.class, IOException.class);
        }
    }

    @Test
    void interruptingTheOneWhoWaitsDoesNotEndTheTransfer() throws Exception {
        Trees.random(project.resolve("large"), 1, 6_000_000);
        try (Share share = share();
                Mount mount = mounter.mount(target(share), directory(), exact())) {
            Transfer transfer = mount.pull();
            transfer.pause();
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(transfer::await);
            transfer.resume();
            transfer.await(PATIENCE);
            equal();
        }
    }

    @Test
    void severalTransfersOfOneMountTakeTurns() throws Exception {
        Trees.random(project.resolve("large"), 1, 4_000_000);
        try (Share share = share();
                Mount mount = mounter.mount(target(share), directory(), exact())) {
            Transfer first = mount.pull();
            Transfer second = mount.pull();
            Transfer push = mount.push();
            assertThat(first.await(PATIENCE).commit())
                    .isEqualTo(second.await(PATIENCE).commit());
            try {
                push.await(PATIENCE);
            } catch (DitsException e) {
                // Its turn may have come before the pulls: then there was nothing to push yet.
                assertThat(e).hasMessageContaining("no commit");
            }
            equal();
        }
    }

    /** Two nodes, as two processes would, pull into the same directory at once. */
    @Test
    void twoNodesPullIntoTheSameMount() throws Exception {
        Trees.random(project.resolve("large"), 1, 4_000_000);
        for (int i = 0; i < 100; i++) {
            Trees.random(project.resolve("small/" + i), i, 500);
        }
        try (Share share = share();
                Dits other = node("other", 16 << 20);
                Mount one = mounter.mount(target(share), directory(), exact());
                Mount two = other.open(directory(), exact())) {
            Transfer first = one.pull();
            Transfer second = two.pull();
            first.await(PATIENCE);
            second.await(PATIENCE);
            equal();
            assertThat(one.repository().fsck(bytes -> {}).clean()).isTrue();
        }
    }

    @Test
    void closingTheNodeEndsAJoinThatFindsNobody() throws Exception {
        CompletableFuture<Throwable> join = new CompletableFuture<>();
        Thread joining = new Thread(() -> {
            try {
                mounter.mount("7KQM-4TX-9PZ", directory(), exact().withTimeout(Duration.ofSeconds(60)));
                join.complete(null);
            } catch (Throwable e) {
                join.complete(e);
            }
        });
        joining.start();
        while (joining.getState() != Thread.State.TIMED_WAITING && joining.isAlive()) {
            Thread.onSpinWait();
        }
        closed(mounter);
        assertThat(join.get(30, TimeUnit.SECONDS)).isNotNull();
        assertThat(directory()).doesNotExist();
    }

    @Test
    void equalFilesWithAndWithoutACache() throws Exception {
        byte[] content = new byte[20_000];
        new java.util.Random(5).nextBytes(content);
        for (int i = 0; i < 1_000; i++) {
            Path file = project.resolve("d" + i % 10).resolve("file-" + i);
            Files.createDirectories(file.getParent());
            Files.write(file, content);
        }
        try (Share share = share();
                Dits cacheless = node("cacheless", 0);
                Mount without = cacheless.mount(target(share), temporary.resolve("without"), exact());
                Mount with = mounter.mount(target(share), directory(), exact())) {
            without.pull().await(PATIENCE);
            assertThat(Trees.describe(without.root())).isEqualTo(Trees.describe(project));
            TransferResult result = with.pull().await(PATIENCE);
            equal();
            // Once, or once a worker at most; the rest is the tree's nodes.
            assertThat(result.progress().wireBytes()).isLessThan(400_000);
        }
    }

    /** Paths so long that a request of many small files would not fit into a frame. */
    @Test
    void manySmallFilesFarDown() throws Exception {
        Path deep = project;
        for (int i = 0; i < 6; i++) {
            deep = deep.resolve("x".repeat(200));
        }
        for (int i = 0; i < 1_300; i++) {
            Trees.random(deep.resolve("f" + i), i, 100);
        }
        try (Share share = share();
                Mount mount = mounter.mount(target(share), directory(), exact())) {
            Transfer transfer = mount.pull();
            while (transfer.progress().filesTotal() == 0) {
                Thread.onSpinWait();
            }
            // Slow for a moment, so that the planner runs ahead and batches grow; too short a time would only test
            // less.
            transfer.limit(2_000);
            TimeUnit.MILLISECONDS.sleep(500);
            transfer.limit(0);
            transfer.await(PATIENCE);
            equal();
            Files.writeString(mount.root().resolve("mine"), "mine");
            mount.commit("Mine");
            mount.push().await(PATIENCE);
        }
        // And the same as a push of all of them to a new branch.
        try (Share share = share();
                Mount mount = mounter.mount(target(share), directory(), exact())) {
            Path below = mount.root();
            for (int i = 0; i < 6; i++) {
                below = below.resolve("x".repeat(200));
            }
            for (int i = 0; i < 1_000; i++) {
                Trees.random(below.resolve("p" + i), 10_000 + i, 100);
            }
            ObjectId pushed = mount.commit("Many").orElseThrow();
            mount.push().await(PATIENCE);
            assertThat(share.head()).contains(pushed);
            assertThat(share.repository().fsck(bytes -> {}).clean()).isTrue();
        }
    }

    @Test
    void aSparseFile() throws Exception {
        long size = 200_000_000;
        try (RandomAccessFile file =
                new RandomAccessFile(project.resolve("sparse").toFile(), "rw")) {
            file.setLength(size);
            file.seek(100_000_000);
            file.writeUTF("in the middle");
        }
        try (Share share = share();
                Mount mount = mounter.mount(target(share), directory(), exact())) {
            TransferResult result = mount.pull().await(PATIENCE);
            assertThat(Files.mismatch(project.resolve("sparse"), directory().resolve("sparse")))
                    .isEqualTo(-1);
            assertThat(result.progress().wireBytes()).isLessThan(2_000_000);
        }
    }

    @Test
    void aShareWithoutACommitThenItsFirst() throws Exception {
        Repository.init(project, RepositoryOptions.defaults()).close();
        try (Share share = share();
                Mount mount = mounter.mount(target(share), directory(), exact())) {
            assertThatExceptionOfType(DitsException.class)
                    .isThrownBy(() -> mount.pull().await(PATIENCE))
                    .withMessageContaining("no commit yet");
            Files.writeString(project.resolve("first"), "first");
            ObjectId first = commit(project, "First");
            assertThat(mount.pull().await(PATIENCE).commit()).isEqualTo(first);
            equal();
        }
    }

    @Test
    void aBranchThatWasRenamed() throws Exception {
        Files.writeString(project.resolve("first"), "first");
        try (Share share = share();
                Mount mount = mounter.mount(target(share), directory(), exact())) {
            mount.pull().await(PATIENCE);
            try (Repository repository = Repository.open(project, RepositoryOptions.defaults())) {
                repository.createBranch("trunk", "main");
                repository.checkout("trunk", CheckoutOptions.defaults());
                repository.deleteBranch("main");
            }
            assertThatExceptionOfType(DitsException.class)
                    .isThrownBy(() -> mount.pull().await(PATIENCE))
                    .withMessageContaining("main")
                    .withMessageContaining("trunk");
            assertThat(directory().resolve("first")).hasContent("first");
            assertThat(mount.repository().fsck(bytes -> {}).clean()).isTrue();
        }
    }

    @Test
    void whatIsInTheWayStays() throws Exception {
        Files.writeString(project.resolve("first"), "first");
        try (Share share = share()) {
            Files.createDirectories(directory());
            Files.writeString(directory().resolve("mine"), "mine");
            assertThatExceptionOfType(DitsException.class)
                    .isThrownBy(() -> mounter.mount(target(share), directory(), exact()))
                    .withMessageContaining("not empty");
            Path file = Files.writeString(temporary.resolve("a file"), "mine");
            assertThatExceptionOfType(DitsException.class)
                    .isThrownBy(() -> mounter.mount(target(share), file, exact()))
                    .withMessageContaining("no directory");
            assertThatExceptionOfType(DitsException.class)
                    .isThrownBy(() -> mounter.mount(target(share), project, exact()))
                    .withMessageContaining("repository of its own");
            assertThat(directory().resolve("mine")).hasContent("mine");
            assertThat(directory().resolve(".dits")).doesNotExist();
        }
    }
}
