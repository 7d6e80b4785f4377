package dev.dits.repo;

/** What happens to symbolic links when a working tree is written. A link that is not written does not count as deleted. */
public enum LinkPolicy {
    /** All are written, wherever they point. */
    AS_IS,
    /** Only those whose text can not lead out of the working tree: relative, and up no further than the top. */
    INSIDE_ONLY,
    /** None are written. */
    SKIP
}
