package dev.dits.object;

/**
 * Every limit that the object format sets ({@code docs/format.md}, section 3), by name. A decoder checks them before it
 * allocates; a test goes one past each.
 */
public final class ObjectLimits {
    /** Longest chunk, in bytes; the shortest has one. */
    public static final int CHUNK_BYTES_MAX = 1 << 20;

    /** Longest encoding of an object, in bytes. */
    public static final int OBJECT_BYTES_MAX = 1 << 17;

    /** Fewest children after which a content-defined node may end, but for the last node of a level. */
    public static final int NODE_CHILDREN_MIN = 4;

    /** Most children of a node. */
    public static final int NODE_CHILDREN_MAX = 512;

    /** Bytes of encoded children at which a node ends. */
    public static final int NODE_BYTES_END = 1 << 16;

    /** A node ends where these bits of the boundary hash are zero: after 64 children on average. */
    public static final int NODE_BOUNDARY_MASK = 63;

    /** Highest level of an inner node; leaves are level 0. */
    public static final int NODE_LEVEL_MAX = 15;

    /** Largest size of a file, and of every sum of sizes or counts. */
    public static final long SUM_MAX = 1L << 62;

    /** Longest name of an entry, in bytes. */
    public static final int NAME_BYTES_MAX = 255;

    /** Deepest path, in names: directories nest no deeper. */
    public static final int PATH_DEPTH_MAX = 128;

    /**
     * Most directories of one tree that are gone over, each as often as it is named: few objects can name each other so that
     * they stand for more directories than any disk holds.
     */
    public static final int TREE_DIRECTORIES_MAX = 1 << 22;

    /** Most entries of one tree that are gone over, as above. */
    public static final long TREE_ENTRIES_MAX = 1L << 28;

    /** Longest target of a symbolic link, in bytes. */
    public static final int LINK_BYTES_MAX = 4_095;

    /** Largest mode: permission bits only. */
    public static final int MODE_MAX = 0777;

    /** Seconds before or after 1970 that a time may have, either way. */
    public static final long SECONDS_MAX = 1L << 61;

    /** Largest nanoseconds of a second. */
    public static final int NANOS_MAX = 999_999_999;

    /** Largest offset from UTC, either way, in minutes. */
    public static final int OFFSET_MINUTES_MAX = 1_080;

    /** Most parents of a commit. */
    public static final int PARENTS_MAX = 16;

    /** Longest author, in bytes of UTF-8. */
    public static final int AUTHOR_BYTES_MAX = 255;

    /** Longest message of a commit or tag, in bytes of UTF-8. */
    public static final int MESSAGE_BYTES_MAX = 1 << 16;

    /** Longest name of a tag, in bytes of UTF-8; the shortest has one. */
    public static final int TAG_NAME_BYTES_MAX = 255;

    /** Most extensions of a commit or tag. */
    public static final int EXTENSIONS_MAX = 32;

    /** Bytes of all extension values together. */
    public static final int EXTENSION_BYTES_MAX = 1 << 14;

    private ObjectLimits() {}

    static void checkMode(int mode) {
        if (mode < 0 || mode > MODE_MAX) {
            throw new IllegalArgumentException("a mode has more than permission bits: " + Integer.toOctalString(mode));
        }
    }

    static void checkText(String text, int min, int max, String what) {
        if (!ByteWriter.isUnicode(text)) {
            throw new IllegalArgumentException(what + " has an unpaired surrogate");
        }
        int length = text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
        if (length < min || length > max) {
            throw new IllegalArgumentException(what + " has " + length + " bytes, not " + min + " to " + max);
        }
    }
}
