package dev.dits.session;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.object.ObjectLimits;
import dev.dits.object.TreePath;
import dev.dits.wire.Message;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a joined peer may do. The serving side holds every request against it.
 *
 * @param readOnly whether it may not push
 * @param branches the branches it may see and push to; empty for all
 * @param paths the directories and files it may see; empty for all
 * @param expires when it ends, to the second; null for never
 */
public record Access(
        boolean readOnly,
        List<String> branches,
        List<TreePath> paths,
        @Nullable Instant expires) {
    /** Most branches, and most paths, of one grant. */
    public static final int LIMITS_MAX = 256;

    /** Most bytes of the paths of one grant, so that the file of all grants stays small. */
    public static final int PATH_BYTES_MAX = 1 << 16;

    /** Latest end, in seconds since 1970: later than any calendar, and still a time. */
    static final long SECONDS_MAX = ObjectLimits.SECONDS_MAX >>> 10;

    /** Copies the lists, and cuts the end to its second. */
    public Access {
        branches = List.copyOf(branches);
        paths = List.copyOf(paths);
        // As it is kept, so that what is in memory and what a restart reads are the same.
        expires = expires == null ? null : Instant.ofEpochSecond(expires.getEpochSecond());
        if (branches.size() > LIMITS_MAX || paths.size() > LIMITS_MAX) {
            throw new IllegalArgumentException("a grant names at most " + LIMITS_MAX + " branches and paths each");
        }
        if (paths.stream().mapToInt(path -> path.bytes().length).sum() > PATH_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "the paths of a grant have at most " + PATH_BYTES_MAX + " bytes together");
        }
    }

    /**
     * The same access with an end.
     *
     * @param end when it ends; null for never
     * @return a changed copy
     */
    public Access until(@Nullable Instant end) {
        return new Access(readOnly, branches, paths, end);
    }

    /**
     * Access to everything, for ever.
     *
     * @param readOnly whether without pushing
     * @return it
     */
    public static Access toAll(boolean readOnly) {
        return new Access(readOnly, List.of(), List.of(), null);
    }

    /**
     * Tells whether a branch may be seen.
     *
     * @param branch its name
     * @return whether it may
     */
    public boolean shows(String branch) {
        return branches.isEmpty() || branches.contains(branch);
    }

    /**
     * Tells whether all that is at or below a path may be read.
     *
     * @param path the path
     * @return whether it may
     */
    public boolean shows(TreePath path) {
        return paths.isEmpty() || paths.stream().anyMatch(path::startsWith);
    }

    /**
     * Tells whether it has ended.
     *
     * @param now the time
     * @return whether it has
     */
    public boolean isExpired(Instant now) {
        return expires != null && !now.isBefore(expires);
    }

    static Access read(ByteReader in) throws CorruptObjectException {
        boolean readOnly = in.varint(0, 1, "a grant's role") == 1;
        long expires = in.varint(0, SECONDS_MAX, "a grant's end");
        List<String> branches = new ArrayList<>();
        for (long left = in.varint(0, LIMITS_MAX, "the number of branches"); left > 0; left--) {
            branches.add(in.text(1, Message.NAME_BYTES_MAX, "a branch's name"));
        }
        List<TreePath> paths = new ArrayList<>();
        for (long left = in.varint(0, LIMITS_MAX, "the number of paths"); left > 0; left--) {
            byte[] path = in.bytes(1, Message.PATH_BYTES_MAX, "a path's length");
            try {
                paths.add(TreePath.of(path));
            } catch (IllegalArgumentException e) {
                throw new CorruptObjectException("a grant's path is none", e);
            }
        }
        try {
            return new Access(readOnly, branches, paths, expires == 0 ? null : Instant.ofEpochSecond(expires));
        } catch (IllegalArgumentException e) {
            throw new CorruptObjectException("a grant is too large", e);
        }
    }

    void write(ByteWriter out) {
        out.u8(readOnly ? 1 : 0);
        out.varint(expires == null ? 0 : Math.max(1, expires.getEpochSecond()));
        out.varint(branches.size());
        branches.forEach(out::text);
        out.varint(paths.size());
        paths.forEach(path -> out.bytes(path.bytes()));
    }
}
