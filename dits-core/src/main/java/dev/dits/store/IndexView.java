package dev.dits.store;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The runs and packs that were there at one moment. Immutable; a store replaces it as a whole.
 *
 * <p>Newer runs come first. Entries of packs that are not there do not count: a pack is deleted before its entries are.
 */
final class IndexView {
    private static final int ATTEMPTS_MAX = 100;

    private final long generation;
    private final List<Run> runs;
    private final Set<Long> packs;
    private final List<String> damagedRuns;
    private final boolean[][] present;

    private IndexView(long generation, List<Run> runs, Set<Long> packs, List<String> damagedRuns) {
        this.generation = generation;
        this.runs = List.copyOf(runs);
        this.packs = Set.copyOf(packs);
        this.damagedRuns = List.copyOf(damagedRuns);
        present = new boolean[runs.size()][];
        for (int i = 0; i < present.length; i++) {
            Run run = runs.get(i);
            present[i] = new boolean[run.packCount()];
            for (int p = 0; p < present[i].length; p++) {
                present[i][p] = packs.contains(run.pack(p));
            }
        }
    }

    /** Looks at the directory, keeping the runs that {@code before} has open. */
    static IndexView load(Path directory, Generation counter, @Nullable IndexView before) throws IOException {
        Map<String, Run> open = new HashMap<>();
        if (before != null) {
            before.runs.forEach(run -> open.put(run.name(), run));
        }
        for (int attempt = 1; ; attempt++) {
            // Read before the listing: what changes afterwards moves it, and the next miss looks again.
            long generation = counter.get();
            List<String> names = new ArrayList<>();
            Set<Long> packs = new HashSet<>();
            list(directory, names, packs);
            List<Run> runs = new ArrayList<>();
            List<String> damaged = new ArrayList<>();
            boolean vanished = false;
            for (String name : names) {
                Run run = open.get(name);
                try {
                    run = run != null ? run : Run.open(directory, name);
                    open.put(name, run);
                    runs.add(run);
                } catch (NoSuchFileException e) {
                    vanished = true; // merged away since the listing; what replaced it may be missing from the list
                } catch (CorruptObjectException e) {
                    damaged.add(name);
                }
            }
            if ((!vanished && counter.get() == generation) || attempt == ATTEMPTS_MAX) {
                runs.sort(Comparator.comparingLong(Run::sequence).reversed().thenComparing(Run::name));
                return new IndexView(generation, runs, packs, damaged);
            }
        }
    }

    private static void list(Path directory, List<String> runs, Set<Long> packs) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                if (PackFormat.isNamed(name, RunFormat.SUFFIX)) {
                    runs.add(name.substring(0, 16));
                } else if (PackFormat.isNamed(name, PackFormat.PACK_SUFFIX)) {
                    packs.add(PackFormat.nameOf(name));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    long generation() {
        return generation;
    }

    List<Run> runs() {
        return runs;
    }

    Set<Long> packs() {
        return packs;
    }

    /** Names of run files that are not whole runs. */
    List<String> damagedRuns() {
        return damagedRuns;
    }

    long sequenceMax() {
        return runs.isEmpty() ? 0 : runs.get(0).sequence();
    }

    boolean contains(ObjectId id) {
        for (int i = 0; i < present.length; i++) {
            int index = runs.get(i).find(id);
            if (index >= 0 && usable(i, index)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Finds an id.
     *
     * @param from the first run to look into; 0, or one more than the last result to see older copies
     * @return the run it was found in, or -1
     */
    int find(ObjectId id, Entry into, int from) {
        for (int i = from; i < present.length; i++) {
            Run run = runs.get(i);
            int index = run.find(id);
            if (index >= 0 && usable(i, index)) {
                run.load(index, into);
                return i;
            }
        }
        return -1;
    }

    private boolean usable(int run, int index) {
        int ordinal = runs.get(run).packOrdinal(index);
        return ordinal >= 0 && ordinal < present[run].length && present[run][ordinal];
    }

    /** How much of each pack that is here has been indexed, in bytes. */
    Map<Long, Long> covered() {
        return covered(runs);
    }

    private Map<Long, Long> covered(List<Run> of) {
        Map<Long, Long> covered = new HashMap<>();
        for (Run run : of) {
            for (int p = 0; p < run.packCount(); p++) {
                if (packs.contains(run.pack(p))) {
                    covered.merge(run.pack(p), run.covered(p), Math::max);
                }
            }
        }
        return covered;
    }

    /** How many of a run's packs are gone. */
    int absentPacks(Run run) {
        int absent = 0;
        for (boolean here : present[runs.indexOf(run)]) {
            absent += here ? 0 : 1;
        }
        return absent;
    }

    /** What merging some runs gives. */
    record Merge(int entriesMax, long sequence, Map<Long, Long> packs, EntryCursor entries) {}

    /** Merges runs: sorted, of equal ids the newest first, without entries whose pack is gone. */
    Merge merge(List<Run> inputs) {
        int entries = 0;
        long sequence = 0;
        for (Run run : inputs) {
            entries = Math.addExact(entries, run.count());
            sequence = Math.max(sequence, run.sequence());
        }
        return new Merge(entries, sequence, covered(inputs), cursor(inputs));
    }

    private final class Walk {
        final Run run;
        final int order;
        final int ordinal;
        final Entry entry = new Entry();
        private int next;

        Walk(Run run, int order) {
            this.run = run;
            this.order = order;
            this.ordinal = runs.indexOf(run);
        }

        boolean advance() {
            while (next < run.count()) {
                int index = next++;
                if (usable(ordinal, index)) {
                    run.load(index, entry);
                    return true;
                }
            }
            return false;
        }
    }

    private EntryCursor cursor(List<Run> inputs) {
        PriorityQueue<Walk> queue = new PriorityQueue<>((left, right) -> {
            int order = left.entry.compareId(right.entry);
            return order != 0 ? order : Integer.compare(left.order, right.order);
        });
        for (Run run : inputs) {
            Walk walk = new Walk(run, runs.indexOf(run));
            if (walk.advance()) {
                queue.add(walk);
            }
        }
        return into -> {
            Walk first = queue.poll();
            if (first == null) {
                return false;
            }
            into.copyFrom(first.entry);
            if (first.advance()) {
                queue.add(first);
            }
            return true;
        };
    }

    /** Walks all entries, each id once, its newest copy. */
    EntryCursor distinct() {
        return distinct(cursor(runs));
    }

    static EntryCursor distinct(EntryCursor cursor) {
        Entry last = new Entry();
        boolean[] started = {false};
        return into -> {
            do {
                if (!cursor.next(into)) {
                    return false;
                }
            } while (started[0] && into.sameId(last));
            started[0] = true;
            last.copyFrom(into);
            return true;
        };
    }
}
