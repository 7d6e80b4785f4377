package dev.dits.object;

import java.io.IOException;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes a directory of another by changing some of its entries. What comes out is what {@link DirectoryBuilder} would make of the same entries, bit by bit; but
 * nodes that no change comes near are named again without being read, so that the cost follows the changes and not the directory.
 *
 * <p>Safe for use by several threads if the source and the sink are.
 */
public final class DirectoryEditor {
    private final ObjectSource source;
    private final ObjectSink sink;

    /**
     * Reads and writes nodes.
     *
     * @param source where the nodes are
     * @param sink takes those that are new
     */
    public DirectoryEditor(ObjectSource source, ObjectSink sink) {
        this.source = source;
        this.sink = sink;
    }

    /**
     * Changes a directory.
     *
     * @param directory which; null for an empty one
     * @param changes by name, what has it from now on, or nothing; an entry has the name that it is found under
     * @return the changed directory
     * @throws IllegalArgumentException if an entry is found under a name that is not its own, or a sum grows beyond 2^62
     * @throws dev.dits.error.MissingObjectException if a node is not in the source
     * @throws IOException if a node is corrupt, or the source or the sink fails
     */
    public DirectoryRef edit(@Nullable DirectoryRef directory, SortedMap<EntryName, Optional<TreeEntry>> changes)
            throws IOException {
        if (directory != null && changes.isEmpty()) {
            return directory;
        }
        DirectoryBuilder builder = new DirectoryBuilder(sink);
        Iterator<Map.Entry<EntryName, Optional<TreeEntry>>> left =
                changes.entrySet().iterator();
        Map.Entry<EntryName, Optional<TreeEntry>> change = next(left);
        if (directory != null) {
            DirectoryTree.Cursor cursor = new DirectoryTree(source).iterate(directory);
            while (true) {
                int level = cursor.headLevel();
                if (level == DirectoryTree.Cursor.END) {
                    break;
                }
                if (level == DirectoryTree.Cursor.ENTRY) {
                    TreeEntry entry = cursor.headEntry();
                    int order = change == null ? 1 : change.getKey().compareTo(entry.name());
                    if (change != null && order <= 0) {
                        add(builder, change);
                        change = next(left);
                    }
                    if (order > 0) {
                        builder.add(entry);
                    }
                    if (order >= 0) {
                        cursor.skip();
                    }
                    continue;
                }
                DirectoryNode.Child child = cursor.headChild();
                // The last node of a level may have ended for want of entries: it ends there again only if nothing
                // comes after it.
                boolean untouched = change == null
                        || (!cursor.headIsLast() && change.getKey().compareTo(child.last()) > 0);
                if (untouched && builder.isBetweenNodes(level)) {
                    builder.addNode(level, child);
                    cursor.skip();
                } else {
                    cursor.descend();
                }
            }
        }
        for (; change != null; change = next(left)) {
            add(builder, change);
        }
        return builder.finish();
    }

    private static Map.@Nullable Entry<EntryName, Optional<TreeEntry>> next(
            Iterator<Map.Entry<EntryName, Optional<TreeEntry>>> left) {
        return left.hasNext() ? left.next() : null;
    }

    private static void add(DirectoryBuilder builder, Map.Entry<EntryName, Optional<TreeEntry>> change)
            throws IOException {
        TreeEntry entry = change.getValue().orElse(null);
        if (entry == null) {
            return;
        }
        if (!entry.name().equals(change.getKey())) {
            throw new IllegalArgumentException("the entry " + entry.name().display() + " is found under "
                    + change.getKey().display());
        }
        builder.add(entry);
    }
}
