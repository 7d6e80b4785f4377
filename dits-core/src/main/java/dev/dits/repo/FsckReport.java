package dev.dits.repo;

import dev.dits.object.ObjectId;
import dev.dits.store.VerifyReport;
import java.util.List;

/**
 * What {@link Repository#fsck} found.
 *
 * @param packs what reading all packs showed
 * @param objects objects that references reach and that are here
 * @param chunks chunks that references name; one that occurs several times may count several times
 * @param promisedCount objects and chunks that are not here, and that a remote has: what lies behind them is not known
 * @param lost objects and chunks that are not here, and that nobody promised; the first {@link #LISTED_MAX}
 * @param lostCount how many there are in all
 * @param problems what else is wrong, for people
 */
public record FsckReport(
        VerifyReport packs,
        long objects,
        long chunks,
        long promisedCount,
        List<ObjectId> lost,
        long lostCount,
        List<String> problems) {
    /** Longest list of lost objects. */
    public static final int LISTED_MAX = 1_000;

    /** Copies the lists. */
    public FsckReport {
        lost = List.copyOf(lost);
        problems = List.copyOf(problems);
    }

    /**
     * Tells whether nothing was wrong; what is promised is not.
     *
     * @return whether everything that references reach is here or promised, and every pack is whole
     */
    public boolean clean() {
        return packs.clean() && lostCount == 0 && problems.isEmpty();
    }
}
