package dev.dits.repo;

import dev.dits.object.TreePath;
import java.util.List;
import java.util.Optional;

/**
 * What selecting did.
 *
 * @param selection what is selected now
 * @param files files and links that are selected, of the commit that the tree stands on; without {@code .ditsignore} files that came along with what is in their directories
 * @param bytes size of what is selected
 * @param filesInAll files and links of that commit
 * @param kept what is no longer selected, and stays so all the same because it has changes that are in no commit, each with all below it: commit them or take them back, then select again
 * @param checkout what was written and deleted; nothing before the first commit
 */
public record SelectReport(
        Selection selection,
        long files,
        long bytes,
        long filesInAll,
        List<TreePath> kept,
        Optional<CheckoutReport> checkout) {
    /** Copies the list. */
    public SelectReport {
        kept = List.copyOf(kept);
    }
}
