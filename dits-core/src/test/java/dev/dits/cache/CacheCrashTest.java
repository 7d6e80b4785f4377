package dev.dits.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.disk.CrashPoints;
import dev.dits.disk.FaultDisk;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that is killed, or loses its power, at any step of what its cache does: afterwards the cache opens, gives out nothing wrong, keeps its bound and works. */
class CacheCrashTest {
    /** The least there can be; so packs are as small as they get, and much is evicted. */
    private static final long DISK_BYTES = 1 << 20;

    /** Of a pack that is begun, and of one that is being evicted into it, a part is there twice. */
    private static final long SLACK_BYTES = DISK_BYTES / 2;

    private static final int CHUNK_BYTES = 60_000;

    @TempDir
    Path temporary;

    private final Map<ObjectId, byte[]> put = new LinkedHashMap<>();

    private static CacheOptions options(FaultDisk disk) {
        return CacheOptions.defaults()
                .withMemoryBytesMax(0)
                .withDiskBytesMax(DISK_BYTES)
                .withDisk(disk);
    }

    private static byte[] chunk(long seed) {
        byte[] bytes = new byte[CHUNK_BYTES];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private void put(ChunkCache cache, long seed) {
        byte[] bytes = chunk(seed);
        ObjectId id = ObjectId.hash(bytes);
        put.put(id, bytes);
        cache.put(id, bytes, 0, bytes.length);
    }

    /** Fills it past its bound, asks for some, opens it again, collects, and clears it. */
    private void work(Path directory, FaultDisk disk) throws IOException {
        try (ChunkCache cache = ChunkCache.open(directory, options(disk))) {
            for (int i = 0; i < 21; i++) {
                put(cache, i);
                cache.get(ObjectId.hash(chunk(i / 2)));
            }
            assertThat(cache.gc()).isNotNegative();
        }
        try (ChunkCache cache = ChunkCache.open(directory, options(disk))) {
            put(cache, 100);
            cache.clear();
            put(cache, 101);
        }
    }

    private static long packBytes(Path directory) throws IOException {
        long sum = 0;
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file :
                    files.filter(one -> one.toString().endsWith(".pack")).toList()) {
                sum += Files.size(file);
            }
        }
        return sum;
    }

    private void check(Path left, String where) throws IOException {
        try (ChunkCache cache = ChunkCache.open(left, options(FaultDisk.plain(1)))) {
            assertThat(cache.problem()).as(where).isEmpty();
            for (Map.Entry<ObjectId, byte[]> each : put.entrySet()) {
                byte[] read = cache.get(each.getKey());
                if (read != null) {
                    assertThat(read).as(where).isEqualTo(each.getValue());
                }
            }
            byte[] fresh = chunk(7_777);
            cache.put(ObjectId.hash(fresh), fresh, 0, fresh.length);
            assertThat(cache.get(ObjectId.hash(fresh))).as(where).isEqualTo(fresh);
            assertThat(cache.gc()).as(where).isNotNegative();
            assertThat(packBytes(left)).as(where).isLessThanOrEqualTo(DISK_BYTES + SLACK_BYTES);
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

    @Test
    void aKillOrPowerCutAtAnyStepLeavesACacheThatTellsTheTruth() throws IOException {
        Path home = temporary.toRealPath();
        Path directory = Files.createDirectory(home.resolve("cache"));
        FaultDisk disk = FaultDisk.withModel(directory, 1);
        int[] last = new int[1];
        disk.watch((point, ordinal) -> {
            last[0] = ordinal;
            Path killed = home.resolve("killed");
            FaultDisk.copy(directory, killed);
            check(killed, "killed at " + ordinal + " " + point);
            delete(killed);
            Path cut = home.resolve("cut");
            disk.cut(cut, ordinal);
            check(cut, "cut at " + ordinal + " " + point);
            delete(cut);
        });
        work(directory, disk);
        disk.watch(null);
        assertThat(last[0]).isGreaterThan(50);
        assertThat(disk.points()).isEqualTo(CrashPoints.of("cache"));
    }

    /** The process goes on: a fault of the disk is a miss, and nothing stays open. */
    @Test
    void noFaultOfTheDiskIsInAnybodysWay() throws IOException {
        for (FaultDisk.Fault fault : FaultDisk.Fault.values()) {
            if (fault == FaultDisk.Fault.KILL) {
                continue;
            }
            for (int ordinal = 1; ; ordinal += 61) {
                Path directory = Files.createDirectory(temporary.toRealPath().resolve(fault + "-" + ordinal));
                FaultDisk disk = FaultDisk.plain(ordinal);
                try (ChunkCache cache = ChunkCache.open(directory, options(disk))) {
                    disk.plan(fault, ordinal);
                    for (int i = 0; i < 21; i++) {
                        put(cache, i);
                        byte[] read = cache.get(ObjectId.hash(chunk(i / 2)));
                        assertThat(read == null || java.util.Arrays.equals(read, chunk(i / 2)))
                                .isTrue();
                    }
                }
                assertThat(FaultDisk.openFiles(directory)).as(disk.struck()).isZero();
                check(directory, fault + " at " + disk.struck());
                delete(directory);
                if (disk.struck() == null) {
                    break;
                }
            }
        }
    }
}
