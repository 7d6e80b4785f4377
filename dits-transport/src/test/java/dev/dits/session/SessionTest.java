package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.dits.DitsThreads;
import dev.dits.crypto.PeerCertificate;
import dev.dits.error.BranchMovedException;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.DiskFullException;
import dev.dits.error.DitsException;
import dev.dits.error.FileAccessException;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.JoinRejectedException.Reason;
import dev.dits.error.MissingObjectException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.error.ProtocolException;
import dev.dits.error.RepositoryBusyException;
import dev.dits.error.SessionClosedException;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.net.ByteStream;
import dev.dits.net.CloseReason;
import dev.dits.net.Connection;
import dev.dits.net.Way;
import dev.dits.wire.FrameReader;
import dev.dits.wire.FrameWriter;
import dev.dits.wire.Message;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sessions over real sockets on 127.0.0.1. */
@Timeout(120)
class SessionTest {
    @TempDir
    Path directory;

    /** Answers with the name of whoever answers. */
    private static RequestHandler named(String name) {
        return (session, request, exchange) -> exchange.send(new Message.Refs(name, List.of()));
    }

    private static final RequestHandler NOTHING = (session, request, exchange) -> {
        throw new PermissionDeniedException("nothing is served here");
    };

    private static String ask(Session session) throws IOException {
        try (RequestStream stream = session.open(new Message.GetRefs())) {
            Message.Refs refs = (Message.Refs) stream.receive();
            assertThat(stream.receive()).isInstanceOf(Message.End.class);
            return refs.head();
        }
    }

    private static Reason reason(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        JoinRejectedException rejected =
                org.assertj.core.api.Assertions.catchThrowableOfType(JoinRejectedException.class, call);
        assertThat(rejected).isNotNull();
        return rejected.reason();
    }

    @Test
    void joinsByCodeAndBothEndsMayAsk() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", named("share"))) {
            Dialer.Opened opened = here.join(there.address(), Dialer.Key.of(door.code), named("mount"));
            Session mount = opened.session();
            Session share = there.joined();
            assertThat(ask(mount)).isEqualTo("share");
            assertThat(ask(share)).isEqualTo("mount");
            assertThat(mount.info().shareName()).isEqualTo("project");
            assertThat(mount.info().branch()).isEqualTo("main");
            assertThat(mount.info().profile()).isEqualTo("default");
            assertThat(mount.info().readOnly()).isFalse();
            assertThat(mount.info().sessionId()).isEqualTo(share.info().sessionId());
            assertThat(share.info().peerName()).isEqualTo("laptop");
            assertThat(share.info().shareId()).isEqualTo(mount.info().shareId());
            assertThat(mount.ping(TestShare.PATIENCE)).isPositive();
            assertThat(share.ping(TestShare.PATIENCE)).isPositive();
        }
    }

    @Test
    void joinsByTicketWithWhatItGrants() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", named("share"))) {
            Session mount = here.join(there.address(), Dialer.Key.of(door.ticket), NOTHING)
                    .session();
            assertThat(ask(mount)).isEqualTo("share");
            assertThat(mount.info().readOnly()).isTrue();
            assertThat(there.joined().access().readOnly()).isTrue();
        }
    }

    @Test
    void refusesTicketsThatExpiredOrAreUnknown() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", named("share"))) {
            Dialer.Key unknown = Dialer.Key.of(door.ticket(there.clock.instant().getEpochSecond() + 60));
            assertThat(reason(() -> here.join(there.address(), unknown, NOTHING)))
                    .isEqualTo(Reason.UNKNOWN_SHARE);
            there.clock.move(Duration.ofHours(2));
            assertThat(reason(() -> here.join(there.address(), Dialer.Key.of(door.ticket), NOTHING)))
                    .isEqualTo(Reason.EXPIRED);
            assertThat(ask(here.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                            .session()))
                    .isEqualTo("share");
        }
    }

    @Test
    void anInvitationForOnceLetsOneIn() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", named("share"))) {
            dev.dits.crypto.Ticket ticket = door.ticket(there.clock.instant().getEpochSecond() + 60);
            door.acceptor.invite(Invitation.of(ticket, Access.toAll(false)).once());
            Dialer.Opened opened = here.join(there.address(), Dialer.Key.of(ticket), NOTHING);
            assertThat(ask(opened.session())).isEqualTo("share");
            assertThat(reason(() -> here.join(there.address(), Dialer.Key.of(ticket), NOTHING)))
                    .isEqualTo(Reason.USED_UP);
            // Whoever is in comes back without it.
            assertThat(ask(here.attach(there.address(), opened.stored(), null, NOTHING)))
                    .isEqualTo("share");
        }
    }

    @Test
    void aWithdrawnCodeLetsNobodyInAndAnotherOneDoes() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", named("share"))) {
            Session before = here.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                    .session();
            door.acceptor.withdraw(Invitation.of(door.code, Access.toAll(false), null));
            assertThatThrownBy(() -> here.join(there.address(), Dialer.Key.of(door.code), NOTHING))
                    .isInstanceOf(IOException.class);
            dev.dits.crypto.JoinCode second = dev.dits.crypto.JoinCode.generate(there.random, 3);
            door.acceptor.invite(Invitation.of(second, Access.toAll(true), null));
            assertThat(ask(here.join(there.address(), Dialer.Key.of(second), NOTHING)
                            .session()))
                    .isEqualTo("share");
            assertThat(ask(before)).isEqualTo("share");
        }
    }

    @Test
    void aWrongCodeIsRefusedAndTheRightOneStillWorks() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", named("share"))) {
            String right = door.code.display().replace("-", "");
            String wrong = right.substring(0, right.length() - 1) + (right.endsWith("A") ? "B" : "A");
            Dialer.Key key = Dialer.Key.of(HandshakeTest.code(wrong));
            assertThatThrownBy(() -> here.join(there.address(), key, NOTHING))
                    .isInstanceOf(JoinRejectedException.class)
                    .hasMessageContaining("the code is wrong")
                    .hasMessageNotContaining(right.substring(4));
            assertThat(there.refused.poll(20, TimeUnit.SECONDS)).contains("wrong");
            assertThat(door.grants.list()).isEmpty();
            assertThat(ask(here.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                            .session()))
                    .isEqualTo("share");
        }
    }

    @Test
    void attachesAgainAfterARestartOfTheShareAndNotAfterItsGrantIsRevoked() throws Exception {
        try (TestShare here = new TestShare()) {
            Path kept = directory.resolve("mount/session");
            try (TestShare there = new TestShare();
                    TestShare.Door door = there.share(directory, "project", named("first"))) {
                here.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                        .stored()
                        .write(kept);
            }
            StoredSession stored = StoredSession.read(kept).orElseThrow();
            try (TestShare there = new TestShare();
                    TestShare.Door door = there.share(directory, "project", named("second"))) {
                Session mount = here.attach(there.address(), stored, null, NOTHING);
                assertThat(ask(mount)).isEqualTo("second");
                assertThat(there.joined().info().peerName()).isEqualTo("laptop");

                BlockingQueue<String> ends = new LinkedBlockingQueue<>();
                mount.onEvent(new SessionListener() {
                    @Override
                    public void closed(String reason) {
                        ends.add(reason);
                    }
                });
                assertThat(door.acceptor.revoke(stored.sessionId())).isTrue();
                assertThat(ends.poll(20, TimeUnit.SECONDS)).contains("revoked");
                assertThatThrownBy(() -> ask(mount)).isInstanceOf(SessionClosedException.class);
                assertThat(reason(() -> here.attach(there.address(), stored, null, NOTHING)))
                        .isEqualTo(Reason.REVOKED);
                assertThat(door.acceptor.revoke(stored.sessionId())).isFalse();
            }
        }
    }

    @Test
    void aStolenSecretWithoutItsCertificateIsNoUse() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", named("share"))) {
            StoredSession own = here.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                    .stored();
            StoredSession stolen = new StoredSession(
                    own.shareId(),
                    own.sessionId(),
                    own.secret(),
                    TestShare.certificate(),
                    own.shareFingerprint(),
                    List.of());
            assertThat(reason(() -> here.attach(there.address(), stolen, null, NOTHING)))
                    .isEqualTo(Reason.REVOKED);
        }
    }

    @Test
    void aMiddleManThatEndsTlsAndRelaysEveryByteGetsNoSession() throws Exception {
        try (TestShare there = new TestShare();
                TestShare middle = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", named("share"))) {
            PeerCertificate own = TestShare.certificate();
            String name = ServerNames.ofNameplate(door.code.nameplate());
            middle.node.register(name, own.privateKey(), own.certificate(), victim -> {
                try {
                    Connection onward = middle.node.connect(
                            there.address(), name, own.privateKey(), own.certificate(), null, TestShare.PATIENCE);
                    victim.onStream(from -> {
                        try {
                            ByteStream to = onward.openStream();
                            middle.workers.execute(() -> relay(to, from));
                            relay(from, to);
                        } catch (IOException e) {
                            from.reset(0);
                        }
                    });
                } catch (IOException e) {
                    victim.close();
                }
            });
            Dialer.Key key = Dialer.Key.of(door.code);
            assertThat(reason(() -> here.join(middle.address(), key, NOTHING))).isEqualTo(Reason.WRONG_CODE);
            assertThat(there.refused.poll(20, TimeUnit.SECONDS)).contains("wrong");
            assertThat(door.grants.list()).isEmpty();
            // The same code, without the middle man.
            assertThat(ask(here.join(there.address(), key, NOTHING).session())).isEqualTo("share");
        }
    }

    private static void relay(ByteStream from, ByteStream to) {
        byte[] buffer = new byte[4_096];
        try {
            for (int read = from.read(buffer, 0, buffer.length);
                    read >= 0;
                    read = from.read(buffer, 0, buffer.length)) {
                to.write(buffer, 0, read);
                to.flush();
            }
            to.shutdownOutput();
        } catch (IOException e) {
            to.reset(0);
        }
    }

    @Test
    void aNodeAnswersForItsOwnSharesOnlyAndForEachWithItsOwn() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door one = there.share(directory.resolve("1"), "one", named("one"));
                TestShare.Door two = there.share(directory.resolve("2"), "two", named("two"))) {
            Session first =
                    here.join(there.address(), Dialer.Key.of(one.code), NOTHING).session();
            Session second =
                    here.join(there.address(), Dialer.Key.of(two.code), NOTHING).session();
            assertThat(ask(first)).isEqualTo("one");
            assertThat(ask(second)).isEqualTo("two");
            assertThat(first.info().shareId()).isNotEqualTo(second.info().shareId());
            Dialer.Key nobody = Dialer.Key.of(dev.dits.crypto.JoinCode.generate(there.random, 5));
            assertThatThrownBy(() -> here.join(there.address(), nobody, NOTHING))
                    .isInstanceOf(IOException.class);
            // By the name of one, nothing can be learned of the other.
            try (Raw raw = new Raw(here, there.address(), ServerNames.ofNameplate(one.code.nameplate()))) {
                raw.send(new Message.Hello(
                        List.of(1), Message.Hello.CODE, Invitation.selector(two.code), new byte[32], new byte[65]));
                assertThat(raw.receive())
                        .isInstanceOfSatisfying(
                                Message.Refused.class,
                                refused -> assertThat(refused.code()).isEqualTo(Reason.UNKNOWN_SHARE.code()));
            }
        }
    }

    /** A dialler that says what it likes. */
    private static final class Raw implements AutoCloseable {
        final Connection connection;
        final ByteStream control;
        final FrameWriter writer;
        final FrameReader reader;

        Raw(TestShare from, InetSocketAddress to, String name) throws IOException {
            PeerCertificate certificate = TestShare.certificate();
            connection = from.node.connect(
                    to, name, certificate.privateKey(), certificate.certificate(), null, TestShare.PATIENCE);
            control = connection.openStream();
            writer = new FrameWriter(Session.output(control));
            reader = new FrameReader(control::read, FrameReader.PAYLOAD_BYTES_MAX);
        }

        void send(Message message) throws IOException {
            writer.write(message);
            writer.flush();
        }

        Message receive() throws IOException {
            return reader.read();
        }

        CloseReason end() throws Exception {
            return connection.closed().get(TestShare.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }

        @Override
        public void close() {
            connection.close();
        }
    }

    @Test
    void whoBreaksTheRulesBeforeTheJoinIsCutOff() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", named("share"))) {
            String name = ServerNames.ofNameplate(door.code.nameplate());
            try (Raw tooLong = new Raw(here, there.address(), name)) {
                byte[] header = {0x01, (byte) (513 & 0x7F | 0x80), 513 >> 7};
                tooLong.control.write(header, 0, header.length);
                tooLong.control.flush();
                assertThat(tooLong.end().code()).isEqualTo(Session.PROTOCOL);
            }
            try (Raw twoStreams = new Raw(here, there.address(), name)) {
                twoStreams.control.write(new byte[] {0x01}, 0, 1);
                twoStreams.control.flush();
                ByteStream second = twoStreams.connection.openStream();
                second.write(new byte[] {0x20, 0x00}, 0, 2);
                second.flush();
                assertThat(twoStreams.end().code()).isEqualTo(Session.PROTOCOL);
            }
            try (Raw request = new Raw(here, there.address(), name)) {
                request.send(new Message.GetRefs());
                assertThat(request.end().code()).isEqualTo(Session.PROTOCOL);
            }
            assertThat(ask(here.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                            .session()))
                    .isEqualTo("share");
        }
    }

    @Test
    void aFewMayJoinAtOnceAndSilentOnesAreGoneAfterTenSeconds() throws Exception {
        ManualScheduler timer = new ManualScheduler();
        List<TestShare> sources = new ArrayList<>();
        List<Raw> silent = new ArrayList<>();
        try (TestShare there = new TestShare();
                TestShare joinedBefore = new TestShare("127.0.1.1");
                TestShare.Door door = there.share(directory, "project", named("share"), timer)) {
            String name = ServerNames.ofNameplate(door.code.nameplate());
            Dialer.Key key = Dialer.Key.of(door.code);
            Session before = joinedBefore.join(there.address(), key, NOTHING).session();
            there.joined();
            for (int source = 0; source < 16; source++) {
                TestShare from = new TestShare("127.0.2." + (source + 1));
                sources.add(from);
                for (int i = 0; i < Lobby.UNJOINED_PER_SOURCE_MAX; i++) {
                    silent.add(new Raw(from, there.address(), name));
                }
                if (source == 0) {
                    // The fifth of one source.
                    assertThat(reason(() -> from.join(there.address(), key, NOTHING)))
                            .isEqualTo(Reason.BUSY);
                }
            }
            // The sixty-fifth of all.
            assertThat(silent).hasSize(Lobby.UNJOINED_MAX);
            assertThat(reason(() -> joinedBefore.join(there.address(), key, NOTHING)))
                    .isEqualTo(Reason.BUSY);
            assertThat(ask(before)).isEqualTo("share");
            timer.move(ShareAcceptor.JOIN_TIME.minusMillis(1));
            assertThat(silent).allMatch(one -> one.connection.isOpen());
            timer.move(Duration.ofMillis(1));
            for (Raw one : silent) {
                assertThat(one.end().code()).isEqualTo(Session.LIMIT);
            }
            assertThat(ask(before)).isEqualTo("share");
            assertThat(ask(sources.get(0).join(there.address(), key, NOTHING).session()))
                    .isEqualTo("share");
        } finally {
            sources.forEach(TestShare::close);
            timer.shutdownNow();
        }
    }

    @Test
    void aRequestIsMadeAgainOverTheOtherConnection() throws Exception {
        Semaphore go = new Semaphore(0);
        CountDownLatch asked = new CountDownLatch(1);
        RequestHandler slow = (session, request, exchange) -> {
            asked.countDown();
            go.acquire();
            exchange.send(new Message.Refs("share", List.of()));
        };
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", slow)) {
            Dialer.Opened opened = here.join(there.address(), Dialer.Key.of(door.code), NOTHING);
            Session mount = opened.session();
            assertThat(here.attach(there.address(), opened.stored(), mount, NOTHING))
                    .isSameAs(mount);
            Session share = there.joined();
            BlockingQueue<String> events = new LinkedBlockingQueue<>();
            mount.onEvent(new SessionListener() {
                @Override
                public void disconnected() {
                    events.add("disconnected");
                }
            });
            assertThat(mount.connections()).hasSize(2);
            RequestStream stream = mount.open(new Message.GetRefs());
            assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
            mount.connections().get(1).close();
            assertThatThrownBy(stream::receive).isInstanceOf(SessionClosedException.class);
            stream.close();
            go.release(2);
            assertThat(ask(mount)).isEqualTo("share");
            assertThat(events).isEmpty();
            assertThat(there.joined).isEmpty();

            mount.connections().get(0).close(Session.SHUTTING_DOWN, "test");
            assertThat(events.poll(20, TimeUnit.SECONDS)).isEqualTo("disconnected");
            assertThatThrownBy(() -> mount.open(new Message.GetRefs())).isInstanceOf(SessionClosedException.class);
            assertThat(mount.isClosed()).isFalse();
            go.release();
            here.attach(there.address(), opened.stored(), mount, NOTHING);
            assertThat(mount.awaitConnection(20_000)).isTrue();
            assertThat(ask(mount)).isEqualTo("share");
            // The share kept the session meanwhile.
            assertThat(there.joined).isEmpty();
            assertThat(share.isClosed()).isFalse();
        }
    }

    @Test
    void servesSixteenAtOnceAndTheOthersInTurn() throws Exception {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch full = new CountDownLatch(Session.SERVED_MAX);
        CountDownLatch go = new CountDownLatch(1);
        java.util.concurrent.atomic.AtomicBoolean first = new java.util.concurrent.atomic.AtomicBoolean(true);
        RequestHandler handler = (session, request, exchange) -> {
            if (first.compareAndSet(true, false)) {
                exchange.send(new Message.Refs("share", List.of()));
                return;
            }
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            full.countDown();
            go.await();
            now.decrementAndGet();
            exchange.send(new Message.Refs("share", List.of()));
        };
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", handler)) {
            Session mount = here.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                    .session();
            // Until the share has read the last message of the join a mount opens a few streams and no more.
            assertThat(ask(mount)).isEqualTo("share");
            List<RequestStream> streams = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                streams.add(mount.open(new Message.GetRefs()));
            }
            assertThat(full.await(20, TimeUnit.SECONDS)).isTrue();
            go.countDown();
            for (RequestStream stream : streams) {
                assertThat(stream.receive()).isInstanceOf(Message.Refs.class);
                assertThat(stream.receive()).isInstanceOf(Message.End.class);
                stream.close();
            }
            assertThat(most).hasValue(Session.SERVED_MAX);
        }
    }

    @Test
    void failuresCrossAsWhatTheyAreAndOnlyWhatIsWrittenForPeersWithItsText() throws Exception {
        String here = "/home/secret/.dits/store.lock";
        BlockingQueue<Exception> failures = new LinkedBlockingQueue<>();
        RequestHandler handler = (session, request, exchange) -> {
            Exception failure = failures.remove();
            if (failure instanceof IOException io) {
                throw io;
            }
            throw (RuntimeException) failure;
        };
        try (TestShare there = new TestShare();
                TestShare mounter = new TestShare();
                TestShare.Door door = there.share(directory, "project", handler)) {
            Session mount = mounter.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                    .session();
            Map<Exception, Class<?>> all = new LinkedHashMap<>();
            all.put(new RequestException(ErrorCodes.NOT_FOUND, "no such branch"), MissingObjectException.class);
            all.put(new PermissionDeniedException("you may read only"), PermissionDeniedException.class);
            all.put(new BranchMovedException("main moved"), BranchMovedException.class);
            all.put(new RequestException(ErrorCodes.BUSY, "another push"), RepositoryBusyException.class);
            all.put(new MissingObjectException(here), MissingObjectException.class);
            all.put(new RepositoryBusyException(here + " is held by process 1"), RepositoryBusyException.class);
            all.put(new UnsupportedFormatException(here + " is of version 9"), UnsupportedFormatException.class);
            all.put(new DiskFullException("no room for " + here, null), DiskFullException.class);
            all.put(new FileAccessException(here, "no permission for " + here, null), DitsException.class);
            all.put(new CorruptObjectException(here), DitsException.class);
            all.put(new NoSuchFileException(here), DitsException.class);
            all.put(new IllegalArgumentException(here), ProtocolException.class);
            all.put(new CancellationException(here), SessionClosedException.class);
            all.put(new IllegalStateException(here), DitsException.class);
            for (Map.Entry<Exception, Class<?>> one : all.entrySet()) {
                failures.add(one.getKey());
                Throwable thrown =
                        catchThrowable(() -> mount.open(new Message.GetRefs()).receive());
                assertThat(thrown).isExactlyInstanceOf(one.getValue()).hasMessageNotContaining("secret");
                boolean forPeers = !String.valueOf(one.getKey().getMessage()).contains(here);
                assertThat(thrown.getMessage()).as(one.getKey().toString()).doesNotContain("null");
                if (forPeers) {
                    assertThat(thrown).hasMessageContaining(one.getKey().getMessage());
                }
            }
            assertThat(mount.isConnected()).isTrue();
        }
    }

    @Test
    void aRequesterThatLosesInterestStopsTheResponder() throws Exception {
        CountDownLatch stopped = new CountDownLatch(1);
        byte[] payload = new byte[1 << 20];
        RequestHandler endless = (session, request, exchange) -> {
            try {
                while (true) {
                    exchange.send(new Message.Chunk(Message.PLAIN, payload.length, payload));
                }
            } finally {
                stopped.countDown();
            }
        };
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", endless)) {
            Session mount = here.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                    .session();
            RequestStream stream = mount.open(new Message.GetRefs());
            assertThat(stream.receive()).isInstanceOf(Message.Chunk.class);
            stream.close();
            assertThat(stopped.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(mount.ping(TestShare.PATIENCE)).isPositive();
        }
    }

    @Test
    void listenersHearInOrder() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", named("share"))) {
            Session mount = here.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                    .session();
            BlockingQueue<String> events = new LinkedBlockingQueue<>();
            mount.onEvent(new SessionListener() {
                @Override
                public void refsChanged() {
                    events.add("changed");
                }

                @Override
                public void closed(String reason) {
                    events.add("closed: " + reason);
                }
            });
            Session share = there.joined();
            assertThat(share.awaitConnection(20_000)).isTrue();
            share.announceRefsChanged();
            assertThat(events.poll(20, TimeUnit.SECONDS)).isEqualTo("changed");
            share.close();
            assertThat(events.poll(20, TimeUnit.SECONDS)).startsWith("closed: the other side ended the session");
            assertThat(mount.isClosed()).isTrue();
        }
    }

    @Test
    void closesInAnyOrderAndLeavesNoThread() throws Exception {
        for (int order = 0; order < 4; order++) {
            TestShare there = new TestShare();
            TestShare here = new TestShare();
            TestShare.Door door = there.share(directory.resolve("" + order), "project", named("share"));
            Session mount = here.join(there.address(), Dialer.Key.of(door.code), NOTHING)
                    .session();
            assertThat(ask(mount)).isEqualTo("share");
            List<AutoCloseable> all = new ArrayList<>(List.of(mount, door, here, there));
            java.util.Collections.rotate(all, order);
            for (AutoCloseable one : all) {
                one.close();
            }
            for (AutoCloseable one : all) {
                one.close();
            }
            assertThat(mount.isConnected()).isFalse();
            for (TestShare node : List.of(there, here)) {
                assertThat(node.workers.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
                assertThat(node.scheduler.awaitTermination(20, TimeUnit.SECONDS))
                        .isTrue();
            }
        }
        DitsThreads.assertEnded("dits-net", Set.of());
    }

    @Test
    void secretsAreInNoTextAndInFilesOfTheOwnerAlone() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory.resolve("share"), "project", named("share"))) {
            Dialer.Key key = Dialer.Key.of(door.code);
            Dialer.Opened opened = here.join(there.address(), key, NOTHING);
            Path file = directory.resolve("mount/session");
            opened.stored().write(file);
            Session share = there.joined();
            Grant grant = door.grants.list().get(0);
            String secret = HexFormat.of().formatHex(opened.stored().secret().exposeBytes());
            String code = door.code.display().substring(5);
            String said = String.join(
                    " ",
                    List.of(
                            key.toString(),
                            Dialer.Key.of(door.ticket).toString(),
                            opened.toString(),
                            opened.stored().toString(),
                            share.toString(),
                            grant.toString(),
                            door.identity.toString(),
                            door.grants.toString(),
                            Invitation.of(door.code, Access.toAll(true), null).toString()));
            assertThat(said).doesNotContain(secret).doesNotContain(code);
            StoredSession again = StoredSession.read(file).orElseThrow();
            assertThat(again.secret()).isEqualTo(opened.stored().secret());
            assertThat(again.addresses()).isEqualTo(opened.stored().addresses());
            for (Path one : List.of(file, directory.resolve("share/identity"), directory.resolve("share/grants"))) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(one)))
                        .isEqualTo("rw-------");
            }
        }
    }

    @Test
    void accessThatHasEndedServesNothing() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare();
                TestShare.Door door = there.share(directory, "project", named("share"))) {
            dev.dits.crypto.JoinCode guests = dev.dits.crypto.JoinCode.generate(there.random, 3);
            Access hour =
                    new Access(true, List.of(), List.of(), there.clock.instant().plusSeconds(3_600));
            door.acceptor.invite(Invitation.of(guests, hour, null));
            Dialer.Opened opened = here.join(there.address(), Dialer.Key.of(guests), NOTHING);
            assertThat(ask(opened.session())).isEqualTo("share");
            there.clock.move(Duration.ofHours(1));
            assertThatThrownBy(() -> ask(opened.session())).isInstanceOf(PermissionDeniedException.class);
            assertThat(reason(() -> here.attach(there.address(), opened.stored(), null, NOTHING)))
                    .isEqualTo(Reason.EXPIRED);
        }
    }

    @Test
    void interruptingAJoinEndsIt() throws Exception {
        try (TestShare there = new TestShare();
                TestShare here = new TestShare()) {
            PeerCertificate own = TestShare.certificate();
            dev.dits.crypto.JoinCode code = dev.dits.crypto.JoinCode.generate(there.random, 3);
            CountDownLatch reached = new CountDownLatch(1);
            // Takes the stream and says nothing.
            there.node.register(
                    ServerNames.ofNameplate(code.nameplate()),
                    own.privateKey(),
                    own.certificate(),
                    connection -> connection.onStream(stream -> reached.countDown()));
            Dialer.Key key = Dialer.Key.of(code);
            Thread[] joiner = new Thread[1];
            CountDownLatch started = new CountDownLatch(1);
            Future<Object> result = here.workers.submit(() -> {
                joiner[0] = Thread.currentThread();
                started.countDown();
                try {
                    return here.join(there.address(), key, NOTHING);
                } catch (IOException e) {
                    return e;
                }
            });
            started.await();
            assertThat(reached.await(20, TimeUnit.SECONDS)).isTrue();
            joiner[0].interrupt();
            assertThat(result.get(20, TimeUnit.SECONDS)).isInstanceOf(java.io.InterruptedIOException.class);
        }
    }

    @Test
    void whoIsSilentAtOneShareTakesPlacesAtTheOthersOfTheNode() throws Exception {
        try (TestShare there = new TestShare();
                TestShare mounter = new TestShare();
                TestShare.Door one = there.share(directory.resolve("one"), "one", named("one"));
                TestShare.Door two = there.share(directory.resolve("two"), "two", named("two"))) {
            PeerCertificate certificate = TestShare.certificate();
            Dialer.Key silentAt = Dialer.Key.of(one.code);
            List<Dialer.Reached> silent = new ArrayList<>();
            for (int i = 0; i < Lobby.UNJOINED_PER_SOURCE_MAX; i++) {
                silent.add(mounter.dialer.reach(there.address(), Way.UDP, silentAt, certificate, TestShare.PATIENCE));
            }
            while (there.lobby.size() < Lobby.UNJOINED_PER_SOURCE_MAX) {
                Thread.onSpinWait();
            }
            assertThat(reason(() -> mounter.join(there.address(), Dialer.Key.of(two.code), NOTHING)))
                    .isEqualTo(Reason.BUSY);
            silent.forEach(Dialer.Reached::close);
            while (there.lobby.size() > 0) {
                Thread.onSpinWait();
            }
            Session mount = mounter.join(there.address(), Dialer.Key.of(two.code), NOTHING)
                    .session();
            assertThat(ask(mount)).isEqualTo("two");
        }
    }
}
