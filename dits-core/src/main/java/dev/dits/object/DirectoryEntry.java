package dev.dits.object;

/**
 * A directory.
 *
 * @param name its name in its directory
 * @param mode permission bits, 0 to 0777 (octal)
 * @param mtime when it was last modified
 * @param ref what is in it
 */
public record DirectoryEntry(EntryName name, int mode, Mtime mtime, DirectoryRef ref) implements TreeEntry {
    /**
     * Checks the mode.
     *
     * @throws IllegalArgumentException if it has more than permission bits
     */
    public DirectoryEntry {
        ObjectLimits.checkMode(mode);
    }

    @Override
    public long bytes() {
        return ref.bytes();
    }

    @Override
    public long files() {
        return ref.files();
    }
}
