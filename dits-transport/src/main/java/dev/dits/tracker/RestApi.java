package dev.dits.tracker;

import dev.dits.error.ProtocolException;
import dev.dits.json.Json;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Peers and files: {@code /api/*}, in the words of {@code docs/openapi.yaml}. Safe for use by several threads. */
final class RestApi {
    static final String PREFIX = "/api/";

    /** Seconds within which a peer should give its next sign of life. */
    static final long HEARTBEAT_SECONDS = 30;

    static final int CHUNKS_MAX = 8_192;
    static final int NAME_BYTES_MAX = 1_024;
    static final int HOSTNAME_BYTES_MAX = 255;
    static final int CHUNK_BYTES_MAX = 64 << 20;
    static final int HASHES_MAX = 8_192;
    static final int PAGE_DEFAULT = 1_000;
    static final int PAGE_MAX = 5_000;

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._~-]{1,128}");
    private static final Pattern HASH = Pattern.compile("[0-9A-Fa-f]{64}");
    private static final int HASH_BYTES = 32;
    private static final int TOKEN_BYTES = 32;
    private static final String TOKEN = "X-Session-Token";

    private final Hub hub;
    private final SecureRandom random = new SecureRandom();

    RestApi(Hub hub) {
        this.hub = hub;
    }

    /** What is wrong with a request; the message quotes nothing of it. */
    static final class BadRequestException extends Exception {
        private static final long serialVersionUID = 1L;

        final String rule;

        BadRequestException(String rule) {
            super(rule);
            this.rule = rule;
        }
    }

    CompletionStage<Reply> answer(Request request, byte[] body) {
        try {
            return route(request, body);
        } catch (BadRequestException e) {
            return done(Reply.error(400, e.rule));
        }
    }

    private static CompletionStage<Reply> done(Reply reply) {
        return CompletableFuture.completedFuture(reply);
    }

    private CompletionStage<Reply> route(Request request, byte[] body) throws BadRequestException {
        List<String> parts = List.of(request.path().substring(PREFIX.length()).split("/", -1));
        String first = parts.get(0);
        if (first.equals("peers") && parts.size() == 1) {
            return reads(request) ? peers(request) : notAllowed("GET, HEAD");
        }
        if (first.equals("stats") && parts.size() == 1) {
            return reads(request)
                    ? hub.store.counts().thenApply(counts -> Reply.json(200, Views.stats(hub, counts)))
                    : notAllowed("GET, HEAD");
        }
        if (first.equals("relays") && parts.size() == 1) {
            return reads(request)
                    ? done(Reply.json(200, Map.of("relays", hub.rendezvous.list(hub.clocks))))
                    : notAllowed("GET, HEAD");
        }
        if (first.equals("peers") && parts.size() == 2) {
            return switch (parts.get(1)) {
                case "register" -> posts(request) ? register(request, json(request, body)) : notAllowed("POST");
                case "heartbeat" -> posts(request) ? heartbeat(request, json(request, body)) : notAllowed("POST");
                default ->
                    request.method().equals(HttpMethod.DELETE) ? remove(request, parts.get(1)) : notAllowed("DELETE");
            };
        }
        if (first.equals("files") && parts.size() == 2 && parts.get(1).equals("announce")) {
            return posts(request) ? announce(request, json(request, body)) : notAllowed("POST");
        }
        if (first.equals("files") && parts.size() <= 3) {
            if (parts.size() == 3 && !parts.get(2).equals("peers")) {
                return done(Reply.error(404, "there is nothing here"));
            }
            if (!reads(request)) {
                return notAllowed("GET, HEAD");
            }
            return switch (parts.size()) {
                case 1 -> files(request);
                case 2 -> file(parts.get(1));
                default -> holders(parts.get(1));
            };
        }
        return done(Reply.error(404, "there is nothing here"));
    }

    private static CompletionStage<Reply> notAllowed(String allowed) {
        return done(Router.notAllowed(allowed));
    }

    private static boolean reads(Request request) {
        return request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
    }

    private static boolean posts(Request request) {
        return request.method().equals(HttpMethod.POST);
    }

    private static Map<String, Object> json(Request request, byte[] body) throws BadRequestException {
        String type = request.headers().get(HttpHeaderNames.CONTENT_TYPE, "");
        // A form of another site's page cannot say this without asking first.
        if (!type.toLowerCase(Locale.ROOT).split(";", 2)[0].trim().equals("application/json")) {
            throw new BadRequestException("the body is JSON, and Content-Type says application/json");
        }
        try {
            return Json.read(body);
        } catch (ProtocolException e) {
            throw new BadRequestException("the body is one JSON object");
        }
    }

    private CompletionStage<Reply> register(Request request, Map<String, Object> body) throws BadRequestException {
        String id = id(body);
        String ip = address(request, body);
        int port = (int) number(body, "port", 1, 65_535);
        String hostname = text(body, "hostname", HOSTNAME_BYTES_MAX, "");
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        String token = HexFormat.of().formatHex(bytes);
        TrackedPeer peer =
                new TrackedPeer(id, ip, port, hostname, hub.clocks.wall().instant(), true);
        return hub.store
                .register(peer, digest(token), token(request, body), hub.sources.opaque(request.source()))
                .thenApply(outcome -> switch (outcome) {
                    case CREATED, DONE -> {
                        Map<String, Object> reply =
                                success(outcome == TrackerStore.Outcome.CREATED ? "registered" : "registered again");
                        reply.put("session_token", token);
                        yield Reply.json(outcome == TrackerStore.Outcome.CREATED ? 201 : 200, reply);
                    }
                    case NOT_OWNER ->
                        Reply.error(
                                409, "a peer of this peer_id is online; give its session token to register it again");
                    default -> full();
                });
    }

    /** Where a peer says it is. A public address must be its own, or a swarm could be sent at anybody. */
    private static String address(Request request, Map<String, Object> body) throws BadRequestException {
        InetAddress own = request.client().getAddress();
        Object given = body.get("ip");
        if (given == null || given.equals("")) {
            return NetUtil.toAddressString(own);
        }
        InetAddress address = given instanceof String text ? NetUtil.createInetAddressFromIpAddressString(text) : null;
        if (address == null) {
            throw new BadRequestException("ip is an IPv4 or IPv6 address, or left out");
        }
        if (address.isAnyLocalAddress() || address.isMulticastAddress() || isBroadcast(address)) {
            throw new BadRequestException("ip is the address of one machine");
        }
        if (!isPrivate(address) && !Source.of(address).equals(Source.of(own))) {
            throw new BadRequestException(
                    "a public ip is the one that the request comes from; leave it out to have that one");
        }
        return NetUtil.toAddressString(address);
    }

    private static boolean isBroadcast(InetAddress address) {
        return address instanceof Inet4Address && (address.getAddress()[0] & 0xFF) >= 240;
    }

    /** Reachable on its own network only (RFC 1918, 4193, 6598), so that nobody else can be meant by it. */
    private static boolean isPrivate(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (address instanceof Inet6Address) {
            return (bytes[0] & 0xFE) == 0xFC || address.isLinkLocalAddress() || address.isLoopbackAddress();
        }
        boolean carrier = (bytes[0] & 0xFF) == 100 && (bytes[1] & 0xC0) == 64;
        return carrier || address.isSiteLocalAddress() || address.isLinkLocalAddress() || address.isLoopbackAddress();
    }

    private CompletionStage<Reply> heartbeat(Request request, Map<String, Object> body) throws BadRequestException {
        String id = id(body);
        Optional<Set<String>> files = Optional.empty();
        if (body.containsKey("files_hashes")) {
            List<?> list = list(body, "files_hashes", HASHES_MAX);
            Set<String> hashes = new HashSet<>();
            for (Object one : list) {
                hashes.add(hash(one, "files_hashes"));
            }
            files = Optional.of(hashes);
        }
        return hub.store.heartbeat(id, token(request, body), files).thenApply(outcome -> {
            if (outcome != TrackerStore.Outcome.DONE) {
                return refused(outcome);
            }
            Map<String, Object> reply = new LinkedHashMap<>();
            reply.put("success", true);
            reply.put("next_heartbeat_in", HEARTBEAT_SECONDS);
            return Reply.json(200, reply);
        });
    }

    private CompletionStage<Reply> remove(Request request, String id) throws BadRequestException {
        if (!ID.matcher(id).matches()) {
            throw new BadRequestException(ID_RULE);
        }
        return hub.store
                .remove(id, token(request, Map.of()))
                .thenApply(outcome -> outcome == TrackerStore.Outcome.DONE
                        ? Reply.json(200, success("unregistered"))
                        : refused(outcome));
    }

    private CompletionStage<Reply> announce(Request request, Map<String, Object> body) throws BadRequestException {
        String id = id(body);
        if (!(body.get("file") instanceof Map<?, ?> given)) {
            throw new BadRequestException("file is an object");
        }
        Map<String, Object> file = new LinkedHashMap<>();
        given.forEach((key, value) -> file.put((String) key, value));
        String name = text(file, "name", NAME_BYTES_MAX, null);
        long size = number(file, "size", 0, Long.MAX_VALUE);
        String hash = hash(file.get("hash"), "hash");
        int chunkSize = (int) number(file, "chunk_size", 1, CHUNK_BYTES_MAX);
        String root = file.containsKey("merkle_root") && !"".equals(file.get("merkle_root"))
                ? hash(file.get("merkle_root"), "merkle_root")
                : "";
        ChunkList chunks = chunks(list(file, "chunks", CHUNKS_MAX), size, chunkSize);
        Optional<int[]> available = available(body, chunks.count());
        TrackedFile tracked = new TrackedFile(
                hash, name, size, chunkSize, chunks, root, hub.clocks.wall().instant());
        return hub.store.announce(id, token(request, body), tracked, available).thenApply(outcome -> switch (outcome) {
            case CREATED, DONE -> {
                Map<String, Object> reply = new LinkedHashMap<>();
                reply.put("success", true);
                reply.put("file_id", hash);
                reply.put("message", outcome == TrackerStore.Outcome.CREATED ? "announced" : "announced before");
                yield Reply.json(outcome == TrackerStore.Outcome.CREATED ? 201 : 200, reply);
            }
            case CONFLICT -> Reply.error(409, "others announced this hash with another size, chunks or merkle_root");
            default -> refused(outcome);
        });
    }

    private static ChunkList chunks(List<?> given, long size, int chunkSize) throws BadRequestException {
        byte[] hashes = new byte[given.size() * HASH_BYTES];
        int[] sizes = new int[given.size()];
        long total = 0;
        for (int i = 0; i < sizes.length; i++) {
            if (!(given.get(i) instanceof Map<?, ?> chunk) || !Long.valueOf(i).equals(chunk.get("index"))) {
                throw new BadRequestException("chunks are objects in the order of their index, from 0");
            }
            if (!(chunk.get("size") instanceof Long length) || length < 1 || length > chunkSize) {
                throw new BadRequestException("a chunk has 1 to chunk_size bytes");
            }
            byte[] hash = HexFormat.of().parseHex(hash(chunk.get("hash"), "hash of a chunk"));
            System.arraycopy(hash, 0, hashes, i * HASH_BYTES, HASH_BYTES);
            sizes[i] = length.intValue();
            total += length;
        }
        if (total != size) {
            throw new BadRequestException("the chunks together have the size of the file");
        }
        return ChunkList.of(hashes, sizes);
    }

    private static Optional<int[]> available(Map<String, Object> body, int chunkCount) throws BadRequestException {
        if (!body.containsKey("chunks_available")) {
            return Optional.empty();
        }
        List<?> given = list(body, "chunks_available", chunkCount);
        int[] indices = new int[given.size()];
        long last = -1;
        for (int i = 0; i < indices.length; i++) {
            if (!(given.get(i) instanceof Long index) || index <= last || index >= chunkCount) {
                throw new BadRequestException("chunks_available are indices of chunks, ascending");
            }
            last = index;
            indices[i] = index.intValue();
        }
        return indices.length == chunkCount ? Optional.empty() : Optional.of(indices);
    }

    private CompletionStage<Reply> files(Request request) throws BadRequestException {
        int max = page(request);
        String given = request.parameter("after");
        String after = given == null ? "" : hash(given, "after");
        return hub.store.files(after, max).thenApply(files -> {
            Map<String, Object> reply = new LinkedHashMap<>();
            reply.put("files", files.stream().<Object>map(Views::count).toList());
            if (files.size() == max) {
                reply.put("next", files.get(max - 1).file().hash());
            }
            return Reply.json(200, reply);
        });
    }

    private static int page(Request request) throws BadRequestException {
        String limit = request.parameter("limit");
        if (limit == null) {
            return PAGE_DEFAULT;
        }
        if (!limit.matches("[0-9]{1,4}") || limit.matches("0+") || Integer.parseInt(limit) > PAGE_MAX) {
            throw new BadRequestException("limit is 1 to " + PAGE_MAX);
        }
        return Integer.parseInt(limit);
    }

    private CompletionStage<Reply> file(String given) throws BadRequestException {
        return hub.store
                .file(hash(given, "hash"))
                .thenApply(found -> found.map(holders -> {
                            TrackedFile file = holders.file();
                            Map<String, Object> reply = Views.file(file);
                            reply.put("chunk_size", (long) file.chunkSize());
                            reply.put("chunk_count", (long) file.chunks().count());
                            reply.put("chunks", Views.chunks(file.chunks()));
                            reply.put("merkle_root", file.merkleRoot());
                            long seeders = holders.holders().stream()
                                    .filter(holder -> holder.peer().online() && holder.isSeeder())
                                    .count();
                            long online = holders.holders().stream()
                                    .filter(holder -> holder.peer().online())
                                    .count();
                            reply.put("seeders", seeders);
                            reply.put("leechers", online - seeders);
                            return Reply.json(200, reply);
                        })
                        .orElseGet(RestApi::unknownFile));
    }

    private CompletionStage<Reply> holders(String given) throws BadRequestException {
        return hub.store
                .file(hash(given, "hash"))
                .thenApply(found -> found.map(holders -> {
                            TrackedFile file = holders.file();
                            Map<String, Object> reply = new LinkedHashMap<>();
                            reply.put("file_hash", file.hash());
                            reply.put("file_name", file.name());
                            reply.put("file_size", file.size());
                            reply.put("chunk_count", (long) file.chunks().count());
                            reply.put("chunk_size", (long) file.chunkSize());
                            reply.put("chunks", Views.chunks(file.chunks()));
                            List<Object> peers = new ArrayList<>();
                            for (TrackerStore.Holder holder : holders.holders()) {
                                if (holder.peer().online() && peers.size() < HOLDERS_MAX) {
                                    peers.add(Views.holder(holder, file.chunks().count()));
                                }
                            }
                            reply.put("peers", peers);
                            return Reply.json(200, reply);
                        })
                        .orElseGet(RestApi::unknownFile));
    }

    /** Sources that one answer names: enough to fetch from, and few enough to list their chunks. */
    static final int HOLDERS_MAX = 64;

    private CompletionStage<Reply> peers(Request request) throws BadRequestException {
        return hub.store
                .peers(page(request))
                .thenApply(peers -> Reply.json(
                        200,
                        Map.of("peers", peers.stream().<Object>map(Views::peer).toList())));
    }

    private static Reply unknownFile() {
        return Reply.error(404, "nobody announced a file of this hash");
    }

    private static Reply full() {
        return Reply.error(429, "this tracker holds as many as it takes").with("Retry-After", "60");
    }

    private static Reply refused(TrackerStore.Outcome outcome) {
        return switch (outcome) {
            case UNKNOWN -> Reply.error(404, "no peer of this peer_id is registered; register again");
            case NOT_OWNER -> Reply.error(403, "the session token of this peer is needed: " + TOKEN);
            default -> full();
        };
    }

    private static Map<String, Object> success(String message) {
        Map<String, Object> reply = new LinkedHashMap<>();
        reply.put("success", true);
        reply.put("message", message);
        return reply;
    }

    /** Digest of the token that a request gives, in its header or its body; of nothing where it gives none, which owns nothing. */
    private static byte[] token(Request request, Map<String, Object> body) {
        String header = request.headers().get(TOKEN);
        String given = header != null ? header : body.get("session_token") instanceof String text ? text : "";
        return digest(given);
    }

    private static byte[] digest(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static final String ID_RULE = "peer_id is 1 to 128 letters, digits, '.', '_', '~' and '-'";

    private static String id(Map<String, Object> body) throws BadRequestException {
        if (body.get("peer_id") instanceof String id && ID.matcher(id).matches()) {
            return id;
        }
        throw new BadRequestException(ID_RULE);
    }

    private static String hash(@Nullable Object value, String field) throws BadRequestException {
        if (value instanceof String text && HASH.matcher(text).matches()) {
            return text.toLowerCase(Locale.ROOT);
        }
        throw new BadRequestException(field + " is SHA-256 in 64 hex digits");
    }

    private static long number(Map<String, Object> body, String field, long min, long max) throws BadRequestException {
        if (body.get(field) instanceof Long number && number >= min && number <= max) {
            return number;
        }
        throw new BadRequestException(field + " is a number, " + min + " to " + max);
    }

    private static String text(Map<String, Object> body, String field, int bytesMax, @Nullable String absent)
            throws BadRequestException {
        Object value = body.getOrDefault(field, absent);
        if (value instanceof String text
                && text.getBytes(StandardCharsets.UTF_8).length <= bytesMax
                && (absent != null || !text.isEmpty())) {
            return text;
        }
        throw new BadRequestException(field + " is a text of at most " + bytesMax + " bytes");
    }

    private static List<?> list(Map<String, Object> body, String field, int max) throws BadRequestException {
        if (body.get(field) instanceof List<?> list && list.size() <= max) {
            return list;
        }
        throw new BadRequestException(field + " is an array of at most " + max);
    }
}
