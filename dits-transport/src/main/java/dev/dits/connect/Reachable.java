package dev.dits.connect;

import dev.dits.discovery.Candidate;
import dev.dits.net.CarriedAddress;
import dev.dits.net.Endpoint;
import dev.dits.net.LocalNetwork;
import dev.dits.wire.Message;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where an endpoint may be reached, as it is told to a peer that has joined; and which of a peer's addresses are worth a packet. */
public final class Reachable {
    /** A STUN server that takes longer is not worth that a peer waits for it. */
    private static final Duration STUN_TIME = Duration.ofMillis(1_200);

    private static final Logger LOG = LoggerFactory.getLogger(Reachable.class);

    private Reachable() {}

    /**
     * Lists the addresses of this machine at which an endpoint listens.
     *
     * @param endpoint bound to one address or to all
     * @return IPv4 first, without link-local ones; the loopback address alone where there is no other
     */
    public static List<InetSocketAddress> here(Endpoint endpoint) {
        InetSocketAddress bound = endpoint.localAddress();
        if (!bound.getAddress().isAnyLocalAddress()) {
            return List.of(bound);
        }
        List<InetSocketAddress> found = new ArrayList<>();
        int ipv4 = 0;
        try {
            for (NetworkInterface one : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                if (!one.isUp()) {
                    continue;
                }
                for (InterfaceAddress address : one.getInterfaceAddresses()) {
                    InetAddress ip = address.getAddress();
                    if (!ip.isLoopbackAddress() && !ip.isLinkLocalAddress()) {
                        found.add(
                                ip instanceof Inet4Address ? ipv4++ : found.size(),
                                new InetSocketAddress(ip, bound.getPort()));
                    }
                }
            }
        } catch (IOException e) {
            LOG.debug("the interfaces can not be listed", e);
        }
        if (found.isEmpty()) {
            found.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), bound.getPort()));
        }
        return List.copyOf(found);
    }

    /**
     * Tells whether an address is of this machine, or of a network that one of its interfaces is on.
     *
     * @param host any
     * @return false where the interfaces can not be listed
     */
    public static boolean isOnLink(InetAddress host) {
        if (host.isLoopbackAddress() || host.isLinkLocalAddress()) {
            return true;
        }
        return LocalNetwork.has(host);
    }

    /**
     * Finds out where an endpoint may be reached: {@link #here}, and where two STUN servers see it. Blocks for a round trip.
     *
     * @param endpoint whose
     * @param stunServers who can tell; may be none
     * @param workers one of them asks the second server meanwhile
     * @return the addresses, and what the answers say of the router before it
     */
    public static Whereabouts everywhere(
            Endpoint endpoint, Supplier<List<InetSocketAddress>> stunServers, Executor workers) {
        List<InetSocketAddress> servers = stunServers.get();
        List<CompletableFuture<Optional<InetSocketAddress>>> asked = new ArrayList<>();
        for (InetSocketAddress server : servers.subList(0, Math.min(2, servers.size()))) {
            Supplier<Optional<InetSocketAddress>> ask = () -> seenBy(endpoint, server);
            asked.add(
                    asked.isEmpty() && servers.size() > 1
                            ? CompletableFuture.supplyAsync(ask, workers)
                            : CompletableFuture.completedFuture(ask.get()));
        }
        List<InetSocketAddress> seen =
                asked.stream().flatMap(one -> one.join().stream()).toList();
        Set<InetSocketAddress> all = new LinkedHashSet<>();
        seen.stream().limit(1).forEach(all::add);
        all.addAll(here(endpoint));
        return new Whereabouts(all.stream().limit(Message.Meet.CANDIDATES_MAX).toList(), nat(servers.size(), seen));
    }

    private static Optional<InetSocketAddress> seenBy(Endpoint endpoint, InetSocketAddress server) {
        try {
            return Optional.of(endpoint.observedBy(server, STUN_TIME));
        } catch (IOException e) {
            LOG.debug("a STUN server does not answer", e);
            return Optional.empty();
        }
    }

    static Whereabouts.Nat nat(int servers, List<InetSocketAddress> seen) {
        if (seen.size() >= 2) {
            return seen.get(0).equals(seen.get(1)) ? Whereabouts.Nat.EVEN : Whereabouts.Nat.SYMMETRIC;
        }
        return servers > 0 && seen.isEmpty() ? Whereabouts.Nat.SILENT : Whereabouts.Nat.UNKNOWN;
    }

    /**
     * Picks the addresses that a joined peer may make this machine send probes to.
     *
     * @param candidates what it named
     * @param endpoint that would send
     * @return without multicast, broadcast and unspecified ones; loopback and link-local ones only for an endpoint that is bound there itself
     */
    public static List<InetSocketAddress> worthAProbe(List<InetSocketAddress> candidates, Endpoint endpoint) {
        InetAddress bound = endpoint.localAddress().getAddress();
        return candidates.stream()
                .filter(one -> isWorthAProbe(one, bound))
                .distinct()
                .limit(Message.Meet.CANDIDATES_MAX)
                .toList();
    }

    private static boolean isWorthAProbe(InetSocketAddress candidate, InetAddress bound) {
        InetAddress host = candidate.getAddress();
        return candidate.getPort() != 0
                && Candidate.isOfOneMachine(host)
                && !CarriedAddress.is(candidate)
                && host.isLoopbackAddress() == bound.isLoopbackAddress()
                && (!host.isLinkLocalAddress() || bound.isLinkLocalAddress());
    }
}
