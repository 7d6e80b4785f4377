package dev.dits;

import dev.dits.connect.Reachable;
import dev.dits.net.CarriedAddress;
import dev.dits.net.Way;
import dev.dits.object.Escaper;
import dev.dits.session.Session;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * Which way the packets of a session take, and why they take no better one, as it was when it was asked. Immutable.
 *
 * @param peer what the other side calls itself, fit to be shown
 * @param kind how direct it is
 * @param address where the other side is reached, {@code udp host:port} or {@code tcp host:port}; {@code relay} where a tracker carries the packets; empty without a connection
 * @param problem why there is no better way, for people: what was tried last and how it failed; nothing where there is no better one, or none is looked for on this side
 */
public record PeerPath(String peer, Kind kind, String address, Optional<String> problem) {

    /** How direct a way is; the best first. */
    public enum Kind {
        /** To an address of this machine, or of a network that it is on. */
        LAN,
        /** To an address elsewhere. */
        DIRECT,
        /** Through a tracker's relay, which can read nothing of it. */
        RELAY,
        /** There is no connection. */
        NONE
    }

    /** Of a session's best connection. */
    static PeerPath of(Session session, Optional<String> why) {
        String name = session.info().peerName();
        InetSocketAddress remote = session.remote();
        Way way = session.way();
        String peer = Escaper.escape(name);
        Optional<String> problem = why.map(Escaper::escape);
        if (remote == null) {
            return new PeerPath(peer, Kind.NONE, "", problem);
        }
        String address = CarriedAddress.describe(remote);
        if (address.equals(CarriedAddress.RELAY)) {
            return new PeerPath(peer, Kind.RELAY, address, problem);
        }
        return new PeerPath(
                peer,
                Reachable.isOnLink(remote.getAddress()) ? Kind.LAN : Kind.DIRECT,
                (way == Way.TCP ? "tcp " : "udp ") + address,
                Optional.empty());
    }

    /**
     * Tells whether packets go to the other side without a relay.
     *
     * @return false, too, where there is no connection
     */
    public boolean isDirect() {
        return kind == Kind.LAN || kind == Kind.DIRECT;
    }

    /** The address, or that there is none. */
    @Override
    public String toString() {
        return kind == Kind.NONE ? "not connected" : address;
    }
}
