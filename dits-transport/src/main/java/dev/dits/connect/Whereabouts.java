package dev.dits.connect;

import dev.dits.wire.Message;
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

    /** As it crosses, see {@link Message.Meet}. */
    int natCode() {
        return switch (nat) {
            case UNKNOWN -> Message.Meet.NAT_UNKNOWN;
            case SILENT -> Message.Meet.NAT_SILENT;
            case EVEN -> Message.Meet.NAT_EVEN;
            case SYMMETRIC -> Message.Meet.NAT_SYMMETRIC;
        };
    }

    /** What the other side told; a kind of router that this version does not know is as one that is not known. */
    static Whereabouts of(Message.Meet told) {
        return new Whereabouts(
                told.candidates(),
                switch (told.nat()) {
                    case Message.Meet.NAT_SILENT -> Nat.SILENT;
                    case Message.Meet.NAT_EVEN -> Nat.EVEN;
                    case Message.Meet.NAT_SYMMETRIC -> Nat.SYMMETRIC;
                    default -> Nat.UNKNOWN;
                });
    }

    /** Copies the list. */
    public Whereabouts {
        addresses = List.copyOf(addresses);
    }
}
