package dev.dits.cache;

import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.store.StoreContractTest;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class ChunkCacheContractTest extends StoreContractTest {
    @TempDir
    Path directory;

    @Override
    protected Subject open() throws IOException {
        // Hardly any memory, so that it is the disk that answers.
        CacheOptions options = CacheOptions.defaults().withMemoryBytesMax(1000).withDiskBytesMax(64 << 20);
        ChunkCache cache = ChunkCache.open(directory, options);
        return new Subject() {
            @Override
            public ObjectSource source() {
                return new ObjectSource() {
                    @Override
                    public byte[] read(ObjectId id) {
                        return cache.get(id);
                    }

                    @Override
                    public boolean contains(ObjectId id) {
                        return cache.contains(id);
                    }
                };
            }

            @Override
            public void put(ObjectId id, byte[] bytes) {
                cache.put(id, bytes, 0, bytes.length);
            }

            @Override
            public void close() {
                cache.close();
            }
        };
    }

    @Override
    protected boolean keeps() {
        return true; // nothing here comes near the bound
    }
}
