package dev.dits.error;

import org.jspecify.annotations.Nullable;

/** The peer broke the wire protocol; the connection was closed. */
public final class ProtocolException extends DitsException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what happened, to what, and what to do next
     */
    public ProtocolException(String message) {
        super(message);
    }

    /**
     * @param message what happened, to what, and what to do next
     * @param cause the failure underneath, or null
     */
    public ProtocolException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
