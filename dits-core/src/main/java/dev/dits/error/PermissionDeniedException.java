package dev.dits.error;

import org.jspecify.annotations.Nullable;

/** The grant of this peer, or the file system, does not allow the operation. */
public final class PermissionDeniedException extends DitsException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what happened, to what, and what to do next
     */
    public PermissionDeniedException(String message) {
        super(message);
    }

    /**
     * @param message what happened, to what, and what to do next
     * @param cause the failure underneath, or null
     */
    public PermissionDeniedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
