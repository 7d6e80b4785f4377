package dev.dits.repo;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.FileAccessException;
import dev.dits.object.DirectoryEntry;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.EntryName;
import dev.dits.object.Escaper;
import dev.dits.object.LinkTarget;
import dev.dits.object.ObjectLimits;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Walks a working tree and the tree that it was written from side by side, in the order of names. What it meets is told by the thread that walks; other threads look at
 * what it will come to next ({@link DirectoryLook}), so that those who are told need not think of threads.
 *
 * <p>Used by one thread, once.
 */
final class WorkTreeScanner {
    static final byte[] NO_PATH = new byte[0];

    /** Is told what the walk meets. */
    interface Handler {
        /** A directory; what is in it follows, then {@link #exit}. */
        void enter(byte[] path, @Nullable EntryName name, FileStat stat, @Nullable TreeEntry base) throws IOException;

        void exit() throws IOException;

        /** A file; {@code known} is what the stat cache has of it if that says beyond doubt what it contains. */
        void file(
                byte[] path,
                Path file,
                EntryName name,
                FileStat stat,
                @Nullable TreeEntry base,
                @Nullable StatEntry known)
                throws IOException;

        void link(byte[] path, EntryName name, FileStat stat, LinkTarget target, @Nullable TreeEntry base)
                throws IOException;

        /** Something in the tree that is not on disk; {@code held} if it was never written there. */
        void missing(byte[] path, TreeEntry base, boolean held) throws IOException;

        /** Something that the rules leave out. */
        void ignored(byte[] path);

        /** Something that can not be stored: a socket, pipe or device, or a name too long. */
        void skipped(byte[] path);

        /** A directory that can not be listed; where this returns, what is in it is passed over. */
        default void unreadable(byte[] path, FileAccessException failure) throws IOException {
            throw failure;
        }

        /**
         * Something that is not selected; all of a directory at once.
         *
         * @param base what the commit has there, and keeps; null for nothing
         * @param onDisk whether there is something, which no commit gets
         */
        void unselected(byte[] path, @Nullable TreeEntry base, boolean onDisk) throws IOException;

        /**
         * A directory that holds something that is looked at; what is in it follows, then {@link #exitPart}. All else in it is as in the
         * base.
         *
         * @param stat null if it is not on disk, or no directory there
         */
        void enterPart(byte[] path, @Nullable EntryName name, @Nullable FileStat stat, @Nullable TreeEntry base)
                throws IOException;

        /** An entry that is looked at; what it is follows, if it is anything. */
        void look(EntryName name) throws IOException;

        void exitPart() throws IOException;
    }

    /** Paths to look at, as a tree. */
    private static final class Part {
        final NavigableMap<EntryName, Part> below = new TreeMap<>();
        boolean whole;

        void add(TreePath path) {
            Part part = this;
            for (EntryName name : path.names()) {
                part = part.below.computeIfAbsent(name, unused -> new Part());
            }
            part.whole = true;
        }
    }

    /** Pieces of directories that are looked at ahead of the walk; with what they hold some 5 MiB. */
    private static final int AHEAD_MAX = 64;

    private record Seen(DirectoryLook.Listing listing, int to, List<DirectoryLook.Found> found) {}

    /** A piece of a directory, which another thread may look at before the walk comes to it. */
    private final class Piece {
        private final Callable<Seen> look;
        /** Null before it is begun, and when it was got: an executor that comes to it late is not to keep what it found. */
        private volatile @Nullable FutureTask<Seen> task;

        Piece(Callable<Seen> look) {
            this.look = look;
        }

        void begin() {
            FutureTask<Seen> begun = new FutureTask<>(() -> {
                if (givenUp) {
                    throw new IOException("given up");
                }
                return look.call();
            });
            task = begun;
            ahead.add(this);
            executor.execute(this::run);
        }

        private void run() {
            FutureTask<Seen> begun = task;
            if (begun != null) {
                begun.run();
            }
        }

        Seen get() throws IOException {
            FutureTask<Seen> begun = task;
            if (begun == null) {
                begun = new FutureTask<>(look);
            }
            ahead.remove(this);
            task = null;
            begun.run(); // which does nothing where another thread was first
            return OrderedPipeline.get(begun);
        }

        /** Comes to an end, whatever it is. */
        void settle() {
            FutureTask<Seen> begun = task;
            if (begun != null) {
                begun.run();
                OrderedPipeline.settle(begun);
            }
        }
    }

    /** What the walk needs next at one level: the directories in a piece, then the piece behind it. */
    private static final class Level {
        final List<Piece> pieces = new ArrayList<>();
        int begun;
        int taken;

        Piece take() {
            Piece piece = pieces.get(taken++);
            begun = Math.max(begun, taken);
            return piece;
        }
    }

    private final Path root;
    private final DirectoryTree trees;
    private final DirectoryLook look;
    private final StatCache.Cursor known;
    private final Executor executor;
    private final Scope selected;
    private final Handler handler;
    private final Deque<Level> levels = new ArrayDeque<>();
    private final Set<Piece> ahead = new LinkedHashSet<>();
    private volatile boolean givenUp;

    /**
     * Prepares for one walk.
     *
     * @param executor runs what looks ahead; what it does not come to in time is done by who walks
     */
    WorkTreeScanner(
            Path root,
            ObjectSource objects,
            boolean trackGit,
            BaseState state,
            StatCache.Reader cache,
            Executor executor,
            Handler handler) {
        this.root = root;
        this.selected = state.selection().scope();
        this.trees = new DirectoryTree(objects);
        this.look = new DirectoryLook(objects, trackGit, state, cache);
        this.known = cache.cursor();
        this.executor = executor;
        this.handler = handler;
    }

    /**
     * Walks.
     *
     * @param base the tree to compare with; null for none
     */
    void scan(@Nullable DirectoryRef base) throws IOException {
        FileStat stat = FileStat.of(root);
        if (stat == null) {
            throw new NoSuchFileException(root.toString());
        }
        if (selected == Scope.Whole.ALL) {
            handler.enter(NO_PATH, null, stat, null);
            walk(directory(root, NO_PATH, 0, base, null, false));
            handler.exit();
        } else {
            handler.enterPart(NO_PATH, null, stat, null);
            selectedPart(root, NO_PATH, 0, base, null, false, selected);
            handler.exitPart();
        }
    }

    /**
     * Looks at some paths, each with all below it, and at nothing else: what it costs follows what is there and how deep it lies.
     *
     * @param base the tree to compare with; null for none
     * @param only the paths; they need not be on disk or in the tree, and what is not selected is passed over
     */
    void scan(@Nullable DirectoryRef base, Collection<TreePath> only) throws IOException {
        Part top = new Part();
        only.forEach(top::add);
        if (top.whole) {
            scan(base);
            return;
        }
        FileStat stat = FileStat.of(root);
        if (stat == null) {
            throw new NoSuchFileException(root.toString());
        }
        handler.enterPart(NO_PATH, null, stat, null);
        part(root, NO_PATH, 0, base, null, false, top, selected);
        handler.exitPart();
    }

    /** What is in a directory that is looked at in part; null for one that is not on disk, where nothing is looked for below another's link. */
    private void part(
            @Nullable Path directory,
            byte[] path,
            int depth,
            @Nullable DirectoryRef base,
            DirectoryLook.@Nullable Rules above,
            boolean untrackedIgnored,
            Part parts,
            Scope scope)
            throws IOException {
        DirectoryLook.Rules rules = directory == null ? above : look.rules(directory, path, above);
        for (Map.Entry<EntryName, Part> below : parts.below.entrySet()) {
            EntryName name = below.getKey();
            byte[] child = DirectoryLook.join(path, name);
            TreeEntry match = base == null ? null : trees.lookup(base, name);
            // Where the rest of a directory is walked it is left out of the list.
            boolean hidden = directory == null || look.isHidden(name);
            if (below.getValue().whole) {
                if (scope != Scope.Whole.ALL) {
                    selectedEntry(hidden ? null : directory, path, name, depth, match, rules, untrackedIgnored, scope);
                    continue;
                }
                handler.look(name);
                if (directory != null && !hidden) {
                    found(directory, child, name, depth, match, rules, untrackedIgnored);
                } else if (match != null) {
                    gone(child, match);
                }
                continue;
            }
            Scope inner = scope.child(child, name.length(), true);
            if (inner == Scope.Whole.NONE) {
                continue;
            }
            Path file = directory == null || hidden ? null : PathNames.resolve(directory, name);
            FileStat stat = file == null ? null : FileStat.of(file);
            boolean onDisk = stat != null && stat.kind() == FileKind.DIRECTORY;
            DirectoryRef inBase = match instanceof DirectoryEntry entry ? entry.ref() : null;
            boolean ignored = untrackedIgnored || DirectoryLook.isIgnored(rules, child, name, true);
            if (inBase == null && (!onDisk || ignored)) {
                continue;
            }
            handler.enterPart(child, name, onDisk ? stat : null, match);
            part(onDisk ? file : null, child, depth + 1, inBase, rules, ignored, below.getValue(), inner);
            handler.exitPart();
        }
    }

    /** What is in a directory of which a part is selected; null for one that is not on disk. All else in it is as in the base. */
    private void selectedPart(
            @Nullable Path directory,
            byte[] path,
            int depth,
            @Nullable DirectoryRef base,
            DirectoryLook.@Nullable Rules above,
            boolean untrackedIgnored,
            Scope scope)
            throws IOException {
        if (depth >= ObjectLimits.PATH_DEPTH_MAX) {
            throw new CorruptObjectException(
                    "directories nest deeper than " + ObjectLimits.PATH_DEPTH_MAX + " at " + Escaper.escape(path));
        }
        List<EntryName> names = List.of();
        DirectoryLook.Rules rules = above;
        if (directory != null) {
            DirectoryLook.Listing listing = look.list(directory, path, depth, base, above, untrackedIgnored);
            FileAccessException failure = listing.failure();
            if (failure != null) {
                handler.unreadable(path, failure);
                return;
            }
            listing.tooLong().forEach(handler::skipped);
            names = listing.names();
            rules = listing.rules();
        }
        DirectoryTree.Cursor cursor = base == null ? null : trees.iterate(base);
        TreeEntry next = cursor == null ? null : cursor.next();
        for (EntryName name : names) {
            while (next != null && cursor != null && next.name().compareTo(name) < 0) {
                selectedEntry(null, path, next.name(), depth, next, rules, untrackedIgnored, scope);
                next = cursor.next();
            }
            TreeEntry match = null;
            if (next != null && cursor != null && next.name().equals(name)) {
                match = next;
                next = cursor.next();
            }
            selectedEntry(directory, path, name, depth, match, rules, untrackedIgnored, scope);
        }
        while (next != null && cursor != null) {
            selectedEntry(null, path, next.name(), depth, next, rules, untrackedIgnored, scope);
            next = cursor.next();
        }
    }

    /**
     * An entry of a directory of which a part is selected. Where a file stands in the place of a directory, or the other way round, the rules are asked about both; what would take
     * the place of something that is not selected is not looked at.
     *
     * @param directory null if it is not on disk
     */
    private void selectedEntry(
            @Nullable Path directory,
            byte[] parent,
            EntryName name,
            int depth,
            @Nullable TreeEntry base,
            DirectoryLook.@Nullable Rules rules,
            boolean untrackedIgnored,
            Scope scope)
            throws IOException {
        byte[] path = DirectoryLook.join(parent, name);
        Path file = directory == null ? null : PathNames.resolve(directory, name);
        FileStat stat = file == null ? null : FileStat.of(file);
        boolean onDisk = stat != null;
        boolean isDirectory = stat != null && stat.kind() == FileKind.DIRECTORY;
        boolean wasDirectory = base instanceof DirectoryEntry;
        Scope now = stat == null ? Scope.Whole.NONE : scope.child(path, name.length(), isDirectory);
        Scope was = base == null ? Scope.Whole.NONE : scope.child(path, name.length(), wasDirectory);
        boolean ignored = untrackedIgnored || DirectoryLook.isIgnored(rules, path, name, isDirectory);
        if (onDisk && now == Scope.Whole.NONE && (base == null || was == Scope.Whole.NONE)) {
            if (ignored && base == null) {
                handler.ignored(path);
            } else {
                // Where the commit has a directory, it may be what is left of it: only what is in it tells.
                handler.unselected(path, base, !(isDirectory && isEmpty(file)));
            }
            return;
        }
        if (base != null && was == Scope.Whole.NONE) {
            handler.unselected(path, base, onDisk);
            return;
        }
        boolean partWas = was != Scope.Whole.ALL && was != Scope.Whole.NONE;
        boolean partNow = now != Scope.Whole.ALL && now != Scope.Whole.NONE;
        if (partWas || (partNow && (base == null || !wasDirectory))) {
            boolean goIn = isDirectory && now != Scope.Whole.NONE && !(ignored && base == null);
            if (partWas && onDisk && !isDirectory) {
                // What is not selected of the directory stays in the commit, so nothing else can have its name.
                handler.unselected(path, null, true);
            } else if (ignored && base == null) {
                handler.ignored(path);
                return;
            }
            if (!partWas && base != null) {
                handler.look(name);
                gone(path, base);
            }
            handler.enterPart(path, name, goIn ? stat : null, base);
            selectedPart(
                    goIn ? file : null,
                    path,
                    depth + 1,
                    base instanceof DirectoryEntry entry ? entry.ref() : null,
                    rules,
                    ignored,
                    partWas ? was : now);
            handler.exitPart();
            return;
        }
        handler.look(name);
        if (stat == null || directory == null || now == Scope.Whole.NONE) {
            if (onDisk) {
                handler.unselected(path, null, true);
            }
            if (base != null) {
                gone(path, base);
            }
            return;
        }
        found(directory, path, name, depth, base, rules, untrackedIgnored);
    }

    private void gone(byte[] path, TreeEntry base) throws IOException {
        List<DirectoryLook.Found> found = new ArrayList<>(1);
        look.missing(path, base, found);
        tell(found.get(0));
    }

    /** One entry with all that is in it. */
    private void found(
            Path directory,
            byte[] path,
            EntryName name,
            int depth,
            @Nullable TreeEntry base,
            DirectoryLook.@Nullable Rules rules,
            boolean untrackedIgnored)
            throws IOException {
        List<DirectoryLook.Found> found = new ArrayList<>(2);
        look.entry(directory, path, name, base, rules, untrackedIgnored, known, found);
        for (DirectoryLook.Found each : found) {
            if (each.kind() == DirectoryLook.Kind.DIRECTORY) {
                directory(each, directory(each, depth, rules));
            } else {
                tell(each);
            }
        }
    }

    private static boolean isEmpty(@Nullable Path directory) throws IOException {
        if (directory == null) {
            return true;
        }
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            return !stream.iterator().hasNext();
        } catch (NoSuchFileException | NotDirectoryException e) {
            return true;
        } catch (AccessDeniedException e) {
            return false; // nobody can tell
        }
    }

    private Piece directory(
            Path directory,
            byte[] path,
            int depth,
            @Nullable DirectoryRef base,
            DirectoryLook.@Nullable Rules above,
            boolean untrackedIgnored) {
        return new Piece(() -> see(look.list(directory, path, depth, base, above, untrackedIgnored), 0));
    }

    private Piece directory(DirectoryLook.Found found, int depth, DirectoryLook.@Nullable Rules rules) {
        return directory(
                Objects.requireNonNull(found.file()),
                found.path(),
                depth + 1,
                found.base() instanceof DirectoryEntry entry ? entry.ref() : null,
                rules,
                found.ignored());
    }

    private Seen see(DirectoryLook.Listing listing, int from) throws IOException {
        List<DirectoryLook.Found> found = look.look(listing, from);
        return new Seen(listing, Math.min(listing.names().size(), from + DirectoryLook.PIECE_ENTRIES), found);
    }

    /** Tells all of a directory, from its first piece on. */
    private void walk(Piece first) throws IOException {
        boolean outermost = levels.isEmpty();
        try {
            Piece piece = first;
            while (piece != null) {
                Seen seen = piece.get();
                DirectoryLook.Listing listing = seen.listing;
                if (listing.failure() != null) {
                    handler.unreadable(listing.path(), listing.failure());
                    return;
                }
                Level level = new Level();
                for (DirectoryLook.Found found : seen.found) {
                    if (found.kind() == DirectoryLook.Kind.DIRECTORY) {
                        level.pieces.add(directory(found, listing.depth(), listing.rules()));
                    }
                }
                boolean last = seen.to == listing.names().size();
                if (!last) {
                    level.pieces.add(new Piece(() -> see(listing, seen.to)));
                }
                levels.addLast(level);
                lookAhead();
                for (DirectoryLook.Found found : seen.found) {
                    if (found.kind() == DirectoryLook.Kind.DIRECTORY) {
                        directory(found, level.take());
                        lookAhead();
                    } else {
                        tell(found);
                    }
                }
                piece = last ? null : level.take();
                levels.removeLast();
            }
        } finally {
            if (outermost) {
                givenUp = !ahead.isEmpty();
                ahead.forEach(Piece::settle);
            }
        }
    }

    /** Has the pieces looked at that are needed next, those of the innermost directory first. */
    private void lookAhead() {
        for (Iterator<Level> inwards = levels.descendingIterator(); inwards.hasNext(); ) {
            Level level = inwards.next();
            while (level.begun < level.pieces.size()) {
                if (ahead.size() >= AHEAD_MAX) {
                    return;
                }
                level.pieces.get(level.begun++).begin();
            }
        }
    }

    private void directory(DirectoryLook.Found found, Piece piece) throws IOException {
        handler.enter(found.path(), found.name(), Objects.requireNonNull(found.stat()), found.base());
        walk(piece);
        handler.exit();
    }

    private void tell(DirectoryLook.Found found) throws IOException {
        switch (found.kind()) {
            case FILE ->
                handler.file(
                        found.path(),
                        Objects.requireNonNull(found.file()),
                        Objects.requireNonNull(found.name()),
                        Objects.requireNonNull(found.stat()),
                        found.base(),
                        found.known());
            case LINK ->
                handler.link(
                        found.path(),
                        Objects.requireNonNull(found.name()),
                        Objects.requireNonNull(found.stat()),
                        Objects.requireNonNull(found.target()),
                        found.base());
            case MISSING -> handler.missing(found.path(), Objects.requireNonNull(found.base()), false);
            case HELD -> handler.missing(found.path(), Objects.requireNonNull(found.base()), true);
            case IGNORED -> handler.ignored(found.path());
            case SKIPPED -> handler.skipped(found.path());
            case DIRECTORY -> throw new IllegalStateException("a directory is walked, not told");
        }
    }

    static @Nullable LinkTarget readLink(Path link) throws IOException {
        try {
            byte[] target = PathNames.bytes(Files.readSymbolicLink(link));
            return target.length == 0 || target.length > ObjectLimits.LINK_BYTES_MAX ? null : LinkTarget.of(target);
        } catch (NoSuchFileException | NotLinkException e) {
            return null;
        }
    }
}
