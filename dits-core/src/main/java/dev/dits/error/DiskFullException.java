package dev.dits.error;

import org.jspecify.annotations.Nullable;

/** There is no room on the disk, or the user's quota is used up. Nothing that was there before is lost; repeat the work when there is room. */
public class DiskFullException extends DitsException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what could not be written, and what to do next
     * @param cause the file system's own failure, or null
     */
    public DiskFullException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
