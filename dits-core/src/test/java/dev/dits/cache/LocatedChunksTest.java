package dev.dits.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.disk.Disk;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LocatedChunksTest {
    private static final int CHUNK_BYTES = 1_000;
    private static final CacheOptions DISK_ONLY =
            CacheOptions.defaults().withMemoryBytesMax(0).withDiskBytesMax(2 << 20);

    @TempDir
    private Path directory;

    private Path cacheDirectory;
    private Path part;
    private Path file;
    private byte[] content;

    @BeforeEach
    void aFileOfThreeChunks() throws IOException {
        cacheDirectory = directory.resolve("cache");
        part = directory.resolve("part");
        file = directory.resolve("naïve file.bin");
        content = new byte[3 * CHUNK_BYTES];
        new Random(7).nextBytes(content);
        Files.write(part, content);
    }

    private byte[] chunk(int index) {
        return Arrays.copyOfRange(content, index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
    }

    private ObjectId id(int index) {
        return ObjectId.hash(chunk(index));
    }

    private void putAll(ChunkCache cache) {
        ChunkCache.FilePlace place = cache.place(part, file);
        for (int i = 0; i < 3; i++) {
            place.put(id(i), (long) i * CHUNK_BYTES, chunk(i));
        }
    }

    private long packs() throws IOException {
        try (Stream<Path> files = Files.list(cacheDirectory)) {
            return files.filter(path -> path.toString().endsWith(".pack")).count();
        }
    }

    @Test
    void chunksAreReadFromTheFileWhileItGrowsAndAfterItGotItsName() throws IOException {
        try (ChunkCache cache = ChunkCache.open(cacheDirectory, DISK_ONLY)) {
            putAll(cache);
            assertThat(cache.get(id(1))).isEqualTo(chunk(1));
            Files.move(part, file);
            for (int i = 0; i < 3; i++) {
                assertThat(cache.contains(id(i))).isTrue();
                assertThat(cache.get(id(i))).isEqualTo(chunk(i));
            }
            assertThat(cache.stats().locatedChunks()).isEqualTo(3);
            assertThat(packs()).as("copies in the cache").isZero();
        }
    }

    @Test
    void anotherProcessAndALaterOneReadThemToo() throws IOException {
        try (ChunkCache cache = ChunkCache.open(cacheDirectory, DISK_ONLY);
                ChunkCache other = ChunkCache.open(cacheDirectory, DISK_ONLY)) {
            putAll(cache);
            Files.move(part, file);
            assertThat(other.get(id(2))).isEqualTo(chunk(2));
        }
        try (ChunkCache later = ChunkCache.open(cacheDirectory, DISK_ONLY)) {
            assertThat(later.get(id(0))).isEqualTo(chunk(0));
        }
    }

    @Test
    void whatAFileDoesNotHaveAnyMoreIsAMissAndIsKeptWhenItIsFetchedAgain() throws IOException {
        try (ChunkCache cache = ChunkCache.open(cacheDirectory, DISK_ONLY)) {
            putAll(cache);
            Files.move(part, file);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(new byte[] {(byte) ~content[CHUNK_BYTES]}), CHUNK_BYTES);
            }
            assertThat(cache.get(id(0))).isEqualTo(chunk(0));
            assertThat(cache.get(id(1))).isNull();
            Files.delete(file);
            assertThat(cache.get(id(0))).isNull();

            ChunkCache.FilePlace second = cache.place(part, file);
            second.put(id(0), 0, chunk(0));
            assertThat(packs()).isOne();
            assertThat(cache.get(id(0))).as("without any file").isEqualTo(chunk(0));
        }
    }

    @Test
    void aShorterFileALinkADirectoryAndAnUnreadablePathAreMisses() throws IOException {
        try (ChunkCache cache = ChunkCache.open(cacheDirectory, DISK_ONLY)) {
            putAll(cache);
            try (RandomAccessFile shorter = new RandomAccessFile(part.toFile(), "rw")) {
                shorter.setLength(2 * CHUNK_BYTES + 1);
            }
            assertThat(cache.get(id(2))).isNull();
            assertThat(cache.get(id(1))).isEqualTo(chunk(1));
            Path real = directory.resolve("real");
            Files.move(part, real);
            Files.createSymbolicLink(file, real);
            assertThat(cache.get(id(1))).as("through a link").isNull();
            Files.delete(file);
            Files.createDirectory(file);
            assertThat(cache.get(id(1))).isNull();
        }
    }

    @Test
    @Timeout(20)
    void aPipeInPlaceOfTheFileHoldsNobodyUp() throws Exception {
        try (ChunkCache cache = ChunkCache.open(cacheDirectory, DISK_ONLY)) {
            putAll(cache);
            Files.delete(part);
            Process mkfifo = new ProcessBuilder("mkfifo", file.toString()).start();
            assertThat(mkfifo.waitFor()).isZero();
            assertThat(cache.get(id(1))).isNull();
        }
    }

    @Test
    void clearingForgetsFilesToo() throws IOException {
        try (ChunkCache cache = ChunkCache.open(cacheDirectory, DISK_ONLY)) {
            putAll(cache);
            cache.clear();
            assertThat(cache.get(id(0))).isNull();
            assertThat(cache.stats().locatedChunks()).isZero();
        }
    }

    @Test
    void aTableThatIsDamagedAnywhereGivesNoWrongByte() throws IOException {
        LocatedChunks table = LocatedChunks.open(Disk.system(), directory, 1 << 20);
        long place = table.file(part, file);
        for (int i = 0; i < 3; i++) {
            assertThat(table.put(place, (long) i * CHUNK_BYTES, id(i), CHUNK_BYTES))
                    .isFalse();
        }
        Path on = directory.resolve(LocatedChunks.FILE + "-14");
        Random random = new Random(11);
        byte[] before = Files.readAllBytes(on);
        for (int round = 0; round < 200; round++) {
            try (FileChannel channel = FileChannel.open(on, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(before), 0);
                for (int at = 0; at < before.length; at++) {
                    // Where something is written, and a few zeros.
                    if ((before[at] != 0 || random.nextInt(100_000) == 0) && random.nextInt(4) == 0) {
                        channel.write(ByteBuffer.wrap(new byte[] {(byte) random.nextInt()}), at);
                    }
                }
            }
            for (int i = 0; i < 3; i++) {
                assertThat(table.read(id(i))).isIn(null, chunk(i));
            }
        }
    }

    @Test
    void aFullTableAndAFullRingKeepWorking() throws IOException {
        LocatedChunks table = LocatedChunks.open(Disk.system(), directory, 1 << 20);
        long first = table.file(part, file);
        assertThat(table.put(first, 0, id(0), CHUNK_BYTES)).isFalse();
        Random random = new Random(3);
        int files = 0;
        for (long place = first; place < LocatedChunks.slots(1 << 20) * 70L; files++) {
            place = table.file(directory.resolve("part" + files), directory.resolve("f".repeat(1 + files % 200)));
            ObjectId any = ObjectId.ofWords(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
            boolean unused = table.put(place, files, any, 1 + random.nextInt(1 << 20));
        }
        assertThat(table.count()).isBetween(1L, (long) LocatedChunks.slots(1 << 20));
        assertThat(table.read(id(0)))
                .as("where the ring has come round, or has not")
                .isIn(null, chunk(0));

        long last = table.file(part, file);
        boolean unused = table.put(last, 2L * CHUNK_BYTES, id(2), CHUNK_BYTES);
        assertThat(table.read(id(2))).isEqualTo(chunk(2));
    }

    @Test
    void whatDoesNotFitIsNotNoted() throws IOException {
        LocatedChunks table = LocatedChunks.open(Disk.system(), directory, 1 << 20);
        assertThat(table.file(part, directory.resolve("x/".repeat(6_000)))).isNegative();
        long place = table.file(part, file);
        for (long offset : new long[] {-1, 1L << 44}) {
            boolean unused = table.put(place, offset, id(0), CHUNK_BYTES);
        }
        for (int length : new int[] {-1, 0, (1 << 20) + 1}) {
            boolean unused = table.put(place, 0, id(0), length);
        }
        assertThat(table.contains(id(0))).isFalse();
        boolean unused = table.put(place, (1L << 44) - 1, id(0), 1 << 20);
        assertThat(table.contains(id(0))).isTrue();
        assertThat(table.read(id(0))).isNull();
    }
}
