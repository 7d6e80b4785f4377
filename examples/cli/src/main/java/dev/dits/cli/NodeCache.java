package dev.dits.cli;

import dev.dits.DitsOptions;
import dev.dits.cache.CacheOptions;
import dev.dits.cache.ChunkCache;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The node's chunk cache, for commands that need no peer: what a mount pulled lies there. Opened when it is first needed, which in a
 * repository that is no mount is never.
 */
final class NodeCache implements ObjectSource, AutoCloseable {
    private final Context context;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable ChunkCache cache;
    private boolean closed;

    NodeCache(Context context) {
        this.context = context;
    }

    /** Nothing where there is none, or it is closed. */
    private @Nullable ChunkCache cache() throws IOException {
        lock.lock();
        try {
            if (cache == null && !closed) {
                DitsOptions options = context.ditsOptions();
                Path directory = options.home().resolve("cache");
                if (!Files.isDirectory(directory)) {
                    return null;
                }
                cache = ChunkCache.open(directory, CacheOptions.defaults().withDiskBytesMax(options.cacheBytes()));
            }
            return cache;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public byte @Nullable [] read(ObjectId id) throws IOException {
        ChunkCache opened = cache();
        return opened == null ? null : opened.get(id);
    }

    @Override
    public boolean contains(ObjectId id) throws IOException {
        ChunkCache opened = cache();
        return opened != null && opened.contains(id);
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (cache != null) {
                cache.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
