package dev.dits.net;

import java.net.BindException;
import java.net.InetSocketAddress;

/** Another socket holds the port. Another port, or port 0, may be tried. */
public final class PortInUseException extends BindException {
    private static final long serialVersionUID = 1L;

    public PortInUseException(InetSocketAddress address, Throwable cause) {
        super("UDP port " + address.getPort() + " of " + address.getAddress().getHostAddress() + " is in use");
        initCause(cause);
    }
}
