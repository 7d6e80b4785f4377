package dev.dits.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dits.error.DitsException;
import dev.dits.error.ProtocolException;
import dev.dits.error.RepositoryBusyException;
import dev.dits.error.SessionClosedException;
import dev.dits.json.Json;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The socket itself: who finds it, who is kept out, what a writer of garbage and a silent server do. */
@Timeout(60)
class ControlSocketTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long SEED = 11;

    @TempDir
    Path home;

    private final ExecutorService workers = Executors.newCachedThreadPool();
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
    private final List<ControlServer> servers = new ArrayList<>();
    private final AtomicInteger conversations = new AtomicInteger();

    @AfterEach
    void tearDown() throws Exception {
        servers.forEach(ControlServer::close);
        workers.shutdownNow();
        timer.shutdownNow();
        assertThat(workers.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }

    private ControlServer serve(String name) throws IOException {
        ControlServer server = ControlServer.open(home, () -> conversation(name), workers, timer);
        servers.add(server);
        return server;
    }

    private ControlServer.Conversation conversation(String name) {
        conversations.incrementAndGet();
        return new ControlServer.Conversation() {
            @Override
            public ControlServer.Answer answer(String operation, Fields arguments) throws IOException {
                return switch (operation) {
                    case "status" -> new ControlServer.Answer(Fields.NONE.with("name", name));
                    case "echo" -> new ControlServer.Answer(arguments);
                    case "fail" -> throw new RepositoryBusyException("busy with " + arguments.text("what"));
                    default -> throw new DitsException("no such thing");
                };
            }

            @Override
            public boolean isBusy() {
                return false;
            }

            @Override
            public void close() {
                conversations.decrementAndGet();
            }
        };
    }

    private List<String> names() throws Exception {
        return ControlClient.survey(home, "status", PATIENCE).stream()
                .map(found -> found.answer() == null
                        ? found.problem()
                        : found.answer().text("name"))
                .sorted()
                .toList();
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(home.resolve("run"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void everyNodeIsFoundAndOneThatEndedIsNot() throws Exception {
        assertThat(ControlClient.survey(home, "status", PATIENCE)).isEmpty();
        serve("one");
        ControlServer two = serve("two");
        assertThat(names()).containsExactly("one", "two");
        assertThat(ControlClient.survey(home, "status", PATIENCE))
                .allSatisfy(found -> assertThat(found.pid())
                        .isEqualTo(ProcessHandle.current().pid()));
        try (ControlClient client = ControlClient.open(two.socket())) {
            Fields sent = Fields.NONE
                    .with("text", "a\u0000\n\"\u20AC\uD83D\uDE00")
                    .with("number", Long.MIN_VALUE)
                    .with("flag", true)
                    .with("fields", Fields.NONE.with("deep", "er"))
                    .withTexts("texts", List.of("a", ""))
                    .withList("list", List.of(Fields.NONE.with("n", 1)));
            assertThat(client.ask("echo", sent, PATIENCE).values()).isEqualTo(sent.values());
            assertThatExceptionOfType(RepositoryBusyException.class)
                    .isThrownBy(() -> client.ask("fail", Fields.NONE.with("what", "gc"), PATIENCE))
                    .withMessage("busy with gc");
            // A failure is an answer: the conversation goes on, until its node ends.
            assertThat(client.ask("status", Fields.NONE, PATIENCE).text("name")).isEqualTo("two");
            two.close();
            assertThatExceptionOfType(SessionClosedException.class)
                    .isThrownBy(() -> client.ask("status", Fields.NONE, PATIENCE));
        }
        assertThat(names()).containsExactly("one");
        assertThat(files()).hasSize(1);
    }

    @Test
    void whatAKilledProcessLeftIsSweptAndAHungOneIsReported() throws Exception {
        serve("alive");
        Path run = home.resolve("run");
        Path dead = run.resolve("999999-dead.sock");
        try (ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.bind(UnixDomainSocketAddress.of(dead));
        }
        Files.writeString(run.resolve("999998-beef.at"), "/nonexistent/dits-run-1/s\n");
        Files.writeString(run.resolve("999997-beef.at"), "\u0000 no path");
        Files.writeString(run.resolve("999996-feed.new"), "young: it may be about to listen");
        // Takes connections into its queue, and never answers.
        Path hung = run.resolve("999995-f00d.sock");
        try (ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.bind(UnixDomainSocketAddress.of(hung), 2);
            for (int i = 0; i < 5; i++) {
                List<ControlClient.Found> found = ControlClient.survey(home, "status", Duration.ofMillis(300));
                assertThat(found).hasSize(2);
                assertThat(found)
                        .filteredOn(one -> one.answer() == null)
                        .singleElement()
                        .satisfies(one -> {
                            assertThat(one.pid()).isEqualTo(999_995);
                            assertThat(one.problem()).contains("does not answer");
                        });
            }
            // By now its queue is full, so the connection itself is not taken.
            List<SocketChannel> waiting = new ArrayList<>();
            assertThatThrownBy(() -> {
                        while (true) {
                            waiting.add(SocketChannel.open(StandardProtocolFamily.UNIX));
                            SocketChannel last = waiting.get(waiting.size() - 1);
                            last.configureBlocking(false);
                            last.connect(UnixDomainSocketAddress.of(hung));
                        }
                    })
                    .isInstanceOf(IOException.class);
            assertThat(ControlClient.survey(home, "status", PATIENCE))
                    .filteredOn(one -> one.answer() == null)
                    .hasSize(1);
            assertThatExceptionOfType(DitsException.class)
                    .isThrownBy(() -> ControlClient.open(hung))
                    .withMessageContaining("does not answer");
            for (SocketChannel one : waiting) {
                one.close();
            }
        }
        assertThat(names()).containsExactly("alive");
        assertThat(files()).hasSize(2).contains("999996-feed.new").noneMatch(name -> name.contains("dead"));
    }

    @Test
    void aPathTooLongForASocketLeadsElsewhere() throws Exception {
        home = Files.createDirectories(home.resolve("long-".repeat(30)));
        ControlServer server = serve("far");
        assertThat(server.socket().startsWith(home)).isFalse();
        assertThat(files()).singleElement().asString().endsWith(".at");
        if (Files.getFileStore(home).supportsFileAttributeView("posix")) {
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(server.socket().getParent())))
                    .isEqualTo("rwx------");
        }
        assertThat(names()).containsExactly("far");
        // Somebody else's directory is not followed, nor one that others can write to.
        if (Files.getFileStore(home).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(server.socket().getParent(), PosixFilePermissions.fromString("rwxrwxrwx"));
            Path pointer = home.resolve("run").resolve("1-1.at");
            Files.writeString(pointer, server.socket().toString());
            assertThat(names()).isEmpty();
            assertThat(pointer).doesNotExist();
            Files.setPosixFilePermissions(server.socket().getParent(), PosixFilePermissions.fromString("rwx------"));
        }
        server.close();
        assertThat(server.socket().getParent()).doesNotExist();
        assertThat(files()).isEmpty();
    }

    @Test
    void nobodyElseGetsIn() throws Exception {
        assumeTrue(Files.getFileStore(home).supportsFileAttributeView("posix"), "POSIX permissions are needed");
        ControlServer server = serve("mine");
        Path run = home.resolve("run");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(run)))
                .isEqualTo("rwx------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.socket())))
                .isEqualTo("rw-------");
        for (String open : List.of("rwxrwx---", "rwx--x---", "rwx---r--")) {
            Files.setPosixFilePermissions(run, PosixFilePermissions.fromString(open));
            assertThatExceptionOfType(DitsException.class)
                    .isThrownBy(() -> ControlClient.survey(home, "status", PATIENCE))
                    .withMessageContaining("open to other users");
            assertThatExceptionOfType(DitsException.class)
                    .isThrownBy(() -> serve("second"))
                    .withMessageContaining("open to other users");
        }
        Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwx------"));
        assertThat(names()).containsExactly("mine");

        Path link = Files.createDirectories(home.resolve("other"));
        Files.createSymbolicLink(link.resolve("run"), run);
        assertThatExceptionOfType(DitsException.class)
                .isThrownBy(() -> ControlClient.survey(link, "status", PATIENCE))
                .withMessageContaining("is no directory");
    }

    @Test
    void aDirectoryOfAnotherUserIsRefused() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root can give a directory away");
        Path run = Files.createDirectory(
                home.resolve("run"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.setAttribute(run, "unix:uid", 65_534);
        assertThatExceptionOfType(DitsException.class)
                .isThrownBy(() -> ControlClient.survey(home, "status", PATIENCE))
                .withMessageContaining("not to you");
        assertThatExceptionOfType(DitsException.class)
                .isThrownBy(() -> serve("mine"))
                .withMessageContaining("not to you");
        try (Stream<Path> left = Files.list(run)) {
            assertThat(left).isEmpty();
        }
    }

    private static SocketChannel connect(ControlServer server) throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(server.socket()));
    }

    private static void send(SocketChannel channel, byte[] bytes) throws IOException {
        ByteBuffer source = ByteBuffer.wrap(bytes);
        while (source.hasRemaining()) {
            channel.write(source);
        }
    }

    @Test
    void garbageIsRefusedAndHurtsNobody() throws Exception {
        ControlServer server = serve("calm");
        List<String> lines = List.of(
                "",
                "hello",
                "[]",
                "{",
                "{}",
                "null",
                "{\"dits\":0,\"do\":\"status\"}",
                "{\"dits\":99,\"do\":\"status\"}",
                "{\"dits\":99999999999999999999,\"do\":\"status\"}",
                "{\"dits\":1,\"dits\":1,\"do\":\"status\"}",
                "{\"dits\":1,\"do\":\"status\"}{}",
                "{\"dits\":1,\"do\":" + "[".repeat(1000) + "]".repeat(1000) + "}",
                "{\"dits\":1,\"do\":\"\\ud800\"}\u0000");
        for (String line : lines) {
            try (SocketChannel channel = connect(server)) {
                send(channel, (line + "\n").getBytes(StandardCharsets.UTF_8));
                LineReader reader = new LineReader(1 << 20);
                byte[] answer = reader.take(channel);
                assertThat(answer).as(line).isNotNull();
                assertThat(new String(answer, StandardCharsets.UTF_8))
                        .as(line)
                        .startsWith("{\"dits\":1,\"failed\":{")
                        .contains("\"kind\":\"protocol\"");
                assertThat(reader.take(channel)).as(line).isNull();
            }
        }
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < 200; i++) {
            byte[] noise = new byte[random.nextInt(2000)];
            random.nextBytes(noise);
            try (SocketChannel channel = connect(server)) {
                send(channel, noise);
            } catch (IOException e) {
                // Cut off before all was sent.
            }
        }
        // Without an end: cut off at the limit, whatever else comes.
        try (SocketChannel channel = connect(server)) {
            assertThatThrownBy(() -> {
                        while (true) {
                            send(channel, new byte[1 << 16]);
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
        // What is known is answered, whatever a newer version says besides.
        try (SocketChannel channel = connect(server)) {
            send(
                    channel,
                    "{\"new\":{\"x\":[1.5,null]},\"dits\":1,\"do\":\"status\",\"with\":7}\n{\"dits\":1,\"do\":\"dance\"}\n"
                            .getBytes(StandardCharsets.UTF_8));
            LineReader reader = new LineReader(1 << 20);
            assertThat(new String(reader.take(channel), StandardCharsets.UTF_8))
                    .isEqualTo("{\"dits\":1,\"is\":{\"name\":\"calm\"}}");
            assertThat(new String(reader.take(channel), StandardCharsets.UTF_8)).contains("no such thing");
        }
        assertThat(names()).containsExactly("calm");
    }

    @Test
    void moreConnectionsThanTheLimitAreClosedUnheardAndTheOthersGoOn() throws Exception {
        ControlServer server = serve("busy");
        List<SocketChannel> silent = new ArrayList<>();
        try (ControlClient first = ControlClient.open(server.socket())) {
            assertThat(first.ask("status", Fields.NONE, PATIENCE).text("name")).isEqualTo("busy");
            for (int i = 1; i < ControlServer.CONNECTIONS_MAX; i++) {
                silent.add(connect(server));
            }
            assertThat(ControlClient.survey(home, "status", PATIENCE))
                    .singleElement()
                    .satisfies(found -> assertThat(found.problem()).contains("too much at once"));
            assertThat(first.ask("status", Fields.NONE, PATIENCE).text("name")).isEqualTo("busy");
        } finally {
            for (SocketChannel one : silent) {
                one.close();
            }
        }
        // Each gives its place up as it goes.
        while (conversations.get() > 0) {
            Thread.onSpinWait();
        }
        assertThat(names()).containsExactly("busy");
    }

    @Test
    void secretsAreInNoText() throws Exception {
        assertThat(Fields.NONE.with("joinCode", "7KQM-4TX-9PZ")).hasToString("Fields[joinCode]");
        assertThatThrownBy(() -> Json.read("{\"joinCode\":\"7KQM-4TX-9PZ".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(ProtocolException.class)
                .hasNoCause()
                .message()
                .doesNotContain("7KQM");
    }
}
