package dev.dits.error;

import org.jspecify.annotations.Nullable;

/** The directory is not a dits repository; {@code dits init} makes one. */
public final class RepositoryNotFoundException extends DitsException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what happened, to what, and what to do next
     */
    public RepositoryNotFoundException(String message) {
        super(message);
    }

    /**
     * @param message what happened, to what, and what to do next
     * @param cause the failure underneath, or null
     */
    public RepositoryNotFoundException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
