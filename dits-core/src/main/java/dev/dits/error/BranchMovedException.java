package dev.dits.error;

import org.jspecify.annotations.Nullable;

/** A compare-and-set of a reference found another value than expected; read it again and retry. */
public final class BranchMovedException extends DitsException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what happened, to what, and what to do next
     */
    public BranchMovedException(String message) {
        super(message);
    }

    /**
     * @param message what happened, to what, and what to do next
     * @param cause the failure underneath, or null
     */
    public BranchMovedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
