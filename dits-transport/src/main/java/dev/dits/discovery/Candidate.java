package dev.dits.discovery;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * An address that may lead to a peer: a hint, not a fact.
 *
 * @param address resolved, with a port from 1 to 65535; never multicast, broadcast or unspecified
 * @param source who said so
 * @param priority smaller is tried first; see {@link Source#priority}
 */
public record Candidate(InetSocketAddress address, Source source, int priority) {

    /** Where a hint comes from, and what that says about the path. */
    public enum Source {
        /** Answered on the local network: the fastest path there is. */
        LAN(0),
        /** Remembered from an earlier session, or part of a ticket. */
        KNOWN(10),
        /** Told by the joined peer itself, or by a tracker. */
        TRACKER(20),
        /** Found in the BitTorrent DHT. */
        DHT(30),
        /** A room of a tracker's relay: works everywhere, and is nobody's first choice. */
        RELAY(40);

        private final int priority;

        Source(int priority) {
            this.priority = priority;
        }

        /** The priority that candidates of this source have by default. */
        public int priority() {
            return priority;
        }
    }

    public Candidate {
        InetAddress host = address.getAddress();
        if (host == null) {
            throw new IllegalArgumentException("the address is not resolved");
        }
        if (address.getPort() == 0) {
            throw new IllegalArgumentException("a candidate has a port");
        }
        if (!isOfOneMachine(host)) {
            throw new IllegalArgumentException("not the address of a peer: " + host.getHostAddress());
        }
        boolean local = host.isLoopbackAddress() || host.isLinkLocalAddress();
        if (local && (source == Source.TRACKER || source == Source.DHT)) {
            // A stranger must not make this machine talk to itself or to its neighbours.
            throw new IllegalArgumentException("a local address from afar: " + host.getHostAddress());
        }
    }

    /** A candidate with the default priority of its source. */
    public static Candidate of(InetSocketAddress address, Source source) {
        return new Candidate(address, source, source.priority());
    }

    /**
     * Tells whether an address can be that of a single peer.
     *
     * @param host any
     * @return false for multicast, broadcast and unspecified ones
     */
    public static boolean isOfOneMachine(InetAddress host) {
        return !host.isMulticastAddress() && !host.isAnyLocalAddress() && !isBroadcast(host);
    }

    private static boolean isBroadcast(InetAddress host) {
        byte[] bytes = host.getAddress();
        return bytes.length == 4 && bytes[0] == -1 && bytes[1] == -1 && bytes[2] == -1 && bytes[3] == -1;
    }
}
