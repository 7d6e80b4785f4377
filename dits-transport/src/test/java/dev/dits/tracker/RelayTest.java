package dev.dits.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a room carries, and what it does not. */
class RelayTest {
    private static final String TAG = "0123456789abcdef";

    private final ManualClock clock = new ManualClock();
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<AutoCloseable> open = new ArrayList<>();
    private TrackerServer server;
    private WebSocketClient mount;
    private WebSocketClient share;

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private WebSocketClient connect(String path, boolean reading) {
        WebSocketClient client = WebSocketClient.connect(http, server.port(), path, reading);
        open.add(client);
        return client;
    }

    private Map<String, Object> knock() throws Exception {
        WebSocketClient rendezvous = connect("/rendezvous", true);
        rendezvous.hears("welcome");
        rendezvous.say(Map.of("type", "claim", "tag", TAG, "exclusive", true));
        rendezvous.hears("claimed");
        mount = connect("/relay?tag=" + TAG, true);
        return rendezvous.hears("knock");
    }

    /** Two in one room, on a clock that stands. */
    private void meet(RelayLimits limits, boolean shareReads) throws Exception {
        server = TrackerServer.start(RendezvousTest.options().withRelay(limits), clock.clocks());
        open.add(server);
        Map<String, Object> knock = knock();
        share = connect("/relay?room=" + knock.get("room") + "&token=" + knock.get("token"), shareReads);
        assertThat((String) mount.hears("ready").get("observed")).matches("127\\.0\\.0\\.1:[0-9]+");
        if (shareReads) {
            assertThat(share.hears("ready")).containsKeys("observed", "stun");
        }
    }

    private static byte[] packet(int number, int length) {
        byte[] bytes = new byte[length];
        new Random(number).nextBytes(bytes);
        ByteBuffer.wrap(bytes).putInt(number);
        return bytes;
    }

    private static int number(byte[] packet) {
        return ByteBuffer.wrap(packet).getInt();
    }

    @Test
    void packetsGoBothWaysAsTheyAre() throws Exception {
        meet(RelayLimits.defaults(), true);
        for (int length : new int[] {4, 1_200, 1_350, 16_000, 65_535}) {
            mount.send(packet(length, length));
            assertThat(share.packet()).isEqualTo(packet(length, length));
            share.send(packet(-length, length));
            assertThat(mount.packet()).isEqualTo(packet(-length, length));
        }
        // Nothing of it is an instruction to the tracker.
        mount.say("{\"type\":\"claim\",\"tag\":\"" + TAG + "\",\"to\":\"127.0.0.1:1\"}");
        mount.send(new byte[0]);
        mount.send(packet(1, 10));
        assertThat(number(share.packet())).isEqualTo(1);
        assertThat(share.heardNothing()).isTrue();
    }

    @Test
    void oneByteMoreThanAPacketEndsIt() throws Exception {
        meet(RelayLimits.defaults(), true);
        mount.send(new byte[65_536]);
        assertThat(mount.endsWith()).isEqualTo(1009);
        assertThat(share.endsWith()).isEqualTo(1000);
        assertThat(share.heardNothing()).isTrue();
    }

    @Test
    void theRoomEndsForBothWhenOneLeaves() throws Exception {
        meet(RelayLimits.defaults(), true);
        share.close();
        assertThat(mount.endsWith()).isEqualTo(1000);
        Eventually.holds("the room is gone", () -> server.hub().rendezvous.roomCount() == 0);
    }

    @Test
    void aThirdIsNotLetInAndTheTwoDoNotNotice() throws Exception {
        server = TrackerServer.start(RendezvousTest.options(), clock.clocks());
        open.add(server);
        Map<String, Object> knock = knock();
        String right = "/relay?room=" + knock.get("room") + "&token=" + knock.get("token");
        String wrong = right.substring(0, right.length() - 1) + (right.endsWith("0") ? "1" : "0");
        for (String path : List.of(
                wrong,
                "/relay?room=" + knock.get("room") + "&token=",
                "/relay?room=" + "0".repeat(32) + "&token=" + knock.get("token"))) {
            WebSocketClient stranger = connect(path, true);
            assertThat(stranger.hears("nobody")).containsOnlyKeys("type");
            assertThat(stranger.endsWith()).isEqualTo(4404);
        }
        assertThat(mount.heardNothing()).isTrue();
        share = connect(right, true);
        share.hears("ready");
        mount.hears("ready");
        WebSocketClient third = connect(right, true);
        assertThat(third.hears("nobody")).containsOnlyKeys("type");
        assertThat(third.endsWith()).isEqualTo(4404);
        mount.send(packet(1, 100));
        assertThat(number(share.packet())).isEqualTo(1);
    }

    @Test
    void nothingIsCarriedBeforeTheOtherIsThere() throws Exception {
        server = TrackerServer.start(RendezvousTest.options(), clock.clocks());
        open.add(server);
        Map<String, Object> knock = knock();
        mount.send(packet(1, 100));
        // What the mount said was taken, for its next sign of life comes behind it.
        long before = server.hub().metrics.pongs.sum();
        clock.pass(Duration.ofSeconds(9));
        mount.say("{\"type\":\"later\"}");
        share = connect("/relay?room=" + knock.get("room") + "&token=" + knock.get("token"), true);
        share.hears("ready");
        mount.hears("ready");
        mount.send(packet(2, 100));
        assertThat(number(share.packet())).isEqualTo(2);
        assertThat(server.hub().metrics.pongs.sum()).isEqualTo(before);
    }

    @Test
    void aClientHasItsBurstAndThenItsRate() throws Exception {
        meet(RelayLimits.defaults().withClient(1_000, 100_000), true);
        for (int i = 0; i < 10; i++) {
            mount.send(packet(i, 10_000));
        }
        mount.send(packet(100, 1_000)); // one too many
        share.send(packet(-1, 10_000)); // the other's is its own
        for (int i = 0; i < 10; i++) {
            assertThat(number(share.packet())).isEqualTo(i);
        }
        assertThat(number(mount.packet())).isEqualTo(-1);
        Eventually.holds(
                "it is dropped", () -> server.hub().metrics.relayPacketsDropped.sum() == 1);
        clock.pass(Duration.ofSeconds(1));
        mount.send(packet(101, 1_000));
        mount.send(packet(102, 10));
        assertThat(number(share.packet())).isEqualTo(101);
        Eventually.holds(
                "it is dropped", () -> server.hub().metrics.relayPacketsDropped.sum() == 2);
        assertThat(share.heardNothing()).isTrue();
    }

    @Test
    void allTogetherHaveALimitToo() throws Exception {
        meet(RelayLimits.defaults().withClient(0, 65_535).withTotal(1_000, 65_535), true);
        mount.send(packet(1, 60_000));
        assertThat(number(share.packet())).isEqualTo(1);
        share.send(packet(2, 10_000));
        Eventually.holds(
                "it is dropped", () -> server.hub().metrics.relayPacketsDropped.sum() == 1);
        clock.pass(Duration.ofSeconds(5));
        share.send(packet(3, 10_000));
        assertThat(number(mount.packet())).isEqualTo(3);
    }

    @Test
    void aRelayForHandshakesEndsARoomBehindThem() throws Exception {
        meet(RelayLimits.defaults().withHandshakeOnly(true), true);
        for (int i = 0; i < 4; i++) {
            mount.send(packet(i, 32 << 10));
            share.send(packet(i, 32 << 10));
            assertThat(number(share.packet())).isEqualTo(i);
            assertThat(number(mount.packet())).isEqualTo(i);
        }
        mount.send(packet(9, 4));
        share.hears("limit");
        mount.hears("limit");
        assertThat(share.endsWith()).isEqualTo(4429);
        assertThat(mount.endsWith()).isEqualTo(4429);
    }

    @Test
    void aMemberThatDoesNotReadLosesTheOldestAndCostsLittle() throws Exception {
        meet(RelayLimits.defaults().withClient(0, 65_535).withTotal(0, 65_535), false);
        int sent = 0;
        Metrics metrics = server.hub().metrics;
        // Until the socket's own buffers are full, and then its queue.
        while (metrics.relayPacketsDropped.sum() < 1_000) {
            mount.send(packet(sent++, 8_000));
            assertThat(sent).isLessThan(100_000);
        }
        assertThat(server.hub().relayQueuedBytes.get()).isLessThanOrEqualTo(RelayConnection.QUEUE_BYTES_MAX);
        share.read();
        share.hears("ready");
        int last = -1;
        int gaps = 0;
        while (last != sent - 1) {
            int next = number(share.packet());
            assertThat(next).isGreaterThan(last);
            gaps += next == last + 1 ? 0 : 1;
            last = next;
        }
        assertThat(gaps).isPositive();
        Eventually.holds("nothing is kept", () -> server.hub().relayQueuedBytes.get() == 0);
    }

    @Test
    void whatWaitedForAMemberThatLeftIsGone() throws Exception {
        meet(RelayLimits.defaults().withClient(0, 65_535).withTotal(0, 65_535), false);
        for (int i = 0; server.hub().metrics.relayPacketsDropped.sum() == 0; i++) {
            mount.send(packet(i, 60_000));
        }
        share.close();
        assertThat(mount.endsWith()).isEqualTo(1000);
        Eventually.holds("nothing is kept", () -> server.hub().relayQueuedBytes.get() == 0);
    }
}
