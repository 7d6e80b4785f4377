package dev.dits.object;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Compares two directories, without what is in their directories, and gives the entries that differ in the order of their names. Equal nodes are never
 * read, so the cost follows the change and not the directories.
 *
 * <p>Not safe for use by several threads.
 */
public final class DirectoryDiff {
    /**
     * One name that differs.
     *
     * @param name which
     * @param before what has it in the one directory; null if nothing has
     * @param after what has it in the other; null if nothing has
     */
    public record Change(
            EntryName name,
            @Nullable TreeEntry before,
            @Nullable TreeEntry after) {}

    private final DirectoryTree.@Nullable Cursor before;
    private final DirectoryTree.@Nullable Cursor after;
    private final TreeBudget budget;

    /**
     * Starts a comparison.
     *
     * @param source where both directories are
     * @param before the one; null for nothing
     * @param after the other; null for nothing
     * @throws IOException if a root is missing or corrupt, or the source fails
     */
    public DirectoryDiff(ObjectSource source, @Nullable DirectoryRef before, @Nullable DirectoryRef after)
            throws IOException {
        this(source, before, after, new TreeBudget());
    }

    /**
     * Starts a comparison that is part of that of a tree.
     *
     * @param source where both directories are
     * @param before the one; null for nothing
     * @param after the other; null for nothing
     * @param budget counts the entries that are gone over, equal ones too
     * @throws IOException if a root is missing or corrupt, or the source fails
     */
    public DirectoryDiff(
            ObjectSource source, @Nullable DirectoryRef before, @Nullable DirectoryRef after, TreeBudget budget)
            throws IOException {
        this.budget = budget;
        boolean same = before != null && after != null && before.id().equals(after.id());
        DirectoryTree tree = new DirectoryTree(source);
        this.before = before == null || same ? null : tree.iterate(before);
        this.after = after == null || same ? null : tree.iterate(after);
    }

    /**
     * Returns the next difference.
     *
     * @return the difference; null when there are no more
     * @throws dev.dits.error.CorruptObjectException if a node is not what its parent says, or the budget is used up
     * @throws IOException if a node is missing, or the source fails
     */
    public @Nullable Change next() throws IOException {
        while (DirectoryTree.Cursor.align(before, after)) {
            budget.entry();
            TreeEntry old = head(before);
            TreeEntry now = head(after);
            int order = old == null ? 1 : now == null ? -1 : old.name().compareTo(now.name());
            if (before != null && old != null && order <= 0) {
                before.skip();
            } else {
                old = null;
            }
            if (after != null && now != null && order >= 0) {
                after.skip();
            } else {
                now = null;
            }
            TreeEntry either = old != null ? old : now;
            if (either != null && !(old != null && old.equals(now))) {
                return new Change(either.name(), old, now);
            }
        }
        return null;
    }

    private static @Nullable TreeEntry head(DirectoryTree.@Nullable Cursor cursor) {
        return cursor != null && cursor.headLevel() == DirectoryTree.Cursor.ENTRY ? cursor.headEntry() : null;
    }
}
