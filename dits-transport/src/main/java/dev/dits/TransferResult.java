package dev.dits;

import dev.dits.object.ObjectId;
import java.util.List;

/**
 * What a transfer did.
 *
 * @param commit the commit that the other side, or this one, now has
 * @param progress the last numbers
 * @param refused paths that were not written out, each with the reason: names this file system can not hold, links that
 *     the policy keeps out. Everything else was.
 */
public record TransferResult(ObjectId commit, Progress progress, List<String> refused) {
    /** Copies the list. */
    public TransferResult {
        refused = List.copyOf(refused);
    }
}
