package dev.dits.cache;

import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/** What several threads see of a chunk cache that has room for everything is what one thread could have seen. */
@Param(name = "chunk", gen = IntGen.class, conf = "0:2")
public class ChunkCacheLinearizabilityTest {
    private final ChunkCache cache;

    public ChunkCacheLinearizabilityTest() throws IOException {
        cache = ChunkCache.open(
                Path.of("nowhere"),
                CacheOptions.defaults().withMemoryBytesMax(1 << 20).withDiskBytesMax(0));
    }

    private static byte[] bytes(int chunk) {
        return new byte[] {(byte) chunk, 7};
    }

    @Operation
    public void put(@Param(name = "chunk") int chunk) {
        byte[] bytes = bytes(chunk);
        cache.put(ObjectId.hash(bytes), bytes, 0, bytes.length);
    }

    @Operation
    public int get(@Param(name = "chunk") int chunk) {
        byte[] found = cache.get(ObjectId.hash(bytes(chunk)));
        return found == null ? -1 : found[0];
    }

    @Operation
    public boolean contains(@Param(name = "chunk") int chunk) {
        return cache.contains(ObjectId.hash(bytes(chunk)));
    }

    /** What it is held to. */
    public static class Model {
        private final Set<Integer> chunks = new HashSet<>();

        public Model() {}

        public void put(int chunk) {
            chunks.add(chunk);
        }

        public int get(int chunk) {
            return chunks.contains(chunk) ? chunk : -1;
        }

        public boolean contains(int chunk) {
            return chunks.contains(chunk);
        }
    }

    @Test
    void aThreadSeesWhatOneThreadCouldHaveSeen() {
        new StressOptions()
                .iterations(10)
                .invocationsPerIteration(100)
                .threads(3)
                .actorsPerThread(3)
                .sequentialSpecification(Model.class)
                .check(ChunkCacheLinearizabilityTest.class);
    }
}
