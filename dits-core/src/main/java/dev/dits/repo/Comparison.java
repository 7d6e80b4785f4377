package dev.dits.repo;

import dev.dits.error.DitsException;
import dev.dits.object.Content;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.EntryName;
import dev.dits.object.FileEntry;
import dev.dits.object.FileTree;
import dev.dits.object.LinkEntry;
import dev.dits.object.LinkTarget;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreeDiff;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compares two commits, or a commit and the working tree, and tells a visitor what differs.
 *
 * <p>What was removed and what was added is held back until all is known, and paired where the content is the same. Beyond {@link #HELD_BACK_MAX}
 * differences nothing is held back any more, and renames are told as a removal and an addition: memory does not follow the trees.
 *
 * <p>Used once, by one thread.
 */
final class Comparison implements StatusWalk.Listener {
    static final int HELD_BACK_MAX = 50_000;

    /** Files of the same content that are looked at for one that has the same name as well. */
    private static final int SAME_CONTENT_LOOKED_AT_MAX = 64;

    private final Path root;
    private final ObjectSource objects;
    private final FileTree files;
    private final ContentReader reader;
    private final DiffOptions options;
    private final DiffVisitor visitor;
    private final int heldBackMax;
    private List<Item> items = new ArrayList<>();
    private boolean streaming;
    /** An added or removed directory, that is told only if nothing in it is. */
    private @Nullable Item pending;

    Comparison(
            Path root,
            ObjectSource objects,
            ContentReader reader,
            DiffOptions options,
            DiffVisitor visitor,
            int heldBackMax) {
        this.root = root;
        this.objects = objects;
        this.files = new FileTree(objects);
        this.reader = reader;
        this.options = options;
        this.visitor = visitor;
        this.heldBackMax = heldBackMax;
    }

    /** Compares two trees; null is an empty one. */
    void trees(@Nullable DirectoryRef before, @Nullable DirectoryRef after) throws IOException {
        for (TreePath path : options.paths()) {
            require(path, before, after);
        }
        between(TreePath.ROOT, before, after);
        finish();
    }

    /** Refuses a path that is nowhere: most likely it is misspelt. */
    void require(TreePath path, @Nullable DirectoryRef before, @Nullable DirectoryRef after) throws IOException {
        if (!isIn(before, path) && !isIn(after, path)) {
            throw new DitsException("there is no " + path.display() + " on either side; check the path's spelling");
        }
    }

    /** As {@link #require}, against the working tree. */
    void requireInWorkingTree(TreePath path, @Nullable DirectoryRef before) throws IOException {
        if (!isIn(before, path) && FileStat.of(file(path)) == null) {
            throw new DitsException("there is no " + path.display()
                    + ", neither in the working tree nor in the commit; check the path's spelling");
        }
    }

    private boolean isIn(@Nullable DirectoryRef tree, TreePath path) throws IOException {
        return path.isRoot() || (tree != null && new DirectoryTree(objects).resolve(tree, path) != null);
    }

    private Path file(TreePath path) {
        Path file = root;
        for (EntryName name : path.names()) {
            file = PathNames.resolve(file, name);
        }
        return file;
    }

    private void between(TreePath top, @Nullable DirectoryRef before, @Nullable DirectoryRef after) throws IOException {
        TreeDiff diff = new TreeDiff(objects, before, after, TreeDiff.Options.ALL);
        for (TreeDiff.Change change = diff.next(); change != null; change = diff.next()) {
            entries(below(top, change.path()), change.before(), change.after());
        }
    }

    private static TreePath below(TreePath top, TreePath path) {
        if (top.isRoot()) {
            return path;
        }
        List<EntryName> names = new ArrayList<>(top.names());
        names.addAll(path.names());
        return TreePath.of(names);
    }

    private void entries(TreePath path, @Nullable TreeEntry before, @Nullable TreeEntry after) throws IOException {
        if (!options.covers(path)) {
            return;
        }
        Known old = before == null ? null : known(before);
        Known now = after == null ? null : known(after);
        if (old == null || now == null) {
            if (old != null || now != null) {
                add(now != null ? FileDiff.Kind.ADDED : FileDiff.Kind.DELETED, path, old, now);
            }
        } else if (before instanceof DirectoryEntry != after instanceof DirectoryEntry) {
            // The directory last: what is in it follows, and then it is not told itself.
            if (before instanceof DirectoryEntry) {
                add(FileDiff.Kind.ADDED, path, null, now);
                add(FileDiff.Kind.DELETED, path, old, null);
            } else {
                add(FileDiff.Kind.DELETED, path, old, null);
                add(FileDiff.Kind.ADDED, path, null, now);
            }
        } else if (old.side.version().type() != now.side.version().type()) {
            add(FileDiff.Kind.TYPE_CHANGED, path, old, now);
        } else if (old.content != null && !old.content.equals(now.content)) {
            add(FileDiff.Kind.MODIFIED, path, old, now);
        } else if (old.side.version().mode() != now.side.version().mode()) {
            add(FileDiff.Kind.MODE_CHANGED, path, old, now);
        }
    }

    private Known known(TreeEntry entry) {
        if (entry instanceof FileEntry file) {
            return new Known(FileDiff.Side.of(entry, new Stored(objects, file.content())), file.content(), null);
        }
        LinkTarget target = entry instanceof LinkEntry link ? link.target() : null;
        return new Known(FileDiff.Side.of(entry, target == null ? null : new Target(target)), target, null);
    }

    // ---- the working tree ----

    /** Ends a scan of the working tree. */
    void scanned() throws IOException {
        finish();
    }

    @Override
    public void change(Change change, @Nullable TreeEntry base, FileKind found) throws IOException {
        TreePath path = change.path();
        Known now = change.kind() == Change.Kind.DELETED ? null : inWorkingTree(path);
        boolean covered = options.covers(path);
        if (base instanceof DirectoryEntry directory
                && (now == null || now.side.version().type() != FileVersion.Type.DIRECTORY)) {
            if (covered && now != null) {
                add(FileDiff.Kind.ADDED, path, null, now);
            }
            if (covered) {
                add(FileDiff.Kind.DELETED, path, known(base), null);
            }
            // The scan has nothing to compare it with and does not go in.
            between(path, directory.ref(), null);
            return;
        }
        if (!covered) {
            return;
        }
        Known old = base == null ? null : known(base);
        if (old == null || now == null) {
            if (old != null || now != null) {
                add(now != null ? FileDiff.Kind.ADDED : FileDiff.Kind.DELETED, path, old, now);
            }
        } else if (change.kind() == Change.Kind.TYPE_CHANGED
                && now.side.version().type() == FileVersion.Type.DIRECTORY) {
            add(FileDiff.Kind.DELETED, path, old, null);
            add(FileDiff.Kind.ADDED, path, null, now);
        } else {
            FileDiff.Kind kind = switch (change.kind()) {
                case MODE_CHANGED -> FileDiff.Kind.MODE_CHANGED;
                case TYPE_CHANGED -> FileDiff.Kind.TYPE_CHANGED;
                case ADDED, MODIFIED, DELETED -> FileDiff.Kind.MODIFIED;
            };
            add(kind, path, old, now);
        }
    }

    /** What lies there now; null if it is gone since the scan saw it. */
    private @Nullable Known inWorkingTree(TreePath path) throws IOException {
        Path file = file(path);
        FileStat stat = FileStat.of(file);
        if (stat == null || stat.kind() == FileKind.OTHER) {
            return null;
        }
        LinkTarget target = stat.kind() == FileKind.LINK ? WorkTreeScanner.readLink(file) : null;
        FileVersion version = new FileVersion(
                stat.kind() == FileKind.FILE
                        ? FileVersion.Type.FILE
                        : stat.kind() == FileKind.LINK ? FileVersion.Type.LINK : FileVersion.Type.DIRECTORY,
                stat.mode(),
                stat.kind() == FileKind.FILE ? stat.size() : 0,
                Optional.ofNullable(target),
                true);
        WorkFile work = stat.kind() == FileKind.FILE ? new WorkFile(reader, path, file, stat) : null;
        FileDiff.Bytes bytes = work != null ? work : target != null ? new Target(target) : null;
        return new Known(new FileDiff.Side(version, bytes), target, work);
    }

    /** Where a link leads, as a text. */
    private record Target(LinkTarget target) implements FileDiff.Bytes {
        @Override
        public InputStream open() {
            return new java.io.ByteArrayInputStream(target.bytes());
        }

        @Override
        public void chunks(FileDiff.ChunkTaker taker) {
            throw new UnsupportedOperationException("a link has no chunks");
        }
    }

    /** The bytes of a committed file. */
    private record Stored(ObjectSource objects, Content content) implements FileDiff.Bytes {
        @Override
        public InputStream open() throws IOException {
            return new ContentStream(objects, content);
        }

        @Override
        public void chunks(FileDiff.ChunkTaker taker) throws IOException {
            FileTree.Cursor cursor = new FileTree(objects).chunks(content);
            for (FileTree.Chunk chunk = cursor.next(); chunk != null; chunk = cursor.next()) {
                taker.chunk(chunk.id(), chunk.length());
            }
        }
    }

    /** The bytes of a file in the working tree. */
    private record WorkFile(ContentReader reader, TreePath path, Path file, FileStat stat) implements FileDiff.Bytes {
        @Override
        public InputStream open() throws IOException {
            try {
                return Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS);
            } catch (java.nio.file.AccessDeniedException e) {
                throw DirectoryLook.denied(path.bytes(), e);
            }
        }

        @Override
        public void chunks(FileDiff.ChunkTaker taker) throws IOException {
            try (InputStream in = open()) {
                reader.cut(in, taker);
            }
        }

        /** Null where it can not be read, or does not hold still. */
        @Nullable
        ObjectId sha256() throws IOException {
            try {
                ContentReader.Hashed hashed = reader.hash(path.bytes(), file, stat);
                return hashed == null || hashed.stat().size() != stat.size() ? null : hashed.sha256();
            } catch (DitsException e) {
                return null;
            }
        }
    }

    // ---- holding back, and renames ----

    /** One side, and what it contains: a {@link Content} or a {@link LinkTarget}; null for a directory, or a file that was not read. */
    private record Known(
            FileDiff.Side side,
            @Nullable Object content,
            @Nullable WorkFile work) {}

    private static final class Item {
        final FileDiff.Kind kind;
        final TreePath path;
        final @Nullable Known before;
        final @Nullable Known after;

        @Nullable
        Item renamedFrom;

        boolean gone;

        Item(FileDiff.Kind kind, TreePath path, @Nullable Known before, @Nullable Known after) {
            this.kind = kind;
            this.path = path;
            this.before = before;
            this.after = after;
        }

        boolean isDirectory() {
            Known either = after != null ? after : before;
            return either != null && either.side.version().type() == FileVersion.Type.DIRECTORY;
        }

        FileDiff diff() {
            Item from = renamedFrom;
            Known old = from == null ? before : from.before;
            return new FileDiff(
                    from == null ? kind : FileDiff.Kind.RENAMED,
                    path,
                    from == null ? null : from.path,
                    old == null ? null : old.side,
                    after == null ? null : after.side);
        }
    }

    private void add(FileDiff.Kind kind, TreePath path, @Nullable Known before, @Nullable Known after)
            throws IOException {
        Item item = new Item(kind, path, before, after);
        Item directory = pending;
        pending = null;
        if (directory != null && !(path.startsWith(directory.path) && !path.equals(directory.path))) {
            push(directory);
        }
        if (item.isDirectory() && kind != FileDiff.Kind.MODE_CHANGED) {
            pending = item;
        } else {
            push(item);
        }
    }

    private void push(Item item) throws IOException {
        if (streaming) {
            visitor.difference(item.diff());
            return;
        }
        items.add(item);
        if (items.size() > heldBackMax || !options.renames()) {
            streaming = true;
            tell();
        }
    }

    private void finish() throws IOException {
        Item directory = pending;
        if (directory != null) {
            pending = null;
            push(directory);
        }
        if (!streaming) {
            new Renames(files).find(items);
        }
        tell();
    }

    private void tell() throws IOException {
        for (Item item : items) {
            if (!item.gone) {
                visitor.difference(item.diff());
            }
        }
        items = List.of();
    }

    /** Pairs what was removed with what was added, in the order of the walk; of several candidates one that kept its name. */
    private static final class Renames {
        private final FileTree files;
        private final Map<Object, List<Item>> removedByContent = new HashMap<>();
        private final Map<Long, List<Content>> removedBySize = new HashMap<>();

        Renames(FileTree files) {
            this.files = files;
        }

        void find(List<Item> items) throws IOException {
            for (Item item : items) {
                Object content = item.before == null ? null : item.before.content;
                if (item.kind == FileDiff.Kind.DELETED && content != null && !content.equals(Content.EMPTY)) {
                    List<Item> same = removedByContent.computeIfAbsent(content, unknown -> new ArrayList<>());
                    if (same.isEmpty() && content instanceof Content file) {
                        removedBySize
                                .computeIfAbsent(file.size(), unknown -> new ArrayList<>())
                                .add(file);
                    }
                    same.add(item);
                }
            }
            for (Item item : items) {
                if (item.kind == FileDiff.Kind.ADDED && item.after != null) {
                    Object content = item.after.work != null ? read(item.after.work) : item.after.content;
                    List<Item> candidates = content == null ? null : removedByContent.get(content);
                    if (candidates != null && !candidates.isEmpty()) {
                        item.renamedFrom = take(candidates, item.path.name());
                    }
                }
            }
        }

        /** Reads a file only where something of its size was removed. */
        private @Nullable Object read(WorkFile work) throws IOException {
            List<Content> candidates = removedBySize.get(work.stat.size());
            ObjectId sha256 = candidates == null ? null : work.sha256();
            if (candidates != null && sha256 != null) {
                for (Content candidate : candidates) {
                    if (sha256.equals(files.sha256(candidate))) {
                        return candidate;
                    }
                }
            }
            return null;
        }

        private static Item take(List<Item> candidates, @Nullable EntryName name) {
            int best = 0;
            for (int i = 0; i < Math.min(candidates.size(), SAME_CONTENT_LOOKED_AT_MAX); i++) {
                if (java.util.Objects.equals(candidates.get(i).path.name(), name)) {
                    best = i;
                    break;
                }
            }
            Item taken = candidates.remove(best);
            taken.gone = true;
            return taken;
        }
    }
}
