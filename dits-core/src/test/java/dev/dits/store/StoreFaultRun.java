package dev.dits.store;

import dev.dits.disk.FaultDisk;
import dev.dits.error.DiskFullException;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A few puts, flushes and compactions, drawn from a seed, on a disk that fails somewhere among them; two writers at times. Whatever a flush acknowledged has to be there,
 * with the disk mended and after a power cut. Small, so that very many can run.
 */
final class StoreFaultRun {
    private static final StoreOptions OPTIONS = StoreOptions.defaults()
            .withLockTimeout(Duration.ZERO)
            .withPackBytesMax(StoreOptions.PACK_BYTES_MIN)
            .withCompress(false)
            .withFlushRecords(5);

    private final Path home;
    private final Random random;
    private final Map<ObjectId, byte[]> all = new HashMap<>();
    private final Set<ObjectId> acknowledged = new HashSet<>();
    private final List<String> log = new ArrayList<>();
    private Path at;
    private FaultDisk disk;
    private int worlds;

    StoreFaultRun(Path home, long seed) throws IOException {
        this.home = home;
        random = new Random(seed);
        at = Files.createDirectory(home.resolve("world"));
        disk = FaultDisk.withModel(at, seed);
        log.add("seed " + seed);
    }

    @Override
    public String toString() {
        return String.join("; ", log);
    }

    void run() throws IOException {
        for (int round = 0; round < 3; round++) {
            FaultDisk.Fault[] faults = FaultDisk.Fault.values();
            FaultDisk.Fault fault = faults[random.nextInt(faults.length)];
            disk.plan(fault, 1 + random.nextInt(50));
            boolean cut = random.nextBoolean();
            try (PackStore store = PackStore.open(at, OPTIONS.withDisk(disk).withNames(random::nextLong))) {
                try {
                    store.recover();
                    work(store);
                } finally {
                    if (disk.dead()) {
                        disk.bury();
                    }
                }
            } catch (FaultDisk.Killed e) {
                log.add("killed at " + disk.struck());
            } catch (IOException e) {
                log.add("failed at " + disk.struck());
                boolean full = fault == FaultDisk.Fault.FULL || fault == FaultDisk.Fault.FULL_ONCE;
                if (disk.struck() == null || (full && !(e instanceof DiskFullException))) {
                    throw new AssertionError("unexpected " + e, e);
                }
            }
            if (FileLocks.heldFiles() != 0 || FaultDisk.openFiles(at) != 0) {
                throw new AssertionError("something is still held");
            }
            boolean dead = disk.dead();
            disk.mend();
            if (cut || dead) {
                Path next = home.resolve("world" + ++worlds);
                if (cut) {
                    log.add("cut");
                    disk.cut(next, random.nextLong());
                } else {
                    FaultDisk.copy(at, next);
                }
                at = next;
                disk = FaultDisk.withModel(at, random.nextLong());
            }
            check();
        }
    }

    private void put(StoreWriter writer, Set<ObjectId> taken) throws IOException {
        byte[] bytes = new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 40_000 : 600)];
        new Random(random.nextInt(60)).nextBytes(bytes);
        ObjectId id = ObjectId.hash(bytes);
        all.put(id, bytes);
        boolean unused = writer.put(RecordType.CHUNK, id, bytes, 0, bytes.length);
        taken.add(id);
    }

    private void work(PackStore store) throws IOException {
        for (int i = random.nextInt(3); i >= 0; i--) {
            Set<ObjectId> mine = new HashSet<>();
            Set<ObjectId> others = new HashSet<>();
            try (StoreWriter writer = store.newWriter();
                    StoreWriter other = store.newWriter()) {
                for (int n = random.nextInt(12); n >= 0; n--) {
                    if (random.nextInt(4) == 0) {
                        put(other, others);
                    } else {
                        put(writer, mine);
                    }
                    if (random.nextInt(6) == 0) {
                        writer.flush();
                        acknowledged.addAll(mine);
                    }
                }
                if (random.nextBoolean()) {
                    other.flush();
                    acknowledged.addAll(others);
                }
                writer.flush();
                acknowledged.addAll(mine);
            }
            if (random.nextInt(3) == 0) {
                Set<ObjectId> live = new HashSet<>();
                all.keySet().stream().filter(id -> (id.word(3) & 3) != 0).forEach(live::add);
                acknowledged.retainAll(live);
                store.compact(live::contains);
            }
        }
    }

    private void check() throws IOException {
        try (PackStore store = PackStore.open(at, OPTIONS.withDisk(disk).withNames(random::nextLong))) {
            store.recover();
            for (Map.Entry<ObjectId, byte[]> each : all.entrySet()) {
                byte[] read = store.read(each.getKey());
                if (read == null
                        ? acknowledged.contains(each.getKey())
                        : !java.util.Arrays.equals(read, each.getValue())) {
                    throw new AssertionError(each.getKey() + " is " + (read == null ? "gone" : "wrong"));
                }
            }
            VerifyReport report = store.verify(bytes -> {});
            if (!report.clean()) {
                throw new AssertionError(report.toString());
            }
        }
    }
}
