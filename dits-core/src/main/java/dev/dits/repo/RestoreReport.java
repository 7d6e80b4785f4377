package dev.dits.repo;

import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.util.List;

/**
 * What was restored.
 *
 * @param source the commit that it came from
 * @param filesWritten files and links that were written
 * @param bytesWritten their bytes
 * @param filesDeleted files, links and directories that were taken away, as the source does not have them or has something else in their place
 * @param refused entries that were not written, and why; the first {@link CheckoutReport#LISTED_MAX}
 * @param refusedCount how many there were in all
 * @param kept paths that changed on disk meanwhile: what is there stayed; the first {@link CheckoutReport#LISTED_MAX}
 * @param copies where bytes went that were replaced and are in no commit; the first {@link CheckoutReport#LISTED_MAX}
 * @param copyCount how many there were in all
 */
public record RestoreReport(
        ObjectId source,
        long filesWritten,
        long bytesWritten,
        long filesDeleted,
        List<CheckoutReport.Refused> refused,
        long refusedCount,
        List<TreePath> kept,
        List<TreePath> copies,
        long copyCount) {
    /** Copies the lists. */
    public RestoreReport {
        refused = List.copyOf(refused);
        kept = List.copyOf(kept);
        copies = List.copyOf(copies);
    }
}
