package dev.dits.watch;

import dev.dits.object.TreePath;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What may have to be committed, and when. Times are nanoseconds of a clock that is handed in and only goes forward.
 *
 * <p>A path is <em>at rest</em> when two looks that are a quiet period apart found the same there, and nothing was heard of it in between. All wait for one that came to rest a moment ago, so that what was
 * saved together is committed together. They do not wait for one that has been written for several quiet periods, nor for longer than the longest wait.
 *
 * <p>Used by one thread.
 */
final class Pending {
    /** A file that has been written for so many quiet periods is one that takes long: the others do not wait for it. */
    static final int BUSY_PERIODS = 3;

    private static final class Entry {
        /** What the last look found; null before the first. */
        @Nullable
        Object stamp;

        /** When it was heard of. */
        long since;

        /** When it was last heard of, or found otherwise. */
        long changed;

        /** When the last look found it. */
        long round;

        /** Tried in vain: not before. */
        long notBefore;

        int failures;
    }

    private final long quiet;
    private final long longest;
    private final int max;
    private final NavigableMap<TreePath, Entry> entries = new TreeMap<>();
    private long round;
    private boolean overflowed;

    /**
     * @param quietNanos how long a path is to be quiet
     * @param longestNanos how long what is at rest waits for the rest
     * @param max paths that are kept; of others it is known only that they are there
     */
    Pending(long quietNanos, long longestNanos, int max) {
        this.quiet = quietNanos;
        this.longest = longestNanos;
        this.max = max;
    }

    int size() {
        return entries.size();
    }

    /** Whether a path was passed over, since there were too many. Asked once. */
    boolean takeOverflowed() {
        boolean was = overflowed;
        overflowed = false;
        return was;
    }

    /** Something was heard of a path. If it is not known yet, the next look decides whether it is anything. */
    void heard(TreePath path, long now) {
        Entry entry = entries.get(path);
        if (entry != null) {
            entry.changed = now;
        }
    }

    /** Begins a look. */
    void beginLook() {
        round++;
    }

    /** The look finds something that may have to be committed. */
    void found(TreePath path, Object stamp, long now) {
        Entry entry = entries.get(path);
        if (entry == null) {
            if (entries.size() >= max) {
                overflowed = true;
                return;
            }
            entry = new Entry();
            entry.since = now;
            entry.notBefore = now;
            entries.put(path, entry);
        }
        entry.round = round;
        if (!stamp.equals(entry.stamp)) {
            entry.stamp = stamp;
            entry.changed = now;
            entry.failures = 0;
            entry.notBefore = now;
        }
    }

    /** The look, which was at these paths and all below them, came to its end: what it did not find is nothing to commit. */
    void endLook(Collection<TreePath> at) {
        for (TreePath top : at) {
            Iterator<Map.Entry<TreePath, Entry>> each =
                    entries.tailMap(top, true).entrySet().iterator();
            // In the order of a walk, what is below a path comes right behind it.
            while (each.hasNext()) {
                Map.Entry<TreePath, Entry> next = each.next();
                if (!next.getKey().startsWith(top)) {
                    break;
                }
                if (next.getValue().round != round) {
                    each.remove();
                }
            }
        }
    }

    /** What the last look found there; null if it is nothing that waits. */
    @Nullable
    Object stamp(TreePath path) {
        Entry entry = entries.get(path);
        return entry == null ? null : entry.stamp;
    }

    /** Whether something waits below a path. */
    boolean hasBelow(TreePath path) {
        TreePath next = entries.higherKey(path);
        return next != null && next.startsWith(path);
    }

    private boolean atRest(Entry entry, long now) {
        return now - entry.changed >= quiet && now >= entry.notBefore;
    }

    /** Whether others wait for it: it changed a moment ago, and has not been changing for long. */
    private boolean isFresh(Entry entry, long now) {
        return now - entry.changed < quiet && now - entry.since < BUSY_PERIODS * quiet;
    }

    /**
     * What to commit now, in the order of a walk; nothing while all wait.
     *
     * @param coming whether more is known to come, of which the next look will tell
     */
    List<TreePath> due(long now, boolean coming) {
        List<TreePath> rested = new ArrayList<>();
        boolean fresh = coming;
        boolean overdue = false;
        for (Map.Entry<TreePath, Entry> each : entries.entrySet()) {
            Entry entry = each.getValue();
            fresh |= isFresh(entry, now);
            if (atRest(entry, now)) {
                rested.add(each.getKey());
                overdue |= now - entry.since >= longest;
            }
        }
        return fresh && !overdue ? List.of() : rested;
    }

    /** Of these, those that are still at rest. */
    List<TreePath> stillAtRest(Collection<TreePath> paths, long now) {
        List<TreePath> rested = new ArrayList<>();
        for (TreePath path : paths) {
            Entry entry = entries.get(path);
            if (entry != null && atRest(entry, now)) {
                rested.add(path);
            }
        }
        return rested;
    }

    /** In how many nanoseconds to ask again what is due, if nothing is heard until then; the greatest value for never. */
    long nextIn(long now) {
        long next = Long.MAX_VALUE;
        for (Entry entry : entries.values()) {
            if (!atRest(entry, now)) {
                next = Math.min(next, Math.max(entry.changed + quiet, entry.notBefore) - now);
                if (isFresh(entry, now)) {
                    next = Math.min(next, entry.since + BUSY_PERIODS * quiet - now);
                }
            } else if (now - entry.since < longest) {
                next = Math.min(next, entry.since + longest - now);
            }
        }
        return next;
    }

    /** It is committed, or nothing to commit. */
    void done(TreePath path) {
        entries.remove(path);
    }

    /** It changed while it was read. */
    void changed(TreePath path, long now) {
        heard(path, now);
    }

    /** It could not be read: not again before a while, which doubles each time, unless it changes. */
    void failed(TreePath path, long now, long delayMin, long delayMax) {
        Entry entry = entries.get(path);
        if (entry != null) {
            entry.notBefore = now + Math.min(delayMax, delayMin << Math.min(entry.failures++, 20));
        }
    }
}
