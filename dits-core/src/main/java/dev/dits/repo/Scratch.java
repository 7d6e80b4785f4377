package dev.dits.repo;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Disk;
import dev.dits.disk.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** The directory for a repository's temporary files, {@code .dits/tmp}, and the disk they are on. */
final class Scratch {
    private final Disk disk;
    private final Path directory;

    Scratch(Disk disk, Path directory) {
        this.disk = disk;
        this.directory = directory;
    }

    Disk disk() {
        return disk;
    }

    Path directory() {
        return directory;
    }

    /** Makes the directory where somebody has deleted it. */
    void ensure() throws IOException {
        disk.makeDirectories(Role.LAYOUT, directory);
    }

    /** A name that nobody else has; the prefix says what it is and so whose lock it is made under. */
    Path name(String prefix) {
        return AtomicFile.temporary(directory, prefix);
    }

    /** Replaces a small file as a whole and durably. */
    void replace(Role role, Path file, byte[] bytes) throws IOException {
        ensure();
        AtomicFile.write(disk, role, file, name(role.name().toLowerCase(Locale.ROOT)), bytes);
    }
}
