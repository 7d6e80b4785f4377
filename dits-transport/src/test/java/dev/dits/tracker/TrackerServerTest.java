package dev.dits.tracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.DitsThreads;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The server as a piece of a host's process, and what it takes from the network. */
class TrackerServerTest {
    private static final String GET = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

    private final ManualClock clock = new ManualClock();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private TrackerServer start(TrackerOptions options) throws Exception {
        TrackerServer server = TrackerServer.start(options, clock.clocks());
        open.add(server);
        return server;
    }

    private RawHttp raw(TrackerServer server) throws Exception {
        RawHttp raw = new RawHttp(server.port());
        open.add(raw);
        return raw;
    }

    @Test
    void severalRunInOneProcessAndNothingIsLeftOfThem() throws Exception {
        Set<Thread> before = DitsThreads.alive("dits-tracker");
        TrackerServer one = start(RendezvousTest.options());
        TrackerServer two = start(RendezvousTest.options());
        HttpClient http = HttpClient.newHttpClient();
        WebSocketClient share = WebSocketClient.connect(http, one.port(), "/rendezvous");
        open.add(share);
        share.hears("welcome");
        share.say(Map.of("type", "claim", "tag", "0123456789abcdef", "exclusive", true));
        share.hears("claimed");
        WebSocketClient other = WebSocketClient.connect(http, two.port(), "/relay?tag=0123456789abcdef");
        open.add(other);
        other.hears("nobody");
        RawHttp idle = raw(one);
        idle.say("GET /he");
        one.close();
        one.close();
        assertThat(share.endsWith()).isEqualTo(1001);
        assertThat(idle.read()).isEqualTo(-1);
        assertThat(raw(two).say(GET).answer()).contains("\"status\":\"ok\"");
        two.close();
        DitsThreads.assertEnded("dits-tracker", before);
        for (TrackerServer closed : List.of(one, two)) {
            new ServerSocket(closed.port(), 1, InetAddress.getLoopbackAddress()).close();
        }
    }

    @Test
    void aPortInUseIsNamed() throws Exception {
        Set<Thread> before = DitsThreads.alive("dits-tracker");
        TrackerServer one = start(RendezvousTest.options());
        assertThatThrownBy(() -> start(RendezvousTest.options()
                        .withBind(new InetSocketAddress(InetAddress.getLoopbackAddress(), one.port()))))
                .isInstanceOf(BindException.class)
                .hasMessageContaining(String.valueOf(one.port()));
        one.close();
        DitsThreads.assertEnded("dits-tracker", before);
    }

    @Test
    void severalRequestsOnOneConnectionAreAnsweredInOrder() throws Exception {
        TrackerServer server = start(RendezvousTest.options());
        RawHttp raw = raw(server);
        raw.say(GET + "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
                + "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
                + "HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(raw.answer()).startsWith("HTTP/1.1 200 OK").contains("connection: keep-alive");
        assertThat(raw.answer()).startsWith("HTTP/1.1 404").contains("{\"success\":false,\"message\":");
        assertThat(raw.answer()).startsWith("HTTP/1.1 405").contains("Allow: GET, HEAD");
        assertThat(raw.rest())
                .startsWith("HTTP/1.1 200 OK")
                .endsWith("\r\n\r\n")
                .contains("connection: close");
    }

    @Test
    void everyAnswerSaysWhatABrowserMayNotDoWithIt() throws Exception {
        TrackerServer server = start(RendezvousTest.options());
        for (String path : List.of("/health", "/metrics", "/nowhere", "/relay")) {
            assertThat(raw(server)
                            .say("GET " + path + " HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\n\r\n")
                            .answer())
                    .contains(
                            "X-Content-Type-Options: nosniff",
                            "X-Frame-Options: DENY",
                            "Content-Security-Policy: default-src 'none'",
                            "Cross-Origin-Resource-Policy: same-origin",
                            "Referrer-Policy: no-referrer",
                            "cache-control: no-store")
                    .doesNotContain("Access-Control-Allow-Origin");
        }
    }

    @Test
    void anotherNameIsRefusedWhereNamesAreListed() throws Exception {
        TrackerServer server = start(RendezvousTest.options().withHosts(Set.of("Tracker.example", "[::1]")));
        for (String host : List.of("tracker.example", "TRACKER.example:8080", "[::1]:80")) {
            assertThat(raw(server)
                            .say("GET /metrics HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                            .answer())
                    .startsWith("HTTP/1.1 200");
        }
        for (String host : List.of("evil.example", "tracker.example.evil.example", "", "[::2]")) {
            assertThat(raw(server)
                            .say("GET /metrics HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
                            .rest())
                    .startsWith("HTTP/1.1 421");
        }
        assertThat(raw(server).say("GET /metrics HTTP/1.1\r\n\r\n").rest()).startsWith("HTTP/1.1 400");
        assertThat(raw(server)
                        .say("GET /metrics HTTP/1.1\r\nHost: tracker.example\r\nHost: x\r\n\r\n")
                        .rest())
                .startsWith("HTTP/1.1 400");
    }

    @Test
    void metricsAreInTheFormatOfPrometheus() throws Exception {
        TrackerServer server = start(RendezvousTest.options());
        String answer =
                raw(server).say("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").answer();
        assertThat(answer).contains("content-type: text/plain; version=0.0.4; charset=utf-8");
        String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
        assertThat(body.lines())
                .isNotEmpty()
                .allMatch(line -> line.matches("# HELP [a-z_]+ .+|# TYPE [a-z_]+ (counter|gauge)|[a-z_]+ [0-9]+"));
        assertThat(body)
                .contains("\ndits_tracker_connections 1\n")
                .contains("\ndits_tracker_requests_total 1\n")
                .endsWith("\n");
    }

    @Test
    void garbageIsRefusedAndLeft() throws Exception {
        TrackerServer server = start(RendezvousTest.options());
        Random random = new Random(7);
        byte[] noise = new byte[4_000];
        random.nextBytes(noise);
        raw(server).say(noise).say("\r\n\r\n\r\n\r\n").rest();
        for (Map.Entry<String, String> one : Map.of(
                        "HELLO\r\n\r\n",
                        "400",
                        "GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
                        "400",
                        "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
                        "400",
                        "GET /" + "x".repeat(2_048) + " HTTP/1.1\r\nHost: x\r\n\r\n",
                        "414",
                        "GET / HTTP/1.1\r\nHost: x\r\nA: " + "x".repeat(8_192) + "\r\n\r\n",
                        "431",
                        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n",
                        "413",
                        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                        "400",
                        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 200-maybe\r\nContent-Length: 1\r\n\r\n",
                        "417",
                        "GET /relay HTTP/1.1\r\nHost: x\r\n\r\n",
                        "426",
                        "GET /relay HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
                        "4")
                .entrySet()) {
            assertThat(raw(server).say(one.getKey()).rest())
                    .as(one.getKey())
                    .startsWith("HTTP/1.1 " + one.getValue())
                    .contains("{\"success\":false,\"message\":");
        }
        assertThat(raw(server).say(GET).answer()).startsWith("HTTP/1.1 200");
    }

    @Test
    void aBodyThatSaysNoLengthIsEndedAtTheLimit() throws Exception {
        TrackerServer server = start(RendezvousTest.options());
        RawHttp raw = raw(server);
        raw.say("POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        byte[] chunk = new byte[1 << 16];
        Thread sender = new Thread(() -> {
            try {
                for (int i = 0; i < 1_000; i++) {
                    raw.say("10000\r\n").say(chunk).say("\r\n");
                }
            } catch (java.io.IOException e) {
                // Left by the server, as it should be.
            }
        });
        sender.start();
        assertThat(raw.answer()).startsWith("HTTP/1.1 413");
        clock.pass(HttpConnection.LINGER);
        server.sweep();
        sender.join(60_000);
        assertThat(sender.isAlive()).isFalse();
    }

    @Test
    void slowRequestsAndIdleConnectionsAreEndedByTheClock() throws Exception {
        TrackerServer server = start(RendezvousTest.options());
        RawHttp silent = raw(server);
        RawHttp slow = raw(server);
        slow.say("GET /health HTTP/1.1\r\nHost: x\r\nA");
        RawHttp body = raw(server);
        body.say("POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{");
        RawHttp answered = raw(server);
        answered.say(GET).answer();
        Eventually.holds("all are there", () -> server.hub().connections() == 4);
        clock.pass(Duration.ofMillis(9_999));
        server.sweep();
        slow.say(": b\r\nB");
        clock.pass(Duration.ofMillis(2));
        server.sweep();
        assertThat(silent.read()).isEqualTo(-1);
        assertThat(slow.read()).isEqualTo(-1);
        assertThat(body.read()).isEqualTo(-1);
        assertThat(answered.say(GET).answer()).startsWith("HTTP/1.1 200");
        clock.pass(HttpConnection.KEEP_ALIVE);
        server.sweep();
        assertThat(answered.read()).isEqualTo(-1);
        Eventually.holds("all are gone", () -> server.hub().connections() == 0);
    }

    @Test
    void oneMoreConnectionThanTheLimitIsEndedAndTheOthersStay() throws Exception {
        TrackerServer server = start(
                RendezvousTest.options().withLimits(TrackerLimits.defaults().withConnections(200, 1_000)));
        List<RawHttp> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            all.add(raw(server));
        }
        Eventually.holds("all are there", () -> server.hub().connections() == 200);
        assertThat(raw(server).read()).isEqualTo(-1);
        assertThat(all.get(0).say(GET).answer()).startsWith("HTTP/1.1 200");
        all.get(1).close();
        Eventually.holds("one is gone", () -> server.hub().connections() == 199);
        assertThat(raw(server).say(GET).answer()).startsWith("HTTP/1.1 200");

        TrackerServer narrow = start(
                RendezvousTest.options().withLimits(TrackerLimits.defaults().withConnections(200, 2)));
        raw(narrow).say(GET).answer();
        raw(narrow).say(GET).answer();
        assertThat(raw(narrow).read()).isEqualTo(-1);
    }

    @Test
    void aProxysWordIsTakenWhereItIsTrusted() throws Exception {
        TrackerOptions options =
                RendezvousTest.options().withLimits(TrackerLimits.defaults().withAttemptsPerMinute(1));
        TrackerServer plain = start(options);
        TrackerServer behind = start(options.withTrustedProxies(Set.of(InetAddress.getLoopbackAddress())));
        HttpClient http = HttpClient.newHttpClient();
        for (TrackerServer server : List.of(plain, behind)) {
            String[] heard = new String[4];
            int i = 0;
            for (String client : List.of("192.0.2.1", "192.0.2.1", "forged, 192.0.2.2", "2001:db8::1, 127.0.0.1")) {
                WebSocketClient mount = WebSocketClient.connect(
                        http, server.port(), "/relay?tag=0123456789abcdef", "X-Forwarded-For", client);
                open.add(mount);
                mount.endsWith();
                heard[i++] = mount.next();
            }
            assertThat(heard)
                    .containsExactly(
                            server == plain
                                    ? new String[] {"nobody", "limit", "limit", "limit"}
                                    : new String[] {"nobody", "limit", "nobody", "nobody"});
        }
    }

    @Test
    void nothingSecretIsInTheOptionsText() {
        TrackerOptions options = RendezvousTest.options().withApiKeys(Set.of("a-very-secret-key-0123"));
        assertThat(options.toString()).doesNotContain("secret");
        assertThatThrownBy(() -> RendezvousTest.options().withApiKeys(Set.of("too-short")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("too-short");
    }
}
