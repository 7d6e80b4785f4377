package dev.dits.connect;

import dev.dits.net.CloseReason;
import dev.dits.net.ConnectionLostException;
import dev.dits.net.Way;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;

/** What a failed dial says to people. */
final class DialFailures {
    /** TLS alerts as QUIC carries them: 0x100 plus the alert (RFC 9001, section 4.8). */
    private static final long TLS_ALERTS = 0x100;

    /** RFC 7301: the two sides speak no common protocol. */
    private static final long NO_APPLICATION_PROTOCOL = TLS_ALERTS + 120;

    private static final long LIMIT = 0x05;

    private DialFailures() {}

    static String explain(IOException failure, Way way) {
        if (failure instanceof ConnectionLostException lost) {
            CloseReason reason = lost.reason();
            if (reason.kind() == CloseReason.Kind.TRANSPORT && reason.code() == NO_APPLICATION_PROTOCOL) {
                return "it answered, and speaks another version of dits; update the older side";
            }
            if (reason.kind() == CloseReason.Kind.TRANSPORT
                    && reason.code() >= TLS_ALERTS
                    && reason.code() < 2 * TLS_ALERTS) {
                return "it answered, and has no such share (any more); the code may be an old one";
            }
            if (reason.kind() == CloseReason.Kind.PEER && reason.code() == LIMIT) {
                return "it answered, and too many are joining there at once; try again in a moment";
            }
            return "it answered, and broke off: " + reason;
        }
        if (failure instanceof SocketTimeoutException) {
            return "no answer to " + (way == Way.TCP ? "TCP" : "UDP");
        }
        if (failure instanceof NoRouteToHostException) {
            return "there is no route to this address from here, or a firewall says so";
        }
        if (failure instanceof ConnectException) {
            return "nothing listens on this TCP port, or a firewall says so";
        }
        return String.valueOf(failure.getMessage());
    }
}
