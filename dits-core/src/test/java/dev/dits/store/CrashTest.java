package dev.dits.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.DitsException;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stops the world at every step of the write path, and looks at what is left. */
class CrashTest {
    @TempDir
    Path directory;

    private static final StoreOptions QUICK = StoreOptions.defaults()
            .withLockTimeout(Duration.ZERO)
            .withPackBytesMax(StoreOptions.PACK_BYTES_MIN)
            .withFlushRecords(9)
            .withFiles(new NoSyncFiles());

    private static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** Crashes at the n-th step of all. */
    private static final class CrashAt implements FailPoint {
        final Set<String> seen = new TreeSet<>();
        int left;
        boolean crashed;

        CrashAt(int ordinal) {
            left = ordinal;
        }

        @Override
        public void pass(String step) {
            seen.add(step);
            if (!crashed && --left == 0) {
                crashed = true;
                throw new Crash();
            }
        }
    }

    /** What was promised, and what may be there. */
    private static final class Model {
        final Map<ObjectId, byte[]> all = new HashMap<>();
        final Set<ObjectId> acknowledged = new HashSet<>();
    }

    private static void work(PackStore store, Model model, Random random) throws IOException {
        for (int round = 0; round < 3; round++) {
            try (StoreWriter writer = store.newWriter()) {
                Set<ObjectId> since = new HashSet<>();
                for (int i = 0; i < 12; i++) {
                    int length = i == 5 ? 200_000 : 1 + random.nextInt(6000);
                    byte[] bytes = StoreContractTest.bytes(random.nextInt(1 << 20), length);
                    ObjectId id = ObjectId.hash(bytes);
                    model.all.put(id, bytes);
                    writer.put(RecordType.CHUNK, id, bytes, 0, bytes.length);
                    since.add(id);
                    if (i == 3 || i == 10) {
                        writer.flush();
                        model.acknowledged.addAll(since);
                    }
                }
            }
            if (round != 1) {
                Set<ObjectId> live = new HashSet<>();
                model.all.keySet().stream().filter(id -> (id.word(3) & 3) != 0).forEach(live::add);
                model.acknowledged.retainAll(live);
                store.compact(live::contains);
            }
        }
    }

    private static void check(Path left, Model model, int ordinal) throws IOException {
        try (PackStore store = PackStore.open(left, QUICK)) {
            store.recover();
            for (Map.Entry<ObjectId, byte[]> each : model.all.entrySet()) {
                byte[] read = store.read(each.getKey());
                if (read != null || model.acknowledged.contains(each.getKey())) {
                    assertThat(read).as("crash at step %d", ordinal).isEqualTo(each.getValue());
                }
            }
            VerifyReport report = store.verify(bytes -> {});
            assertThat(report.clean())
                    .as("crash at step %d: %s", ordinal, report)
                    .isTrue();
            assertThat(store.recover()).isZero();
            if (ordinal % 8 == 0) { // and work goes on
                work(store, new Model(), new Random(ordinal));
            }
            try (var files = Files.list(left)) {
                assertThat(files.filter(file -> file.toString().endsWith(".tmp")))
                        .isEmpty();
            }
        }
    }

    private CrashAt crash(int ordinal, Path at, StoreFiles files, Model model) throws IOException {
        CrashAt point = new CrashAt(ordinal);
        StoreOptions options = QUICK.withFailPoint(point).withFiles(files).withNames(new Random(5)::nextLong);
        try (PackStore store = PackStore.open(at, options)) {
            try {
                work(store, model, new Random(7));
            } catch (Crash e) {
                Path left = Files.createDirectory(directory.resolve("left" + ordinal));
                if (files instanceof PowerCutFiles cut) {
                    cut.cut(left, new Random(ordinal));
                } else {
                    PowerCutFiles.copy(at, left);
                }
            }
        }
        assertThat(FileLocks.heldFiles()).isZero();
        return point;
    }

    @Test
    void aKillAtAnyStepLosesNothingAcknowledged() throws IOException {
        everyStep(NoSyncFiles::new);
    }

    @Test
    void aPowerCutAtAnyStepLosesNothingAcknowledged() throws IOException {
        everyStep(PowerCutFiles::new);
    }

    private void everyStep(java.util.function.Supplier<StoreFiles> files) throws IOException {
        int ordinal = 1;
        for (; ; ordinal++) {
            Model model = new Model();
            CrashAt point = crash(ordinal, directory.resolve("at" + ordinal), files.get(), model);
            if (!point.crashed) {
                assertThat(point.seen)
                        .contains(
                                "pack-create",
                                "pack-header",
                                "record",
                                "record-torn",
                                "drain",
                                "pack-sync",
                                "run-create",
                                "run-written",
                                "run-synced",
                                "run-renamed",
                                "run-durable",
                                "run-delete",
                                "pack-delete");
                break;
            }
            check(directory.resolve("left" + ordinal), model, ordinal);
        }
        assertThat(ordinal).isGreaterThan(100);
    }

    /** A disk that is full after a while, having taken part of what was written. */
    private static final class FullFiles implements StoreFiles {
        long room;
        boolean syncFails;

        @Override
        public Appender create(Path file) throws IOException {
            return wrap(new NoSyncFiles().create(file));
        }

        @Override
        public Appender append(Path file) throws IOException {
            return wrap(new NoSyncFiles().append(file));
        }

        private Appender wrap(Appender appender) {
            return new Appender() {
                @Override
                public void write(long position, byte[] bytes, int offset, int length) throws IOException {
                    int part = (int) Math.min(length, room);
                    appender.write(position, bytes, offset, part);
                    room -= part;
                    if (part < length) {
                        throw new IOException("No space left on device");
                    }
                }

                @Override
                public void truncate(long length) throws IOException {
                    appender.truncate(length);
                }

                @Override
                public void sync() throws IOException {
                    if (syncFails) {
                        throw new IOException("Input/output error");
                    }
                    appender.sync();
                }

                @Override
                public void close() throws IOException {
                    appender.close();
                }
            };
        }

        @Override
        public void rename(Path from, Path to) throws IOException {
            new NoSyncFiles().rename(from, to);
        }

        @Override
        public void syncDirectory(Path at) throws IOException {
            new NoSyncFiles().syncDirectory(at);
        }

        @Override
        public void delete(Path file) throws IOException {
            new NoSyncFiles().delete(file);
        }
    }

    @Test
    void aFullDiskIsSaidAndGoneOver() throws IOException {
        for (int room = 0; room < 130_000; room += 997) {
            Path at = directory.resolve("full" + room);
            FullFiles files = new FullFiles();
            files.room = room;
            Map<ObjectId, byte[]> model = new HashMap<>();
            try (PackStore store = PackStore.open(at, QUICK.withFiles(files).withPackBytesMax(1 << 20));
                    StoreWriter writer = store.newWriter()) {
                DitsException said = null;
                for (int i = 0; i < 30; i++) {
                    byte[] bytes = StoreContractTest.bytes(3 * i + 1, 4000);
                    ObjectId id = ObjectId.hash(bytes);
                    try {
                        writer.put(RecordType.CHUNK, id, bytes, 0, bytes.length);
                        model.put(id, bytes);
                        if (i == 29) {
                            writer.flush();
                        }
                    } catch (DitsException e) {
                        said = e;
                        break;
                    }
                }
                if (said != null) {
                    assertThat(said).hasMessageContaining("disk is full").hasMessageContaining(at.toString());
                    files.room = Long.MAX_VALUE;
                    // What was taken is still there, and what was refused can be put now.
                    for (int i = 0; i < 30; i++) {
                        byte[] bytes = StoreContractTest.bytes(3 * i + 1, 4000);
                        ObjectId id = ObjectId.hash(bytes);
                        assertThat(writer.put(RecordType.CHUNK, id, bytes, 0, bytes.length))
                                .isEqualTo(!model.containsKey(id));
                        model.put(id, bytes);
                    }
                    writer.flush();
                }
            }
            try (PackStore store = PackStore.open(at, QUICK)) {
                for (Map.Entry<ObjectId, byte[]> each : model.entrySet()) {
                    assertThat(store.read(each.getKey())).isEqualTo(each.getValue());
                }
                assertThat(store.verify(bytes -> {}).clean()).isTrue();
                assertThat(store.recover()).isZero();
            }
        }
    }

    @Test
    void afterAFailedSyncNothingIsPromised() throws IOException {
        FullFiles files = new FullFiles();
        files.room = Long.MAX_VALUE;
        files.syncFails = true;
        byte[] bytes = {1, 2, 3};
        ObjectId id = ObjectId.hash(bytes);
        try (PackStore store = PackStore.open(directory, QUICK.withFiles(files));
                StoreWriter writer = store.newWriter()) {
            writer.put(RecordType.CHUNK, id, bytes, 0, bytes.length);
            assertThatThrownBy(writer::flush).isInstanceOf(IOException.class);
            files.syncFails = false;
            // A second sync that succeeds would prove nothing.
            assertThatThrownBy(writer::flush).isInstanceOf(DitsException.class);
            try (PackStore other = PackStore.open(directory, QUICK)) {
                assertThat(other.contains(id)).isFalse();
            }
        }
    }
}
