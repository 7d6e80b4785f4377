package dev.dits.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.dits.Dits;
import dev.dits.Share;
import dev.dits.ShareOptions;
import dev.dits.crypto.PeerCertificate;
import dev.dits.net.ByteStream;
import dev.dits.quic.QuicNode;
import dev.dits.quic.QuicOptions;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * The sending process of {@link TransferBenchmark}: shares a directory, and answers on plain TCP and on a bare QUIC stream with as many bytes as it is
 * asked for. It takes commands, one a line, from its standard input, answers each with a line, and ends with its input.
 */
final class Sharer {
    static final String SERVER_NAME = "bench.dits";
    private static final int PIECE_BYTES = 64 << 10;

    private Sharer() {}

    /** The parent's end. */
    static final class Handle implements AutoCloseable {
        final int tcpPort;
        final int quicPort;
        private final Process process;
        private final BufferedReader answers;
        private final BufferedWriter commands;

        /** Starts the process, with as much heap as this one has. */
        Handle(Path home) throws IOException {
            List<String> command = new ArrayList<>();
            command.add(
                    Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
            command.add("-Xmx" + Runtime.getRuntime().maxMemory());
            // For a profiler.
            String more = System.getProperty("dits.bench.sharerOptions", "");
            if (!more.isBlank()) {
                command.addAll(Arrays.asList(more.trim().split(" +")));
            }
            command.addAll(
                    List.of("-cp", System.getProperty("java.class.path", ""), Sharer.class.getName(), home.toString()));
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            answers = process.inputReader(StandardCharsets.UTF_8);
            commands = process.outputWriter(StandardCharsets.UTF_8);
            boolean started = false;
            try {
                tcpPort = Integer.parseInt(answer());
                quicPort = Integer.parseInt(answer());
                started = true;
            } finally {
                if (!started) {
                    close();
                }
            }
        }

        private String answer() throws IOException {
            String line = answers.readLine();
            if (line == null) {
                throw new IOException("the sharing process ended; its messages are above");
            }
            return line;
        }

        private String ask(String command) throws IOException {
            commands.write(command);
            commands.newLine();
            commands.flush();
            return answer();
        }

        /** Commits all of a directory, which becomes a repository if it is none; returns the seconds it took. */
        double commit(Path directory) throws IOException {
            return Double.parseDouble(ask("commit " + directory));
        }

        /** Shares a directory; returns what a mount needs. */
        String share(Path directory) throws IOException {
            return ask("share " + directory);
        }

        void unshare() throws IOException {
            ask("unshare");
        }

        /** Bytes of frames that the share has sent. */
        long bytesSent() throws IOException {
            return Long.parseLong(ask("sent"));
        }

        /** Bytes of the heap that are in use after a collection, then of the process that are in memory. */
        long[] memory() throws IOException {
            return Arrays.stream(ask("memory").split(" "))
                    .mapToLong(Long::parseLong)
                    .toArray();
        }

        /** Id of what the branch of the shared directory points to. */
        String head() throws IOException {
            return ask("head");
        }

        double cpuSeconds() throws IOException {
            return Double.parseDouble(ask("cpu"));
        }

        @Override
        public void close() throws IOException {
            commands.close();
            try {
                if (!process.waitFor(20, java.util.concurrent.TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            } finally {
                answers.close();
            }
        }
    }

    /** Processor time that this process has used, user and system. */
    static double processCpuSeconds() {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        return system.getProcessCpuTime() / 1e9;
    }

    static long heapBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** What the kernel counts for this process, native memory among it; 0 where it does not say so. */
    static long residentBytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!java.nio.file.Files.exists(status)) {
            return 0;
        }
        for (String line : java.nio.file.Files.readAllLines(status)) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
            }
        }
        return 0;
    }

    /**
     * Runs the process.
     *
     * @param arguments the directory of its settings and cache
     */
    public static void main(String[] arguments) throws Exception {
        PrintStream answers = System.out;
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        ExecutorService workers = Executors.newCachedThreadPool();
        PeerCertificate certificate = PeerCertificate.generate(new SecureRandom());
        try (ServerSocketChannel server =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                QuicNode node = QuicNode.bind(
                        QuicOptions.at(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)), workers);
                Dits dits = Dits.open(BenchNodes.options(Path.of(arguments[0]), "sharer"))) {
            workers.execute(() -> serveTcp(server));
            node.register(
                    SERVER_NAME,
                    certificate.privateKey(),
                    certificate.certificate(),
                    connection -> connection.onStream(Sharer::serveQuic));
            answers.println(((InetSocketAddress) server.getLocalAddress()).getPort());
            answers.println(node.localAddress().getPort());
            serve(commands, answers, dits);
        } finally {
            workers.shutdownNow();
        }
    }

    private static void serve(BufferedReader commands, PrintStream answers, Dits dits) throws Exception {
        Share share = null;
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.split(" ", 2);
            switch (words[0]) {
                case "commit" -> answers.println(commit(Path.of(words[1])));
                case "share" -> {
                    share = dits.share(
                            Path.of(words[1]),
                            ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()));
                    answers.println(
                            share.joinCode() + "@127.0.0.1:" + share.address().getPort());
                }
                case "unshare" -> {
                    close(share);
                    share = null;
                    answers.println("closed");
                }
                case "sent" -> answers.println(share == null ? 0 : share.bytesSent());
                case "memory" -> answers.println(heapBytes() + " " + residentBytes());
                case "head" ->
                    answers.println(
                            share == null ? "" : share.head().orElseThrow().toString());
                case "cpu" -> answers.println(processCpuSeconds());
                default -> throw new IOException("unknown command: " + line);
            }
        }
        close(share);
    }

    private static void close(@Nullable Share share) throws IOException {
        if (share != null) {
            share.close();
        }
    }

    private static double commit(Path directory) throws IOException {
        boolean exists = java.nio.file.Files.exists(directory.resolve(Repository.DIRECTORY));
        long start = System.nanoTime();
        try (Repository repository = exists
                ? Repository.open(directory, RepositoryOptions.defaults())
                : Repository.init(directory, RepositoryOptions.defaults())) {
            if (repository.commit("Benchmark", "bench", CommitProgress.NONE).isEmpty()) {
                throw new IOException("there was nothing to commit");
            }
        }
        return (System.nanoTime() - start) / 1e9;
    }

    private static void serveTcp(ServerSocketChannel server) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE_BYTES);
        while (server.isOpen()) {
            try (SocketChannel channel = server.accept()) {
                buffer.clear().limit(Long.BYTES);
                int read = 0;
                while (buffer.hasRemaining() && read >= 0) {
                    read = channel.read(buffer);
                }
                for (long left = buffer.getLong(0); left > 0; left -= PIECE_BYTES) {
                    buffer.clear().limit((int) Math.min(left, PIECE_BYTES));
                    while (buffer.hasRemaining()) {
                        channel.write(buffer);
                    }
                }
            } catch (java.nio.channels.ClosedChannelException e) {
                return;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void serveQuic(ByteStream stream) {
        try (stream) {
            byte[] buffer = new byte[PIECE_BYTES];
            for (int have = 0; have < Long.BYTES; ) {
                int read = stream.read(buffer, have, Long.BYTES - have);
                if (read < 0) {
                    throw new EOFException("the stream ended before it said how much to send");
                }
                have += read;
            }
            for (long left = ByteBuffer.wrap(buffer).getLong(0); left > 0; left -= PIECE_BYTES) {
                stream.write(buffer, 0, (int) Math.min(left, PIECE_BYTES));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
