package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dits.crypto.JoinCode;
import dev.dits.crypto.PeerCertificate;
import dev.dits.crypto.Spake2;
import dev.dits.crypto.Spake2Password;
import dev.dits.crypto.Ticket;
import dev.dits.error.JoinRejectedException.Reason;
import dev.dits.error.PermissionDeniedException;
import dev.dits.error.ProtocolException;
import dev.dits.net.ByteStream;
import dev.dits.net.CloseReason;
import dev.dits.net.Connection;
import dev.dits.object.ByteWriter;
import dev.dits.wire.FrameReader;
import dev.dits.wire.FrameWriter;
import dev.dits.wire.Message;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a share says to somebody who does not know the secret, byte by byte: it does not depend on anything but the name that was asked for. */
@Timeout(120)
class ProbeOracleTest {
    private static final HexFormat HEX = HexFormat.of();

    /** What a probe may never read, whatever it asks. */
    private static final List<String> FACTS =
            List.of("project-of-ada", "another-project", "branch-of-ada", "profile-of-ada", "laptop", "127.0.0.1");

    private static final byte[] REPOSITORY_ID = "repository-id-16".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path directory;

    private TestShare there;
    private TestShare here;
    private final List<ShareAcceptor> acceptors = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        there = new TestShare();
        here = new TestShare();
    }

    @AfterEach
    void close() throws IOException {
        for (ShareAcceptor acceptor : acceptors) {
            acceptor.close();
        }
        here.close();
        there.close();
    }

    /** A share with guesses of its own. */
    private final class Door {
        final ShareIdentity identity;
        final GrantStore grants;
        final Path guesses;
        final ShareAcceptor acceptor;

        Door(String name) throws IOException {
            Path own = directory.resolve(name);
            guesses = own.resolve("guesses");
            identity = ShareIdentity.openOrCreate(own.resolve("identity"), there.random);
            grants = GrantStore.open(own.resolve("grants"));
            acceptor = new ShareAcceptor(
                    identity,
                    new ShareAcceptor.Description(REPOSITORY_ID, "profile-of-ada", name),
                    () -> "branch-of-ada",
                    grants,
                    true,
                    GuessLimiter.open(guesses, there.clock),
                    there.lobby,
                    (session, request, exchange) -> {
                        throw new PermissionDeniedException("nothing is served here");
                    },
                    new ShareAcceptor.Listener() {
                        @Override
                        public void joined(Session session, String address) {}

                        @Override
                        public void refused(String address, String reason) {}

                        @Override
                        public void locked(String nameplate) {}
                    },
                    there.workers,
                    there.scheduler,
                    there.clock,
                    there.random);
            acceptors.add(acceptor);
            acceptor.open(there.node, List.of());
        }

        JoinCode code(Access access, Instant expires) throws IOException {
            JoinCode code = JoinCode.generate(there.random, 4);
            acceptor.invite(Invitation.of(code, access, expires));
            return code;
        }

        Ticket ticket(Instant expires) throws IOException {
            Ticket ticket = unknownTicket(expires);
            acceptor.invite(Invitation.of(ticket, Access.toAll(true)));
            return ticket;
        }

        Ticket unknownTicket(Instant expires) {
            return Ticket.builder(
                            identity.certificate().fingerprint(), Ticket.newSecret(there.random), identity.shareId())
                    .expiryEpochSeconds(expires.getEpochSecond())
                    .build();
        }
    }

    /** All that came back: what was on the stream, or how the connection failed, and how it ended. */
    private record Answer(byte[] bytes, String failure, String end) {
        /** With what is drawn or the share's own replaced, to be compared. */
        String masked(Door door) {
            String text = HEX.formatHex(bytes);
            int head = 2 * (2 + 2 + 1);
            int id = 2 * Message.SHORT_ID_BYTES;
            if (bytes.length > 60) {
                // CHALLENGE: the share's id, then a nonce and a point, which are never twice the same.
                assertThat(text.substring(head, head + id)).isEqualTo(HEX.formatHex(door.identity.shareId()));
                int nonce = 2 * Message.NONCE_BYTES;
                int point = 2 * 65;
                text = text.substring(0, head) + "[share id][nonce]"
                        + text.substring(head + id + nonce, head + id + nonce + 2) + "[point]"
                        + text.substring(head + id + nonce + 2 + point);
            }
            return text + " / " + failure + " / " + end;
        }
    }

    /** Asks as far as it gets: HELLO, and a confirmation that can only be wrong. */
    private Answer probe(String serverName, int kind, byte[] selector) throws Exception {
        PeerCertificate certificate = TestShare.certificate();
        Connection connection;
        try {
            connection = here.node.connect(
                    there.address(),
                    serverName,
                    certificate.privateKey(),
                    certificate.certificate(),
                    null,
                    TestShare.PATIENCE);
        } catch (IOException e) {
            return new Answer(new byte[0], e.getClass().getSimpleName() + " " + e.getMessage(), "");
        }
        try (connection) {
            ByteArrayOutputStream read = new ByteArrayOutputStream();
            String failure = "";
            ByteStream stream = connection.openStream();
            stream.setReadTimeout(TestShare.PATIENCE);
            FrameWriter writer = new FrameWriter(Session.output(stream));
            FrameReader reader = new FrameReader(
                    (target, offset, length) -> {
                        int count = stream.read(target, offset, length);
                        if (count > 0) {
                            read.write(target, offset, count);
                        }
                        return count;
                    },
                    FrameReader.PAYLOAD_BYTES_MAX);
            byte[] point = kind == Message.Hello.ATTACH ? new byte[0] : point();
            try {
                writer.write(new Message.Hello(List.of(1), kind, selector, new byte[32], point));
                writer.flush();
                if (reader.read() instanceof Message.Challenge) {
                    writer.write(new Message.Confirm(new byte[32]));
                    writer.flush();
                    Message unused = reader.read();
                }
                while (reader.read() != null) {
                    continue;
                }
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                failure = e.getClass().getSimpleName();
            }
            connection.close(Session.DONE, "");
            CloseReason end = connection.closed().get(TestShare.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            return new Answer(read.toByteArray(), failure, end.toString());
        }
    }

    private static byte[] point() throws Exception {
        return Spake2.mount(Spake2Password.of(JoinCode.parse("7KQ-M4T-X9P")), new java.security.SecureRandom())
                .start();
    }

    private Answer probe(JoinCode code) throws Exception {
        // Far from where guesses of this source count for one another.
        there.clock.move(GuessLimiter.WINDOW);
        return probe(ServerNames.ofNameplate(code.nameplate()), Message.Hello.CODE, Invitation.selector(code));
    }

    private Answer probe(Ticket ticket) throws Exception {
        return probe(ServerNames.ofShare(ticket.shareId()), Message.Hello.TICKET, Invitation.selector(ticket));
    }

    /** REFUSED with this code, no clock, and words that are the same for everybody. */
    private static String refused(Reason reason, int retryAfterSeconds) {
        byte[] payload = new ByteWriter()
                .u16(reason.code())
                .varint(retryAfterSeconds)
                .varint(0)
                .text(reason.advice())
                .toBytes();
        return HEX.formatHex(new ByteWriter().u8(6).bytes(payload).toBytes());
    }

    private static void tellsNoFact(Answer answer) {
        String said = new String(answer.bytes(), StandardCharsets.ISO_8859_1);
        assertThat(said + answer.failure() + answer.end()).doesNotContain(FACTS);
        assertThat(HEX.formatHex(answer.bytes()))
                .doesNotContain(HEX.formatHex(REPOSITORY_ID))
                .doesNotContain("7f000001");
    }

    @Test
    void whateverACodeGrantsAndHoweverOldItIsAWrongOneIsAnsweredTheSame() throws Exception {
        Door ada = new Door("project-of-ada");
        Door other = new Door("another-project-with-a-much-longer-name");
        Instant past = there.clock.instant().minusSeconds(1);
        Access narrow = new Access(true, List.of("branch-of-ada"), List.of(), past.plusSeconds(1_000_000));
        String usual = probe(ada.code(Access.toAll(false), null)).masked(ada);
        assertThat(usual)
                .matches("0275000101\\[share id]\\[nonce]41\\[point]" + refused(Reason.WRONG_CODE, 0) + " / .*");
        JoinCode expired = ada.code(Access.toAll(false), past);
        assertThat(probe(expired).masked(ada)).isEqualTo(usual);
        assertThat(probe(ada.code(narrow, past.plusSeconds(1_000_000))).masked(ada))
                .isEqualTo(usual);
        assertThat(probe(other.code(Access.toAll(true), null)).masked(other)).isEqualTo(usual);
        assertThat(probe(ada.ticket(past)).masked(ada)).isEqualTo(usual);
        assertThat(probe(ada.ticket(there.clock.instant().plusSeconds(1_000))).masked(ada))
                .isEqualTo(usual);
        tellsNoFact(probe(expired));
        // The one who knows it is told.
        JoinCode known = expired;
        assertThat(catchThrowableOfType(
                                dev.dits.error.JoinRejectedException.class,
                                () -> here.join(there.address(), Dialer.Key.of(known), (s, r, e) -> {}))
                        .reason())
                .isEqualTo(Reason.EXPIRED);
    }

    @Test
    void whatWasWithdrawnWasNeverThere() throws Exception {
        Door ada = new Door("project-of-ada");
        JoinCode never = JoinCode.generate(there.random, 4);
        JoinCode withdrawn = ada.code(Access.toAll(false), null);
        ada.acceptor.withdraw(Invitation.of(withdrawn, Access.toAll(false), null));
        Door closed = new Door("another-project");
        JoinCode ofClosed = closed.code(Access.toAll(false), null);
        Ticket ticketOfClosed = closed.ticket(there.clock.instant().plusSeconds(1_000));
        closed.acceptor.close();
        Answer nothing = probe(never);
        assertThat(nothing.bytes()).isEmpty();
        assertThat(nothing.failure()).isNotEmpty();
        for (Answer answer : List.of(probe(withdrawn), probe(ofClosed), probe(ticketOfClosed))) {
            assertThat(answer).usingRecursiveComparison().isEqualTo(nothing);
            tellsNoFact(answer);
        }
        // A ticket that the share does not have, one that it had, and what no ticket is.
        Instant later = there.clock.instant().plusSeconds(1_000);
        Ticket had = ada.ticket(later);
        ada.acceptor.withdraw(Invitation.of(had, Access.toAll(true)));
        String unknown = refused(Reason.UNKNOWN_SHARE, 0);
        String name = ServerNames.ofShare(ada.identity.shareId());
        for (Answer answer : List.of(
                probe(ada.unknownTicket(later)),
                probe(had),
                probe(name, Message.Hello.TICKET, new byte[24]),
                // By its id nobody asks for its codes, by one code's name for no other.
                probe(name, Message.Hello.CODE, Invitation.selector(ada.code(Access.toAll(false), null))),
                probe(
                        ServerNames.ofNameplate(
                                ada.code(Access.toAll(false), null).nameplate()),
                        Message.Hello.CODE,
                        Invitation.selector(ada.code(Access.toAll(false), null))))) {
            assertThat(HEX.formatHex(answer.bytes())).isEqualTo(unknown);
            tellsNoFact(answer);
        }
    }

    @Test
    void aSessionIsToldOfToItsCertificateAlone() throws Exception {
        Door ada = new Door("project-of-ada");
        JoinCode code = ada.code(Access.toAll(false), null);
        byte[] session = here.join(there.address(), Dialer.Key.of(code), (s, r, e) -> {})
                .stored()
                .sessionId();
        String name = ServerNames.ofShare(ada.identity.shareId());
        String revoked = refused(Reason.REVOKED, 0);
        assertThat(HEX.formatHex(probe(name, Message.Hello.ATTACH, session).bytes()))
                .isEqualTo(revoked);
        assertThat(HEX.formatHex(probe(name, Message.Hello.ATTACH, new byte[16]).bytes()))
                .isEqualTo(revoked);
    }

    @Test
    void thatACodeIsUsedUpOrLockedIsAllThatIsSaidOfIt() throws Exception {
        Door ada = new Door("project-of-ada");
        JoinCode once = JoinCode.generate(there.random, 4);
        ada.acceptor.invite(Invitation.of(once, Access.toAll(false), null).once());
        here.join(there.address(), Dialer.Key.of(once), (s, r, e) -> {}).session();
        Answer used = probe(once);
        assertThat(HEX.formatHex(used.bytes())).isEqualTo(refused(Reason.USED_UP, 0));
        tellsNoFact(used);
        JoinCode locked = ada.code(Access.toAll(false), null);
        Files.write(
                ada.guesses,
                new ByteWriter()
                        .u8(2)
                        .u64(1_000)
                        .varint(0)
                        .varint(1)
                        .text(locked.nameplate())
                        .varint(GuessLimiter.LIFE_GUESSES_MAX)
                        .varint(0)
                        .toBytes());
        Answer off = probe(locked);
        assertThat(HEX.formatHex(off.bytes())).isEqualTo(refused(Reason.LOCKED, 0));
        tellsNoFact(off);
        // Whoever has guessed too often is told the same whatever they ask for.
        JoinCode open = ada.code(Access.toAll(false), null);
        JoinCode expired = ada.code(Access.toAll(false), there.clock.instant().minusSeconds(1));
        for (int i = 0; i < GuessLimiter.SOURCE_GUESSES_MAX; i++) {
            assertThat(probe(ServerNames.ofNameplate(open.nameplate()), Message.Hello.CODE, Invitation.selector(open))
                            .bytes())
                    .hasSizeGreaterThan(100);
        }
        for (JoinCode code : List.of(open, expired)) {
            Answer answer =
                    probe(ServerNames.ofNameplate(code.nameplate()), Message.Hello.CODE, Invitation.selector(code));
            assertThat(HEX.formatHex(answer.bytes()))
                    .isEqualTo(refused(Reason.LOCKED, (int) GuessLimiter.WINDOW.toSeconds() + 1));
        }
    }

    @Test
    void aCertificateSaysNothingButItsKey() throws Exception {
        X509Certificate one = new Door("project-of-ada").identity.certificate().certificate();
        there.clock.move(Duration.ofDays(300));
        X509Certificate two = new Door("another-project").identity.certificate().certificate();
        assertThat(one.getSubjectX500Principal()).isEqualTo(two.getSubjectX500Principal());
        assertThat(one.getIssuerX500Principal()).isEqualTo(one.getSubjectX500Principal());
        // Neither when it was made.
        assertThat(one.getNotBefore()).isEqualTo(two.getNotBefore());
        assertThat(one.getNotAfter()).isEqualTo(two.getNotAfter());
        assertThat(one.getSerialNumber().bitLength())
                .isEqualTo(two.getSerialNumber().bitLength());
        assertThat(one.getSerialNumber()).isNotEqualTo(two.getSerialNumber());
        assertThat(one.getCriticalExtensionOIDs()).isEqualTo(two.getCriticalExtensionOIDs());
        assertThat(one.getNonCriticalExtensionOIDs()).isNullOrEmpty();
        assertThat(new String(one.getEncoded(), StandardCharsets.ISO_8859_1)).doesNotContain(FACTS);
    }

    private static FrameWriter.Output into(ByteArrayOutputStream bytes) {
        return new FrameWriter.Output() {
            @Override
            public void write(byte[] source, int offset, int length) {
                bytes.write(source, offset, length);
            }

            @Override
            public void flush() {}
        };
    }

    /** Whoever answers a mount without knowing the code is told neither its name nor its time. */
    @Test
    void aMountTellsAnImpostorNothing() throws Exception {
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        FrameWriter impostor = new FrameWriter(into(answers));
        impostor.write(new Message.Challenge(1, Message.Challenge.SPAKE2, new byte[16], new byte[32], point()));
        impostor.write(new Message.Welcome(
                new byte[32], new byte[16], new byte[16], "default", Message.Welcome.READ_WRITE, "x", "main", 0, 0));
        impostor.flush();
        ByteArrayInputStream in = new ByteArrayInputStream(answers.toByteArray());
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        byte[] own = new byte[32];
        Arrays.fill(own, (byte) 1);
        JoinCode code = JoinCode.generate(there.random, 4);
        MountHandshake mount = new MountHandshake(
                new FrameReader(in::read, FrameReader.PAYLOAD_BYTES_MAX_WELCOME),
                new FrameWriter(into(said)),
                own,
                new byte[32],
                "laptop",
                there.clock,
                there.random);
        assertThat(catchThrowableOfType(
                        ProtocolException.class,
                        () -> mount.join(Message.Hello.CODE, Invitation.selector(code), Spake2Password.of(code))))
                .hasMessageContaining("did not prove");
        // HELLO and CONFIRM.
        FrameReader heard =
                new FrameReader(new ByteArrayInputStream(said.toByteArray())::read, FrameReader.PAYLOAD_BYTES_MAX);
        assertThat(heard.read()).isInstanceOf(Message.Hello.class);
        assertThat(heard.read()).isInstanceOf(Message.Confirm.class);
        assertThat(heard.read()).isNull();
        assertThat(said.toString(StandardCharsets.ISO_8859_1)).doesNotContain("laptop");
    }
}
