package dev.dits.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.dits.chunk.ChunkProfile;
import dev.dits.chunk.ChunkStream;
import dev.dits.chunk.Chunker;
import dev.dits.object.ObjectId;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * What a commit of new data costs, and of a little that changed, beside the least that could be done with the same bytes:
 *
 * <p>{@code java -cp benchmarks.jar dev.dits.bench.CommitBenchmark [--rounds N] [--directory DIR] [--only large,small,mixed] [--large-bytes N] [--profile NAME] [--smoke]}
 *
 * <p>Each round and each set of files: the yardstick, which in one thread reads all files, cuts them, takes the SHA-256 of each chunk, appends it to one file and at last
 * syncs that; then a commit into a fresh repository, {@code status}, a commit after a hundredth of the set was written anew, and a commit after a byte was inserted in the largest file.
 * Files are made, edited and deleted outside of what is measured, and synced before. The first round is cold: the compiler has not seen the code.
 */
public final class CommitBenchmark {
    private static final int SMALL_FILES = 10_000;
    private static final int SMALL_FILE_BYTES = 4_096;
    private static final int FILES_A_DIRECTORY = 100;
    private static final int MIXED_FILES = 2_000;
    private static final int MIXED_TEXT_BYTES_MAX = 128 << 10;
    private static final int MIXED_LARGE_FILES = 4;
    private static final int MIXED_LARGE_FILE_BYTES = 48 << 20;
    private static final int PIECE_BYTES = 1 << 20;
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private interface Step {
        void run() throws Exception;
    }

    private record Figure(double seconds, double processorSeconds) {}

    /** Files to commit. */
    private record Data(String name, Path root, List<Path> files, long bytes) {
        Path largest() throws IOException {
            Path largest = files.get(0);
            for (Path file : files) {
                if (Files.size(file) > Files.size(largest)) {
                    largest = file;
                }
            }
            return largest;
        }
    }

    private final Path directory;
    private final int rounds;
    private final boolean smoke;
    private final long largeBytes;
    private final Set<String> only;
    private final ChunkProfile profile;
    private final SplittableRandom random = new SplittableRandom(20_260_102);
    private final Map<String, List<Figure>> figures = new LinkedHashMap<>();

    private CommitBenchmark(
            Path directory, int rounds, boolean smoke, long largeBytes, Set<String> only, ChunkProfile profile) {
        this.directory = directory;
        this.rounds = rounds;
        this.smoke = smoke;
        this.largeBytes = largeBytes;
        this.only = only;
        this.profile = profile;
    }

    /**
     * Runs it.
     *
     * @param arguments see the class; {@code --smoke} takes tiny sizes, which show that it works and nothing else
     * @throws Exception if something fails
     */
    public static void main(String[] arguments) throws Exception {
        boolean smoke = false;
        int rounds = 4;
        long largeBytes = 0;
        Set<String> only = Set.of("large", "small", "mixed");
        ChunkProfile profile = ChunkProfile.DEFAULT;
        Path parent = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--smoke" -> smoke = true;
                case "--rounds" -> rounds = Integer.parseInt(arguments[++i]);
                case "--large-bytes" -> largeBytes = Long.parseLong(arguments[++i]);
                case "--only" -> only = Set.copyOf(Arrays.asList(arguments[++i].split(",", -1)));
                case "--profile" ->
                    profile = ChunkProfile.byName(arguments[++i])
                            .orElseThrow(() -> new IllegalArgumentException("no such profile"));
                case "--directory" -> parent = Path.of(arguments[++i]);
                default -> throw new IllegalArgumentException("unknown argument " + arguments[i]);
            }
        }
        if (largeBytes == 0) {
            largeBytes = smoke ? 8 << 20 : 1 << 30;
        }
        Path directory = Files.createTempDirectory(parent, "dits-commit");
        try {
            new CommitBenchmark(directory, rounds, smoke, largeBytes, only, profile).run();
        } finally {
            BenchNodes.delete(directory);
        }
    }

    private void run() throws Exception {
        System.out.printf(
                Locale.ROOT,
                "# Java %s, %d processors, heap %d MiB, profile %s, %d rounds (the first is cold)%n",
                Runtime.version(),
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory() >> 20,
                profile.name(),
                rounds);
        List<Data> sets = new ArrayList<>();
        for (String name : List.of("large", "small", "mixed")) {
            if (only.contains(name)) {
                sets.add(make(name));
            }
        }
        for (int round = 0; round < rounds; round++) {
            for (Data data : sets) {
                round(round, data);
            }
        }
        for (Data data : sets) {
            summarise(data);
        }
    }

    private void round(int round, Data data) throws Exception {
        BenchNodes.delete(data.root.resolve(".dits"));
        Files.deleteIfExists(directory.resolve("yardstick"));
        sync();
        double bare = measure(round, data, "bare", () -> bare(data)).seconds;
        Files.delete(directory.resolve("yardstick"));
        sync();
        Figure commit;
        try (Repository repository =
                Repository.init(data.root, RepositoryOptions.defaults().withProfile(profile))) {
            commit = measure(round, data, "commit", () -> commit(repository));
            Figure unused = measure(round, data, "status", () -> {
                if (!repository.status().clean()) {
                    throw new IOException("the tree differs from what was committed");
                }
            });
            editHundredth(data);
            unused = measure(round, data, "edit 1 %", () -> commit(repository));
            insertByte(data.largest());
            unused = measure(round, data, "insert", () -> commit(repository));
        }
        System.out.printf(
                Locale.ROOT,
                "%-6s commit to bare %.2f, %.0f MB/s%n",
                data.name,
                commit.seconds / bare,
                data.bytes / commit.seconds / 1e6);
    }

    private Figure measure(int round, Data data, String what, Step step) throws Exception {
        long cpu = SYSTEM.getProcessCpuTime();
        long began = System.nanoTime();
        step.run();
        Figure figure = new Figure((System.nanoTime() - began) * 1e-9, (SYSTEM.getProcessCpuTime() - cpu) * 1e-9);
        System.out.printf(
                Locale.ROOT,
                "%-6s %-9s round %d %8.3f s, %8.3f processor s%n",
                data.name,
                what,
                round,
                figure.seconds,
                figure.processorSeconds);
        figures.computeIfAbsent(data.name + " " + what, key -> new ArrayList<>())
                .add(figure);
        return figure;
    }

    private void summarise(Data data) {
        double bare = median(data.name + " bare", 0);
        System.out.printf(
                Locale.ROOT,
                "%n%s: %,d files, %,d bytes%n%-10s %9s %9s %9s %9s%n",
                data.name,
                data.files.size(),
                data.bytes,
                "",
                "cold s",
                "warm s",
                "proc. s",
                "to bare");
        for (String what : List.of("bare", "commit", "status", "edit 1 %", "insert")) {
            String key = data.name + " " + what;
            double warm = median(key, 0);
            System.out.printf(
                    Locale.ROOT,
                    "%-10s %9.3f %9.3f %9.3f %9.2f%n",
                    what,
                    figures.getOrDefault(key, List.of()).get(0).seconds,
                    warm,
                    median(key, 1),
                    warm / bare);
        }
    }

    /** Of the warm rounds, or of the only one. */
    private double median(String key, int which) {
        List<Figure> all = figures.getOrDefault(key, List.of());
        double[] values = all.stream()
                .skip(all.size() > 1 ? 1 : 0)
                .mapToDouble(figure -> which == 0 ? figure.seconds : figure.processorSeconds)
                .sorted()
                .toArray();
        return (values[values.length / 2] + values[(values.length - 1) / 2]) / 2;
    }

    private static void commit(Repository repository) throws IOException {
        if (repository.commit("bench", "bench", CommitProgress.NONE).isEmpty()) {
            throw new IOException("nothing was committed");
        }
    }

    private void bare(Data data) throws IOException {
        ChunkStream stream = new ChunkStream(new Chunker(profile));
        MessageDigest digest = ObjectId.sha256();
        byte[] ids = new byte[ObjectId.BYTES];
        try (FileChannel out = FileChannel.open(
                directory.resolve("yardstick"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (Path file : data.files) {
                try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
                    stream.reset(in);
                    while (stream.next()) {
                        digest.update(stream.array(), stream.offset(), stream.length());
                        byte[] id = digest.digest();
                        for (int i = 0; i < ids.length; i++) {
                            ids[i] ^= id[i];
                        }
                        ByteBuffer chunk = ByteBuffer.wrap(stream.array(), stream.offset(), stream.length());
                        while (chunk.hasRemaining()) {
                            int unused = out.write(chunk);
                        }
                    }
                }
            }
            int unused = out.write(ByteBuffer.wrap(ids));
            out.force(true);
        }
    }

    private Data make(String name) throws IOException {
        Path root = Files.createDirectory(directory.resolve(name));
        List<Path> files = new ArrayList<>();
        switch (name) {
            case "large" -> files.add(write(root.resolve("file"), largeBytes, false));
            case "small" -> {
                for (int i = 0; i < (smoke ? 200 : SMALL_FILES); i++) {
                    Path in = Files.createDirectories(root.resolve("d" + i / FILES_A_DIRECTORY));
                    files.add(write(in.resolve("f" + i), SMALL_FILE_BYTES, false));
                }
            }
            default -> {
                for (int i = 0; i < (smoke ? 20 : MIXED_FILES); i++) {
                    Path in = Files.createDirectories(root.resolve("d" + i / FILES_A_DIRECTORY));
                    files.add(write(in.resolve("text" + i), 1 + random.nextInt(MIXED_TEXT_BYTES_MAX), true));
                }
                for (int i = 0; i < MIXED_LARGE_FILES; i++) {
                    int bytes = smoke ? PIECE_BYTES : MIXED_LARGE_FILE_BYTES;
                    files.add(write(root.resolve("large" + i), bytes, i % 2 == 0));
                }
            }
        }
        long bytes = 0;
        for (Path file : files) {
            bytes += Files.size(file);
        }
        sync();
        return new Data(name, root, files, bytes);
    }

    private Path write(Path file, long bytes, boolean text) throws IOException {
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long left = bytes; left > 0; left -= PIECE_BYTES) {
                ByteBuffer piece = ByteBuffer.wrap(bytes((int) Math.min(left, PIECE_BYTES), text));
                while (piece.hasRemaining()) {
                    int unused = out.write(piece);
                }
            }
        }
        return file;
    }

    /** Random bytes, or lines of words in random order, which shrink to a third or so. */
    private byte[] bytes(int count, boolean text) {
        byte[] bytes = new byte[count];
        if (!text) {
            random.nextBytes(bytes);
            return bytes;
        }
        for (int at = 0; at < count; ) {
            byte[] word = (Integer.toString(random.nextInt(2_000), 36) + (random.nextInt(12) == 0 ? "();\n" : " "))
                    .getBytes(StandardCharsets.US_ASCII);
            int length = Math.min(word.length, count - at);
            System.arraycopy(word, 0, bytes, at, length);
            at += length;
        }
        return bytes;
    }

    /** Writes a hundredth anew: of many files, every hundredth; of one, its middle. */
    private void editHundredth(Data data) throws IOException {
        boolean many = data.files.size() >= FILES_A_DIRECTORY;
        for (int i = 0; i < data.files.size(); i += FILES_A_DIRECTORY) {
            Path file = data.files.get(i);
            long size = Files.size(file);
            long bytes = many ? size : Math.max(1, size / FILES_A_DIRECTORY);
            try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
                out.seek((size - bytes) / 2);
                for (long left = bytes; left > 0; left -= PIECE_BYTES) {
                    out.write(bytes((int) Math.min(left, PIECE_BYTES), false));
                }
            }
        }
        sync();
    }

    private void insertByte(Path file) throws IOException {
        Path longer = directory.resolve("longer");
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(longer, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            int unused = out.write(ByteBuffer.wrap(bytes(1, false)));
            long size = in.size();
            for (long at = 0; at < size; ) {
                at += in.transferTo(at, size - at, out);
            }
        }
        Files.move(longer, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        sync();
    }

    /** What was prepared goes to the disk before the next thing is measured. */
    private void sync() throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            all.filter(Files::isRegularFile).forEach(file -> {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                    channel.force(true);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }
}
