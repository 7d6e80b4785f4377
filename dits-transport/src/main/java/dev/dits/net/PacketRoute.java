package dev.dits.net;

import java.io.Closeable;
import java.net.InetSocketAddress;

/**
 * A peer that a {@link PacketCarrier} reaches, as an endpoint knows it: by an address to dial it at, and to be dialled from. Safe for use by any number of
 * threads.
 */
public interface PacketRoute extends Closeable {
    /**
     * Tells what stands for the peer.
     *
     * @return a {@link CarriedAddress}; it is nobody's on any network
     */
    InetSocketAddress address();

    /**
     * Takes a packet of the peer. Does not block; what comes faster than it is read is dropped.
     *
     * @param packet the endpoint's from now on
     */
    void arrived(byte[] packet);

    /** Ends the route, and the connections over it. Idempotent. */
    @Override
    void close();
}
