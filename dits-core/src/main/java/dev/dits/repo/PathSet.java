package dev.dits.repo;

import dev.dits.object.TreePath;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Some paths and all below them. Immutable. */
final class PathSet {
    static final PathSet NONE = new PathSet(List.of());

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

    PathSet(Collection<TreePath> paths) {
        this.paths.addAll(paths);
    }

    /** The paths that it was made of. */
    NavigableSet<TreePath> paths() {
        return Collections.unmodifiableNavigableSet(paths);
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

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PathSet set && paths.equals(set.paths);
    }

    @Override
    public int hashCode() {
        return paths.hashCode();
    }
}
