package dev.dits.repo;

import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.util.List;

/**
 * What a checkout did.
 *
 * @param commit the commit that the working tree stands on now
 * @param filesWritten files and links that were written
 * @param bytesWritten their bytes
 * @param filesDeleted files and links that were deleted
 * @param refused entries that were not written, and why; the first {@link #LISTED_MAX}
 * @param refusedCount how many there were in all
 * @param kept paths that changed on disk while the checkout ran: what is there stayed, and shows as a change
 * @param conflictCopies what had to take another name: what was written into files after they had been replaced, or the commit's version where another one was kept
 */
public record CheckoutReport(
        ObjectId commit,
        long filesWritten,
        long bytesWritten,
        long filesDeleted,
        List<Refused> refused,
        long refusedCount,
        List<TreePath> kept,
        List<TreePath> conflictCopies) {
    /** Longest list that a report holds. */
    public static final int LISTED_MAX = 1_000;

    /** Copies the lists. */
    public CheckoutReport {
        refused = List.copyOf(refused);
        kept = List.copyOf(kept);
        conflictCopies = List.copyOf(conflictCopies);
    }

    /**
     * An entry that was not written.
     *
     * @param path which
     * @param reason why, for people
     */
    public record Refused(TreePath path, String reason) {}
}
