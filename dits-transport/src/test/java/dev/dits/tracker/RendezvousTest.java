package dev.dits.tracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code /rendezvous} and the beginning of {@code /relay}, in the words of {@code docs/tracker-api.md}. */
class RendezvousTest {
    private static final String TAG = "0123456789abcdef";
    private static final String OTHER = "fedcba9876543210";

    private final ManualClock clock = new ManualClock();
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    static TrackerOptions options() {
        return TrackerOptions.defaults()
                .withBind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .withStunPorts(List.of());
    }

    private TrackerServer start(TrackerOptions options) throws Exception {
        TrackerServer server = TrackerServer.start(options, clock.clocks());
        open.add(server);
        return server;
    }

    private WebSocketClient connect(TrackerServer server, String path, String... headers) {
        WebSocketClient client = WebSocketClient.connect(http, server.port(), path, headers);
        open.add(client);
        return client;
    }

    private WebSocketClient share(TrackerServer server, String tag, boolean exclusive) throws InterruptedException {
        WebSocketClient share = connect(server, "/rendezvous");
        assertThat(share.hears("welcome")).containsEntry("version", 1L).containsKey("stun");
        share.say(Map.of("type", "claim", "tag", tag, "exclusive", exclusive));
        return share;
    }

    @Test
    void aNameplateIsClaimedOnceAndFreeWhenItsConnectionIsGone() throws Exception {
        TrackerServer server = start(options());
        WebSocketClient first = share(server, TAG, true);
        assertThat(first.hears("claimed")).containsEntry("tag", TAG);
        WebSocketClient second = share(server, TAG, true);
        assertThat(second.hears("taken")).containsEntry("tag", TAG);
        second.say(Map.of("type", "claim", "tag", TAG, "exclusive", false));
        second.hears("taken");
        second.say(Map.of("type", "claim", "tag", OTHER, "exclusive", true));
        assertThat(second.hears("claimed")).containsEntry("tag", OTHER);

        first.close();
        Eventually.holds("the tag is free", () -> server.hub().rendezvous.tagCount() == 1);
        second.say(Map.of("type", "claim", "tag", TAG, "exclusive", true));
        second.hears("claimed");
    }

    @Test
    void aTagThatIsReleasedIsFree() throws Exception {
        TrackerServer server = start(options());
        WebSocketClient first = share(server, TAG, true);
        first.hears("claimed");
        first.say(Map.of("type", "release", "tag", TAG));
        first.say(Map.of("type", "release", "tag", OTHER));
        Eventually.holds("the tag is free", () -> server.hub().rendezvous.tagCount() == 0);
        share(server, TAG, true).hears("claimed");
    }

    @Test
    void severalMayHoldTheTagOfAShare() throws Exception {
        TrackerServer server = start(options());
        WebSocketClient first = share(server, TAG, false);
        first.hears("claimed");
        WebSocketClient second = share(server, TAG, false);
        second.hears("claimed");
        share(server, TAG, true).hears("taken");

        WebSocketClient mount = connect(server, "/relay?tag=" + TAG);
        Map<String, Object> knock = first.hears("knock");
        assertThat(second.hears("knock")).isEqualTo(knock);
        WebSocketClient winner = enter(server, knock);
        winner.hears("ready");
        mount.hears("ready");
        // The room is taken.
        WebSocketClient loser = enter(server, knock);
        loser.hears("nobody");
        assertThat(loser.endsWith()).isEqualTo(4404);
    }

    private WebSocketClient enter(TrackerServer server, Map<String, Object> knock) {
        return connect(server, "/relay?room=" + knock.get("room") + "&token=" + knock.get("token"));
    }

    @Test
    void aKnockSaysWhereToAndStandsForWhereFrom() throws Exception {
        TrackerServer server = start(options());
        WebSocketClient share = share(server, TAG, true);
        share.hears("claimed");
        connect(server, "/relay?tag=" + TAG);
        Map<String, Object> knock = share.hears("knock");
        assertThat(knock)
                .containsOnlyKeys("type", "tag", "room", "token", "source")
                .containsEntry("tag", TAG);
        assertThat((String) knock.get("room")).matches("[0-9a-f]{32}");
        assertThat((String) knock.get("token")).matches("[0-9a-f]{64}");
        assertThat((String) knock.get("source")).matches("[0-9a-f]{12}");
        connect(server, "/relay?tag=" + TAG);
        Map<String, Object> again = share.hears("knock");
        assertThat(again.get("source")).isEqualTo(knock.get("source"));
        assertThat(again.get("room")).isNotEqualTo(knock.get("room"));
        assertThat(again.get("token")).isNotEqualTo(knock.get("token"));
    }

    @Test
    void nobodyIsSaidOfEveryTagThatNobodyHolds() throws Exception {
        TrackerServer server = start(options());
        for (String tag : List.of(TAG, "x", "", "%00", "0123456789ABCDEF")) {
            WebSocketClient mount = connect(server, "/relay?tag=" + tag);
            assertThat(mount.hears("nobody")).containsOnlyKeys("type");
            assertThat(mount.endsWith()).isEqualTo(4404);
        }
        for (String query : List.of("", "?", "?tag=a&room=b", "?tag=a&tag=b", "?room=a", "?token=b", "?peer_id=a")) {
            WebSocketClient mount = connect(server, "/relay" + query);
            assertThat(mount.hears("nobody")).containsOnlyKeys("type");
            assertThat(mount.endsWith()).isEqualTo(4404);
        }
    }

    @Test
    void aShareThatDoesNotComeInTenSecondsIsSilent() throws Exception {
        TrackerServer server = start(options());
        WebSocketClient share = share(server, TAG, true);
        share.hears("claimed");
        WebSocketClient mount = connect(server, "/relay?tag=" + TAG);
        Map<String, Object> knock = share.hears("knock");
        clock.pass(Duration.ofMillis(9_999));
        server.sweep();
        assertThat(mount.isOpen()).isTrue();
        clock.pass(Duration.ofMillis(1));
        server.sweep();
        mount.hears("silent");
        assertThat(mount.endsWith()).isEqualTo(4408);
        WebSocketClient late = enter(server, knock);
        late.hears("nobody");
        assertThat(late.endsWith()).isEqualTo(4404);
        Eventually.holds("no room is left", () -> server.hub().rendezvous.roomCount() == 0);
    }

    @Test
    void aSourceHasSoManyAttemptsAMinuteWhetherTheyHitOrMiss() throws Exception {
        TrackerServer server =
                start(options().withLimits(TrackerLimits.defaults().withAttemptsPerMinute(3)));
        WebSocketClient share = share(server, TAG, true);
        share.hears("claimed");
        connect(server, "/relay?tag=" + OTHER).hears("nobody");
        connect(server, "/relay?tag=" + TAG);
        share.hears("knock");
        connect(server, "/relay?tag=" + OTHER).hears("nobody");
        for (String tag : List.of(TAG, OTHER)) {
            WebSocketClient fourth = connect(server, "/relay?tag=" + tag);
            assertThat(fourth.hears("limit")).containsKey("message");
            assertThat(fourth.endsWith()).isEqualTo(4429);
        }
        assertThat(share.heardNothing()).isTrue();
        clock.pass(Duration.ofSeconds(20));
        connect(server, "/relay?tag=" + TAG);
        share.hears("knock");
    }

    @Test
    void aConnectionHoldsSixtyFourTagsAndNoMore() throws Exception {
        TrackerServer server = start(options());
        WebSocketClient share = connect(server, "/rendezvous");
        share.hears("welcome");
        for (int i = 0; i < 64; i++) {
            share.say(Map.of("type", "claim", "tag", String.format("%016x", i), "exclusive", true));
            share.hears("claimed");
        }
        share.say(Map.of("type", "claim", "tag", TAG, "exclusive", true));
        assertThat(share.hears("refused")).containsEntry("tag", TAG).containsKey("message");
        share.say(Map.of("type", "claim", "tag", String.format("%016x", 7), "exclusive", true));
        share.hears("claimed");
        share.say(Map.of("type", "release", "tag", String.format("%016x", 7)));
        share.say(Map.of("type", "claim", "tag", TAG, "exclusive", true));
        share.hears("claimed");
    }

    @Test
    void theTrackerHoldsSoManyTagsAndRooms() throws Exception {
        TrackerServer server =
                start(options().withLimits(TrackerLimits.defaults().withTags(1).withRooms(1, 1)));
        WebSocketClient share = share(server, TAG, true);
        share.hears("claimed");
        share(server, OTHER, true).hears("refused");
        WebSocketClient first = connect(server, "/relay?tag=" + TAG);
        Map<String, Object> knock = share.hears("knock");
        WebSocketClient second = connect(server, "/relay?tag=" + TAG);
        second.hears("limit");
        assertThat(second.endsWith()).isEqualTo(4429);
        first.close();
        Eventually.holds("the room is gone", () -> server.hub().rendezvous.roomCount() == 0);
        enter(server, knock).hears("nobody");
        connect(server, "/relay?tag=" + TAG);
        share.hears("knock");
    }

    @Test
    void whatIsNotUnderstoodIsIgnoredAndWhatIsNoMessageEndsIt() throws Exception {
        TrackerServer server = start(options());
        WebSocketClient share = connect(server, "/rendezvous");
        share.hears("welcome");
        share.say("{\"type\":\"later\",\"tag\":\"" + TAG + "\"}");
        share.say("{\"type\":7}");
        share.say("{}");
        share.say("{\"type\":\"claim\"}");
        share.say("{\"type\":\"claim\",\"tag\":\"" + TAG + "\",\"exclusive\":true,\"more\":[1,{}]}");
        share.hears("claimed");
        share.say("{\"type\":\"claim\",\"tag\":\"nonsense\",\"exclusive\":true}");
        assertThat(share.hears("refused")).containsEntry("tag", "nonsense");
        share.say("[]");
        assertThat(share.endsWith()).isEqualTo(1002);

        WebSocketClient longest = connect(server, "/rendezvous");
        longest.hears("welcome");
        longest.say("{\"a\":\"" + "x".repeat(4_096 - 8) + "\"}");
        longest.say(Map.of("type", "claim", "tag", OTHER, "exclusive", true));
        longest.hears("claimed");
        longest.say("{\"a\":\"" + "x".repeat(4_096 - 7) + "\"}");
        assertThat(longest.endsWith()).isEqualTo(1009);

        WebSocketClient binary = connect(server, "/rendezvous");
        binary.hears("welcome");
        binary.send(new byte[10]);
        assertThat(binary.endsWith()).isEqualTo(1002);
    }

    @Test
    void whoSaysTooMuchIsLeft() throws Exception {
        TrackerServer server = start(options());
        WebSocketClient share = connect(server, "/rendezvous");
        share.hears("welcome");
        for (int i = 0; i < 256; i++) {
            share.say("{\"type\":\"later\"}");
        }
        share.say(Map.of("type", "claim", "tag", TAG, "exclusive", true));
        assertThat(share.endsWith()).isEqualTo(4429);
    }

    @Test
    void aSilentConnectionIsAskedAndThenEnded() throws Exception {
        TrackerServer server = start(options());
        WebSocketClient share = share(server, TAG, true);
        share.hears("claimed");
        // The JDK's client answers pings by itself: one that lives stays.
        for (int i = 0; i < 6; i++) {
            long before = server.hub().metrics.pongs.sum();
            clock.pass(Duration.ofSeconds(15));
            server.sweep();
            Eventually.holds(
                    "it is asked and answers", () -> server.hub().metrics.pongs.sum() > before);
        }
        assertThat(share.isOpen()).isTrue();
        clock.pass(Duration.ofSeconds(45));
        server.sweep();
        share.endsWith();
        Eventually.holds("its tag is free", () -> server.hub().rendezvous.tagCount() == 0);
    }

    @Test
    void owningATagNeedsAKeyAndReachingAShareNone() throws Exception {
        String key = "0123456789abcdef-key";
        TrackerServer server = start(options().withApiKeys(Set.of(key, "another-key-of-that-kind")));
        for (String wrong : List.of("", "0123456789abcdef-kex", key + "x")) {
            assertThatThrownBy(() -> connect(server, "/rendezvous", "X-API-Key", wrong))
                    .hasCauseInstanceOf(WebSocketHandshakeException.class)
                    .satisfies(failure -> assertThat(((WebSocketHandshakeException) failure.getCause())
                                    .getResponse()
                                    .statusCode())
                            .isEqualTo(401));
        }
        WebSocketClient share = connect(server, "/rendezvous", "X-API-Key", key);
        share.hears("welcome");
        share.say(Map.of("type", "claim", "tag", TAG, "exclusive", true));
        share.hears("claimed");
        connect(server, "/relay?tag=" + TAG);
        share.hears("knock");
    }

    @Test
    void aPageOfAnotherSiteMayNot() throws Exception {
        TrackerServer server = start(options());
        for (String origin : List.of("https://evil.example", "null", "http://127.0.0.1:1")) {
            assertThatThrownBy(() -> connect(server, "/rendezvous", "Origin", origin))
                    .hasCauseInstanceOf(WebSocketHandshakeException.class);
        }
        connect(server, "/rendezvous", "Origin", "http://127.0.0.1:" + server.port())
                .hears("welcome");
    }
}
