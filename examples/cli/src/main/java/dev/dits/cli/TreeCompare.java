package dev.dits.cli;

import dev.dits.object.Escaper;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares two trees entry by entry, independently of all that made them equal: names, kinds, content byte by byte, permissions,
 * modification times to the nanosecond, link targets. The tops themselves are not compared, nor what is not shared.
 *
 * <p>Not safe for several threads.
 */
final class TreeCompare {
    /** Differences that are kept; the rest is counted. */
    static final int LISTED_MAX = 20;

    /**
     * What was found.
     *
     * @param files regular files that both sides have
     * @param directories directories that both sides have
     * @param links links that both sides have
     * @param bytes bytes of those files
     * @param differences in words, the first {@link #LISTED_MAX}
     * @param differenceCount how many there are
     */
    record Report(
            long files, long directories, long links, long bytes, List<String> differences, long differenceCount) {
        boolean same() {
            return differenceCount == 0;
        }
    }

    private final Set<String> leftOut;
    private final List<String> differences = new ArrayList<>();
    private long differenceCount;
    private long files;
    private long directories;
    private long links;
    private long bytes;

    private TreeCompare(Set<String> leftOut) {
        this.leftOut = leftOut;
    }

    /**
     * Compares.
     *
     * @param left one top directory
     * @param right the other
     * @param leftOut names that are left out at the top of either
     * @return what was found
     * @throws IOException if something cannot be read
     */
    static Report compare(Path left, Path right, Set<String> leftOut) throws IOException {
        TreeCompare compare = new TreeCompare(leftOut);
        compare.children(left, right, Path.of(""));
        return new Report(
                compare.files,
                compare.directories,
                compare.links,
                compare.bytes,
                List.copyOf(compare.differences),
                compare.differenceCount);
    }

    private void children(Path left, Path right, Path below) throws IOException {
        Set<String> here = names(left);
        Set<String> there = names(right);
        if (below.toString().isEmpty()) {
            here.removeAll(leftOut);
            there.removeAll(leftOut);
        }
        Set<String> all = new TreeSet<>(here);
        all.addAll(there);
        for (String name : all) {
            Path path = below.resolve(name);
            if (!here.contains(name)) {
                differ(path, "is only on the right");
            } else if (!there.contains(name)) {
                differ(path, "is only on the left");
            } else {
                entry(left.resolve(name), right.resolve(name), path);
            }
        }
    }

    private static Set<String> names(Path directory) throws IOException {
        Set<String> names = new TreeSet<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            for (Path path : stream) {
                names.add(String.valueOf(path.getFileName()));
            }
        }
        return names;
    }

    private void entry(Path left, Path right, Path path) throws IOException {
        BasicFileAttributes here = attributes(left);
        BasicFileAttributes there = attributes(right);
        String kind = kind(here);
        if (!kind.equals(kind(there))) {
            differ(path, "is a " + kind + " on the left and a " + kind(there) + " on the right");
            return;
        }
        if (here.isSymbolicLink()) {
            links++;
            String target = Files.readSymbolicLink(left).toString();
            String other = Files.readSymbolicLink(right).toString();
            if (!target.equals(other)) {
                differ(path, "points to " + target + " on the left and to " + other + " on the right");
            }
            // A link's own mode means nothing, and few systems can set its time.
            return;
        }
        if (here instanceof PosixFileAttributes mine && there instanceof PosixFileAttributes other) {
            if (!mine.permissions().equals(other.permissions())) {
                differ(
                        path,
                        "has mode " + PosixFilePermissions.toString(mine.permissions()) + " on the left and "
                                + PosixFilePermissions.toString(other.permissions()) + " on the right");
            }
        }
        if (!here.lastModifiedTime().equals(there.lastModifiedTime())) {
            differ(
                    path,
                    "is of " + here.lastModifiedTime() + " on the left and of " + there.lastModifiedTime()
                            + " on the right");
        }
        if (here.isDirectory()) {
            directories++;
            children(left, right, path);
            return;
        }
        files++;
        bytes += here.size();
        if (here.size() != there.size()) {
            differ(path, "has " + here.size() + " bytes on the left and " + there.size() + " on the right");
            return;
        }
        long mismatch = Files.mismatch(left, right);
        if (mismatch >= 0) {
            differ(path, "differs from byte " + mismatch + " on");
        }
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
        try {
            return Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (UnsupportedOperationException e) {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            throw new IOException("the tree changed while it was compared: " + path + " is gone", e);
        }
    }

    private static String kind(BasicFileAttributes attributes) {
        return attributes.isSymbolicLink()
                ? "link"
                : attributes.isDirectory() ? "directory" : attributes.isRegularFile() ? "file" : "special file";
    }

    private void differ(Path path, String how) {
        differenceCount++;
        if (differences.size() < LISTED_MAX) {
            differences.add(Escaper.escape(path.toString()) + " " + Escaper.escape(how));
        }
    }
}
