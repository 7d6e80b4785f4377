package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dits.error.BranchMovedException;
import dev.dits.error.DitsException;
import dev.dits.error.SessionClosedException;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.store.FileLocks;
import dev.dits.store.LockWait;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes as others of the same user see and steer them, here from the same process. */
@Timeout(120)
class RunningNodeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path temporary;

    private Path home;
    private Path project;
    private Dits sharer;
    private Dits mounter;

    @BeforeEach
    void open() throws Exception {
        home = temporary.resolve("home");
        project = Files.createDirectories(temporary.resolve("project"));
        byte[] large = new byte[6_000_000];
        new SplittableRandom(5).nextBytes(large);
        Files.write(project.resolve("large"), large);
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First", "a", CommitProgress.NONE);
        }
        sharer = Dits.open(options());
        mounter = Dits.open(options());
    }

    @AfterEach
    void close() throws Exception {
        mounter.close();
        sharer.close();
        try (Stream<Path> left = Files.list(home.resolve("run"))) {
            assertThat(left).isEmpty();
        }
    }

    private DitsOptions options() {
        return DitsOptions.defaults()
                .withHome(home)
                .withCacheBytes(0)
                .withLanInterfaces("lo")
                .withBindAddress(InetAddress.getLoopbackAddress())
                .withControl(true);
    }

    private static ShareOptions loopback() {
        return ShareOptions.defaults()
                .withBindAddress(InetAddress.getLoopbackAddress())
                .withName("pro\u001Bject");
    }

    private List<RunningShare> shares() throws Exception {
        return Dits.running(home).stream()
                .flatMap(node -> node.shares().stream())
                .toList();
    }

    private List<RunningMount> mounts() throws Exception {
        return Dits.running(home).stream()
                .flatMap(node -> node.mounts().stream())
                .toList();
    }

    private RunningMount mount() throws Exception {
        assertThat(mounts()).hasSize(1);
        return mounts().get(0);
    }

    private static void until(Condition condition) throws Exception {
        while (!condition.holds()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    @Test
    void whatIsSharedAndMountedIsSeen() throws Exception {
        Instant before = Instant.now().minusSeconds(1);
        assertThat(Dits.running(home)).hasSize(2).allSatisfy(node -> {
            assertThat(node.pid()).isEqualTo(ProcessHandle.current().pid());
            assertThat(node.answers()).isTrue();
            assertThat(node.shares()).isEmpty();
        });
        try (Share share = sharer.share(project, loopback());
                Mount mount = mounter.mount(
                        share.joinCode(),
                        temporary.resolve("mount"),
                        MountOptions.defaults().withSync(Sync.MANUAL))) {
            mount.pull().await();
            RunningShare seen = shares().get(0);
            assertThat(seen.root()).isEqualTo(share.root());
            assertThat(seen.name()).isEqualTo(share.name());
            assertThat(seen.joinCode()).isEqualTo(share.joinCode());
            assertThat(seen.address()).isEqualTo(share.address());
            assertThat(seen.addresses()).isEqualTo(share.addresses());
            assertThat(seen.readOnly()).isFalse();
            assertThat(seen.codeState()).isEqualTo(CodeState.OPEN);
            assertThat(seen.tickets()).isEqualTo(1);
            assertThat(seen.ticket()).isEqualTo(share.ticket());
            assertThat(seen.lanOnly()).isTrue();
            assertThat(seen.peerNames()).hasSize(1);
            assertThat(seen.bytesSent()).isGreaterThan(6_000_000);
            assertThat(seen.since()).isBetween(before, Instant.now());
            assertThat(seen.toString() + Dits.running(home)).doesNotContain(share.joinCode());

            RunningMount at = mount();
            assertThat(at.root()).isEqualTo(mount.root());
            assertThat(at.shareName()).isEqualTo("pro\\u001bject");
            assertThat(at.connected()).isTrue();
            assertThat(at.path()).isEqualTo(mount.path());
            assertThat(at.path().kind()).isEqualTo(PeerPath.Kind.LAN);
            assertThat(seen.paths()).isEqualTo(share.paths()).hasSize(1);
            assertThat(at.branch()).isEqualTo("main");
            assertThat(at.behind()).isFalse();
            assertThat(at.unpushed()).isZero();
            assertThat(at.transfer()).isEmpty();

            Files.writeString(mount.root().resolve("a"), "a");
            mount.commit("A");
            Files.writeString(mount.root().resolve("b"), "b");
            mount.commit("B");
            assertThat(mount().unpushed()).isEqualTo(2);
        }
        assertThat(shares()).isEmpty();
        assertThat(mounts()).isEmpty();
    }

    @Test
    void whoMayEnterIsDecidedFromOutside() throws Exception {
        try (Share share = sharer.share(project, loopback())) {
            RunningShare seen = shares().get(0);
            InviteOptions options = InviteOptions.defaults()
                    .withReadOnly(true)
                    .withOnce(true)
                    .withKind(Invite.Kind.TICKET)
                    .withBranches(List.of("main"))
                    .withPaths(List.of("large"))
                    .withValidFor(Duration.ofHours(1))
                    .withAccessFor(Duration.ofDays(2));
            assertThat(ControlFields.inviteOptions(ControlFields.of(options))).isEqualTo(options);
            Invite invite = seen.invite(options);
            assertThat(seen.invites()).isEqualTo(share.invites()).contains(invite);
            assertThat(shares().get(0).tickets()).isEqualTo(2);
            try (Mount mount = mounter.mount(
                    invite.secret(),
                    temporary.resolve("mount"),
                    MountOptions.defaults().withSync(Sync.MANUAL))) {
                assertThat(mount.readOnly()).isTrue();
                until(() -> share.peers().stream().anyMatch(Peer::connected));
                Peer peer = seen.peers().get(0);
                assertThat(peer).isEqualTo(share.peers().get(0));
                assertThat(peer.connected()).isTrue();
                assertThat(peer.paths()).containsExactly("large");
                assertThat(seen.revoke("000000000000")).isFalse();
                assertThat(seen.revoke(peer.id())).isTrue();
                until(() -> mount().ended().isPresent());
                assertThat(mount().connected()).isFalse();
                assertThat(mount.ended()).isEqualTo(mount().ended());
                assertThat(seen.peers()).isEmpty();
            }
            assertThat(seen.withdraw(invite.id())).isTrue();
            assertThat(seen.withdraw(invite.id())).isFalse();
            String code = share.joinCode();
            assertThat(seen.rearm()).isEqualTo(share.joinCode()).isNotEqualTo(code);
            assertThat(shares().get(0).joinCode()).isEqualTo(share.joinCode());
        }
    }

    @Test
    void itPullsAndPushesForOthers() throws Exception {
        try (Share share = sharer.share(project, loopback());
                Mount mount = mounter.mount(
                        share.joinCode(),
                        temporary.resolve("mount"),
                        MountOptions.defaults().withSync(Sync.MANUAL))) {
            TransferResult first = mount().pull().await();
            assertThat(first.commit()).isEqualTo(share.head().orElseThrow());
            assertThat(first.progress().treeBytesTotal()).isEqualTo(6_000_000);
            assertThat(first.progress().phase()).isEqualTo(Progress.Phase.ENDED);
            assertThat(mount.root().resolve("large")).hasSize(6_000_000);

            Files.writeString(mount.root().resolve("back"), "x");
            mount.commit("Back");
            assertThat(mount().push().await().commit()).isEqualTo(share.head().orElseThrow());
            assertThat(mount().unpushed()).isZero();

            try (Repository repository = Repository.open(project, RepositoryOptions.defaults())) {
                Files.writeString(project.resolve("there"), "x");
                repository.commit("There", "a", CommitProgress.NONE);
            }
            until(() -> mount().behind());
            Files.writeString(mount.root().resolve("here"), "x");
            mount.commit("Here");
            Transfer refused = mount().push();
            assertThatExceptionOfType(BranchMovedException.class).isThrownBy(refused::await);
        }
    }

    private static FileLocks.Held lockTree(Mount mount) throws IOException {
        return FileLocks.lock(mount.root().resolve(".dits/tree.lock"), false, LockWait.upTo(PATIENCE));
    }

    @Test
    @SuppressWarnings("try") // the lock is held, not used
    void aTransferIsSteeredAndEndsWithWhoeverAskedForIt() throws Exception {
        try (Share share = sharer.share(project, loopback());
                Mount mount = mounter.mount(
                        share.joinCode(),
                        temporary.resolve("mount"),
                        MountOptions.defaults().withSync(Sync.MANUAL))) {
            Transfer transfer;
            // With the tree locked it cannot be over before it is paused.
            try (FileLocks.Held tree = lockTree(mount)) {
                transfer = mount().pull();
                transfer.pause();
                until(() ->
                        mount().transfer().map(Progress::phase).equals(java.util.Optional.of(Progress.Phase.PAUSED)));
            }
            until(() -> transfer.progress().phase() == Progress.Phase.PAUSED);
            assertThatExceptionOfType(TimeoutException.class)
                    .isThrownBy(() -> mount().close(false, Duration.ofMillis(300)));
            transfer.cancel();
            assertThatExceptionOfType(CancellationException.class).isThrownBy(transfer::await);
            // The close that waited for it comes to its end by itself.
            until(() -> mounts().isEmpty());
            mount.awaitClose();
        }
    }

    @Test
    @SuppressWarnings("try") // the lock is held, not used
    void forceDoesNotWait() throws Exception {
        try (Share share = sharer.share(project, loopback());
                Mount mount = mounter.mount(
                        share.joinCode(),
                        temporary.resolve("mount"),
                        MountOptions.defaults().withSync(Sync.MANUAL))) {
            Transfer paused;
            try (FileLocks.Held tree = lockTree(mount)) {
                paused = mount.pull();
                paused.pause();
            }
            RunningMount seen = mount();
            seen.close(true, PATIENCE);
            assertThatExceptionOfType(CancellationException.class).isThrownBy(paused::await);
            assertThat(mounts()).isEmpty();
            assertThatExceptionOfType(DitsException.class)
                    .isThrownBy(seen::pull)
                    .withMessageContaining("closed meanwhile");
            RunningShare running = shares().get(0);
            running.close(PATIENCE);
            share.awaitClose();
            assertThat(shares()).isEmpty();
            sharer.close();
            // Closing what is gone is no failure; asking it for something is.
            running.close(PATIENCE);
            mounter.close();
            assertThatExceptionOfType(SessionClosedException.class).isThrownBy(seen::push);
        }
    }
}
