package dev.dits.store;

import dev.dits.disk.Disk;
import dev.dits.disk.DiskFile;
import dev.dits.disk.Role;
import dev.dits.error.CorruptObjectException;
import dev.dits.object.ObjectId;
import dev.dits.store.PackFormat.RecordHeader;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the index small and whole: merging, recovery, rebuilding. */
final class Maintenance {
    private static final Logger LOGGER = LoggerFactory.getLogger(Maintenance.class);
    private static final String MERGE_LOCK = "merge.lock";

    /** So many runs of about the same size are merged into one, which makes their number logarithmic. */
    static final int MERGE_FACTOR = 4;

    /** Runs below this many entries count as of one size. */
    static final int SMALL_ENTRIES = 4096;

    private final PackStore store;

    Maintenance(PackStore store) {
        this.store = store;
    }

    private static int tier(Run run) {
        int tier = 0;
        for (long size = SMALL_ENTRIES; size < run.count(); size *= MERGE_FACTOR) {
            tier++;
        }
        return tier;
    }

    /**
     * Merges runs while enough of one size are there. Whoever calls holds the store's lock, shared or exclusive. A failure is no failure of the caller, whose run is
     * durable already; the next flush tries again.
     */
    void mergeRuns() {
        try (FileLocks.Held lock = FileLocks.tryLock(store.directory().resolve(MERGE_LOCK), false)) {
            if (lock == null) {
                return; // somebody else is at it
            }
            for (List<Run> due = due(store.refresh(false)); !due.isEmpty(); due = due(store.refresh(false))) {
                merge(due, id -> true);
            }
        } catch (IOException e) {
            LOGGER.debug("runs were not merged", e);
        }
    }

    private static List<Run> due(IndexView view) {
        Map<Integer, List<Run>> tiers = new TreeMap<>();
        for (Run run : view.runs()) {
            if (run.packCount() > 0 && view.absentPacks(run) * 2 > run.packCount()) {
                return List.of(run); // mostly entries of packs that are gone
            }
            tiers.computeIfAbsent(tier(run), tier -> new ArrayList<>()).add(run);
        }
        for (List<Run> tier : tiers.values()) {
            if (tier.size() >= MERGE_FACTOR) {
                List<Run> fitting = fitting(tier);
                if (fitting.size() > 1) {
                    return fitting;
                }
            }
        }
        return List.of();
    }

    /** The smallest of some runs, as many as one run can take. */
    private static List<Run> fitting(List<Run> runs) {
        List<Run> sorted = new ArrayList<>(runs);
        sorted.sort(Comparator.comparingInt(Run::count));
        List<Run> fitting = new ArrayList<>();
        long entries = 0;
        for (Run run : sorted) {
            entries += run.count();
            if (entries > RunFormat.ENTRIES_MAX) {
                break;
            }
            fitting.add(run);
        }
        return fitting;
    }

    /** Merges everything, dropping what is not to stay. The exclusive lock is held. */
    void mergeAll(Predicate<ObjectId> keep) throws IOException {
        List<Run> left = new ArrayList<>(store.refresh(true).runs());
        while (!left.isEmpty()) {
            List<Run> group = fitting(left);
            merge(group, keep);
            left.removeAll(group);
        }
    }

    private void merge(List<Run> inputs, Predicate<ObjectId> keep) throws IOException {
        IndexView view = store.view();
        IndexView.Merge merge = view.merge(inputs);
        EntryCursor cursor = merge.entries();
        if (!merge.packs().isEmpty()) {
            store.publish(
                    into -> {
                        while (cursor.next(into)) {
                            if (keep.test(into.id())) {
                                return true;
                            }
                        }
                        return false;
                    },
                    merge.entriesMax(),
                    merge.sequence(),
                    merge.packs());
        }
        for (Run run : inputs) {
            deleteRun(run.name());
        }
        store.changed();
    }

    long recover() throws IOException {
        long before = store.salvaged();
        if (!behind().isEmpty()) {
            recoverTails(store.newWriter());
        }
        long rebuilt = 0;
        // What is left needs everybody else to be out; if somebody is in, the next opening does it.
        try (FileLocks.Held lock = FileLocks.tryLock(store.storeLockPath(), false)) {
            if (lock != null) {
                sweepTemporaries();
                if (!store.refresh(true).damagedRuns().isEmpty()) {
                    rebuilt = reindexUnderLock();
                }
            }
        }
        return store.salvaged() - before + rebuilt;
    }

    /** Packs with bytes that no run covers, or of which no run knows. */
    private List<PackStore.PackInfo> behind() throws IOException {
        Map<Long, Long> covered = store.refresh(true).covered();
        List<PackStore.PackInfo> behind = new ArrayList<>();
        for (PackStore.PackInfo pack : store.packs()) {
            Long indexed = covered.get(PackFormat.nameOf(pack.name()));
            if (indexed == null || pack.bytes() > indexed) {
                behind.add(pack);
            }
        }
        return behind;
    }

    /** Indexes what is whole in the tails of packs that nobody writes, and closes the writer it is done with. */
    void recoverTails(StoreWriter writer) throws IOException {
        try (writer) {
            for (PackStore.PackInfo pack : behind()) {
                writer.recoverPack(PackFormat.nameOf(pack.name()));
            }
        }
    }

    /** Drops what no run covers. The exclusive lock is held, so nobody appends. */
    void cutTails() throws IOException {
        Map<Long, Long> covered = store.refresh(true).covered();
        for (PackStore.PackInfo pack : behind()) {
            long name = PackFormat.nameOf(pack.name());
            long keep = covered.getOrDefault(name, 0L);
            if (keep == 0) {
                deletePacks(Set.of(name));
            } else {
                try (DiskFile file = store.options().disk().open(Role.PACK, store.packPath(name))) {
                    file.truncate(keep);
                }
            }
        }
    }

    private void sweepTemporaries() throws IOException {
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(store.directory(), "*" + RunFormat.TEMPORARY_SUFFIX)) {
            for (Path file : files) {
                boolean unused = store.options().disk().delete(Role.RUN, file);
            }
        }
    }

    @SuppressWarnings("try") // the lock is held, not used
    long reindex() throws IOException {
        try (FileLocks.Held lock = exclusive(LockWait.upTo(store.options().lockTimeout()))) {
            return reindexUnderLock();
        }
    }

    FileLocks.Held exclusive(LockWait wait) throws IOException {
        return FileLocks.lock(store.storeLockPath(), false, wait);
    }

    private long reindexUnderLock() throws IOException {
        IndexView old = store.refresh(true);
        long sequence = old.sequenceMax() + 1;
        long records = 0;
        for (PackStore.PackInfo pack : store.packs()) {
            records += reindex(pack, sequence);
        }
        for (Run run : old.runs()) {
            deleteRun(run.name());
        }
        for (String damaged : old.damagedRuns()) {
            deleteRun(damaged);
        }
        store.changed();
        mergeRuns();
        return records;
    }

    private long reindex(PackStore.PackInfo pack, long sequence) throws IOException {
        long name = PackFormat.nameOf(pack.name());
        long records = 0;
        PackScanner scanner = openQuietly(name, pack.bytes());
        if (scanner == null) {
            return 0;
        }
        try (scanner) {
            EntryTable table = new EntryTable();
            boolean more = true;
            while (more) {
                try {
                    RecordHeader header = scanner.next();
                    more = header != null;
                    if (header != null) {
                        byte[] unused = scanner.record(header).decode(header.id());
                        Entry entry = new Entry();
                        entry.set(
                                header.id(),
                                name,
                                scanner.recordOffset(),
                                header.stored(),
                                header.type(),
                                header.plain());
                        if (table.find(header.id()) == null) {
                            table.add(entry);
                            records++;
                        }
                    }
                } catch (CorruptObjectException e) {
                    scanner.resynchronise(); // what follows the damage is worth having
                }
                if (!more || table.size() >= store.options().flushRecords()) {
                    // A damaged tail counts as indexed: nobody is to append to it, nor to cut what may lie behind.
                    store.publish(
                            table.sorted(),
                            table.size(),
                            sequence,
                            Map.of(name, more ? scanner.offset() : pack.bytes()));
                    table = new EntryTable();
                }
            }
        }
        return records;
    }

    private @Nullable PackScanner openQuietly(long name, long bytes) throws IOException {
        try {
            return new PackScanner(store.packPath(name), PackFormat.HEADER_BYTES, bytes);
        } catch (CorruptObjectException e) {
            return null; // no pack; nothing of it can be indexed
        }
    }

    private void deleteRun(String name) throws IOException {
        boolean unused = store.options().disk().delete(Role.RUN, store.runPath(name));
    }

    /** Deletes packs whose live records are elsewhere. */
    void deletePacks(Set<Long> names) throws IOException {
        for (long name : names) {
            Disk disk = store.options().disk();
            boolean unused = disk.delete(Role.PACK, store.packPath(name));
            boolean unusedToo = disk.delete(Role.LAYOUT, store.lockPath(name));
        }
        store.changed();
    }

    @SuppressWarnings("try") // the lock is held, not used
    long evict(long name, StoreWriter into, Predicate<ObjectId> keep, long keepBytesMax) throws IOException {
        try (FileLocks.Held lock = FileLocks.tryLock(store.lockPath(name), false)) {
            if (lock == null) {
                return -1;
            }
            long records = 0;
            long bytes = 0;
            Entry entry = new Entry();
            List<Entry> kept = new ArrayList<>();
            EntryCursor cursor = store.refresh(true).distinct();
            while (cursor.next(entry)) {
                if (entry.pack == name) {
                    records++;
                    if (bytes + entry.stored <= keepBytesMax && keep.test(entry.id())) {
                        bytes += entry.stored;
                        Entry copy = new Entry();
                        copy.copyFrom(entry);
                        kept.add(copy);
                    }
                }
            }
            kept.sort(Comparator.comparingLong(each -> each.offset)); // the order of the disk
            for (Entry each : kept) {
                try {
                    if (into.copy(each.id(), store.load(each.id(), each))) {
                        records--;
                    }
                } catch (CorruptObjectException e) {
                    LOGGER.debug("a damaged chunk was dropped", e);
                } catch (NoSuchFileException e) {
                    break; // somebody cleared the cache
                }
            }
            // In this order: a writer that gets the lock next finds no pack and leaves.
            deletePacks(Set.of(name));
            return records;
        }
    }

    void clear() throws IOException {
        IndexView view = store.refresh(true);
        deletePacks(view.packs());
        for (Run run : view.runs()) {
            deleteRun(run.name());
        }
        for (String damaged : view.damagedRuns()) {
            deleteRun(damaged);
        }
        store.changed();
    }
}
