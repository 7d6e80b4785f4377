package dev.dits;

import dev.dits.discovery.LanDiscovery;
import dev.dits.discovery.LanOptions;
import dev.dits.discovery.PeerDiscovery;
import dev.dits.net.Endpoint;
import dev.dits.quic.QuicNode;
import dev.dits.quic.QuicOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The network as a node meets it: QUIC over UDP, and the LAN; or what a test puts in its place. */
interface Network {
    /**
     * Opens an endpoint.
     *
     * @param at address and port; port 0 for any
     * @param workers runs what is handed out, and may block
     * @throws dev.dits.error.PortInUseException if the port is taken
     */
    Endpoint bind(InetSocketAddress at, Executor workers) throws IOException;

    /**
     * Opens discovery.
     *
     * @param bind what the node is bound to; null for all addresses
     * @param workers runs what is handed out, and may block
     */
    PeerDiscovery discover(@Nullable InetAddress bind, Executor workers) throws IOException;

    /**
     * The real one.
     *
     * @param lanInterfaces where to discover, as {@code DITS_LAN} says it; null to take that variable's word
     * @param tcp whether to listen and dial by TCP beside UDP
     */
    static Network real(@Nullable String lanInterfaces, boolean tcp) {
        return new Network() {
            @Override
            public Endpoint bind(InetSocketAddress at, Executor workers) throws IOException {
                return QuicNode.bind(QuicOptions.at(at).withTcp(tcp), workers);
            }

            @Override
            public PeerDiscovery discover(@Nullable InetAddress bind, Executor workers) throws IOException {
                LanOptions options = lanInterfaces == null
                        ? LanOptions.fromEnvironment(bind)
                        : LanOptions.parse(lanInterfaces, bind);
                return LanDiscovery.open(options, workers);
            }
        };
    }
}
