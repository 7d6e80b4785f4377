package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads directories ({@code docs/format.md}, section 3.3). A lookup reads one node a level; every node is held to the sums
 * and the range of names its parent gave.
 *
 * <p>Safe for use by several threads; a {@link Cursor} is not.
 */
public final class DirectoryTree {
    private final ObjectSource source;

    /**
     * Reads from a source.
     *
     * @param source where the nodes are
     */
    public DirectoryTree(ObjectSource source) {
        this.source = source;
    }

    /** Goes over a directory's entries in order, reading nodes as it comes to them. Not safe for use by several threads. */
    public static final class Cursor {
        private static final class Frame {
            final DirectoryNode node;
            final @Nullable EntryName after;
            int next;

            Frame(DirectoryNode node, @Nullable EntryName after) {
                this.node = node;
                this.after = after;
            }
        }

        static final int ENTRY = -1;
        static final int END = -2;

        private final ObjectSource source;
        private final Deque<Frame> path = new ArrayDeque<>();

        private Cursor(ObjectSource source) {
            this.source = source;
        }

        /**
         * Returns the next entry.
         *
         * @return the entry; null at the end of the directory
         * @throws dev.dits.error.MissingObjectException if a node is not in the source
         * @throws CorruptObjectException if a node is not what its parent says
         * @throws IOException if the source fails
         */
        public @Nullable TreeEntry next() throws IOException {
            while (true) {
                int level = headLevel();
                if (level == END) {
                    return null;
                }
                if (level == ENTRY) {
                    TreeEntry entry = headEntry();
                    skip();
                    return entry;
                }
                descend();
            }
        }

        /** Level of the node that is next, unread; {@link #ENTRY} if an entry is next, {@link #END} if nothing is. */
        int headLevel() {
            while (!path.isEmpty()) {
                Frame top = path.getLast();
                if (top.next < top.node.count()) {
                    return top.node.level - 1;
                }
                path.removeLast();
            }
            return END;
        }

        /** The node that is next, where {@link #headLevel} says it is a node. */
        ObjectId headId() {
            Frame top = path.getLast();
            return top.node.children.get(top.next).id();
        }

        /** What its parent says of the node that is next, where {@link #headLevel} says it is a node. */
        DirectoryNode.Child headChild() {
            Frame top = path.getLast();
            return top.node.children.get(top.next);
        }

        /** Whether what is next is the last of its level in the whole directory. */
        boolean headIsLast() {
            boolean last = true;
            for (Frame frame : path) {
                // What is below the top has been stepped into, and so past, in every frame but the lowest.
                last &= frame.next == frame.node.count() - (frame == path.getLast() ? 1 : 0);
            }
            return last;
        }

        /**
         * Goes on to an entry, and never back: for looking up several names in their order.
         *
         * @param name which
         * @return the entry, which is still next; null if there is none of that name after where the cursor was
         * @throws dev.dits.error.MissingObjectException if a node is not in the source
         * @throws CorruptObjectException if a node is not what its parent says
         * @throws IOException if the source fails
         */
        public @Nullable TreeEntry seek(EntryName name) throws IOException {
            while (true) {
                int level = headLevel();
                if (level == END) {
                    return null;
                }
                if (level == ENTRY) {
                    TreeEntry entry = headEntry();
                    int order = entry.name().compareTo(name);
                    if (order >= 0) {
                        return order == 0 ? entry : null;
                    }
                    skip();
                } else if (headChild().last().compareTo(name) < 0) {
                    skip();
                } else {
                    descend();
                }
            }
        }

        /** The entry that is next, where {@link #headLevel} says it is an entry. */
        TreeEntry headEntry() {
            Frame top = path.getLast();
            return top.node.entries.get(top.next);
        }

        /** Passes over the entry or the node that is next, with all that is below it. */
        void skip() {
            path.getLast().next++;
        }

        /** Reads the node that is next, so that its first child is next. */
        void descend() throws IOException {
            Frame top = path.getLast();
            path.addLast(child(top, top.next++));
        }

        /**
         * Brings both sides to an entry, passing over nodes that are next on both. Of two unequal nodes the higher is read, so
         * that equal ones meet wherever both sides have come to the same name.
         *
         * @return whether an entry is next on any side
         */
        static boolean align(@Nullable Cursor before, @Nullable Cursor after) throws IOException {
            while (true) {
                int left = before == null ? END : before.headLevel();
                int right = after == null ? END : after.headLevel();
                if (left < 0 && right < 0) {
                    return left == ENTRY || right == ENTRY;
                }
                if (before != null
                        && after != null
                        && left == right
                        && before.headId().equals(after.headId())) {
                    before.skip();
                    after.skip();
                    continue;
                }
                if (before != null && left >= right) {
                    before.descend();
                }
                if (after != null && right >= left) {
                    after.descend();
                }
            }
        }

        private Frame child(Frame parent, int child) throws IOException {
            DirectoryNode.Child said = parent.node.children.get(child);
            EntryName after = child == 0 ? parent.after : parent.node.last(child - 1);
            return new Frame(
                    DirectoryNode.decodeChild(source.require(said.id()), parent.node.level - 1, said, after), after);
        }

        /** Goes down to the first entry that is not before a name. */
        private void seek(DirectoryNode root, @Nullable EntryName name) throws IOException {
            Frame frame = new Frame(root, null);
            while (true) {
                frame.next = name == null ? 0 : frame.node.ceiling(name);
                path.addLast(frame);
                if (frame.node.level == 0 || frame.next == frame.node.count()) {
                    return;
                }
                frame = child(frame, frame.next++);
            }
        }
    }

    /**
     * Starts at a directory's first entry.
     *
     * @param directory which
     * @return a cursor before the first entry
     * @throws IOException if a node is missing or corrupt, or the source fails
     */
    public Cursor iterate(DirectoryRef directory) throws IOException {
        return open(directory, null);
    }

    /**
     * Starts at the first entry whose name is not before a name.
     *
     * @param directory which
     * @param name where to start; there need not be such an entry
     * @return a cursor before that entry
     * @throws IOException if a node is missing or corrupt, or the source fails
     */
    public Cursor iterateFrom(DirectoryRef directory, EntryName name) throws IOException {
        return open(directory, name);
    }

    private Cursor open(DirectoryRef directory, @Nullable EntryName name) throws IOException {
        Cursor cursor = new Cursor(source);
        cursor.seek(DirectoryNode.decodeRoot(source.require(directory.id()), directory), name);
        return cursor;
    }

    /**
     * Looks an entry up.
     *
     * @param directory where
     * @param name which
     * @return the entry; null if there is none
     * @throws IOException if a node is missing or corrupt, or the source fails
     */
    public @Nullable TreeEntry lookup(DirectoryRef directory, EntryName name) throws IOException {
        TreeEntry entry = open(directory, name).next();
        return entry != null && entry.name().equals(name) ? entry : null;
    }

    /**
     * Looks an entry up by its path.
     *
     * @param top the top directory
     * @param path which; not the top itself, that has no entry
     * @return the entry; null if there is none, or what should be a directory on the way is none
     * @throws IllegalArgumentException if the path is the top
     * @throws IOException if a node is missing or corrupt, or the source fails
     */
    public @Nullable TreeEntry resolve(DirectoryRef top, TreePath path) throws IOException {
        if (path.isRoot()) {
            throw new IllegalArgumentException("the top directory has no entry");
        }
        DirectoryRef directory = top;
        TreeEntry entry = null;
        for (EntryName name : path.names()) {
            if (entry instanceof DirectoryEntry next) {
                directory = next.ref();
            } else if (entry != null) {
                return null;
            }
            entry = lookup(directory, name);
            if (entry == null) {
                return null;
            }
        }
        return entry;
    }

    /**
     * Looks a directory up by its path.
     *
     * @param top the top directory
     * @param path which; may be the top itself
     * @return the directory; null if there is none
     * @throws IOException if a node is missing or corrupt, or the source fails
     */
    public @Nullable DirectoryRef resolveDirectory(DirectoryRef top, TreePath path) throws IOException {
        return path.isRoot() ? top : resolve(top, path) instanceof DirectoryEntry entry ? entry.ref() : null;
    }

    /**
     * Proves what is at a path, or that nothing is: the nodes from the top directory's root to the entry's leaf, each
     * before what is below it.
     *
     * @param top the top directory
     * @param path which; not the top itself
     * @return encodings for {@link #verifyProof}
     * @throws IllegalArgumentException if the path is the top
     * @throws IOException if a node is missing or corrupt, or the source fails
     */
    public List<byte[]> proof(DirectoryRef top, TreePath path) throws IOException {
        List<byte[]> nodes = new ArrayList<>();
        new DirectoryTree(new Proofs.Recorder(source, nodes)).resolve(top, path);
        return nodes;
    }

    /**
     * Checks a proof, trusting the top directory's reference alone.
     *
     * @param top the top directory
     * @param path which; not the top itself
     * @param nodes what {@link #proof} gave for the same arguments
     * @return the entry; null if the proof shows that there is none
     * @throws IllegalArgumentException if the path is the top
     * @throws CorruptObjectException if the nodes do not prove it, or are more than needed
     * @throws IOException if a node is of an unknown version
     */
    public static @Nullable TreeEntry verifyProof(DirectoryRef top, TreePath path, List<byte[]> nodes)
            throws IOException {
        Proofs.Player player = new Proofs.Player(nodes);
        TreeEntry entry = new DirectoryTree(player).resolve(top, path);
        player.expectEnd();
        return entry;
    }
}
