package dev.dits.tracker;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Which path is what, and who may ask for it. Safe for use by several threads. */
final class Router {
    private static final String RENDEZVOUS = "/rendezvous";
    private static final String RELAY = "/relay";
    private static final String EVENTS = "/ws";
    private static final Set<String> SOCKETS = Set.of(RENDEZVOUS, RELAY, EVENTS);
    private static final String KEY = "X-API-Key";

    private final Hub hub;
    private final RestApi api;
    private final Dashboard dashboard = new Dashboard();

    Router(Hub hub) {
        this.hub = hub;
        this.api = new RestApi(hub);
    }

    static boolean isSocket(String path) {
        return SOCKETS.contains(path);
    }

    /** Says why a request goes no further, by its head alone; null if it may. */
    @Nullable
    Reply refuse(Request request) {
        List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
        if (hosts.size() != 1) {
            return Reply.error(400, "a request names one host");
        }
        String host = hosts.get(0).toLowerCase(Locale.ROOT);
        Set<String> allowed = hub.options.hosts();
        if (!allowed.isEmpty()
                && !allowed.contains(name(host))
                && !request.path().equals("/health")) {
            return Reply.error(421, "this tracker is not addressed by that name");
        }
        boolean changes =
                !request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD);
        if ((changes || isSocket(request.path())) && isForeign(request, host)) {
            return Reply.error(403, "no other site may use this tracker");
        }
        if ((request.path().equals(RENDEZVOUS) || request.path().startsWith(RestApi.PREFIX))
                && !hub.keys.admits(request.headers().get(KEY))) {
            return Reply.error(401, "an API key is needed: " + KEY);
        }
        return null;
    }

    /** The host without its port. */
    static String name(String host) {
        int end = host.startsWith("[") ? host.indexOf(']') + 1 : host.indexOf(':');
        return end <= 0 ? host : host.substring(0, end);
    }

    /** Whether a page of another site is behind it: browsers say so, in one of two fields, and let no page change them. */
    private static boolean isForeign(Request request, String host) {
        String origin = request.headers().get(HttpHeaderNames.ORIGIN);
        if (origin != null) {
            int scheme = origin.indexOf("://");
            return scheme < 0
                    || !origin.substring(scheme + 3).toLowerCase(Locale.ROOT).equals(host);
        }
        String site = request.headers().get("Sec-Fetch-Site");
        return site != null && !site.equals("same-origin") && !site.equals("none");
    }

    /** The WebSocket at a path that {@link #isSocket} knows. */
    WebSocketConnection socket(Request request, Channel channel) {
        if (request.path().equals(RENDEZVOUS)) {
            return new RendezvousConnection(hub, channel);
        }
        if (request.path().equals(EVENTS)) {
            return new EventConnection(
                    hub, channel, hub.keys.admits(request.headers().get(KEY)));
        }
        return new RelayConnection(hub, channel, observed(request.client()), connection -> enter(connection, request));
    }

    private void enter(RelayConnection connection, Request request) {
        long now = hub.nowNanos();
        String tag = request.parameter("tag");
        String room = request.parameter("room");
        String token = request.parameter("token");
        if (tag != null && room == null) {
            // An unknown tag costs an attempt like any other, or one could try them all.
            if (!hub.sources.attempt(request.source(), now)) {
                hub.metrics.attemptsRefused.increment();
                connection.limited("too many attempts from one place; try again in a minute");
            } else {
                hub.rendezvous.knock(connection, tag, request.source(), now);
            }
        } else if (room != null && token != null && tag == null) {
            hub.rendezvous.enter(connection, room, token);
        } else {
            connection.nobody();
        }
    }

    private static String observed(InetSocketAddress client) {
        String host = client.getAddress().getHostAddress();
        int scope = host.indexOf('%');
        String plain = scope < 0 ? host : host.substring(0, scope);
        return (plain.contains(":") ? "[" + plain + "]" : plain) + ":" + client.getPort();
    }

    CompletionStage<Reply> answer(Request request, byte[] body) {
        String path = request.path();
        if (path.startsWith(RestApi.PREFIX)) {
            return api.answer(request, body);
        }
        boolean reads =
                request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        if (path.equals("/health") || path.equals("/metrics") || Dashboard.isPage(path)) {
            if (!reads) {
                return CompletableFuture.completedFuture(notAllowed("GET, HEAD"));
            }
            if (path.equals("/health")) {
                return CompletableFuture.completedFuture(Reply.json(200, Map.of("status", "ok")));
            }
            if (path.equals("/metrics")) {
                return hub.store
                        .counts()
                        .thenApply(counts ->
                                Reply.text("text/plain; version=0.0.4; charset=utf-8", hub.metrics.text(hub, counts)));
            }
            return CompletableFuture.completedFuture(
                    dashboard.page(path, request.headers().get(HttpHeaderNames.IF_NONE_MATCH)));
        }
        return CompletableFuture.completedFuture(Reply.error(404, "there is nothing here"));
    }

    static Reply notAllowed(String allowed) {
        return Reply.error(405, "this can be asked with " + allowed).with("Allow", allowed);
    }
}
