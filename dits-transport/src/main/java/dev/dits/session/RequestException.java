package dev.dits.session;

import java.io.IOException;

/** A request that is refused or can not be served, with a message that is written for the peer: it names nothing of this machine. */
public final class RequestException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int code;

    /**
     * @param code one of {@link ErrorCodes}
     * @param message what the peer is told
     */
    public RequestException(int code, String message) {
        super(message);
        this.code = code;
    }

    int code() {
        return code;
    }
}
