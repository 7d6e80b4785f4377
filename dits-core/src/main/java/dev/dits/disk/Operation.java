package dev.dits.disk;

import java.util.Locale;

/** What happens to a file or its name. */
public enum Operation {
    /** A file that was not there before. */
    CREATE,
    /** An existing file is opened for writing. */
    OPEN,
    /** Bytes go into a file. */
    WRITE,
    /** A file is cut. */
    TRUNCATE,
    /** A file's bytes are made durable. */
    SYNC,
    /** A file that was open for writing is closed. */
    CLOSE,
    /** A name moves, and replaces what had the new name. */
    RENAME,
    /** A file gets a second name. */
    LINK,
    /** A symbolic link is made. */
    SYMBOLIC_LINK,
    /** A directory is made. */
    MAKE_DIRECTORY,
    /** A file, link or empty directory goes. */
    DELETE,
    /** Permissions or times change. */
    ATTRIBUTES,
    /** Permissions are made durable. */
    SYNC_ATTRIBUTES,
    /** A directory's names are made durable. */
    SYNC_DIRECTORY;

    /**
     * Names the point in a writing path where this happens to a file of a role.
     *
     * @param role the role
     * @return such as {@code pack.sync} or {@code stat-cache.rename}
     */
    public String of(Role role) {
        return lower(role.name()) + "." + lower(name());
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
