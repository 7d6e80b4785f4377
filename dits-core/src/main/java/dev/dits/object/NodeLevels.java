package dev.dits.object;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Builds a content-defined tree bottom-up, one unfinished node a level ({@code docs/format.md}, section 3.1): memory
 * follows the number of levels, not of children. What a child looks like is the subclass's business.
 *
 * <p>Whether a level's only node is the root is known at the end alone, so a level above exists as soon as the one below
 * has ended a node, and {@link #finishRoot} takes the only child of a level without siblings for what it is.
 */
abstract class NodeLevels {
    /** A finished node, as its parent will name it. */
    record Node(
            ObjectId id,
            long count,
            long bytes,
            long files,
            @Nullable EntryName last) {}

    private static final class Level {
        final ByteWriter body = new ByteWriter(4096);
        int children;
        long count;
        long bytes;
        long files;

        @Nullable
        EntryName last;

        @Nullable
        Node lastChild;

        boolean ended;
    }

    private final ObjectSink sink;
    private final ObjectKind leafKind;
    private final ObjectKind innerKind;
    private final List<Level> levels = new ArrayList<>();
    private boolean finished;

    NodeLevels(ObjectSink sink, ObjectKind leafKind, ObjectKind innerKind) {
        this.sink = sink;
        this.leafKind = leafKind;
        this.innerKind = innerKind;
        levels.add(new Level());
    }

    /** Encodes a finished node as a child of the next level. */
    abstract void encodeChild(Node node, ByteWriter out);

    /** The boundary byte of a finished node as a child in a level, 1 or more. */
    abstract int boundary(Node node, int level);

    /** Where the caller encodes the next child of the lowest level, before {@link #added}. */
    final ByteWriter leafBody() {
        if (finished) {
            throw new IllegalStateException("this tree is finished");
        }
        return levels.get(0).body;
    }

    /** Counts a child whose encoding was just appended to {@link #leafBody}. */
    final void added(int boundary, long bytes, long files, @Nullable EntryName name) throws IOException {
        added(0, boundary, 1, bytes, files, name);
    }

    /** Bytes of the children of the lowest level's unfinished node. */
    final long leafBytes() {
        return levels.get(0).bytes;
    }

    private void added(int index, int boundary, long count, long bytes, long files, @Nullable EntryName last)
            throws IOException {
        Level level = levels.get(index);
        level.children++;
        level.count = sum(level.count, count);
        level.bytes = sum(level.bytes, bytes);
        level.files = sum(level.files, files);
        level.last = last;
        if ((level.children >= ObjectLimits.NODE_CHILDREN_MIN && (boundary & ObjectLimits.NODE_BOUNDARY_MASK) == 0)
                || level.children == ObjectLimits.NODE_CHILDREN_MAX
                || level.body.size() >= ObjectLimits.NODE_BYTES_END) {
            end(index);
        }
    }

    private static long sum(long a, long b) {
        // The sum of the two largest would not fit a long, so it is not formed.
        if (b > ObjectLimits.SUM_MAX - a) {
            throw new IllegalArgumentException("a sum is beyond 2^62");
        }
        return a + b;
    }

    private Node write(int index) throws IOException {
        Level level = levels.get(index);
        ByteWriter out = ObjectCodec.start(index == 0 ? leafKind : innerKind);
        if (index > 0) {
            out.u8(index);
        }
        byte[] bytes = out.varint(level.children).append(level.body).toBytes();
        Node node = new Node(ObjectId.hash(bytes), level.count, level.bytes, level.files, level.last);
        sink.write(node.id(), bytes);
        level.body.clear();
        level.children = 0;
        level.count = 0;
        level.bytes = 0;
        level.files = 0;
        level.ended = true;
        return node;
    }

    /** Whether no level up to one has anything in its unfinished node. */
    final boolean isEmptyUpTo(int index) {
        for (int i = 0; i <= index && i < levels.size(); i++) {
            if (levels.get(i).children > 0) {
                return false;
            }
        }
        return true;
    }

    /** Appends a node that is there already; nothing may be unfinished on its level or below. */
    final void addFinished(int index, Node node) throws IOException {
        if (finished || !isEmptyUpTo(index)) {
            throw new IllegalStateException("a node does not begin here");
        }
        while (levels.size() <= index) {
            levels.add(new Level());
        }
        for (int i = 0; i <= index; i++) {
            levels.get(i).ended = true;
        }
        append(index, node);
    }

    private void end(int index) throws IOException {
        append(index, write(index));
    }

    private void append(int index, Node node) throws IOException {
        int above = index + 1;
        if (above > ObjectLimits.NODE_LEVEL_MAX) {
            throw new IllegalArgumentException("too many children for " + above + " levels");
        }
        if (above == levels.size()) {
            levels.add(new Level());
        }
        Level level = levels.get(above);
        encodeChild(node, level.body);
        level.lastChild = node;
        added(above, boundary(node, above), node.count(), node.bytes(), node.files(), node.last());
    }

    /** Ends what is unfinished on every level, and returns the root. A tree of no children has an empty leaf. */
    final Node finishRoot() throws IOException {
        if (finished) {
            throw new IllegalStateException("this tree is finished");
        }
        finished = true;
        for (int i = 0; ; i++) {
            Level level = levels.get(i);
            if (level.ended) {
                if (level.children > 0) {
                    end(i);
                }
            } else if (i > 0 && level.children == 1 && level.lastChild != null) {
                return level.lastChild;
            } else {
                return write(i);
            }
        }
    }
}
