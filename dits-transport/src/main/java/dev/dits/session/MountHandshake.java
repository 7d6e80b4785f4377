package dev.dits.session;

import dev.dits.crypto.ConfirmationException;
import dev.dits.crypto.ConnectionProof;
import dev.dits.crypto.PeerRole;
import dev.dits.crypto.SessionSecret;
import dev.dits.crypto.Spake2;
import dev.dits.crypto.Spake2Context;
import dev.dits.crypto.Spake2Mount;
import dev.dits.crypto.Spake2Password;
import dev.dits.error.ClockSkewException;
import dev.dits.error.IncompatibleVersionException;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.ProtocolException;
import dev.dits.wire.FrameReader;
import dev.dits.wire.FrameWriter;
import dev.dits.wire.Message;
import java.io.IOException;
import java.security.InvalidKeyException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The dialler's side of a join ({@code docs/wire.md}, section 4), over any pair of byte streams. Nothing of WELCOME is believed before its MAC is right.
 */
final class MountHandshake {
    /** What a join gave; the share's clock is ahead by that much, or behind where it is negative. */
    record Joined(SessionInfo info, SessionSecret secret, Duration clockAhead, long features) {}

    /** Versions of another side, fit to be shown. */
    private static final Pattern VERSIONS = Pattern.compile("[0-9]{1,5}(,[0-9]{1,5}){0,15}");

    private static final byte[] NO_POINT = {};

    private final JoinFrames frames;
    private final byte[] mountFingerprint;
    private final byte[] shareFingerprint;
    private final String deviceName;
    private final InstantSource clock;
    private final SecureRandom random;
    private volatile boolean confirmed;

    /**
     * @param mountFingerprint of the certificate this side presented in TLS
     * @param shareFingerprint of the certificate the other side presented in TLS
     * @param deviceName what to be called, said only when the share has proved itself
     * @param clock what to compare the share's with
     */
    MountHandshake(
            FrameReader reader,
            FrameWriter writer,
            byte[] mountFingerprint,
            byte[] shareFingerprint,
            String deviceName,
            InstantSource clock,
            SecureRandom random) {
        this.frames = new JoinFrames(reader, writer);
        this.mountFingerprint = mountFingerprint;
        this.shareFingerprint = shareFingerprint;
        this.deviceName = deviceName;
        this.clock = clock;
        this.random = random;
    }

    /**
     * Joins by code or ticket.
     *
     * @throws JoinRejectedException if the share refused
     * @throws ProtocolException if the other side did not prove itself, or broke the protocol
     */
    Joined join(int kind, byte[] selector, Spake2Password password) throws IOException {
        Spake2Mount spake = Spake2.mount(password, random);
        Message.Hello hello = hello(kind, selector, spake.start());
        Message.Challenge challenge = challenge(hello, Message.Challenge.SPAKE2);
        byte[] confirmation;
        try {
            Spake2Context context =
                    Spake2Context.of(mountFingerprint, shareFingerprint, JoinFrames.associatedData(hello, challenge));
            confirmation = spake.confirm(challenge.point(), context);
        } catch (InvalidKeyException | IllegalArgumentException e) {
            throw new ProtocolException("the share sent an invalid point or our own certificate", e);
        }
        frames.send(new Message.Confirm(confirmation));
        confirmed = true;
        Message.Welcome welcome = welcome();
        SessionSecret secret;
        try {
            secret = spake.finish(welcome.mac());
        } catch (ConfirmationException e) {
            // It answered our confirmation without knowing the secret: not the share, whatever else it may be.
            throw new ProtocolException(
                    "the other side did not prove that it knows the code; somebody may be in between. Nothing was sent"
                            + " to it",
                    e);
        }
        return present(challenge, welcome, secret);
    }

    /** Opens a further connection of a session. */
    Joined attach(byte[] shareId, byte[] sessionId, SessionSecret secret) throws IOException {
        Message.Hello hello = hello(Message.Hello.ATTACH, sessionId, NO_POINT);
        Message.Challenge challenge = challenge(hello, Message.Challenge.HMAC);
        // The proof does not cover these two, so they must be what they have to be.
        if (!Arrays.equals(challenge.shareId(), shareId) || challenge.point().length > 0) {
            throw new ProtocolException("another share answered");
        }
        ConnectionProof proof =
                new ConnectionProof(secret, mountFingerprint, shareFingerprint, hello.nonce(), challenge.nonce());
        frames.send(new Message.Confirm(proof.by(PeerRole.MOUNT)));
        Message.Welcome welcome = welcome();
        try {
            proof.verify(PeerRole.SHARE, welcome.mac());
        } catch (ConfirmationException e) {
            throw new ProtocolException("the other side does not know this session's secret", e);
        }
        if (!Arrays.equals(welcome.sessionId(), sessionId)) {
            throw new ProtocolException("the share answered for another session");
        }
        return present(challenge, welcome, secret);
    }

    /** Whether this side has committed itself to the secret: from here on an attempt is spent. */
    boolean confirmed() {
        return confirmed;
    }

    private Message.Hello hello(int kind, byte[] selector, byte[] point) throws IOException {
        byte[] nonce = new byte[Message.NONCE_BYTES];
        random.nextBytes(nonce);
        Message.Hello hello = new Message.Hello(List.of(JoinFrames.VERSION), kind, selector, nonce, point);
        frames.send(hello);
        return hello;
    }

    private Message.Challenge challenge(Message.Hello hello, int suite) throws IOException {
        Message message = frames.receive();
        if (message instanceof Message.Refused refused) {
            throw refusal(refused);
        }
        if (!(message instanceof Message.Challenge challenge)) {
            throw JoinFrames.unexpected(message);
        }
        if (!hello.versions().contains(challenge.version()) || challenge.suite() != suite) {
            throw new ProtocolException("the share chose a version or suite that was not offered");
        }
        return challenge;
    }

    private Message.Welcome welcome() throws IOException {
        Message message = frames.receive();
        if (message instanceof Message.Refused refused) {
            throw refusal(refused);
        }
        if (!(message instanceof Message.Welcome welcome)) {
            throw JoinFrames.unexpected(message);
        }
        return welcome;
    }

    private JoinRejectedException refusal(Message.Refused refused) {
        JoinRejectedException.Reason reason = JoinRejectedException.Reason.of(refused.code());
        if (reason == JoinRejectedException.Reason.INCOMPATIBLE_VERSION) {
            return new IncompatibleVersionException(
                    JoinFrames.VERSIONS, VERSIONS.matcher(refused.message()).matches() ? refused.message() : "unknown");
        }
        Instant here = clock.instant();
        if (reason == JoinRejectedException.Reason.EXPIRED
                && Clocks.isFarOff(Clocks.ahead(here, refused.clockSeconds()))) {
            return new ClockSkewException(here, Instant.ofEpochSecond(refused.clockSeconds()));
        }
        return new JoinRejectedException(
                reason,
                refused.retryAfterSeconds() == 0
                        ? null
                        : Duration.ofSeconds(Math.min(refused.retryAfterSeconds(), 86_400)));
    }

    private Joined present(Message.Challenge challenge, Message.Welcome welcome, SessionSecret secret)
            throws IOException {
        if (welcome.role() != Message.Welcome.READ_ONLY && welcome.role() != Message.Welcome.READ_WRITE) {
            throw new ProtocolException("the share granted an unknown role, " + welcome.role());
        }
        frames.send(new Message.Present(deviceName, Message.NAT_IN_MEET, Clocks.seconds(clock.instant())));
        return new Joined(
                new SessionInfo(
                        welcome.sessionId(),
                        challenge.shareId(),
                        welcome.repositoryId(),
                        welcome.profile(),
                        welcome.role() == Message.Welcome.READ_ONLY,
                        welcome.shareName(),
                        welcome.branch(),
                        welcome.shareName()),
                secret,
                Clocks.ahead(clock.instant(), welcome.clockSeconds()),
                welcome.features());
    }
}
