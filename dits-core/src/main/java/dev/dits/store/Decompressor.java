package dev.dits.store;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.dits.error.CorruptObjectException;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Decompresses with contexts that are used again: to make one costs more than to decompress a directory's node. Each takes about 160 KiB outside of the heap. Safe for use by several
 * threads.
 */
final class Decompressor implements AutoCloseable {
    private static final int IDLE_MAX = 8;

    private final ConcurrentLinkedDeque<ZstdDecompressCtx> idle = new ConcurrentLinkedDeque<>();
    private volatile boolean closed;

    /** Fills {@code plain} from a frame, exactly. */
    void decompress(byte[] frame, byte[] plain) throws CorruptObjectException {
        ZstdDecompressCtx context = idle.pollFirst();
        if (context == null) {
            context = new ZstdDecompressCtx();
        }
        try {
            if (context.decompressByteArray(plain, 0, plain.length, frame, 0, frame.length) != plain.length) {
                throw new CorruptObjectException("a record does not decode to its length");
            }
        } catch (ZstdException e) {
            throw new CorruptObjectException("a record is not a valid Zstandard frame", e);
        } finally {
            giveBack(context);
        }
    }

    private void giveBack(ZstdDecompressCtx context) {
        if (closed || idle.size() >= IDLE_MAX) {
            context.close();
            return;
        }
        idle.addFirst(context);
        if (closed) {
            close();
        }
    }

    @Override
    public void close() {
        closed = true;
        for (ZstdDecompressCtx each = idle.pollFirst(); each != null; each = idle.pollFirst()) {
            each.close();
        }
    }
}
