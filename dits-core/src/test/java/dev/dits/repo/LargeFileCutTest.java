package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.chunk.ChunkProfile;
import dev.dits.chunk.Chunker;
import dev.dits.object.Content;
import dev.dits.store.PackStore;
import dev.dits.store.StoreOptions;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LargeFileCutTest {
    private static final int MINIMUM = (int) LargeFileCut.FILE_BYTES_MIN;

    @TempDir
    Path temp;

    private final ExecutorService executor = Executors.newFixedThreadPool(3);

    @AfterEach
    void end() {
        executor.shutdownNow();
    }

    private PackStore store(String name) throws IOException {
        return PackStore.open(temp.resolve(name), StoreOptions.defaults().withDurable(false));
    }

    private static Content store(ContentReader reader, Path file, StoreWriter writer, ContentReader.Counter counter)
            throws IOException {
        ContentReader.Result result =
                reader.store("file".getBytes(StandardCharsets.UTF_8), file, FileStat.of(file), 1, writer, counter);
        assertThat(result).isNotNull();
        return result.content();
    }

    /** Random, zeros, and random again that was there before: what is cut, what is not, and what is known. */
    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        Arrays.fill(bytes, length / 3, length / 2, (byte) 0);
        System.arraycopy(bytes, 0, bytes, length / 2, length / 4);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(strings = {"project", "default", "media"})
    void makesTheTreeThatOneThreadMakes(String profile) throws IOException {
        Chunker chunker = new Chunker(ChunkProfile.byName(profile).orElseThrow());
        ContentReader alone = new ContentReader(chunker, executor, 1);
        ContentReader several = new ContentReader(chunker, executor, 4);
        int filling = Math.max(1 << 20, 2 * chunker.profile().maxBytes());
        for (int length : new int[] {
            MINIMUM, MINIMUM + 1, 5 * filling, 5 * filling - 1, 5 * filling + 1, 5 * filling + 9, 20_000_000
        }) {
            Path file = Files.write(temp.resolve("file"), bytes(length));
            List<Content> contents = new ArrayList<>();
            List<Long> news = new ArrayList<>();
            for (ContentReader reader : List.of(alone, several)) {
                AtomicLong read = new AtomicLong();
                AtomicLong added = new AtomicLong();
                try (PackStore store = store(profile + length + (reader == alone));
                        StoreWriter writer = store.newWriter()) {
                    contents.add(store(reader, file, writer, (count, isNew) -> {
                        read.addAndGet(count);
                        added.addAndGet(isNew);
                    }));
                    Content content = contents.get(contents.size() - 1);
                    assertThat(new ContentStream(store, content).readAllBytes()).isEqualTo(Files.readAllBytes(file));
                }
                assertThat(read).hasValue(length);
                news.add(added.get());
            }
            assertThat(contents.get(1)).isEqualTo(contents.get(0));
            assertThat(news.get(1)).isEqualTo(news.get(0)).isBetween(1L, (long) length);
        }
    }

    @Test
    void needsNobody() throws IOException {
        Path file = Files.write(temp.resolve("file"), bytes(9_000_000));
        List<Runnable> never = new ArrayList<>();
        ContentReader unheard = new ContentReader(new Chunker(ChunkProfile.DEFAULT), never::add, 3);
        ContentReader refused = new ContentReader(
                new Chunker(ChunkProfile.DEFAULT),
                task -> {
                    throw new RejectedExecutionException();
                },
                3);
        try (PackStore store = store("store");
                StoreWriter writer = store.newWriter()) {
            Content content = store(unheard, file, writer, (count, isNew) -> {});
            assertThat(new ContentStream(store, content).readAllBytes()).isEqualTo(Files.readAllBytes(file));
            assertThat(store(refused, file, writer, (count, isNew) -> {})).isEqualTo(content);
        }
        // No more are asked than may help, and one that comes too late finds nothing to do.
        assertThat(never).hasSize(2);
        never.forEach(Runnable::run);
    }

    @Test
    void aFailureAnywhereEndsItAndNobodyGoesOn() throws IOException {
        Path file = Files.write(temp.resolve("file"), bytes(30_000_000));
        ContentReader reader = new ContentReader(new Chunker(ChunkProfile.DEFAULT), executor, 4);
        for (long failsAt = 1; failsAt < 200; failsAt += 66) {
            AtomicLong chunks = new AtomicLong();
            long at = failsAt;
            try (PackStore store = store("store" + failsAt)) {
                StoreWriter writer = store.newWriter();
                assertThatThrownBy(() -> store(reader, file, writer, (count, isNew) -> {
                            if (chunks.incrementAndGet() == at) {
                                throw new UncheckedIOException(new IOException("given up"));
                            }
                        }))
                        .isInstanceOf(UncheckedIOException.class)
                        .hasMessageContaining("given up");
                long then = chunks.get();
                writer.close();
                // What had begun has ended before the failure was told: a segment holds 64 chunks at most.
                assertThat(then).isLessThan(at + 4 * 64);
                assertThat(chunks).hasValue(then);
            }
        }
    }
}
