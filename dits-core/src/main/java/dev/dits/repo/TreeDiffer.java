package dev.dits.repo;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.object.Content;
import dev.dits.object.DirectoryDiff;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.EntryName;
import dev.dits.object.Escaper;
import dev.dits.object.FileEntry;
import dev.dits.object.FileTree;
import dev.dits.object.LinkEntry;
import dev.dits.object.LinkTarget;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectLimits;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreeBudget;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Decides what has to happen on disk for a working tree to go from one commit to another: what is there is compared with what
 * the old commit says, and nothing that is in no commit is ever handed to {@link Actions} for replacement.
 *
 * <p>Where a checkout was interrupted, the disk may hold a third tree's entries as well; those count as known.
 *
 * <p>Not safe for use by several threads.
 */
final class TreeDiffer {
    /** Hashes of files that the stat cache does not vouch for, kept from the first pass for the second. */
    private static final int REMEMBERED_MAX = 50_000;

    /** What has to happen, in the order of a walk. */
    interface Actions {
        /** Go into a directory; {@code seen} is null if it has to be made first. */
        void enter(byte[] path, EntryName name, @Nullable FileStat seen) throws IOException;

        /** Leave a directory that stays, and give it what the entry says. */
        void exit(byte[] path, DirectoryEntry entry) throws IOException;

        /** Leave a directory of which only a part was looked at; for itself it stays as it was. */
        void leave(byte[] path, EntryName name) throws IOException;

        /** Leave a directory and delete it if it is empty now. */
        void exitAndDelete(byte[] path, EntryName name) throws IOException;

        /** Delete a file or link. */
        void delete(byte[] path, EntryName name, FileStat seen) throws IOException;

        /** Write a file or link; {@code seen} is what it replaces. */
        void write(byte[] path, TreeEntry entry, @Nullable FileStat seen) throws IOException;

        /** Write a file or link over something that is in no commit that is known; only where that was asked for. */
        void replace(byte[] path, TreeEntry entry, FileStat seen) throws IOException;

        /** Take away something that is in no commit that is known; only where that was asked for. */
        void remove(byte[] path, EntryName name, FileStat seen) throws IOException;

        /** The content is right; give it permissions and time. */
        void adjust(byte[] path, TreeEntry entry, FileStat seen) throws IOException;

        /**
         * What is on disk under a name that differs from an entry's in a way this file system does not tell apart, by case or
         * normalisation, gets the entry's own. Comes behind what was done to it.
         */
        void respell(byte[] path, EntryName name) throws IOException;

        /** An entry that is not written. */
        void refuse(byte[] path, String reason) throws IOException;

        /**
         * What is on disk is in no commit that is known, and in the way.
         *
         * @param target what was to be there; null for nothing
         * @return whether to go on with a directory as if nothing were in its way
         */
        boolean conflict(byte[] path, @Nullable TreeEntry target) throws IOException;
    }

    private record Remembered(FileStat stat, ObjectId sha256) {}

    /** An entry of which only the spelling of its name changes, as it was before. */
    private record Spelled(
            EntryName name,
            @Nullable TreeEntry old,
            @Nullable TreeEntry interrupted) {}

    private final Path root;
    private final ObjectSource objects;
    private final DirectoryTree trees;
    private final FileTree fileTrees;
    private final ContentReader reader;
    private final NameRules rules;
    private final LinkPolicy links;
    private final NavigableSet<TreePath> heldBefore;
    private final boolean modesCount;
    /** Sorted, not hashed: names are a peer's, and those whose hashes are equal are easily made. */
    private final Map<ByteBuffer, Remembered> remembered = new TreeMap<>();

    private NavigableSet<TreePath> held = new TreeSet<>();
    private boolean resuming;

    /** Whether the directory that is looked at is not there yet: a path below it may lead somewhere all the same, through a link that is to make room for it. */
    private boolean absent;

    private @Nullable PathSet selection;
    private TreeBudget budget = new TreeBudget();

    TreeDiffer(
            Path root,
            ObjectSource objects,
            ContentReader reader,
            NameRules rules,
            LinkPolicy links,
            NavigableSet<TreePath> heldBefore) {
        this.root = root;
        this.objects = objects;
        this.trees = new DirectoryTree(objects);
        this.fileTrees = new FileTree(objects);
        this.reader = reader;
        this.rules = rules;
        this.links = links;
        this.heldBefore = heldBefore;
        this.modesCount = root.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    /**
     * Makes the disk hold what the target does, whatever is there, and looks at a part of it only. What no commit has goes to {@link Actions#replace} and
     * {@link Actions#remove}.
     */
    TreeDiffer overwriting(PathSet part) {
        selection = part;
        return this;
    }

    /** Entries of the new tree that are not on disk after the walk. */
    NavigableSet<TreePath> held() {
        return held;
    }

    /**
     * Walks.
     *
     * @param old what the disk held before; null for nothing
     * @param interrupted what an interrupted checkout was writing; null for none
     * @param target what the disk is to hold; null for nothing
     */
    void walk(
            @Nullable DirectoryRef old,
            @Nullable DirectoryRef interrupted,
            @Nullable DirectoryRef target,
            StatCache.Cursor cache,
            Actions actions)
            throws IOException {
        held = new TreeSet<>(heldBefore);
        budget = new TreeBudget();
        absent = false;
        // Where everything is overwritten, the old tree says nothing about what the disk lacks or where it is right.
        resuming = interrupted != null || selection != null;
        directory(new byte[0], root, 0, old, interrupted, target, cache, actions);
        checkHeld(held.size());
    }

    /** Refused before anything is written: the first walk, which only looks for conflicts, comes to the same number. */
    static void checkHeld(int count) throws DitsException {
        if (count > BaseState.HELD_MAX) {
            throw new DitsException(
                    "more than " + BaseState.HELD_MAX
                            + " entries of the commit can not be written on this system; check it out on another, or ask whoever made it for other names");
        }
    }

    private static final class Side {
        private final DirectoryTree.@Nullable Cursor cursor;
        private @Nullable TreeEntry next;

        Side(DirectoryTree trees, @Nullable DirectoryRef ref) throws IOException {
            cursor = ref == null ? null : trees.iterate(ref);
            advance();
        }

        void advance() throws IOException {
            next = cursor == null ? null : cursor.next();
        }

        /** The entry of that name, if it is the next. */
        @Nullable
        TreeEntry take(EntryName name) throws IOException {
            TreeEntry entry = next;
            if (entry == null || !entry.name().equals(name)) {
                return null;
            }
            advance();
            return entry;
        }
    }

    private static @Nullable EntryName first(Side... sides) {
        EntryName first = null;
        for (Side side : sides) {
            TreeEntry next = side.next;
            if (next != null && (first == null || next.name().compareTo(first) < 0)) {
                first = next.name();
            }
        }
        return first;
    }

    private void directory(
            byte[] path,
            Path directory,
            int depth,
            @Nullable DirectoryRef oldRef,
            @Nullable DirectoryRef interruptedRef,
            @Nullable DirectoryRef newRef,
            StatCache.Cursor cache,
            Actions actions)
            throws IOException {
        budget.directory();
        if (!resuming && !rules.folds()) {
            differing(path, directory, depth, oldRef, newRef, cache, actions);
            return;
        }
        Side old = new Side(trees, oldRef);
        Side interrupted = new Side(trees, interruptedRef);
        Side target = new Side(trees, newRef);
        Set<String> folded = rules.folds() ? new HashSet<>() : Set.of();
        Map<String, Spelled> respelled = rules.folds() ? respelled(path, oldRef, interruptedRef, newRef) : Map.of();
        for (EntryName name = first(old, interrupted, target); name != null; name = first(old, interrupted, target)) {
            TreeEntry o = old.take(name);
            TreeEntry t = interrupted.take(name);
            TreeEntry n = target.take(name);
            budget.entry();
            refuseDepth(path, depth);
            boolean twin = n != null && rules.folds() && !folded.add(rules.fold(name));
            if (n != null && n.equals(o) && (!resuming || n.equals(t))) {
                continue;
            }
            Spelled before = respelled.isEmpty() ? null : respelled.get(rules.fold(name));
            if (before != null && n == null && before.name.equals(name)) {
                continue; // looked at under its new name
            }
            boolean respells = before != null && n != null && o == null && !twin;
            if (before != null && respells) {
                o = before.old;
                t = t == null ? before.interrupted : t;
            }
            byte[] child = DirectoryLook.join(path, name);
            PathSet part = selection;
            PathSet.Match match = part == null ? PathSet.Match.INSIDE : part.match(TreePath.of(child));
            if (match == PathSet.Match.INSIDE) {
                entry(child, directory, name, depth, o, t, n, twin, cache, actions);
                if (respells && !held.contains(TreePath.of(child))) {
                    actions.respell(child, name);
                }
            } else if (match == PathSet.Match.ABOVE) {
                above(child, directory, name, depth, o, n, twin, cache, actions);
            }
        }
    }

    /**
     * Finds entries of a directory of which the target has but another spelling: to the file system they are one, and what stands there
     * is neither in the way of the new one nor to be deleted for the old one. By the folded name.
     */
    private Map<String, Spelled> respelled(
            byte[] path,
            @Nullable DirectoryRef oldRef,
            @Nullable DirectoryRef interruptedRef,
            @Nullable DirectoryRef newRef)
            throws IOException {
        if (newRef == null || (oldRef == null && interruptedRef == null)) {
            return Map.of();
        }
        Set<EntryName> names = new TreeSet<>();
        Set<String> wanted = new TreeSet<>();
        Side target = new Side(trees, newRef);
        Side old = new Side(trees, oldRef);
        for (EntryName name = first(target, old); name != null; name = first(target, old)) {
            boolean had = old.take(name) != null;
            if (target.take(name) != null) {
                names.add(name);
                if (!had) {
                    wanted.add(rules.fold(name));
                }
            }
        }
        if (wanted.isEmpty()) {
            return Map.of();
        }
        Map<String, Spelled> found = new TreeMap<>();
        old = new Side(trees, oldRef);
        Side interrupted = new Side(trees, interruptedRef);
        for (EntryName name = first(old, interrupted); name != null; name = first(old, interrupted)) {
            TreeEntry o = old.take(name);
            TreeEntry t = interrupted.take(name);
            String fold = rules.fold(name);
            if (!names.contains(name)
                    && wanted.contains(fold)
                    && !heldBefore.contains(TreePath.of(DirectoryLook.join(path, name)))) {
                found.putIfAbsent(fold, new Spelled(name, o, t));
            }
        }
        return found;
    }

    /** Where equal entries mean nothing to do and names can not meet, nodes that both trees have are not read. */
    private void differing(
            byte[] path,
            Path directory,
            int depth,
            @Nullable DirectoryRef oldRef,
            @Nullable DirectoryRef newRef,
            StatCache.Cursor cache,
            Actions actions)
            throws IOException {
        DirectoryDiff entries = new DirectoryDiff(objects, oldRef, newRef, budget);
        for (DirectoryDiff.Change change = entries.next(); change != null; change = entries.next()) {
            refuseDepth(path, depth);
            EntryName name = change.name();
            byte[] child = DirectoryLook.join(path, name);
            entry(child, directory, name, depth, change.before(), null, change.after(), false, cache, actions);
        }
    }

    private static void refuseDepth(byte[] path, int depth) throws CorruptObjectException {
        if (depth == ObjectLimits.PATH_DEPTH_MAX) {
            // A walk that passes over what it has met does not see each way to a directory.
            throw new CorruptObjectException(
                    "directories nest deeper than " + ObjectLimits.PATH_DEPTH_MAX + " at " + Escaper.escape(path));
        }
    }

    /** A directory that is not selected, and holds something that is. */
    private void above(
            byte[] path,
            Path parent,
            EntryName name,
            int depth,
            @Nullable TreeEntry old,
            @Nullable TreeEntry target,
            boolean twin,
            StatCache.Cursor cache,
            Actions actions)
            throws IOException {
        if (target instanceof DirectoryEntry entry) {
            String refusal = refusal(entry, depth, twin);
            if (refusal != null) {
                actions.refuse(path, refusal);
                return;
            }
        }
        Path directory = PathNames.resolve(parent, name);
        FileStat disk = absent ? null : FileStat.of(directory);
        if (disk == null) {
            if (target instanceof DirectoryEntry entry) {
                actions.enter(path, name, null);
                boolean absentAbove = absent;
                absent = true;
                directory(path, directory, depth + 1, ref(old), null, entry.ref(), cache, actions);
                absent = absentAbove;
                actions.exit(path, entry);
            }
        } else if (disk.kind() == FileKind.DIRECTORY) {
            actions.enter(path, name, disk);
            directory(path, directory, depth + 1, ref(old), null, ref(target), cache, actions);
            actions.leave(path, name);
        } else {
            boolean unused = actions.conflict(path, null);
        }
    }

    private @Nullable String refusal(TreeEntry entry, int depth, boolean twin) {
        String problem = rules.problem(entry.name());
        if (problem != null) {
            return problem;
        }
        if (twin) {
            return "another entry has the same name on this file system";
        }
        if (entry instanceof LinkEntry link) {
            if (links == LinkPolicy.SKIP) {
                return "links are not written here";
            }
            if (links == LinkPolicy.INSIDE_ONLY && !Links.staysInside(link.target(), depth)) {
                return "the link may lead out of the directory";
            }
        }
        return null;
    }

    private void entry(
            byte[] path,
            Path directory,
            EntryName name,
            int depth,
            @Nullable TreeEntry oldEntry,
            @Nullable TreeEntry interrupted,
            @Nullable TreeEntry targetEntry,
            boolean twin,
            StatCache.Cursor cache,
            Actions actions)
            throws IOException {
        TreePath treePath = TreePath.of(path);
        TreeEntry old = heldBefore.contains(treePath) ? null : oldEntry;
        held.remove(treePath);
        TreeEntry target = targetEntry;
        String refusal = target == null ? null : refusal(target, depth, twin);
        Path file = null;
        FileStat disk = null;
        try {
            file = PathNames.resolve(directory, name);
            FileStat found = FileStat.of(file);
            disk = absent ? null : found;
        } catch (InvalidPathException e) {
            refusal = "the file system can not hold the name";
        } catch (FileSystemException e) {
            if (e.getReason() == null || !e.getReason().contains("too long")) {
                throw e;
            }
            refusal = "the path is too long";
        }
        if (target != null && refusal != null) {
            held.add(treePath);
            actions.refuse(path, refusal);
            target = null;
            if (twin) {
                // What is on disk under this name is the twin's.
                return;
            }
        }
        if (file == null) {
            return;
        }
        if (target instanceof DirectoryEntry entry) {
            toDirectory(path, file, name, depth, old, interrupted, entry, disk, cache, actions);
        } else if (target != null) {
            toFile(path, file, name, depth, old, interrupted, target, disk, cache, actions);
        } else if (disk != null) {
            toNothing(path, file, name, depth, old, interrupted, disk, cache, actions);
        }
    }

    private void toDirectory(
            byte[] path,
            Path file,
            EntryName name,
            int depth,
            @Nullable TreeEntry old,
            @Nullable TreeEntry interrupted,
            DirectoryEntry target,
            @Nullable FileStat disk,
            StatCache.Cursor cache,
            Actions actions)
            throws IOException {
        FileStat seen = disk;
        if (disk == null) {
            if (old instanceof DirectoryEntry entry && !resuming) {
                // Deleted here; in conflict only if something in it is to change.
                if (entry.ref().equals(target.ref()) || !actions.conflict(path, target)) {
                    return;
                }
            }
        } else if (disk.kind() != FileKind.DIRECTORY) {
            if (matches(path, file, disk, old, cache) || matches(path, file, disk, interrupted, cache)) {
                actions.delete(path, name, disk);
            } else if (selection != null) {
                actions.remove(path, name, disk);
            } else if (!actions.conflict(path, target)) {
                return;
            }
            seen = null;
        }
        actions.enter(path, name, seen);
        boolean absentAbove = absent;
        absent = seen == null;
        directory(path, file, depth + 1, ref(old), ref(interrupted), target.ref(), cache, actions);
        absent = absentAbove;
        actions.exit(path, target);
    }

    private static @Nullable DirectoryRef ref(@Nullable TreeEntry entry) {
        return entry instanceof DirectoryEntry directory ? directory.ref() : null;
    }

    private void toFile(
            byte[] path,
            Path file,
            EntryName name,
            int depth,
            @Nullable TreeEntry old,
            @Nullable TreeEntry interrupted,
            TreeEntry target,
            @Nullable FileStat disk,
            StatCache.Cursor cache,
            Actions actions)
            throws IOException {
        boolean contentChanges = !TreeMerge.sameContent(old, target);
        if (disk == null) {
            if (old == null || resuming) {
                actions.write(path, target, null);
            } else if (contentChanges) {
                boolean unused = actions.conflict(path, target);
            }
            return;
        }
        if (disk.kind() == FileKind.DIRECTORY) {
            boolean known = ref(old) != null || ref(interrupted) != null;
            if (selection != null && !(known && isAsCommitted(path, file, ref(old)))) {
                actions.remove(path, name, disk);
                actions.write(path, target, null);
                return;
            }
            if (!known || holdsUnknown(file, ref(old), ref(interrupted))) {
                boolean unused = actions.conflict(path, target);
                return;
            }
            actions.enter(path, name, disk);
            directory(path, file, depth + 1, ref(old), ref(interrupted), null, cache, actions);
            actions.exitAndDelete(path, name);
            actions.write(path, target, null);
            return;
        }
        Content content = disk.kind() == FileKind.FILE ? cache.find(path, disk) : null;
        if (matchesContent(path, file, disk, target, content)) {
            actions.adjust(path, target, disk);
        } else if (matches(path, file, disk, old, content) || matches(path, file, disk, interrupted, content)) {
            actions.write(path, target, disk);
        } else if (selection != null) {
            // Where only the permissions are in no commit, the bytes are.
            if (old != null && matchesContent(path, file, disk, old, content)) {
                actions.write(path, target, disk);
            } else {
                actions.replace(path, target, disk);
            }
        } else if (contentChanges) {
            boolean unused = actions.conflict(path, target);
        }
    }

    private void toNothing(
            byte[] path,
            Path file,
            EntryName name,
            int depth,
            @Nullable TreeEntry old,
            @Nullable TreeEntry interrupted,
            FileStat disk,
            StatCache.Cursor cache,
            Actions actions)
            throws IOException {
        if (old == null && interrupted == null) {
            return;
        }
        if (disk.kind() == FileKind.DIRECTORY) {
            if (ref(old) == null && ref(interrupted) == null) {
                if (selection == null) {
                    boolean unused = actions.conflict(path, null);
                }
                return;
            }
            actions.enter(path, name, disk);
            directory(path, file, depth + 1, ref(old), ref(interrupted), null, cache, actions);
            actions.exitAndDelete(path, name);
        } else {
            Content content = disk.kind() == FileKind.FILE ? cache.find(path, disk) : null;
            if (matches(path, file, disk, old, content) || matches(path, file, disk, interrupted, content)) {
                actions.delete(path, name, disk);
            } else if (selection != null) {
                actions.remove(path, name, disk);
            } else {
                boolean unused = actions.conflict(path, null);
            }
        }
    }

    /** Whether all in a directory is what a commit has, so that deleting it loses nothing. */
    private boolean isAsCommitted(byte[] path, Path directory, @Nullable DirectoryRef ref) throws IOException {
        if (ref == null) {
            return false;
        }
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path child : stream) {
                EntryName name = PathNames.entryName(child);
                TreeEntry entry = name == null ? null : trees.lookup(ref, name);
                FileStat stat = FileStat.of(child);
                if (entry == null || stat == null) {
                    return false;
                }
                byte[] below = DirectoryLook.join(path, entry.name());
                boolean same = stat.kind() == FileKind.DIRECTORY
                        ? isAsCommitted(below, child, ref(entry))
                        : matches(below, child, stat, entry, (Content) null);
                if (!same) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Whether a directory that is to make room for a file has anything in it that no commit has. */
    private boolean holdsUnknown(Path directory, @Nullable DirectoryRef a, @Nullable DirectoryRef b)
            throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path child : stream) {
                EntryName name = PathNames.entryName(child);
                TreeEntry inA = a == null || name == null ? null : trees.lookup(a, name);
                TreeEntry inB = b == null || name == null ? null : trees.lookup(b, name);
                if (inA == null && inB == null) {
                    return true;
                }
                FileStat stat = FileStat.of(child);
                if (stat != null && stat.kind() == FileKind.DIRECTORY && holdsUnknown(child, ref(inA), ref(inB))) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean matches(byte[] path, Path file, FileStat disk, @Nullable TreeEntry entry, StatCache.Cursor cache)
            throws IOException {
        return matches(path, file, disk, entry, disk.kind() == FileKind.FILE ? cache.find(path, disk) : null);
    }

    /** Whether what is on disk is what an entry says, so that replacing it loses nothing. */
    private boolean matches(byte[] path, Path file, FileStat disk, @Nullable TreeEntry entry, @Nullable Content cached)
            throws IOException {
        if (entry == null || (entry instanceof FileEntry && modesCount && entry.mode() != disk.mode())) {
            return false;
        }
        return matchesContent(path, file, disk, entry, cached);
    }

    private boolean matchesContent(byte[] path, Path file, FileStat disk, TreeEntry entry, @Nullable Content cached)
            throws IOException {
        if (entry instanceof LinkEntry link) {
            LinkTarget target = disk.kind() == FileKind.LINK ? WorkTreeScanner.readLink(file) : null;
            return target != null && Links.same(link.target(), target);
        }
        if (!(entry instanceof FileEntry expected) || disk.kind() != FileKind.FILE) {
            return false;
        }
        if (cached != null) {
            return cached.equals(expected.content());
        }
        if (disk.size() != expected.content().size()) {
            return false;
        }
        if (disk.size() == 0) {
            return true;
        }
        ByteBuffer key = ByteBuffer.wrap(path);
        Remembered known = remembered.get(key);
        if (known == null || !known.stat.sameContent(disk)) {
            ContentReader.Hashed hashed = reader.hash(path, file, disk);
            if (hashed == null || !hashed.stat().sameContent(disk)) {
                return false;
            }
            known = new Remembered(disk, hashed.sha256());
            if (remembered.size() < REMEMBERED_MAX) {
                remembered.put(key, known);
            }
        }
        return known.sha256.equals(fileTrees.sha256(expected.content()));
    }
}
