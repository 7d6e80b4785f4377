package dev.dits.object;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Builds a directory's tree of entries ({@code docs/format.md}, section 3.3). Nodes go to the sink as soon as they end,
 * children before parents; memory follows the depth of the tree, not the number of entries.
 *
 * <p>Not safe for use by several threads. Used for one directory.
 */
public final class DirectoryBuilder extends NodeLevels {
    private @Nullable EntryName previous;

    /**
     * Starts a directory.
     *
     * @param sink takes the nodes
     */
    public DirectoryBuilder(ObjectSink sink) {
        super(sink, ObjectKind.DIRECTORY_LEAF, ObjectKind.DIRECTORY_INNER);
    }

    /**
     * Appends an entry.
     *
     * @param entry the entry; its name comes after that of the one before
     * @throws IOException if the sink fails
     * @throws IllegalArgumentException if the name is not after the one before, or a sum grows beyond 2^62
     */
    public void add(TreeEntry entry) throws IOException {
        if (previous != null && previous.compareTo(entry.name()) >= 0) {
            throw new IllegalArgumentException(
                    "names are not ascending: " + entry.name().display() + " follows " + previous.display());
        }
        previous = entry.name();
        TreeEntry.write(entry, leafBody());
        added(entry.name().boundary(0), entry.bytes(), entry.files(), entry.name());
    }

    /** Whether a node of a level could begin here: nothing is unfinished on it or below. */
    boolean isBetweenNodes(int level) {
        return isEmptyUpTo(level);
    }

    /** Appends a node of another directory, with all that is in it; only {@linkplain #isBetweenNodes between nodes}. */
    void addNode(int level, DirectoryNode.Child child) throws IOException {
        previous = child.last();
        addFinished(level, new Node(child.id(), child.entries(), child.bytes(), child.files(), child.last()));
    }

    /**
     * Ends the directory.
     *
     * @return what names it
     * @throws IOException if the sink fails
     */
    public DirectoryRef finish() throws IOException {
        Node root = finishRoot();
        return new DirectoryRef(root.id(), root.bytes(), root.files());
    }

    @Override
    void encodeChild(Node node, ByteWriter out) {
        EntryName last = node.last();
        if (last == null) {
            throw new IllegalStateException("an empty directory has one node");
        }
        DirectoryNode.writeChild(
                new DirectoryNode.Child(node.id(), node.count(), node.bytes(), node.files(), last), out);
    }

    @Override
    int boundary(Node node, int level) {
        EntryName last = node.last();
        return last == null ? 0 : last.boundary(level);
    }
}
