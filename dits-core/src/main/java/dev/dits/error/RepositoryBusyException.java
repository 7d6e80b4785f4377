package dev.dits.error;

import org.jspecify.annotations.Nullable;

/** Another process holds the repository in a way that excludes this operation; retry when it is done. */
public final class RepositoryBusyException extends DitsException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what happened, to what, and what to do next
     */
    public RepositoryBusyException(String message) {
        super(message);
    }

    /**
     * @param message what happened, to what, and what to do next
     * @param cause the failure underneath, or null
     */
    public RepositoryBusyException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
