package dev.dits.object;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where an entry is, seen from the top directory: 0 to 128 names. The path of no names is the top itself.
 *
 * <p>Ordered as a walk of the tree meets them: a directory before what is in it, and all of that before the directory's
 * next neighbour. (This is not the order of the bytes joined by slashes: {@code a/b} comes before {@code a-b} here.)
 *
 * <p>Immutable.
 */
public final class TreePath implements Comparable<TreePath> {
    /** The top directory. */
    public static final TreePath ROOT = new TreePath(new EntryName[0]);

    private final EntryName[] names;

    private TreePath(EntryName[] names) {
        if (names.length > ObjectLimits.PATH_DEPTH_MAX) {
            throw new IllegalArgumentException(
                    "a path has " + names.length + " names, more than " + ObjectLimits.PATH_DEPTH_MAX);
        }
        this.names = names;
    }

    /**
     * Makes a path.
     *
     * @param names from the top down
     * @return the path
     * @throws IllegalArgumentException if there are more than 128
     */
    public static TreePath of(List<EntryName> names) {
        return names.isEmpty() ? ROOT : new TreePath(names.toArray(EntryName[]::new));
    }

    /**
     * Parses names joined by slashes.
     *
     * @param path the bytes; empty for the top
     * @return the path
     * @throws IllegalArgumentException if a part is no name (so no leading, trailing or double slash), or there are more
     *     than 128
     */
    public static TreePath of(byte[] path) {
        if (path.length == 0) {
            return ROOT;
        }
        int count = 1;
        for (byte b : path) {
            if (b == '/') {
                count++;
            }
        }
        if (count > ObjectLimits.PATH_DEPTH_MAX) {
            throw new IllegalArgumentException(
                    "a path has " + count + " names, more than " + ObjectLimits.PATH_DEPTH_MAX);
        }
        EntryName[] names = new EntryName[count];
        int start = 0;
        for (int i = 0; i < count; i++) {
            int end = start;
            while (end < path.length && path[end] != '/') {
                end++;
            }
            names[i] = EntryName.ofOwned(Arrays.copyOfRange(path, start, end));
            start = end + 1;
        }
        return new TreePath(names);
    }

    /**
     * Parses names joined by slashes.
     *
     * @param path the text; empty for the top
     * @return the path
     * @throws IllegalArgumentException as {@link #of(byte[])}, or if it has no form in UTF-8
     */
    public static TreePath ofUtf8(String path) {
        if (!ByteWriter.isUnicode(path)) {
            throw new IllegalArgumentException("a path has an unpaired surrogate: " + Escaper.escape(path));
        }
        return of(path.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    /**
     * Returns the names.
     *
     * @return from the top down, unmodifiable
     */
    public List<EntryName> names() {
        return List.of(names);
    }

    /**
     * Returns how many names the path has.
     *
     * @return 0 to 128
     */
    public int depth() {
        return names.length;
    }

    /**
     * Tells whether this is the top directory.
     *
     * @return whether there are no names
     */
    public boolean isRoot() {
        return names.length == 0;
    }

    /**
     * Returns the path of an entry in this directory.
     *
     * @param name the entry's name
     * @return this path and the name
     * @throws IllegalArgumentException if that makes more than 128 names
     */
    public TreePath resolve(EntryName name) {
        EntryName[] longer = Arrays.copyOf(names, names.length + 1);
        longer[names.length] = name;
        return new TreePath(longer);
    }

    /**
     * Returns the directory that holds this entry.
     *
     * @return the path without its last name; null for the top
     */
    public @Nullable TreePath parent() {
        return names.length == 0
                ? null
                : names.length == 1 ? ROOT : new TreePath(Arrays.copyOf(names, names.length - 1));
    }

    /**
     * Returns the last name.
     *
     * @return the name of the entry itself; null for the top
     */
    public @Nullable EntryName name() {
        return names.length == 0 ? null : names[names.length - 1];
    }

    /**
     * Tells whether this path is another or lies below it.
     *
     * @param other the other
     * @return whether all names of the other are the first of this one
     */
    public boolean startsWith(TreePath other) {
        return names.length >= other.names.length
                && Arrays.equals(names, 0, other.names.length, other.names, 0, other.names.length);
    }

    /**
     * Returns the names joined by slashes.
     *
     * @return new bytes; empty for the top
     */
    public byte[] bytes() {
        ByteWriter out = new ByteWriter(names.length * 16);
        for (int i = 0; i < names.length; i++) {
            if (i > 0) {
                out.u8('/');
            }
            names[i].writeRawTo(out);
        }
        return out.toBytes();
    }

    /**
     * Returns the path for people, safe on a terminal and in a log ({@link Escaper}).
     *
     * @return the text; a dot for the top
     */
    public String display() {
        return names.length == 0 ? "." : Escaper.escape(bytes());
    }

    @Override
    public int compareTo(TreePath other) {
        return Arrays.compare(names, other.names);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TreePath path && Arrays.equals(names, path.names);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(names);
    }

    /** Same as {@link #display}. */
    @Override
    public String toString() {
        return display();
    }
}
