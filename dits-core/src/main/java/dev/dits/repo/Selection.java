package dev.dits.repo;

import dev.dits.object.TreePath;
import java.util.Collection;
import java.util.NavigableSet;
import java.util.TreeSet;

/** A part of a tree: some paths and all below them. Immutable. */
final class Selection {
    /** How a path lies to what is selected. */
    enum Match {
        /** Neither it nor anything below it is. */
        OUTSIDE,
        /** Something below it is. */
        ABOVE,
        /** It is, or something above it. */
        INSIDE
    }

    private final NavigableSet<TreePath> paths = new TreeSet<>();

    Selection(Collection<TreePath> paths) {
        this.paths.addAll(paths);
    }

    Match match(TreePath path) {
        for (TreePath above = path; above != null; above = above.parent()) {
            if (paths.contains(above)) {
                return Match.INSIDE;
            }
        }
        // In the order of a walk, what is below a path comes right behind it.
        TreePath next = paths.higher(path);
        return next != null && next.startsWith(path) ? Match.ABOVE : Match.OUTSIDE;
    }
}
