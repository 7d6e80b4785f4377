package dev.dits.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.disk.FaultDisk;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheOnFullDiskTest {
    @TempDir
    Path temp;

    private static CacheOptions options(FaultDisk disk) {
        return CacheOptions.defaults().withDiskBytesMax(1 << 20).withDisk(disk);
    }

    /** Opening is the one place where a full disk would be in somebody's way. */
    @Test
    void aFullDiskLeavesTheMemory() throws IOException {
        int without = 0;
        for (int ordinal = 1; ; ordinal++) {
            Path directory = temp.toRealPath().resolve("full-" + ordinal);
            FaultDisk disk = FaultDisk.plain(ordinal);
            disk.plan(FaultDisk.Fault.FULL, ordinal);
            try (ChunkCache cache = ChunkCache.open(directory, options(disk))) {
                boolean full = disk.struck() != null;
                assertThat(cache.problem().isEmpty()).isEqualTo(!full);
                byte[] bytes = new byte[20_000];
                new Random(ordinal).nextBytes(bytes);
                cache.putOwned(ObjectId.hash(bytes), bytes);
                assertThat(cache.get(ObjectId.hash(bytes))).isEqualTo(bytes);
                if (!full) {
                    break;
                }
                without++;
                assertThat(cache.problem())
                        .contains("in memory only")
                        .contains("disk is full")
                        .contains("free some");
                assertThat(cache.diskBytesMax()).isZero();
                assertThat(cache.stats().diskChunks()).isZero();
                cache.clear();
                cache.gc();
            }
            assertThat(FaultDisk.openFiles(directory)).isZero();
            // Once there is room it is as ever.
            try (ChunkCache cache = ChunkCache.open(directory, options(FaultDisk.plain(1)))) {
                assertThat(cache.problem()).isEmpty();
            }
        }
        assertThat(without).isPositive();
    }
}
