package dev.dits.repo;

import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.util.List;
import java.util.Optional;

/**
 * How the working tree stands against its base, and the base against its branch.
 *
 * @param branch the branch it stands on; nothing if HEAD names a commit
 * @param base the commit that the working tree was written from; nothing before the first
 * @param tip where the branch stands; nothing before the first commit
 * @param behind commits that the branch has and the base lacks; -1 if the base is none of the branch's commits
 * @param unfinished the commit of an interrupted checkout; repeat it before anything else
 * @param changes what differs, in the order of a walk; at most {@link #CHANGES_LISTED_MAX}
 * @param changeCount how many differences there are in all
 * @param ignoredCount entries that {@code .ditsignore} leaves out; an ignored directory counts once
 * @param skippedCount sockets, pipes, devices and names too long, which are never stored
 * @param heldCount entries of the base that were not written to disk
 * @param selection which part of the base the working tree holds
 * @param omittedCount files and links of the base that are not selected: they are not here, and commits keep them as they are
 * @param unselected what lies in the working tree at paths that are not selected: no commit gets it and nothing overwrites it; a directory counts once, at most {@link #CHANGES_LISTED_MAX}
 * @param unselectedCount how many of them there are in all
 */
public record Status(
        Optional<RefName> branch,
        Optional<ObjectId> base,
        Optional<ObjectId> tip,
        int behind,
        Optional<ObjectId> unfinished,
        List<Change> changes,
        long changeCount,
        long ignoredCount,
        long skippedCount,
        long heldCount,
        Selection selection,
        long omittedCount,
        List<TreePath> unselected,
        long unselectedCount) {
    /** Longest list of changes. */
    public static final int CHANGES_LISTED_MAX = 10_000;

    /** Copies the lists. */
    public Status {
        unselected = List.copyOf(unselected);
        changes = List.copyOf(changes);
    }

    /**
     * Tells whether there is nothing to commit.
     *
     * @return whether the working tree is as its base
     */
    public boolean clean() {
        return changeCount == 0;
    }
}
