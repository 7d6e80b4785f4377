package dev.dits;

import dev.dits.discovery.PeerDiscovery;
import dev.dits.net.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;

/** Opens a node on another network than the real one. */
public final class SimulatedDits {
    /** What the node meets in place of the network. */
    public interface Surroundings {
        Endpoint bind(InetSocketAddress at, Executor workers) throws IOException;

        PeerDiscovery discover(Executor workers) throws IOException;
    }

    private SimulatedDits() {}

    public static Dits open(DitsOptions options, Surroundings surroundings) throws IOException {
        return Dits.open(options, new Network() {
            @Override
            public Endpoint bind(InetSocketAddress at, Executor workers) throws IOException {
                return surroundings.bind(at, workers);
            }

            @Override
            public PeerDiscovery discover(InetAddress bind, Executor workers) throws IOException {
                return surroundings.discover(workers);
            }
        });
    }
}
