package dev.dits.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The REST API field by field, through an HTTP client that knows nothing of the server. */
class RestApiTest {
    private static final String HASH = "0123456789abcdef".repeat(4);
    private static final String CHUNK = "fedcba9876543210".repeat(4);
    private static final String KEY = "0123456789abcdef-key";

    private final ManualClock clock = new ManualClock();
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<AutoCloseable> open = new ArrayList<>();
    private TrackerServer server;

    private record Answer(int status, Map<String, Object> body) {
        Object get(String field) {
            return body.get(field);
        }
    }

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private void start(TrackerOptions options) throws Exception {
        server = TrackerServer.start(options, clock.clocks());
        open.add(server);
    }

    private Answer ask(String method, String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .timeout(Duration.ofSeconds(60))
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        HttpResponse<byte[]> response = send(request.build());
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(response.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
        Answer answer = new Answer(response.statusCode(), Json.read(response.body()));
        if (answer.status() >= 400) {
            assertThat(answer.body()).containsOnlyKeys("success", "message").containsEntry("success", false);
        }
        return answer;
    }

    /** The tracker ends connections that were silent for long by its clock, which the client may not have seen when it uses one again. */
    private HttpResponse<byte[]> send(HttpRequest request) throws Exception {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        }
    }

    private Answer post(String path, Map<String, Object> body, String... headers) throws Exception {
        return ask("POST", path, new String(Json.write(body), StandardCharsets.UTF_8), headers);
    }

    private Answer get(String path) throws Exception {
        return ask("GET", path, null);
    }

    private static Map<String, Object> map(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }

    private static Map<String, Object> peer(String id) {
        return map("peer_id", id, "ip", "192.168.1.5", "port", 6881L, "hostname", "box");
    }

    private static Map<String, Object> file(String hash) {
        return map(
                "name",
                "film.mov",
                "size",
                300_000L,
                "hash",
                hash,
                "chunk_size",
                262_144L,
                "chunks",
                List.of(
                        map("index", 0L, "hash", CHUNK, "size", 262_144L),
                        map("index", 1L, "hash", HASH, "size", 37_856L)),
                "merkle_root",
                CHUNK);
    }

    private String register(String id) throws Exception {
        Answer answer = post("/api/peers/register", peer(id));
        assertThat(answer.status()).isEqualTo(201);
        return (String) answer.get("session_token");
    }

    private Answer announce(String id, String token, Map<String, Object> file) throws Exception {
        return post("/api/files/announce", map("peer_id", id, "file", file), "X-Session-Token", token);
    }

    @Test
    void aPeerRegistersLivesAndLeaves() throws Exception {
        start(RendezvousTest.options());
        Answer registered = post("/api/peers/register", peer("a"));
        assertThat(registered.status()).isEqualTo(201);
        assertThat(registered.body())
                .containsOnlyKeys("success", "message", "session_token")
                .containsEntry("success", true);
        String token = (String) registered.get("session_token");
        assertThat(token).matches("[0-9a-f]{64}");

        Answer beat =
                post("/api/peers/heartbeat", map("peer_id", "a", "files_hashes", List.of()), "X-Session-Token", token);
        assertThat(beat.status()).isEqualTo(200);
        assertThat(beat.body()).isEqualTo(map("success", true, "next_heartbeat_in", 30L));
        // The token may stand in the body too.
        assertThat(post("/api/peers/heartbeat", map("peer_id", "a", "session_token", token))
                        .status())
                .isEqualTo(200);

        assertThat(get("/api/peers").get("peers"))
                .isEqualTo(List.of(map(
                        "peer_id", "a",
                        "ip", "192.168.1.5",
                        "port", 6881L,
                        "hostname", "box",
                        "status", "online",
                        "last_seen", clock.clocks().wall().instant().toString())));

        Answer gone = ask("DELETE", "/api/peers/a", null, "X-Session-Token", token);
        assertThat(gone.status()).isEqualTo(200);
        assertThat(gone.body()).containsOnlyKeys("success", "message").containsEntry("success", true);
        assertThat(ask("DELETE", "/api/peers/a", null, "X-Session-Token", token).status())
                .isEqualTo(404);
        assertThat(post("/api/peers/heartbeat", map("peer_id", "a", "session_token", token))
                        .status())
                .isEqualTo(404);
    }

    @Test
    void aFileIsAnnouncedAndFound() throws Exception {
        start(RendezvousTest.options());
        String token = register("a");
        Answer announced = announce("a", token, file(HASH));
        assertThat(announced.status()).isEqualTo(201);
        assertThat(announced.body())
                .containsOnlyKeys("success", "file_id", "message")
                .containsEntry("success", true)
                .containsEntry("file_id", HASH);
        assertThat(announce("a", token, file(HASH)).status()).isEqualTo(200);
        String other = register("b");
        Map<String, Object> part = map("peer_id", "b", "file", file(HASH), "chunks_available", List.of(1L));
        assertThat(post("/api/files/announce", part, "X-Session-Token", other).status())
                .isEqualTo(200);

        String now = clock.clocks().wall().instant().toString();
        assertThat(get("/api/files").body())
                .isEqualTo(map(
                        "files",
                        List.of(map(
                                "hash",
                                HASH,
                                "name",
                                "film.mov",
                                "size",
                                300_000L,
                                "seeders",
                                1L,
                                "leechers",
                                1L,
                                "added_at",
                                now))));
        Object chunks = file(HASH).get("chunks");
        assertThat(get("/api/files/" + HASH).body())
                .isEqualTo(map(
                        "hash",
                        HASH,
                        "name",
                        "film.mov",
                        "size",
                        300_000L,
                        "added_at",
                        now,
                        "chunk_size",
                        262_144L,
                        "chunk_count",
                        2L,
                        "chunks",
                        chunks,
                        "merkle_root",
                        CHUNK,
                        "seeders",
                        1L,
                        "leechers",
                        1L));
        Answer found = get("/api/files/" + HASH.toUpperCase(java.util.Locale.ROOT) + "/peers");
        Map<String, Object> common =
                map("ip", "192.168.1.5", "port", 6881L, "hostname", "box", "status", "online", "last_seen", now);
        Map<String, Object> first = map("peer_id", "a", "chunks_available", List.of(0L, 1L), "is_seeder", true);
        Map<String, Object> second = map("peer_id", "b", "chunks_available", List.of(1L), "is_seeder", false);
        first.putAll(common);
        second.putAll(common);
        assertThat(found.body())
                .isEqualTo(map(
                        "file_hash",
                        HASH,
                        "file_name",
                        "film.mov",
                        "file_size",
                        300_000L,
                        "chunk_count",
                        2L,
                        "chunk_size",
                        262_144L,
                        "chunks",
                        chunks,
                        "peers",
                        List.of(first, second)));

        // What is not in a heartbeat any more is not there any more, and a file that nobody has is none.
        post("/api/peers/heartbeat", map("peer_id", "a", "files_hashes", List.of(), "session_token", token));
        assertThat(((List<?>) get("/api/files/" + HASH + "/peers").get("peers")))
                .hasSize(1);
        post("/api/peers/heartbeat", map("peer_id", "b", "files_hashes", List.of(HASH), "session_token", other));
        assertThat(get("/api/files/" + HASH).status()).isEqualTo(200);
        ask("DELETE", "/api/peers/b", null, "X-Session-Token", other);
        assertThat(get("/api/files/" + HASH).status()).isEqualTo(404);
        assertThat(get("/api/files/" + HASH + "/peers").status()).isEqualTo(404);
        assertThat(get("/api/files").get("files")).isEqualTo(List.of());
    }

    @Test
    void onlyItsOwnerSpeaksForAPeer() throws Exception {
        start(RendezvousTest.options());
        String token = register("a");
        for (String wrong : List.of("", "0".repeat(64), token + "0")) {
            assertThat(announce("a", wrong, file(HASH)).status()).isEqualTo(403);
            assertThat(ask("DELETE", "/api/peers/a", null, "X-Session-Token", wrong)
                            .status())
                    .isEqualTo(403);
            assertThat(post("/api/peers/heartbeat", map("peer_id", "a", "session_token", wrong))
                            .status())
                    .isEqualTo(403);
            assertThat(post("/api/peers/register", peer("a"), "X-Session-Token", wrong)
                            .status())
                    .isEqualTo(409);
        }
        Answer again = post("/api/peers/register", peer("a"), "X-Session-Token", token);
        assertThat(again.status()).isEqualTo(200);
        assertThat(announce("a", token, file(HASH)).status()).isEqualTo(403);
        assertThat(announce("a", (String) again.get("session_token"), file(HASH))
                        .status())
                .isEqualTo(201);
        // Who is away for long lost it, for a peer that forgot its token comes back too.
        clock.pass(Duration.ofSeconds(90));
        server.sweep();
        assertThat(post("/api/peers/register", peer("a")).status()).isEqualTo(200);
    }

    @Test
    void aPeerIsOfflineAfterNinetySecondsAndForgottenAfterFiveMinutes() throws Exception {
        start(RendezvousTest.options());
        String token = register("a");
        announce("a", token, file(HASH));
        clock.pass(Duration.ofMillis(89_999));
        server.sweep();
        assertThat(get("/api/stats").get("peers_online")).isEqualTo(1L);
        clock.pass(Duration.ofMillis(1));
        server.sweep();
        assertThat(get("/api/stats").body()).containsEntry("peers_online", 0L).containsEntry("peers", 1L);
        assertThat(get("/api/peers").get("peers").toString()).contains("status=offline");
        assertThat(get("/api/files/" + HASH).body()).containsEntry("seeders", 0L);
        assertThat(get("/api/files/" + HASH + "/peers").get("peers")).isEqualTo(List.of());
        assertThat(post("/api/peers/heartbeat", map("peer_id", "a", "session_token", token))
                        .status())
                .isEqualTo(200);
        assertThat(get("/api/stats").get("peers_online")).isEqualTo(1L);
        clock.pass(Duration.ofMillis(299_999));
        server.sweep();
        assertThat(get("/api/stats").get("files")).isEqualTo(1L);
        clock.pass(Duration.ofMillis(1));
        server.sweep();
        assertThat(get("/api/stats").body()).containsEntry("peers", 0L).containsEntry("files", 0L);
        assertThat(post("/api/peers/heartbeat", map("peer_id", "a", "session_token", token))
                        .status())
                .isEqualTo(404);
    }

    @Test
    void whatIsMalformedIsRefusedByWhatIsWrongWithIt() throws Exception {
        start(RendezvousTest.options());
        String token = register("a");
        for (String body : List.of("", "[]", "{", "{\"a\":1,\"a\":2}", "nonsense")) {
            assertThat(ask("POST", "/api/peers/register", body).status()).isEqualTo(400);
        }
        for (Map<String, Object> change : List.of(
                map("peer_id", ""),
                map("peer_id", "a/b"),
                map("peer_id", "x".repeat(129)),
                map("peer_id", 7L),
                map("ip", "localhost"),
                map("ip", "0.0.0.0"),
                map("ip", "224.0.0.1"),
                map("ip", "255.255.255.255"),
                map("ip", "8.8.8.8"),
                map("ip", "::"),
                map("ip", "ff02::1"),
                map("ip", "2001:db8::1"),
                map("ip", 1L),
                map("port", 0L),
                map("port", 65_536L),
                map("port", "6881"),
                map("hostname", "x".repeat(256)),
                map("hostname", 1L))) {
            Map<String, Object> body = peer("b");
            body.putAll(change);
            assertThat(post("/api/peers/register", body).status())
                    .as("%s", change)
                    .isEqualTo(400);
        }
        for (Map<String, Object> change : List.of(
                map("name", ""),
                map("name", "x".repeat(1_025)),
                map("size", -1L),
                map("size", 300_001L),
                map("hash", "00"),
                map("hash", 5L),
                map("chunk_size", 0L),
                map("chunk_size", 200_000L),
                map("chunks", "x"),
                map("chunks", List.of()),
                map("chunks", List.of(1L)),
                map("merkle_root", "x"),
                map(
                        "chunks",
                        List.of(
                                map("index", 1L, "hash", CHUNK, "size", 262_144L),
                                map("index", 0L, "hash", HASH, "size", 37_856L))),
                map(
                        "chunks",
                        List.of(
                                map("index", 0L, "hash", "zz", "size", 262_144L),
                                map("index", 1L, "hash", HASH, "size", 37_856L))))) {
            Map<String, Object> body = file(HASH);
            body.putAll(change);
            assertThat(announce("a", token, body).status()).as("%s", change).isEqualTo(400);
        }
        for (List<Object> part : List.<List<Object>>of(
                List.of(2L), List.of(1L, 0L), List.of(0L, 0L), List.of("0"), List.of(0L, 1L, 1L))) {
            assertThat(post(
                                    "/api/files/announce",
                                    map(
                                            "peer_id",
                                            "a",
                                            "session_token",
                                            token,
                                            "file",
                                            file(HASH),
                                            "chunks_available",
                                            part))
                            .status())
                    .isEqualTo(400);
        }
        assertThat(get("/api/files").get("files")).isEqualTo(List.of());
        for (String path : List.of(
                "/api/files/xyz",
                "/api/files/xyz/peers",
                "/api/files?limit=0",
                "/api/files?limit=5001",
                "/api/files?after=1")) {
            assertThat(get(path).status()).as(path).isEqualTo(400);
        }
        for (String path : List.of(
                "/api",
                "/api/",
                "/api/nothing",
                "/api/files/" + HASH + "/nothing",
                "/api/files/" + HASH + "/peers/x",
                "/api/files/" + HASH)) {
            assertThat(get(path).status()).as(path).isEqualTo(404);
        }
        assertThat(ask("PUT", "/api/files", "{}").status()).isEqualTo(405);
        assertThat(get("/api/peers/register").status()).isEqualTo(405);
        assertThat(get("/api/files/announce").status()).isEqualTo(405);
        assertThat(ask("POST", "/api/peers/register", "{\"a\":\"" + "x".repeat(1 << 20) + "\"}")
                        .status())
                .isEqualTo(413);
    }

    @Test
    void everythingBelowApiNeedsAKeyWhereThereAreKeys() throws Exception {
        start(RendezvousTest.options().withApiKeys(Set.of(KEY)));
        for (String path : List.of(
                "/api/files", "/api/peers", "/api/stats", "/api/relays", "/api/nothing", "/api/files/" + HASH)) {
            assertThat(get(path).status()).as(path).isEqualTo(401);
            assertThat(ask("GET", path, null, "X-API-Key", KEY + "x").status())
                    .as(path)
                    .isEqualTo(401);
        }
        assertThat(post("/api/peers/register", peer("a")).status()).isEqualTo(401);
        assertThat(ask("GET", "/api/files", null, "X-API-Key", KEY).status()).isEqualTo(200);
        assertThat(post("/api/peers/register", peer("a"), "X-API-Key", KEY).status())
                .isEqualTo(201);
        assertThat(get("/health").status()).isEqualTo(200);
    }

    @Test
    void aPageOfAnotherSiteChangesNothing() throws Exception {
        start(RendezvousTest.options());
        assertThat(post("/api/peers/register", peer("a"), "Origin", "https://evil.example")
                        .status())
                .isEqualTo(403);
        assertThat(post("/api/peers/register", peer("a"), "Sec-Fetch-Site", "cross-site")
                        .status())
                .isEqualTo(403);
        assertThat(ask("OPTIONS", "/api/peers/register", null, "Origin", "https://evil.example")
                        .status())
                .isEqualTo(403);
        // What a form can send without asking: another type of content.
        HttpResponse<String> form = http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/api/peers/register"))
                        .header("Content-Type", "text/plain")
                        .POST(HttpRequest.BodyPublishers.ofString(
                                new String(Json.write(peer("a")), StandardCharsets.UTF_8)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(form.statusCode()).isEqualTo(400);
        assertThat(get("/api/stats").get("peers")).isEqualTo(0L);
    }

    @Test
    void thePublicAddressOfAPeerIsItsOwn() throws Exception {
        start(RendezvousTest.options());
        for (String ip : List.of("10.1.2.3", "100.64.0.1", "127.0.0.1", "fd00::1")) {
            Map<String, Object> body = peer("p" + ip.replace(':', '-'));
            body.put("ip", ip);
            assertThat(post("/api/peers/register", body).status()).as(ip).isEqualTo(201);
        }
        Map<String, Object> body = peer("observed");
        body.remove("ip");
        body.remove("hostname");
        assertThat(post("/api/peers/register", body).status()).isEqualTo(201);
        assertThat(get("/api/peers").get("peers").toString())
                .contains("peer_id=observed, ip=127.0.0.1, port=6881, hostname=,");
    }

    @Test
    void whoContradictsWhatOthersAnnouncedIsRefused() throws Exception {
        start(RendezvousTest.options());
        announce("a", register("a"), file(HASH));
        String other = register("b");
        for (Map<String, Object> change : List.of(map("merkle_root", HASH), map("chunk_size", 300_000L))) {
            Map<String, Object> lie = file(HASH);
            lie.putAll(change);
            assertThat(announce("b", other, lie).status()).isEqualTo(409);
        }
        assertThat(get("/api/files/" + HASH).get("merkle_root")).isEqualTo(CHUNK);
        Map<String, Object> renamed = file(HASH);
        renamed.put("name", "another.mov");
        assertThat(announce("b", other, renamed).status()).isEqualTo(200);
        assertThat(get("/api/files/" + HASH).get("name")).isEqualTo("film.mov");
    }

    @Test
    void limitsHoldAndWhatIsThereStays() throws Exception {
        start(RendezvousTest.options()
                .withLimits(TrackerLimits.defaults().withPeers(2, 2).withFiles(2, 1, 1_000)));
        String a = register("a");
        String b = register("b");
        assertThat(post("/api/peers/register", peer("c")).status()).isEqualTo(429);
        assertThat(announce("a", a, file(HASH)).status()).isEqualTo(201);
        assertThat(announce("a", a, file(CHUNK)).status()).isEqualTo(429);
        assertThat(announce("b", b, file(CHUNK)).status()).isEqualTo(201);
        ask("DELETE", "/api/peers/b", null, "X-Session-Token", b);
        String c = register("c");
        Map<String, Object> large =
                map("name", "x", "size", 50L, "hash", CHUNK, "chunk_size", 1L, "chunks", chunks(50));
        assertThat(announce("c", c, large).status()).isEqualTo(429);
        assertThat(announce("c", c, file(CHUNK)).status()).isEqualTo(201);
        assertThat(get("/api/files/" + HASH).status()).isEqualTo(200);
    }

    private static List<Object> chunks(int count) {
        List<Object> chunks = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            chunks.add(map("index", i, "hash", CHUNK, "size", 1L));
        }
        return chunks;
    }

    @Test
    void listsComeInPages() throws Exception {
        start(RendezvousTest.options());
        String token = register("a");
        for (int i = 0; i < 5; i++) {
            announce("a", token, file(String.format("%064x", i)));
        }
        Answer first = get("/api/files?limit=2");
        assertThat((List<?>) first.get("files")).hasSize(2);
        Answer second = get("/api/files?limit=2&after=" + first.get("next"));
        Answer third = get("/api/files?limit=2&after=" + second.get("next"));
        assertThat((List<?>) third.get("files")).hasSize(1);
        assertThat(third.body()).doesNotContainKey("next");
    }

    @Test
    void whoListensIsToldAndNeedsAKey() throws Exception {
        start(RendezvousTest.options().withApiKeys(Set.of(KEY)));
        WebSocketClient listener = WebSocketClient.connect(http, server.port(), "/ws", "X-API-Key", KEY);
        open.add(listener);
        assertThat(listener.hears("stats_update")).containsOnlyKeys("type", "timestamp", "data");
        WebSocketClient page = WebSocketClient.connect(http, server.port(), "/ws");
        open.add(page);
        page.hears("auth_required");
        WebSocketClient stranger = WebSocketClient.connect(http, server.port(), "/ws");
        open.add(stranger);
        stranger.hears("auth_required");
        stranger.say(map("type", "auth", "api_key", "wrong"));
        assertThat(stranger.endsWith()).isEqualTo(4401);
        String[] key = {"X-API-Key", KEY};
        Answer answer = post("/api/peers/register", peer("a"), key);
        String token = (String) answer.get("session_token");
        Map<?, ?> joined = (Map<?, ?>) listener.hears("peer_joined").get("data");
        assertThat(joined.get("peer_id")).isEqualTo("a");
        assertThat(joined.get("status")).isEqualTo("online");
        post("/api/files/announce", map("peer_id", "a", "session_token", token, "file", file(HASH)), key);
        assertThat(((Map<?, ?>) listener.hears("file_added").get("data")).get("hash"))
                .isEqualTo(HASH);
        assertThat(page.heardNothing()).isTrue();
        page.say(map("type", "auth", "api_key", KEY));
        page.hears("stats_update");
        clock.pass(Duration.ofSeconds(90));
        for (WebSocketClient one : List.of(listener, page)) {
            one.say("{}");
        }
        server.hub().store.expire();
        for (WebSocketClient one : List.of(listener, page)) {
            assertThat(((Map<?, ?>) one.hears("peer_update").get("data")).get("status"))
                    .isEqualTo("offline");
        }
        ask("DELETE", "/api/peers/a", null, "X-API-Key", KEY, "X-Session-Token", token);
        assertThat(((Map<?, ?>) page.hears("file_removed").get("data")).get("hash"))
                .isEqualTo(HASH);
        assertThat(((Map<?, ?>) page.hears("peer_left").get("data")).get("peer_id"))
                .isEqualTo("a");
    }

    /** Threat 15, beneath HTTP, where 100,000 take no time. */
    @Test
    void aHundredThousandAnnouncementsDoNotPushOutWhatIsThere() {
        TrackerLimits limits = TrackerLimits.defaults().withPeers(1_000, 100).withFiles(10_000, 500, 4 << 20);
        MemoryStore store = new MemoryStore(limits, clock.clocks());
        byte[] honest = {1};
        TrackedPeer peer = new TrackedPeer(
                "honest", "10.0.0.1", 1, "h", clock.clocks().wall().instant(), true);
        store.register(peer, honest, new byte[0], "honest")
                .toCompletableFuture()
                .join();
        ChunkList chunks = ChunkList.of(new byte[320], new int[10]);
        TrackedFile file = new TrackedFile(
                HASH, "n", 0, 1, chunks, "", clock.clocks().wall().instant());
        store.announce("honest", honest, file, java.util.Optional.empty())
                .toCompletableFuture()
                .join();
        byte[] evil = {2};
        for (int i = 0; i < 200; i++) {
            store.register(
                    new TrackedPeer(
                            "e" + i, "10.0.0.2", 1, "h", clock.clocks().wall().instant(), true),
                    evil,
                    new byte[0],
                    "evil");
        }
        for (int i = 0; i < 100_000; i++) {
            TrackedFile spam = new TrackedFile(
                    String.format("%064x", i),
                    "n",
                    0,
                    1,
                    chunks,
                    "",
                    clock.clocks().wall().instant());
            store.announce("e" + i % 100, evil, spam, java.util.Optional.empty());
        }
        TrackerStore.Counts counts = store.counts().toCompletableFuture().join();
        assertThat(counts.peers()).isEqualTo(101);
        assertThat(counts.files()).isEqualTo((4 << 20) / (int) chunks.bytes());
        assertThat(store.file(HASH).toCompletableFuture().join()).isPresent();
        clock.pass(Duration.ofMinutes(5));
        store.expire();
        assertThat(store.counts().toCompletableFuture().join()).isEqualTo(new TrackerStore.Counts(0, 0, 0));
    }
}
