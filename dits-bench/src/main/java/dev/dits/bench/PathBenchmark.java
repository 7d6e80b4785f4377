package dev.dits.bench;

import dev.dits.crypto.PeerCertificate;
import dev.dits.net.ByteStream;
import dev.dits.net.Endpoint;
import dev.dits.quic.QuicNode;
import dev.dits.quic.QuicOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * How fast the ways of packets are, next to plain TCP, in one run: a bare stream over UDP, the same over the TCP path, and bytes in a TCP connection, from one process to
 * another that discards them. On the loopback interface; as root, with {@code --namespaces}, between two network namespaces with a cable of 1,500 bytes MTU. The figures of
 * one run move with the machine; their ratios are what to look at.
 *
 * <p>{@code java -Xmx256m -cp benchmarks.jar dev.dits.bench.PathBenchmark [--smoke] [--rounds N] [--namespaces] [--delay MS]}
 */
public final class PathBenchmark {
    private static final String SERVER_NAME = "bench.dits";
    private static final int PIECE_BYTES = 64 << 10;
    private static final int MTU_BYTES = 1_500;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final List<String> WAYS = List.of("plain TCP", "UDP", "TCP path");

    private PathBenchmark() {}

    /**
     * Runs the benchmark and prints a table.
     *
     * @param arguments see above; {@code send} and {@code receive} are how it starts its own two processes
     * @throws Exception if anything fails
     */
    public static void main(String[] arguments) throws Exception {
        List<String> all = List.of(arguments);
        if (!all.isEmpty() && all.get(0).equals("send")) {
            send(InetAddress.getByName(all.get(1)));
        } else if (!all.isEmpty() && all.get(0).equals("receive")) {
            receive(all.subList(1, all.size()));
        } else {
            boolean smoke = Boolean.getBoolean("smoke") || all.contains("--smoke");
            int rounds = all.contains("--rounds") ? Integer.parseInt(all.get(all.indexOf("--rounds") + 1)) : 5;
            int delay = all.contains("--delay") ? Integer.parseInt(all.get(all.indexOf("--delay") + 1)) : 0;
            long bytes = smoke ? 8L << 20 : 1L << 30;
            run("loopback", "127.0.0.1", List.of(), List.of(), smoke ? 2 : rounds, bytes);
            if (all.contains("--namespaces")) {
                try (Cable cable = new Cable(delay)) {
                    run(
                            "two machines, MTU " + MTU_BYTES,
                            Cable.SENDER,
                            cable.in("a"),
                            cable.in("b"),
                            smoke ? 2 : rounds,
                            bytes);
                }
            }
        }
    }

    /** Two namespaces with a cable between them, and nothing else. */
    private static final class Cable implements AutoCloseable {
        static final String SENDER = "10.78.0.1";
        private final String prefix = "dits-bench-" + ProcessHandle.current().pid() + "-";

        Cable(int delayMillis) throws IOException, InterruptedException {
            boolean made = false;
            try {
                ip("netns", "add", prefix + "a");
                ip("netns", "add", prefix + "b");
                ip(
                        "-n",
                        prefix + "a",
                        "link",
                        "add",
                        "eth0",
                        "type",
                        "veth",
                        "peer",
                        "name",
                        "eth0",
                        "netns",
                        prefix + "b");
                for (String side : List.of("a", "b")) {
                    String address = side.equals("a") ? SENDER : "10.78.0.2";
                    ip("-n", prefix + side, "addr", "add", address + "/24", "dev", "eth0");
                    ip("-n", prefix + side, "link", "set", "eth0", "mtu", Integer.toString(MTU_BYTES), "up");
                    ip("-n", prefix + side, "link", "set", "lo", "up");
                    if (delayMillis > 0) {
                        command(
                                "tc",
                                "-n",
                                prefix + side,
                                "qdisc",
                                "add",
                                "dev",
                                "eth0",
                                "root",
                                "netem",
                                "delay",
                                delayMillis + "ms",
                                "limit",
                                "100000");
                    }
                }
                made = true;
            } finally {
                if (!made) {
                    close();
                }
            }
        }

        List<String> in(String side) {
            return List.of("ip", "netns", "exec", prefix + side);
        }

        private static void ip(String... arguments) throws IOException, InterruptedException {
            List<String> command = new ArrayList<>(List.of("ip"));
            command.addAll(Arrays.asList(arguments));
            command(command.toArray(String[]::new));
        }

        private static void command(String... command) throws IOException, InterruptedException {
            Process process = new ProcessBuilder(command).inheritIO().start();
            if (process.waitFor() != 0) {
                throw new IOException("it failed, and needs root: " + String.join(" ", command));
            }
        }

        @Override
        public void close() throws IOException {
            for (String side : List.of("a", "b")) {
                Process process = new ProcessBuilder("ip", "netns", "del", prefix + side)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
                try {
                    process.waitFor();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    private static Process java(List<String> before, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
                "-Xmx" + Runtime.getRuntime().maxMemory(),
                "-cp",
                System.getProperty("java.class.path", ""),
                PathBenchmark.class.getName()));
        command.addAll(Arrays.asList(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void run(
            String title, String address, List<String> senderIn, List<String> receiverIn, int rounds, long bytes)
            throws IOException, InterruptedException {
        Map<String, List<Double>> rates = new LinkedHashMap<>();
        Process sender = java(senderIn, "send", address);
        try (BufferedReader ports = sender.inputReader(StandardCharsets.UTF_8)) {
            String plain = ports.readLine();
            String quic = ports.readLine();
            if (quic == null) {
                throw new IOException("the sending process ended");
            }
            Process receiver =
                    java(receiverIn, "receive", address, plain, quic, Integer.toString(rounds), Long.toString(bytes));
            try (BufferedReader lines = receiver.inputReader(StandardCharsets.UTF_8)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    String[] parts = line.split("\t", 2);
                    rates.computeIfAbsent(parts[0], any -> new ArrayList<>()).add(Double.parseDouble(parts[1]));
                }
            } finally {
                receiver.destroy();
            }
            if (receiver.waitFor() != 0) {
                throw new IOException("the receiving process failed");
            }
        } finally {
            sender.destroy();
            var unused = sender.waitFor(10, TimeUnit.SECONDS);
        }
        System.out.printf(Locale.ROOT, "%n%s: %d rounds of %,d bytes, the first is cold%n%n", title, rounds, bytes);
        System.out.println("| way | cold | median of the others | to plain TCP, round by round | to UDP |");
        System.out.println("| --- | --- | --- | --- | --- |");
        for (String way : WAYS) {
            List<Double> warm = warm(rates.get(way));
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.0f MB/s | %.0f MB/s | %.2f | %.2f |%n",
                    way,
                    rates.get(way).get(0),
                    TransferBenchmark.median(warm.stream()),
                    ratio(warm, warm(rates.get("plain TCP"))),
                    ratio(warm, warm(rates.get("UDP"))));
        }
    }

    private static List<Double> warm(List<Double> all) {
        return all.size() > 1 ? all.subList(1, all.size()) : all;
    }

    private static double ratio(List<Double> these, List<Double> those) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < these.size(); i++) {
            ratios.add(these.get(i) / those.get(i));
        }
        return TransferBenchmark.median(ratios.stream());
    }

    // ---- the receiving process

    private static void receive(List<String> arguments) throws Exception {
        InetAddress host = InetAddress.getByName(arguments.get(0));
        InetSocketAddress plain = new InetSocketAddress(host, Integer.parseInt(arguments.get(1)));
        InetSocketAddress quic = new InetSocketAddress(host, Integer.parseInt(arguments.get(2)));
        int rounds = Integer.parseInt(arguments.get(3));
        long bytes = Long.parseLong(arguments.get(4));
        PeerCertificate own = PeerCertificate.generate(new SecureRandom());
        ExecutorService workers = Executors.newCachedThreadPool();
        try (Endpoint node = QuicNode.bind(QuicOptions.at(new InetSocketAddress(0)), workers);
                var udp = node.connect(quic, SERVER_NAME, own.privateKey(), own.certificate(), null, PATIENCE);
                var tcp = node.connectByTcp(quic, SERVER_NAME, own.privateKey(), own.certificate(), null, PATIENCE)) {
            for (int round = 0; round < rounds; round++) {
                report("plain TCP", bytes, () -> plain(plain, bytes));
                report("UDP", bytes, () -> stream(udp.openStream(), bytes));
                report("TCP path", bytes, () -> stream(tcp.openStream(), bytes));
            }
        } finally {
            workers.shutdownNow();
        }
    }

    private interface Step {
        long run() throws IOException;
    }

    private static void report(String way, long bytes, Step step) throws IOException {
        long start = System.nanoTime();
        long received = step.run();
        double seconds = (System.nanoTime() - start) / 1e9;
        if (received != bytes) {
            throw new IOException(received + " bytes arrived, not " + bytes);
        }
        System.out.println(way + "\t" + bytes / 1e6 / seconds);
    }

    private static long plain(InetSocketAddress to, long bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE_BYTES);
        long received = 0;
        try (SocketChannel channel = SocketChannel.open(to)) {
            buffer.putLong(bytes).flip();
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            for (int read = channel.read(buffer.clear()); read >= 0; read = channel.read(buffer.clear())) {
                received += read;
            }
        }
        return received;
    }

    private static long stream(ByteStream opened, long bytes) throws IOException {
        byte[] buffer = new byte[PIECE_BYTES];
        long received = 0;
        try (ByteStream stream = opened) {
            stream.write(ByteBuffer.allocate(Long.BYTES).putLong(0, bytes).array(), 0, Long.BYTES);
            stream.shutdownOutput();
            for (int read = stream.read(buffer, 0, PIECE_BYTES);
                    read >= 0;
                    read = stream.read(buffer, 0, PIECE_BYTES)) {
                received += read;
            }
        }
        return received;
    }

    // ---- the sending process

    private static void send(InetAddress at) throws Exception {
        PeerCertificate own = PeerCertificate.generate(new SecureRandom());
        ExecutorService workers = Executors.newCachedThreadPool();
        try (Endpoint node = QuicNode.bind(QuicOptions.at(new InetSocketAddress(at, 0)), workers);
                var registered = node.register(
                        SERVER_NAME,
                        own.privateKey(),
                        own.certificate(),
                        connection -> connection.onStream(PathBenchmark::answer));
                ServerSocketChannel server = ServerSocketChannel.open().bind(new InetSocketAddress(at, 0))) {
            System.out.println(((InetSocketAddress) server.getLocalAddress()).getPort());
            System.out.println(node.localAddress().getPort());
            while (registered != null) {
                try (SocketChannel channel = server.accept()) {
                    answer(channel);
                }
            }
        } finally {
            workers.shutdownNow();
        }
    }

    private static void answer(SocketChannel channel) throws IOException {
        ByteBuffer asked = ByteBuffer.allocate(Long.BYTES);
        for (int read = 0; asked.hasRemaining() && read >= 0; ) {
            read = channel.read(asked);
        }
        if (asked.hasRemaining()) {
            throw new IOException("the request was cut");
        }
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES);
        for (long left = asked.getLong(0); left > 0; ) {
            piece.clear().limit((int) Math.min(left, PIECE_BYTES));
            while (piece.hasRemaining()) {
                left -= channel.write(piece);
            }
        }
    }

    private static void answer(ByteStream opened) {
        byte[] piece = new byte[PIECE_BYTES];
        try (ByteStream stream = opened) {
            byte[] asked = new byte[Long.BYTES];
            for (int at = 0; at < asked.length; ) {
                int read = stream.read(asked, at, asked.length - at);
                if (read < 0) {
                    throw new IOException("the request was cut");
                }
                at += read;
            }
            for (long left = ByteBuffer.wrap(asked).getLong(); left > 0; left -= piece.length) {
                stream.write(piece, 0, (int) Math.min(left, piece.length));
            }
            stream.shutdownOutput();
        } catch (IOException e) {
            opened.reset(0);
        }
    }
}
