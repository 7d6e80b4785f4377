package dev.dits.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Copies a tree with its modes, times and links, up to a bound; and deletes one. */
final class TreeCopy extends SimpleFileVisitor<Path> {
    private static final Set<String> LEFT_OUT = Set.of(".dits", ".git");

    private final Path from;
    private final Path to;
    private final long bytesMax;
    private final long filesMax;
    private long bytes;
    private long files;

    private TreeCopy(Path from, Path to, long filesMax, long bytesMax) {
        this.from = from;
        this.to = to;
        this.filesMax = filesMax;
        this.bytesMax = bytesMax;
    }

    /**
     * What was copied.
     *
     * @param files files and links
     * @param bytes their bytes
     */
    record Copied(long files, long bytes) {
        Copied plus(Copied other) {
            return new Copied(files + other.files, bytes + other.bytes);
        }
    }

    /**
     * Copies. What cannot be read is passed over: the copy is a sample, not a backup.
     *
     * @param from a directory
     * @param to made
     * @param filesMax how many files and links at most
     * @param bytesMax how many bytes at most; a file that would pass it is passed over
     * @return what was copied
     * @throws IOException if the copy cannot be written
     */
    static Copied copy(Path from, Path to, long filesMax, long bytesMax) throws IOException {
        TreeCopy copy = new TreeCopy(from.toRealPath(), to, filesMax, bytesMax);
        Files.walkFileTree(copy.from, copy);
        return new Copied(copy.files, copy.bytes);
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
        if ((LEFT_OUT.contains(String.valueOf(directory.getFileName())) && !directory.equals(from))
                || directory.equals(to)
                || !Files.isReadable(directory)) {
            return FileVisitResult.SKIP_SUBTREE;
        }
        if (files >= filesMax) {
            return FileVisitResult.TERMINATE;
        }
        Files.createDirectories(target(directory));
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
        boolean link = attributes.isSymbolicLink();
        if (!link && (!attributes.isRegularFile() || !Files.isReadable(file) || attributes.size() > bytesMax - bytes)) {
            return FileVisitResult.CONTINUE;
        }
        if (files >= filesMax) {
            return FileVisitResult.TERMINATE;
        }
        Path made = target(file);
        Files.copy(file, made, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
        if (!link) {
            // The copy itself keeps microseconds only.
            Files.setLastModifiedTime(made, attributes.lastModifiedTime());
        }
        files++;
        bytes += link ? 0 : attributes.size();
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
        return FileVisitResult.CONTINUE;
    }

    /** Times and modes go on last: writing into the directory would change the one and may need the other. */
    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
        if (e != null) {
            throw e;
        }
        if (!directory.equals(from)) {
            Path made = target(directory);
            if (Files.getFileStore(made).supportsFileAttributeView("posix")) {
                Files.setPosixFilePermissions(made, Files.getPosixFilePermissions(directory));
            }
            Files.setLastModifiedTime(made, Files.getLastModifiedTime(directory));
        }
        return FileVisitResult.CONTINUE;
    }

    private Path target(Path source) {
        return to.resolve(from.relativize(source).toString());
    }

    /** Deletes a tree, never following a link. Directories without write permission are made writable first. */
    static void delete(Path root) throws IOException {
        if (Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
            root.toFile().setWritable(true, true);
            root.toFile().setExecutable(true, true);
            root.toFile().setReadable(true, true);
            try (DirectoryStream<Path> children = Files.newDirectoryStream(root)) {
                for (Path child : children) {
                    delete(child);
                }
            }
        }
        Files.deleteIfExists(root);
    }
}
