package dev.dits.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.dits.error.CorruptObjectException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Contexts that are used again. */
class DecompressorTest {
    private static byte[] plain(long seed) {
        byte[] plain = new byte[1_000 + (int) seed % 100];
        Random random = new Random(seed);
        for (int i = 0; i < plain.length; i++) {
            plain[i] = (byte) random.nextInt(4);
        }
        return plain;
    }

    private static void decompresses(Decompressor decompressor, long seed) throws CorruptObjectException {
        byte[] plain = plain(seed);
        byte[] found = new byte[plain.length];
        decompressor.decompress(Zstd.compress(plain), found);
        assertThat(found).isEqualTo(plain);
    }

    @Test
    void aFrameThatFailsDoesNotHarmTheNext() throws CorruptObjectException {
        try (Decompressor decompressor = new Decompressor()) {
            byte[] frame = Zstd.compress(plain(1));
            for (int i = 0; i < frame.length; i++) {
                byte[] cut = Arrays.copyOf(frame, i);
                assertThatThrownBy(() -> decompressor.decompress(cut, new byte[plain(1).length]))
                        .isInstanceOf(CorruptObjectException.class);
                decompresses(decompressor, i);
            }
            for (int length : new int[] {0, 1, plain(1).length - 1, plain(1).length + 1}) {
                assertThatThrownBy(() -> decompressor.decompress(frame, new byte[length]))
                        .isInstanceOf(CorruptObjectException.class);
                decompresses(decompressor, length);
            }
        }
    }

    @Test
    void manyThreadsDoNotMeet() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(12);
        try (Decompressor decompressor = new Decompressor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                long seed = i;
                all.add(threads.submit(() -> {
                    decompresses(decompressor, seed);
                    return null;
                }));
            }
            for (Future<?> each : all) {
                Object unused = each.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void whoeverIsUnderWayWhenItIsClosedComesToAnEnd() throws CorruptObjectException {
        Decompressor decompressor = new Decompressor();
        decompresses(decompressor, 1);
        decompressor.close();
        decompresses(decompressor, 2);
        decompressor.close();
    }
}
