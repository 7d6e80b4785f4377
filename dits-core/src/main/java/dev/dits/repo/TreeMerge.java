package dev.dits.repo;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.ByteWriter;
import dev.dits.object.Content;
import dev.dits.object.DirectoryDiff;
import dev.dits.object.DirectoryEditor;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.EntryName;
import dev.dits.object.FileEntry;
import dev.dits.object.LinkEntry;
import dev.dits.object.Mtime;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectLimits;
import dev.dits.object.ObjectSink;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreeBudget;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Merges two trees that come from a third, file by file. What comes out is the same whichever of the two is called left, and depends on nothing but the trees
 * and their histories. Only nodes of trees are read, no content; and only those in which the two differ.
 *
 * <ul>
 *   <li>What one side changed and the other did not is as the one has it; what one deleted and the other did not change goes.
 *   <li>A file that one changed and the other deleted stays.
 *   <li>Of a file that both changed, the version with the later time keeps the name (of two with the same time, the one with the greater id); the other is put
 *       beside it, under a name that tells whose it is.
 *   <li>Where one has a file and the other a directory, both new, the directory keeps the name and the file is the copy.
 *   <li>Permissions are merged bit by bit: of a bit that differs, one side has changed it.
 * </ul>
 *
 * <p>Not safe for use by several threads. Used once.
 */
final class TreeMerge {
    /** Copies that are looked at for one that has the same content already. */
    private static final int COPIES_LOOKED_AT_MAX = 1_000;

    /** What is put beside something of the same name, and whose it is. */
    private record Losing(TreeEntry version, Origins side) {}

    private final ObjectSource objects;
    private final DirectoryTree trees;
    private final DirectoryEditor editor;
    private final Origins leftOrigins;
    private final Origins rightOrigins;
    private final List<ConflictCopy> copies = new ArrayList<>();
    private final TreeBudget budget = new TreeBudget();

    /**
     * @param objects where all three are, and where what is written to the sink can be read
     * @param sink takes nodes that are new
     */
    TreeMerge(ObjectSource objects, ObjectSink sink, Origins left, Origins right) {
        this.objects = objects;
        this.trees = new DirectoryTree(objects);
        this.editor = new DirectoryEditor(objects, sink);
        this.leftOrigins = left;
        this.rightOrigins = right;
    }

    /** Merges; null for the base where the two have nothing in common. */
    DirectoryRef merge(@Nullable DirectoryRef base, DirectoryRef left, DirectoryRef right) throws IOException {
        return directory(TreePath.ROOT, base, left, right);
    }

    /** The files that both sides had changed, in the order of a walk. */
    List<ConflictCopy> copies() {
        copies.sort(java.util.Comparator.comparing(ConflictCopy::kept).thenComparing(ConflictCopy::copy));
        return copies;
    }

    /** Whether two are the same but for their permissions and times; directories never are. */
    static boolean sameContent(@Nullable TreeEntry a, @Nullable TreeEntry b) {
        if (a instanceof FileEntry x && b instanceof FileEntry y) {
            return x.content().equals(y.content());
        }
        return a instanceof LinkEntry v
                && b instanceof LinkEntry w
                && v.target().equals(w.target());
    }

    /** Merges a directory; a side that has deleted it counts as an empty one. */
    private DirectoryRef directory(
            TreePath path, @Nullable DirectoryRef base, @Nullable DirectoryRef left, @Nullable DirectoryRef right)
            throws IOException {
        if (left != null && right != null) {
            if (left.equals(right) || right.equals(base)) {
                return left;
            }
            if (left.equals(base)) {
                return right;
            }
        }
        budget.directory();
        DirectoryTree.Cursor before = base == null ? null : trees.iterate(base);
        TreeMap<EntryName, Optional<TreeEntry>> edits = new TreeMap<>();
        List<Losing> losing = new ArrayList<>();
        DirectoryDiff diff = new DirectoryDiff(objects, left, right);
        for (DirectoryDiff.Change change = diff.next(); change != null; change = diff.next()) {
            budget.entry();
            EntryName name = change.name();
            if (path.depth() == ObjectLimits.PATH_DEPTH_MAX) {
                throw new CorruptObjectException(
                        "directories nest deeper than " + ObjectLimits.PATH_DEPTH_MAX + " at " + path.display());
            }
            TreeEntry merged = entry(
                    path.resolve(name),
                    before == null ? null : before.seek(name),
                    change.before(),
                    change.after(),
                    losing);
            if (!Objects.equals(merged, change.before())) {
                edits.put(name, Optional.ofNullable(merged));
            }
        }
        DirectoryRef merged = editor.edit(left, edits);
        return losing.isEmpty() ? merged : withCopies(path, merged, losing);
    }

    private @Nullable TreeEntry entry(
            TreePath path,
            @Nullable TreeEntry base,
            @Nullable TreeEntry left,
            @Nullable TreeEntry right,
            List<Losing> losing)
            throws IOException {
        if (Objects.equals(left, right) || Objects.equals(right, base)) {
            return left;
        }
        if (Objects.equals(left, base)) {
            return right;
        }
        if (left instanceof DirectoryEntry a && right instanceof DirectoryEntry b) {
            return directories(path, base, a, b);
        }
        if (left instanceof DirectoryEntry directory) {
            return directoryOrFile(path, base, directory, right, true, rightOrigins, losing);
        }
        if (right instanceof DirectoryEntry directory) {
            return directoryOrFile(path, base, directory, left, false, leftOrigins, losing);
        }
        if (left == null || right == null) {
            TreeEntry stays = left != null ? left : right;
            boolean unchanged =
                    stays != null && base != null && sameContent(stays, base) && stays.mode() == base.mode();
            return unchanged ? null : stays;
        }
        return files(base, left, right, losing);
    }

    private TreeEntry directories(TreePath path, @Nullable TreeEntry base, DirectoryEntry left, DirectoryEntry right)
            throws IOException {
        DirectoryEntry before = base instanceof DirectoryEntry directory ? directory : null;
        DirectoryRef merged = directory(path, before == null ? null : before.ref(), left.ref(), right.ref());
        Mtime mtime;
        if (before != null && left.mtime().equals(before.mtime())) {
            mtime = right.mtime();
        } else if (before != null && right.mtime().equals(before.mtime())) {
            mtime = left.mtime();
        } else {
            mtime = left.mtime().compareTo(right.mtime()) >= 0 ? left.mtime() : right.mtime();
        }
        int later = left.mtime().compareTo(right.mtime()) >= 0 ? left.mode() : right.mode();
        if (left.mtime().equals(right.mtime())) {
            later = Math.max(left.mode(), right.mode());
        }
        int mode = before == null ? later : mode(before.mode(), left.mode(), right.mode());
        return new DirectoryEntry(left.name(), mode, mtime, merged);
    }

    /** Of a bit that differs one side has changed it. */
    private static int mode(int base, int left, int right) {
        return (left & right) | ((left ^ right) & ~base);
    }

    /** One side has a directory, the other a file, a link or nothing. */
    private @Nullable TreeEntry directoryOrFile(
            TreePath path,
            @Nullable TreeEntry base,
            DirectoryEntry directory,
            @Nullable TreeEntry other,
            boolean directoryIsLeft,
            Origins othersOrigins,
            List<Losing> losing)
            throws IOException {
        DirectoryEntry stays = directory;
        if (base instanceof DirectoryEntry before) {
            // The other side has deleted it: what was changed or made in it stays, the rest goes.
            if (directory.ref().equals(before.ref())) {
                return other;
            }
            DirectoryRef left = directory(
                    path,
                    before.ref(),
                    directoryIsLeft ? directory.ref() : null,
                    directoryIsLeft ? null : directory.ref());
            if (trees.iterate(left).next() == null) {
                return other;
            }
            stays = new DirectoryEntry(directory.name(), directory.mode(), directory.mtime(), left);
        }
        if (other != null && !sameContent(other, base)) {
            losing.add(new Losing(other, othersOrigins));
        }
        return stays;
    }

    private TreeEntry files(@Nullable TreeEntry base, TreeEntry left, TreeEntry right, List<Losing> losing) {
        boolean leftIsLater = isLater(left, right);
        if (sameContent(left, right)) {
            return withMode(base, leftIsLater ? left : right, left, right);
        }
        if (sameContent(right, base)) {
            return withMode(base, left, left, right);
        }
        if (sameContent(left, base)) {
            return withMode(base, right, left, right);
        }
        losing.add(leftIsLater ? new Losing(right, rightOrigins) : new Losing(left, leftOrigins));
        return leftIsLater ? left : right;
    }

    private static TreeEntry withMode(@Nullable TreeEntry base, TreeEntry version, TreeEntry left, TreeEntry right) {
        if (!(version instanceof FileEntry file)
                || !(base instanceof FileEntry)
                || !(left instanceof FileEntry)
                || !(right instanceof FileEntry)) {
            return version;
        }
        return new FileEntry(file.name(), mode(base.mode(), left.mode(), right.mode()), file.mtime(), file.content());
    }

    /** Which of two keeps the name. Its clock may be wrong; what matters is that everybody decides the same. */
    private static boolean isLater(TreeEntry left, TreeEntry right) {
        int order = left.mtime().compareTo(right.mtime());
        if (order == 0) {
            order = id(left).compareTo(id(right));
        }
        if (order == 0) {
            order = Arrays.compareUnsigned(encoded(left), encoded(right));
        }
        return order >= 0;
    }

    private static ObjectId id(TreeEntry entry) {
        if (entry instanceof LinkEntry link) {
            return ObjectId.hash(link.target().bytes());
        }
        Content content = entry instanceof FileEntry file ? file.content() : Content.EMPTY;
        return content instanceof Content.SingleChunk chunk
                ? chunk.id()
                : content instanceof Content.Chunked chunked ? chunked.id() : ObjectId.hash(new byte[0]);
    }

    private static byte[] encoded(TreeEntry entry) {
        ByteWriter out = new ByteWriter();
        TreeEntry.write(entry, out);
        return out.toBytes();
    }

    // ---- copies ----

    private DirectoryRef withCopies(TreePath path, DirectoryRef merged, List<Losing> losing) throws IOException {
        TreeMap<EntryName, Optional<TreeEntry>> added = new TreeMap<>();
        for (Losing each : losing) {
            TreeEntry version = each.version;
            EntryName copy = sameCopy(merged, version);
            if (copy == null) {
                copy = place(merged, version, each.side.peerAndDate(path, version), added);
            }
            copies.add(new ConflictCopy(path.resolve(version.name()), path.resolve(copy)));
        }
        return editor.edit(merged, added);
    }

    /** A copy of the same version that an earlier merge has made, on whichever side. */
    private @Nullable EntryName sameCopy(DirectoryRef directory, TreeEntry version) throws IOException {
        byte[] prefix = CopyNames.conflictPrefix(version.name());
        if (EntryName.problem(prefix) != null) {
            return null;
        }
        DirectoryTree.Cursor cursor = trees.iterateFrom(directory, EntryName.of(prefix));
        for (int i = 0; i < COPIES_LOOKED_AT_MAX; i++) {
            TreeEntry entry = cursor.next();
            if (entry == null) {
                return null;
            }
            byte[] name = entry.name().bytes();
            if (name.length < prefix.length || !Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length)) {
                return null;
            }
            if (sameContent(entry, version)) {
                return entry.name();
            }
        }
        return null;
    }

    private EntryName place(
            DirectoryRef directory,
            TreeEntry version,
            String peerAndDate,
            SortedMap<EntryName, Optional<TreeEntry>> added)
            throws IOException {
        for (int number = 1; ; number++) {
            EntryName name = CopyNames.conflict(version.name(), peerAndDate, number);
            Optional<TreeEntry> taken = added.get(name);
            TreeEntry there = taken != null ? taken.orElse(null) : trees.lookup(directory, name);
            if (there == null) {
                added.put(name, Optional.of(renamed(version, name)));
                return name;
            }
            if (sameContent(there, version)) {
                return name;
            }
        }
    }

    private static TreeEntry renamed(TreeEntry entry, EntryName name) {
        if (entry instanceof FileEntry file) {
            return new FileEntry(name, file.mode(), file.mtime(), file.content());
        }
        if (entry instanceof LinkEntry link) {
            return new LinkEntry(name, link.mode(), link.mtime(), link.target());
        }
        throw new IllegalArgumentException("a directory is never a copy");
    }
}
