package dev.dits.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChunkCacheTest {
    private static final long DISK_BYTES = 2 << 20;
    private static final long PACK_BYTES = DISK_BYTES / 16;

    @TempDir
    Path directory;

    private final CacheOptions diskOnly =
            CacheOptions.defaults().withMemoryBytesMax(0).withDiskBytesMax(DISK_BYTES);

    private static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static ObjectId put(ChunkCache cache, byte[] bytes) {
        ObjectId id = ObjectId.hash(bytes);
        cache.put(id, bytes, 0, bytes.length);
        return id;
    }

    private List<Path> packs() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".pack")).toList();
        }
    }

    private long packBytes() throws IOException {
        long sum = 0;
        for (Path pack : packs()) {
            sum += Files.size(pack);
        }
        return sum;
    }

    @Test
    void answersFromMemoryThenFromDisk() throws IOException {
        ObjectId id;
        try (ChunkCache cache =
                ChunkCache.open(directory, CacheOptions.defaults().withDiskBytesMax(DISK_BYTES))) {
            id = put(cache, bytes(1, 1000));
            assertThat(cache.get(id)).isEqualTo(bytes(1, 1000));
            assertThat(cache.stats().memoryHits()).isEqualTo(1);
        }
        try (ChunkCache cache =
                ChunkCache.open(directory, CacheOptions.defaults().withDiskBytesMax(DISK_BYTES))) {
            assertThat(cache.get(id)).isEqualTo(bytes(1, 1000));
            assertThat(cache.get(id)).isEqualTo(bytes(1, 1000));
            assertThat(cache.get(ObjectId.hash(new byte[1]))).isNull();
            CacheStats stats = cache.stats();
            assertThat(stats.diskHits()).isEqualTo(1);
            assertThat(stats.memoryHits()).isEqualTo(1);
            assertThat(stats.misses()).isEqualTo(1);
            assertThat(stats.diskChunks()).isEqualTo(1);
            assertThat(stats.memoryChunks()).isEqualTo(1);
        }
    }

    @Test
    void memoryIsBoundedInBytes() throws IOException {
        try (ChunkCache cache = ChunkCache.open(
                directory, CacheOptions.defaults().withMemoryBytesMax(100_000).withDiskBytesMax(0))) {
            for (int i = 0; i < 100; i++) {
                put(cache, bytes(i, 10_000));
                assertThat(cache.stats().memoryBytes()).isLessThanOrEqualTo(100_000);
            }
            assertThat(cache.stats().memoryChunks()).isBetween(1L, 10L);
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void diskIsBoundedAndKeepsWhatIsNew() throws IOException {
        List<ObjectId> ids = new ArrayList<>();
        try (ChunkCache cache = ChunkCache.open(directory, diskOnly)) {
            for (int i = 0; i < 1000; i++) {
                ids.add(put(cache, bytes(i, 10_000)));
                assertThat(packBytes()).isLessThan(DISK_BYTES + 2 * PACK_BYTES);
            }
            assertThat(cache.stats().evictedChunks()).isGreaterThan(700);
            assertThat(cache.get(ids.get(0))).isNull();
            for (int i = 900; i < 1000; i++) {
                assertThat(cache.get(ids.get(i))).isEqualTo(bytes(i, 10_000));
            }
        }
    }

    @Test
    void whatIsAskedForStays() throws IOException {
        try (ChunkCache cache = ChunkCache.open(directory, diskOnly)) {
            ObjectId loved = put(cache, bytes(-1, 10_000));
            ObjectId unloved = put(cache, bytes(-2, 10_000));
            for (int i = 0; i < 2000; i++) {
                put(cache, bytes(i, 10_000));
                if (i % 10 == 0) {
                    assertThat(cache.get(loved)).as("after %d", i).isEqualTo(bytes(-1, 10_000));
                }
            }
            assertThat(cache.get(unloved)).isNull();
        }
    }

    @Test
    void evictionGoesOnThoughAllIsAskedFor() throws IOException {
        List<ObjectId> ids = new ArrayList<>();
        try (ChunkCache cache = ChunkCache.open(directory, diskOnly)) {
            for (int i = 0; i < 600; i++) {
                ids.add(put(cache, bytes(i, 10_000)));
                for (int back = Math.max(0, i - 250); back <= i; back += 3) {
                    byte[] read = cache.get(ids.get(back));
                    if (read != null) {
                        assertThat(read).isEqualTo(bytes(back, 10_000));
                    }
                }
                assertThat(packBytes()).isLessThan(DISK_BYTES + 3 * PACK_BYTES);
            }
        }
    }

    @Test
    void aDamagedChunkIsAMissAndCanBePutAgain() throws IOException {
        ObjectId id;
        try (ChunkCache cache = ChunkCache.open(directory, diskOnly)) {
            id = put(cache, bytes(1, 500));
        }
        Path pack = packs().get(0);
        byte[] good = Files.readAllBytes(pack);
        for (int at = 16; at < good.length; at++) {
            byte[] bad = good.clone();
            bad[at] ^= 0x10;
            Files.write(pack, bad);
            try (ChunkCache cache = ChunkCache.open(directory, diskOnly)) {
                assertThat(cache.get(id)).as("byte %d", at).isNull();
                assertThat(cache.contains(id)).isFalse();
            }
        }
        try (ChunkCache cache = ChunkCache.open(directory, diskOnly)) {
            assertThat(cache.get(id)).isNull();
            assertThat(put(cache, bytes(1, 500))).isEqualTo(id);
            assertThat(cache.get(id)).isEqualTo(bytes(1, 500));
            cache.gc();
            assertThat(cache.get(id)).isEqualTo(bytes(1, 500));
        }
    }

    @Test
    void twoInstancesShareTheDisk() throws IOException {
        try (ChunkCache one = ChunkCache.open(directory, diskOnly)) {
            ObjectId id;
            try (ChunkCache two = ChunkCache.open(directory, diskOnly)) {
                id = put(two, bytes(1, 1000));
                put(one, bytes(2, 1000));
            }
            assertThat(one.get(id)).isEqualTo(bytes(1, 1000));
        }
    }

    @Test
    void clearingReachesWhatOthersWrite() throws IOException {
        try (ChunkCache one = ChunkCache.open(directory, diskOnly);
                ChunkCache two = ChunkCache.open(directory, diskOnly)) {
            ObjectId mine = put(one, bytes(1, 1000));
            ObjectId other = put(two, bytes(2, 1000));
            one.clear();
            assertThat(packs()).isEmpty();
            assertThat(one.get(mine)).isNull();
            assertThat(two.get(other)).isNull();
            // Both go on: the other one notices at its next flush.
            for (int i = 0; i < 400; i++) {
                put(one, bytes(1000 + i, 1000));
                put(two, bytes(2000 + i, 1000));
            }
            assertThat(one.get(put(one, bytes(1, 1000)))).isEqualTo(bytes(1, 1000));
            assertThat(two.get(put(two, bytes(7, 1000)))).isEqualTo(bytes(7, 1000));
        }
        try (ChunkCache again = ChunkCache.open(directory, diskOnly)) {
            assertThat(again.get(ObjectId.hash(bytes(2399, 1000)))).isEqualTo(bytes(2399, 1000));
        }
    }

    @Test
    void aSmallerBoundIsReachedByGc() throws IOException {
        try (ChunkCache cache = ChunkCache.open(directory, diskOnly)) {
            for (int i = 0; i < 150; i++) {
                put(cache, bytes(i, 10_000));
            }
        }
        try (ChunkCache cache = ChunkCache.open(directory, diskOnly.withDiskBytesMax(1 << 20))) {
            assertThat(cache.gc()).isGreaterThan(400_000);
            assertThat(packBytes()).isLessThanOrEqualTo(1 << 20);
        }
    }
}
