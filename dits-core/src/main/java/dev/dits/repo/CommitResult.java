package dev.dits.repo;

import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.util.List;

/**
 * A commit that was made.
 *
 * @param id its id
 * @param bytes size of all its files, bytes
 * @param files number of its files and links
 * @param newBytes bytes among them that the repository did not have
 * @param skipped sockets, pipes and devices that were left out, the first thousand
 */
public record CommitResult(ObjectId id, long bytes, long files, long newBytes, List<TreePath> skipped) {
    /** Copies the list. */
    public CommitResult {
        skipped = List.copyOf(skipped);
    }
}
