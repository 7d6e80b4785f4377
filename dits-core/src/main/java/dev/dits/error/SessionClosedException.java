package dev.dits.error;

import org.jspecify.annotations.Nullable;

/** The session ended while the operation was under way; connect again and repeat it. */
public final class SessionClosedException extends DitsException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what happened, to what, and what to do next
     */
    public SessionClosedException(String message) {
        super(message);
    }

    /**
     * @param message what happened, to what, and what to do next
     * @param cause the failure underneath, or null
     */
    public SessionClosedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
