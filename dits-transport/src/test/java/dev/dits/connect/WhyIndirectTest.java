package dev.dits.connect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.net.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WhyIndirectTest {
    private static final InetSocketAddress ONE = new InetSocketAddress("203.0.113.1", 4433);
    private static final InetSocketAddress TWO = new InetSocketAddress("203.0.113.1", 4434);

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    /** Is seen at one address after another. */
    private static class Seen extends UndialledEndpoint {
        private final Queue<InetSocketAddress> addresses;

        Seen(Queue<InetSocketAddress> addresses) {
            this.addresses = addresses;
        }

        @Override
        public InetSocketAddress observedBy(InetSocketAddress server, Duration timeout) throws IOException {
            synchronized (addresses) {
                InetSocketAddress next = addresses.poll();
                if (next == null) {
                    throw new IOException("no answer");
                }
                return next;
            }
        }

        @Override
        public InetSocketAddress localAddress() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 4433);
        }
    }

    private static Whereabouts whereabouts(List<InetSocketAddress> servers, InetSocketAddress... seen) {
        return Reachable.everywhere(new Seen(new ArrayDeque<>(List.of(seen))), () -> servers, Runnable::run);
    }

    @Test
    void twoServersTellWhatKindOfRouterThereIs() {
        List<InetSocketAddress> two =
                List.of(new InetSocketAddress("203.0.113.10", 3478), new InetSocketAddress("203.0.113.10", 3479));
        assertThat(whereabouts(two, ONE, ONE).nat()).isEqualTo(Whereabouts.Nat.EVEN);
        assertThat(whereabouts(two, ONE, ONE).addresses().get(0)).isEqualTo(ONE);
        assertThat(whereabouts(two, ONE, TWO).nat()).isEqualTo(Whereabouts.Nat.SYMMETRIC);
        assertThat(whereabouts(two, ONE).nat()).isEqualTo(Whereabouts.Nat.UNKNOWN);
        assertThat(whereabouts(two).nat()).isEqualTo(Whereabouts.Nat.SILENT);
        assertThat(whereabouts(List.of()).nat()).isEqualTo(Whereabouts.Nat.UNKNOWN);
        assertThat(whereabouts(two.subList(0, 1), ONE).nat()).isEqualTo(Whereabouts.Nat.UNKNOWN);
        assertThat(whereabouts(List.of()).addresses()).containsExactly(new Seen(new ArrayDeque<>()).localAddress());
    }

    private String why(
            Whereabouts.Nat own,
            Whereabouts.Nat there,
            List<InetSocketAddress> told,
            List<InetSocketAddress> targets,
            InetSocketAddress... heard) {
        Endpoint endpoint = new Seen(new ArrayDeque<>());
        PortSearch.Parts parts =
                new PortSearch.Parts(endpoint, timer, Runnable::run, new Random(1), new PortSearchLimits());
        Whereabouts here = new Whereabouts(List.of(), own);
        Whereabouts other = new Whereabouts(told, there);
        byte[] token = new byte[12];
        try (Punch punch = Punch.start(endpoint, token, targets, timer);
                PortSearch search = PortSearch.start(parts, here, other, token, token, () -> true, found -> {})) {
            return WhyIndirect.of(here, other, punch, search, Set.of(heard));
        }
    }

    @Test
    void theReasonIsWhatWasTriedAndWhatIsKnown() {
        Whereabouts.Nat even = Whereabouts.Nat.EVEN;
        Whereabouts.Nat symmetric = Whereabouts.Nat.SYMMETRIC;
        List<InetSocketAddress> one = List.of(ONE);
        assertThat(why(even, even, List.of(), List.of())).isEqualTo("the other side told no address");
        assertThat(why(even, even, one, List.of())).contains("may be sent to from here");
        assertThat(why(even, even, List.of(ONE, TWO), List.of(ONE, TWO)))
                .matches("no answer to [0-9]+ probes of 2 addresses");
        assertThat(why(symmetric, even, one, one))
                .matches("no answer to [0-9]+ probes of 1 address; this side's router .*symmetric NAT.*");
        assertThat(why(even, symmetric, one, one))
                .matches("no answer to [0-9]+ probes of 1 address; the other side's router .*symmetric NAT.*");
        assertThat(why(symmetric, symmetric, one, one)).contains("both sides' routers");
        assertThat(why(Whereabouts.Nat.SILENT, even, one, one)).contains("STUN does not answer this side");
        assertThat(why(even, Whereabouts.Nat.SILENT, one, one)).contains("STUN does not answer the other side");
        assertThat(why(even, Whereabouts.Nat.UNKNOWN, one, one, TWO)).contains("probes came from 203.0.113.1:4434");
    }

    @Test
    void whatIsManyMachinesOrNoneOrThisOneGetsNoProbe() {
        List<InetSocketAddress> told = new ArrayList<>();
        for (String host : List.of(
                "239.1.2.3",
                "ff02::1",
                "255.255.255.255",
                "0.0.0.0",
                "::",
                "169.254.1.1",
                "fe80::1",
                "127.0.0.1",
                "::1",
                "2001:db8:0:cafe::1")) {
            told.add(new InetSocketAddress(host, 4433));
        }
        told.add(new InetSocketAddress("198.51.100.7", 0));
        Endpoint wide = new Seen(new ArrayDeque<>()) {
            @Override
            public InetSocketAddress localAddress() {
                return new InetSocketAddress("0.0.0.0", 4433);
            }
        };
        assertThat(Reachable.worthAProbe(told, wide)).isEmpty();
        told.clear();
        for (int i = 0; i <= 8; i++) {
            told.add(new InetSocketAddress("198.51.100.7", 1 + i));
        }
        assertThat(Reachable.worthAProbe(told, wide)).containsExactlyElementsOf(told.subList(0, 8));
        // Who is bound to the loopback interface sends nothing beyond it.
        assertThat(Reachable.worthAProbe(told, new Seen(new ArrayDeque<>()))).isEmpty();
    }
}
