package dev.dits.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.disk.FaultDisk;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.RepositoryBusyException;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackStoreTest {
    @TempDir
    Path directory;

    private static final StoreOptions QUICK =
            StoreOptions.defaults().withLockTimeout(Duration.ZERO).withDisk(FaultDisk.plain(1));

    @AfterEach
    void holdsNoLockWhenAllIsClosed() {
        assertThat(FileLocks.heldFiles()).isZero();
    }

    static ObjectId put(StoreWriter writer, byte[] bytes) throws IOException {
        ObjectId id = ObjectId.hash(bytes);
        writer.put(RecordType.CHUNK, id, bytes, 0, bytes.length);
        return id;
    }

    private static byte[] bytes(long seed, int length) {
        return StoreContractTest.bytes(seed, length);
    }

    private List<Path> files(String suffix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void tellsNewFromPresent() throws IOException {
        try (PackStore store = PackStore.open(directory, QUICK);
                StoreWriter writer = store.newWriter()) {
            byte[] bytes = bytes(1, 5000);
            ObjectId id = ObjectId.hash(bytes);
            assertThat(writer.put(RecordType.CHUNK, id, bytes, 0, bytes.length)).isTrue();
            assertThat(writer.put(RecordType.CHUNK, id, bytes, 0, bytes.length)).isFalse();
            writer.flush();
            assertThat(writer.put(RecordType.CHUNK, id, bytes, 0, bytes.length)).isFalse();
            assertThat(store.plainLength(id)).isEqualTo(5000);
            assertThat(store.plainLength(ObjectId.hash(new byte[1]))).isEqualTo(-1);
        }
    }

    @Test
    void compressesWhatShrinksAndNothingElse() throws IOException {
        try (PackStore store = PackStore.open(directory, QUICK);
                StoreWriter writer = store.newWriter()) {
            byte[] text = "the quick brown fox ".repeat(4000).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            byte[] noise = bytes(1, 65_536);
            StoredRecord small = store.readStored(put(writer, text));
            StoredRecord large = store.readStored(put(writer, noise));
            assertThat(small).isNotNull();
            assertThat(small.codec()).isEqualTo(RecordCodec.ZSTD);
            assertThat(small.payload().length).isLessThan(text.length / 10);
            assertThat(small.decode(ObjectId.hash(text))).isEqualTo(text);
            assertThat(large).isNotNull();
            assertThat(large.codec()).isEqualTo(RecordCodec.PLAIN);
            assertThat(large.payload()).isEqualTo(noise);
        }
    }

    @Test
    void takesRecordsAsTheyWereSent(@TempDir Path other) throws IOException {
        byte[] text = "abc ".repeat(5000).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        ObjectId id = ObjectId.hash(text);
        StoredRecord record;
        try (PackStore store = PackStore.open(other, QUICK);
                StoreWriter writer = store.newWriter()) {
            put(writer, text);
            record = store.readStored(id);
        }
        assertThat(record).isNotNull();
        try (PackStore store = PackStore.open(directory, QUICK);
                StoreWriter writer = store.newWriter()) {
            assertThat(writer.putStored(id, record)).isTrue();
            assertThat(writer.putStored(id, record)).isFalse();
            assertThat(store.read(id)).isEqualTo(text);
        }
    }

    @Test
    void anotherStoreSeesAFlushAndOnlyThen() throws IOException {
        try (PackStore writing = PackStore.open(directory, QUICK);
                PackStore reading = PackStore.open(directory, QUICK);
                StoreWriter writer = writing.newWriter()) {
            ObjectId id = put(writer, bytes(1, 100));
            assertThat(writing.contains(id)).isTrue();
            assertThat(reading.contains(id)).isFalse();
            writer.flush();
            assertThat(reading.contains(id)).isTrue();
            assertThat(reading.read(id)).isEqualTo(bytes(1, 100));
        }
    }

    @Test
    void writersUsePacksOfTheirOwnAndReuseThem() throws IOException {
        try (PackStore store = PackStore.open(directory, QUICK)) {
            try (StoreWriter first = store.newWriter();
                    StoreWriter second = store.newWriter()) {
                put(first, bytes(1, 100));
                put(second, bytes(2, 100));
                first.flush();
                second.flush();
            }
            assertThat(store.packs()).hasSize(2);
            try (StoreWriter third = store.newWriter()) {
                put(third, bytes(4, 100));
                third.flush();
            }
            assertThat(store.packs()).hasSize(2);
        }
    }

    @Test
    void changesPacksAtTheLimit() throws IOException {
        StoreOptions small = QUICK.withPackBytesMax(StoreOptions.PACK_BYTES_MIN);
        Map<ObjectId, byte[]> model = new HashMap<>();
        try (PackStore store = PackStore.open(directory, small);
                StoreWriter writer = store.newWriter()) {
            for (int i = 1; i < 60; i++) {
                byte[] bytes = bytes(3 * i + 1, 9000);
                model.put(put(writer, bytes), bytes);
            }
            writer.flush();
            assertThat(store.packs()).hasSizeBetween(8, 10);
        }
        try (PackStore store = PackStore.open(directory, small)) {
            for (Map.Entry<ObjectId, byte[]> each : model.entrySet()) {
                assertThat(store.read(each.getKey())).isEqualTo(each.getValue());
            }
        }
    }

    @Test
    void whatWasNotFlushedIsRecovered() throws IOException {
        ObjectId first;
        ObjectId second;
        try (PackStore store = PackStore.open(directory, QUICK);
                StoreWriter writer = store.newWriter()) {
            first = put(writer, bytes(1, 100));
            writer.flush();
            second = put(writer, bytes(2, 100));
        }
        Path pack = files(".pack").get(0);
        byte[] torn = Files.readAllBytes(pack);
        Files.write(pack, java.util.Arrays.copyOf(torn, torn.length + 30)); // as if a third had been begun
        try (PackStore store = PackStore.open(directory, QUICK)) {
            assertThat(store.contains(first)).isTrue();
            assertThat(store.contains(second)).isFalse();
            assertThat(store.recover()).isEqualTo(1);
            assertThat(store.read(second)).isEqualTo(bytes(2, 100));
            assertThat(Files.size(pack)).isEqualTo(torn.length);
            assertThat(store.recover()).isZero();
        }
    }

    @Test
    void theNextWriterOfAPackTakesItsTailOver() throws IOException {
        ObjectId lost;
        try (PackStore store = PackStore.open(directory, QUICK);
                StoreWriter writer = store.newWriter()) {
            lost = put(writer, bytes(2, 100));
        }
        try (PackStore store = PackStore.open(directory, QUICK);
                StoreWriter writer = store.newWriter()) {
            put(writer, bytes(1, 100));
            assertThat(store.read(lost)).isEqualTo(bytes(2, 100));
            writer.flush();
        }
        try (PackStore store = PackStore.open(directory, QUICK)) {
            assertThat(store.packs()).hasSize(1);
            assertThat(store.read(lost)).isEqualTo(bytes(2, 100));
        }
    }

    @Test
    void runsStayFew() throws IOException {
        try (PackStore store = PackStore.open(directory, QUICK);
                StoreWriter writer = store.newWriter()) {
            List<ObjectId> ids = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                ids.add(put(writer, bytes(i, 50)));
                writer.flush();
                assertThat(store.stats().runs()).isLessThan(Maintenance.MERGE_FACTOR);
            }
            for (ObjectId id : ids) {
                assertThat(store.contains(id)).isTrue();
            }
            assertThat(store.stats().chunks()).isEqualTo(new HashSet<>(ids).size());
        }
        assertThat(files(".tmp")).isEmpty();
    }

    @Test
    void compactionDropsTheDeadAndKeepsTheLiving() throws IOException {
        StoreOptions small = QUICK.withPackBytesMax(StoreOptions.PACK_BYTES_MIN);
        Map<ObjectId, byte[]> model = new HashMap<>();
        try (PackStore store = PackStore.open(directory, small);
                PackStore reader = PackStore.open(directory, small)) {
            try (StoreWriter writer = store.newWriter()) {
                for (int i = 1; i < 200; i++) {
                    byte[] bytes = bytes(3 * i + 1, 3000);
                    model.put(put(writer, bytes), bytes);
                }
                writer.flush();
            }
            for (ObjectId id : model.keySet()) {
                assertThat(reader.contains(id)).isTrue();
            }
            Set<ObjectId> live = new HashSet<>();
            model.keySet().stream().filter(id -> (id.word(3) & 3) == 0).forEach(live::add);
            CompactReport report = store.compact(live::contains);
            assertThat(report.recordsDropped()).isEqualTo(model.size() - live.size());
            assertThat(report.bytesFreed()).isGreaterThan(300_000);
            for (ObjectId id : model.keySet()) {
                // A reader that still has the old runs finds its way.
                assertThat(reader.read(id)).isEqualTo(live.contains(id) ? model.get(id) : null);
                assertThat(store.contains(id)).isEqualTo(live.contains(id));
            }
            assertThat(store.verify(bytes -> {}).clean()).isTrue();
            assertThat(store.compact(live::contains).recordsDropped()).isZero();
        }
    }

    @Test
    void compactionWaitsForWriters() throws IOException {
        try (PackStore store = PackStore.open(directory, QUICK);
                StoreWriter writer = store.newWriter()) {
            put(writer, bytes(1, 10));
            assertThatThrownBy(() -> store.compact(id -> true)).isInstanceOf(RepositoryBusyException.class);
        }
    }

    @Test
    void everyFlippedByteOfAPackIsFound() throws IOException {
        Map<ObjectId, byte[]> model = new HashMap<>();
        try (PackStore store = PackStore.open(directory, QUICK);
                StoreWriter writer = store.newWriter()) {
            for (int i = 1; i < 5; i++) {
                byte[] bytes = bytes(i, 70 + i);
                model.put(put(writer, bytes), bytes);
            }
            writer.flush();
        }
        neverWrong(files(".pack").get(0), model, true);
    }

    @Test
    void noFlippedByteOfARunMakesAWrongRead() throws IOException {
        Map<ObjectId, byte[]> model = new HashMap<>();
        try (PackStore store = PackStore.open(directory, QUICK);
                StoreWriter writer = store.newWriter()) {
            for (int i = 1; i < 5; i++) {
                byte[] bytes = bytes(i, 70 + i);
                model.put(put(writer, bytes), bytes);
            }
            writer.flush();
        }
        neverWrong(files(".run").get(0), model, false);
    }

    private void neverWrong(Path file, Map<ObjectId, byte[]> model, boolean pack) throws IOException {
        byte[] good = Files.readAllBytes(file);
        for (int at = 0; at < good.length; at++) {
            byte[] bad = good.clone();
            bad[at] ^= (byte) (1 << (at % 8));
            Files.write(file, bad);
            try (PackStore store = PackStore.open(directory, QUICK)) {
                boolean found = false;
                for (Map.Entry<ObjectId, byte[]> each : model.entrySet()) {
                    try {
                        byte[] read = store.read(each.getKey());
                        found |= read == null;
                        if (read != null) {
                            assertThat(read).isEqualTo(each.getValue());
                        }
                    } catch (CorruptObjectException e) {
                        found = true;
                    }
                }
                VerifyReport report = store.verify(bytes -> {});
                assertThat(report.clean()).as("byte %d", at).isFalse();
                if (pack && at >= PackFormat.HEADER_BYTES) {
                    assertThat(report.corruptObjectCount()).as("byte %d", at).isEqualTo(1);
                    assertThat(found).isTrue();
                }
            } catch (dev.dits.error.UnsupportedFormatException e) {
                assertThat(at).isBetween(8, 9);
            }
        }
        Files.write(file, good);
    }

    @Test
    void interruptsHarmNobody() throws Exception {
        Map<ObjectId, byte[]> model = new HashMap<>();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong interrupted = new AtomicLong();
        try (PackStore store = PackStore.open(directory, QUICK.withPackBytesMax(StoreOptions.PACK_BYTES_MIN));
                StoreWriter writer = store.newWriter()) {
            for (int i = 1; i < 100; i++) {
                byte[] bytes = bytes(3 * i + 1, 3000);
                model.put(put(writer, bytes), bytes);
            }
            writer.flush();
            List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 3; t++) {
                int from = 1_000_000 * (t + 1);
                Thread thread = new Thread(() -> {
                    try {
                        for (int i = 0; i < 40; i++) {
                            for (Map.Entry<ObjectId, byte[]> each : model.entrySet()) {
                                assertThat(store.read(each.getKey())).isEqualTo(each.getValue());
                                interrupted.addAndGet(Thread.interrupted() ? 1 : 0);
                            }
                            byte[] mine = bytes(from + 3 * i + 1, 3000);
                            assertThat(store.read(put(writer, mine))).isEqualTo(mine);
                            writer.flush();
                        }
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                });
                threads.add(thread);
                thread.start();
            }
            Thread racer = new Thread(() -> {
                while (!stop.get()) {
                    threads.forEach(Thread::interrupt);
                }
            });
            racer.start();
            for (Thread thread : threads) {
                thread.join();
            }
            stop.set(true);
            racer.join();
            assertThat(failures).isEmpty();
            assertThat(interrupted.get()).isPositive();
            assertThat(store.verify(bytes -> {}).clean()).isTrue();
        }
    }

    @Test
    void aDamagedObjectCanBePutAgain() throws IOException {
        byte[] bytes = bytes(1, 1000);
        ObjectId id;
        try (PackStore store = PackStore.open(directory, QUICK);
                StoreWriter writer = store.newWriter()) {
            id = put(writer, bytes);
            writer.flush();
        }
        Path pack = files(".pack").get(0);
        byte[] bad = Files.readAllBytes(pack);
        bad[500]++;
        Files.write(pack, bad);
        try (PackStore store = PackStore.open(directory, QUICK);
                StoreWriter writer = store.newWriter()) {
            assertThatThrownBy(() -> store.read(id)).isInstanceOf(CorruptObjectException.class);
            assertThat(store.contains(id)).isFalse();
            put(writer, bytes);
            assertThat(store.read(id)).isEqualTo(bytes);
            writer.flush();
            assertThat(store.read(id)).isEqualTo(bytes);
        }
        try (PackStore store = PackStore.open(directory, QUICK)) {
            assertThat(store.read(id)).isEqualTo(bytes);
        }
    }

    @Test
    void aLostIndexIsRebuilt() throws IOException {
        Map<ObjectId, byte[]> model = new HashMap<>();
        try (PackStore store = PackStore.open(directory, QUICK);
                StoreWriter writer = store.newWriter()) {
            for (int i = 1; i < 50; i++) {
                byte[] bytes = bytes(i, 700 + i);
                model.put(put(writer, bytes), bytes);
            }
            writer.flush();
        }
        Path run = files(".run").get(0);
        Files.write(run, java.util.Arrays.copyOf(Files.readAllBytes(run), 100));
        try (PackStore store = PackStore.open(directory, QUICK)) {
            assertThat(store.recover()).isGreaterThanOrEqualTo(model.size());
            for (Map.Entry<ObjectId, byte[]> each : model.entrySet()) {
                assertThat(store.read(each.getKey())).isEqualTo(each.getValue());
            }
            assertThat(store.verify(bytes -> {}).clean()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void behavesLikeAMap(long seed) throws IOException {
        Random random = new Random(seed);
        StoreOptions options = QUICK.withPackBytesMax(StoreOptions.PACK_BYTES_MIN)
                .withFlushRecords(1 + random.nextInt(40))
                .withNames(random::nextLong);
        Map<ObjectId, byte[]> model = new HashMap<>();
        PackStore store = PackStore.open(directory, options);
        StoreWriter writer = store.newWriter();
        for (int step = 0; step < 600; step++) {
            int what = random.nextInt(100);
            if (what < 70) {
                byte[] bytes = bytes(random.nextInt(500), 1 + random.nextInt(3000));
                ObjectId id = ObjectId.hash(bytes);
                boolean added = writer.put(RecordType.CHUNK, id, bytes, 0, bytes.length);
                assertThat(added).isEqualTo(model.put(id, bytes) == null);
            } else if (what < 80) {
                writer.flush();
            } else if (what < 84) {
                writer.close();
                store.close();
                store = PackStore.open(directory, options);
                store.recover();
                writer = store.newWriter();
            } else if (what < 87) {
                writer.flush();
                writer.close();
                Set<ObjectId> live = new HashSet<>();
                model.keySet().stream().filter(id -> random.nextInt(3) > 0).forEach(live::add);
                store.compact(live::contains);
                model.keySet().retainAll(live);
                writer = store.newWriter();
            } else {
                for (Map.Entry<ObjectId, byte[]> each : model.entrySet()) {
                    if (random.nextInt(10) == 0) {
                        assertThat(store.read(each.getKey())).isEqualTo(each.getValue());
                    }
                }
                assertThat(store.contains(ObjectId.hash(bytes(step, 5000)))).isFalse();
            }
        }
        writer.flush();
        Map<ObjectId, Integer> seen = new HashMap<>();
        store.forEach((id, type, plain, stored) -> seen.put(id, plain));
        assertThat(seen.keySet()).isEqualTo(model.keySet());
        assertThat(store.verify(bytes -> {}).clean()).isTrue();
        writer.close();
        store.close();
    }
}
