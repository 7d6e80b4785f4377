package dev.dits.object;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A directory that the other side has, asked for what is at the same place as in a new one. Keeps the nodes of the last
 * path, since questions come in ascending order. What is missing here just answers nothing.
 */
final class BaseDirectory {
    private final ObjectSource source;
    private final ObjectId root;
    private final @Nullable DirectoryNode[] path = new @Nullable DirectoryNode[ObjectLimits.NODE_LEVEL_MAX + 1];
    private final @Nullable ObjectId[] ids = new @Nullable ObjectId[ObjectLimits.NODE_LEVEL_MAX + 1];
    private @Nullable DirectoryNode rootNode;
    private boolean absent;

    BaseDirectory(ObjectSource source, ObjectId root) {
        this.source = source;
        this.root = root;
    }

    /** The node of a level whose last name this is; null if there is none. */
    @Nullable
    ObjectId nodeUpTo(EntryName last, int level) throws IOException {
        DirectoryNode node = root();
        if (node != null && node.level == level) {
            return node.count() > 0 && node.last(node.count() - 1).equals(last) ? root : null;
        }
        while (node != null && node.level > level) {
            int index = node.ceiling(last);
            if (index == node.count()) {
                return null;
            }
            DirectoryNode.Child child = node.children.get(index);
            if (node.level == level + 1) {
                return child.last().equals(last) ? child.id() : null;
            }
            node = load(child.id(), node.level - 1);
        }
        return null;
    }

    /** The entry of a name; null if there is none. */
    @Nullable
    TreeEntry entry(EntryName name) throws IOException {
        DirectoryNode node = root();
        while (node != null) {
            int index = node.ceiling(name);
            if (index == node.count()) {
                return null;
            }
            if (node.level == 0) {
                TreeEntry entry = node.entries.get(index);
                return entry.name().equals(name) ? entry : null;
            }
            node = load(node.children.get(index).id(), node.level - 1);
        }
        return null;
    }

    private @Nullable DirectoryNode root() throws IOException {
        if (rootNode == null && !absent) {
            byte[] bytes = source.read(root);
            absent = bytes == null;
            rootNode = bytes == null ? null : DirectoryNode.decode(bytes);
        }
        return rootNode;
    }

    /** Reads a node of a level; null if it is missing or of another level. */
    private @Nullable DirectoryNode load(ObjectId id, int level) throws IOException {
        if (!id.equals(ids[level])) {
            byte[] bytes = source.read(id);
            ids[level] = id;
            path[level] = bytes == null ? null : DirectoryNode.decode(bytes);
        }
        DirectoryNode node = path[level];
        return node != null && node.level == level ? node : null;
    }
}
