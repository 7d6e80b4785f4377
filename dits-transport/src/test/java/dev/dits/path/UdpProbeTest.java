package dev.dits.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.quic.QuicNode;
import dev.dits.quic.QuicOptions;
import java.io.InterruptedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class UdpProbeTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private static UdpProbe.Result probe(int port, Duration timeout) throws Exception {
        return UdpProbe.probe(LOOPBACK, new InetSocketAddress(LOOPBACK, port), timeout, new Random(1));
    }

    @Test
    void aQuicServerAnswersWhateverSharesItHas() throws Exception {
        ExecutorService workers = Executors.newCachedThreadPool();
        try (QuicNode node = QuicNode.bind(QuicOptions.at(new InetSocketAddress(LOOPBACK, 0)), workers)) {
            assertThat(probe(node.localAddress().getPort(), Duration.ofSeconds(30)))
                    .isEqualTo(UdpProbe.Result.ANSWERED);
            assertThat(node.diagnose(node.localAddress(), Duration.ofSeconds(30)))
                    .contains("QUIC server answers");
        } finally {
            workers.shutdownNow();
        }
    }

    @Test
    void aPortThatNobodyListensOnIsRefused() throws Exception {
        int port;
        try (DatagramSocket free = new DatagramSocket(0, LOOPBACK)) {
            port = free.getLocalPort();
        }
        assertThat(probe(port, Duration.ofSeconds(30))).isEqualTo(UdpProbe.Result.REFUSED);
    }

    @Test
    void whoSaysNothingIsSilentAndGetsThreePacketsAtMost() throws Exception {
        try (DatagramSocket silent = new DatagramSocket(0, LOOPBACK)) {
            assertThat(probe(silent.getLocalPort(), Duration.ofMillis(90))).isEqualTo(UdpProbe.Result.SILENT);
            silent.setSoTimeout(1);
            int packets = 0;
            DatagramPacket packet = new DatagramPacket(new byte[2_000], 2_000);
            try {
                while (true) {
                    silent.receive(packet);
                    assertThat(packet.getLength()).isEqualTo(1_200);
                    packets++;
                }
            } catch (java.net.SocketTimeoutException e) {
                assertThat(packets).isEqualTo(UdpProbe.PACKETS);
            }
        }
    }

    @Test
    void whatIsNoAnswerToOurPacketIsNone() throws Exception {
        try (DatagramSocket noise = new DatagramSocket(0, LOOPBACK)) {
            Thread answering = new Thread(() -> {
                try {
                    DatagramPacket packet = new DatagramPacket(new byte[2_000], 2_000);
                    for (int i = 0; i < UdpProbe.PACKETS; i++) {
                        noise.receive(packet);
                        // A Version Negotiation for another connection.
                        byte[] answer = new byte[30];
                        answer[0] = (byte) 0x80;
                        answer[5] = 8;
                        noise.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                    }
                } catch (java.io.IOException e) {
                    throw new AssertionError(e);
                }
            });
            answering.start();
            assertThat(probe(noise.getLocalPort(), Duration.ofMillis(300))).isEqualTo(UdpProbe.Result.SILENT);
            answering.join();
        }
    }

    @Test
    void itCanBeInterrupted() throws Exception {
        try (DatagramSocket silent = new DatagramSocket(0, LOOPBACK)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> probe(silent.getLocalPort(), Duration.ofSeconds(30)))
                    .isInstanceOfAny(InterruptedIOException.class, java.nio.channels.ClosedByInterruptException.class);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
