package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dits.error.BranchMovedException;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.object.ObjectId;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.LinkPolicy;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job through the facade: share, find on the LAN, join, pull, commit on either side, push. */
class ShareMountTest {
    @TempDir
    Path temporary;

    private Dits sharer;
    private Dits mounter;

    @BeforeEach
    void open() throws Exception {
        sharer = Dits.open(options("sharer"));
        mounter = Dits.open(options("mounter"));
    }

    @AfterEach
    void close() {
        mounter.close();
        sharer.close();
    }

    private DitsOptions options(String name) {
        return TestNodes.options(temporary, name).withCacheBytes(64 << 20);
    }

    private static ShareOptions loopback() {
        return ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress());
    }

    private static MountOptions exact() {
        return MountOptions.defaults().withSync(Sync.MANUAL).withLinks(LinkPolicy.AS_IS);
    }

    private Path project() throws Exception {
        Path project = temporary.resolve("project");
        Trees.awkward(Files.createDirectories(project));
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First", "a <a@example.org>", CommitProgress.NONE);
        }
        return project;
    }

    private static ObjectId edit(Path project, String file, String content) throws Exception {
        try (Repository repository = Repository.open(project, RepositoryOptions.defaults())) {
            Files.writeString(project.resolve(file), content);
            return repository
                    .commit("Edit " + file, "a", CommitProgress.NONE)
                    .orElseThrow()
                    .id();
        }
    }

    @Test
    void aTreeArrivesWholeByCodeOverTheLan() throws Exception {
        Path project = project();
        try (Share share = sharer.share(project, loopback());
                Mount mount = mounter.mount(share.joinCode(), temporary.resolve("mount"), exact())) {
            TransferResult result = mount.pull().await();
            assertThat(result.refused()).isEmpty();
            assertThat(Trees.describe(mount.root())).isEqualTo(Trees.describe(project));
            Progress progress = result.progress();
            assertThat(progress.treeBytesDone()).isEqualTo(progress.treeBytesTotal());
            // The copy of the large file did not cross again.
            assertThat(progress.wireBytes()).isBetween(5_000_000L, 7_500_000L);
            assertThat(mount.repository().status().clean()).isTrue();
            assertThat(mount.repository().fsck(bytes -> {}).clean()).isTrue();
            assertThat(mount.repository().log("HEAD", 10)).hasSize(1);
        }
    }

    @Test
    void theSameByAddressAndByTicket() throws Exception {
        Path project = project();
        try (Share share = sharer.share(project, loopback())) {
            String at = share.joinCode() + "@127.0.0.1:" + share.address().getPort();
            try (Mount mount = mounter.mount(at, temporary.resolve("by-address"), exact())) {
                mount.pull().await();
                assertThat(Trees.describe(mount.root())).isEqualTo(Trees.describe(project));
            }
            try (Mount mount = mounter.mount(share.ticket(), temporary.resolve("by-ticket"), exact())) {
                TransferResult result = mount.pull().await();
                assertThat(Trees.describe(mount.root())).isEqualTo(Trees.describe(project));
                // A second mount on this node takes its chunks from the cache.
                assertThat(result.progress().wireBytes()).isLessThan(200_000);
            }
        }
    }

    @Test
    void aSmallEditMovesLittle() throws Exception {
        Path project = project();
        try (Share share = sharer.share(project, loopback());
                Mount mount = mounter.mount(share.joinCode(), temporary.resolve("mount"), exact())) {
            mount.pull().await();
            byte[] large = Files.readAllBytes(project.resolve("data/large.bin"));
            byte[] longer = new byte[large.length + 1];
            longer[0] = 42;
            System.arraycopy(large, 0, longer, 1, large.length);
            Files.write(project.resolve("data/large.bin"), longer);
            ObjectId edited = edit(project, "note.txt", "hello");
            TransferResult result = mount.pull().await();
            assertThat(result.commit()).isEqualTo(edited);
            assertThat(result.progress().wireBytes()).isLessThan(600_000);
            assertThat(Trees.describe(mount.root())).isEqualTo(Trees.describe(project));
        }
    }

    @Test
    void aCommitOnTheMountIsPushedAndTheShareFollows() throws Exception {
        Path project = project();
        try (Share share = sharer.share(project, loopback());
                Mount mount = mounter.mount(share.joinCode(), temporary.resolve("mount"), exact())) {
            mount.pull().await();
            Trees.random(mount.root().resolve("data/new.bin"), 77, 3_000_000);
            Files.delete(mount.root().resolve("small/3/file-13"));
            ObjectId commit = mount.commit("From the mount").orElseThrow();
            TransferResult result = mount.push().await();
            assertThat(result.commit()).isEqualTo(commit);
            assertThat(share.repository().head()).contains(commit);
            assertThat(project.resolve("small/3/file-13")).doesNotExist();
            assertThat(project.resolve("data/new.bin"))
                    .hasSameBinaryContentAs(mount.root().resolve("data/new.bin"));
            assertThat(share.repository().fsck(bytes -> {}).clean()).isTrue();
        }
    }

    @Test
    void pushesToAReadOnlyShareAreRefused() throws Exception {
        Path project = project();
        try (Share share = sharer.share(project, loopback().withReadOnly(true));
                Mount mount = mounter.mount(share.joinCode(), temporary.resolve("mount"), exact())) {
            mount.pull().await();
            assertThat(mount.readOnly()).isTrue();
            Files.writeString(mount.root().resolve("mine"), "mine");
            mount.commit("Mine");
            assertThatExceptionOfType(PermissionDeniedException.class)
                    .isThrownBy(() -> mount.push().await());
        }
    }

    @Test
    void divergedSidesLoseNothing() throws Exception {
        Path project = project();
        try (Share share = sharer.share(project, loopback());
                Mount mount = mounter.mount(share.joinCode(), temporary.resolve("mount"), exact())) {
            mount.pull().await();
            ObjectId theirs = edit(project, "theirs.txt", "theirs");
            Files.writeString(mount.root().resolve("mine.txt"), "mine");
            ObjectId mine = mount.commit("Mine").orElseThrow();
            assertThatExceptionOfType(BranchMovedException.class)
                    .isThrownBy(() -> mount.push().await());
            assertThatExceptionOfType(BranchMovedException.class)
                    .isThrownBy(() -> mount.pull().await());
            assertThat(share.repository().head()).contains(theirs);
            assertThat(mount.repository().head()).contains(mine);
            assertThat(mount.root().resolve("mine.txt")).hasContent("mine");
            // The way out that the error names: what the share has is only promised here, and comes with the checkout.
            mount.repository().createBranch("mine", "HEAD");
            mount.checkout("origin/main").await();
            assertThat(Trees.describe(mount.root())).isEqualTo(Trees.describe(project));
            assertThat(mount.repository().head()).contains(theirs);
            mount.checkout("mine").await();
            assertThat(mount.root().resolve("mine.txt")).hasContent("mine");
            assertThat(mount.root().resolve("theirs.txt")).doesNotExist();
        }
    }

    @Test
    void aWrongCodeIsRefusedAndTheRightOneStillWorks() throws Exception {
        Path project = project();
        try (Share share = sharer.share(project, loopback())) {
            String right = share.joinCode();
            char last = right.charAt(right.length() - 1);
            String wrong = right.substring(0, right.length() - 1) + (last == '2' ? '3' : '2');
            assertThatExceptionOfType(JoinRejectedException.class)
                    .isThrownBy(() -> mounter.mount(wrong, temporary.resolve("mount"), exact()))
                    .satisfies(e -> assertThat(e.reason()).isEqualTo(JoinRejectedException.Reason.WRONG_CODE))
                    .withMessageNotContaining(wrong);
            assertThat(temporary.resolve("mount")).doesNotExist();
            try (Mount mount = mounter.mount(right, temporary.resolve("mount"), exact())) {
                mount.pull().await();
                assertThat(Trees.describe(mount.root())).isEqualTo(Trees.describe(project));
            }
        }
    }

    @Test
    void aMountComesBackWithoutTheCodeAndAfterTheShareRestarted() throws Exception {
        Path project = project();
        Path directory = temporary.resolve("mount");
        try (Share share = sharer.share(project, loopback())) {
            try (Mount mount = mounter.mount(share.joinCode(), directory, exact())) {
                mount.pull().await();
            }
            edit(project, "one.txt", "1");
            try (Mount mount = mounter.open(directory, exact())) {
                mount.pull().await();
                assertThat(directory.resolve("one.txt")).hasContent("1");
            }
        }
        try (Share again = sharer.share(project, loopback())) {
            edit(project, "two.txt", "2");
            try (Mount mount = mounter.open(directory, exact())) {
                mount.pull().await();
                assertThat(directory.resolve("two.txt")).hasContent("2");
                assertThat(again.peers()).extracting(Peer::name).containsExactly("mounter");
            }
        }
    }

    @Test
    void theMountHearsOfACommitByAnotherProcess() throws Exception {
        Path project = project();
        try (Share share = sharer.share(project, loopback());
                Mount mount = mounter.mount(share.joinCode(), temporary.resolve("mount"), exact())) {
            mount.pull().await();
            List<DitsEvent> events = new ArrayList<>();
            CountDownLatch moved = new CountDownLatch(1);
            mount.onEvent(event -> {
                events.add(event);
                if (event instanceof DitsEvent.BranchMoved) {
                    moved.countDown();
                }
            });
            ObjectId commit = edit(project, "live.txt", "now");
            assertThat(moved.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(events).contains(new DitsEvent.BranchMoved("main", commit, share.name()));
        }
    }

    @Test
    void aRangeIsReadWithItsProof() throws Exception {
        Path project = project();
        try (Share share = sharer.share(project, loopback());
                Mount mount = mounter.mount(share.joinCode(), temporary.resolve("mount"), exact())) {
            ObjectId head = share.head().orElseThrow();
            byte[] all = Files.readAllBytes(project.resolve("data/large.bin"));
            for (int[] range : new int[][] {{0, 1}, {1_000_000, 700_000}, {4_999_000, 5_000}}) {
                byte[] bytes = mount.readRange(head, "data/large.bin", range[0], range[1]);
                assertThat(bytes)
                        .isEqualTo(Arrays.copyOfRange(all, range[0], Math.min(all.length, range[0] + range[1])));
            }
        }
    }

    @Test
    void aTransferIsPausedLimitedAndCancelled() throws Exception {
        Path project = temporary.resolve("project");
        Trees.random(project.resolve("big"), 5, 20_000_000);
        try (Share share = sharer.share(project, loopback().withInit(true))) {
            Path directory = temporary.resolve("mount");
            try (Mount mount = mounter.mount(share.joinCode(), directory, exact())) {
                Transfer transfer = mount.pull();
                transfer.limit(4_000_000);
                while (transfer.progress().treeBytesDone() == 0) {
                    Thread.onSpinWait();
                }
                transfer.pause();
                assertThat(transfer.progress().phase()).isEqualTo(Progress.Phase.PAUSED);
                transfer.cancel();
                assertThatExceptionOfType(java.util.concurrent.CancellationException.class)
                        .isThrownBy(transfer::await);
                assertThat(directory.resolve("big")).doesNotExist();
                TransferResult result = mount.pull().await();
                assertThat(result.progress().reusedBytes()).isPositive();
                assertThat(directory.resolve("big")).hasSameBinaryContentAs(project.resolve("big"));
            }
        }
    }

    @Test
    void aProbeMeasuresRoundTrips() throws Exception {
        Path project = project();
        try (Share share = sharer.share(project, loopback());
                PeerProbe probe =
                        mounter.probe(share.joinCode(), MountOptions.defaults().withSync(Sync.MANUAL))) {
            for (int i = 1; i <= 3; i++) {
                PingResult result = probe.ping(Duration.ofSeconds(5));
                assertThat(result.sequence()).isEqualTo(i);
                assertThat(result.roundTrip()).isPositive();
            }
        }
    }

    @Test
    void nothingIsLeftBehind() throws Exception {
        Path project = project();
        Path other = temporary.resolve("other");
        Trees.random(other.resolve("x"), 9, 1000);
        Set<Thread> before = DitsThreads.alive("dits-");
        Set<String> handlesBefore = handles();
        // One home for both, as in a host that embeds two, and one socket for each.
        Dits one = Dits.open(options("both").withControl(true));
        Dits two = Dits.open(options("both").withControl(true));
        assertThat(Dits.running(temporary.resolve("home-both"))).hasSize(2);
        Share first = one.share(project, loopback());
        Share second = one.share(other, loopback().withInit(true));
        Mount mounted = two.mount(first.joinCode(), temporary.resolve("m1"), exact());
        Mount alsoMounted = two.mount(second.joinCode(), temporary.resolve("m2"), exact());
        Mount ownMount = one.mount(second.joinCode(), temporary.resolve("m3"), exact());
        mounted.pull().await();
        alsoMounted.pull().await();
        ownMount.pull().await();
        List<RunningNode> running = Dits.running(temporary.resolve("home-both"));
        assertThat(running.stream().flatMap(node -> node.shares().stream())).hasSize(2);
        assertThat(running.stream().flatMap(node -> node.mounts().stream())).hasSize(3);
        running.stream()
                .flatMap(node -> node.mounts().stream())
                .findFirst()
                .orElseThrow()
                .pull()
                .await();
        first.close();
        one.close();
        mounted.close();
        two.close();
        alsoMounted.close();
        second.close();
        DitsThreads.assertEnded("dits-", before);
        assertThat(handlesBefore).containsAll(handles());
        try (Stream<Path> left = Files.list(temporary.resolve("home-both").resolve("run"))) {
            assertThat(left).isEmpty();
        }
    }

    /** Open sockets (by their inode) and open files below the test's directory, where the system can tell. */
    private Set<String> handles() throws Exception {
        Path descriptors = Path.of("/proc/self/fd");
        if (!Files.isDirectory(descriptors)) {
            return Set.of();
        }
        Set<String> open = new HashSet<>();
        try (Stream<Path> all = Files.list(descriptors)) {
            for (Path descriptor : all.toList()) {
                try {
                    String target = Files.readSymbolicLink(descriptor).toString();
                    if (target.startsWith("socket:")
                            || target.startsWith(temporary.toRealPath().toString())) {
                        open.add(target);
                    }
                } catch (NoSuchFileException e) {
                    // The one that lists them.
                }
            }
        }
        return open;
    }
}
