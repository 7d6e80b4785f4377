package dev.dits.repo;

import dev.dits.disk.Disk;
import dev.dits.disk.Role;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.store.FileLocks;
import dev.dits.store.LockWait;
import dev.dits.store.PackStore;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;

/**
 * Makes {@code .dits}. Its {@code config} comes last: without one it is no repository, and making it again goes on where a killed attempt ended. Made in place rather than
 * beside and renamed, so that nothing is ever left in the working tree that a commit would take in.
 */
final class NewRepository {
    private static final List<String> DIRECTORIES =
            List.of("refs", "refs/heads", "refs/tags", "refs/remotes", "packs", "tmp", "keep");
    private static final int ID_BYTES = 16;

    private NewRepository() {}

    @SuppressWarnings("try") // the lock is held, not used
    static void make(Path root, RepositoryOptions options) throws IOException {
        Disk disk = options.store().disk();
        Path dits = root.resolve(Repository.DIRECTORY);
        if (Files.exists(dits) && !Files.isDirectory(dits)) {
            throw new DitsException(dits + " is in the way; move it elsewhere and try again");
        }
        disk.makeDirectories(Role.LAYOUT, dits);
        Path config = dits.resolve("config");
        try (FileLocks.Held held =
                FileLocks.lock(dits.resolve("config.lock"), false, LockWait.upTo(options.lockTimeout()))) {
            if (Files.exists(config)) {
                throw new DitsException(root + " is a repository already; open it");
            }
            refuseHistory(dits);
            for (String name : DIRECTORIES) {
                disk.makeDirectories(Role.LAYOUT, dits.resolve(name));
            }
            disk.syncDirectory(Role.LAYOUT, dits.resolve("refs"));
            // What opening makes there, before there is a repository that could not be opened for want of room.
            PackStore.open(dits.resolve("packs"), options.store()).close();
            Scratch scratch = new Scratch(disk, dits.resolve("tmp"));
            Leftovers.sweepAll(scratch);
            new Refs(dits, scratch, options.lockTimeout())
                    .writeHead(new Refs.Head(RefName.branch(options.branch()), null));
            byte[] id = new byte[ID_BYTES];
            new SecureRandom().nextBytes(id);
            scratch.replace(
                    Role.CONFIG, config, RepositoryConfig.create(id, options).encode());
            disk.syncDirectory(Role.LAYOUT, root);
        }
    }

    /** A killed attempt has neither references nor packs; what has them is a repository that lost its configuration. */
    private static void refuseHistory(Path dits) throws IOException {
        for (String name : List.of("refs/heads", "refs/tags", "refs/remotes", "packs")) {
            if (!isEmpty(dits.resolve(name), name.equals("packs") ? "*.{pack,run}" : "*")) {
                throw new CorruptObjectException(
                        dits + " holds a history but no config; restore that file from a backup");
            }
        }
    }

    private static boolean isEmpty(Path directory, String of) throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, of)) {
            return !stream.iterator().hasNext();
        } catch (NoSuchFileException e) {
            return true;
        }
    }
}
