package dev.dits.net;

import java.io.IOException;

/** One end abandoned a stream; the connection is untouched. */
public final class StreamResetException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long code;

    public StreamResetException(String message, long code) {
        super(message);
        this.code = code;
    }

    /** The application's error code, or -1 if it is not known. */
    public long code() {
        return code;
    }
}
