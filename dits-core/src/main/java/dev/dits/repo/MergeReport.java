package dev.dits.repo;

import dev.dits.object.ObjectId;
import java.util.List;
import java.util.Optional;

/**
 * What a merge did.
 *
 * @param kind what became of the branch
 * @param commit where the branch stands now
 * @param copies the files that both sides had changed, in the order of a walk
 * @param checkout what was done to the working tree; nothing where it was not asked to follow, stands there already, or could not
 * @param inTheWay changes that are in no commit, for which the working tree could not follow: it lags behind its branch, and nothing in it was touched;
 *     paths escaped for showing, the first thousand
 */
public record MergeReport(
        Kind kind,
        ObjectId commit,
        List<ConflictCopy> copies,
        Optional<CheckoutReport> checkout,
        List<String> inTheWay) {
    /** What became of the branch. */
    public enum Kind {
        /** The branch had it all. */
        NOTHING,
        /** The branch had nothing of its own, and went where the other is. */
        FAST_FORWARD,
        /** A commit was made that has both as its parents. */
        MERGED
    }

    /** Copies the lists. */
    public MergeReport {
        copies = List.copyOf(copies);
        inTheWay = List.copyOf(inTheWay);
    }

    MergeReport(Kind kind, ObjectId commit, List<ConflictCopy> copies) {
        this(kind, commit, copies, Optional.empty(), List.of());
    }
}
