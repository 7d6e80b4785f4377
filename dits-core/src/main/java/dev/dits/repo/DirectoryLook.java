package dev.dits.repo;

import dev.dits.error.DitsException;
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
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a directory of the working tree beside the one that it was written from, a piece at a time: lists it, stats what is in it, and asks the stat cache. Nothing
 * is told to anybody here, so that threads may look ahead of a walk.
 *
 * <p>Safe for use by several threads.
 */
final class DirectoryLook {
    /** Entries that are looked at at once. */
    static final int PIECE_ENTRIES = 256;

    private static final byte[] GIT = {'.', 'g', 'i', 't'};
    static final EntryName IGNORE_FILE = EntryName.ofUtf8(".ditsignore");

    /** What a walk can meet; see {@link WorkTreeScanner.Handler}. */
    enum Kind {
        DIRECTORY,
        FILE,
        LINK,
        MISSING,
        HELD,
        IGNORED,
        SKIPPED
    }

    /**
     * Something that a walk meets.
     *
     * @param file where it is; null for what is missing or skipped
     * @param stat as {@code file}
     * @param base the entry of its name in the tree that is compared with
     * @param known what the stat cache vouches for, of a file
     * @param target of a link
     * @param ignored of a directory, whether the rules leave it out, so that only what is tracked in it counts
     */
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    record Found(
            Kind kind,
            byte[] path,
            @Nullable EntryName name,
            @Nullable Path file,
            @Nullable FileStat stat,
            @Nullable TreeEntry base,
            @Nullable StatEntry known,
            @Nullable LinkTarget target,
            boolean ignored) {
        static Found missing(byte[] path, TreeEntry base, boolean held) {
            return new Found(held ? Kind.HELD : Kind.MISSING, path, base.name(), null, null, base, null, null, false);
        }

        static Found skipped(byte[] path) {
            return new Found(Kind.SKIPPED, path, null, null, null, null, null, null, false);
        }
    }

    /** The rules of a directory and of those above it. */
    record Rules(@Nullable Rules above, IgnoreRules own, int pathStart) {}

    /**
     * A directory that was listed.
     *
     * @param names sorted
     * @param ignored whether only what is tracked counts
     * @param failure why it could not be listed
     */
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    record Listing(
            Path directory,
            byte[] path,
            int depth,
            @Nullable DirectoryRef base,
            @Nullable Rules rules,
            boolean ignored,
            List<EntryName> names,
            List<byte[]> tooLong,
            @Nullable FileAccessException failure) {}

    private final DirectoryTree trees;
    private final boolean trackGit;
    private final BaseState state;
    private final StatCache.Reader cache;

    DirectoryLook(ObjectSource objects, boolean trackGit, BaseState state, StatCache.Reader cache) {
        this.trees = new DirectoryTree(objects);
        this.trackGit = trackGit;
        this.state = state;
        this.cache = cache;
    }

    /** Whether an entry is left out of lists. */
    boolean isHidden(EntryName name) {
        return !trackGit && name.length() == GIT.length && Arrays.equals(name.bytes(), GIT);
    }

    /** Lists a directory; one that was removed meanwhile is empty, as it is. */
    Listing list(
            Path directory, byte[] path, int depth, @Nullable DirectoryRef base, @Nullable Rules above, boolean ignored)
            throws IOException {
        if (depth >= ObjectLimits.PATH_DEPTH_MAX) {
            throw new DitsException("directories nest deeper than " + ObjectLimits.PATH_DEPTH_MAX + " at "
                    + Escaper.escape(path) + "; move it up or ignore it");
        }
        List<EntryName> names = new ArrayList<>();
        List<byte[]> tooLong = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path child : stream) {
                byte[] bytes = PathNames.lastName(child);
                if (EntryName.problem(bytes) == null) {
                    EntryName name = EntryName.of(bytes);
                    if (!isHidden(name)) {
                        names.add(name);
                    }
                } else if (bytes.length > ObjectLimits.NAME_BYTES_MAX) {
                    tooLong.add(join(path, bytes));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        } catch (AccessDeniedException e) {
            return new Listing(directory, path, depth, base, above, ignored, List.of(), List.of(), denied(path, e));
        } catch (NoSuchFileException | NotDirectoryException e) {
            // Removed while we walk: its entries are missing, as they are.
            names.clear();
            tooLong.clear();
        }
        names.sort(null);
        Rules rules = Collections.binarySearch(names, IGNORE_FILE) < 0 ? above : rules(directory, path, above);
        return new Listing(directory, path, depth, base, rules, ignored, names, tooLong, null);
    }

    /** Looks at up to {@link #PIECE_ENTRIES} entries of a directory, in the order of names. */
    List<Found> look(Listing listing, int from) throws IOException {
        if (listing.failure != null) {
            return List.of();
        }
        List<EntryName> names = listing.names;
        int to = Math.min(names.size(), from + PIECE_ENTRIES);
        List<Found> found = new ArrayList<>(to - from + 2);
        if (from == 0) {
            listing.tooLong.forEach(path -> found.add(Found.skipped(path)));
        }
        DirectoryRef base = listing.base;
        DirectoryTree.Cursor tree =
                base == null ? null : from == 0 ? trees.iterate(base) : trees.iterateFrom(base, names.get(from));
        TreeEntry next = tree == null ? null : tree.next();
        StatCache.Cursor known = cache.cursor();
        for (EntryName name : names.subList(from, to)) {
            while (tree != null && next != null && next.name().compareTo(name) < 0) {
                missing(join(listing.path, next.name()), next, found);
                next = tree.next();
            }
            TreeEntry match = null;
            if (tree != null && next != null && next.name().equals(name)) {
                match = next;
                next = tree.next();
            }
            entry(
                    listing.directory,
                    join(listing.path, name),
                    name,
                    match,
                    listing.rules,
                    listing.ignored,
                    known,
                    found);
        }
        while (tree != null
                && next != null
                && (to == names.size() || next.name().compareTo(names.get(to)) < 0)) {
            missing(join(listing.path, next.name()), next, found);
            next = tree.next();
        }
        return found;
    }

    /** Looks at one entry. */
    void entry(
            Path directory,
            byte[] path,
            EntryName name,
            @Nullable TreeEntry base,
            @Nullable Rules rules,
            boolean untrackedIgnored,
            StatCache.Cursor known,
            List<Found> into)
            throws IOException {
        Path file = PathNames.resolve(directory, name);
        FileStat stat = FileStat.of(file);
        boolean isDirectory = stat != null && stat.kind() == FileKind.DIRECTORY;
        boolean ignored = false;
        LinkTarget target = null;
        boolean there = stat != null;
        if (stat != null && stat.kind() == FileKind.OTHER) {
            into.add(Found.skipped(path));
            there = false;
        } else if (stat != null) {
            ignored = untrackedIgnored || isIgnored(rules, path, name, isDirectory);
            // What is tracked stays tracked, whatever the rules say; a tracked directory is searched for what is
            // tracked
            // in it.
            if (ignored && (base == null || isDirectory != base instanceof DirectoryEntry)) {
                into.add(new Found(Kind.IGNORED, path, name, null, null, null, null, null, true));
                there = false;
            } else if (stat.kind() == FileKind.LINK) {
                target = WorkTreeScanner.readLink(file);
                if (target == null) {
                    into.add(Found.skipped(path));
                    there = false;
                }
            }
        }
        if (stat == null || !there) {
            if (base != null) {
                missing(path, base, into);
            }
            return;
        }
        boolean isFile = stat.kind() == FileKind.FILE;
        into.add(new Found(
                isDirectory ? Kind.DIRECTORY : isFile ? Kind.FILE : Kind.LINK,
                path,
                name,
                file,
                stat,
                base,
                isFile ? known.vouched(path, stat) : null,
                target,
                ignored));
    }

    /** Something of the base that is not on disk; held if it was never written there. */
    void missing(byte[] path, TreeEntry base, List<Found> into) {
        boolean held = !state.held().isEmpty() && state.held().contains(TreePath.of(path));
        into.add(Found.missing(path, base, held));
    }

    @Nullable
    Rules rules(Path directory, byte[] path, @Nullable Rules above) throws IOException {
        Path file = PathNames.resolve(directory, IGNORE_FILE);
        FileStat stat = FileStat.of(file);
        // As with git, a link is not followed: it would let a tree read rules from anywhere.
        if (stat == null || stat.kind() != FileKind.FILE) {
            return above;
        }
        if (stat.size() > IgnoreRules.BYTES_MAX) {
            throw new DitsException(Escaper.escape(join(path, IGNORE_FILE)) + " is larger than " + IgnoreRules.BYTES_MAX
                    + " bytes; shorten it");
        }
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return above;
        } catch (AccessDeniedException e) {
            throw denied(join(path, IGNORE_FILE), e);
        }
        return new Rules(above, IgnoreRules.parse(bytes), path.length == 0 ? 0 : path.length + 1);
    }

    static boolean isIgnored(@Nullable Rules rules, byte[] path, EntryName name, boolean directory) {
        for (Rules level = rules; level != null; level = level.above) {
            byte[] relative = level.pathStart == 0 ? path : Arrays.copyOfRange(path, level.pathStart, path.length);
            Boolean decided = level.own.match(relative, relative.length - name.length(), directory);
            if (decided != null) {
                return decided;
            }
        }
        return false;
    }

    static FileAccessException denied(byte[] path, IOException cause) {
        return new FileAccessException(
                Escaper.escape(path),
                Escaper.escape(path) + " can not be read; change its permissions, or ignore it in .ditsignore",
                cause);
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
