package dev.dits.store;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdException;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * Compresses what shrinks, and finds out cheaply what does not. Safe for use by several threads.
 *
 * <p>A sample of 4 KiB is compressed at level 5: level 1 misses what it would shrink in so little, and a histogram of bytes misleads.
 */
final class Compressor implements AutoCloseable {
    private static final int SAMPLE_BYTES = 4096;
    private static final int PLAIN_BYTES_MIN = 64;
    private static final int SAMPLE_LEVEL = 5;
    private static final int LEVEL = 1;
    private static final int IDLE_MAX = 16;

    private final ConcurrentLinkedDeque<Contexts> idle = new ConcurrentLinkedDeque<>();
    private volatile boolean closed;

    private static final class Contexts implements AutoCloseable {
        private final ZstdCompressCtx sample = new ZstdCompressCtx().setLevel(SAMPLE_LEVEL);
        private final ZstdCompressCtx whole = new ZstdCompressCtx().setLevel(LEVEL);
        private byte[] buffer = new byte[(int) Zstd.compressBound(SAMPLE_BYTES)];

        byte[] buffer(int plainBytes) {
            int bound = (int) Zstd.compressBound(plainBytes);
            if (buffer.length < bound) {
                buffer = new byte[bound];
            }
            return buffer;
        }

        @Override
        public void close() {
            sample.close();
            whole.close();
        }
    }

    /** Compresses bytes; null if they are better stored as they are. */
    byte @Nullable [] compress(byte[] data, int offset, int length) {
        if (length < PLAIN_BYTES_MIN) {
            return null;
        }
        Contexts contexts = idle.pollFirst();
        if (contexts == null) {
            contexts = new Contexts();
        }
        try {
            byte[] buffer = contexts.buffer(length);
            if (length > 2 * SAMPLE_BYTES) {
                int from = offset + (length - SAMPLE_BYTES) / 2;
                int sample = contexts.sample.compressByteArray(buffer, 0, buffer.length, data, from, SAMPLE_BYTES);
                if (!worthwhile(SAMPLE_BYTES, sample)) {
                    return null;
                }
            }
            int stored = contexts.whole.compressByteArray(buffer, 0, buffer.length, data, offset, length);
            return worthwhile(length, stored) ? Arrays.copyOf(buffer, stored) : null;
        } catch (ZstdException e) {
            return null; // what cannot be compressed is stored plain
        } finally {
            giveBack(contexts);
        }
    }

    // Less than a thirty-second is not worth the time to decompress.
    private static boolean worthwhile(int plain, int stored) {
        return stored < plain - plain / 32;
    }

    private void giveBack(Contexts contexts) {
        if (closed || idle.size() >= IDLE_MAX) {
            contexts.close();
            return;
        }
        idle.addFirst(contexts);
        if (closed) {
            close();
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Contexts each = idle.pollFirst(); each != null; each = idle.pollFirst()) {
            each.close();
        }
    }
}
