package dev.dits.repo;

import dev.dits.error.DitsException;
import dev.dits.error.FileAccessException;
import dev.dits.object.Content;
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
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Walks a working tree and the tree that it was written from side by side, in the order of names.
 *
 * <p>Not safe for use by several threads.
 */
final class WorkTreeScanner {
    static final byte[] NO_PATH = new byte[0];
    private static final byte[] GIT = {'.', 'g', 'i', 't'};
    private static final String IGNORE_FILE = ".ditsignore";

    /** Is told what the walk meets. */
    interface Handler {
        /** A directory; what is in it follows, then {@link #exit}. */
        void enter(byte[] path, @Nullable EntryName name, FileStat stat, @Nullable TreeEntry base) throws IOException;

        void exit() throws IOException;

        /** A file; {@code cached} is its content if the stat cache vouches for it. */
        void file(
                byte[] path,
                Path file,
                EntryName name,
                FileStat stat,
                @Nullable TreeEntry base,
                @Nullable Content cached)
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
    }

    /** As above, and is told of directories of which only some entries are looked at. */
    interface PartHandler extends Handler {
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

    /** The rules of a directory and of those above it. */
    private record Rules(@Nullable Rules above, IgnoreRules own, int pathStart) {}

    private final Path root;
    private final DirectoryTree trees;
    private final boolean trackGit;
    private final BaseState state;
    private final StatCache.Cursor cache;
    private final Handler handler;

    WorkTreeScanner(
            Path root,
            ObjectSource objects,
            boolean trackGit,
            BaseState state,
            StatCache.Cursor cache,
            Handler handler) {
        this.root = root;
        this.trees = new DirectoryTree(objects);
        this.trackGit = trackGit;
        this.state = state;
        this.cache = cache;
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
        handler.enter(NO_PATH, null, stat, null);
        directory(root, NO_PATH, 0, base, null, false);
        handler.exit();
    }

    /**
     * Looks at some paths, each with all below it, and at nothing else: what it costs follows what is there and how deep it lies.
     *
     * @param base the tree to compare with; null for none
     * @param only the paths; they need not be on disk or in the tree
     */
    void scan(@Nullable DirectoryRef base, Collection<TreePath> only, PartHandler part) throws IOException {
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
        part.enterPart(NO_PATH, null, stat, null);
        part(root, NO_PATH, 0, base, null, false, top, part);
        part.exitPart();
    }

    /** What is in a directory that is looked at in part; null for one that is not on disk, where nothing is looked for below another's link. */
    private void part(
            @Nullable Path directory,
            byte[] path,
            int depth,
            @Nullable DirectoryRef base,
            @Nullable Rules above,
            boolean untrackedIgnored,
            Part parts,
            PartHandler handler)
            throws IOException {
        Rules rules = directory == null ? above : rules(directory, path, above);
        for (Map.Entry<EntryName, Part> below : parts.below.entrySet()) {
            EntryName name = below.getKey();
            byte[] child = join(path, name);
            TreeEntry match = base == null ? null : trees.lookup(base, name);
            // Where the rest of a directory is walked it is left out of the list.
            boolean hidden = directory == null || (!trackGit && Arrays.equals(name.bytes(), GIT));
            if (below.getValue().whole) {
                handler.look(name);
                if (directory != null && !hidden) {
                    entry(directory, child, name, depth, match, rules, untrackedIgnored);
                } else if (match != null) {
                    missing(child, match, true);
                }
                continue;
            }
            Path file = directory == null || hidden ? null : PathNames.resolve(directory, name);
            FileStat stat = file == null ? null : FileStat.of(file);
            boolean onDisk = stat != null && stat.kind() == FileKind.DIRECTORY;
            DirectoryRef inBase = match instanceof DirectoryEntry entry ? entry.ref() : null;
            boolean ignored = untrackedIgnored || isIgnored(rules, child, name, true);
            if (inBase == null && (!onDisk || ignored)) {
                continue;
            }
            handler.enterPart(child, name, onDisk ? stat : null, match);
            part(onDisk ? file : null, child, depth + 1, inBase, rules, ignored, below.getValue(), handler);
            handler.exitPart();
        }
    }

    private void directory(
            Path directory,
            byte[] path,
            int depth,
            @Nullable DirectoryRef base,
            @Nullable Rules above,
            boolean untrackedIgnored)
            throws IOException {
        if (depth >= ObjectLimits.PATH_DEPTH_MAX) {
            throw new DitsException("directories nest deeper than " + ObjectLimits.PATH_DEPTH_MAX + " at "
                    + Escaper.escape(path) + "; move it up or ignore it");
        }
        List<EntryName> names;
        try {
            names = list(directory, path);
        } catch (FileAccessException e) {
            handler.unreadable(path, e);
            return;
        }
        Rules rules = rules(directory, path, names, above);
        DirectoryTree.Cursor cursor = base == null ? null : trees.iterate(base);
        TreeEntry next = cursor == null ? null : cursor.next();
        for (EntryName name : names) {
            while (next != null && cursor != null && next.name().compareTo(name) < 0) {
                missing(path, next);
                next = cursor.next();
            }
            TreeEntry match = null;
            if (next != null && cursor != null && next.name().equals(name)) {
                match = next;
                next = cursor.next();
            }
            entry(directory, join(path, name), name, depth, match, rules, untrackedIgnored);
        }
        while (next != null && cursor != null) {
            missing(path, next);
            next = cursor.next();
        }
    }

    private List<EntryName> list(Path directory, byte[] path) throws IOException {
        List<EntryName> names = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path child : stream) {
                byte[] bytes = PathNames.lastName(child);
                if (EntryName.problem(bytes) == null) {
                    if (trackGit || !Arrays.equals(bytes, GIT)) {
                        names.add(EntryName.of(bytes));
                    }
                } else if (bytes.length > ObjectLimits.NAME_BYTES_MAX) {
                    handler.skipped(join(path, bytes));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        } catch (AccessDeniedException e) {
            throw denied(path, e);
        } catch (NoSuchFileException | NotDirectoryException e) {
            // Removed while we walk: its entries are missing, as they are.
            return List.of();
        }
        names.sort(null);
        return names;
    }

    static FileAccessException denied(byte[] path, IOException cause) {
        return new FileAccessException(
                Escaper.escape(path),
                Escaper.escape(path) + " can not be read; change its permissions, or ignore it in .ditsignore",
                cause);
    }

    private @Nullable Rules rules(Path directory, byte[] path, List<EntryName> names, @Nullable Rules above)
            throws IOException {
        return java.util.Collections.binarySearch(names, EntryName.ofUtf8(IGNORE_FILE)) < 0
                ? above
                : rules(directory, path, above);
    }

    private @Nullable Rules rules(Path directory, byte[] path, @Nullable Rules above) throws IOException {
        EntryName ignoreFile = EntryName.ofUtf8(IGNORE_FILE);
        Path file = PathNames.resolve(directory, ignoreFile);
        FileStat stat = FileStat.of(file);
        // As with git, a link is not followed: it would let a tree read rules from anywhere.
        if (stat == null || stat.kind() != FileKind.FILE) {
            return above;
        }
        if (stat.size() > IgnoreRules.BYTES_MAX) {
            throw new DitsException(Escaper.escape(join(path, ignoreFile)) + " is larger than " + IgnoreRules.BYTES_MAX
                    + " bytes; shorten it");
        }
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return above;
        } catch (AccessDeniedException e) {
            throw denied(join(path, ignoreFile), e);
        }
        return new Rules(above, IgnoreRules.parse(bytes), path.length == 0 ? 0 : path.length + 1);
    }

    private static boolean isIgnored(@Nullable Rules rules, byte[] path, EntryName name, boolean directory) {
        for (Rules level = rules; level != null; level = level.above) {
            byte[] relative = level.pathStart == 0 ? path : Arrays.copyOfRange(path, level.pathStart, path.length);
            Boolean decided = level.own.match(relative, relative.length - name.length(), directory);
            if (decided != null) {
                return decided;
            }
        }
        return false;
    }

    private void entry(
            Path directory,
            byte[] path,
            EntryName name,
            int depth,
            @Nullable TreeEntry base,
            @Nullable Rules rules,
            boolean untrackedIgnored)
            throws IOException {
        Path file = PathNames.resolve(directory, name);
        FileStat stat = FileStat.of(file);
        if (stat == null) {
            if (base != null) {
                missing(path, base, true);
            }
            return;
        }
        if (stat.kind() == FileKind.OTHER) {
            handler.skipped(path);
            if (base != null) {
                missing(path, base, true);
            }
            return;
        }
        boolean isDirectory = stat.kind() == FileKind.DIRECTORY;
        boolean ignored = untrackedIgnored || isIgnored(rules, path, name, isDirectory);
        // What is tracked stays tracked, whatever the rules say; a tracked directory is searched for what is tracked in
        // it.
        if (ignored && (base == null || isDirectory != base instanceof DirectoryEntry)) {
            handler.ignored(path);
            if (base != null) {
                missing(path, base, true);
            }
            return;
        }
        switch (stat.kind()) {
            case DIRECTORY -> {
                handler.enter(path, name, stat, base);
                directory(
                        file,
                        path,
                        depth + 1,
                        base instanceof DirectoryEntry entry ? entry.ref() : null,
                        rules,
                        ignored);
                handler.exit();
            }
            case FILE -> handler.file(path, file, name, stat, base, cache.find(path, stat));
            case LINK -> {
                LinkTarget target = readLink(file);
                if (target != null) {
                    handler.link(path, name, stat, target, base);
                } else {
                    handler.skipped(path);
                }
            }
            case OTHER -> throw new IllegalStateException();
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

    private void missing(byte[] directory, TreeEntry base) throws IOException {
        missing(join(directory, base.name()), base, true);
    }

    private void missing(byte[] path, TreeEntry base, boolean mayBeHeld) throws IOException {
        boolean held = mayBeHeld && !state.held().isEmpty() && state.held().contains(TreePath.of(path));
        handler.missing(path, base, held);
    }

    static byte[] join(byte[] directory, EntryName name) {
        return join(directory, name.bytes());
    }

    private static byte[] join(byte[] directory, byte[] name) {
        if (directory.length == 0) {
            return name;
        }
        byte[] joined = Arrays.copyOf(directory, directory.length + 1 + name.length);
        joined[directory.length] = '/';
        System.arraycopy(name, 0, joined, directory.length + 1, name.length);
        return joined;
    }
}
