package dev.dits.object;

import dev.dits.error.CorruptObjectException;

/**
 * Counts what of one tree is gone over, and ends it past the format's limits: {@link ObjectLimits#TREE_DIRECTORIES_MAX},
 * {@link ObjectLimits#TREE_ENTRIES_MAX}. Each directory and entry counts as often as it is named.
 *
 * <p>Not safe for use by several threads.
 */
public final class TreeBudget {
    private int directories;
    private long entries;

    /** Allows what the format does. */
    public TreeBudget() {
        this(ObjectLimits.TREE_DIRECTORIES_MAX, ObjectLimits.TREE_ENTRIES_MAX);
    }

    TreeBudget(int directories, long entries) {
        this.directories = directories;
        this.entries = entries;
    }

    /**
     * Counts a directory.
     *
     * @throws CorruptObjectException if that is one too many
     */
    public void directory() throws CorruptObjectException {
        if (directories-- == 0) {
            throw tooMany("directories");
        }
    }

    /**
     * Counts an entry of a directory.
     *
     * @throws CorruptObjectException if that is one too many
     */
    public void entry() throws CorruptObjectException {
        if (entries-- == 0) {
            throw tooMany("entries");
        }
    }

    private static CorruptObjectException tooMany(String what) {
        return new CorruptObjectException("a tree has more " + what
                + " than dits goes over; whoever made it means harm, or it has to be split into several repositories");
    }
}
