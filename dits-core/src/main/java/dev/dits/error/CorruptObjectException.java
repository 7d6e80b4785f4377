package dev.dits.error;

import org.jspecify.annotations.Nullable;

/** Stored or received bytes do not match their digest, or do not follow their format. */
public final class CorruptObjectException extends DitsException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what happened, to what, and what to do next
     */
    public CorruptObjectException(String message) {
        super(message);
    }

    /**
     * @param message what happened, to what, and what to do next
     * @param cause the failure underneath, or null
     */
    public CorruptObjectException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
