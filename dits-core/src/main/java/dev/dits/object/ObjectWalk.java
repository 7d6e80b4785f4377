package dev.dits.object;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.error.MissingObjectException;
import dev.dits.error.UnsupportedFormatException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Goes over the objects that some commits reach and others do not, in the order in which a receiver needs them: a commit,
 * then its tree in the order of {@link TreePath}, each node before what it names, a file's manifest, nodes and chunks where
 * its entry is. Commits come newest first.
 *
 * <p>What the other side has is found by going down both trees at once and comparing ids of nodes at the same place, so
 * that the cost follows the difference. This leaves out what is at the same path; what was moved there from elsewhere comes
 * again unless the options know it. More than needed may come; never less.
 *
 * <p>Memory: a few dozen bytes for each commit that is gone over, and the nodes on one path.
 *
 * <p>Safe for use by several threads if the options are.
 */
public final class ObjectWalk {
    /** Trees that one tree is compared with, at most. */
    private static final int BASES_MAX = 4;

    /** Old nodes that one new node of a file is compared with, at most: those around the same place between neighbours. */
    private static final int FILE_WINDOW = 4;

    /** Takes what a walk finds. */
    public interface Visitor {
        /**
         * Takes an object.
         *
         * @param id its id
         * @param bytes its encoding, checked; not to be changed
         * @param kind its kind
         * @throws IOException ends the walk
         */
        void object(ObjectId id, byte[] bytes, ObjectKind kind) throws IOException;

        /**
         * Takes a chunk's id. The chunk was not looked for; one that occurs several times may come several times.
         *
         * @param id its id
         * @param length its bytes, 1 to 1,048,576
         * @throws IOException ends the walk
         */
        default void chunk(ObjectId id, int length) throws IOException {}

        /**
         * Hears of an object that is not in the source; the walk goes on behind it. By default it ends here.
         *
         * @param id its id
         * @param target what it should be
         * @throws IOException ends the walk
         */
        default void missing(ObjectId id, ObjectCodec.Target target) throws IOException {
            throw new MissingObjectException(
                    "object " + id.abbreviated() + " (" + target + ") is not in this repository");
        }

        /**
         * Hears of an object that breaks its format, is not what its parent says, or can not be read whole; the walk goes on beside it. By
         * default it ends here.
         *
         * @param id its id
         * @param problem what is wrong
         * @throws IOException ends the walk
         */
        default void damaged(ObjectId id, DitsException problem) throws IOException {
            throw problem;
        }
    }

    /** Tells what need not be gone over. */
    @FunctionalInterface
    public interface Known {
        /**
         * Tells whether an object and all that it reaches are known.
         *
         * @param id the object
         * @return whether to leave it out
         * @throws IOException ends the walk
         */
        boolean known(ObjectId id) throws IOException;
    }

    /**
     * What to leave out.
     *
     * @param known objects that are known with all they reach
     * @param visited ids met so far, to which the walk adds those of objects (not of chunks); null not to keep any, and go
     *     over repeated directories and files again. May be shared by walks one after another
     */
    public record Options(Known known, @Nullable Set<ObjectId> visited) {
        /** Nothing is known, and nothing kept. */
        public static final Options NONE = new Options(id -> false, null);

        /**
         * Returns these options with a set of ids met.
         *
         * @param set the set
         * @return new options
         */
        public Options withVisited(Set<ObjectId> set) {
            return new Options(known, set);
        }

        /**
         * Returns these options with what is known.
         *
         * @param test tells
         * @return new options
         */
        public Options withKnown(Known test) {
            return new Options(test, visited);
        }
    }

    private final ObjectSource source;
    private final Options options;

    /**
     * Walks in a source.
     *
     * @param source where the objects are
     * @param options what to leave out
     */
    public ObjectWalk(ObjectSource source, Options options) {
        this.source = source;
        this.options = options;
    }

    /**
     * Goes over what commits reach and others do not.
     *
     * @param wants ids of commits, or of tags, that come before their commits
     * @param haves ids of commits or tags that the other side has with all they reach; those that are not here are ignored
     * @param visitor takes what is found
     * @throws CorruptObjectException if an object breaks its format or is not what its parent says, and the visitor does not take that
     * @throws IOException if an object is missing and the visitor does not take that, or the source fails
     */
    public void commits(Collection<ObjectId> wants, Collection<ObjectId> haves, Visitor visitor) throws IOException {
        Descent descent = new Descent(visitor);
        CommitHistory history = new CommitHistory(source, options.known, visitor);
        for (ObjectId have : haves) {
            history.have(have);
        }
        for (ObjectId want : wants) {
            try {
                byte[] bytes = source.read(want);
                if (bytes != null && ObjectCodec.kindOf(bytes) == ObjectKind.TAG) {
                    Tag tag = Tag.decode(bytes);
                    if (descent.isNew(want)) {
                        visitor.object(want, bytes, ObjectKind.TAG);
                    }
                    history.want(tag.target());
                    continue;
                }
            } catch (CorruptObjectException | UnsupportedFormatException e) {
                visitor.damaged(want, e);
                continue;
            }
            history.want(want);
        }
        CommitHistory.Result result = history.run();
        List<DirectoryRef> boundary = result.bases(BASES_MAX - 1);
        Map<ObjectId, DirectoryRef> childTrees = new HashMap<>();
        for (ObjectId id : result.wanted()) {
            DirectoryRef childTree = childTrees.remove(id);
            if (!descent.isNew(id)) {
                continue;
            }
            Commit commit = descent.load(id, ObjectCodec.Target.COMMIT, ObjectKind.COMMIT, Commit::decode);
            if (commit == null) {
                continue;
            }
            List<DirectoryRef> bases = new ArrayList<>(boundary);
            if (childTree != null) {
                bases.add(0, childTree);
            }
            descent.directory(commit.tree(), bases, 0);
            descent.run();
            for (ObjectId parent : commit.parents()) {
                childTrees.put(parent, commit.tree());
            }
        }
    }

    /**
     * Lists the commits that commits reach and others do not.
     *
     * @param wants ids of commits
     * @param haves ids of commits or tags; those that are not here are ignored
     * @return ids, the newest first
     * @throws CorruptObjectException if an object breaks its format
     * @throws IOException if the source fails
     */
    public List<ObjectId> listCommits(Collection<ObjectId> wants, Collection<ObjectId> haves) throws IOException {
        CommitHistory history = new CommitHistory(source, options.known, (id, bytes, kind) -> {});
        for (ObjectId have : haves) {
            history.have(have);
        }
        for (ObjectId want : wants) {
            history.want(want);
        }
        return history.run().wanted();
    }

    /**
     * Goes over a directory.
     *
     * @param directory which
     * @param bases directories that the other side has with all they reach, likely alike; the first four count
     * @param visitor takes what is found
     * @throws IOException as {@link #commits}
     */
    public void directory(DirectoryRef directory, List<DirectoryRef> bases, Visitor visitor) throws IOException {
        Descent descent = new Descent(visitor);
        descent.directory(directory, bases.subList(0, Math.min(BASES_MAX, bases.size())), 0);
        descent.run();
    }

    /**
     * Goes over a file.
     *
     * @param content what names the file's content
     * @param base what the other side has of it, likely alike; null if nothing
     * @param visitor takes what is found
     * @throws IOException as {@link #commits}
     */
    public void file(Content content, @Nullable Content base, Visitor visitor) throws IOException {
        Descent descent = new Descent(visitor);
        descent.file(content, base);
        descent.run();
    }

    /** Goes down from where it is pointed at, on a stack of its own: a hostile tree is as deep as its limits allow. */
    private final class Descent {
        private final Visitor visitor;
        private final Deque<Frame> stack = new ArrayDeque<>();

        Descent(Visitor visitor) {
            this.visitor = visitor;
        }

        ObjectSource source() {
            return source;
        }

        boolean isNew(ObjectId id) throws IOException {
            return !options.known.known(id) && (options.visited == null || options.visited.add(id));
        }

        /** Reads, checks and shows an object; null if it is missing or damaged and the visitor goes on without it. */
        <T> @Nullable T load(ObjectId id, ObjectCodec.Target target, @Nullable ObjectKind kind, Decoder<T> decoder)
                throws IOException {
            byte[] bytes;
            T decoded;
            try {
                bytes = source.read(id);
                if (bytes == null) {
                    visitor.missing(id, target);
                    return null;
                }
                decoded = decoder.decode(bytes);
                kind = kind == null ? ObjectCodec.kindOf(bytes) : kind;
            } catch (CorruptObjectException | UnsupportedFormatException e) {
                visitor.damaged(id, e);
                return null;
            }
            visitor.object(id, bytes, kind);
            return decoded;
        }

        void run() throws IOException {
            while (!stack.isEmpty()) {
                if (!stack.getLast().step(this)) {
                    stack.removeLast();
                }
            }
        }

        void directory(DirectoryRef directory, List<DirectoryRef> bases, int depth) throws IOException {
            for (DirectoryRef base : bases) {
                if (base.id().equals(directory.id())) {
                    return;
                }
            }
            if (!isNew(directory.id())) {
                return;
            }
            DirectoryNode node = load(directory.id(), ObjectCodec.Target.DIRECTORY_NODE, null, bytes -> {
                DirectoryNode decoded = DirectoryNode.decodeRoot(bytes, directory);
                if (decoded.count() > 0 && depth == ObjectLimits.PATH_DEPTH_MAX) {
                    throw new CorruptObjectException("directories nest deeper than " + ObjectLimits.PATH_DEPTH_MAX);
                }
                return decoded;
            });
            if (node == null) {
                return;
            }
            List<BaseDirectory> opened = new ArrayList<>(bases.size());
            for (DirectoryRef base : bases) {
                opened.add(new BaseDirectory(source, base.id()));
            }
            stack.addLast(new DirectoryFrame(node, null, opened, depth));
        }

        void file(Content content, @Nullable Content base) throws IOException {
            if (content.equals(base)) {
                return;
            }
            if (content instanceof Content.SingleChunk chunk) {
                visitor.chunk(chunk.id(), (int) chunk.size());
            }
            if (!(content instanceof Content.Chunked chunked) || !isNew(chunked.id())) {
                return;
            }
            Manifest manifest = load(chunked.id(), ObjectCodec.Target.MANIFEST, ObjectKind.MANIFEST, bytes -> {
                Manifest decoded = Manifest.decode(bytes);
                if (decoded.size() != chunked.size()) {
                    throw new CorruptObjectException("manifest " + chunked.id().abbreviated() + " is of "
                            + decoded.size() + " bytes; the entry says " + chunked.size());
                }
                return decoded;
            });
            if (manifest == null) {
                return;
            }
            BaseFile old = BaseFile.of(source, base);
            if ((old.level() >= 0 && old.contains(manifest.root())) || !isNew(manifest.root())) {
                return;
            }
            FileNode node = load(
                    manifest.root(),
                    ObjectCodec.Target.FILE_NODE,
                    null,
                    bytes -> FileNode.decode(bytes, -1, manifest.size(), manifest.chunks()));
            if (node == null) {
                return;
            }
            stack.addLast(new FileFrame(node, old.downTo(source, node.level - 1)));
        }
    }

    /** Decodes an object and holds it against what its parent says. */
    @FunctionalInterface
    private interface Decoder<T> {
        T decode(byte[] bytes) throws IOException;
    }

    private interface Frame {
        /** Goes on by one child; false when there are no more. */
        boolean step(Descent descent) throws IOException;
    }

    private static final class DirectoryFrame implements Frame {
        private final DirectoryNode node;
        private final @Nullable EntryName after;
        private final List<BaseDirectory> bases;
        private final int depth;
        private int next;

        DirectoryFrame(DirectoryNode node, @Nullable EntryName after, List<BaseDirectory> bases, int depth) {
            this.node = node;
            this.after = after;
            this.bases = bases;
            this.depth = depth;
        }

        @Override
        public boolean step(Descent descent) throws IOException {
            if (next == node.count()) {
                return false;
            }
            int index = next++;
            if (node.level > 0) {
                child(descent, index);
            } else {
                entry(descent, node.entries.get(index));
            }
            return true;
        }

        private void child(Descent descent, int index) throws IOException {
            DirectoryNode.Child said = node.children.get(index);
            for (BaseDirectory base : bases) {
                if (said.id().equals(base.nodeUpTo(said.last(), node.level - 1))) {
                    return;
                }
            }
            if (!descent.isNew(said.id())) {
                return;
            }
            EntryName before = index == 0 ? after : node.last(index - 1);
            DirectoryNode child = descent.load(
                    said.id(),
                    ObjectCodec.Target.DIRECTORY_NODE,
                    null,
                    bytes -> DirectoryNode.decodeChild(bytes, node.level - 1, said, before));
            if (child == null) {
                return;
            }
            descent.stack.addLast(new DirectoryFrame(child, before, bases, depth));
        }

        private void entry(Descent descent, TreeEntry entry) throws IOException {
            if (entry instanceof DirectoryEntry directory) {
                List<DirectoryRef> below = new ArrayList<>(bases.size());
                for (BaseDirectory base : bases) {
                    if (base.entry(entry.name()) instanceof DirectoryEntry old) {
                        below.add(old.ref());
                    }
                }
                descent.directory(directory.ref(), below, depth + 1);
            } else if (entry instanceof FileEntry file && file.content().size() > 0) {
                Content old = null;
                for (BaseDirectory base : bases) {
                    if (base.entry(entry.name()) instanceof FileEntry found) {
                        if (found.content().equals(file.content())) {
                            return;
                        }
                        old = old == null ? found.content() : old;
                    }
                }
                descent.file(file.content(), old);
            }
        }
    }

    private static final class FileFrame implements Frame {
        private final FileNode node;
        /** Nodes (or chunks) of the old file at the level of this node's children, or the lower one that it has. */
        private final BaseFile old;

        private int next;
        private int matched = -1;
        private int runStart;
        private int gapEnd = -1;

        FileFrame(FileNode node, BaseFile old) {
            this.node = node;
            this.old = old;
        }

        @Override
        public boolean step(Descent descent) throws IOException {
            if (next == node.count()) {
                return false;
            }
            int index = next++;
            ObjectId id = node.ids[index];
            boolean sameLevel = old.level() == node.level - 1;
            int position = sameLevel ? old.position(id) : -1;
            if (position >= 0) {
                matched = Math.max(matched, position);
                runStart = index + 1;
                gapEnd = -1;
                return true;
            }
            if (node.level == 0) {
                descent.visitor.chunk(id, (int) node.bytes(index));
                return true;
            }
            if (!descent.isNew(id)) {
                return true;
            }
            FileNode child = descent.load(
                    id,
                    ObjectCodec.Target.FILE_NODE,
                    null,
                    bytes -> FileNode.decode(bytes, node.level - 1, node.bytes(index), node.chunks(index)));
            if (child == null) {
                return true;
            }
            BaseFile below = old;
            if (sameLevel) {
                if (gapEnd < 0) {
                    gapEnd = nextMatch(index + 1);
                }
                int from = matched + 1;
                int start = Math.max(from, Math.min(from + index - runStart - 1, gapEnd - FILE_WINDOW));
                below = old.part(start, Math.min(gapEnd, start + FILE_WINDOW))
                        .downTo(descent.source(), child.level - 1);
            }
            descent.stack.addLast(new FileFrame(child, below));
            return true;
        }

        /** Where, in the old file, the next child that it has as well stands: what is new before it came in between. */
        private int nextMatch(int from) {
            for (int i = from; i < node.count(); i++) {
                int position = old.position(node.ids[i]);
                if (position > matched) {
                    return position;
                }
            }
            return old.size();
        }
    }
}
