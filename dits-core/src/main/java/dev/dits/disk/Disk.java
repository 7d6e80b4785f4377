package dev.dits.disk;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.List;

/**
 * Every change that dits makes to the file system. Reading is not here: what was read is checked against its identity anyway.
 *
 * <p>There is one implementation, {@link #system()}. Tests put others over it, that stop at a given change, lose what was not synced, or fail. Each method names the
 * {@link Role} of what it changes, which the real disk ignores.
 *
 * <p>Outside are locks ({@code dev.dits.store.FileLocks}) and the two hints in mapped memory, {@code generation} and {@code recency}: they hold nothing that has to survive.
 *
 * <p>All methods throw {@link dev.dits.error.DiskFullException} where there is no room, and other {@link IOException}s as the file system gives them. Implementations are
 * safe for use by several threads.
 */
public interface Disk {
    /** A change, as the caller does it where a path alone does not do: relative to an open directory. */
    @FunctionalInterface
    interface Change {
        /**
         * Does it.
         *
         * @throws IOException if the file system fails
         */
        void run() throws IOException;
    }

    /**
     * Returns the real disk.
     *
     * @return the file system that the paths belong to
     */
    static Disk system() {
        return SystemDisk.INSTANCE;
    }

    /**
     * Makes a file, which must not exist.
     *
     * @param role what it is for
     * @param file where
     * @param attributes what it has from the beginning
     * @return the file, open for writing, closed by the caller
     * @throws java.nio.file.FileAlreadyExistsException if it exists
     * @throws IOException if the file system fails
     */
    DiskFile create(Role role, Path file, FileAttribute<?>... attributes) throws IOException;

    /**
     * Opens a file, which must exist, for writing.
     *
     * @param role what it is for
     * @param file where
     * @return the file, closed by the caller
     * @throws NoSuchFileException if there is none
     * @throws IOException if the file system fails
     */
    DiskFile open(Role role, Path file) throws IOException;

    /**
     * Moves a name in one step, replacing a file or link that has the new one.
     *
     * @param role what it is for
     * @param from the old name
     * @param to the new name
     * @param how does it
     * @throws IOException if the file system fails
     */
    void rename(Role role, Path from, Path to, Change how) throws IOException;

    /**
     * Moves a name in one step, replacing a file or link that has the new one.
     *
     * @param role what it is for
     * @param from the old name
     * @param to the new name
     * @throws IOException if the file system fails
     */
    default void rename(Role role, Path from, Path to) throws IOException {
        rename(role, from, to, () -> {
            try {
                Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
            }
        });
    }

    /**
     * Gives a file a second name.
     *
     * @param role what it is for
     * @param link the new name
     * @param existing the file
     * @throws UnsupportedOperationException if the file system has no such thing
     * @throws IOException if the file system fails
     */
    void link(Role role, Path link, Path existing) throws IOException;

    /**
     * Makes a symbolic link.
     *
     * @param role what it is for
     * @param link its name
     * @param target what it holds
     * @throws IOException if the file system fails
     */
    void symbolicLink(Role role, Path link, Path target) throws IOException;

    /**
     * Makes a directory, which must not exist.
     *
     * @param role what it is for
     * @param directory where; its parent must exist
     * @param attributes what it has from the beginning
     * @throws IOException if the file system fails
     */
    void makeDirectory(Role role, Path directory, FileAttribute<?>... attributes) throws IOException;

    /**
     * Makes a directory and those above it, where they are missing. Their names are durable only when the directories above them are synced.
     *
     * @param role what it is for
     * @param directory where
     * @param attributes what each has that is made
     * @throws IOException if the file system fails, or a file is in the way
     */
    default void makeDirectories(Role role, Path directory, FileAttribute<?>... attributes) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.toAbsolutePath().getParent();
        if (parent != null) {
            makeDirectories(role, parent, attributes);
        }
        try {
            makeDirectory(role, directory, attributes);
        } catch (java.nio.file.FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) { // or somebody else has made it meanwhile
                throw e;
            }
        }
    }

    /**
     * Makes a directory and those above it, where they are missing, and makes their names durable.
     *
     * @param role what it is for
     * @param directory where
     * @param attributes what each has that is made
     * @throws IOException if the file system fails, or a file is in the way
     */
    default void makeDirectoriesDurably(Role role, Path directory, FileAttribute<?>... attributes) throws IOException {
        List<Path> changed = new ArrayList<>();
        Path path = directory.toAbsolutePath();
        for (Path parent = path.getParent(); parent != null && !Files.isDirectory(path); parent = path.getParent()) {
            changed.add(parent);
            path = parent;
        }
        makeDirectories(role, directory, attributes);
        for (Path parent : changed) {
            try {
                syncDirectory(role, parent);
            } catch (AccessDeniedException e) {
                // Making a directory takes no right to read the one above it, syncing that one does.
            }
        }
    }

    /**
     * Deletes a file, link or empty directory.
     *
     * @param role what it is for
     * @param path which
     * @param how does it
     * @throws NoSuchFileException if it is not there
     * @throws IOException if the file system fails
     */
    void delete(Role role, Path path, Change how) throws IOException;

    /**
     * Deletes a file, link or empty directory.
     *
     * @param role what it is for
     * @param path which
     * @return whether it was there
     * @throws IOException if the file system fails
     */
    default boolean delete(Role role, Path path) throws IOException {
        try {
            delete(role, path, () -> Files.delete(path));
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /**
     * Changes permissions or times.
     *
     * @param role what it is for
     * @param path of what
     * @param how does it
     * @throws IOException if the file system fails
     */
    void attributes(Role role, Path path, Change how) throws IOException;

    /**
     * Makes a file's permissions durable.
     *
     * @param role what it is for
     * @param file which
     * @throws AccessDeniedException if it may not be read
     * @throws IOException if the file system fails
     */
    void syncAttributes(Role role, Path file) throws IOException;

    /**
     * Makes creations, renames and deletions in a directory durable, where the system can do that.
     *
     * @param role what it is for
     * @param directory which
     * @throws IOException if the file system fails
     */
    void syncDirectory(Role role, Path directory) throws IOException;
}
