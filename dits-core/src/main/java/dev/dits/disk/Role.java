package dev.dits.disk;

/**
 * What a file is for. Every change names a role, so a role and an {@link Operation} together are the name of a point in a writing path at which a test can
 * stop, cut the power, or let the disk fail.
 */
public enum Role {
    /** A pack of objects and chunks. */
    PACK,
    /** A run of the index. */
    RUN,
    /** A reference. */
    REF,
    /** {@code HEAD}. */
    HEAD,
    /** A repository's configuration. */
    CONFIG,
    /** What the working tree was written from. */
    BASE,
    /** The stat cache. */
    STAT_CACHE,
    /** What gc has to keep for an unfinished transfer. */
    KEEP,
    /** Whose keys sign for which names. */
    SIGNERS,
    /** A directory of a repository, a store or the node's cache. */
    LAYOUT,
    /** A small file that several processes map into memory, and that may be lost. */
    HINT,
    /** An empty directory that is made to learn something about the file system. */
    PROBE,
    /** A file, link or directory that is put together beside the working tree. */
    PART,
    /** A second name of a file that is about to be replaced. */
    ASIDE,
    /** The working tree. */
    TREE,
    /** A file that its owner alone may read: identities, grants, guesses, sessions. */
    SECRET
}
