package dev.dits.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.crypto.JoinCode;
import dev.dits.error.ClockSkewException;
import dev.dits.error.IncompatibleVersionException;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.JoinRejectedException.Reason;
import dev.dits.error.ProtocolException;
import dev.dits.wire.FrameReader;
import dev.dits.wire.FrameWriter;
import dev.dits.wire.Message;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The join over byte streams: what anybody in between changes, there is no session. */
@Timeout(300)
class HandshakeTest {
    private static final JoinCode CODE = code("7KQ-M4T-X9P");
    private static final byte[] SHARE_ID = filled(16, 1);
    private static final byte[] REPOSITORY_ID = filled(16, 2);
    private static final byte[] MOUNT_FINGERPRINT = filled(32, 3);
    private static final byte[] SHARE_FINGERPRINT = filled(32, 4);

    private final SecureRandom random = new SecureRandom();
    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private final MovableClock clock = new MovableClock();
    private volatile Duration mountIsAhead = Duration.ZERO;
    private volatile Duration shareSaw = Duration.ZERO;
    private Invitation invitation = Invitation.of(CODE, Access.toAll(false), null);

    @TempDir
    Path directory;

    private GrantStore grants;
    private GuessLimiter guesses;

    @BeforeEach
    void open() throws IOException {
        grants = GrantStore.open(directory.resolve("grants"));
        guesses = GuessLimiter.open(directory.resolve("guesses"), clock);
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
    }

    static JoinCode code(String text) {
        try {
            return JoinCode.parse(text);
        } catch (dev.dits.crypto.InvitationFormatException e) {
            throw new AssertionError(e);
        }
    }

    static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private final class OneDoor extends TestDoor {
        @Override
        Invitation invitation() {
            return invitation;
        }

        @Override
        GrantStore grants() {
            return grants;
        }

        @Override
        public GuessLimiter guesses() {
            return guesses;
        }

        @Override
        public byte[] shareId() {
            return SHARE_ID;
        }

        @Override
        public byte[] repositoryId() {
            return REPOSITORY_ID;
        }
    }

    private interface Dialling {
        MountHandshake.Joined run(MountHandshake handshake) throws IOException;
    }

    /** What both ends came to: a value, or an exception. */
    private record Outcome(Object mount, Object share) {}

    private Outcome run(JoinPipe pipe, byte[] seenByMount, byte[] seenByShare, Dialling dialling) throws Exception {
        Future<Object> share = threads.submit(() -> {
            try {
                ShareHandshake handshake = new ShareHandshake(
                        new FrameReader(pipe.toShare, FrameReader.PAYLOAD_BYTES_MAX_UNJOINED),
                        new FrameWriter(pipe.toMount),
                        new OneDoor(),
                        seenByShare,
                        SHARE_FINGERPRINT,
                        InetAddress.getLoopbackAddress(),
                        clock,
                        random);
                Grant grant = handshake.answer();
                shareSaw = handshake.clockAhead();
                return grant;
            } catch (IOException e) {
                return e;
            } finally {
                pipe.close();
            }
        });
        Future<Object> mount = threads.submit(() -> {
            try {
                return dialling.run(new MountHandshake(
                        new FrameReader(pipe.toMount, FrameReader.PAYLOAD_BYTES_MAX_WELCOME),
                        new FrameWriter(pipe.toShare),
                        MOUNT_FINGERPRINT,
                        seenByMount,
                        "laptop",
                        () -> clock.instant().plus(mountIsAhead),
                        random));
            } catch (IOException e) {
                // The share may still read what it was sent; it sees the end after that.
                pipe.close();
                return e;
            }
        });
        return new Outcome(mount.get(), share.get());
    }

    private Outcome joinByCode(JoinPipe pipe) throws Exception {
        return run(pipe, SHARE_FINGERPRINT, MOUNT_FINGERPRINT, byCode(CODE));
    }

    private Dialling byCode(JoinCode code) {
        dev.dits.crypto.Spake2Password password =
                code.equals(CODE) ? invitation.password() : dev.dits.crypto.Spake2Password.of(code);
        return handshake -> handshake.join(Message.Hello.CODE, Invitation.selector(code), password);
    }

    @Test
    void bothEndsAgree() throws Exception {
        Outcome outcome = joinByCode(new JoinPipe());
        assertThat(outcome.mount()).isInstanceOf(MountHandshake.Joined.class);
        MountHandshake.Joined joined = (MountHandshake.Joined) outcome.mount();
        Grant grant = (Grant) outcome.share();
        assertThat(joined.secret()).isEqualTo(grant.secret());
        assertThat(joined.info().sessionId()).isEqualTo(grant.sessionId());
        assertThat(joined.info().shareId()).isEqualTo(SHARE_ID);
        assertThat(joined.info().repositoryId()).isEqualTo(REPOSITORY_ID);
        assertThat(joined.info().readOnly()).isFalse();
        assertThat(grant.deviceName()).isEqualTo("laptop");
        assertThat(grants.find(grant.sessionId()))
                .get()
                .extracting(Grant::secret)
                .isEqualTo(grant.secret());
    }

    /** Frame header and payload of HELLO for this code, and of the other three. */
    private static final int HELLO_BYTES = 2 + 3 + 1 + 4 + 32 + 66;

    private static final int CONFIRM_BYTES = 2 + 32;
    private static final int CHALLENGE_BYTES = 2 + 2 + 1 + 16 + 32 + 66;
    private static final int WELCOME_MAC_BYTES = 2 + 32;

    /** "laptop", no features, and a clock of these years. */
    private static final int PRESENT_BYTES = 2 + 7 + 1 + 5;

    @Test
    void everyFlippedBitOfTheJoinMeansNoSession() throws Exception {
        JoinPipe honest = new JoinPipe();
        joinByCode(honest);
        // HELLO, CONFIRM and PRESENT; CHALLENGE and WELCOME: so the sizes above are those of the frames.
        assertThat(honest.toShare.written()).isEqualTo(HELLO_BYTES + CONFIRM_BYTES + PRESENT_BYTES);
        int refused = 0;
        for (int bit = 0; bit < 8 * (HELLO_BYTES + CONFIRM_BYTES); bit++) {
            refused += flipped(bit, true);
        }
        for (int bit = 0; bit < 8 * (CHALLENGE_BYTES + WELCOME_MAC_BYTES); bit++) {
            refused += flipped(bit, false);
        }
        assertThat(refused).isEqualTo(8 * (HELLO_BYTES + CONFIRM_BYTES + CHALLENGE_BYTES + WELCOME_MAC_BYTES));
        renew();
        assertThat(joinByCode(new JoinPipe()).mount()).isInstanceOf(MountHandshake.Joined.class);
    }

    private int flipped(int bit, boolean toShare) throws Exception {
        renew();
        JoinPipe pipe = new JoinPipe();
        (toShare ? pipe.toShare : pipe.toMount).flip(bit);
        Outcome outcome = joinByCode(pipe);
        assertThat(outcome.mount()).as("mount, bit %d", bit).isInstanceOf(IOException.class);
        assertThat(outcome.share()).as("share, bit %d", bit).isInstanceOf(IOException.class);
        if (outcome.mount() instanceof JoinRejectedException rejected) {
            // Otherwise the limiter would refuse them all, and this test would show nothing.
            assertThat(rejected.reason()).isNotEqualTo(Reason.LOCKED);
        }
        return 1;
    }

    /** Nobody is out of guesses. */
    private void renew() throws IOException {
        clock.move(Duration.ofHours(1));
        guesses.forget(CODE.nameplate());
    }

    @Test
    void everyFlippedBitOfAnAttachMeansNoSession() throws Exception {
        Grant grant = (Grant) joinByCode(new JoinPipe()).share();
        Dialling attach = handshake -> handshake.attach(SHARE_ID, grant.sessionId(), grant.secret());
        JoinPipe honest = new JoinPipe();
        assertThat(run(honest, SHARE_FINGERPRINT, MOUNT_FINGERPRINT, attach).mount())
                .isInstanceOf(MountHandshake.Joined.class);
        int hello = 2 + 3 + 1 + 17 + 32 + 1;
        assertThat(honest.toShare.written()).isEqualTo(hello + CONFIRM_BYTES + PRESENT_BYTES);
        int challenge = 2 + 2 + 1 + 16 + 32 + 1;
        for (int bit = 0; bit < 8 * (hello + CONFIRM_BYTES); bit++) {
            JoinPipe pipe = new JoinPipe();
            pipe.toShare.flip(bit);
            assertNoSession(run(pipe, SHARE_FINGERPRINT, MOUNT_FINGERPRINT, attach), bit);
        }
        for (int bit = 0; bit < 8 * (challenge + WELCOME_MAC_BYTES); bit++) {
            JoinPipe pipe = new JoinPipe();
            pipe.toMount.flip(bit);
            assertNoSession(run(pipe, SHARE_FINGERPRINT, MOUNT_FINGERPRINT, attach), bit);
        }
    }

    private static void assertNoSession(Outcome outcome, int bit) {
        assertThat(outcome.mount()).as("mount, bit %d", bit).isInstanceOf(IOException.class);
        assertThat(outcome.share()).as("share, bit %d", bit).isInstanceOf(IOException.class);
    }

    @Test
    void whoEndsTlsInBetweenGetsNoSession() throws Exception {
        // Every byte is relayed, and each end sees the middle man's certificate.
        Outcome outcome = run(new JoinPipe(), filled(32, 9), filled(32, 9), byCode(CODE));
        assertThat(outcome.mount()).isInstanceOf(JoinRejectedException.class);
        assertThat(((JoinRejectedException) outcome.share()).reason()).isEqualTo(Reason.WRONG_CODE);
        assertThat(grants.list()).isEmpty();
    }

    @Test
    void aShareThatDoesNotKnowTheCodeIsNotBelieved() throws Exception {
        // It cannot check the confirmation, so it welcomes whoever comes.
        JoinPipe pipe = new JoinPipe();
        Future<Object> share = threads.submit(() -> {
            JoinFrames frames = new JoinFrames(
                    new FrameReader(pipe.toShare, FrameReader.PAYLOAD_BYTES_MAX_UNJOINED),
                    new FrameWriter(pipe.toMount));
            Message.Hello hello = (Message.Hello) frames.receive();
            frames.send(new Message.Challenge(1, 1, SHARE_ID, filled(32, 5), hello.point()));
            pipe.close();
            return hello;
        });
        Object mount = threads.submit(() -> {
                    try {
                        return byCode(CODE)
                                .run(new MountHandshake(
                                        new FrameReader(pipe.toMount, FrameReader.PAYLOAD_BYTES_MAX_WELCOME),
                                        new FrameWriter(pipe.toShare),
                                        MOUNT_FINGERPRINT,
                                        SHARE_FINGERPRINT,
                                        "laptop",
                                        clock,
                                        random));
                    } catch (IOException e) {
                        return e;
                    }
                })
                .get();
        assertThat(share.get()).isNotNull();
        assertThat(mount).isInstanceOf(ProtocolException.class);
        assertThat((Throwable) mount).hasMessageContaining("invalid point");
    }

    @Test
    void aWrongCodeIsRefusedAndNothingElseIsSaid() throws Exception {
        JoinPipe pipe = new JoinPipe();
        Outcome outcome = run(pipe, SHARE_FINGERPRINT, MOUNT_FINGERPRINT, byCode(code("7KQ-M4T-X9Q")));
        assertThat(outcome.mount()).isInstanceOf(JoinRejectedException.class);
        assertThat(((JoinRejectedException) outcome.mount()).reason()).isEqualTo(Reason.WRONG_CODE);
        // A challenge and a refusal, which names nothing of the share.
        int refusal = 2 + 2 + 1 + 1 + 1 + Reason.WRONG_CODE.advice().length();
        assertThat(pipe.toMount.written()).isEqualTo(CHALLENGE_BYTES + refusal);
        assertThat(joinByCode(new JoinPipe()).mount()).isInstanceOf(MountHandshake.Joined.class);
    }

    @Test
    void theSixthWrongCodeOfAnHourIsRefusedUncheckedAndSoIsTheRightOne() throws Exception {
        Dialling wrong = byCode(code("7KQ-M4T-X9Q"));
        for (int i = 0; i < GuessLimiter.SOURCE_GUESSES_MAX; i++) {
            assertThat(reason(run(new JoinPipe(), SHARE_FINGERPRINT, MOUNT_FINGERPRINT, wrong)))
                    .isEqualTo(Reason.WRONG_CODE);
        }
        Outcome outcome = joinByCode(new JoinPipe());
        assertThat(reason(outcome)).isEqualTo(Reason.LOCKED);
        assertThat(((JoinRejectedException) outcome.mount()).retryAfter()).isPresent();
        clock.move(Duration.ofHours(1));
        assertThat(joinByCode(new JoinPipe()).mount()).isInstanceOf(MountHandshake.Joined.class);
    }

    private static Reason reason(Outcome outcome) {
        return ((JoinRejectedException) outcome.mount()).reason();
    }

    private MountHandshake.Joined join(JoinPipe pipe, Duration ahead, Dialling dialling) throws Exception {
        mountIsAhead = ahead;
        Outcome outcome = run(pipe, SHARE_FINGERPRINT, MOUNT_FINGERPRINT, dialling);
        if (outcome.mount() instanceof Exception e) {
            throw e;
        }
        return (MountHandshake.Joined) outcome.mount();
    }

    @Test
    void bothLearnHowFarTheClocksAreApart() throws Exception {
        assertThat(join(new JoinPipe(), Duration.ZERO, byCode(CODE)).clockAhead())
                .isZero();
        assertThat(join(new JoinPipe(), Duration.ofHours(-3), byCode(CODE)).clockAhead())
                .isEqualTo(Duration.ofHours(3));
        assertThat(shareSaw).isEqualTo(Duration.ofHours(-3));
        assertThat(Clocks.isFarOff(Duration.ofMinutes(-5))).isFalse();
        assertThat(Clocks.isFarOff(Duration.ofSeconds(-301))).isTrue();
    }

    @Test
    void whatHasExpiredIsToldWithTheClockAndOnlyToWhoKnowsTheSecret() throws Exception {
        invitation = Invitation.of(CODE, Access.toAll(false), clock.instant().minusSeconds(1));
        JoinPipe stranger = new JoinPipe();
        assertThatThrownBy(() -> join(stranger, Duration.ZERO, byCode(code("7KQ-M4T-X9Q"))))
                .isInstanceOfSatisfying(
                        JoinRejectedException.class, e -> assertThat(e.reason()).isEqualTo(Reason.WRONG_CODE));
        // Its refusal has a zero for the clock.
        assertThat(stranger.toMount.written())
                .isEqualTo(CHALLENGE_BYTES
                        + 2
                        + 2
                        + 1
                        + 1
                        + 1
                        + Reason.WRONG_CODE.advice().length());
        assertThatThrownBy(() -> join(new JoinPipe(), Duration.ZERO, byCode(CODE)))
                .isExactlyInstanceOf(JoinRejectedException.class)
                .hasMessageContaining("expired");
        assertThatThrownBy(() -> join(new JoinPipe(), Duration.ofDays(-400), byCode(CODE)))
                .isInstanceOfSatisfying(ClockSkewException.class, e -> {
                    assertThat(e.reason()).isEqualTo(Reason.EXPIRED);
                    assertThat(e.ahead()).isEqualTo(Duration.ofDays(400));
                    assertThat(e).hasMessageContaining("2026-01-01T00:00:00Z").hasMessageContaining("2024-11-27");
                });
        assertThat(grants.list()).isEmpty();
    }

    @Test
    void sidesWithoutACommonVersionAreBothNamed() throws Exception {
        // A share of the future: it speaks 7 and 8 only.
        for (String said : List.of("7,8", "7, or \u001b[31m")) {
            JoinPipe pipe = new JoinPipe();
            Future<?> share = threads.submit(() -> {
                JoinFrames frames = new JoinFrames(
                        new FrameReader(pipe.toShare, FrameReader.PAYLOAD_BYTES_MAX_UNJOINED),
                        new FrameWriter(pipe.toMount));
                frames.receive();
                frames.send(new Message.Refused(Reason.INCOMPATIBLE_VERSION.code(), 0, 0, said));
                return null;
            });
            assertThatThrownBy(() -> byCode(CODE)
                            .run(new MountHandshake(
                                    new FrameReader(pipe.toMount, FrameReader.PAYLOAD_BYTES_MAX_WELCOME),
                                    new FrameWriter(pipe.toShare),
                                    MOUNT_FINGERPRINT,
                                    SHARE_FINGERPRINT,
                                    "laptop",
                                    clock,
                                    random)))
                    .isInstanceOfSatisfying(IncompatibleVersionException.class, e -> {
                        assertThat(e.ours()).isEqualTo("1");
                        assertThat(e.theirs()).isEqualTo(said.equals("7,8") ? said : "unknown");
                        assertThat(e.getMessage()).doesNotContain("\u001b");
                    });
            share.get();
        }
        // A mount of the future learns what this side speaks.
        JoinPipe pipe = new JoinPipe();
        Future<Message> mount = threads.submit(() -> {
            JoinFrames frames = new JoinFrames(
                    new FrameReader(pipe.toMount, FrameReader.PAYLOAD_BYTES_MAX_WELCOME),
                    new FrameWriter(pipe.toShare));
            frames.send(new Message.Hello(
                    List.of(7), Message.Hello.CODE, Invitation.selector(CODE), new byte[32], new byte[65]));
            Message refused = frames.receive();
            pipe.close();
            return refused;
        });
        assertThatThrownBy(() -> new ShareHandshake(
                                new FrameReader(pipe.toShare, FrameReader.PAYLOAD_BYTES_MAX_UNJOINED),
                                new FrameWriter(pipe.toMount),
                                new OneDoor(),
                                MOUNT_FINGERPRINT,
                                SHARE_FINGERPRINT,
                                InetAddress.getByName("192.0.2.1"),
                                clock,
                                random)
                        .answer())
                .isInstanceOf(JoinRejectedException.class);
        assertThat(mount.get())
                .isInstanceOfSatisfying(
                        Message.Refused.class,
                        refused -> assertThat(refused.message()).isEqualTo("1"));
    }
}
