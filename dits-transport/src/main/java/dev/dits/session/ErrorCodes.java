package dev.dits.session;

import dev.dits.error.BranchMovedException;
import dev.dits.error.DiskFullException;
import dev.dits.error.DitsException;
import dev.dits.error.InvalidSignatureException;
import dev.dits.error.MissingObjectException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.error.ProtocolException;
import dev.dits.error.RepositoryBusyException;
import dev.dits.error.SessionClosedException;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.Escaper;
import java.io.IOException;
import java.util.concurrent.CancellationException;

/** How failures cross the wire ({@code docs/wire.md}, section 6). */
public final class ErrorCodes {
    /** The request makes no sense. */
    public static final int BAD_REQUEST = 1;

    /** What it names is not there. */
    public static final int NOT_FOUND = 2;

    /** The grant does not allow it. */
    public static final int NOT_PERMITTED = 3;

    /** The branch was somewhere else. */
    public static final int BRANCH_MOVED = 4;

    /** Another operation is in the way. */
    public static final int BUSY = 5;

    /** Something failed on that side. */
    public static final int FAILED = 6;

    /** This version can not do that. */
    public static final int NOT_SUPPORTED = 7;

    /** The disk is full there. */
    public static final int NO_SPACE = 8;

    /** The requester asked for the end. */
    public static final int CANCELLED = 9;

    /** A limit was passed. */
    public static final int LIMIT = 10;

    private ErrorCodes() {}

    /** The code for a failure on this side. */
    static int of(Throwable failure) {
        if (failure instanceof RequestException request) {
            return request.code();
        }
        if (failure instanceof DiskFullException) {
            return NO_SPACE;
        }
        if (failure instanceof ProtocolException || failure instanceof IllegalArgumentException) {
            return BAD_REQUEST;
        }
        if (failure instanceof MissingObjectException) {
            return NOT_FOUND;
        }
        if (failure instanceof PermissionDeniedException || failure instanceof InvalidSignatureException) {
            return NOT_PERMITTED;
        }
        if (failure instanceof BranchMovedException) {
            return BRANCH_MOVED;
        }
        if (failure instanceof RepositoryBusyException) {
            return BUSY;
        }
        if (failure instanceof UnsupportedFormatException) {
            return NOT_SUPPORTED;
        }
        return failure instanceof CancellationException ? CANCELLED : FAILED;
    }

    /**
     * What may be told to the peer of a failure: messages that were written for it. Of anything else, which may name files and programs of this
     * machine, no more than what the code says.
     */
    static String textOf(Throwable failure) {
        if (failure instanceof RequestException
                || failure instanceof PermissionDeniedException
                || failure instanceof InvalidSignatureException
                || failure instanceof BranchMovedException) {
            // The first is made for peers alone, the others speak of grants, branches and commits.
            return String.valueOf(failure.getMessage());
        }
        return switch (of(failure)) {
            case BAD_REQUEST -> "the request makes no sense there";
            case NOT_FOUND -> "what the request names is not there";
            case BUSY -> "another operation holds the repository there; try again in a moment";
            case NOT_SUPPORTED -> "that version of dits can not do or read this; update it";
            case NO_SPACE -> "the disk there is full; its owner has to free some space, then it can be tried again";
            case CANCELLED -> "the operation was cancelled there";
            default -> "the operation failed there; the log of that side has the cause";
        };
    }

    /**
     * Makes the exception of a failure that the peer reported.
     *
     * @param code its code
     * @param message what the peer said; escaped here
     * @return the exception to throw
     */
    public static IOException exception(int code, String message) {
        String text = "the other side says: " + Escaper.escape(message);
        return switch (code) {
            case NOT_FOUND -> new MissingObjectException(text);
            case NOT_PERMITTED -> new PermissionDeniedException(text);
            case BRANCH_MOVED -> new BranchMovedException(text);
            case BUSY -> new RepositoryBusyException(text);
            case NOT_SUPPORTED -> new UnsupportedFormatException(text);
            case NO_SPACE -> new DiskFullException(text, null);
            case CANCELLED -> new SessionClosedException(text);
            case BAD_REQUEST -> new ProtocolException(text);
            default -> new DitsException(text);
        };
    }
}
