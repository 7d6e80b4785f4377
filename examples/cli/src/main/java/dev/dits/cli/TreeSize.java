package dev.dits.cli;

import dev.dits.repo.Repository;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Adds up a tree beside the commit of it, so that the time left can be told. A commit looks at the same files with its own rules: this
 * is an estimate, too high by what {@code .ditsignore} leaves out.
 */
final class TreeSize implements AutoCloseable {
    private final Thread walker;
    private volatile boolean stopped;
    private volatile long bytes;

    private TreeSize(Path root) {
        walker = new Thread(() -> walk(root), "dits-tree-size");
        walker.setDaemon(true);
    }

    static TreeSize start(Path root) {
        TreeSize size = new TreeSize(root);
        size.walker.start();
        return size;
    }

    private void walk(Path root) {
        long[] sum = new long[1];
        try {
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    String name = String.valueOf(directory.getFileName());
                    return !directory.equals(root) && (name.equals(Repository.DIRECTORY) || name.equals(".git"))
                            ? FileVisitResult.SKIP_SUBTREE
                            : next();
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (attributes.isRegularFile()) {
                        sum[0] += attributes.size();
                    }
                    return next();
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException e) {
                    return next();
                }

                @Override
                public FileVisitResult postVisitDirectory(
                        Path directory, java.io.@org.jspecify.annotations.Nullable IOException e) {
                    return next();
                }

                private FileVisitResult next() {
                    return stopped ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            // The commit itself will say what is wrong with the tree; without a total there is just no time left to
            // show.
            return;
        }
        if (!stopped) {
            bytes = sum[0];
        }
    }

    /** Bytes of all files; 0 until known. */
    long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        stopped = true;
    }
}
