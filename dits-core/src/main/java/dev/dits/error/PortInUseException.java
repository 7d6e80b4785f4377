package dev.dits.error;

import org.jspecify.annotations.Nullable;

/** Another program, or another node, listens on the UDP port that was asked for. */
public final class PortInUseException extends DitsException {
    private static final long serialVersionUID = 1L;

    private final int port;

    /**
     * @param host address that was to be bound
     * @param port UDP port
     * @param cause the failure underneath, or null
     */
    public PortInUseException(String host, int port, @Nullable Throwable cause) {
        super(
                "UDP port " + port + " of " + host
                        + " is in use by another program; ask for another one, or for none to get the next that is free",
                cause);
        this.port = port;
    }

    /**
     * @param port UDP port
     * @param message what happened and what to do next
     */
    public PortInUseException(int port, String message) {
        super(message);
        this.port = port;
    }

    /**
     * Returns the port.
     *
     * @return 1 to 65535
     */
    public int port() {
        return port;
    }
}
