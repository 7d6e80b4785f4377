package dev.dits.error;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The root of all failures that dits reports; its children are named by what a caller can do about them.
 *
 * <p>A message says what happened, to what, and what to do next. It never holds a join code, a key or file content.
 */
public class DitsException extends IOException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what happened, to what, and what to do next
     */
    public DitsException(String message) {
        super(message);
    }

    /**
     * @param message what happened, to what, and what to do next
     * @param cause the failure underneath, or null
     */
    public DitsException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
