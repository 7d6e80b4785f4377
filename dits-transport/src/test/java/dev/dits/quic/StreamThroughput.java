package dev.dits.quic;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A measurement, not a test: one stream between two processes on the loopback interface, the receiver discards; beside
 * it plain TCP in the same run, because only the ratio holds on a shared machine.
 *
 * <p>{@code java -cp <test class path> dev.dits.quic.StreamThroughput [rounds] [MB each]}
 */
final class StreamThroughput {
    private static final int BUFFER_BYTES = 64 << 10;

    private StreamThroughput() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 0 && arguments[0].equals("receive")) {
            receive();
            return;
        }
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        long bytes = (arguments.length > 1 ? Long.parseLong(arguments[1]) : 2_000) * 1_000_000L;
        Process receiver = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-cp",
                        System.getProperty("java.class.path"),
                        StreamThroughput.class.getName(),
                        "receive")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader ports =
                new BufferedReader(new InputStreamReader(receiver.getInputStream(), StandardCharsets.US_ASCII))) {
            InetSocketAddress quic = loopback(Integer.parseInt(ports.readLine()));
            InetSocketAddress tcp = loopback(Integer.parseInt(ports.readLine()));
            ExecutorService workers = Executors.newCachedThreadPool();
            TestIdentity identity = TestIdentity.fresh();
            try (QuicNode node = QuicNode.bind(QuicOptions.at(loopback(0)), workers)) {
                QuicConnection connection = node.connect(
                        quic, "bench.dits", identity.key(), identity.certificate(), null, Duration.ofSeconds(10));
                for (int round = 0; round < rounds; round++) {
                    double overQuic = quic(connection, bytes);
                    double overTcp = tcp(tcp, bytes);
                    System.out.printf(
                            "round %d: QUIC %.0f MB/s, TCP %.0f MB/s, ratio %.2f%n",
                            round, overQuic, overTcp, overQuic / overTcp);
                }
                System.out.printf("echo of 64 bytes on a fresh stream: p50 %.3f ms%n", latency(connection));
            } finally {
                workers.shutdownNow();
            }
        } finally {
            receiver.destroy();
        }
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static double quic(QuicConnection connection, long bytes) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long start = System.nanoTime();
        try (QuicStream stream = connection.openStream()) {
            for (long left = bytes; left > 0; left -= buffer.length) {
                stream.write(buffer, 0, (int) Math.min(left, buffer.length));
            }
            stream.shutdownOutput();
            // One byte says that all of it arrived.
            stream.readFully(new byte[1], 0, 1);
        }
        return bytes / 1e6 / ((System.nanoTime() - start) / 1e9);
    }

    private static double latency(QuicConnection connection) throws IOException {
        int count = 2_000;
        long[] nanos = new long[count];
        for (int i = 0; i < count; i++) {
            long start = System.nanoTime();
            try (QuicStream stream = connection.openStream()) {
                stream.write(new byte[64], 0, 64);
                stream.shutdownOutput();
                stream.readFully(new byte[1], 0, 1);
            }
            nanos[i] = System.nanoTime() - start;
        }
        java.util.Arrays.sort(nanos);
        return nanos[count / 2] / 1e6;
    }

    private static double tcp(InetSocketAddress address, long bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        long start = System.nanoTime();
        try (SocketChannel channel = SocketChannel.open(address)) {
            for (long left = bytes; left > 0; left -= BUFFER_BYTES) {
                buffer.clear().limit((int) Math.min(left, BUFFER_BYTES));
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            }
            channel.shutdownOutput();
            channel.read(buffer.clear().limit(1));
        }
        return bytes / 1e6 / ((System.nanoTime() - start) / 1e9);
    }

    private static void receive() throws Exception {
        ExecutorService workers = Executors.newCachedThreadPool();
        TestIdentity identity = TestIdentity.fresh();
        QuicNode node = QuicNode.bind(QuicOptions.at(loopback(0)), workers);
        node.register(
                "bench.dits",
                identity.key(),
                identity.certificate(),
                connection -> connection.onStream(stream -> {
                    try (stream) {
                        byte[] buffer = new byte[BUFFER_BYTES];
                        while (stream.read(buffer, 0, buffer.length) >= 0) {
                            continue;
                        }
                        stream.write(buffer, 0, 1);
                    } catch (IOException e) {
                        stream.reset(0);
                    }
                }));
        ServerSocketChannel server = ServerSocketChannel.open().bind(loopback(0));
        System.out.println(node.localAddress().getPort());
        System.out.println(((InetSocketAddress) server.getLocalAddress()).getPort());
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        while (true) {
            try (SocketChannel channel = server.accept()) {
                while (channel.read(buffer.clear()) >= 0) {
                    continue;
                }
                channel.write(buffer.clear().limit(1));
            }
        }
    }
}
