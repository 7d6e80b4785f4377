package dev.dits.store;

import dev.dits.cache.CacheOptions;
import dev.dits.cache.ChunkCache;
import dev.dits.disk.Disk;
import dev.dits.disk.DiskFile;
import dev.dits.disk.Role;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Prints how fast the store is; not a test. After {@code mvn -pl dits-core test-compile} run it with {@code dits-core/target/classes},
 * {@code dits-core/target/test-classes} and the dependencies on the class path, {@code -Xmx256m}, and a directory with 4 GB to spare as its argument.
 */
final class StoreFigures {
    private static final int CHUNKS = 8192;
    private static final int CHUNK_BYTES = 1 << 16;
    private static final int ENTRIES = 1 << 24;

    private StoreFigures() {}

    public static void main(String[] args) throws IOException {
        Path directory = Files.createTempDirectory(Path.of(args[0]), "figures");
        try {
            for (int round = 0; round < 3; round++) {
                store(Files.createDirectory(directory.resolve("store" + round)));
                cache(Files.createDirectory(directory.resolve("cache" + round)));
            }
            index(directory);
        } finally {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path file : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static void say(String what, long startNanos, double amount, String unit) {
        System.out.printf("%-44s %8.2f %s%n", what, amount / (System.nanoTime() - startNanos), unit);
    }

    private static List<ObjectId> ids(byte[][] chunks) {
        List<ObjectId> ids = new ArrayList<>();
        for (int i = 0; i < CHUNKS; i++) {
            chunks[i & 255][0] = (byte) i;
            chunks[i & 255][1] = (byte) (i >> 8);
            ids.add(ObjectId.hash(chunks[i & 255]));
        }
        return ids;
    }

    private static byte[][] chunks() {
        SplittableRandom random = new SplittableRandom(1);
        byte[][] chunks = new byte[256][CHUNK_BYTES];
        for (byte[] chunk : chunks) {
            random.nextBytes(chunk);
        }
        return chunks;
    }

    private static byte[] chunk(byte[][] chunks, int i) {
        chunks[i & 255][0] = (byte) i;
        chunks[i & 255][1] = (byte) (i >> 8);
        return chunks[i & 255];
    }

    private static void store(Path directory) throws IOException {
        byte[][] chunks = chunks();
        List<ObjectId> ids = ids(chunks);
        double bytes = (double) CHUNKS * CHUNK_BYTES;
        try (PackStore store = PackStore.open(directory, StoreOptions.defaults())) {
            try (StoreWriter writer = store.newWriter()) {
                long start = System.nanoTime();
                for (int i = 0; i < CHUNKS; i++) {
                    writer.put(RecordType.CHUNK, ids.get(i), chunk(chunks, i), 0, CHUNK_BYTES);
                }
                say("store: put, hash known", start, bytes, "GB/s");
                writer.flush();
                say("store: put and flush", start, bytes, "GB/s");
            }
            long start = System.nanoTime();
            for (ObjectId id : ids) {
                store.require(id);
            }
            say("store: read, verified", start, bytes, "GB/s");
            start = System.nanoTime();
            for (ObjectId id : ids) {
                store.readStored(id);
            }
            say("store: read as stored", start, bytes, "GB/s");
        }
    }

    private static void cache(Path directory) throws IOException {
        byte[][] chunks = chunks();
        List<ObjectId> ids = ids(chunks);
        double bytes = (double) CHUNKS * CHUNK_BYTES;
        try (ChunkCache cache =
                ChunkCache.open(directory, CacheOptions.defaults().withDiskBytesMax(256 << 20))) {
            long start = System.nanoTime();
            for (int i = 0; i < CHUNKS; i++) {
                cache.put(ids.get(i), chunk(chunks, i), 0, CHUNK_BYTES);
            }
            say("cache: put, half of it evicted again", start, bytes, "GB/s");
        }
    }

    private static void index(Path directory) throws IOException {
        // Ids in ascending order, from which a look-up can be made up without keeping them.
        long step = Long.divideUnsigned(-1L, ENTRIES);
        int[] next = {0};
        EntryCursor cursor = into -> {
            if (next[0] == ENTRIES) {
                return false;
            }
            into.a = next[0] * step;
            into.b = mix(next[0], 1);
            into.c = mix(next[0], 2);
            into.d = mix(next[0]++, 3);
            into.pack = 1;
            into.stored = CHUNK_BYTES;
            into.plain = CHUNK_BYTES;
            return true;
        };
        Path store = Files.createDirectory(directory.resolve("index"));
        Files.write(store.resolve(PackFormat.hex(1) + PackFormat.PACK_SUFFIX), PackFormat.packHeader());
        long start = System.nanoTime();
        try (DiskFile file = Disk.system().create(Role.RUN, store.resolve(PackFormat.hex(1) + RunFormat.SUFFIX))) {
            RunWriter.write(file, 1, ENTRIES, Map.of(1L, 16L), cursor);
        }
        say("index: write 16,777,216 entries", start, ENTRIES * 1000.0, "M/s");
        start = System.nanoTime();
        try (PackStore open = PackStore.open(store, StoreOptions.defaults())) {
            System.out.printf("%-44s %8.2f ms%n", "index: open", (System.nanoTime() - start) / 1e6);
            for (int round = 0; round < 3; round++) {
                SplittableRandom random = new SplittableRandom(round);
                int found = 0;
                start = System.nanoTime();
                for (int i = 0; i < 1_000_000; i++) {
                    int at = random.nextInt(ENTRIES);
                    found += open.contains(ObjectId.ofWords(at * step, mix(at, 1), mix(at, 2), mix(at, 3))) ? 1 : 0;
                }
                say("index: look-ups that hit", start, 1e9, "M/s");
                start = System.nanoTime();
                for (int i = 0; i < 1_000_000; i++) {
                    long at = random.nextLong();
                    found += open.contains(ObjectId.ofWords(at, mix(at, 4), mix(at, 5), mix(at, 6))) ? 1 : 0;
                }
                say("index: look-ups that miss", start, 1e9, "M/s");
                if (found != 1_000_000) {
                    throw new IllegalStateException("found " + found);
                }
            }
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            System.out.printf(
                    "%-44s %8d MB%n", "index: heap in use", (runtime.totalMemory() - runtime.freeMemory()) >> 20);
        }
    }

    private static long mix(long value, int salt) {
        long z = (value + salt) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
