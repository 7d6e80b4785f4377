package dev.dits.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.json.Json;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A WebSocket of the JDK: nothing of what the server is made of. */
final class WebSocketClient implements WebSocket.Listener, AutoCloseable {
    private static final int SECONDS_MAX = 60;

    private final BlockingQueue<Map<String, Object>> told = new LinkedBlockingQueue<>();
    private final BlockingQueue<byte[]> packets = new LinkedBlockingQueue<>();
    private final CompletableFuture<Integer> code = new CompletableFuture<>();
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final boolean reading;
    private WebSocket socket;

    private WebSocketClient(boolean reading) {
        this.reading = reading;
    }

    static WebSocketClient connect(HttpClient http, int port, String path, String... headers) {
        return connect(http, port, path, true, headers);
    }

    /** One that reads nothing until it is told to. */
    static WebSocketClient connect(HttpClient http, int port, String path, boolean reading, String... headers) {
        WebSocketClient client = new WebSocketClient(reading);
        WebSocket.Builder builder = http.newWebSocketBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        client.socket = builder.buildAsync(URI.create("ws://127.0.0.1:" + port + path), client)
                .orTimeout(SECONDS_MAX, TimeUnit.SECONDS)
                .join();
        return client;
    }

    @Override
    public void onOpen(WebSocket opened) {
        if (reading) {
            opened.request(Long.MAX_VALUE);
        }
    }

    void read() {
        socket.request(Long.MAX_VALUE);
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        text.append(data);
        if (last) {
            try {
                told.add(Json.read(text.toString().getBytes(StandardCharsets.UTF_8)));
            } catch (java.io.IOException e) {
                throw new AssertionError(e);
            }
            text.setLength(0);
        }
        return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
        byte[] part = new byte[data.remaining()];
        data.get(part);
        bytes.writeBytes(part);
        if (last) {
            packets.add(bytes.toByteArray());
            bytes.reset();
        }
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
        code.complete(status);
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable failure) {
        code.complete(-1);
    }

    void say(Map<String, Object> message) {
        say(new String(Json.write(message), StandardCharsets.UTF_8));
    }

    void say(String message) {
        socket.sendText(message, true).orTimeout(SECONDS_MAX, TimeUnit.SECONDS).join();
    }

    void send(byte[] packet) {
        socket.sendBinary(ByteBuffer.wrap(packet), true)
                .orTimeout(SECONDS_MAX, TimeUnit.SECONDS)
                .join();
    }

    /** The next message, which is of this type. */
    Map<String, Object> hears(String type) throws InterruptedException {
        Map<String, Object> message = told.poll(SECONDS_MAX, TimeUnit.SECONDS);
        assertThat(message).as("a message %s", type).isNotNull();
        assertThat(message).containsEntry("type", type);
        return message;
    }

    /** The type of the next message, whatever it is. */
    String next() throws InterruptedException {
        Map<String, Object> message = told.poll(SECONDS_MAX, TimeUnit.SECONDS);
        assertThat(message).as("a message").isNotNull();
        return (String) message.get("type");
    }

    byte[] packet() throws InterruptedException {
        byte[] packet = packets.poll(SECONDS_MAX, TimeUnit.SECONDS);
        assertThat(packet).as("a packet").isNotNull();
        return packet;
    }

    boolean heardNothing() {
        return told.isEmpty() && packets.isEmpty();
    }

    /** With which code the server ends it; -1 where it ends without. */
    int endsWith() {
        return code.orTimeout(SECONDS_MAX, TimeUnit.SECONDS).join();
    }

    boolean isOpen() {
        return !code.isDone();
    }

    @Override
    public void close() {
        socket.abort();
    }
}
