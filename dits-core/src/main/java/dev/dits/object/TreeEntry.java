package dev.dits.object;

import dev.dits.error.CorruptObjectException;

/** One entry of a directory ({@code docs/format.md}, section 3.3). Immutable. */
public sealed interface TreeEntry permits FileEntry, LinkEntry, DirectoryEntry {
    /**
     * Returns the entry's name.
     *
     * @return the name, in its directory
     */
    EntryName name();

    /**
     * Returns the entry's permission bits.
     *
     * @return 0 to 0777 (octal)
     */
    int mode();

    /**
     * Returns when the entry was last modified.
     *
     * @return the time
     */
    Mtime mtime();

    /**
     * Returns what the entry adds to its directory's {@code bytes}.
     *
     * @return 0 to 2^62
     */
    long bytes();

    /**
     * Returns what the entry adds to its directory's {@code files}.
     *
     * @return 1 for a file or link, what is below for a directory
     */
    long files();

    /**
     * Reads an entry.
     *
     * @param in where it starts
     * @return the entry
     * @throws CorruptObjectException if it breaks the format
     */
    static TreeEntry read(ByteReader in) throws CorruptObjectException {
        int type = in.u8();
        int mode = (int) in.varint(0, ObjectLimits.MODE_MAX, "a mode");
        Mtime mtime = Mtime.read(in);
        byte[] bytes = in.bytes(1, ObjectLimits.NAME_BYTES_MAX, "a name's length");
        try {
            EntryName name = EntryName.ofOwned(bytes);
            return switch (type) {
                case 1 -> new FileEntry(name, mode, mtime, Content.read(in));
                case 2 ->
                    new LinkEntry(
                            name,
                            mode,
                            mtime,
                            LinkTarget.ofOwned(in.bytes(1, ObjectLimits.LINK_BYTES_MAX, "a link's length")));
                case 3 -> new DirectoryEntry(name, mode, mtime, DirectoryRef.read(in));
                default -> throw new CorruptObjectException("an entry has the type " + type);
            };
        } catch (IllegalArgumentException e) {
            throw new CorruptObjectException("an entry breaks the format: " + e.getMessage(), e);
        }
    }

    /**
     * Writes an entry.
     *
     * @param entry the entry
     * @param out where it goes
     */
    static void write(TreeEntry entry, ByteWriter out) {
        out.u8(entry instanceof FileEntry ? 1 : entry instanceof LinkEntry ? 2 : 3)
                .varint(entry.mode());
        entry.mtime().writeTo(out);
        entry.name().writeTo(out);
        if (entry instanceof FileEntry file) {
            Content.write(file.content(), out);
        } else if (entry instanceof LinkEntry link) {
            link.target().writeTo(out);
        } else if (entry instanceof DirectoryEntry directory) {
            directory.ref().writeTo(out);
        }
    }
}
