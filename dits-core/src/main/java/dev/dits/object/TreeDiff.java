package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Compares two trees, and gives what differs in the order of {@link TreePath}: a directory before what is in it. Equal
 * directories and equal nodes of unequal ones are never read, so the cost follows the change, not the trees; memory
 * follows their depth.
 *
 * <p>Where a directory became a file, or the other way round, the change names both, and what was or is in the directory
 * follows it, removed or added.
 *
 * <p>Not safe for use by several threads.
 */
public final class TreeDiff {
    /**
     * One path that differs.
     *
     * @param path where
     * @param before what was there; null if nothing was
     * @param after what is there; null if nothing is
     */
    public record Change(
            TreePath path,
            @Nullable TreeEntry before,
            @Nullable TreeEntry after) {}

    /**
     * What to report.
     *
     * @param directoryMetadata whether a directory that is in both trees is reported when its own mode or mtime differs; a
     *     difference in what is in it never reports the directory itself
     * @param expand whether what is in an added or removed directory is reported after it
     */
    public record Options(boolean directoryMetadata, boolean expand) {
        /** Reports differences of directories' own metadata, and all that is in added and removed ones. */
        public static final Options ALL = new Options(true, true);
    }

    private record Frame(TreePath path, DirectoryTree.@Nullable Cursor before, DirectoryTree.@Nullable Cursor after) {}

    private final DirectoryTree tree;
    private final Options options;
    private final Deque<Frame> frames = new ArrayDeque<>();
    private final TreeBudget budget;

    /**
     * Starts a comparison.
     *
     * @param source where both trees are
     * @param before the one; null for nothing
     * @param after the other; null for nothing
     * @param options what to report
     * @throws IOException if a root is missing or corrupt, or the source fails
     */
    public TreeDiff(ObjectSource source, @Nullable DirectoryRef before, @Nullable DirectoryRef after, Options options)
            throws IOException {
        this(source, before, after, options, new TreeBudget());
    }

    TreeDiff(
            ObjectSource source,
            @Nullable DirectoryRef before,
            @Nullable DirectoryRef after,
            Options options,
            TreeBudget budget)
            throws IOException {
        this.tree = new DirectoryTree(source);
        this.options = options;
        this.budget = budget;
        enter(TreePath.ROOT, before, after);
    }

    private void enter(TreePath path, @Nullable DirectoryRef before, @Nullable DirectoryRef after) throws IOException {
        if (before != null && after != null && before.id().equals(after.id())) {
            return;
        }
        budget.directory();
        frames.addLast(new Frame(
                path, before == null ? null : tree.iterate(before), after == null ? null : tree.iterate(after)));
    }

    /**
     * Returns the next difference.
     *
     * @return the difference; null when there are no more
     * @throws CorruptObjectException if a node is not what its parent says, or directories nest too deep or are too
     *     many
     * @throws IOException if a node is missing, or the source fails
     */
    public @Nullable Change next() throws IOException {
        while (!frames.isEmpty()) {
            Frame frame = frames.getLast();
            TreeEntry before = null;
            TreeEntry after = null;
            if (!DirectoryTree.Cursor.align(frame.before, frame.after)) {
                frames.removeLast();
                continue;
            }
            if (frame.before != null && frame.before.headLevel() == DirectoryTree.Cursor.ENTRY) {
                before = frame.before.headEntry();
            }
            if (frame.after != null && frame.after.headLevel() == DirectoryTree.Cursor.ENTRY) {
                after = frame.after.headEntry();
            }
            int order = before == null ? 1 : after == null ? -1 : before.name().compareTo(after.name());
            if (order < 0) {
                after = null;
            } else if (order > 0) {
                before = null;
            }
            if (frame.before != null && before != null) {
                frame.before.skip();
            }
            if (frame.after != null && after != null) {
                frame.after.skip();
            }
            budget.entry();
            Change change = compare(frame.path, before, after);
            if (change != null) {
                return change;
            }
        }
        return null;
    }

    private @Nullable Change compare(TreePath directory, @Nullable TreeEntry before, @Nullable TreeEntry after)
            throws IOException {
        TreeEntry either = before != null ? before : after;
        if (either == null || (before != null && before.equals(after))) {
            return null;
        }
        if (directory.depth() == ObjectLimits.PATH_DEPTH_MAX) {
            throw new CorruptObjectException(
                    "directories nest deeper than " + ObjectLimits.PATH_DEPTH_MAX + " at " + directory.display());
        }
        TreePath path = directory.resolve(either.name());
        DirectoryEntry directoryBefore = before instanceof DirectoryEntry entry ? entry : null;
        DirectoryEntry directoryAfter = after instanceof DirectoryEntry entry ? entry : null;
        boolean both = directoryBefore != null && directoryAfter != null;
        if (both || ((directoryBefore != null || directoryAfter != null) && options.expand)) {
            enter(
                    path,
                    directoryBefore == null ? null : directoryBefore.ref(),
                    directoryAfter == null ? null : directoryAfter.ref());
        }
        if (directoryBefore != null && directoryAfter != null) {
            boolean sameMetadata = directoryBefore.mode() == directoryAfter.mode()
                    && directoryBefore.mtime().equals(directoryAfter.mtime());
            if (sameMetadata || !options.directoryMetadata) {
                return null;
            }
        }
        return new Change(path, before, after);
    }
}
