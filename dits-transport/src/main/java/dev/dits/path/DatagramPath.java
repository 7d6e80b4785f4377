package dev.dits.path;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.IoHandlerFactory;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A way for datagrams to reach peers: real sockets, or a simulation of them.
 *
 * <p>Implementations are immutable and may be shared by any number of nodes.
 */
public interface DatagramPath {

    /** The I/O engine that the channels of this path need on their event loop. */
    IoHandlerFactory ioHandlerFactory();

    /**
     * Chooses the channel type and the socket options.
     *
     * @param bootstrap receives a channel factory and options; group, handler and address are the caller's
     * @param bind the address that will be bound
     */
    void configure(Bootstrap bootstrap, InetSocketAddress bind);

    /** Every profile that {@link #profile} can answer, without repetition and never empty. */
    List<PathProfile> profiles();

    /**
     * The profile of packets to and from a peer. It depends on the address alone, so that both ends agree on it.
     *
     * @param remote the peer's address as this end sees it
     * @return one of {@link #profiles()}
     */
    PathProfile profile(InetSocketAddress remote);

    /**
     * The way by TCP beside the datagrams, from and to the same addresses.
     *
     * @return null where there is none
     */
    default @Nullable TcpPath tcp() {
        return null;
    }
}
