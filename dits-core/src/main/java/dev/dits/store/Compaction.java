package dev.dits.store;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.DiskFullException;
import dev.dits.object.ObjectId;
import dev.dits.store.PackFormat.RecordHeader;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drops dead objects. Under the exclusive lock: copies what lives out of packs that are not worth keeping, makes the copies durable, and only then
 * deletes the packs; last it drops dead entries. Where a crash stops it, entries of deleted packs do not count and a pack whose records
 * were copied is all dead, which the next compaction finds.
 */
final class Compaction {
    private static final Logger LOGGER = LoggerFactory.getLogger(Compaction.class);

    /** A pack is rewritten when this part of it is dead. */
    private static final int DEAD_FRACTION = 4;

    private final PackStore store;
    private final Maintenance maintenance;
    private final Predicate<ObjectId> live;
    private long recordsDropped;

    Compaction(PackStore store, Maintenance maintenance, Predicate<ObjectId> live) {
        this.store = store;
        this.maintenance = maintenance;
        this.live = live;
    }

    @SuppressWarnings("try") // the lock is held, not used
    CompactReport run(LockWait wait) throws IOException {
        try (FileLocks.Held lock = maintenance.exclusive(wait)) {
            long bytesBefore = total(store.packs());
            try {
                maintenance.recoverTails(store.newWriterUnderLock(Set.of()));
            } catch (DiskFullException e) {
                maintenance.cutTails(); // indexing takes room; what is in no run was promised to nobody
            }
            List<PackStore.PackInfo> packs = store.packs();
            Map<Long, Long> liveBytes = liveBytes();
            Set<Long> rewrite = new HashSet<>();
            Set<Long> drop = new HashSet<>();
            choose(packs, liveBytes, rewrite, drop);
            int dropped = drop.size();
            maintenance.deletePacks(drop);
            int rewritten = 0;
            try {
                Set<Long> avoid = new HashSet<>(rewrite);
                try (StoreWriter writer = store.newWriterUnderLock(avoid)) {
                    for (PackStore.PackInfo pack : packs) {
                        long name = PackFormat.nameOf(pack.name());
                        if (rewrite.contains(name) && copyLive(pack, writer)) {
                            writer.flush();
                            maintenance.deletePacks(Set.of(name));
                            rewritten++;
                        }
                    }
                }
                maintenance.mergeAll(live);
            } catch (DiskFullException e) {
                if (total(store.packs()) >= bytesBefore) {
                    throw e;
                }
                LOGGER.debug("there was no room to go on collecting", e); // and now there is some
            }
            long freed = Math.max(0, bytesBefore - total(store.packs()));
            return new CompactReport(rewritten, dropped + rewritten, recordsDropped, freed);
        }
    }

    private static long total(List<PackStore.PackInfo> packs) {
        return packs.stream().mapToLong(PackStore.PackInfo::bytes).sum();
    }

    private Map<Long, Long> liveBytes() throws IOException {
        Map<Long, Long> bytes = new HashMap<>();
        Entry entry = new Entry();
        EntryCursor cursor = store.refresh(true).distinct();
        while (cursor.next(entry)) {
            if (live.test(entry.id())) {
                bytes.merge(entry.pack, (long) PackFormat.RECORD_HEADER_BYTES + entry.stored, Long::sum);
            } else {
                recordsDropped++;
            }
        }
        return bytes;
    }

    private void choose(List<PackStore.PackInfo> packs, Map<Long, Long> liveBytes, Set<Long> rewrite, Set<Long> drop) {
        Map<Long, Long> covered = store.view().covered();
        Set<Long> small = new HashSet<>();
        for (PackStore.PackInfo pack : packs) {
            long name = PackFormat.nameOf(pack.name());
            long alive = liveBytes.getOrDefault(name, 0L);
            long dead = pack.bytes() - PackFormat.HEADER_BYTES - alive;
            if (covered.getOrDefault(name, (long) PackFormat.HEADER_BYTES) < pack.bytes()) {
                continue; // recovery could not read its tail; not ours to judge
            }
            if (alive == 0) {
                drop.add(name);
            } else if (dead > 0 && dead >= pack.bytes() / DEAD_FRACTION) {
                rewrite.add(name);
            } else if (pack.bytes() < store.options().packBytesMax() / DEAD_FRACTION) {
                small.add(name);
            }
        }
        if (small.size() > 1) {
            rewrite.addAll(small);
        }
    }

    /** Copies a pack's live records; false if it is damaged and has to stay. */
    private boolean copyLive(PackStore.PackInfo pack, StoreWriter writer) throws IOException {
        long name = PackFormat.nameOf(pack.name());
        Entry entry = new Entry();
        try (PackScanner scanner = new PackScanner(store.packPath(name), PackFormat.HEADER_BYTES, pack.bytes())) {
            for (RecordHeader header = scanner.next(); header != null; header = scanner.next()) {
                boolean current = store.view().find(header.id(), entry, 0) >= 0
                        && entry.pack == name
                        && entry.offset == scanner.recordOffset();
                if (current && live.test(header.id())) {
                    boolean unused = writer.copy(header.id(), scanner.record(header));
                }
            }
            return true;
        } catch (CorruptObjectException e) {
            return false;
        }
    }
}
