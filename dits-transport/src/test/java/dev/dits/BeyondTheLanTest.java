package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.JoinRejectedException;
import dev.dits.error.PeerUnreachableException;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.tracker.TrackerOptions;
import dev.dits.tracker.TrackerServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A share and a mount that no common network joins, and the tracker by which they meet. */
@Timeout(180)
class BeyondTheLanTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @TempDir
    Path temporary;

    private final Until until = new Until();

    private static TrackerServer tracker(int port) throws IOException {
        return TrackerServer.start(TrackerOptions.defaults()
                .withBind(new InetSocketAddress(LOOPBACK, port))
                .withStunPorts(List.of()));
    }

    /** One that LAN discovery does not find, and that finds nobody by it. */
    private DitsOptions node(String name, int trackerPort, @Nullable InetAddress bind) {
        return TestNodes.options(temporary, name)
                .withLanInterfaces("off")
                .withBindAddress(bind)
                .withTracker("127.0.0.1:" + trackerPort);
    }

    private Path project(long seed) throws IOException {
        Path project = temporary.resolve("project");
        Trees.random(project.resolve("data/large"), seed, 3_000_000);
        Trees.random(project.resolve("small"), seed + 1, 100);
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First", null, CommitProgress.NONE);
        }
        return project;
    }

    private static ShareOptions loopback() {
        return ShareOptions.defaults().withBindAddress(LOOPBACK).withPort(freePort());
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, LOOPBACK)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Bound to all addresses it may not send to a loopback one that a peer names, and so finds no more direct way. */
    @Test
    void aCodeAloneJoinsThroughTheRelayAndAllOfItArrives() throws Exception {
        Path project = project(1);
        Path copy = temporary.resolve("copy");
        try (TrackerServer tracker = tracker(0);
                Dits sharer = Dits.open(node("sharer", tracker.port(), LOOPBACK));
                Dits mounter = Dits.open(node("mounter", tracker.port(), null));
                Share share = sharer.share(project, loopback())) {
            assertThat(share.lanOnly()).isFalse();
            try (Mount mount = mounter.mount(share.joinCode(), copy)) {
                assertThat(mount.path().kind()).isEqualTo(PeerPath.Kind.RELAY);
                mount.pull().await();
                assertThat(Trees.describe(copy)).isEqualTo(Trees.describe(project));
                Files.writeString(copy.resolve("mine"), "from the mount");
                mount.commit("Mine");
                until.holds("the share has the file", () -> Files.exists(project.resolve("mine")));
                assertThat(mount.path().kind()).isEqualTo(PeerPath.Kind.RELAY);
                until.holds(
                        "both say why",
                        () -> mount.path().problem().orElse("").contains("may be sent to from here")
                                && share.paths().get(0).problem().orElse("").contains("may be sent to from here"));
                assertThat(share.paths()).hasSize(1);
                assertThat(share.paths().get(0).kind()).isEqualTo(PeerPath.Kind.RELAY);
                assertThat(share.paths().get(0).peer()).isEqualTo("mounter");
            }
        }
    }

    @Test
    void aMoreDirectWayIsFoundAndOutlivesTheTracker() throws Exception {
        Path project = project(2);
        Path copy = temporary.resolve("copy");
        TrackerServer tracker = tracker(0);
        try (Dits sharer = Dits.open(node("sharer", tracker.port(), LOOPBACK));
                Dits mounter = Dits.open(node("mounter", tracker.port(), LOOPBACK));
                Share share = sharer.share(project, loopback());
                Mount mount = mounter.mount(share.joinCode(), copy)) {
            mount.pull().await();
            String direct = "udp 127.0.0.1:" + share.address().getPort();
            until.holds("a direct way", () -> mount.path().address().equals(direct));
            tracker.close();
            Files.writeString(project.resolve("more"), "by the direct way");
            try (Repository repository = Repository.open(project, RepositoryOptions.defaults())) {
                repository.commit("More", null, CommitProgress.NONE);
            }
            until.holds("the mount has the file", () -> Files.exists(copy.resolve("more")));
            assertThat(mount.path().address()).isEqualTo(direct);
            assertThat(mount.path().kind()).isEqualTo(PeerPath.Kind.LAN);
            assertThat(mount.path().problem()).isEmpty();
            assertThat(share.paths().get(0).kind()).isEqualTo(PeerPath.Kind.LAN);
            assertThat(share.paths().get(0).problem()).isEmpty();
            until.holds("the share knows that it is alone", share::lanOnly);
        } finally {
            tracker.close();
        }
    }

    @Test
    void aTransferGoesOnWhereTheRelayIsCutAndComesBack() throws Exception {
        Path project = project(3);
        Path copy = temporary.resolve("copy");
        int port = freePort();
        TrackerServer first = tracker(port);
        TrackerServer second = null;
        try (Dits sharer = Dits.open(node("sharer", port, LOOPBACK));
                Dits mounter = Dits.open(node("mounter", port, null));
                Share share = sharer.share(project, loopback());
                Mount mount = mounter.mount(share.joinCode(), copy)) {
            Transfer transfer = mount.pull();
            transfer.limit(2_000_000);
            until.holds("some of it is here", () -> transfer.progress().treeBytesDone() > 0);
            first.close();
            second = tracker(port);
            transfer.limit(0);
            transfer.await();
            assertThat(Trees.describe(copy)).isEqualTo(Trees.describe(project));
            until.holds("the tracker knows the share", () -> !share.lanOnly());
        } finally {
            first.close();
            if (second != null) {
                second.close();
            }
        }
    }

    @Test
    void aWrongCodeIsRefusedAndTheRightOneStillJoins() throws Exception {
        Path project = project(4);
        try (TrackerServer tracker = tracker(0);
                Dits sharer = Dits.open(node("sharer", tracker.port(), LOOPBACK));
                Dits mounter = Dits.open(node("mounter", tracker.port(), null));
                Share share = sharer.share(project, loopback())) {
            String code = share.joinCode();
            String wrong = code.substring(0, code.length() - 1) + (code.endsWith("A") ? "B" : "A");
            assertThatThrownBy(() -> mounter.mount(wrong, temporary.resolve("copy")))
                    .isInstanceOfSatisfying(
                            JoinRejectedException.class,
                            e -> assertThat(e.reason()).isEqualTo(JoinRejectedException.Reason.WRONG_CODE));
            try (Mount mount = mounter.mount(code, temporary.resolve("copy"))) {
                mount.pull().await();
            }
        }
    }

    @Test
    void whatIsNotThereIsNamedWithTheTracker() throws Exception {
        try (TrackerServer tracker = tracker(0);
                Dits mounter = Dits.open(node("mounter", tracker.port(), null))) {
            MountOptions brief = MountOptions.defaults().withTimeout(Duration.ofSeconds(1));
            assertThatThrownBy(() -> mounter.mount("7KQM-4TX-9PZ", temporary.resolve("copy"), brief))
                    .isInstanceOf(PeerUnreachableException.class)
                    .hasMessageContaining("the tracker 127.0.0.1:" + tracker.port())
                    .hasMessageContaining("no share is known there");
        }
    }

    @Test
    void aTrackerThatComesLaterIsFoundLater() throws Exception {
        Path project = project(5);
        int port = freePort();
        try (Dits sharer = Dits.open(node("sharer", port, LOOPBACK));
                Dits mounter = Dits.open(node("mounter", port, null));
                Share share = sharer.share(project, loopback())) {
            assertThat(share.lanOnly()).isTrue();
            MountOptions brief = MountOptions.defaults().withTimeout(Duration.ofSeconds(1));
            assertThatThrownBy(() -> mounter.mount(share.joinCode(), temporary.resolve("copy"), brief))
                    .isInstanceOf(PeerUnreachableException.class)
                    .hasMessageContaining("the tracker 127.0.0.1:" + port);
            try (TrackerServer tracker = tracker(port)) {
                until.holds("the tracker knows the share", () -> !share.lanOnly());
                try (Mount mount = mounter.mount(share.joinCode(), temporary.resolve("copy"))) {
                    mount.pull().await();
                }
                assertThat(tracker.port()).isEqualTo(port);
            }
        }
    }

    @Test
    void nothingIsLeftOfItWhenAllIsClosed() throws Exception {
        Path project = project(6);
        Set<Thread> before = DitsThreads.alive("dits-");
        try (TrackerServer tracker = tracker(0);
                Dits sharer = Dits.open(node("sharer", tracker.port(), LOOPBACK));
                Dits mounter = Dits.open(node("mounter", tracker.port(), null));
                Share share = sharer.share(project, loopback());
                Mount mount = mounter.mount(share.joinCode(), temporary.resolve("copy"))) {
            mount.pull().await();
        }
        DitsThreads.assertEnded("dits-", before);
    }
}
