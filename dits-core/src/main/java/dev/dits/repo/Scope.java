package dev.dits.repo;

import dev.dits.object.EntryName;
import dev.dits.object.TreePath;
import java.util.Arrays;

/**
 * How much of an entry is selected: all of it, nothing, or, of a directory, a part. Goes down with a walk, from {@link SelectionState#scope()}. Immutable.
 */
sealed interface Scope {
    /**
     * Looks at an entry of this directory.
     *
     * @param path from the top, names joined by slashes
     * @param nameLength bytes of its name, at the path's end
     * @param directory whether it is one
     * @return what is selected of it; of anything but a directory all or nothing
     */
    Scope child(byte[] path, int nameLength, boolean directory);

    /** Rules of what is left out come along with what is in their directory. */
    static boolean isIgnoreFile(EntryName name) {
        return Arrays.equals(name.bytes(), Part.IGNORE_FILE);
    }

    /** What both select. */
    static Scope both(Scope a, Scope b) {
        if (a == Whole.NONE || b == Whole.NONE) {
            return Whole.NONE;
        }
        return a == Whole.ALL ? b : b == Whole.ALL ? a : new Both(a, b);
    }

    /** Of which there is nothing to ask any more. */
    enum Whole implements Scope {
        /** It, and all below it. */
        ALL,
        /** Neither it nor anything below it. */
        NONE;

        @Override
        public Scope child(byte[] path, int nameLength, boolean directory) {
            return this;
        }
    }

    /** A directory of which the rules decide by what is in it. */
    record Part(IgnoreRules rules, PathSet kept, boolean selected) implements Scope {
        private static final byte[] IGNORE_FILE = DirectoryLook.IGNORE_FILE.bytes();

        @Override
        public Scope child(byte[] path, int nameLength, boolean directory) {
            PathSet.Match match = kept.paths().isEmpty() ? PathSet.Match.OUTSIDE : kept.match(TreePath.of(path));
            if (match == PathSet.Match.INSIDE) {
                return Whole.ALL;
            }
            if (!directory && endsWith(path, nameLength)) {
                return Whole.ALL;
            }
            Boolean decided = rules.match(path, path.length - nameLength, directory);
            // What no rule speaks about is as the directory that holds it.
            boolean chosen = decided == null ? selected : decided;
            if (!directory) {
                return chosen ? Whole.ALL : Whole.NONE;
            }
            // Where a rule may say otherwise, it is looked into.
            boolean uniform = !rules.mayMatchBelow(path, chosen) && (chosen || match == PathSet.Match.OUTSIDE);
            return uniform ? (chosen ? Whole.ALL : Whole.NONE) : new Part(rules, kept, chosen);
        }

        private static boolean endsWith(byte[] path, int nameLength) {
            return nameLength == IGNORE_FILE.length
                    && Arrays.equals(path, path.length - nameLength, path.length, IGNORE_FILE, 0, nameLength);
        }
    }

    /** What two selections have in common. */
    record Both(Scope a, Scope b) implements Scope {
        @Override
        public Scope child(byte[] path, int nameLength, boolean directory) {
            return both(a.child(path, nameLength, directory), b.child(path, nameLength, directory));
        }
    }

    /** As {@link #child}, for a path that is not walked to. */
    default Scope at(TreePath path, boolean directory) {
        byte[] bytes = path.bytes();
        Scope scope = this;
        int start = 0;
        for (int depth = 1; depth <= path.depth() && scope != Whole.ALL && scope != Whole.NONE; depth++) {
            int end = depth == path.depth() ? bytes.length : start;
            while (end < bytes.length && bytes[end] != '/') {
                end++;
            }
            scope = scope.child(Arrays.copyOf(bytes, end), end - start, directory || depth < path.depth());
            start = end + 1;
        }
        return scope;
    }
}
