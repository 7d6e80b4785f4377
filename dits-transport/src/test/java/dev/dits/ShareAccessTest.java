package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dits.error.FileAccessException;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.JoinRejectedException.Reason;
import dev.dits.error.PermissionDeniedException;
import dev.dits.error.PortInUseException;
import dev.dits.error.RepositoryNotFoundException;
import dev.dits.object.ByteWriter;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.LinkPolicy;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who may enter a share: invitations, roles, their ends, and the same from beside a running share. */
@Timeout(120)
class ShareAccessTest {
    @TempDir
    Path temporary;

    private Dits sharer;
    private Dits mounter;
    private Path project;

    @BeforeEach
    void open() throws Exception {
        sharer = Dits.open(options("sharer"));
        mounter = Dits.open(options("mounter"));
        project = Files.createDirectories(temporary.resolve("project"));
        Files.writeString(project.resolve("a.txt"), "a");
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First", "a", CommitProgress.NONE);
        }
    }

    @AfterEach
    void close() {
        mounter.close();
        sharer.close();
    }

    private DitsOptions options(String name) {
        return TestNodes.options(temporary, name).withCacheBytes(16 << 20).withLanInterfaces("off");
    }

    private static ShareOptions loopback() {
        return ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress());
    }

    private static MountOptions exact() {
        return MountOptions.defaults()
                .withSync(Sync.MANUAL)
                .withLinks(LinkPolicy.AS_IS)
                .withTimeout(Duration.ofSeconds(60));
    }

    private static String at(Share share, String code) {
        return code + "@127.0.0.1:" + share.address().getPort();
    }

    private Mount join(Share share, String secret, String name) throws Exception {
        return mounter.mount(secret.startsWith("dits1") ? secret : at(share, secret), temporary.resolve(name), exact());
    }

    private static Reason reason(ThrowingCallable join) {
        JoinRejectedException rejected = catchThrowableOfType(JoinRejectedException.class, join);
        assertThat(rejected).isNotNull();
        return rejected.reason();
    }

    private static BlockingQueue<DitsEvent> events(Share share) {
        BlockingQueue<DitsEvent> events = new LinkedBlockingQueue<>();
        share.onEvent(events::add);
        return events;
    }

    /** The next event of a kind; others are passed over. */
    private static <T extends DitsEvent> T next(BlockingQueue<DitsEvent> events, Class<T> kind) throws Exception {
        for (DitsEvent event = events.poll(30, TimeUnit.SECONDS);
                event != null;
                event = events.poll(30, TimeUnit.SECONDS)) {
            if (kind.isInstance(event)) {
                return kind.cast(event);
            }
        }
        throw new AssertionError("no " + kind.getSimpleName() + " came");
    }

    private static BlockingQueue<DitsEvent> events(Mount mount) {
        BlockingQueue<DitsEvent> events = new LinkedBlockingQueue<>();
        mount.onEvent(events::add);
        return events;
    }

    private static void awaitDisconnected(BlockingQueue<DitsEvent> events) throws Exception {
        for (DitsEvent event = events.poll(30, TimeUnit.SECONDS);
                event != null;
                event = events.poll(30, TimeUnit.SECONDS)) {
            if (event instanceof DitsEvent.Disconnected) {
                return;
            }
        }
        throw new AssertionError("the mount stayed connected");
    }

    @Test
    void aRevokedPeerIsCutOffAndDoesNotComeBack() throws Exception {
        try (Share share = sharer.share(project, loopback())) {
            Mount mount = join(share, share.joinCode(), "mount");
            BlockingQueue<DitsEvent> events = events(mount);
            mount.pull().await();
            Peer peer = share.peers().get(0);
            assertThat(peer.name()).isEqualTo("mounter");
            assertThat(peer.connected()).isTrue();
            assertThat(peer.address()).startsWith("127.0.0.1:");
            assertThat(peer.id()).matches("[0-9a-f]{12}");
            assertThat(share.revoke("000000000000")).isFalse();
            assertThat(share.revoke(peer.id())).isTrue();
            awaitDisconnected(events);
            assertThat(share.peers()).isEmpty();
            assertThat(share.revoke(peer.id())).isFalse();
            mount.close();
            assertThat(reason(() -> mounter.open(temporary.resolve("mount"), exact())))
                    .isEqualTo(Reason.REVOKED);
        }
        // Nor does a restart of the share bring it back.
        try (Share again = sharer.share(project, loopback().withPort(0))) {
            assertThat(again.peers()).isEmpty();
        }
    }

    @Test
    void whatAnotherProcessRevokesEndsHereToo() throws Exception {
        try (Share share = sharer.share(project, loopback());
                Mount mount = join(share, share.joinCode(), "mount");
                Mount other = join(share, share.joinCode(), "other")) {
            BlockingQueue<DitsEvent> events = events(mount);
            ShareAccess beside = ShareAccess.of(project);
            List<Peer> peers = beside.peers();
            assertThat(peers).hasSize(2).noneMatch(Peer::connected);
            assertThat(beside.revoke(peers.get(0).id())).isTrue();
            awaitDisconnected(events);
            assertThat(beside.peers())
                    .extracting(Peer::id)
                    .containsExactly(peers.get(1).id());
            other.pull().await();
        }
    }

    @Test
    void twoNodesShareOneRepositoryAndRevokeForEachOther() throws Exception {
        try (Dits second = Dits.open(options("second"));
                Share one = sharer.share(project, loopback());
                Share two = second.share(project, loopback());
                Mount atOne = join(one, one.joinCode(), "one");
                Mount atTwo = join(two, two.joinCode(), "two")) {
            BlockingQueue<DitsEvent> events = events(atOne);
            String id = one.peers().stream()
                    .filter(Peer::connected)
                    .findFirst()
                    .orElseThrow()
                    .id();
            assertThat(two.revoke(id)).isTrue();
            awaitDisconnected(events);
            atTwo.pull().await();
            assertThat(one.peers()).hasSize(1);
        }
    }

    @Test
    void rearmingMakesANewCodeAndKillsTheOld() throws Exception {
        try (Share share = sharer.share(project, loopback());
                Mount before = join(share, share.joinCode(), "before")) {
            String old = share.joinCode();
            String ticket = share.ticket();
            assertThat(share.codeState()).isEqualTo(CodeState.OPEN);
            String fresh = share.rearm();
            assertThat(fresh).isNotEqualTo(old).isEqualTo(share.joinCode());
            assertThatThrownBy(() -> mounter.mount(
                            at(share, old), temporary.resolve("x"), exact().withTimeout(Duration.ofSeconds(2))))
                    .isInstanceOf(dev.dits.error.DitsException.class);
            join(share, fresh, "after").close();
            assertThat(share.ticket()).isEqualTo(ticket);
            join(share, ticket, "by-ticket").close();
            before.pull().await();
        }
    }

    @Test
    void rearmingFromBesideReachesTheRunningShare() throws Exception {
        try (Share share = sharer.share(project, loopback())) {
            BlockingQueue<DitsEvent> events = events(share);
            String old = share.joinCode();
            ShareAccess.of(project).rearm();
            String id = next(events, DitsEvent.CodeChanged.class).invite();
            assertThat(share.joinCode()).isNotEqualTo(old).startsWith(id + "-");
            join(share, share.joinCode(), "after").close();
        }
    }

    @Test
    void anInvitationForOneLetsOneInByCodeOrTicket() throws Exception {
        try (Share share = sharer.share(project, loopback().withOnce(true))) {
            join(share, share.joinCode(), "first").close();
            assertThat(share.codeState()).isEqualTo(CodeState.USED);
            assertThat(share.invites()).hasSize(2).allMatch(Invite::once).allMatch(Invite::used);
            assertThat(reason(() -> join(share, share.joinCode(), "second"))).isEqualTo(Reason.USED_UP);
            assertThat(reason(() -> join(share, share.ticket(), "third"))).isEqualTo(Reason.USED_UP);
            assertThat(share.peers()).hasSize(1);
            share.rearm();
            assertThat(share.codeState()).isEqualTo(CodeState.OPEN);
            join(share, share.joinCode(), "fourth").close();
        }
    }

    @Test
    void keptTicketsOutliveTheShareAndUsedOnesStayUsed() throws Exception {
        // Not the default port, which other tests of this machine take between two shares of this one.
        int free;
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        ShareOptions kept = loopback().withPersist(true).withPort(free);
        String ticket;
        String code;
        Invite once;
        Invite withdrawn;
        try (Share share = sharer.share(project, kept)) {
            ticket = share.ticket();
            code = share.joinCode();
            InviteOptions one = InviteOptions.defaults()
                    .withKind(Invite.Kind.TICKET)
                    .withOnce(true)
                    .withReadOnly(true);
            once = share.invite(one);
            withdrawn = share.invite(one);
            assertThat(once.toString()).doesNotContain(once.secret()).contains(once.id());
            join(share, once.secret(), "once").close();
            assertThat(share.peers()).extracting(Peer::readOnly).containsExactly(true);
        }
        ShareAccess beside = ShareAccess.of(project);
        assertThat(beside.invites()).hasSize(3);
        assertThat(beside.withdraw(withdrawn.id())).isTrue();
        assertThat(beside.withdraw(withdrawn.id())).isFalse();
        try (Share share = sharer.share(project, kept)) {
            assertThat(share.joinCode()).isNotEqualTo(code);
            assertThat(share.ticket()).isEqualTo(ticket);
            join(share, ticket, "again").close();
            assertThat(reason(() -> join(share, once.secret(), "twice"))).isEqualTo(Reason.USED_UP);
            assertThat(reason(() -> join(share, withdrawn.secret(), "gone"))).isEqualTo(Reason.UNKNOWN_SHARE);
            mounter.open(temporary.resolve("once"), exact()).close();
        }
        // Who does not ask for kept tickets does not answer to them.
        try (Share share = sharer.share(project, loopback().withPort(free))) {
            assertThat(reason(() -> join(share, ticket, "no"))).isEqualTo(Reason.UNKNOWN_SHARE);
            assertThat(share.invites()).extracting(Invite::secret).doesNotContain(ticket);
        }
    }

    @Test
    void aRoleHoldsForWhoeverComesByItsInvitation() throws Exception {
        try (Share share = sharer.share(project, loopback())) {
            Invite invite = share.invite(InviteOptions.defaults()
                    .withReadOnly(true)
                    .withBranches(List.of("main"))
                    .withAccessFor(Duration.ofHours(1)));
            assertThat(invite.id())
                    .isEqualTo(invite.secret().substring(0, invite.secret().indexOf('-')));
            try (Mount mount = join(share, invite.secret(), "mount")) {
                mount.pull().await();
                assertThat(mount.readOnly()).isTrue();
                Files.writeString(mount.root().resolve("b.txt"), "b");
                mount.commit("Mine");
                assertThatThrownBy(() -> mount.push().await()).isInstanceOf(PermissionDeniedException.class);
            }
            Peer peer = share.peers().get(0);
            assertThat(peer.readOnly()).isTrue();
            assertThat(peer.branches()).containsExactly("main");
            assertThat(peer.expires()).isEqualTo(peer.joined().plus(Duration.ofHours(1)));
            assertThat(share.withdraw(invite.id())).isTrue();
            assertThat(share.withdraw(invite.id())).isFalse();
            assertThat(share.peers()).hasSize(1);
        }
    }

    @Test
    void accessThatEndsClosesTheConnection() throws Exception {
        try (Share share = sharer.share(project, loopback())) {
            Invite invite = share.invite(InviteOptions.defaults().withAccessFor(Duration.ofSeconds(1)));
            Mount mount = join(share, invite.secret(), "mount");
            BlockingQueue<DitsEvent> events = events(mount);
            if (share.peers().get(0).connected()) {
                awaitDisconnected(events);
            }
            mount.close();
            assertThat(reason(() -> mounter.open(temporary.resolve("mount"), exact())))
                    .isEqualTo(Reason.EXPIRED);
        }
    }

    @Test
    void whatCanNotBeIsRefused() throws Exception {
        assertThatThrownBy(() -> InviteOptions.defaults().withAccessFor(Duration.ofMillis(999)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> loopback().withValidFor(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ShareAccess.of(temporary)).isInstanceOf(RepositoryNotFoundException.class);
        try (Share share = sharer.share(project, loopback())) {
            assertThatThrownBy(() -> share.invite(InviteOptions.defaults().withPaths(List.of("../x"))))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> share.invite(InviteOptions.defaults().withBranches(List.of("a..b"))))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(share.invites()).hasSize(2);
        }
    }

    /** Somebody has guessed wrong all but once, elsewhere. */
    private void guessedAt(String nameplate) throws Exception {
        Path file = project.resolve(".dits/share/guesses");
        Path beside = Files.write(
                temporary.resolve("guesses"),
                new ByteWriter()
                        .u8(2)
                        .u64(1_000)
                        .varint(0)
                        .varint(1)
                        .text(nameplate)
                        .varint(999)
                        .varint(0)
                        .toBytes());
        Files.move(beside, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void aLockedCodeIsToldToTheOwnerAndTouchesNobodyElse() throws Exception {
        try (Share share = sharer.share(project, loopback());
                Mount before = join(share, share.joinCode(), "before")) {
            BlockingQueue<DitsEvent> events = events(share);
            String nameplate = share.joinCode().substring(0, 4);
            guessedAt(nameplate);
            String wrong = nameplate + (share.joinCode().endsWith("222-222") ? "-333-333" : "-222-222");
            assertThat(reason(() -> join(share, wrong, "x"))).isEqualTo(Reason.WRONG_CODE);
            assertThat(next(events, DitsEvent.CodeLocked.class).invite()).isEqualTo(nameplate);
            assertThat(share.codeState()).isEqualTo(CodeState.LOCKED);
            assertThatThrownBy(() -> join(share, share.joinCode(), "x"))
                    .isInstanceOf(JoinRejectedException.class)
                    .hasMessageContaining("rearm")
                    .hasMessageContaining("ticket");
            before.pull().await();
            join(share, share.ticket(), "by-ticket").close();
            share.rearm();
            assertThat(share.codeState()).isEqualTo(CodeState.OPEN);
            join(share, share.joinCode(), "after").close();
        }
    }

    @Test
    void aCodeThatHasExpiredSaysSo() throws Exception {
        try (Share share = sharer.share(project, loopback().withValidFor(Duration.ofSeconds(1)))) {
            while (share.codeState() == CodeState.OPEN) {
                Thread.onSpinWait();
            }
            assertThat(share.codeState()).isEqualTo(CodeState.EXPIRED);
            assertThat(reason(() -> join(share, share.joinCode(), "x"))).isEqualTo(Reason.EXPIRED);
            assertThat(reason(() -> join(share, share.ticket(), "x"))).isEqualTo(Reason.EXPIRED);
        }
    }

    @Test
    void aTakenPortIsNamedAndTheDefaultOneIsNotInsistedOn() throws Exception {
        try (Dits second = Dits.open(options("second"));
                Share one = sharer.share(project, loopback())) {
            int port = one.address().getPort();
            assertThatThrownBy(() -> second.share(project, loopback().withPort(port)))
                    .isInstanceOfSatisfying(
                            PortInUseException.class, e -> assertThat(e.port()).isEqualTo(port))
                    .hasMessageContaining("in use");
            try (Share two = second.share(project, loopback())) {
                assertThat(two.address().getPort()).isNotEqualTo(port);
            }
        }
    }

    @Test
    void aDirectoryThatMayNotBeWrittenIsNamed() throws Exception {
        Path closed = Files.createDirectories(temporary.resolve("closed"));
        assumeTrue(Files.getFileStore(closed).supportsFileAttributeView("posix"), "needs POSIX permissions");
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-x------"));
        assumeTrue(!Files.isWritable(closed), "root may write anywhere");
        assertThatThrownBy(() -> Dits.open(options("x").withHome(closed.resolve("home"))))
                .isInstanceOf(FileAccessException.class)
                .hasMessageContaining(closed.toString());
        try (Share share = sharer.share(project, loopback())) {
            assertThatThrownBy(() -> mounter.mount(at(share, share.joinCode()), closed.resolve("mount"), exact()))
                    .isInstanceOf(FileAccessException.class)
                    .hasMessageContaining(closed.toString());
        }
    }
}
