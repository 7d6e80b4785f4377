package dev.dits.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every byte of every file of a cache changed, one after the other: what is given out is right or nothing. */
class PoisonedCacheTest {
    private static final int CHUNKS = 4;

    /** Mapped files of a megabyte that hold no chunk; of these a few bytes are changed. */
    private static final int HINT_BYTES = 1_000;

    @TempDir
    Path temporary;

    private Path directory;

    private final CacheOptions diskOnly =
            CacheOptions.defaults().withMemoryBytesMax(0).withDiskBytesMax(2 << 20);
    private final Map<ObjectId, byte[]> model = new LinkedHashMap<>();

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = Files.createDirectory(temporary.resolve("cache"));
    }

    private ChunkCache open() throws IOException {
        return ChunkCache.open(directory, diskOnly);
    }

    private void fill() throws IOException {
        for (int i = 0; i < CHUNKS; i++) {
            byte[] plain = new byte[30 + 20 * i];
            new Random(i).nextBytes(plain);
            model.put(ObjectId.hash(plain), plain);
            // Each its own opening, so that there is more than one run of the index.
            try (ChunkCache cache = open()) {
                cache.put(ObjectId.hash(plain), plain, 0, plain.length);
            }
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** How many are given out; none of them wrong. */
    private int given(ChunkCache cache, String where) {
        int given = 0;
        for (Map.Entry<ObjectId, byte[]> each : model.entrySet()) {
            byte[] read = cache.get(each.getKey());
            if (read != null) {
                assertThat(read).as(where).isEqualTo(each.getValue());
                given++;
            }
        }
        return given;
    }

    /** The chunk whose content lies there, in packs of chunks that were not compressed. */
    private boolean inContent(byte[] file, int at) {
        return model.values().stream().anyMatch(plain -> {
            for (int from = Math.max(0, at - plain.length + 1);
                    from <= at && from + plain.length <= file.length;
                    from++) {
                if (java.util.Arrays.equals(file, from, from + plain.length, plain, 0, plain.length)) {
                    return true;
                }
            }
            return false;
        });
    }

    @Test
    void noChangedByteIsServedAndWhatIsMissingCanBePutAgain() throws IOException {
        fill();
        int missed = 0;
        int versions = 0;
        long runs = files().stream()
                .filter(file -> file.toString().endsWith(".run"))
                .count();
        for (Path file : files()) {
            byte[] good = Files.readAllBytes(file);
            for (int at = 0; at < Math.min(good.length, HINT_BYTES); at++) {
                String where = file.getFileName() + " byte " + at;
                byte[] bad = good.clone();
                bad[at] ^= (byte) (1 << (at % 8));
                Path poisoned = temporary.resolve("poisoned");
                copy(poisoned);
                Files.write(poisoned.resolve(file.getFileName()), bad);
                try (ChunkCache cache = ChunkCache.open(poisoned, diskOnly)) {
                    int given = given(cache, where);
                    if (!cache.problem().isEmpty()) {
                        assertThat(cache.problem()).contains("newer dits", "delete the directory");
                        versions++;
                        continue;
                    }
                    if (file.toString().endsWith(".pack") && inContent(good, at)) {
                        assertThat(given).as(where).isEqualTo(CHUNKS - 1);
                        missed++;
                    }
                    // Fetched again, as a pull does with what it does not get here.
                    model.forEach((id, plain) -> cache.put(id, plain, 0, plain.length));
                    assertThat(given(cache, where)).as(where).isEqualTo(CHUNKS);
                } finally {
                    delete(poisoned);
                }
            }
        }
        assertThat(versions).as("two bytes a run").isEqualTo(2 * runs);
        assertThat(missed)
                .isEqualTo(
                        model.values().stream().mapToInt(plain -> plain.length).sum());
    }

    /** Changed while it is open and was read before. */
    @Test
    void noByteThatChangesUnderAnOpenCacheIsServed() throws IOException {
        fill();
        for (Path file : files()) {
            if (!file.toString().endsWith(".pack")) {
                continue;
            }
            byte[] good = Files.readAllBytes(file);
            try (ChunkCache cache = open()) {
                assertThat(given(cache, "")).isEqualTo(CHUNKS);
                for (int at = 0; at < good.length; at++) {
                    poke(file, at, (byte) ~good[at]);
                    int given = given(cache, file + " byte " + at);
                    if (inContent(good, at)) {
                        assertThat(given).isLessThan(CHUNKS);
                    }
                    poke(file, at, good[at]);
                }
                model.forEach((id, plain) -> cache.put(id, plain, 0, plain.length));
                assertThat(given(cache, "")).isEqualTo(CHUNKS);
            }
        }
    }

    private static void poke(Path file, int at, byte value) throws IOException {
        try (java.nio.channels.FileChannel channel =
                java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
            channel.write(java.nio.ByteBuffer.wrap(new byte[] {value}), at);
        }
    }

    private void copy(Path to) throws IOException {
        Files.createDirectories(to);
        for (Path file : files()) {
            Files.copy(file, to.resolve(file.getFileName()));
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }
}
