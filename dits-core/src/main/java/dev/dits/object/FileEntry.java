package dev.dits.object;

/**
 * A regular file.
 *
 * @param name its name in its directory
 * @param mode permission bits, 0 to 0777 (octal)
 * @param mtime when it was last modified
 * @param content what is in it
 */
public record FileEntry(EntryName name, int mode, Mtime mtime, Content content) implements TreeEntry {
    /**
     * Checks the mode.
     *
     * @throws IllegalArgumentException if it has more than permission bits
     */
    public FileEntry {
        ObjectLimits.checkMode(mode);
    }

    @Override
    public long bytes() {
        return content.size();
    }

    @Override
    public long files() {
        return 1;
    }
}
