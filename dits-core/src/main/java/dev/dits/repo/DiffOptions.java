package dev.dits.repo;

import dev.dits.object.TreePath;
import java.util.List;

/**
 * How two trees are compared; immutable. Start from {@link #defaults()} and derive.
 *
 * @param paths what is looked at: these, and all below them; nothing listed means everything
 * @param renames whether what was removed in one place and is in another, with the same content, is told as one difference
 */
public record DiffOptions(List<TreePath> paths, boolean renames) {
    private static final DiffOptions DEFAULTS = new DiffOptions(List.of(), true);

    /** Copies the list. */
    public DiffOptions {
        paths = List.copyOf(paths);
    }

    /**
     * Returns the defaults.
     *
     * @return everything, with renames
     */
    public static DiffOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Sets what is looked at.
     *
     * @param value paths; the top stands for everything
     * @return the changed options
     */
    public DiffOptions withPaths(List<TreePath> value) {
        return new DiffOptions(value, renames);
    }

    /**
     * Sets whether renames are looked for.
     *
     * @param value whether
     * @return the changed options
     */
    public DiffOptions withRenames(boolean value) {
        return new DiffOptions(paths, value);
    }

    boolean covers(TreePath path) {
        if (paths.isEmpty()) {
            return true;
        }
        for (TreePath selected : paths) {
            if (path.startsWith(selected)) {
                return true;
            }
        }
        return false;
    }
}
