package dev.dits.error;

import org.jspecify.annotations.Nullable;

/** Data was written by a newer or an unknown version of the format; a newer dits may read it. */
public final class UnsupportedFormatException extends DitsException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what happened, to what, and what to do next
     */
    public UnsupportedFormatException(String message) {
        super(message);
    }

    /**
     * @param message what happened, to what, and what to do next
     * @param cause the failure underneath, or null
     */
    public UnsupportedFormatException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
