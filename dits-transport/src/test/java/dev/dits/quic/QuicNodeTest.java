package dev.dits.quic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.DitsThreads;
import dev.dits.error.PortInUseException;
import dev.dits.net.CloseReason;
import dev.dits.net.Connection;
import dev.dits.net.ConnectionLostException;
import dev.dits.net.StreamResetException;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class QuicNodeTest {

    @Test
    void echoesOnOneStreamAndNamesBothEnds() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection mount = pair.dial();
            QuicConnection share = pair.accept();
            NodePair.echo(share);

            QuicStream stream = mount.openStream();
            byte[] hello = "hello".getBytes(StandardCharsets.UTF_8);
            stream.write(hello, 0, hello.length);
            stream.shutdownOutput();
            byte[] answer = new byte[hello.length];
            stream.readFully(answer, 0, answer.length);

            assertThat(answer).isEqualTo(hello);
            assertThat(stream.read(new byte[1], 0, 1)).isEqualTo(-1);
            assertThat(mount.localFingerprint()).isEqualTo(pair.mount.fingerprint());
            assertThat(mount.peerFingerprint()).isEqualTo(pair.share.fingerprint());
            assertThat(share.localFingerprint()).isEqualTo(pair.share.fingerprint());
            assertThat(share.peerFingerprint()).isEqualTo(pair.mount.fingerprint());
            assertThat(share.remoteAddress()).isEqualTo(pair.client.localAddress());
            assertThat(share.serverName()).isEqualTo(NodePair.NAME);
            assertThat(mount.packetBytes()).isEqualTo(share.packetBytes());
        }
    }

    @Test
    void aReaderThatWaitsFlushesItsOwnRequest() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection mount = pair.dial();
            NodePair.echo(pair.accept());
            QuicStream stream = mount.openStream();
            byte[] answer = new byte[1];
            for (int i = 0; i < 100; i++) {
                stream.write(new byte[] {(byte) i}, 0, 1);
                stream.readFully(answer, 0, 1);
                assertThat(answer[0]).isEqualTo((byte) i);
            }
            stream.close();
        }
    }

    @Test
    void carriesAHundredMegabytesBothWaysIntact() throws Exception {
        long length = 100L << 20;
        try (NodePair pair = new NodePair()) {
            QuicConnection mount = pair.dial();
            QuicConnection share = pair.accept();
            List<Future<byte[]>> received = new ArrayList<>();
            CountDownLatch opened = new CountDownLatch(1);
            share.onStream(stream -> {
                received.add(pair.workers.submit(() -> digestOfInput((QuicStream) stream)));
                received.add(pair.workers.submit(() -> send((QuicStream) stream, 2, length)));
                opened.countDown();
            });
            QuicStream stream = mount.openStream();
            Future<byte[]> sent = pair.workers.submit(() -> send(stream, 1, length));
            byte[] back = digestOfInput(stream);
            assertThat(opened.await(20, TimeUnit.SECONDS)).isTrue();

            assertThat(received.get(0).get()).isEqualTo(sent.get()).isEqualTo(digestOf(1, length));
            assertThat(back).isEqualTo(received.get(1).get()).isEqualTo(digestOf(2, length));
        }
    }

    @Test
    void carriesTwoHundredStreamsAtOnce() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection mount = pair.dial();
            NodePair.echo(pair.accept());
            List<Future<byte[]>> sent = new ArrayList<>();
            List<QuicStream> streams = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                int seed = i;
                QuicStream stream = mount.openStream();
                streams.add(stream);
                sent.add(pair.workers.submit(() -> send(stream, seed, 100_000)));
            }
            for (int i = 0; i < streams.size(); i++) {
                assertThat(digestOfInput(streams.get(i))).isEqualTo(sent.get(i).get());
            }
        }
    }

    @Test
    void opensMoreStreamsInTurnThanThePeerAllowsAtOnce() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection mount = pair.dial();
            NodePair.echo(pair.accept());
            byte[] one = {1};
            for (int i = 0; i < 3 * QuicNode.STREAMS_MAX; i++) {
                try (QuicStream stream = mount.openStream()) {
                    stream.write(one, 0, 1);
                    stream.shutdownOutput();
                    assertThat(stream.read(new byte[2], 0, 2)).isEqualTo(1);
                    assertThat(stream.read(new byte[2], 0, 2)).isEqualTo(-1);
                }
            }
        }
    }

    @Test
    void aReaderThatDoesNotReadBoundsTheWriter() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection mount = pair.dial();
            QuicConnection share = pair.accept();
            CountDownLatch opened = new CountDownLatch(1);
            share.onStream(stream -> opened.countDown());
            QuicStream stream = mount.openStream();
            stream.setWriteTimeout(Duration.ofMillis(300));
            byte[] piece = new byte[64 << 10];
            long[] written = {0};
            assertThatThrownBy(() -> {
                        while (written[0] < 1L << 30) {
                            stream.write(piece, 0, piece.length);
                            written[0] += piece.length;
                        }
                    })
                    .isInstanceOf(SocketTimeoutException.class);
            // Both queues and the stream window, which QUIC may have doubled before the reader stopped.
            assertThat(written[0])
                    .isLessThanOrEqualTo(2L * QuicNode.STREAM_WINDOW_BYTES
                            + QuicStream.READ_BYTES_MAX
                            + 2L * QuicStream.WRITE_BYTES_MAX);
            assertThat(opened.await(20, TimeUnit.SECONDS)).isTrue();

            // Others go on.
            NodePair.echo(share);
            try (QuicStream other = mount.openStream()) {
                other.write(new byte[] {7}, 0, 1);
                assertThat(other.read(new byte[1], 0, 1)).isEqualTo(1);
            }
        }
    }

    @Test
    void resetReachesReaderAndWriter() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection mount = pair.dial();
            QuicConnection share = pair.accept();
            java.util.concurrent.BlockingQueue<QuicStream> streams = new java.util.concurrent.LinkedBlockingQueue<>();
            share.onStream(one -> streams.add((QuicStream) one));
            QuicStream stream = mount.openStream();
            stream.write(new byte[] {1}, 0, 1);
            stream.flush();
            QuicStream other = streams.take();
            other.readFully(new byte[1], 0, 1);

            stream.reset(42);

            assertThatThrownBy(() -> other.read(new byte[1], 0, 1))
                    .isInstanceOfSatisfying(
                            StreamResetException.class,
                            e -> assertThat(e.code()).isEqualTo(42));
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 1_000; i++) {
                            other.write(new byte[64 << 10], 0, 64 << 10);
                        }
                    })
                    .isInstanceOf(StreamResetException.class);
            assertThatThrownBy(() -> stream.write(new byte[1], 0, 1)).isInstanceOf(StreamResetException.class);
            assertThatThrownBy(() -> stream.read(new byte[1], 0, 1)).isInstanceOf(StreamResetException.class);
            assertThat(mount.isOpen()).isTrue();
            assertThat(share.isOpen()).isTrue();
        }
    }

    @Test
    void closeTellsThePeerWhyAndFailsItsStreams() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection mount = pair.dial();
            QuicConnection share = pair.accept();
            QuicStream stream = mount.openStream();
            Future<Integer> read = pair.workers.submit(() -> stream.read(new byte[1], 0, 1));

            share.close(0x03, "revoked");

            CloseReason why = mount.closed().get(20, TimeUnit.SECONDS);
            assertThat(why).isEqualTo(new CloseReason(CloseReason.Kind.PEER, 3, "revoked"));
            assertThat(share.closed().get(20, TimeUnit.SECONDS).kind()).isEqualTo(CloseReason.Kind.LOCAL);
            assertThatThrownBy(read::get)
                    .cause()
                    .isInstanceOfSatisfying(
                            ConnectionLostException.class,
                            e -> assertThat(e.reason()).isEqualTo(why));
            assertThatThrownBy(() -> stream.write(new byte[1 << 20], 0, 1 << 20))
                    .isInstanceOf(ConnectionLostException.class);
            assertThatThrownBy(mount::openStream).isInstanceOf(ConnectionLostException.class);
            assertThat(mount.isOpen()).isFalse();
        }
    }

    @Test
    void bytesThatCameBeforeTheCloseAreRead() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection mount = pair.dial();
            QuicConnection share = pair.accept();
            NodePair.echo(share);
            QuicStream stream = mount.openStream();
            stream.write(new byte[10], 0, 10);
            byte[] first = new byte[1];
            stream.readFully(first, 0, 1);
            share.close(0, "");
            mount.closed().get(20, TimeUnit.SECONDS);
            stream.readFully(new byte[9], 0, 9);
            assertThatThrownBy(() -> stream.read(first, 0, 1)).isInstanceOf(ConnectionLostException.class);
        }
    }

    @Test
    void theWrongPinIsRefused() throws Exception {
        try (NodePair pair = new NodePair()) {
            byte[] wrong = pair.share.fingerprint();
            wrong[0] ^= 1;
            assertThatThrownBy(() -> pair.client.connect(
                            pair.server.localAddress(),
                            NodePair.NAME,
                            pair.mount.key(),
                            pair.mount.certificate(),
                            wrong,
                            NodePair.PATIENCE))
                    .isInstanceOf(PeerCertificateException.class);
            assertThat(pair.accepted).isEmpty();
        }
    }

    @Test
    void aClientWithABadCertificateIsNeverAccepted() throws Exception {
        for (TestIdentity bad : List.of(TestIdentity.fresh("secp384r1"), TestIdentity.notSelfSigned())) {
            try (NodePair pair = new NodePair()) {
                CloseReason why;
                try {
                    QuicConnection connection = pair.client.connect(
                            pair.server.localAddress(),
                            NodePair.NAME,
                            bad.key(),
                            bad.certificate(),
                            null,
                            NodePair.PATIENCE);
                    why = connection.closed().get(20, TimeUnit.SECONDS);
                } catch (ConnectionLostException e) {
                    why = e.reason();
                }
                assertThat(why.kind()).isEqualTo(CloseReason.Kind.TRANSPORT);
                assertThat(pair.accepted).isEmpty();
                // The server is unharmed.
                assertThat(pair.dial().isOpen()).isTrue();
            }
        }
    }

    @Test
    void severalCertificatesLiveOnOneSocketAndUnknownNamesAreTurnedAway() throws Exception {
        try (NodePair pair = new NodePair()) {
            TestIdentity second = TestIdentity.fresh();
            List<Connection> accepted = new ArrayList<>();
            CountDownLatch came = new CountDownLatch(1);
            var registration =
                    pair.server.register("0011223344556677.n.dits", second.key(), second.certificate(), c -> {
                        accepted.add(c);
                        came.countDown();
                    });
            QuicConnection first = pair.dial();
            QuicConnection other = connect(pair, "0011223344556677.n.dits");
            assertThat(first.peerFingerprint()).isEqualTo(pair.share.fingerprint());
            assertThat(other.peerFingerprint()).isEqualTo(second.fingerprint());
            assertThat(came.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(accepted.get(0).serverName()).isEqualTo("0011223344556677.n.dits");
            assertThat(accepted.get(0).localFingerprint()).isEqualTo(second.fingerprint());

            assertThatThrownBy(() -> connect(pair, "ffffffffffffffff.n.dits"))
                    .isInstanceOf(ConnectionLostException.class);
            registration.close();
            assertThatThrownBy(() -> connect(pair, "0011223344556677.n.dits"))
                    .isInstanceOf(ConnectionLostException.class);
            assertThat(other.isOpen()).isTrue();
            assertThatThrownBy(
                            () -> pair.server.register("no spaces.dits", second.key(), second.certificate(), c -> {}))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> pair.server.register(NodePair.NAME, second.key(), second.certificate(), c -> {}))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    private static QuicConnection connect(NodePair pair, String name) throws IOException {
        return pair.client.connect(
                pair.server.localAddress(), name, pair.mount.key(), pair.mount.certificate(), null, NodePair.PATIENCE);
    }

    @Test
    void oneSocketServesBothRoles() throws Exception {
        try (NodePair pair = new NodePair()) {
            TestIdentity other = TestIdentity.fresh();
            CountDownLatch came = new CountDownLatch(1);
            pair.client.register("back.dits", other.key(), other.certificate(), connection -> {
                NodePair.echo(connection);
                came.countDown();
            });
            QuicConnection there = pair.dial();
            NodePair.echo(pair.accept());
            QuicConnection back = pair.server.connect(
                    pair.client.localAddress(),
                    "back.dits",
                    pair.share.key(),
                    pair.share.certificate(),
                    other.fingerprint(),
                    NodePair.PATIENCE);
            assertThat(came.await(20, TimeUnit.SECONDS)).isTrue();
            for (QuicConnection connection : List.of(there, back)) {
                try (QuicStream stream = connection.openStream()) {
                    stream.write(new byte[100_000], 0, 100_000);
                    stream.shutdownOutput();
                    stream.readFully(new byte[100_000], 0, 100_000);
                }
            }
            // Even to itself.
            QuicConnection self = pair.server.connect(
                    pair.server.localAddress(),
                    NodePair.NAME,
                    other.key(),
                    other.certificate(),
                    pair.share.fingerprint(),
                    NodePair.PATIENCE);
            assertThat(self.isOpen()).isTrue();
        }
    }

    @Test
    void garbageIsIgnored() throws Exception {
        try (NodePair pair = new NodePair();
                DatagramSocket socket = new DatagramSocket(NodePair.loopback(0))) {
            Random random = new Random(7);
            for (int length : new int[] {0, 1, 2, 5, 6, 7, 8, 20, 100, 1_200, 1_350, 9_000, 65_000}) {
                for (int i = 0; i < 20; i++) {
                    byte[] garbage = new byte[length];
                    random.nextBytes(garbage);
                    if (length > 6) {
                        // Half of them look like the first packet of a QUIC connection.
                        garbage[0] = i % 2 == 0 ? (byte) 0xC0 : garbage[0];
                        garbage[4] = i % 4 == 0 ? 1 : garbage[4];
                    }
                    socket.send(new DatagramPacket(garbage, length, pair.server.localAddress()));
                }
            }
            NodePair.echo(accepted(pair));
            assertThat(pair.server.connectionCount()).isEqualTo(1);
        }
    }

    private static QuicConnection accepted(NodePair pair) throws Exception {
        pair.dial();
        return pair.accept();
    }

    @Test
    void nobodyThereIsATimeout() throws Exception {
        try (NodePair pair = new NodePair();
                DatagramSocket silent = new DatagramSocket(NodePair.loopback(0))) {
            InetSocketAddress nobody = (InetSocketAddress) silent.getLocalSocketAddress();
            assertThatThrownBy(() -> pair.client.connect(
                            nobody,
                            NodePair.NAME,
                            pair.mount.key(),
                            pair.mount.certificate(),
                            null,
                            Duration.ofMillis(200)))
                    .isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void readTimesOutAndGoesOn() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection mount = pair.dial();
            NodePair.echo(pair.accept());
            QuicStream stream = mount.openStream();
            stream.setReadTimeout(Duration.ofMillis(50));
            assertThatThrownBy(() -> stream.read(new byte[1], 0, 1)).isInstanceOf(SocketTimeoutException.class);
            stream.setReadTimeout(Duration.ZERO);
            stream.write(new byte[1], 0, 1);
            assertThat(stream.read(new byte[1], 0, 1)).isEqualTo(1);
        }
    }

    @Test
    void interruptingABlockedReaderWorks() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicConnection mount = pair.dial();
            NodePair.echo(pair.accept());
            QuicStream stream = mount.openStream();
            Future<?> reading = pair.workers.submit(() -> {
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> stream.read(new byte[1], 0, 1))
                        .isInstanceOf(java.io.InterruptedIOException.class);
                assertThat(Thread.interrupted()).isTrue();
            });
            reading.get(20, TimeUnit.SECONDS);
            stream.write(new byte[1], 0, 1);
            assertThat(stream.read(new byte[1], 0, 1)).isEqualTo(1);
        }
    }

    @Test
    void aTakenPortIsNamed() throws Exception {
        try (NodePair pair = new NodePair()) {
            QuicOptions taken = QuicOptions.at(pair.server.localAddress());
            assertThatThrownBy(() -> QuicNode.bind(taken, pair.workers))
                    .isInstanceOf(PortInUseException.class)
                    .hasMessageContaining(String.valueOf(taken.bind().getPort()));
            QuicOptions elsewhere = QuicOptions.at(new InetSocketAddress("192.0.2.1", 0));
            assertThatThrownBy(() -> QuicNode.bind(elsewhere, pair.workers))
                    .isInstanceOf(BindException.class)
                    .isNotInstanceOf(PortInUseException.class);
        }
    }

    @Test
    void anyOrderOfClosingLeavesNoThread() throws Exception {
        NodePair pair = new NodePair();
        QuicConnection mount = pair.dial();
        QuicConnection share = pair.accept();
        QuicStream stream = mount.openStream();
        pair.server.close();
        assertThat(share.isOpen()).isFalse();
        assertThat(mount.closed().get(20, TimeUnit.SECONDS).code()).isEqualTo(QuicNode.SHUTTING_DOWN);
        pair.server.close();
        pair.client.close();
        stream.close();
        stream.reset(1);
        mount.close();
        share.close(1, "late");
        assertThatThrownBy(() -> stream.write(new byte[1], 0, 1)).isInstanceOf(IOException.class);
        assertThatThrownBy(pair::dial).isInstanceOf(IOException.class).hasMessageContaining("closed");
        pair.close();
        DitsThreads.assertEnded("dits-net", Set.of());
    }

    private static byte[] send(QuicStream stream, long seed, long length) throws Exception {
        MessageDigest digest = sha256();
        Random random = new Random(seed);
        byte[] buffer = new byte[50_000];
        long left = length;
        while (left > 0) {
            random.nextBytes(buffer);
            int n = (int) Math.min(left, buffer.length);
            digest.update(buffer, 0, n);
            stream.write(buffer, 0, n);
            left -= n;
        }
        stream.shutdownOutput();
        return digest.digest();
    }

    private static byte[] digestOf(long seed, long length) throws Exception {
        MessageDigest digest = sha256();
        Random random = new Random(seed);
        byte[] buffer = new byte[50_000];
        long left = length;
        while (left > 0) {
            random.nextBytes(buffer);
            int n = (int) Math.min(left, buffer.length);
            digest.update(buffer, 0, n);
            left -= n;
        }
        return digest.digest();
    }

    private static byte[] digestOfInput(QuicStream stream) throws Exception {
        MessageDigest digest = sha256();
        byte[] buffer = new byte[64 << 10];
        int read;
        while ((read = stream.read(buffer, 0, buffer.length)) >= 0) {
            digest.update(buffer, 0, read);
        }
        return digest.digest();
    }

    private static MessageDigest sha256() throws NoSuchAlgorithmException {
        return MessageDigest.getInstance("SHA-256");
    }
}
