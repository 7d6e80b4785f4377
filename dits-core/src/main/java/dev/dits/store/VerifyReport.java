package dev.dits.store;

import dev.dits.object.ObjectId;
import java.util.List;

/**
 * What {@link PackStore#verify} found.
 *
 * @param records number of records read
 * @param bytes bytes of packs read
 * @param corruptObjects objects of which no copy can be read; at most {@link #LISTED_MAX} are listed
 * @param corruptObjectCount how many there are in all
 * @param damagedFiles names of pack and run files that have damage anywhere, at most {@link #LISTED_MAX}
 */
public record VerifyReport(
        long records, long bytes, List<ObjectId> corruptObjects, long corruptObjectCount, List<String> damagedFiles) {
    /** Longest list that a report holds. */
    public static final int LISTED_MAX = 1_000;

    /** Copies the lists. */
    public VerifyReport {
        corruptObjects = List.copyOf(corruptObjects);
        damagedFiles = List.copyOf(damagedFiles);
    }

    /**
     * Tells whether nothing was wrong.
     *
     * @return whether every object can be read and every file is whole
     */
    public boolean clean() {
        return corruptObjectCount == 0 && damagedFiles.isEmpty();
    }
}
