package dev.dits.bench;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.MountOptions;
import dev.dits.Sync;
import dev.dits.TransferResult;
import dev.dits.crypto.PeerCertificate;
import dev.dits.quic.QuicConnection;
import dev.dits.quic.QuicNode;
import dev.dits.quic.QuicOptions;
import dev.dits.quic.QuicStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

/**
 * How fast a transfer is, from one process to another over the loopback interface, next to what bounds it, in one run: plain TCP, a bare QUIC stream
 * with the same packets, and writing a file. The figures of one run move with the machine; their ratios are what to look at.
 *
 * <p>{@code java -Xmx256m -cp benchmarks.jar dev.dits.bench.TransferBenchmark [--smoke] [--rounds N] [--directory DIR]}
 */
public final class TransferBenchmark {
    private static final int PIECE_BYTES = 64 << 10;
    private static final int SMALL_FILE_BYTES = 4 << 10;
    private static final int SMALL_FILES_PER_DIRECTORY = 100;

    private final Path directory;
    private final int rounds;
    private final long bytes;
    private final int smallFiles;

    /** What to measure; for profiling one thing. */
    private final java.util.Set<String> only = java.util.Set.of(
            System.getProperty("dits.bench.only", "tcp,quic,write,pull,small").split(","));

    private final Map<String, List<Sample>> samples = new LinkedHashMap<>();

    /** One measurement: elapsed and processor seconds of both processes. */
    private record Sample(double seconds, double receiverCpuSeconds, double sharerCpuSeconds) {
        double cpuSeconds() {
            return receiverCpuSeconds + sharerCpuSeconds;
        }
    }

    private interface Step {
        void run() throws Exception;
    }

    private TransferBenchmark(Path directory, int rounds, boolean smoke) {
        this.directory = directory;
        this.rounds = rounds;
        this.bytes = smoke ? 8L << 20 : 1L << 30;
        this.smallFiles = smoke ? 200 : 10_000;
    }

    /**
     * Runs the benchmark and prints a table.
     *
     * @param arguments {@code --smoke} for tiny sizes that only show that it works, {@code --rounds N}, {@code --directory DIR} for a file system of
     *     one's own choice with 5 GiB to spare
     * @throws Exception if anything fails
     */
    public static void main(String[] arguments) throws Exception {
        boolean smoke = Boolean.getBoolean("smoke");
        int rounds = 0;
        Path parent = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--smoke" -> smoke = true;
                case "--rounds" -> rounds = Integer.parseInt(arguments[++i]);
                case "--directory" -> parent = Path.of(arguments[++i]);
                default -> throw new IllegalArgumentException("unknown argument " + arguments[i]);
            }
        }
        Path directory = Files.createTempDirectory(parent, "dits-bench");
        try {
            new TransferBenchmark(directory, rounds > 0 ? rounds : smoke ? 2 : 5, smoke).run();
        } finally {
            BenchNodes.delete(directory);
        }
    }

    private void run() throws Exception {
        Path large = Files.createDirectory(directory.resolve("large"));
        Path small = Files.createDirectory(directory.resolve("small"));
        writeRandom(large.resolve("file"), bytes);
        for (int i = 0; i < smallFiles; i++) {
            Path in = small.resolve("d" + i / SMALL_FILES_PER_DIRECTORY);
            Files.createDirectories(in);
            writeRandom(in.resolve("f" + i), SMALL_FILE_BYTES, i + 1);
        }
        ExecutorService workers = Executors.newCachedThreadPool();
        PeerCertificate certificate = PeerCertificate.generate(new SecureRandom());
        try (Sharer.Handle sharer = new Sharer.Handle(directory.resolve("home-sharer"));
                QuicNode node = QuicNode.bind(QuicOptions.at(loopback(0)), workers)) {
            System.out.printf(
                    Locale.ROOT,
                    "# Java %s, %d processors, heap %d MiB each, %d rounds (the first is cold)%n",
                    Runtime.version(),
                    Runtime.getRuntime().availableProcessors(),
                    Runtime.getRuntime().maxMemory() >> 20,
                    rounds);
            if (only.contains("pull")) {
                System.out.printf(Locale.ROOT, "commit of the large file: %.2f s%n", sharer.commit(large));
            }
            if (only.contains("small")) {
                System.out.printf(Locale.ROOT, "commit of the small files: %.2f s%n", sharer.commit(small));
            }
            for (int round = 0; round < rounds; round++) {
                measure("tcp", sharer, () -> tcp(sharer.tcpPort));
                try (QuicConnection connection = node.connect(
                        loopback(sharer.quicPort),
                        Sharer.SERVER_NAME,
                        certificate.privateKey(),
                        certificate.certificate(),
                        null,
                        Duration.ofSeconds(10))) {
                    measure("quic", sharer, () -> quic(connection));
                    System.out.printf("       in packets of %d bytes%n", connection.packetBytes());
                }
                measure("write", sharer, this::write);
                pull("pull", sharer, large, round, round == rounds - 1);
                pull("small", sharer, small, round, false);
            }
        } finally {
            workers.shutdownNow();
        }
        table();
    }

    private void measure(String what, Sharer.Handle sharer, Step step) throws Exception {
        if (!only.contains(what) && !what.equals("edit")) {
            return;
        }
        double sharerBefore = sharer.cpuSeconds();
        double before = Sharer.processCpuSeconds();
        long start = System.nanoTime();
        step.run();
        double seconds = (System.nanoTime() - start) / 1e9;
        Sample sample = new Sample(seconds, Sharer.processCpuSeconds() - before, sharer.cpuSeconds() - sharerBefore);
        samples.computeIfAbsent(what, key -> new ArrayList<>()).add(sample);
        System.out.printf(
                Locale.ROOT,
                "%-6s %7.3f s, processor %6.2f s receiving, %6.2f s sending%n",
                what,
                sample.seconds,
                sample.receiverCpuSeconds,
                sample.sharerCpuSeconds);
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private void tcp(int port) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE_BYTES);
        try (SocketChannel channel = SocketChannel.open(loopback(port))) {
            buffer.putLong(bytes).flip();
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            long received = 0;
            for (int read = channel.read(buffer.clear()); read >= 0; read = channel.read(buffer.clear())) {
                received += read;
            }
            expect(received, bytes);
        }
    }

    private void quic(QuicConnection connection) throws IOException {
        byte[] buffer = new byte[PIECE_BYTES];
        try (QuicStream stream = connection.openStream()) {
            stream.write(ByteBuffer.allocate(Long.BYTES).putLong(0, bytes));
            stream.shutdownOutput();
            long received = 0;
            for (int read = stream.read(buffer, 0, PIECE_BYTES);
                    read >= 0;
                    read = stream.read(buffer, 0, PIECE_BYTES)) {
                received += read;
            }
            expect(received, bytes);
        }
    }

    private static void expect(long received, long expected) throws IOException {
        if (received != expected) {
            throw new IOException(received + " bytes arrived, not " + expected);
        }
    }

    /** What the disk alone takes. */
    private void write() throws IOException {
        Path file = directory.resolve("written");
        ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE_BYTES);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long left = bytes; left > 0; left -= PIECE_BYTES) {
                buffer.clear();
                buffer.putLong(0, left);
                channel.write(buffer);
            }
            channel.force(true);
        }
        Files.delete(file);
    }

    /** A first pull into a new mount of a new node: nothing is in its cache. */
    private void pull(String what, Sharer.Handle sharer, Path source, int round, boolean thenEdit) throws Exception {
        if (!only.contains(what)) {
            return;
        }
        Path home = directory.resolve("home-" + what + round);
        Path target = directory.resolve("mount-" + what + round);
        String code = sharer.share(source);
        try (Dits dits = Dits.open(BenchNodes.options(home, "mounter"));
                Mount mount = dits.mount(code, target, MountOptions.defaults().withSync(Sync.MANUAL))) {
            measure(what, sharer, () -> {
                TransferResult result = mount.pull().await();
                if (!result.refused().isEmpty()) {
                    throw new IOException("refused: " + result.refused());
                }
            });
            same(source, target);
            if (thenEdit) {
                edit(sharer, mount, source, target);
            }
        } finally {
            sharer.unshare();
        }
        BenchNodes.delete(home);
        BenchNodes.delete(target);
    }

    /** A byte in front moves all that follows by one. */
    private void edit(Sharer.Handle sharer, Mount mount, Path source, Path target) throws Exception {
        Path longer = directory.resolve("longer");
        try (InputStream in = Files.newInputStream(source.resolve("file"));
                OutputStream out = Files.newOutputStream(longer)) {
            out.write(42);
            in.transferTo(out);
        }
        Files.move(longer, source.resolve("file"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        sharer.commit(source);
        long before = sharer.bytesSent();
        measure("edit", sharer, () -> mount.pull().await());
        System.out.printf(
                Locale.ROOT,
                "one byte inserted in front of the large file: %,d bytes of frames sent%n",
                sharer.bytesSent() - before);
        same(source, target);
    }

    /** Not part of what is measured: the transfer has verified every byte already, this verifies the transfer. */
    static void same(Path source, Path target) throws IOException {
        try (Stream<Path> all = Files.walk(source)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                Path relative = source.relativize(file);
                if (!relative.startsWith(".dits") && Files.mismatch(file, target.resolve(relative)) >= 0) {
                    throw new IOException(relative + " did not arrive as it is");
                }
            }
        }
    }

    static double median(Stream<Double> values) {
        double[] sorted = values.mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** Warm rounds if there is more than one. */
    private List<Sample> warm(String what) {
        List<Sample> all = samples.getOrDefault(what, List.of());
        return all.size() > 1 ? all.subList(1, all.size()) : all;
    }

    private void table() {
        if (only.size() < 5) {
            return;
        }
        System.out.println();
        System.out.println(
                "| what | cold | median of the others | to QUIC | processor seconds a GB, receiver + sender |");
        System.out.println("| --- | --- | --- | --- | --- |");
        row("plain TCP, discarded", "tcp");
        row("bare QUIC stream, discarded", "quic");
        row("write of a file, fsync", "write");
        row("pull of one file, verified, durable", "pull");
        double cold = samples.get("small").get(0).seconds;
        double warm = median(warm("small").stream().map(Sample::seconds));
        System.out.printf(
                Locale.ROOT,
                "| pull of %,d files of 4 KiB | %.2f s | %.2f s (%,.0f files/s) | | |%n",
                smallFiles,
                cold,
                warm,
                smallFiles / warm);
        // Round by round, so that what slows the machine down meanwhile slows both.
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < warm("pull").size(); i++) {
            ratios.add(warm("quic").get(i).seconds / warm("pull").get(i).seconds);
        }
        System.out.printf(
                Locale.ROOT,
                "%npull to bare QUIC stream, round by round: median %.2f of %s%n",
                median(ratios.stream()),
                ratios.stream()
                        .map(ratio -> String.format(Locale.ROOT, "%.2f", ratio))
                        .toList());
    }

    private void row(String title, String what) {
        double cold = bytes / 1e6 / samples.get(what).get(0).seconds;
        double warm = bytes / 1e6 / median(warm(what).stream().map(Sample::seconds));
        double quic = bytes / 1e6 / median(warm("quic").stream().map(Sample::seconds));
        System.out.printf(
                Locale.ROOT,
                "| %s | %.0f MB/s | %.0f MB/s | %.2f | %.2f = %.2f + %.2f |%n",
                title,
                cold,
                warm,
                warm / quic,
                median(warm(what).stream().map(Sample::cpuSeconds)) / (bytes / 1e9),
                median(warm(what).stream().map(Sample::receiverCpuSeconds)) / (bytes / 1e9),
                median(warm(what).stream().map(Sample::sharerCpuSeconds)) / (bytes / 1e9));
    }

    static void writeRandom(Path file, long length) throws IOException {
        writeRandom(file, length, 0);
    }

    private static void writeRandom(Path file, long length, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(20_260_101 + seed);
        byte[] piece = new byte[(int) Math.min(length, 1 << 20)];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (long left = length; left > 0; left -= piece.length) {
                random.nextBytes(piece);
                out.write(piece, 0, (int) Math.min(left, piece.length));
            }
        }
    }
}
