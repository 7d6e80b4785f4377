package dev.dits.rendezvous;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Set;

/**
 * Where a tracker is.
 *
 * @param base a WebSocket's URI, {@code ws} or {@code wss}, with host and port, without a path
 */
public record TrackerAddress(URI base) {
    /** Port that is meant where none is named and no scheme says another. */
    public static final int DEFAULT_PORT = 8080;

    private static final Set<String> SECURE = Set.of("https", "wss");
    private static final Set<String> PLAIN = Set.of("http", "ws");

    /**
     * Parses what a user configured.
     *
     * @param text {@code https://HOST}, {@code http://HOST:PORT}, or {@code HOST:PORT}
     * @return the address
     * @throws IllegalArgumentException if it is none; the message says what one looks like
     */
    public static TrackerAddress parse(String text) {
        String trimmed = text.trim();
        boolean named = trimmed.contains("://");
        try {
            URI uri = new URI(named ? trimmed : "http://" + trimmed);
            String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
            boolean secure = SECURE.contains(scheme);
            String path = uri.getRawPath();
            if ((secure || PLAIN.contains(scheme))
                    && uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getRawQuery() == null
                    && (path == null || path.isEmpty() || path.equals("/"))) {
                int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : named ? 80 : DEFAULT_PORT;
                return new TrackerAddress(new URI(secure ? "wss" : "ws", null, uri.getHost(), port, null, null, null));
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(message(), e);
        }
        throw new IllegalArgumentException(message());
    }

    private static String message() {
        return "a tracker's address looks like https://tracker.example.org or 192.168.1.10:8080";
    }

    boolean secure() {
        return base.getScheme().equals("wss");
    }

    String host() {
        // An IPv6 address keeps its brackets in a URI, and loses them where it is looked up.
        String host = base.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    URI at(String pathAndQuery) {
        return base.resolve(pathAndQuery);
    }

    /** {@code host:port}. */
    @Override
    public String toString() {
        return base.getHost() + ":" + base.getPort();
    }
}
