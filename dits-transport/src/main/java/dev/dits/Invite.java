package dev.dits;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One way into a share. Immutable.
 *
 * @param id names it in commands, no secret: the nameplate of a code (the part before its first dash), or 16 hexadecimal digits that are drawn from
 *     a ticket and tell nothing of it
 * @param kind code or ticket
 * @param secret the code or ticket itself, to be given to whom it is for; {@link #toString} leaves it out
 * @param readOnly whether who joins by it may not push
 * @param once whether it lets in one peer only
 * @param used whether it was for one peer, who has joined
 * @param expires until when it lets in; null for as long as the share lives, or a kept ticket is not withdrawn
 */
public record Invite(
        String id,
        Kind kind,
        String secret,
        boolean readOnly,
        boolean once,
        boolean used,
        @Nullable Instant expires) {
    /** The two kinds. */
    public enum Kind {
        /** Nine characters or a few more, to be read to somebody; wrong guesses are counted. It dies with the share. */
        CODE,
        /** A long text with 128 secret bits and the share's addresses, to be sent to somebody, or to be kept in CI. */
        TICKET
    }

    /** Says all but the secret. */
    @Override
    public String toString() {
        return "Invite[" + id + ", " + kind + (readOnly ? ", read-only" : ", read-write") + (once ? ", once" : "")
                + (used ? ", used" : "") + (expires == null ? "" : ", until " + expires) + "]";
    }
}
