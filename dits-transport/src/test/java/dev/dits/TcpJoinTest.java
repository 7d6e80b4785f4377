package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dits.error.JoinRejectedException;
import dev.dits.error.PeerUnreachableException;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Joins where UDP does not get through: at an address that carries TCP to the share, and nothing else. */
@Timeout(180)
class TcpJoinTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @TempDir
    Path temporary;

    /** Carries TCP connections to a share, until it is cut; each time that it is, later ones are carried again. */
    private static final class Carrier implements AutoCloseable {
        private final ServerSocket listening = new ServerSocket(0, 50, LOOPBACK);
        private final ExecutorService workers = Executors.newCachedThreadPool();
        private final List<Socket> sockets = new ArrayList<>();
        private final AtomicInteger accepted = new AtomicInteger();
        private final AtomicLong carried = new AtomicLong();
        private volatile long cutAfter = Long.MAX_VALUE;

        Carrier(Share share) throws IOException {
            this(share, LOOPBACK);
        }

        Carrier(Share share, InetAddress from) throws IOException {
            workers.execute(() -> {
                while (!listening.isClosed()) {
                    try {
                        Socket here = listening.accept();
                        accepted.incrementAndGet();
                        Socket there = new Socket(LOOPBACK, share.address().getPort(), from, 0);
                        synchronized (sockets) {
                            sockets.addAll(List.of(here, there));
                        }
                        workers.execute(() -> carry(here, there));
                        workers.execute(() -> carry(there, here));
                    } catch (IOException e) {
                        // It is closing.
                    }
                }
            });
        }

        private void carry(Socket from, Socket to) {
            byte[] buffer = new byte[64 << 10];
            try (from;
                    to) {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    out.write(buffer, 0, read);
                    if (carried.addAndGet(read) > cutAfter) {
                        cutAfter = Long.MAX_VALUE;
                        return;
                    }
                }
            } catch (IOException e) {
                // It was cut.
            }
        }

        String address() {
            return "127.0.0.1:" + listening.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            listening.close();
            synchronized (sockets) {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
            workers.shutdownNow();
        }
    }

    private Path project(int bytes) throws IOException {
        Path project = temporary.resolve("project");
        Trees.random(project.resolve("data/large"), 5, bytes);
        Trees.random(project.resolve("small"), 6, 100);
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First", null, CommitProgress.NONE);
        }
        return project;
    }

    private DitsOptions options(String name) {
        return TestNodes.options(temporary, name).withLanInterfaces("off");
    }

    private static ShareOptions loopback() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, LOOPBACK)) {
            return ShareOptions.defaults().withBindAddress(LOOPBACK).withPort(socket.getLocalPort());
        }
    }

    private static MountOptions manual() {
        return MountOptions.defaults().withSync(Sync.MANUAL).withTimeout(Duration.ofSeconds(20));
    }

    @Test
    void itJoinsAndPullsAndPushesByTcpAlone() throws Exception {
        Path project = project(20_000_000);
        try (Dits sharer = Dits.open(options("sharer"));
                Dits mounter = Dits.open(options("mounter"));
                Share share = sharer.share(project, loopback());
                Carrier carrier = new Carrier(share);
                Mount mount = mounter.mount(
                        share.joinCode() + "@" + carrier.address(), temporary.resolve("copy"), manual())) {
            assertThat(mount.path().address()).isEqualTo("tcp " + carrier.address());
            mount.pull().await();
            assertThat(share.paths().get(0).address()).startsWith("tcp 127.0.0.1:");
            assertThat(Trees.describe(mount.root())).isEqualTo(Trees.describe(project));
            Trees.random(mount.root().resolve("new"), 8, 3_000_000);
            mount.commit("New");
            mount.push().await();
            assertThat(project.resolve("new"))
                    .hasSameBinaryContentAs(mount.root().resolve("new"));
            assertThat(mount.path().address()).isEqualTo("tcp " + carrier.address());
        }
    }

    @Test
    void aTransferOutlivesTheConnectionThatCarriesIt() throws Exception {
        Path project = project(30_000_000);
        try (Dits sharer = Dits.open(options("sharer"));
                Dits mounter = Dits.open(options("mounter"));
                Share share = sharer.share(project, loopback());
                Carrier carrier = new Carrier(share);
                Mount mount = mounter.mount(
                        share.joinCode() + "@" + carrier.address(), temporary.resolve("copy"), manual())) {
            carrier.cutAfter = 10_000_000;
            mount.pull().await();
            assertThat(Trees.describe(mount.root())).isEqualTo(Trees.describe(project));
            assertThat(carrier.accepted.get()).isGreaterThan(1);
        }
    }

    @Test
    void withoutTcpThereIsNoWayThere() throws Exception {
        Path project = project(1_000);
        try (Dits sharer = Dits.open(options("sharer"));
                Dits mounter = Dits.open(options("mounter").withTcp(false));
                Share share = sharer.share(project, loopback());
                Carrier carrier = new Carrier(share)) {
            assertThatExceptionOfType(PeerUnreachableException.class)
                    .isThrownBy(() -> mounter.mount(
                            share.joinCode() + "@" + carrier.address(),
                            temporary.resolve("copy"),
                            manual().withTimeout(Duration.ofSeconds(3))))
                    .satisfies(failure -> assertThat(failure.attempts()).noneMatch(way -> way.startsWith("TCP")));
            assertThat(carrier.accepted.get()).isZero();
        }
    }

    @Test
    void anAddressWithNobodyIsToldForBothWays() throws Exception {
        Path project = project(1_000);
        int nobody;
        try (ServerSocket socket = new ServerSocket(0, 1, LOOPBACK)) {
            nobody = socket.getLocalPort();
        }
        try (Dits sharer = Dits.open(options("sharer"));
                Dits mounter = Dits.open(options("mounter"));
                Share share = sharer.share(project, loopback())) {
            assertThatExceptionOfType(PeerUnreachableException.class)
                    .isThrownBy(() -> mounter.mount(
                            share.joinCode() + "@127.0.0.1:" + nobody,
                            temporary.resolve("copy"),
                            manual().withTimeout(Duration.ofSeconds(3))))
                    .satisfies(failure -> assertThat(failure.attempts())
                            .anyMatch(way -> way.startsWith("UDP 127.0.0.1:" + nobody))
                            .anyMatch(way -> way.startsWith("TCP 127.0.0.1:" + nobody + ": nothing listens")));
        }
    }

    /** Five guesses an hour from one address, whichever way they come. */
    @Test
    void guessesByTcpCountAsThoseOfTheirAddress() throws Exception {
        Path project = project(1_000);
        InetAddress other = InetAddress.getByName("127.0.0.5");
        try (Dits sharer = Dits.open(options("sharer"));
                Dits mounter = Dits.open(options("mounter"));
                Share share = sharer.share(project, loopback());
                Carrier carrier = new Carrier(share, other)) {
            String right = share.joinCode();
            for (int i = 0; i < 5; i++) {
                String wrong = right.substring(0, right.length() - 3) + "A" + (i + 2) + "Z";
                assertThat(wrong).isNotEqualTo(right);
                assertThat(rejected(mounter, wrong + "@" + carrier.address()))
                        .isEqualTo(JoinRejectedException.Reason.WRONG_CODE);
            }
            // Now the right one is not listened to from there, by whichever way.
            JoinRejectedException.Reason spent = rejected(mounter, right + "@" + carrier.address());
            assertThat(spent).isNotEqualTo(JoinRejectedException.Reason.WRONG_CODE);
            try (Dits there = Dits.open(options("there").withBindAddress(other))) {
                assertThat(rejected(
                                there, right + "@127.0.0.1:" + share.address().getPort()))
                        .isEqualTo(spent);
            }
            // From elsewhere it is.
            try (Mount mount = mounter.mount(
                    right + "@127.0.0.1:" + share.address().getPort(), temporary.resolve("copy"), manual())) {
                assertThat(mount.path().address()).startsWith("udp ");
            }
        }
    }

    private JoinRejectedException.Reason rejected(Dits dits, String target) throws Exception {
        try (Mount mount = dits.mount(target, temporary.resolve("rejected"), manual())) {
            throw new AssertionError("it joined: " + mount);
        } catch (JoinRejectedException e) {
            return e.reason();
        }
    }

    /** Two nodes of one process share at one port number each, and mount each other by both ways; when they are closed both ports are free. */
    @Test
    void twoNodesInOneProcessMountEachOther() throws Exception {
        Path project = project(2_000_000);
        Path other = temporary.resolve("other");
        Trees.random(other.resolve("file"), 7, 2_000_000);
        ShareOptions first = loopback();
        ShareOptions second = loopback().withInit(true);
        try (Dits one = Dits.open(options("one"));
                Dits two = Dits.open(options("two"));
                Share shared = one.share(project, first);
                Share alsoShared = two.share(other, second);
                Carrier carrier = new Carrier(shared);
                Mount byTcp =
                        two.mount(shared.joinCode() + "@" + carrier.address(), temporary.resolve("by-tcp"), manual());
                Mount byUdp = one.mount(
                        alsoShared.joinCode() + "@127.0.0.1:" + second.port(), temporary.resolve("by-udp"), manual())) {
            byTcp.pull().await();
            byUdp.pull().await();
            assertThat(byTcp.path().address()).startsWith("tcp ");
            assertThat(byUdp.path().address()).startsWith("udp ");
            assertThat(Trees.describe(byTcp.root())).isEqualTo(Trees.describe(project));
        }
        for (ShareOptions options : List.of(first, second)) {
            try (ServerSocket free = new ServerSocket()) {
                free.bind(new InetSocketAddress(LOOPBACK, options.port()));
            }
        }
    }
}
