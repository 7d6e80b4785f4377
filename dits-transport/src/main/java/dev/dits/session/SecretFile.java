package dev.dits.session;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Disk;
import dev.dits.disk.Role;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** Small files that hold keys: readable by their owner alone from the first byte on, and replaced in one step. */
final class SecretFile {
    /** Longest such file; a longer one is not ours. */
    static final int BYTES_MAX = 8 << 20;

    private SecretFile() {}

    /** Reads a file, or returns null if there is none. */
    static byte @Nullable [] read(Path file) throws IOException {
        try {
            if (Files.size(file) > BYTES_MAX) {
                throw new IOException(file + " is larger than anything dits writes there");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Reads the first bytes of a file, as many as there are; null if there is no file. */
    static byte @Nullable [] readHead(Path file, int bytes) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(bytes);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Makes the directory of a file, for its owner alone, if it is missing. */
    static Path makeDirectory(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException(file + " is no place for a file");
        }
        if (!Files.isDirectory(directory)) {
            Disk.system().makeDirectoriesDurably(Role.SECRET, directory, attributes(isPosix(directory), "rwx------"));
        }
        return directory;
    }

    private static boolean isPosix(Path directory) throws IOException {
        return Files.getFileStore(existing(directory)).supportsFileAttributeView("posix");
    }

    /**
     * Replaces a file durably. The caller holds the lock of its directory, so what has the name of its temporary file was left by a killed process: keys are not to lie
     * around.
     */
    static void write(Disk disk, Path file, byte[] bytes) throws IOException {
        Path directory = makeDirectory(file);
        Path temporary = directory.resolve("." + file.getFileName() + ".new");
        boolean unused = disk.delete(Role.SECRET, temporary);
        AtomicFile.write(
                disk,
                Role.SECRET,
                directory.resolve(String.valueOf(file.getFileName())),
                temporary,
                bytes,
                attributes(isPosix(directory), "rw-------"));
    }

    private static Path existing(Path directory) {
        Path path = directory;
        while (!Files.exists(path) && path.getParent() != null) {
            path = path.getParent();
        }
        return path;
    }

    private static FileAttribute<?>[] attributes(boolean posix, String permissions) {
        return posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }
}
