package dev.dits.error;

import org.jspecify.annotations.Nullable;

/**
 * The operating system does not let this user read or write a file or directory of this machine; change its owner or its mode. (What a share does
 * not let a peer do is a {@link PermissionDeniedException}.)
 *
 * <p>The message names a local path and is for this machine's user alone; it never crosses to a peer.
 */
public final class FileAccessException extends DitsException {
    private static final long serialVersionUID = 1L;

    private final String path;

    /**
     * @param path the file or directory, escaped for showing
     * @param message what happened, to what, and what to do next
     * @param cause the failure underneath, or null
     */
    public FileAccessException(String path, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.path = path;
    }

    /**
     * Returns the file or directory.
     *
     * @return its path, escaped for showing
     */
    public String path() {
        return path;
    }
}
