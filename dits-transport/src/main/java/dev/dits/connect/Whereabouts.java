package dev.dits.connect;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * Where an endpoint may be reached.
 *
 * @param addresses at most {@value dev.dits.wire.Message.Meet#CANDIDATES_MAX}; where {@code nat} says that STUN servers see the endpoint, the first is where from
 * @param nat what kind of router stands before it
 */
public record Whereabouts(List<InetSocketAddress> addresses, Nat nat) {

    /** What two STUN servers (RFC 8489) say of a socket. */
    public enum Nat {
        /** There is no server to ask, or only one answered. */
        UNKNOWN,
        /** They do not answer: what stands in between drops UDP, or they are away. */
        SILENT,
        /** All see it at one address: whoever knows that may send probes there (endpoint-independent mapping, RFC 4787). */
        EVEN,
        /** Each sees it at another: the router draws a new port for each destination, so that nobody knows the next (symmetric). */
        SYMMETRIC
    }

    /** Copies the list. */
    public Whereabouts {
        addresses = List.copyOf(addresses);
    }
}
