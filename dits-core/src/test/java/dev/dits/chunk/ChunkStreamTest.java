package dev.dits.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ChunkStreamTest {
    static List<ChunkProfile> profiles() {
        return ChunkerTest.profiles();
    }

    /** Delivers 1 to {@code bytesMax} bytes a read. */
    private static InputStream trickle(byte[] data, int bytesMax, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return new FilterInputStream(new ByteArrayInputStream(data)) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return super.read(target, offset, Math.min(length, random.nextInt(1, bytesMax + 1)));
            }
        };
    }

    private static List<Integer> drain(ChunkStream chunks, byte[] expected) throws IOException {
        List<Integer> lengths = new ArrayList<>();
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        while (chunks.next()) {
            assertThat(chunks.position()).isEqualTo(content.size());
            content.write(chunks.array(), chunks.offset(), chunks.length());
            lengths.add(chunks.length());
        }
        assertThat(content.toByteArray()).isEqualTo(expected);
        assertThat(chunks.position()).isEqualTo(expected.length);
        assertThat(chunks.next()).isFalse();
        return lengths;
    }

    @ParameterizedTest
    @MethodSource("profiles")
    void cutsAsTheWholeArrayIsCutWhateverTheReadsDeliver(ChunkProfile profile) throws IOException {
        Chunker chunker = new Chunker(profile);
        ChunkStream chunks = new ChunkStream(chunker);
        int[] lengths = {0, 1, profile.minBytes(), profile.maxBytes(), 1 << 20, (1 << 20) + 1, 5_000_003};
        for (int length : lengths) {
            for (String input : List.of("splitmix:11", "zeros")) {
                byte[] data = TestInput.of(input, length);
                List<Integer> expected = ChunkerTest.cuts(chunker, data);
                for (int bytesMax : new int[] {777, 100_000, Integer.MAX_VALUE - 1}) {
                    chunks.reset(trickle(data, bytesMax, length + bytesMax));
                    assertThat(drain(chunks, data)).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void readsAChannelFromWhereItStandsAndLeavesItOpen(@TempDir Path directory) throws IOException {
        byte[] data = TestInput.of("sha256", 3_000_000);
        Path file = Files.write(directory.resolve("file"), data);
        Chunker chunker = new Chunker(ChunkProfile.PROJECT);
        ChunkStream chunks = new ChunkStream(chunker);
        try (FileChannel channel = FileChannel.open(file)) {
            channel.position(1_000_000);
            chunks.reset(channel);
            byte[] rest = Arrays.copyOfRange(data, 1_000_000, data.length);
            assertThat(drain(chunks, rest)).isEqualTo(ChunkerTest.cuts(chunker, rest));
            assertThat(channel.isOpen()).isTrue();
        }
    }

    @Test
    void aNewSourceForgetsWhatWasLeftOfTheOneBefore() throws IOException {
        Chunker chunker = new Chunker(ChunkProfile.DEFAULT);
        ChunkStream chunks = new ChunkStream(chunker);
        chunks.reset(new ByteArrayInputStream(TestInput.of("splitmix:1", 2_000_000)));
        assertThat(chunks.next()).isTrue();
        byte[] data = TestInput.of("splitmix:2", 300_000);
        chunks.reset(new ByteArrayInputStream(data));
        assertThat(drain(chunks, data)).isEqualTo(ChunkerTest.cuts(chunker, data));
    }

    @Test
    void hasNoChunksBeforeItHasASource() throws IOException {
        assertThat(new ChunkStream(new Chunker(ChunkProfile.DEFAULT)).next()).isFalse();
    }

    @Test
    void refusesASourceThatDeliversNothingForEver() {
        ChunkStream chunks = new ChunkStream(new Chunker(ChunkProfile.DEFAULT));
        chunks.reset(new InputStream() {
            @Override
            public int read() {
                return 0;
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                return 0;
            }
        });
        assertThatThrownBy(chunks::next).isInstanceOf(IOException.class).hasMessageContaining("neither");
    }

    @Test
    void holdsFourLargestChunksAndNoMore() {
        assertThat(new ChunkStream(new Chunker(ChunkProfile.MEDIA)).array()).hasSize(4 << 20);
        assertThat(new ChunkStream(new Chunker(ChunkProfile.PROJECT)).array()).hasSize(1 << 20);
    }
}
