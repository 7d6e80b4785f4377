package dev.dits.path;

/**
 * How packets travel on one kind of path.
 *
 * @param name short, for diagnostics
 * @param packetBytes UDP payload bytes of a full packet, 1,200 (the least QUIC allows, RFC 9000 section 14) to 65,507
 * @param segmentsMax packets handed to the kernel in one call (segmentation offload); 0 where there is no such thing
 * @param congestion which algorithm decides how much may be under way
 */
public record PathProfile(String name, int packetBytes, int segmentsMax, Congestion congestion) {

    /** The smallest packet that every QUIC path must carry, RFC 9000 section 14. */
    public static final int PACKET_BYTES_MIN = 1_200;

    /** The largest UDP payload over IPv4. */
    public static final int PACKET_BYTES_MAX = 65_507;

    /** The kernel's own bound on segments of one call ({@code UDP_MAX_SEGMENTS}). */
    private static final int SEGMENTS_MAX = 64;

    /** Congestion control. */
    public enum Congestion {
        /** RFC 9438: where loss means a full queue, as on the loopback interface. */
        CUBIC,
        /** Bottleneck bandwidth and round trip: keeps its rate where packets are lost by chance, as on a WAN. */
        BBR
    }

    public PathProfile {
        if (packetBytes < PACKET_BYTES_MIN || packetBytes > PACKET_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "packetBytes " + packetBytes + " is outside " + PACKET_BYTES_MIN + ".." + PACKET_BYTES_MAX);
        }
        if (segmentsMax < 0 || segmentsMax > SEGMENTS_MAX || (long) segmentsMax * packetBytes > PACKET_BYTES_MAX) {
            throw new IllegalArgumentException(
                    segmentsMax + " segments of " + packetBytes + " bytes do not fit one call");
        }
    }
}
