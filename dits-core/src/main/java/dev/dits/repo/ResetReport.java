package dev.dits.repo;

import dev.dits.object.ObjectId;
import java.util.Optional;

/**
 * What moving a branch by hand did.
 *
 * @param before where the branch, or HEAD where that names no branch, stood; nothing for a branch without a commit. Until the next {@link Repository#gc}, a reset to it undoes the reset
 * @param commit where it stands now, and the working tree with it
 * @param filesWritten files and links that were written
 * @param filesDeleted files and links that were deleted
 * @param checkout what of that could not be done
 */
public record ResetReport(
        Optional<ObjectId> before, ObjectId commit, long filesWritten, long filesDeleted, CheckoutReport checkout) {}
