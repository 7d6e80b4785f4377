package dev.dits.repo;

import dev.dits.object.TreePath;
import java.util.List;

/**
 * What a commit changes, in numbers. A file that was renamed is deleted and added.
 *
 * @param added files and links that its parent lacks, and empty directories
 * @param changed files and links that its parent has otherwise, and directories with other permissions
 * @param deleted files and links that it lacks, and empty directories
 * @param paths where, in the order of a walk; the first {@value #PATHS_LISTED_MAX}, a deleted directory as one
 */
public record CommitChanges(long added, long changed, long deleted, List<TreePath> paths) {
    /** Longest list of paths. */
    public static final int PATHS_LISTED_MAX = 16;

    /** Copies the list. */
    public CommitChanges {
        paths = List.copyOf(paths);
    }

    /**
     * Returns how much it is in all.
     *
     * @return the sum
     */
    public long count() {
        return added + changed + deleted;
    }
}
