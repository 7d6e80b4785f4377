package dev.dits.error;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The share was reached and refused the join; {@link #reason} says why. */
public sealed class JoinRejectedException extends DitsException
        permits ClockSkewException, IncompatibleVersionException {
    private static final long serialVersionUID = 1L;

    /** Why a share refuses. */
    public enum Reason {
        /** The node that answered has no such share. */
        UNKNOWN_SHARE(1, "no share with this code is there; check the code, and that the share still runs"),
        /** The code or ticket is not the share's. */
        WRONG_CODE(2, "the code is wrong; check it for typing errors"),
        /** The code was for one use. */
        USED_UP(3, "the code was for one use and has been used; ask the owner for a new one"),
        /** The code or ticket has expired. */
        EXPIRED(4, "the code has expired; ask the owner for a new one"),
        /** Too many wrong codes were tried. */
        LOCKED(
                5,
                "too many wrong codes were tried; the owner has to make a new one (dits p2p rearm), or give out a ticket"),
        /** The two sides speak no common version. */
        INCOMPATIBLE_VERSION(6, "the two sides speak different versions; update dits on the older one"),
        /** Too many are joining at once. */
        BUSY(7, "too many are joining at once; try again in a moment"),
        /** The owner ended this peer's grant. */
        REVOKED(8, "the owner has revoked this mount's access; ask for a new code"),
        /** The share could not write down what a join needs to be remembered. */
        NOT_RECORDED(
                9,
                "the share could not write the join down, as its disk is full or fails; its owner has to see to that, then try again");

        private final int code;
        private final String advice;

        Reason(int code, String advice) {
            this.code = code;
            this.advice = advice;
        }

        /**
         * Returns the number on the wire.
         *
         * @return as in {@code docs/wire.md}, section 4
         */
        public int code() {
            return code;
        }

        /**
         * Says what happened and what to do.
         *
         * @return half a sentence
         */
        public String advice() {
            return advice;
        }

        /**
         * Finds a reason by its number.
         *
         * @param code the number on the wire
         * @return the reason; {@link #WRONG_CODE} for one that this version does not know
         */
        public static Reason of(int code) {
            for (Reason reason : values()) {
                if (reason.code == code) {
                    return reason;
                }
            }
            return WRONG_CODE;
        }
    }

    private final Reason reason;
    private final @Nullable Duration retryAfter;

    /**
     * @param reason why
     * @param retryAfter after which time another try may succeed, or null
     */
    public JoinRejectedException(Reason reason, @Nullable Duration retryAfter) {
        this(reason, retryAfter, message(reason, retryAfter));
    }

    private static String message(Reason reason, @Nullable Duration retryAfter) {
        if (retryAfter == null) {
            return "the share refused: " + reason.advice;
        }
        long seconds = Math.max(1, retryAfter.toSeconds());
        return reason == Reason.LOCKED
                ? "the share refused: too many wrong codes came from your address; try again in " + (seconds + 59) / 60
                        + " min, or ask the owner for a ticket"
                : "the share refused: " + reason.advice + " (try again in " + seconds + " s)";
    }

    /**
     * @param reason why
     * @param retryAfter after which time another try may succeed, or null
     * @param message what happened, and what to do next
     */
    public JoinRejectedException(Reason reason, @Nullable Duration retryAfter, String message) {
        super(message);
        this.reason = reason;
        this.retryAfter = retryAfter;
    }

    /**
     * Returns why.
     *
     * @return the reason
     */
    public Reason reason() {
        return reason;
    }

    /**
     * Returns after which time another try may succeed.
     *
     * @return the time, where the share named one
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
