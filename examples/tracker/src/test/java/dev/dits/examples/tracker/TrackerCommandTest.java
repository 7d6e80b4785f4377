package dev.dits.examples.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TrackerCommandTest {
    private static final String KEY = "0123456789abcdef-key";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CountDownLatch end = new CountDownLatch(1);

    private int run(Map<String, String> environment, String... args) {
        return TrackerCommand.run(environment, new PrintWriter(out, true), new PrintWriter(err, true), end, args);
    }

    private static int status(int port, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return HttpClient.newHttpClient()
                .send(request.build(), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    @Test
    void itServesUntilItIsToldToEnd() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        CompletableFuture<Integer> code = CompletableFuture.supplyAsync(() -> run(
                Map.of("TRACKER_ADDR", "127.0.0.1:" + port, "API_KEYS", KEY + ", another-key-of-that-kind"),
                "--stun",
                "0,0"));
        while (!out.toString().contains("Sharing:")) {
            assertThat(code).as(err.toString()).isNotDone();
            TimeUnit.MILLISECONDS.sleep(10);
        }
        assertThat(out.toString()).contains("http://127.0.0.1:" + port).doesNotContain(KEY);
        assertThat(status(port, "/health")).isEqualTo(200);
        assertThat(status(port, "/dashboard")).isEqualTo(200);
        assertThat(status(port, "/api/files")).isEqualTo(401);
        assertThat(status(port, "/api/files", "X-API-Key", KEY)).isEqualTo(200);
        assertThat(run(Map.of(), "-addr", "127.0.0.1:" + port, "--stun", "off")).isEqualTo(7);
        assertThat(err.toString()).contains(String.valueOf(port));
        end.countDown();
        assertThat(code.get(60, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void whatIsWrongIsSaidAndNotTried() {
        for (List<String> args : List.of(
                List.of("--addr", "8080"),
                List.of("--addr", "localhost:http"),
                List.of("--stun", "x"),
                List.of("--tls-cert", "a.pem"),
                List.of("--trusted-proxy", "example.org"),
                List.of("--relay-rate", "-1"),
                List.of("--nonsense"))) {
            assertThat(run(Map.of(), args.toArray(String[]::new)))
                    .as("%s", args)
                    .isEqualTo(2);
        }
        assertThat(run(Map.of("API_KEYS", "too-short"), "--addr", "127.0.0.1:0"))
                .isEqualTo(2);
        assertThat(err.toString()).doesNotContain("too-short").contains("openssl rand");
        assertThat(run(Map.of(), "--addr", "127.0.0.1:0", "--tls-cert", "nowhere.pem", "--tls-key", "nowhere.pem"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("nowhere.pem");
    }

    @Test
    void itsHelpHasExamplesAndExitCodes() {
        assertThat(run(Map.of(), "--help")).isZero();
        assertThat(out.toString())
                .contains("Examples:", "Exit codes:", "TRACKER_ADDR", "API_KEYS", "DATA_DIR", "-addr");
        assertThat(run(Map.of(), "--version")).isZero();
    }
}
