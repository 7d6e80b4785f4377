package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A decoded node of a directory: a leaf has entries, an inner node has children. */
final class DirectoryNode {
    /** What a node says of one of its children. */
    record Child(ObjectId id, long entries, long bytes, long files, EntryName last) {}

    final int level;
    final List<TreeEntry> entries;
    final List<Child> children;
    private final long entryCount;
    private final long bytes;
    private final long files;

    private DirectoryNode(
            int level, List<TreeEntry> entries, List<Child> children, long entryCount, long bytes, long files) {
        this.level = level;
        this.entries = entries;
        this.children = children;
        this.entryCount = entryCount;
        this.bytes = bytes;
        this.files = files;
    }

    int count() {
        return level == 0 ? entries.size() : children.size();
    }

    long bytes() {
        return bytes;
    }

    long files() {
        return files;
    }

    /** The last name of an entry or child. */
    EntryName last(int index) {
        return level == 0 ? entries.get(index).name() : children.get(index).last();
    }

    /** The first entry or child whose last name is not before a name; the count if there is none. */
    int ceiling(EntryName name) {
        int low = 0;
        int high = count();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (last(middle).compareTo(name) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    static DirectoryNode decode(byte[] encoded) throws DitsException {
        ObjectKind kind = ObjectCodec.kindOf(encoded);
        if (kind != ObjectKind.DIRECTORY_LEAF && kind != ObjectKind.DIRECTORY_INNER) {
            throw new CorruptObjectException("a node of a directory was expected, not " + kind);
        }
        ByteReader in = ObjectCodec.open(encoded, kind);
        boolean leaf = kind == ObjectKind.DIRECTORY_LEAF;
        int level = leaf ? 0 : in.u8();
        if (!leaf && (level < 1 || level > ObjectLimits.NODE_LEVEL_MAX)) {
            throw new CorruptObjectException("an inner node has the level " + level);
        }
        // The shortest entry: type, mode, seconds, nanoseconds, name of one byte with its length, size 0.
        int count = ObjectCodec.readCount(in, leaf ? 0 : 1, leaf ? 7 : 37);
        List<TreeEntry> entries = new ArrayList<>(leaf ? count : 0);
        List<Child> children = new ArrayList<>(leaf ? 0 : count);
        long entryCount = 0;
        long bytes = 0;
        long files = 0;
        EntryName previous = null;
        for (int i = 0; i < count; i++) {
            EntryName last;
            if (leaf) {
                TreeEntry entry = TreeEntry.read(in);
                entries.add(entry);
                last = entry.name();
                entryCount++;
                bytes = ObjectCodec.sum(bytes, entry.bytes());
                files = ObjectCodec.sum(files, entry.files());
            } else {
                Child child = readChild(in);
                children.add(child);
                last = child.last();
                entryCount = ObjectCodec.sum(entryCount, child.entries());
                bytes = ObjectCodec.sum(bytes, child.bytes());
                files = ObjectCodec.sum(files, child.files());
            }
            if (previous != null && previous.compareTo(last) >= 0) {
                throw new CorruptObjectException(
                        "names are not ascending: " + last.display() + " follows " + previous.display());
            }
            previous = last;
        }
        in.expectEnd();
        return new DirectoryNode(level, entries, children, entryCount, bytes, files);
    }

    private static Child readChild(ByteReader in) throws CorruptObjectException {
        ObjectId id = in.id();
        long entries = in.varint(1, ObjectLimits.SUM_MAX, "a child's entries");
        long bytes = in.varint(0, ObjectLimits.SUM_MAX, "a child's bytes");
        long files = in.varint(0, ObjectLimits.SUM_MAX, "a child's files");
        byte[] last = in.bytes(1, ObjectLimits.NAME_BYTES_MAX, "a name's length");
        String problem = EntryName.problem(last);
        if (problem != null) {
            throw new CorruptObjectException(problem);
        }
        return new Child(id, entries, bytes, files, EntryName.ofOwned(last));
    }

    static void writeChild(Child child, ByteWriter out) {
        out.id(child.id()).varint(child.entries()).varint(child.bytes()).varint(child.files());
        child.last().writeTo(out);
    }

    /** Decodes a directory's root and holds it to the sums of its reference. */
    static DirectoryNode decodeRoot(byte[] encoded, DirectoryRef ref) throws DitsException {
        DirectoryNode node = decode(encoded);
        if (node.bytes != ref.bytes() || node.files != ref.files()) {
            throw new CorruptObjectException("a directory has " + node.bytes + " bytes in " + node.files
                    + " files; what names it says " + ref.bytes() + " in " + ref.files());
        }
        return node;
    }

    /**
     * Decodes an inner node's child and holds it to what the parent said.
     *
     * @param after the last name before the child; null if there is none
     */
    static DirectoryNode decodeChild(byte[] encoded, int level, Child said, @Nullable EntryName after)
            throws DitsException {
        DirectoryNode node = decode(encoded);
        if (node.level != level
                || node.count() == 0
                || node.entryCount != said.entries()
                || node.bytes != said.bytes()
                || node.files != said.files()
                || !node.last(node.count() - 1).equals(said.last())
                || (after != null && node.last(0).compareTo(after) <= 0)) {
            throw new CorruptObjectException("a directory's node of level " + level + " up to "
                    + said.last().display() + " is not what its parent says of it");
        }
        return node;
    }
}
