package dev.dits.object;

import org.jspecify.annotations.Nullable;

/** The kinds of object; each encoding names its own in its second byte. */
public enum ObjectKind {
    /** Leaf node of a file: chunks. */
    FILE_LEAF(1),
    /** Inner node of a file. */
    FILE_INNER(2),
    /** Leaf node of a directory: entries. */
    DIRECTORY_LEAF(3),
    /** Inner node of a directory. */
    DIRECTORY_INNER(4),
    /** A commit. */
    COMMIT(5),
    /** A tag. */
    TAG(6),
    /** A file's manifest. */
    MANIFEST(7);

    private static final ObjectKind[] VALUES = values();

    private final int code;

    ObjectKind(int code) {
        this.code = code;
    }

    /**
     * Returns the number that stands for this kind in an encoding.
     *
     * @return 1 to 7
     */
    public int code() {
        return code;
    }

    static @Nullable ObjectKind ofCode(int code) {
        return code >= 1 && code <= VALUES.length ? VALUES[code - 1] : null;
    }
}
