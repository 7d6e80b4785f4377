package dev.dits.sync;

import dev.dits.cache.ChunkCache;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import org.jspecify.annotations.Nullable;

/**
 * The node's chunk cache as a place where a repository looks for promised chunks.
 *
 * @param cache the cache
 */
public record CacheSource(ChunkCache cache) implements ObjectSource {
    @Override
    public byte @Nullable [] read(ObjectId id) {
        return cache.get(id);
    }

    @Override
    public boolean contains(ObjectId id) {
        return cache.contains(id);
    }
}
