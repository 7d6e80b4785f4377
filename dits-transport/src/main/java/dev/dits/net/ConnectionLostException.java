package dev.dits.net;

import java.io.IOException;

/** A stream or connection was used after, or while, its connection ended. What was in flight must be asked for again. */
public final class ConnectionLostException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient CloseReason reason;

    public ConnectionLostException(CloseReason reason) {
        super("connection lost: " + reason);
        this.reason = reason;
    }

    /** Why the connection ended. */
    public CloseReason reason() {
        return reason;
    }
}
