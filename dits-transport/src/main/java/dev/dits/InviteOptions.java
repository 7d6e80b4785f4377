package dev.dits;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an invitation grants, to how many, and for how long. Immutable.
 *
 * @param readOnly whether who joins by it may not push; in a share that is read-only nobody may
 * @param branches names of the branches that it shows, at most 256; empty for all. Tags show only with all branches
 * @param paths directories and files that it shows, names joined by slashes, at most 256; empty for all. Who sees some paths only reads ranges of
 *     files, not whole commits
 * @param validFor how long it lets peers in; null for as long as the share lives, or a kept ticket is not withdrawn
 * @param accessFor how long a peer has access, counted from its join; null for ever. At its end the peer's connections are closed
 * @param once whether it lets in one peer only
 * @param kind a code or a ticket
 */
public record InviteOptions(
        boolean readOnly,
        List<String> branches,
        List<String> paths,
        @Nullable Duration validFor,
        @Nullable Duration accessFor,
        boolean once,
        Invite.Kind kind) {
    /** Checks ranges, and copies the lists. */
    public InviteOptions {
        branches = List.copyOf(branches);
        paths = List.copyOf(paths);
        requirePositive(validFor, "an invitation is valid");
        requirePositive(accessFor, "access is given");
    }

    /** Whole seconds are kept, so less than one would be none. */
    static void requirePositive(@Nullable Duration time, String what) {
        if (time != null && time.toSeconds() < 1) {
            throw new IllegalArgumentException(what + " for a second or longer, not for " + time);
        }
    }

    /**
     * Returns the defaults: a code, for any number of peers, read-write, to everything and without an end.
     *
     * @return the defaults
     */
    public static InviteOptions defaults() {
        return new InviteOptions(false, List.of(), List.of(), null, null, false, Invite.Kind.CODE);
    }

    /**
     * Changes whether peers may only read.
     *
     * @param value true to refuse their pushes
     * @return changed options
     */
    public InviteOptions withReadOnly(boolean value) {
        return new InviteOptions(value, branches, paths, validFor, accessFor, once, kind);
    }

    /**
     * Limits what is shown to some branches.
     *
     * @param value their names; empty for all
     * @return changed options
     */
    public InviteOptions withBranches(List<String> value) {
        return new InviteOptions(readOnly, value, paths, validFor, accessFor, once, kind);
    }

    /**
     * Limits what is shown to some directories and files.
     *
     * @param value names joined by slashes; empty for all
     * @return changed options
     */
    public InviteOptions withPaths(List<String> value) {
        return new InviteOptions(readOnly, branches, value, validFor, accessFor, once, kind);
    }

    /**
     * Bounds how long peers can join.
     *
     * @param value a second or longer; null for no bound
     * @return changed options
     */
    public InviteOptions withValidFor(@Nullable Duration value) {
        return new InviteOptions(readOnly, branches, paths, value, accessFor, once, kind);
    }

    /**
     * Bounds how long a peer has access once it has joined.
     *
     * @param value a second or longer; null for no bound
     * @return changed options
     */
    public InviteOptions withAccessFor(@Nullable Duration value) {
        return new InviteOptions(readOnly, branches, paths, validFor, value, once, kind);
    }

    /**
     * Changes whether one peer only can join.
     *
     * @param value true for one
     * @return changed options
     */
    public InviteOptions withOnce(boolean value) {
        return new InviteOptions(readOnly, branches, paths, validFor, accessFor, value, kind);
    }

    /**
     * Changes the kind.
     *
     * @param value a code or a ticket
     * @return changed options
     */
    public InviteOptions withKind(Invite.Kind value) {
        return new InviteOptions(readOnly, branches, paths, validFor, accessFor, once, value);
    }
}
