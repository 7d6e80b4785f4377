package dev.dits.quic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.net.CloseReason;
import dev.dits.net.ConnectionLostException;
import dev.dits.path.LinkConditions;
import dev.dits.path.SimulatedNetwork;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whole nodes over a network that misbehaves by seed. */
@Timeout(120)
class LossyNetworkTest {
    private static final LinkConditions WIDE = LinkConditions.PERFECT.withDelay(Duration.ofMillis(2));

    private static InetSocketAddress host(int number) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) number}), 0);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private static NodePair over(SimulatedNetwork network, Duration idle) throws IOException {
        return NodePair.over(network.path(), host(1), host(2), idle);
    }

    @Test
    void megabytesSurviveLossReorderingAndDuplication() throws Exception {
        SimulatedNetwork network = new SimulatedNetwork(
                20_261_124, WIDE.withLoss(0.02).withReordering(0.05).withDuplication(0.01));
        byte[] data = new byte[6 << 20];
        new Random(1).nextBytes(data);
        try (NodePair pair = over(network, Duration.ofSeconds(30))) {
            QuicConnection mount = pair.dial();
            NodePair.echo(pair.accept());
            QuicStream stream = mount.openStream();
            Future<?> writing = pair.workers.submit(() -> {
                stream.write(data, 0, data.length);
                stream.shutdownOutput();
                return null;
            });
            byte[] back = new byte[data.length];
            stream.readFully(back, 0, back.length);
            writing.get();
            assertThat(Arrays.equals(back, data)).isTrue();
            assertThat(stream.read(back, 0, 1)).isEqualTo(-1);
        }
        // It was a test of something.
        assertThat(network.dropped()).isGreaterThan(100);
    }

    @Test
    void aCutEndsBothSidesWithinTheIdleTimeoutAndHealingLetsThemMeetAgain() throws Exception {
        SimulatedNetwork network = new SimulatedNetwork(3, WIDE);
        Duration idle = Duration.ofSeconds(2);
        try (NodePair pair = over(network, idle)) {
            QuicConnection mount = pair.dial();
            QuicConnection share = pair.accept();
            NodePair.echo(share);
            QuicStream stream = mount.openStream();
            stream.write(new byte[1 << 20], 0, 1 << 20);
            Future<?> writing = pair.workers.submit(() -> {
                while (true) {
                    stream.write(new byte[64 << 10], 0, 64 << 10);
                }
            });
            stream.readFully(new byte[1 << 20], 0, 1 << 20);

            network.cut(host(1).getAddress());

            assertThat(mount.closed().get(30, TimeUnit.SECONDS).kind()).isEqualTo(CloseReason.Kind.IDLE_TIMEOUT);
            assertThat(share.closed().get(30, TimeUnit.SECONDS).kind()).isEqualTo(CloseReason.Kind.IDLE_TIMEOUT);
            assertThatThrownBy(writing::get)
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            ConnectionLostException.class,
                            e -> assertThat(e.reason().kind()).isEqualTo(CloseReason.Kind.IDLE_TIMEOUT));
            assertThatThrownBy(() -> pair.client.connect(
                            pair.server.localAddress(),
                            NodePair.NAME,
                            pair.mount.key(),
                            pair.mount.certificate(),
                            null,
                            Duration.ofMillis(300)))
                    .isInstanceOf(SocketTimeoutException.class);

            network.heal();
            QuicConnection again = pair.dial();
            NodePair.echo(pair.accept());
            try (QuicStream next = again.openStream()) {
                next.write(new byte[3], 0, 3);
                next.readFully(new byte[3], 0, 3);
            }
        }
    }

    @Test
    void aShortCutIsOnlyAPause() throws Exception {
        SimulatedNetwork network = new SimulatedNetwork(4, WIDE);
        try (NodePair pair = over(network, Duration.ofSeconds(30))) {
            QuicConnection mount = pair.dial();
            NodePair.echo(pair.accept());
            QuicStream stream = mount.openStream();
            stream.write(new byte[1], 0, 1);
            stream.readFully(new byte[1], 0, 1);
            network.cut(host(2).getAddress());
            stream.write(new byte[100_000], 0, 100_000);
            stream.setReadTimeout(Duration.ofMillis(200));
            assertThatThrownBy(() -> stream.read(new byte[1], 0, 1)).isInstanceOf(SocketTimeoutException.class);
            network.heal();
            stream.setReadTimeout(Duration.ofSeconds(30));
            stream.readFully(new byte[100_000], 0, 100_000);
            assertThat(mount.isOpen()).isTrue();
        }
    }

    @Test
    void handshakesSucceedOverALossyNetwork() throws Exception {
        SimulatedNetwork network = new SimulatedNetwork(5, WIDE.withLoss(0.1).withReordering(0.2));
        try (NodePair pair = over(network, Duration.ofSeconds(30))) {
            for (int i = 0; i < 10; i++) {
                QuicConnection mount = pair.dial();
                pair.accept();
                mount.close();
            }
        }
    }
}
