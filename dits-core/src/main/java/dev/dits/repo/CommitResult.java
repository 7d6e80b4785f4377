package dev.dits.repo;

import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.util.List;
import java.util.Optional;

/**
 * A commit that was made.
 *
 * @param id its id
 * @param bytes size of all its files, bytes
 * @param files number of its files and links
 * @param newBytes bytes among them that the repository did not have
 * @param skipped sockets, pipes and devices that were left out, the first thousand
 * @param unselected what lies in the working tree at paths that are not selected ({@link Selection}), and so was left out, the first thousand; a directory counts once
 * @param merged what brought the commit together with those that its branch had got meanwhile; nothing where it had got none. The branch stands on that merge then, and the working
 *     tree, which stands on the commit, lags behind it until it {@linkplain Repository#follow follows}
 */
public record CommitResult(
        ObjectId id,
        long bytes,
        long files,
        long newBytes,
        List<TreePath> skipped,
        List<TreePath> unselected,
        Optional<MergeReport> merged) {
    /** Copies the lists. */
    public CommitResult {
        skipped = List.copyOf(skipped);
        unselected = List.copyOf(unselected);
    }
}
