package dev.dits.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Files that hold secrets, or tell what somebody does: their owner's alone from the first byte on. */
final class OwnerFile {
    private OwnerFile() {}

    /** Replaces a file in one step: whoever waits for it never reads half of it. */
    static void write(Path file, String text) throws IOException {
        Path absolute = file.toAbsolutePath();
        Path directory = absolute.getParent();
        if (directory == null || Files.isDirectory(absolute)) {
            throw new Usage(Context.show(file) + " is a directory; name a file");
        }
        Path temporary = Files.createTempFile(directory, ".dits-", null, attributes(directory, "rw-------"));
        try {
            Files.write(temporary, text.getBytes(StandardCharsets.UTF_8));
            Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Makes an empty file with a name of its own. */
    static Path create(Path directory, String prefix, String suffix) throws IOException {
        if (!Files.isDirectory(directory)) {
            Path parent = directory.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            Files.createDirectory(directory, attributes(parent == null ? directory : parent, "rwx------"));
        }
        return Files.createTempFile(directory, prefix, suffix, attributes(directory, "rw-------"));
    }

    private static FileAttribute<?>[] attributes(Path where, String permissions) throws IOException {
        return Files.getFileStore(where).supportsFileAttributeView("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }
}
