package dev.dits.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.disk.Disk;
import dev.dits.disk.DiskFile;
import dev.dits.disk.Role;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunTest {
    @TempDir
    Path directory;

    /** Ids of which some share long prefixes, as a peer could make them. */
    private static ObjectId id(Random random) {
        long mask = switch (random.nextInt(3)) {
            case 0 -> -1L;
            case 1 -> 0xFF_FFFFL;
            default -> 0;
        };
        return ObjectId.ofWords(
                random.nextLong() & mask, random.nextLong() & mask, random.nextLong(), random.nextLong());
    }

    private Run write(EntryTable table, Map<Long, Long> packs) throws IOException {
        try (DiskFile file = Disk.system().create(Role.RUN, directory.resolve("0000000000000001.run"))) {
            assertThat(RunWriter.write(file, 7, table.size(), packs, table.sorted()))
                    .isEqualTo(table.size());
        }
        return Run.open(directory, "0000000000000001");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 7, 8, 9, 100, 5000, 70_000})
    void findsWhatIsThereAndNothingElse(int count) throws IOException {
        Random random = new Random(count);
        Map<ObjectId, Long> model = new TreeMap<>();
        EntryTable table = new EntryTable();
        Entry entry = new Entry();
        while (model.size() < count) {
            ObjectId id = id(random);
            long offset = Integer.toUnsignedLong(random.nextInt());
            if (model.putIfAbsent(id, offset) == null) {
                entry.set(id, offset & 1, offset, 1 + random.nextInt(1 << 20), RecordType.CHUNK, 1 << 20);
                table.add(entry);
            }
        }
        Run run = write(table, Map.of(0L, 16L, 1L, 99L));
        assertThat(run.checksumMatches()).isTrue();
        assertThat(run.sequence()).isEqualTo(7);
        int index = 0;
        for (Map.Entry<ObjectId, Long> each : model.entrySet()) {
            assertThat(run.find(each.getKey())).isEqualTo(index);
            run.load(index++, entry);
            assertThat(entry.id()).isEqualTo(each.getKey());
            assertThat(entry.offset).isEqualTo(each.getValue());
            assertThat(entry.pack).isEqualTo(each.getValue() & 1);
            assertThat(entry.plain).isEqualTo(1 << 20);
            Entry pending = table.find(each.getKey());
            assertThat(pending).isNotNull();
            assertThat(pending.offset).isEqualTo(each.getValue());
        }
        for (int i = 0; i < 1000; i++) {
            ObjectId absent = id(random);
            assertThat(run.find(absent) >= 0).isEqualTo(model.containsKey(absent));
        }
    }

    @Test
    void theFilterTurnsAwayMostOfWhatIsAbsent() throws IOException {
        Random random = new Random(1);
        EntryTable table = new EntryTable();
        Entry entry = new Entry();
        for (int i = 0; i < 20_000; i++) {
            entry.set(
                    ObjectId.ofWords(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()),
                    0,
                    16,
                    1,
                    RecordType.CHUNK,
                    1);
            table.add(entry);
        }
        Run run = write(table, Map.of(0L, 16L));
        int passed = 0;
        for (int i = 0; i < 20_000; i++) {
            if (run.mayContain(
                    ObjectId.ofWords(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()))) {
                passed++;
            }
        }
        assertThat(passed).isBetween(1, 500); // about 250
    }
}
