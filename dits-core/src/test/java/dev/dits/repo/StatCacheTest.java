package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.disk.Disk;
import dev.dits.object.Content;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stat cache against a model, cut off anywhere, and by its bytes. */
class StatCacheTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    @TempDir
    Path dits;

    private Scratch scratch;

    @BeforeEach
    void scratch() throws IOException {
        scratch = new Scratch(Disk.system(), Files.createDirectories(dits.resolve("tmp")));
    }

    private static byte[] path(String path) {
        return path.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static FileStat stat(int number) {
        return new FileStat(FileKind.FILE, number, 0, new Mtime(number, 1), new Mtime(number, 2), 1_000 + number, true);
    }

    private static Content content(int number) {
        return number == 0
                ? Content.EMPTY
                : new Content.SingleChunk(ObjectId.hash(new byte[] {(byte) number, (byte) (number >> 8)}), number);
    }

    private static void put(StatCacheUpdate update, String path, int number) throws IOException {
        update.put(path(path), stat(number), false, content(number));
    }

    /** What the cache vouches for, in order. */
    private Map<String, Integer> all() throws IOException {
        Map<String, Integer> found = new TreeMap<>((a, b) -> StatEntry.compare(path(a), path(b)));
        byte[][] last = {new byte[0]};
        try (StatCache.Cursor cursor = StatCache.open(dits).cursor()) {
            StatEntry none = cursor.take(null, entry -> {
                assertThat(last[0].length == 0 || StatEntry.compare(last[0], entry.path) < 0)
                        .isTrue();
                last[0] = entry.path;
                found.put(new String(entry.path, StandardCharsets.ISO_8859_1), (int) entry.stat.size());
            });
            assertThat(none).isNull();
        }
        return found;
    }

    private void some(Map<String, Integer> changes) throws IOException {
        try (StatCacheUpdate update = StatCacheUpdate.ofSome(StatCache.open(dits), scratch)) {
            for (Map.Entry<String, Integer> change : changes.entrySet()) {
                if (change.getValue() < 0) {
                    update.remove(path(change.getKey()));
                } else {
                    put(update, change.getKey(), change.getValue());
                }
            }
            update.install();
        }
    }

    private void whole(Map<String, Integer> files) throws IOException {
        StatCache cache = StatCache.open(dits);
        try (StatCache.Reader reader = cache.reader();
                StatCacheUpdate update = StatCacheUpdate.ofAll(cache, reader, scratch)) {
            for (Map.Entry<String, Integer> file : files.entrySet()) {
                put(update, file.getKey(), file.getValue());
            }
            update.install();
        }
    }

    private static TreeMap<String, Integer> sorted() {
        return new TreeMap<>((a, b) -> StatEntry.compare(path(a), path(b)));
    }

    /** Which sorted file it is; zero for none. */
    private long generation() throws IOException {
        try (StatCache.Cursor cursor = StatCache.open(dits).cursor()) {
            StatCache.Header header = cursor.header();
            return header == null ? 0 : header.id();
        }
    }

    @Test
    void equalsAModelOverManyUpdates() throws IOException {
        Random random = new Random(1);
        TreeMap<String, Integer> model = sorted();
        long merged = 0;
        long base = 0;
        for (int round = 0; round < 45; round++) {
            TreeMap<String, Integer> changes = sorted();
            int count = round % 20 == 10 ? 5_000 : random.nextInt(100);
            for (int i = 0; i < count; i++) {
                String path = "d" + random.nextInt(5) + (random.nextBoolean() ? "/" : "-") + random.nextInt(2_000);
                changes.put(path, random.nextInt(3) == 0 ? -1 : random.nextInt(10_000));
            }
            changes.forEach((path, number) -> {
                if (number < 0) {
                    model.remove(path);
                } else {
                    model.put(path, number);
                }
            });
            if (round % 3 == 0) {
                whole(model);
            } else {
                some(changes);
            }
            merged += base == generation() ? 0 : 1;
            base = generation();
            assertThat(all()).isEqualTo(model);
            try (StatCache.Cursor cursor = StatCache.open(dits).cursor()) {
                for (int i = 0; i < 2_000; i += 1 + random.nextInt(800)) {
                    String path = "d3/" + i;
                    // Asked for in no order of numbers, but in the order of paths.
                    StatEntry entry;
                    try (StatCache.Cursor one = StatCache.open(dits).cursor()) {
                        entry = one.entry(path(path));
                    }
                    Integer expected = model.get(path);
                    assertThat(entry == null ? null : (Integer) (int) entry.stat.size())
                            .isEqualTo(expected);
                }
                for (Map.Entry<String, Integer> entry : model.entrySet()) {
                    if (random.nextInt(200) == 0) {
                        assertThat(cursor.find(path(entry.getKey()), stat(entry.getValue())))
                                .isEqualTo(content(entry.getValue()));
                    }
                }
            }
        }
        // Most updates were appended, some were merged.
        assertThat(merged).isBetween(2L, 30L);
        try (var files = Files.list(dits.resolve("tmp"))) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void anUpdateOfOneFileCostsOneFile() throws IOException {
        TreeMap<String, Integer> model = sorted();
        for (int i = 0; i < 20_000; i++) {
            model.put("directory/file-" + i, i);
        }
        whole(model);
        long base = generation();
        for (int i = 0; i < 50; i++) {
            some(Map.of("directory/file-" + i * 37, i));
            model.put("directory/file-" + i * 37, i);
        }
        assertThat(generation()).isEqualTo(base);
        assertThat(Files.size(dits.resolve("index.journal"))).isLessThan(50 * 150);
        assertThat(all()).isEqualTo(model);
    }

    @Test
    void aTornJournalHoldsWhatWasWholeAndIsContinued() throws IOException {
        whole(new TreeMap<>(Map.of("a", 1)));
        some(Map.of("b", 2));
        long afterB = Files.size(dits.resolve("index.journal"));
        some(Map.of("a", 3, "c", 4));
        byte[] journal = Files.readAllBytes(dits.resolve("index.journal"));
        for (int length = 0; length < journal.length; length++) {
            Files.write(dits.resolve("index.journal"), Arrays.copyOf(journal, length));
            Map<String, Integer> expected = length < afterB ? Map.of("a", 1) : Map.of("a", 1, "b", 2);
            assertThat(all()).isEqualTo(expected);
            some(Map.of("d", 5));
            TreeMap<String, Integer> continued = new TreeMap<>(expected);
            continued.put("d", 5);
            assertThat(all()).isEqualTo(continued);
        }
        for (int at = 0; at < journal.length; at++) {
            byte[] bad = journal.clone();
            bad[at] ^= 0x10;
            Files.write(dits.resolve("index.journal"), bad);
            assertThat(all())
                    .satisfiesAnyOf(
                            one -> assertThat(one).isEqualTo(Map.of("a", 1)),
                            two -> assertThat(two).isEqualTo(Map.of("a", 1, "b", 2)),
                            // Nothing stands in the damaged byte.
                            three -> assertThat(three).isEqualTo(Map.of("a", 3, "b", 2, "c", 4)));
        }
    }

    @Test
    void aDamagedSortedFileHoldsWhatIsWhole() throws IOException {
        TreeMap<String, Integer> model = sorted();
        for (int i = 0; i < 600; i++) {
            model.put("file-" + i, i);
        }
        whole(model);
        byte[] good = Files.readAllBytes(dits.resolve("index"));
        Random random = new Random(3);
        for (int round = 0; round < 300; round++) {
            byte[] bad = random.nextBoolean() ? good.clone() : Arrays.copyOf(good, random.nextInt(good.length));
            if (bad.length > 0) {
                bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(dits.resolve("index"), bad);
            assertThat(all().entrySet()).isSubsetOf(model.entrySet());
            try (StatCache.Cursor cursor = StatCache.open(dits).cursor()) {
                Content found = cursor.find(path("file-7"), stat(7));
                assertThat(found == null || found.equals(content(7))).isTrue();
            }
        }
        // One block of three is lost where the table says where the others are.
        byte[] bad = good.clone();
        bad[StatCache.HEADER_BYTES + 100] ^= 1;
        Files.write(dits.resolve("index"), bad);
        assertThat(all()).hasSize(600 - StatCache.BLOCK_ENTRIES);
    }

    @Test
    void aJournalOfAnotherSortedFileIsNotMixedIn() throws IOException {
        whole(new TreeMap<>(Map.of("a", 1)));
        some(Map.of("b", 2));
        byte[] journal = Files.readAllBytes(dits.resolve("index.journal"));
        Files.delete(dits.resolve("index"));
        whole(new TreeMap<>(Map.of("c", 3)));
        Files.write(dits.resolve("index.journal"), journal);
        assertThat(all()).isEqualTo(Map.of("c", 3));
        some(Map.of("d", 4));
        assertThat(all()).isEqualTo(Map.of("c", 3, "d", 4));
    }

    @Test
    void whatWasWrittenInTheClocksTickIsReadAgain() throws IOException {
        for (int files : new int[] {1, 5_000}) {
            try (StatCacheUpdate update = StatCacheUpdate.ofSome(StatCache.open(dits), scratch)) {
                for (int i = 0; i < files; i++) {
                    String number = "%05d".formatted(i);
                    update.putWritten(path("early-" + number), stat(5), content(5));
                }
                for (int i = 0; i < files; i++) {
                    String number = "%05d".formatted(i);
                    update.putWritten(path("late-" + number), stat(9), content(9));
                }
                update.install(new Mtime(9, 2));
            }
            try (StatCache.Cursor cursor = StatCache.open(dits).cursor()) {
                assertThat(cursor.find(path("early-00000"), stat(5))).isEqualTo(content(5));
                assertThat(cursor.find(path("late-00000"), stat(9))).isNull();
            }
        }
    }

    @Test
    void hasItsGoldenBytes() throws IOException {
        TreeMap<String, Integer> files = sorted();
        files.put("a", 0);
        files.put("a/b", 3);
        files.put("a-b", 70_000);
        for (int i = 0; i < 260; i++) {
            files.put("c/%03d".formatted(i), i);
        }
        whole(files);
        try (StatCacheUpdate update = StatCacheUpdate.ofSome(StatCache.open(dits), scratch)) {
            update.remove(path("a"));
            update.put(path("a/b"), stat(4), true, content(4));
            update.putWritten(path("z"), stat(5), content(5));
            update.install(new Mtime(5, 0));
        }
        some(Map.of("a-b", 6));
        for (String name : new String[] {"index", "index.journal"}) {
            byte[] bytes = Files.readAllBytes(dits.resolve(name));
            Path golden = GOLDEN.resolve("stat-" + name.replace('.', '-') + ".hex");
            if (Boolean.getBoolean("dits.golden.write")) {
                Files.writeString(golden, HexFormat.of().formatHex(bytes).replaceAll("(.{96})", "$1\n") + "\n");
            }
            assertThat(HexFormat.of().formatHex(bytes))
                    .as(name)
                    .isEqualTo(Files.readString(golden).replaceAll("\\s", ""));
        }
    }
}
