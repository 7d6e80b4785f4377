package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dits.crypto.JoinCode;
import dev.dits.error.PermissionDeniedException;
import dev.dits.net.ByteStream;
import dev.dits.net.Connection;
import dev.dits.object.ObjectId;
import dev.dits.wire.FrameWriter;
import dev.dits.wire.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A peer that has joined and then behaves badly below the level of requests. */
@Timeout(120)
class HostilePeerTest {
    private static final RequestHandler NAMED =
            (session, request, exchange) -> exchange.send(new Message.Refs("share", List.of()));
    private static final RequestHandler NOTHING = (session, request, exchange) -> {
        throw new PermissionDeniedException("nothing is served here");
    };

    @TempDir
    Path directory;

    private static String ask(Session session) throws IOException {
        try (RequestStream stream = session.open(new Message.GetRefs())) {
            Message.Refs refs = (Message.Refs) stream.receive();
            assertThat(stream.receive()).isInstanceOf(Message.End.class);
            return refs.head();
        }
    }

    /** References that move ten thousand times while nobody listens are one event to come. */
    @Test
    void whatIsSaidOverAndOverIsTakenOnce() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", NAMED)) {
            Session mount = here.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                    .session();
            Session share = there.joined();
            assertThat(ask(mount)).isEqualTo("share");
            CountDownLatch stuck = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            AtomicInteger heard = new AtomicInteger();
            mount.onEvent(new SessionListener() {
                @Override
                public void refsChanged() {
                    heard.incrementAndGet();
                    stuck.countDown();
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }
            });
            share.announceRefsChanged();
            assertThat(stuck.await(20, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < 10_000; i++) {
                share.announceRefsChanged();
            }
            // The control stream is in order: when this is answered, all of it was read.
            assertThat(share.ping(TestShare.PATIENCE)).isPositive();
            assertThat(mount.eventsPending()).isEqualTo(1);
            go.countDown();
            assertThat(ask(mount)).isEqualTo("share");
            assertThat(heard.get()).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void aSessionHasAFewConnectionsAndTheOldestGoes() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", NAMED)) {
            Dialer.Opened opened = here.join(there.address(), Dialer.Key.of(door.code), NOTHING);
            Session mount = opened.session();
            Connection oldest = mount.connections().get(0);
            for (int i = 1; i < Session.CONNECTIONS_MAX; i++) {
                here.attach(there.address(), opened.stored(), mount, NOTHING);
            }
            assertThat(ask(mount)).isEqualTo("share");
            assertThat(oldest.isOpen()).isTrue();
            here.attach(there.address(), opened.stored(), mount, NOTHING);
            assertThat(oldest.closed().get(20, TimeUnit.SECONDS).code()).isEqualTo(Session.LIMIT);
            assertThat(ask(mount)).isEqualTo("share");
            assertThat(there.joined().connections())
                    .filteredOn(Connection::isOpen) // one that has closed may still be listed for a moment
                    .hasSizeLessThanOrEqualTo(Session.CONNECTIONS_MAX);
        }
    }

    /** The longest request, byte by byte and never finished, on all streams: others are served, and so is this one's next. */
    @Test
    void requestsThatComeByteByByteHoldTheirOwnPlacesAlone() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare good = new TestShare();
                TestShare.Door door = there.share(directory, "project", NAMED)) {
            Session slow = here.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                    .session();
            Session other = good.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                    .session();
            assertThat(ask(slow)).isEqualTo("share");
            List<ByteStream> streams = new ArrayList<>();
            byte[] header = {0x24, (byte) 0xFF, (byte) 0xFF, 0x3F};
            for (int i = 0; i < 200; i++) {
                ByteStream stream = slow.connections().get(0).openStream();
                for (byte one : header) {
                    stream.write(new byte[] {one}, 0, 1);
                    stream.flush();
                }
                streams.add(stream);
            }
            for (int round = 0; round < 20; round++) {
                for (ByteStream stream : streams) {
                    stream.write(new byte[] {1}, 0, 1);
                    stream.flush();
                }
                assertThat(ask(other)).isEqualTo("share");
            }
            streams.forEach(stream -> stream.reset(0));
            assertThat(ask(slow)).isEqualTo("share");
        }
    }

    /** The smallest frames that want an answer, from a peer that reads none: it is held back, and others are not. */
    @Test
    void pingsAreAnsweredInOnesOwnTime() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare good = new TestShare();
                TestShare.Door door = there.share(directory, "project", NAMED)) {
            Session other = good.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                    .session();
            try (HandshakeClient hostile = new HandshakeClient(here, there.address(), door)) {
                FrameWriter writer = new FrameWriter(Session.output(hostile.control));
                hostile.control.setWriteTimeout(Duration.ofMillis(300));
                long sent = 0;
                try {
                    while (sent < 1_000_000) {
                        writer.write(new Message.Ping(sent));
                        sent++;
                        if (sent % 500 == 0) {
                            writer.flush();
                        }
                    }
                } catch (java.net.SocketTimeoutException e) {
                    // Held back, as it should be.
                }
                assertThat(sent).isLessThan(1_000_000);
                assertThat(other.ping(TestShare.PATIENCE)).isPositive();
                assertThat(ask(other)).isEqualTo("share");
            }
        }
    }

    /** A dialler that has joined, with its control stream in hand. */
    private static final class HandshakeClient implements AutoCloseable {
        final Connection connection;
        final ByteStream control;

        HandshakeClient(TestShare from, java.net.InetSocketAddress to, TestShare.Door door) throws Exception {
            dev.dits.crypto.PeerCertificate certificate = TestShare.certificate();
            connection = from.node.connect(
                    to,
                    ServerNames.ofNameplate(door.code.nameplate()),
                    certificate.privateKey(),
                    certificate.certificate(),
                    null,
                    TestShare.PATIENCE);
            control = connection.openStream();
            new MountHandshake(
                            new dev.dits.wire.FrameReader(
                                    control::read, dev.dits.wire.FrameReader.PAYLOAD_BYTES_MAX_WELCOME),
                            new FrameWriter(Session.output(control)),
                            connection.localFingerprint(),
                            connection.peerFingerprint(),
                            "laptop",
                            from.clock,
                            from.random)
                    .join(
                            Message.Hello.CODE,
                            Invitation.selector(door.code),
                            dev.dits.crypto.Spake2Password.of(door.code));
        }

        @Override
        public void close() {
            connection.close();
        }
    }

    /** Whatever it asks for after its time, or after it was revoked, it gets nothing, and the owner hears of it. */
    @Test
    void nothingIsServedAfterTheEndOfAGrant() throws Exception {
        ObjectId id = ObjectId.hash(new byte[1]);
        byte[] path = {'a'};
        List<Message> requests = List.of(
                new Message.GetRefs(),
                new Message.GetNodes(List.of(id), List.of(), 0),
                new Message.GetChunks(id, List.of(new Message.GetChunks.Item(path, 0, 1))),
                new Message.GetRange(id, path, 0, 1),
                new Message.Push("main", id, id));
        AtomicInteger served = new AtomicInteger();
        RequestHandler counting = (session, request, exchange) -> {
            served.incrementAndGet();
            exchange.send(new Message.Refs("share", List.of()));
        };
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", counting)) {
            JoinCode guests = JoinCode.generate(there.random, 3);
            Access hour = new Access(
                    false, List.of(), List.of(), there.clock.instant().plusSeconds(3_600));
            door.acceptor.invite(Invitation.of(guests, hour, null));
            Dialer.Opened opened = here.join(there.address(), Dialer.Key.of(guests), NOTHING);
            for (Message request : requests) {
                try (RequestStream stream = opened.session().open(request)) {
                    assertThat(stream.receive()).isInstanceOf(Message.Refs.class);
                }
            }
            int before = served.get();
            there.clock.move(Duration.ofHours(1));
            for (Message request : requests) {
                try (RequestStream stream = opened.session().open(request)) {
                    assertThatExceptionOfType(PermissionDeniedException.class)
                            .describedAs("%s", request)
                            .isThrownBy(stream::receive);
                }
                assertThat(there.denied.poll(20, TimeUnit.SECONDS)).contains("access to this share has ended");
            }
            assertThat(served).hasValue(before);

            // The same for one that is revoked while its streams are open.
            Dialer.Opened second = here.join(there.address(), Dialer.Key.of(door.code), NOTHING);
            BlockingQueue<String> ends = new LinkedBlockingQueue<>();
            second.session().onEvent(new SessionListener() {
                @Override
                public void closed(String reason) {
                    ends.add(reason);
                }
            });
            Connection connection = second.session().connections().get(0);
            ByteStream open = connection.openStream();
            open.write(new byte[] {0x20}, 0, 1);
            open.flush();
            int then = served.get();
            assertThat(door.acceptor.revoke(second.stored().sessionId())).isTrue();
            assertThat(ends.poll(20, TimeUnit.SECONDS)).contains("revoked");
            assertThatExceptionOfType(IOException.class).isThrownBy(() -> {
                open.write(new byte[] {0}, 0, 1);
                open.flush();
                open.read(new byte[1], 0, 1);
            });
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> here.attach(there.address(), second.stored(), null, NOTHING));
            assertThat(served).hasValue(then);
        }
    }
}
