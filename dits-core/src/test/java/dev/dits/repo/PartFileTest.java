package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.DitsException;
import dev.dits.object.Content;
import dev.dits.object.FileTree;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartFileTest {
    private static final int CHUNK = 100_000;

    @TempDir
    Path temp;

    private final byte[] bytes = Trees.random(9, 3 * CHUNK);
    private final Content content = new Content.Chunked(ObjectId.hash(new byte[] {1}), bytes.length);
    private Path path;

    @BeforeEach
    void path() {
        path = temp.resolve("part-x");
    }

    private ByteBuffer chunkBytes(int index) {
        return ByteBuffer.wrap(bytes, index * CHUNK, CHUNK).slice();
    }

    private FileTree.Chunk chunk(int index) {
        return new FileTree.Chunk(index, (long) index * CHUNK, ObjectId.hash(bytes, index * CHUNK, CHUNK), CHUNK);
    }

    @Test
    void whatWasWrittenBeforeIsVerifiedAndNotWrittenAgain() throws IOException {
        try (PartFile first = new PartFile(dev.dits.disk.Disk.system(), path, content)) {
            assertThat(first.resumed()).isFalse();
            assertThat(first.has(chunk(0))).isFalse();
            first.write(CHUNK, chunkBytes(1));
            first.write(0, chunkBytes(0));
        }
        byte[] torn = Files.readAllBytes(path);
        torn[5] ^= 1;
        Files.write(path, torn);
        try (PartFile second = new PartFile(dev.dits.disk.Disk.system(), path, content)) {
            assertThat(second.resumed()).isTrue();
            assertThat(second.has(chunk(0))).isFalse();
            assertThat(second.has(chunk(1))).isTrue();
            assertThat(second.has(chunk(2))).isFalse();
            second.write(0, chunkBytes(0));
            second.write(2 * CHUNK, chunkBytes(2));
            second.finish(0640, new Mtime(5, 6));
        }
        assertThat(Files.readAllBytes(path)).isEqualTo(bytes);
        FileStat stat = FileStat.of(path);
        assertThat(stat.mode()).isEqualTo(0640);
        assertThat(stat.mtime()).isEqualTo(new Mtime(5, 6));
    }

    @Test
    void whatIsLeftOfALongerFileIsCut() throws IOException {
        Files.write(path, new byte[5 * CHUNK]);
        try (PartFile part = new PartFile(dev.dits.disk.Disk.system(), path, content)) {
            for (int i = 0; i < 3; i++) {
                part.write((long) i * CHUNK, chunkBytes(i));
            }
            part.finish(0600, new Mtime(0, 0));
        }
        assertThat(Files.readAllBytes(path)).isEqualTo(bytes);
    }

    @Test
    void zerosBecomeHolesAndAreStillZeros() throws IOException {
        Arrays.fill(bytes, CHUNK, 3 * CHUNK, (byte) 0);
        try (PartFile part = new PartFile(dev.dits.disk.Disk.system(), path, content)) {
            for (int i = 0; i < 3; i++) {
                part.write((long) i * CHUNK, chunkBytes(i));
            }
            part.finish(0600, new Mtime(0, 0));
        }
        assertThat(Files.readAllBytes(path)).isEqualTo(bytes);
        // In what an earlier attempt left, zeros have to be written.
        Files.write(path, Trees.random(10, 3 * CHUNK));
        try (PartFile part = new PartFile(dev.dits.disk.Disk.system(), path, content)) {
            for (int i = 0; i < 3; i++) {
                part.write((long) i * CHUNK, chunkBytes(i));
            }
            part.finish(0600, new Mtime(0, 0));
        }
        assertThat(Files.readAllBytes(path)).isEqualTo(bytes);
    }

    @Test
    void anIncompleteFileIsNeverFinished() throws IOException {
        try (PartFile part = new PartFile(dev.dits.disk.Disk.system(), path, content)) {
            part.write(0, chunkBytes(0));
            assertThatThrownBy(() -> part.finish(0600, new Mtime(0, 0))).isInstanceOf(DitsException.class);
            assertThatThrownBy(() -> part.write(3 * CHUNK - 1, chunkBytes(1))).isInstanceOf(DitsException.class);
            assertThatThrownBy(() -> part.write(-1, chunkBytes(1))).isInstanceOf(DitsException.class);
        }
    }
}
