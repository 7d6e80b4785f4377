package dev.dits.error;

import org.jspecify.annotations.Nullable;

/** An object that a reference names is not in any store this node can reach. */
public final class MissingObjectException extends DitsException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what happened, to what, and what to do next
     */
    public MissingObjectException(String message) {
        super(message);
    }

    /**
     * @param message what happened, to what, and what to do next
     * @param cause the failure underneath, or null
     */
    public MissingObjectException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
