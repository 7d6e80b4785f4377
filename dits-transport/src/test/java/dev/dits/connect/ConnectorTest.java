package dev.dits.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.crypto.JoinCode;
import dev.dits.crypto.PeerCertificate;
import dev.dits.discovery.Candidate;
import dev.dits.discovery.PeerDiscovery;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.PeerUnreachableException;
import dev.dits.limit.BackOff;
import dev.dits.session.Dialer;
import dev.dits.session.RequestHandler;
import dev.dits.session.RequestStream;
import dev.dits.session.ServerNames;
import dev.dits.session.Session;
import dev.dits.session.SessionListener;
import dev.dits.session.TestShare;
import dev.dits.wire.Message;
import java.io.Closeable;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ConnectorTest {
    private static final RequestHandler HANDLER =
            (session, request, exchange) -> exchange.send(new Message.Refs("share", List.of()));

    @TempDir
    Path directory;

    /** Tells of these addresses, whatever it is asked for, and remembers that. */
    private static final class Rumours implements PeerDiscovery {
        final List<InetSocketAddress> addresses = new ArrayList<>();
        final BlockingQueue<byte[]> asked = new LinkedBlockingQueue<>();
        final AtomicInteger searches = new AtomicInteger();

        @Override
        public Closeable announce(byte[] tag, int port) {
            return () -> {};
        }

        @Override
        public Closeable search(byte[] tag, Consumer<Candidate> found) {
            asked.add(tag);
            searches.incrementAndGet();
            addresses.forEach(address -> found.accept(Candidate.of(address, Candidate.Source.LAN)));
            return searches::decrementAndGet;
        }

        @Override
        public void close() {}
    }

    private final Rumours rumours = new Rumours();

    private Connector connector(TestShare here) {
        return new Connector(here.dialer, rumours, here.workers, here.clock);
    }

    private static String ask(Session session) throws IOException {
        try (RequestStream stream = session.open(new Message.GetRefs())) {
            return ((Message.Refs) stream.receive()).head();
        }
    }

    /** Answers at a nameplate and knows no code. */
    private static void pretend(TestShare node, JoinCode code, AtomicInteger asked) throws IOException {
        PeerCertificate own = TestShare.certificate();
        node.node.register(
                ServerNames.ofNameplate(code.nameplate()),
                own.privateKey(),
                own.certificate(),
                connection -> connection.onStream(stream -> {
                    asked.incrementAndGet();
                    connection.close(2, "no");
                }));
    }

    @Test
    void findsAShareByDiscoveryAndByAddress() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", HANDLER)) {
            rumours.addresses.add(there.address());
            Dialer.Opened opened = connector(here)
                    .join(
                            new Target.ByCode(door.code, List.of()),
                            TestShare.certificate(),
                            HANDLER,
                            TestShare.PATIENCE);
            assertThat(ask(opened.session())).isEqualTo("share");
            rumours.addresses.clear();
            Dialer.Opened ticket = connector(here)
                    .join(
                            new Target.ByTicket(door.ticket, List.of(there.address())),
                            TestShare.certificate(),
                            HANDLER,
                            TestShare.PATIENCE);
            assertThat(ask(ticket.session())).isEqualTo("share");
            Session again = connector(here).attach(ticket.stored(), null, HANDLER, TestShare.PATIENCE);
            assertThat(ask(again)).isEqualTo("share");
            assertThat(rumours.searches).hasValue(0);
            rumours.asked.remove();
            assertThat(rumours.asked.remove()).isEqualTo(Connector.tagOfShare(door.identity.shareId()));
            assertThat(rumours.asked.remove()).isEqualTo(Connector.tagOfShare(door.identity.shareId()));
        }
    }

    @Test
    void anImpostorAtTheSameNameplateDoesNotKeepTheShareAway() throws Exception {
        try (TestShare there = new TestShare();
                TestShare impostor = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", HANDLER)) {
            AtomicInteger asked = new AtomicInteger();
            pretend(impostor, door.code, asked);
            rumours.addresses.add(impostor.address());
            rumours.addresses.add(there.address());
            Dialer.Opened opened = connector(here)
                    .join(
                            new Target.ByCode(door.code, List.of()),
                            TestShare.certificate(),
                            HANDLER,
                            TestShare.PATIENCE);
            assertThat(ask(opened.session())).isEqualTo("share");
            assertThat(asked).hasValueLessThanOrEqualTo(2);
        }
    }

    @Test
    void aWrongCodeIsTriedOnceAgainstOneShareHoweverManyAddressesItHas() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", HANDLER)) {
            String right = door.code.display().replace("-", "");
            String wrong = right.substring(0, right.length() - 1) + (right.endsWith("A") ? "B" : "A");
            rumours.addresses.add(there.address());
            rumours.addresses.add(
                    new InetSocketAddress("127.0.0.1", there.address().getPort()));
            Target target = new Target.ByCode(JoinCode.parse(wrong), List.of(there.address()));
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() ->
                                connector(here).join(target, TestShare.certificate(), HANDLER, TestShare.PATIENCE))
                        .isInstanceOf(JoinRejectedException.class)
                        .hasMessageContaining("the code is wrong");
            }
            assertThat(there.refused).hasSize(2);
        }
    }

    @Test
    void whatCannotBeReachedIsNamedWithEveryAttempt() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare()) {
            JoinCode code = JoinCode.generate(here.random, 3);
            assertThatThrownBy(() -> connector(here)
                            .join(
                                    new Target.ByCode(code, List.of(there.address())),
                                    TestShare.certificate(),
                                    HANDLER,
                                    Duration.ofMillis(1_500)))
                    .isInstanceOfSatisfying(PeerUnreachableException.class, e -> {
                        assertThat(e.attempts())
                                .anyMatch(way -> way.contains(
                                        "127.0.0.1:" + there.address().getPort()))
                                .anyMatch(way -> way.contains("discovery: nobody answered within"));
                        assertThat(e).hasMessageContaining(code.nameplate());
                        assertThat(e.getMessage()).doesNotContain(new String(code.exposeSecret()));
                    });
            assertThat(rumours.searches).hasValue(0);
        }
    }

    @Test
    void anExpiredTicketAsksNobody() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", HANDLER)) {
            here.clock.move(Duration.ofHours(2));
            assertThatThrownBy(() -> connector(here)
                            .join(
                                    new Target.ByTicket(door.ticket, List.of(there.address())),
                                    TestShare.certificate(),
                                    HANDLER,
                                    TestShare.PATIENCE))
                    .isInstanceOf(JoinRejectedException.class);
            assertThat(rumours.asked).isEmpty();
        }
    }

    @Test
    void waitingCanBeInterrupted() throws Exception {
        try (TestShare here = new TestShare()) {
            BlockingQueue<Thread> thread = new LinkedBlockingQueue<>();
            JoinCode code = JoinCode.generate(here.random, 3);
            Future<Object> result = here.workers.submit(() -> {
                thread.add(Thread.currentThread());
                try {
                    return connector(here)
                            .join(
                                    new Target.ByCode(code, List.of()),
                                    TestShare.certificate(),
                                    HANDLER,
                                    Duration.ofHours(1));
                } catch (InterruptedException e) {
                    return e;
                }
            });
            Thread joiner = thread.take();
            rumours.asked.take();
            joiner.interrupt();
            assertThat(result.get(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
            assertThat(rumours.searches).hasValue(0);
        }
    }

    @Test
    void aLostSessionComesBackWhenTheShareDoesAndEndsWhenItIsRefused() throws Exception {
        try (TestShare here = new TestShare()) {
            BlockingQueue<String> events = new LinkedBlockingQueue<>();
            Dialer.Opened opened;
            InetSocketAddress address;
            try (TestShare there = new TestShare();
                    TestShare.Door door = there.share(directory, "project", HANDLER)) {
                address = there.address();
                opened = connector(here)
                        .join(
                                new Target.ByCode(door.code, List.of(address)),
                                TestShare.certificate(),
                                HANDLER,
                                TestShare.PATIENCE);
                opened.session().onEvent(new SessionListener() {
                    @Override
                    public void disconnected() {
                        events.add("disconnected");
                    }

                    @Override
                    public void closed(String reason) {
                        events.add(reason);
                    }
                });
                Reconnector.keep(
                        connector(here),
                        opened.session(),
                        opened.stored(),
                        HANDLER,
                        here.scheduler,
                        here.workers,
                        new Random(1));
            }
            assertThat(events.poll(20, TimeUnit.SECONDS)).isEqualTo("disconnected");
            Session session = opened.session();
            try (TestShare there = new TestShare()) {
                // The share is somewhere else now, and discovery tells where.
                rumours.addresses.add(there.address());
                try (TestShare.Door door = there.share(directory, "project", HANDLER)) {
                    assertThat(session.awaitConnection(30_000)).isTrue();
                    assertThat(ask(session)).isEqualTo("share");
                    door.grants.remove(session.info().sessionId());
                }
                assertThat(events.poll(20, TimeUnit.SECONDS)).isEqualTo("disconnected");
                try (TestShare.Door door = there.share(directory, "project", HANDLER)) {
                    assertThat(events.poll(30, TimeUnit.SECONDS)).contains("revoked");
                    assertThat(session.isClosed()).isTrue();
                    assertThat(door.acceptor.sessions()).isEmpty();
                }
            }
        }
    }

    @Test
    void triesAreFurtherAndFurtherApart() {
        BackOff backOff = new BackOff(Reconnector.AGAIN_MIN, Reconnector.AGAIN_MAX, new Random(7));
        long[] expectedMillis = {500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000};
        for (long expected : expectedMillis) {
            assertThat(backOff.next())
                    .isBetween(Duration.ofMillis(expected * 8 / 10), Duration.ofMillis(expected * 12 / 10));
        }
        backOff.reset();
        assertThat(backOff.next()).isLessThanOrEqualTo(Duration.ofMillis(600));
    }

    private PeerUnreachableException unreachable(TestShare here, InetSocketAddress address) {
        return org.assertj.core.api.Assertions.catchThrowableOfType(
                PeerUnreachableException.class,
                () -> connector(here)
                        .join(
                                new Target.ByCode(JoinCode.generate(here.random, 4), List.of(address)),
                                TestShare.certificate(),
                                HANDLER,
                                Duration.ofSeconds(4)));
    }

    @Test
    void everyPathSaysWhyItFailedHowOftenItWasTriedAndForHowLong() throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        int free;
        try (DatagramSocket socket = new DatagramSocket(0, loopback)) {
            free = socket.getLocalPort();
        }
        try (TestShare here = new TestShare();
                TestShare there = new TestShare();
                DatagramSocket silent = new DatagramSocket(0, loopback);
                TestShare.Door door = there.share(directory, "project", HANDLER)) {
            assertThat(unreachable(here, new InetSocketAddress(loopback, free)).attempts())
                    .anyMatch(way -> way.contains("127.0.0.1:" + free)
                            && way.contains("nothing listens on this UDP port")
                            && way.matches(".*\\([0-9]+ tr(y|ies) in [0-9.]+ s\\)"));
            assertThat(unreachable(here, new InetSocketAddress(loopback, silent.getLocalPort()))
                            .attempts())
                    .anyMatch(way -> way.contains("no answer to UDP") && way.contains("firewall"));
            assertThat(unreachable(here, there.address()).attempts())
                    .anyMatch(way -> way.contains("it answered, and has no such share"));
            assertThat(door.code.nameplate()).hasSize(4);
        }
    }
}
