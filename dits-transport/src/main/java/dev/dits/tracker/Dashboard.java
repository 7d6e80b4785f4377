package dev.dits.tracker;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The pages of {@code /dashboard}, which ask {@code /api} and {@code /ws} like anybody else. Nothing in them comes from elsewhere, and nothing of a peer is in them. */
final class Dashboard {
    private static final String POLICY =
            "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static final Map<String, String> TYPES = Map.of(
            "index.html", "text/html; charset=utf-8",
            "dashboard.css", "text/css; charset=utf-8",
            "dashboard.js", "text/javascript; charset=utf-8",
            "icon.svg", "image/svg+xml");

    private final Map<String, Page> pages =
            TYPES.keySet().stream().collect(Collectors.toUnmodifiableMap(name -> name, Dashboard::load));

    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Page(byte[] bytes, String tag) {}

    private static Page load(String name) {
        try (InputStream in = Dashboard.class.getResourceAsStream("dashboard/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the dashboard lacks " + name);
            }
            byte[] bytes = in.readAllBytes();
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return new Page(bytes, '"' + HexFormat.of().formatHex(digest, 0, 16) + '"');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static boolean isPage(String path) {
        return path.equals("/dashboard") || path.startsWith("/dashboard/");
    }

    /** A page, or that what the browser has is the same. */
    Reply page(String path, @Nullable String known) {
        String name = path.equals("/dashboard") || path.equals("/dashboard/")
                ? "index.html"
                : path.substring("/dashboard/".length());
        Page page = pages.get(name);
        String type = TYPES.get(name);
        if (page == null || type == null) {
            return Reply.error(404, "there is nothing here");
        }
        boolean same = page.tag().equals(known);
        return new Reply(same ? 304 : 200, type, same ? new byte[0] : page.bytes(), Map.of())
                .with("ETag", page.tag())
                .with("Cache-Control", "no-cache")
                .with("Content-Security-Policy", POLICY);
    }
}
