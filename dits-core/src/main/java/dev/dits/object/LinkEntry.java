package dev.dits.object;

/**
 * A symbolic link.
 *
 * @param name its name in its directory
 * @param mode permission bits, 0 to 0777 (octal)
 * @param mtime when it was last modified
 * @param target what it points at
 */
public record LinkEntry(EntryName name, int mode, Mtime mtime, LinkTarget target) implements TreeEntry {
    /**
     * Checks the mode.
     *
     * @throws IllegalArgumentException if it has more than permission bits
     */
    public LinkEntry {
        ObjectLimits.checkMode(mode);
    }

    @Override
    public long bytes() {
        return 0;
    }

    @Override
    public long files() {
        return 1;
    }
}
