package dev.dits.repo;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.DirectoryBuilder;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.EntryName;
import dev.dits.object.Escaper;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectLimits;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreeBudget;
import dev.dits.object.TreeEntry;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Trees as a working tree holds them: of a directory that is selected in part only what is selected, and the directory only where that is anything. Whatever compares trees works on them as on others: what is not
 * selected is in neither.
 *
 * <p>Directories that are selected as a whole, or not at all, are not read. The nodes of those selected in part are made anew and kept in memory: for {@code takes/**} a handful, for {@code *.mov} as many as the tree has.
 *
 * <p>For one use, by one thread; what it made may be read by several.
 */
final class SelectedTrees {
    private final ObjectSource objects;
    private final DirectoryTree trees;
    private final TreeBudget budget = new TreeBudget();
    private final Map<ObjectId, byte[]> made = new HashMap<>();
    private long rules;

    SelectedTrees(ObjectSource objects) {
        this.objects = objects;
        this.trees = new DirectoryTree(objects);
    }

    /** Has the nodes of these trees, and all that they refer to. */
    ObjectSource source() {
        return made.isEmpty() ? objects : new ObjectOverlay(made, objects);
    }

    /** Files with rules of what is left out, which are there though no pattern names them. */
    long ignoreFiles() {
        return rules;
    }

    /**
     * Leaves out what is not selected.
     *
     * @param tree the top directory; null for none
     * @param scope what is selected of it
     * @return what is left; null for nothing
     */
    @Nullable
    DirectoryRef of(@Nullable DirectoryRef tree, Scope scope) throws IOException {
        if (tree == null || scope == Scope.Whole.ALL) {
            return tree;
        }
        return scope == Scope.Whole.NONE ? null : part(tree, new byte[0], 0, scope);
    }

    private @Nullable DirectoryRef part(DirectoryRef directory, byte[] path, int depth, Scope scope)
            throws IOException {
        budget.directory();
        if (depth == ObjectLimits.PATH_DEPTH_MAX) {
            throw new CorruptObjectException(
                    "directories nest deeper than " + ObjectLimits.PATH_DEPTH_MAX + " at " + Escaper.escape(path));
        }
        DirectoryBuilder builder = new DirectoryBuilder((id, bytes) -> made.put(id, bytes));
        boolean any = false;
        DirectoryTree.Cursor cursor = trees.iterate(directory);
        for (TreeEntry entry = cursor.next(); entry != null; entry = cursor.next()) {
            budget.entry();
            EntryName name = entry.name();
            byte[] child = DirectoryLook.join(path, name);
            Scope inner = scope.child(child, name.length(), entry instanceof DirectoryEntry);
            TreeEntry selected = inner == Scope.Whole.ALL ? entry : null;
            if (selected == null && inner != Scope.Whole.NONE && entry instanceof DirectoryEntry whole) {
                DirectoryRef left = part(whole.ref(), child, depth + 1, inner);
                selected = left == null ? null : new DirectoryEntry(name, whole.mode(), whole.mtime(), left);
            }
            if (selected != null) {
                builder.add(selected);
                any = true;
                rules += Scope.isIgnoreFile(name) ? 1 : 0;
            }
        }
        return any ? builder.finish() : null;
    }
}
