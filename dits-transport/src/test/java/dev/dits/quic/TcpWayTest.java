package dev.dits.quic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.DitsThreads;
import dev.dits.net.ByteStream;
import dev.dits.net.CloseReason;
import dev.dits.net.Way;
import dev.dits.path.PacketFrames;
import dev.dits.path.TcpPath;
import dev.dits.path.UdpPath;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** QUIC's packets over TCP connections, over real sockets on 127.0.0.0/8. */
@Timeout(120)
class TcpWayTest {
    private static QuicConnection dial(NodePair pair) throws IOException {
        return dial(pair, pair.client, pair.server.localAddress());
    }

    private static QuicConnection dial(NodePair pair, QuicNode from, InetSocketAddress to) throws IOException {
        return from.connectByTcp(
                to,
                NodePair.NAME,
                pair.mount.key(),
                pair.mount.certificate(),
                pair.share.fingerprint(),
                NodePair.PATIENCE);
    }

    private static QuicNode nodeAt(NodePair pair, String host) throws IOException {
        return QuicNode.bind(QuicOptions.at(new InetSocketAddress(InetAddress.getByName(host), 0)), pair.workers);
    }

    private static void carriesBothWays(UnaryOperator<QuicOptions> adjust, int length) throws Exception {
        try (NodePair pair = new NodePair(adjust)) {
            QuicConnection mount = dial(pair);
            QuicConnection share = pair.accept();
            NodePair.echo(share);
            assertThat(mount.way()).isEqualTo(Way.TCP);
            assertThat(share.way()).isEqualTo(Way.TCP);
            assertThat(mount.packetBytes()).isEqualTo(TcpPath.PROFILE.packetBytes());
            assertThat(share.remoteAddress().getAddress())
                    .isEqualTo(pair.client.localAddress().getAddress());
            byte[] sent = new byte[length];
            new Random(3).nextBytes(sent);
            QuicStream stream = mount.openStream();
            Future<?> sending = pair.workers.submit(() -> {
                stream.write(sent, 0, sent.length);
                stream.shutdownOutput();
                return null;
            });
            byte[] back = new byte[length];
            stream.readFully(back, 0, length);
            assertThat(stream.read(new byte[1], 0, 1)).isEqualTo(-1);
            sending.get();
            assertThat(Arrays.equals(back, sent)).isTrue();
        }
    }

    @Test
    void carriesAHundredMegabytesBothWays() throws Exception {
        carriesBothWays(UnaryOperator.identity(), 100_000_000);
    }

    @Test
    void carriesThemWithoutEpollToo() throws Exception {
        carriesBothWays(options -> options.withPath(UdpPath.nio()), 20_000_000);
    }

    @Test
    void bothWaysLeadToTheSameNodeAtOnce() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection byTcp = dial(pair);
            NodePair.echo(pair.accept());
            QuicConnection byUdp = pair.dial();
            NodePair.echo(pair.accept());
            assertThat(byUdp.way()).isEqualTo(Way.UDP);
            for (QuicConnection each : List.of(byTcp, byUdp, byTcp)) {
                try (QuicStream stream = each.openStream()) {
                    stream.write(new byte[] {7}, 0, 1);
                    stream.shutdownOutput();
                    byte[] answer = new byte[1];
                    stream.readFully(answer, 0, 1);
                    assertThat(answer[0]).isEqualTo((byte) 7);
                }
            }
        }
    }

    @Test
    void aNodeThatAcceptsNothingListensNowhere() throws Exception {
        try (NodePair pair = new NodePair()) {
            assertThatThrownBy(() -> dial(pair, pair.server, pair.client.localAddress()))
                    .isInstanceOf(ConnectException.class);
        }
    }

    @Test
    void withoutTcpThereIsNone() throws Exception {
        try (NodePair pair = new NodePair(options -> options.withTcp(false))) {
            assertThat(pair.client.hasTcp()).isFalse();
            assertThatThrownBy(() -> dial(pair)).isInstanceOf(IOException.class);
            try (QuicNode other = nodeAt(pair, "127.0.0.1")) {
                assertThatThrownBy(() -> dial(pair, other, pair.server.localAddress()))
                        .isInstanceOf(ConnectException.class);
            }
            pair.dial();
            pair.accept();
        }
    }

    /** Somebody else's TCP port, somebody else's right; UDP is dits' own all the same. */
    @Test
    void aTcpPortThatIsTakenTakesNothingElse() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
                NodePair pair = new NodePair(
                        NodePair.loopback(other.getLocalPort()), NodePair.loopback(0), UnaryOperator.identity())) {
            pair.workers.execute(() -> {
                try (Socket socket = other.accept()) {
                    socket.getOutputStream().write("SSH-2.0-other\r\n".getBytes(StandardCharsets.US_ASCII));
                    socket.getInputStream().readNBytes(1_000);
                } catch (IOException e) {
                    // The dialler closes it, as it must.
                }
            });
            pair.dial();
            pair.accept();
            // What answers there is told by its first bytes, not by the time that is over.
            assertThatThrownBy(() -> dial(pair))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SocketTimeoutException.class);
            awaitNoTcp(pair.client);
        }
    }

    private static void awaitNoTcp(QuicNode node) throws InterruptedException {
        long deadline = System.nanoTime() + NodePair.PATIENCE.toNanos();
        while (tcp(node).count() > 0) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private static TcpConnections tcp(QuicNode node) {
        TcpConnections connections = node.tcp();
        assertThat(connections).isNotNull();
        return connections;
    }

    // ---- ends

    /** A machine between two others, which can stop carrying and cut. */
    private static final class Middle implements AutoCloseable {
        private final ServerSocket listening = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        private final List<Socket> sockets = new ArrayList<>();
        private final AtomicBoolean stopped = new AtomicBoolean();

        Middle(NodePair pair) throws IOException {
            pair.workers.execute(() -> {
                try {
                    Socket here = listening.accept();
                    InetSocketAddress to = pair.server.localAddress();
                    Socket there = new Socket(to.getAddress(), to.getPort());
                    synchronized (sockets) {
                        sockets.addAll(List.of(here, there));
                    }
                    pair.workers.execute(() -> carry(here, there));
                    pair.workers.execute(() -> carry(there, here));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
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
                    while (stopped.get()) {
                        TimeUnit.MILLISECONDS.sleep(5);
                    }
                    out.write(buffer, 0, read);
                }
            } catch (IOException | InterruptedException e) {
                // It was cut.
            }
        }

        InetSocketAddress address() {
            return (InetSocketAddress) listening.getLocalSocketAddress();
        }

        void cut() throws IOException {
            synchronized (sockets) {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
        }

        @Override
        public void close() throws IOException {
            cut();
            listening.close();
        }
    }

    @Test
    void whereTheTcpConnectionIsCutTheQuicConnectionEndsAtOnce() throws Exception {
        try (NodePair pair = new NodePair();
                Middle middle = new Middle(pair)) {
            QuicConnection mount = dial(pair, pair.client, middle.address());
            QuicConnection share = pair.accept();
            NodePair.echo(share);
            QuicStream stream = mount.openStream();
            stream.write(new byte[1_000], 0, 1_000);
            stream.readFully(new byte[1_000], 0, 1_000);
            long start = System.nanoTime();
            middle.cut();
            CloseReason here = mount.closed().get(20, TimeUnit.SECONDS);
            CloseReason there = share.closed().get(20, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
            // Nobody said that it is over: whoever holds the session may go on by another way.
            assertThat(here.kind()).isEqualTo(CloseReason.Kind.LOCAL);
            assertThat(there.kind()).isEqualTo(CloseReason.Kind.LOCAL);
            assertThatThrownBy(() -> stream.read(new byte[1], 0, 1)).isInstanceOf(IOException.class);
            awaitNoTcp(pair.server);
            awaitNoTcp(pair.client);
        }
    }

    /** With much of the peer unread: a close that the system turned into a reset would lose what was said. */
    @Test
    void whyAPeerClosesArrivesWhateverComesFromThere() throws Exception {
        try (NodePair pair = new NodePair()) {
            for (int i = 0; i < 10; i++) {
                QuicConnection mount = dial(pair);
                QuicConnection share = pair.accept();
                CountDownLatch busy = new CountDownLatch(1);
                share.onStream(TcpWayTest::discard);
                QuicStream stream = mount.openStream();
                pair.workers.execute(() -> fill(stream, busy));
                assertThat(busy.await(20, TimeUnit.SECONDS)).isTrue();
                share.close(3, "revoked");
                CloseReason why = mount.closed().get(20, TimeUnit.SECONDS);
                assertThat(why).isEqualTo(new CloseReason(CloseReason.Kind.PEER, 3, "revoked"));
                awaitNoTcp(pair.server);
                awaitNoTcp(pair.client);
            }
        }
    }

    private static void discard(ByteStream stream) {
        byte[] buffer = new byte[64 << 10];
        try {
            while (stream.read(buffer, 0, buffer.length) >= 0) {
                continue;
            }
        } catch (IOException e) {
            // The connection ends.
        }
    }

    private static void fill(QuicStream stream, CountDownLatch busy) {
        byte[] piece = new byte[64 << 10];
        try {
            for (int i = 0; i < 10_000; i++) {
                stream.write(piece, 0, piece.length);
                if (i == 4) {
                    busy.countDown();
                }
            }
        } catch (IOException e) {
            // The connection ends.
        }
    }

    @Test
    void aNodeThatClosesTellsItsPeersAndLeavesNothing() throws Exception {
        Set<Thread> before = DitsThreads.alive("dits-");
        try (NodePair pair = new NodePair()) {
            QuicConnection mount = dial(pair);
            pair.accept();
            pair.server.close();
            CloseReason why = mount.closed().get(20, TimeUnit.SECONDS);
            assertThat(why.kind()).isEqualTo(CloseReason.Kind.PEER);
            assertThat(why.code()).isEqualTo(QuicNode.SHUTTING_DOWN);
            assertThat(tcp(pair.server).count()).isZero();
            awaitNoTcp(pair.client);
            // The port is free again.
            new ServerSocket(pair.server.localAddress().getPort(), 1, InetAddress.getLoopbackAddress()).close();
        }
        DitsThreads.assertEnded("dits-", before);
    }

    /** Nothing is read behind the middle: what waits is bounded by the windows, and the connection goes on when it is. */
    @Test
    void aWayThatStopsBoundsWhatWaitsAndGoesOn() throws Exception {
        try (NodePair pair = new NodePair();
                Middle middle = new Middle(pair)) {
            QuicConnection mount = dial(pair, pair.client, middle.address());
            QuicConnection share = pair.accept();
            share.onStream(each -> fill((QuicStream) each, new CountDownLatch(1)));
            QuicStream stream = mount.openStream();
            stream.write(new byte[1], 0, 1);
            stream.readFully(new byte[1_000], 0, 1_000);
            middle.stopped.set(true);
            long most = 0;
            for (int i = 0; i < 100; i++) {
                most = Math.max(most, tcp(pair.server).queuedBytes());
                TimeUnit.MILLISECONDS.sleep(10);
            }
            assertThat(most).isLessThanOrEqualTo(TcpQueues.CONNECTION_BYTES_MAX);
            middle.stopped.set(false);
            byte[] piece = new byte[1 << 20];
            for (int i = 0; i < 100; i++) {
                stream.readFully(piece, 0, piece.length);
            }
            stream.reset(0);
        }
    }

    // ---- strangers

    private static Socket stranger(NodePair pair, String from) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
        socket.setSoTimeout((int) NodePair.PATIENCE.toMillis());
        socket.connect(pair.server.localAddress());
        return socket;
    }

    /** Sends, and waits until the node has closed; nothing was answered. */
    private static void assertClosedUnanswered(Socket socket, byte[] bytes) throws IOException {
        try (socket) {
            try {
                socket.getOutputStream().write(bytes);
            } catch (SocketException e) {
                // It has closed already.
            }
            try {
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            } catch (SocketException e) {
                // A reset, where it had not read all of it.
            }
        }
    }

    private static byte[] framed(byte[] packet) {
        byte[] preamble = PacketFrames.PREAMBLE.getBytes(StandardCharsets.US_ASCII);
        byte[] all = Arrays.copyOf(preamble, preamble.length + 2 + packet.length);
        all[preamble.length] = (byte) (packet.length >>> 8);
        all[preamble.length + 1] = (byte) packet.length;
        System.arraycopy(packet, 0, all, preamble.length + 2, packet.length);
        return all;
    }

    @Test
    void garbageIsClosedAndNotAnswered() throws Exception {
        Random random = new Random(11);
        try (NodePair pair = new NodePair()) {
            List<byte[]> garbage = new ArrayList<>();
            garbage.add("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            garbage.add(new byte[] {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3, 0});
            for (int bytes : new int[] {1, 20, 21, 1_199, 1_200, 16_000, PacketFrames.PACKET_BYTES_MAX}) {
                byte[] noise = new byte[bytes];
                random.nextBytes(noise);
                // A probe, a packet of a connection that is not there, and a long header.
                for (int flags : new int[] {0x00, 0x40, 0xC0}) {
                    byte[] one = noise.clone();
                    one[0] = (byte) (flags | one[0] & 0x0F);
                    garbage.add(framed(one));
                }
            }
            for (byte[] one : garbage) {
                long start = System.nanoTime();
                assertClosedUnanswered(stranger(pair, "127.0.0.9"), one);
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TcpCarrier.FIRST_PACKET_TIME);
            }
            awaitNoTcp(pair.server);
            dial(pair);
            pair.accept();
        }
    }

    @Test
    void whoSaysNothingIsClosedWithinSeconds() throws Exception {
        try (NodePair pair = new NodePair()) {
            assertClosedUnanswered(stranger(pair, "127.0.0.9"), new byte[0]);
            // Nor does who says it byte by byte, or stops in the middle of a packet, get longer.
            assertClosedUnanswered(stranger(pair, "127.0.0.9"), Arrays.copyOf(framed(new byte[1_200]), 600));
            try (Socket slow = stranger(pair, "127.0.0.9")) {
                byte[] stream = framed(new byte[1_200]);
                long start = System.nanoTime();
                assertThatThrownBy(() -> {
                            for (byte one : stream) {
                                slow.getOutputStream().write(one);
                                TimeUnit.MILLISECONDS.sleep(20);
                            }
                        })
                        .isInstanceOf(SocketException.class);
                assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
            }
            awaitNoTcp(pair.server);
        }
    }

    /** One valid first packet, which is worth a Retry, and nothing else. */
    @Test
    void aHandshakeThatStopsIsClosedWithinSeconds() throws Exception {
        try (NodePair pair = new NodePair();
                Socket stranger = stranger(pair, "127.0.0.9")) {
            stranger.getOutputStream().write(framed(pair.firstDatagram()));
            InputStream in = stranger.getInputStream();
            assertThat(new String(in.readNBytes(PacketFrames.PREAMBLE.length()), StandardCharsets.US_ASCII))
                    .isEqualTo(PacketFrames.PREAMBLE);
            byte[] retry = in.readNBytes((in.read() << 8) + in.read());
            assertThat(retry[0] & 0xF0).isEqualTo(0xF0);
            long start = System.nanoTime();
            assertThat(in.read()).isEqualTo(-1);
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isLessThan(QuicNode.HANDSHAKE_TIMEOUT.plusSeconds(5));
            assertThat(pair.server.connectionCount()).isZero();
        }
    }

    /** Three thousand of them, from a hundred sources: they take the places that there are for those who have not shown themselves, and of no one else. */
    @Test
    void silentConnectionsAreBoundedAndKeepNobodyOut() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection before = dial(pair);
            NodePair.echo(pair.accept());
            List<Socket> silent = new ArrayList<>();
            try {
                for (int i = 0; i < 3_000; i++) {
                    silent.add(stranger(pair, "127.0.1." + (1 + i % 100)));
                }
                assertThat(tcp(pair.server).count()).isLessThanOrEqualTo(HandshakeLimiter.UNDER_WAY_MAX + 1);
                // Those who are connected go on, and UDP is as it was.
                try (QuicStream stream = before.openStream()) {
                    stream.write(new byte[1], 0, 1);
                    stream.readFully(new byte[1], 0, 1);
                }
                pair.dial();
                pair.accept();
                long start = System.nanoTime();
                try (QuicNode other = nodeAt(pair, "127.0.0.7")) {
                    // The rate of all is used up by them; it comes back within a second.
                    QuicConnection byTcp = null;
                    while (byTcp == null) {
                        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
                        try {
                            byTcp = dial(pair, other, pair.server.localAddress());
                        } catch (IOException e) {
                            TimeUnit.MILLISECONDS.sleep(50);
                        }
                    }
                    pair.accept();
                }
            } finally {
                for (Socket socket : silent) {
                    socket.close();
                }
            }
        }
    }

    /** From one source: neither more in a second than handshakes, nor more at once, and others are as they were. */
    @Test
    void oneSourceIsLimitedByItsOwnAddress() throws Exception {
        try (NodePair pair = new NodePair();
                QuicNode other = nodeAt(pair, "127.0.0.3")) {
            List<Socket> silent = new ArrayList<>();
            try {
                for (int i = 0; i < 3 * HandshakeLimiter.SOURCE_BURST; i++) {
                    silent.add(stranger(pair, "127.0.0.2"));
                }
                dial(pair, other, pair.server.localAddress());
                assertThat(pair.accept().remoteAddress().getAddress()).isEqualTo(InetAddress.getByName("127.0.0.3"));
                assertThat(tcp(pair.server).count()).isLessThanOrEqualTo(HandshakeLimiter.UNDER_WAY_PER_SOURCE_MAX + 1);
            } finally {
                for (Socket socket : silent) {
                    socket.close();
                }
            }
        }
    }

    /** Whoever has shown a certificate has not joined yet: of those, too, one source has only so many. */
    @Test
    void establishedConnectionsOfOneSourceAreBounded() throws Exception {
        try (NodePair pair = new NodePair();
                QuicNode other = nodeAt(pair, "127.0.0.3")) {
            List<QuicConnection> all = new ArrayList<>();
            for (int i = 0; i < TcpConnections.ESTABLISHED_PER_SOURCE_MAX; i++) {
                all.add(dial(pair));
                pair.accept();
            }
            try {
                dial(pair).closed().get(20, TimeUnit.SECONDS);
            } catch (IOException e) {
                // Or so, if it is told within the handshake.
            }
            assertThat(pair.accepted).isEmpty();
            dial(pair, other, pair.server.localAddress());
            pair.accept();
            all.get(0).close();
            all.get(0).closed().get(20, TimeUnit.SECONDS);
            while (tcp(pair.server).count() > TcpConnections.ESTABLISHED_PER_SOURCE_MAX) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
            dial(pair);
            pair.accept();
        }
    }

    @Test
    void handshakesByTcpCountAsThoseOfTheirAddress() throws Exception {
        try (NodePair pair = new NodePair();
                QuicNode other = nodeAt(pair, "127.0.0.3")) {
            dial(pair);
            dial(pair, other, pair.server.localAddress());
            pair.accept();
            pair.accept();
            assertThat(pair.server.handshakeSources()).isEqualTo(2);
            pair.dial();
            pair.accept();
            assertThat(pair.server.handshakeSources()).isEqualTo(2);
        }
    }
}
