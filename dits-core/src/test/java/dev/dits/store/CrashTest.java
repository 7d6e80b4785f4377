package dev.dits.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.disk.FaultDisk;
import dev.dits.error.DiskFullException;
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
            .withDisk(FaultDisk.plain(1));

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
                    int length = i == 5 ? 140_000 : 1 + random.nextInt(3000);
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
            if (ordinal % 64 == 0) { // and work goes on
                work(store, new Model(), new Random(ordinal));
            }
            try (var files = Files.list(left)) {
                assertThat(files.filter(file -> file.toString().endsWith(".tmp")))
                        .isEmpty();
            }
        }
    }

    /** Every point of the work, each left behind by a kill and by a power cut. */
    @Test
    void aKillOrPowerCutAtAnyStepLosesNothingAcknowledged() throws IOException {
        Path at = Files.createDirectory(directory.resolve("at"));
        FaultDisk disk = FaultDisk.withModel(at, 1);
        Model model = new Model();
        int[] last = new int[1];
        disk.watch((point, ordinal) -> {
            last[0] = ordinal;
            Path killed = directory.resolve("killed" + ordinal);
            FaultDisk.copy(at, killed);
            check(killed, model, ordinal);
            Path cut = directory.resolve("cut" + ordinal);
            disk.cut(cut, ordinal);
            check(cut, model, ordinal);
        });
        try (PackStore store = PackStore.open(at, QUICK.withDisk(disk).withNames(new Random(5)::nextLong))) {
            work(store, model, new Random(7));
        }
        assertThat(last[0]).isGreaterThan(200);
        assertThat(disk.points())
                .contains(
                        "hint.create",
                        "pack.create",
                        "pack.write",
                        "pack.sync",
                        "pack.close",
                        "pack.delete",
                        "run.create",
                        "run.write",
                        "run.sync",
                        "run.rename",
                        "run.close",
                        "run.sync-directory",
                        "run.delete");
    }

    /** The process itself goes on here: it is to let go of every lock and file, wherever it was stopped. */
    @Test
    void nothingIsHeldAfterAnErrorAtAnyStep() throws IOException {
        for (FaultDisk.Fault fault : FaultDisk.Fault.values()) {
            for (int ordinal = 1; ; ordinal += 29) {
                Path at = Files.createDirectory(directory.resolve(fault + "-" + ordinal));
                FaultDisk disk = FaultDisk.plain(ordinal);
                disk.plan(fault, ordinal);
                try (PackStore store = PackStore.open(at, QUICK.withDisk(disk))) {
                    try {
                        work(store, new Model(), new Random(7));
                    } finally {
                        if (disk.dead()) {
                            disk.bury();
                        }
                    }
                } catch (IOException | FaultDisk.Killed e) {
                    assertThat(e instanceof DiskFullException)
                            .as("%s at %s: %s", fault, disk.struck(), e)
                            .isEqualTo(fault == FaultDisk.Fault.FULL || fault == FaultDisk.Fault.FULL_ONCE);
                }
                assertThat(FileLocks.heldFiles()).as(disk.struck()).isZero();
                assertThat(FaultDisk.openFiles(at)).as(disk.struck()).isZero();
                if (disk.struck() == null) {
                    break;
                }
            }
        }
    }

    private static boolean put(StoreWriter writer, int number) throws IOException {
        byte[] bytes = StoreContractTest.bytes(3 * number + 1, 4000);
        return writer.put(RecordType.CHUNK, ObjectId.hash(bytes), bytes, 0, bytes.length);
    }

    @Test
    void aFullDiskIsSaidAndGoneOver() throws IOException {
        for (int ordinal = 1; ; ordinal++) {
            Path at = directory.resolve("full" + ordinal);
            FaultDisk disk = FaultDisk.plain(ordinal);
            int taken = 0;
            boolean broken = false;
            try (PackStore store = PackStore.open(at, QUICK.withDisk(disk).withPackBytesMax(1 << 17));
                    StoreWriter writer = store.newWriter()) {
                disk.plan(FaultDisk.Fault.FULL, ordinal);
                try {
                    for (; taken < 60; taken++) {
                        assertThat(put(writer, taken)).isTrue();
                    }
                    writer.flush();
                } catch (DiskFullException e) {
                    assertThat(e).hasMessageContaining("disk is full").hasMessageContaining(at.toString());
                    disk.mend();
                    if ("pack.sync".equals(disk.struck())) {
                        // What the system took and could not place may be gone: this writer promises nothing more.
                        assertThatThrownBy(writer::flush).isInstanceOf(DiskFullException.class);
                        broken = true;
                    } else {
                        // What was taken is still there, and what was refused can be put now.
                        for (int i = 0; i < 60; i++) {
                            assertThat(put(writer, i)).isEqualTo(i >= taken);
                        }
                        writer.flush();
                    }
                }
                if (disk.struck() == null) {
                    assertThat(ordinal).isGreaterThan(50);
                    return;
                }
            }
            try (PackStore store = PackStore.open(at, QUICK)) {
                store.recover();
                if (broken) {
                    try (StoreWriter writer = store.newWriter()) {
                        for (int i = 0; i < 60; i++) {
                            put(writer, i);
                        }
                        writer.flush();
                    }
                }
                for (int i = 0; i < 60; i++) {
                    byte[] bytes = StoreContractTest.bytes(3 * i + 1, 4000);
                    assertThat(store.read(ObjectId.hash(bytes))).isEqualTo(bytes);
                }
                assertThat(store.verify(bytes -> {}).clean()).isTrue();
                assertThat(store.recover()).isZero();
            }
        }
    }

    @Test
    void afterAFailedSyncNothingIsPromised() throws IOException {
        FaultDisk disk = FaultDisk.withModel(directory, 3);
        Path at = directory.resolve("store");
        byte[] bytes = StoreContractTest.bytes(1, 100_000);
        ObjectId id = ObjectId.hash(bytes);
        try (PackStore store = PackStore.open(at, QUICK.withDisk(disk));
                StoreWriter writer = store.newWriter()) {
            writer.put(RecordType.CHUNK, id, bytes, 0, bytes.length);
            disk.plan(FaultDisk.Fault.IO_ERROR, 1);
            assertThatThrownBy(writer::flush).isInstanceOf(IOException.class);
            assertThat(disk.struck()).isEqualTo("pack.sync");
            disk.mend();
            // A second sync that succeeds would prove nothing.
            assertThatThrownBy(writer::flush).isInstanceOf(DitsException.class);
        }
        // Neither for whoever comes next: the bytes can be read, and yet need not be on the disk.
        try (PackStore store = PackStore.open(at, QUICK.withDisk(disk))) {
            assertThat(store.recover()).isZero();
            assertThat(store.contains(id)).isFalse();
            try (StoreWriter writer = store.newWriter()) {
                assertThat(writer.put(RecordType.CHUNK, id, bytes, 0, bytes.length))
                        .isTrue();
                writer.flush();
            }
        }
        for (int seed = 0; seed < 20; seed++) {
            Path left = directory.resolve("left" + seed);
            disk.cut(left, seed);
            try (PackStore store = PackStore.open(left.resolve("store"), QUICK)) {
                store.recover();
                assertThat(store.read(id)).isEqualTo(bytes);
            }
        }
    }
}
