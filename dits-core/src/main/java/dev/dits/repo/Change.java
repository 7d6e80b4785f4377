package dev.dits.repo;

import dev.dits.object.TreePath;

/**
 * One difference between the working tree and the commit that it was written from.
 *
 * @param path where
 * @param kind what differs
 */
public record Change(TreePath path, Kind kind) {
    /** What differs. */
    public enum Kind {
        /** It is in the working tree alone. */
        ADDED,
        /** Its content or, for a link, its target is another. */
        MODIFIED,
        /** Its permissions are others; its content is the same. */
        MODE_CHANGED,
        /** It is in the commit alone; for a directory, so is all below it. */
        DELETED,
        /** It is something else now: a file where there was a link, and so on. */
        TYPE_CHANGED
    }
}
