package dev.dits.quic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.net.CarriedAddress;
import dev.dits.net.CloseReason;
import dev.dits.net.PacketCarrier;
import dev.dits.net.PacketRoute;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections whose packets something else than the socket carries. */
@Timeout(120)
class CarriedRoutesTest {
    private static final int SOURCE = 0xCAFE;

    /** Two routes, each the other's carrier, with a chance in a thousand that a packet is lost where there is a generator. */
    private record Carried(PacketRoute atClient, PacketRoute atServer, CountDownLatch unused) {
        static Carried between(NodePair pair, Random loss) throws IOException {
            AtomicReference<PacketRoute> atClient = new AtomicReference<>();
            AtomicReference<PacketRoute> atServer = new AtomicReference<>();
            CountDownLatch unused = new CountDownLatch(1);
            atClient.set(pair.client.route(0, carrier(unused, packet -> {
                if (loss.nextInt(1_000) != 0) {
                    atServer.get().arrived(packet);
                }
            })));
            atServer.set(pair.server.route(
                    SOURCE, carrier(unused, packet -> atClient.get().arrived(packet))));
            return new Carried(atClient.get(), atServer.get(), unused);
        }
    }

    private static PacketCarrier carrier(CountDownLatch unused, Consumer<byte[]> sent) {
        return new PacketCarrier() {
            @Override
            public void send(byte[] packet) {
                sent.accept(packet);
            }

            @Override
            public void unused() {
                unused.countDown();
            }
        };
    }

    private static QuicConnection dial(NodePair pair, PacketRoute route) throws Exception {
        return pair.client.connect(
                route.address(),
                NodePair.NAME,
                pair.mount.key(),
                pair.mount.certificate(),
                null,
                Duration.ofSeconds(20));
    }

    @Test
    void aConnectionStandsOnPacketsThatACarrierBrings() throws Exception {
        try (NodePair pair = new NodePair()) {
            Carried carried = Carried.between(pair, new Random(1));
            QuicConnection mount = dial(pair, carried.atClient());
            QuicConnection share = pair.accept();
            NodePair.echo(share);
            assertThat(mount.packetBytes()).isEqualTo(CarriedRoutes.PROFILE.packetBytes());
            assertThat(CarriedAddress.is(mount.remoteAddress())).isTrue();
            // What counts by source counts what the carrier says.
            assertThat(share.remoteAddress()).isEqualTo(carried.atServer().address());
            assertThat(share.remoteAddress().getAddress().getHostAddress()).startsWith("2001:db8:0:cafe:");

            pair.echoes(mount, 5 << 20);
            assertThat(carried.unused().getCount()).isOne();
            mount.close();
            assertThat(carried.unused().await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void itEndsWithItsRouteAndTheSocketsOwnStay() throws Exception {
        try (NodePair pair = new NodePair()) {
            Carried carried = Carried.between(pair, new Random(1));
            QuicConnection byCarrier = dial(pair, carried.atClient());
            pair.accept();
            QuicConnection bySocket = pair.dial();
            NodePair.echo(pair.accept());
            carried.atClient().close();
            carried.atClient().close();
            assertThat(byCarrier.closed().get(20, TimeUnit.SECONDS).kind()).isEqualTo(CloseReason.Kind.LOCAL);
            QuicStream stream = bySocket.openStream();
            stream.write(new byte[] {7}, 0, 1);
            byte[] answer = new byte[1];
            stream.readFully(answer, 0, 1);
            assertThat(answer[0]).isEqualTo((byte) 7);
            // Its address means nothing any more, and never meant anything to the network.
            assertThatThrownBy(() -> pair.client.connect(
                            carried.atClient().address(),
                            NodePair.NAME,
                            pair.mount.key(),
                            pair.mount.certificate(),
                            null,
                            Duration.ofMillis(300)))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void garbageFromACarrierIsDropped() throws Exception {
        try (NodePair pair = new NodePair()) {
            PacketRoute route = pair.server.route(SOURCE, carrier(new CountDownLatch(1), packet -> {}));
            Random random = new Random(3);
            for (int i = 0; i < 2_000; i++) {
                byte[] packet = new byte[random.nextInt(1_500)];
                random.nextBytes(packet);
                route.arrived(packet);
            }
            route.arrived(new byte[70_000]);
            pair.dial();
            NodePair.echo(pair.accept());
            assertThat(pair.server.connectionCount()).isEqualTo(1);
        }
    }
}
