package dev.dits.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a browser gets, and what it is told not to do with it. */
class DashboardTest {
    private static final Map<String, String> PAGES = Map.of(
            "/dashboard", "text/html; charset=utf-8",
            "/dashboard/dashboard.css", "text/css; charset=utf-8",
            "/dashboard/dashboard.js", "text/javascript; charset=utf-8",
            "/dashboard/icon.svg", "image/svg+xml");

    private TrackerServer server;

    @BeforeEach
    void start() throws Exception {
        server = TrackerServer.start(RendezvousTest.options().withApiKeys(Set.of("0123456789abcdef-key")));
    }

    @AfterEach
    void close() {
        server.close();
    }

    private String get(String path, String... fields) throws Exception {
        try (RawHttp raw = new RawHttp(server.port())) {
            return raw.say("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + String.join("", fields) + "\r\n")
                    .answer();
        }
    }

    private static String page(String name) throws Exception {
        try (var in = Dashboard.class.getResourceAsStream("dashboard/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void everyPageSaysWhatItIsAndWhereItsPartsMayComeFrom() throws Exception {
        for (Map.Entry<String, String> page : PAGES.entrySet()) {
            String answer = get(page.getKey());
            assertThat(answer)
                    .startsWith("HTTP/1.1 200")
                    .contains(
                            "content-type: " + page.getValue() + "\r\n",
                            "Content-Security-Policy: default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n",
                            "X-Content-Type-Options: nosniff\r\n",
                            "X-Frame-Options: DENY\r\n",
                            "Cache-Control: no-cache\r\n")
                    .doesNotContain("unsafe-inline");
        }
        assertThat(get("/dashboard/")).startsWith("HTTP/1.1 200");
    }

    @Test
    void aPageThatTheBrowserHasIsNotSentAgain() throws Exception {
        Matcher tag = Pattern.compile("ETag: (\"[0-9a-f]{32}\")").matcher(get("/dashboard"));
        assertThat(tag.find()).isTrue();
        assertThat(get("/dashboard", "If-None-Match: " + tag.group(1) + "\r\n")).startsWith("HTTP/1.1 304");
        assertThat(get("/dashboard", "If-None-Match: \"other\"\r\n")).startsWith("HTTP/1.1 200");
    }

    @Test
    void nothingElseIsServed() throws Exception {
        for (String path : List.of(
                "/dashboard/nothing",
                "/dashboard/../Dashboard.class",
                "/dashboard/%2e%2e/Dashboard.class",
                "/dashboard//index.html",
                "/dashboard/dashboard/index.html")) {
            assertThat(get(path)).as(path).startsWith("HTTP/1.1 404");
        }
    }

    /** What the policy forbids is not there, so nothing is broken by it; and no name can become markup. */
    @Test
    void nothingIsInlineNothingComesFromElsewhereAndNamesStayText() throws Exception {
        String html = page("index.html");
        assertThat(html).doesNotContain("style=").doesNotContain("javascript:").doesNotContain("http");
        assertThat(Pattern.compile("\\son\\w+=").matcher(html).find()).isFalse();
        assertThat(Pattern.compile("<script(?![^>]* src=)").matcher(html).find())
                .isFalse();
        assertThat(html).doesNotContain("<style");
        assertThat(page("dashboard.css")).doesNotContain("url(").doesNotContain("@import");
        assertThat(page("dashboard.js"))
                .doesNotContain("innerHTML")
                .doesNotContain("outerHTML")
                .doesNotContain("insertAdjacent")
                .doesNotContain("document.write")
                .doesNotContain("eval(")
                .doesNotContain("Function(")
                .doesNotContain("localStorage")
                .doesNotContain(".style")
                .contains("textContent");
    }

    /** By structure alone: tables with headers for their columns, names for regions, a language, words beside colours. */
    @Test
    void itCanBeReadWithoutSeeingIt() throws Exception {
        String html = page("index.html");
        assertThat(html).contains("<html lang=\"en\">", "role=\"status\"", "<label for=\"key\">", "class=\"skip\"");
        assertThat(html.split("<table>", -1)).hasSize(4);
        assertThat(html.split("aria-labelledby", -1)).hasSize(9);
        assertThat(Pattern.compile("<th(?![^>]*scope=\"col\")[ >]")
                        .matcher(html)
                        .find())
                .isFalse();
    }
}
