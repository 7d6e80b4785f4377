package dev.dits.session;

import dev.dits.crypto.ConfirmationException;
import dev.dits.crypto.ConnectionProof;
import dev.dits.crypto.PeerRole;
import dev.dits.crypto.Spake2;
import dev.dits.crypto.Spake2Context;
import dev.dits.crypto.Spake2Share;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.JoinRejectedException.Reason;
import dev.dits.error.ProtocolException;
import dev.dits.wire.FrameReader;
import dev.dits.wire.FrameWriter;
import dev.dits.wire.Message;
import java.io.IOException;
import java.net.InetAddress;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** The share's side of a join ({@code docs/wire.md}, section 4), over any pair of byte streams. */
final class ShareHandshake {
    /** What a share lets in, and what it says of itself to those whom it did. */
    interface Door {
        /** The invitation that the peer names, if the share has it and the peer came by its name. */
        Optional<Invitation> invitation(int kind, byte[] selector) throws IOException;

        /** Whether a one-time invitation has been used. */
        boolean isUsedUp(Invitation invitation) throws IOException;

        /**
         * Adds the grant of one who has proved to know an invitation, and takes a use of it, durably.
         *
         * @throws JoinRejectedException if the invitation was withdrawn or used up meanwhile
         */
        void accept(Invitation invitation, Grant grant) throws IOException;

        /** The grant of a session, if the peer came by the share's id. */
        Optional<Grant> grant(byte[] sessionId) throws IOException;

        /** A code was wrong; it has been counted. */
        void wrongCode(String nameplate) throws IOException;

        GuessLimiter guesses();

        /** Held while SPAKE2 computes, so that joining takes no more than its part of the processors. */
        Semaphore computing();

        byte[] shareId();

        byte[] repositoryId();

        String profile();

        String shareName();

        String branch();

        /** The peer has proved itself; its welcome is about to be sent. */
        void proved();
    }

    private static final byte[] NO_POINT = {};

    private final JoinFrames frames;
    private final Door door;
    private final byte[] mountFingerprint;
    private final byte[] shareFingerprint;
    private final InetAddress source;
    private final InstantSource clock;
    private final SecureRandom random;

    /** Whether the peer has proved to be one that this share let in, or is to. */
    private boolean known;

    private Duration clockAhead = Duration.ZERO;

    ShareHandshake(
            FrameReader reader,
            FrameWriter writer,
            Door door,
            byte[] mountFingerprint,
            byte[] shareFingerprint,
            InetAddress source,
            InstantSource clock,
            SecureRandom random) {
        this.frames = new JoinFrames(reader, writer);
        this.door = door;
        this.mountFingerprint = mountFingerprint;
        this.shareFingerprint = shareFingerprint;
        this.source = source;
        this.clock = clock;
        this.random = random;
    }

    /**
     * Answers a join.
     *
     * @return the grant, recorded durably before the peer learns of it, and the name that the peer has given since, which is not
     * @throws JoinRejectedException if the peer was refused, after telling it so
     * @throws IOException if the peer broke the protocol or the stream failed
     */
    Grant answer() throws IOException {
        Message first = frames.receive();
        if (!(first instanceof Message.Hello hello)) {
            throw JoinFrames.unexpected(first);
        }
        try {
            if (!hello.versions().contains(JoinFrames.VERSION)) {
                throw new JoinRejectedException(Reason.INCOMPATIBLE_VERSION, null);
            }
            Grant grant = switch (hello.kind()) {
                case Message.Hello.CODE, Message.Hello.TICKET -> invited(hello);
                case Message.Hello.ATTACH -> attached(hello);
                default -> throw new ProtocolException("the peer wants to join in an unknown way");
            };
            Message last = frames.receive();
            if (!(last instanceof Message.Present present)) {
                throw JoinFrames.unexpected(last);
            }
            clockAhead = Clocks.ahead(clock.instant(), present.clockSeconds());
            return grant.named(present.deviceName());
        } catch (JoinRejectedException e) {
            frames.send(new Message.Refused(
                    e.reason().code(),
                    e.retryAfter().map(time -> time.toSeconds() + 1).orElse(0L),
                    known ? Clocks.seconds(clock.instant()) : 0,
                    e.reason() == Reason.INCOMPATIBLE_VERSION
                            ? JoinFrames.VERSIONS
                            : e.reason().advice()));
            throw e;
        }
    }

    /** By how much the peer's clock is ahead, once {@link #answer} has returned; negative where it is behind. */
    Duration clockAhead() {
        return clockAhead;
    }

    private Grant invited(Message.Hello hello) throws IOException {
        Invitation invitation = door.invitation(hello.kind(), hello.selector())
                .orElseThrow(() -> new JoinRejectedException(Reason.UNKNOWN_SHARE, null));
        if (door.isUsedUp(invitation)) {
            throw new JoinRejectedException(Reason.USED_UP, null);
        }
        String nameplate = invitation.nameplate();
        if (nameplate != null) {
            GuessLimiter.Verdict verdict = door.guesses().verdict(nameplate, source);
            if (!verdict.allowed()) {
                throw verdict.refusal();
            }
        }
        // The context needs the nonce that the challenge will carry, and the challenge the point.
        Message.Challenge unpointed =
                new Message.Challenge(JoinFrames.VERSION, Message.Challenge.SPAKE2, door.shareId(), nonce(), NO_POINT);
        Spake2Share spake;
        byte[] point;
        door.computing().acquireUninterruptibly();
        try {
            Spake2Context context =
                    Spake2Context.of(mountFingerprint, shareFingerprint, JoinFrames.associatedData(hello, unpointed));
            spake = Spake2.share(invitation.password(), context, random);
            point = spake.respond(hello.point());
        } catch (InvalidKeyException | IllegalArgumentException e) {
            throw new ProtocolException("the peer sent an invalid point or our own certificate", e);
        } finally {
            door.computing().release();
        }
        frames.send(new Message.Challenge(
                unpointed.version(), unpointed.suite(), unpointed.shareId(), unpointed.nonce(), point));
        byte[] mac = confirmation();
        Spake2Share.Accepted accepted;
        try {
            // A ticket's 128 bits need no counting, and a lock on short codes must not keep its holder out.
            accepted = nameplate != null
                    ? door.guesses().guess(nameplate, source, () -> spake.accept(mac))
                    : spake.accept(mac);
        } catch (ConfirmationException e) {
            if (nameplate != null) {
                door.wrongCode(nameplate);
            }
            throw new JoinRejectedException(Reason.WRONG_CODE, null);
        } catch (JoinRejectedException e) {
            throw e;
        } catch (IOException e) {
            throw notRecorded(e);
        }
        known = true;
        // Only now: whoever does not know the secret learns neither that it was good once, nor what this clock says.
        if (invitation.isExpired(clock.instant())) {
            throw new JoinRejectedException(Reason.EXPIRED, null);
        }
        byte[] sessionId = new byte[Message.SHORT_ID_BYTES];
        random.nextBytes(sessionId);
        Instant now = clock.instant();
        Grant grant = new Grant(
                sessionId, accepted.secret(), mountFingerprint, "", invitation.access(now), now.getEpochSecond());
        try {
            door.accept(invitation, grant);
        } catch (JoinRejectedException e) {
            throw e;
        } catch (IOException e) {
            throw notRecorded(e);
        }
        welcome(grant, accepted.confirmation());
        return grant;
    }

    /** The same whether the code was right or wrong. */
    private static JoinRejectedException notRecorded(IOException cause) {
        JoinRejectedException refusal = new JoinRejectedException(Reason.NOT_RECORDED, null);
        refusal.initCause(cause);
        return refusal;
    }

    private Grant attached(Message.Hello hello) throws IOException {
        // Whoever holds the certificate of a grant that is gone learns that it is; anyone else learns nothing but a
        // refusal.
        if (hello.point().length > 0) {
            throw new ProtocolException("the peer sent a point where none is needed");
        }
        Grant grant = door.grant(hello.selector())
                .filter(known -> MessageDigest.isEqual(known.mountFingerprint(), mountFingerprint))
                .orElseThrow(() -> new JoinRejectedException(Reason.REVOKED, null));
        // It has shown the certificate that the grant is bound to, and in TLS that it has the key.
        known = true;
        if (grant.access().isExpired(clock.instant())) {
            throw new JoinRejectedException(Reason.EXPIRED, null);
        }
        Message.Challenge challenge =
                new Message.Challenge(JoinFrames.VERSION, Message.Challenge.HMAC, door.shareId(), nonce(), NO_POINT);
        frames.send(challenge);
        ConnectionProof proof = new ConnectionProof(
                grant.secret(), mountFingerprint, shareFingerprint, hello.nonce(), challenge.nonce());
        try {
            proof.verify(PeerRole.MOUNT, confirmation());
        } catch (ConfirmationException e) {
            throw new JoinRejectedException(Reason.REVOKED, null);
        }
        welcome(grant, proof.by(PeerRole.SHARE));
        return grant;
    }

    private byte[] confirmation() throws IOException {
        Message message = frames.receive();
        if (!(message instanceof Message.Confirm confirm)) {
            throw JoinFrames.unexpected(message);
        }
        return confirm.mac();
    }

    private void welcome(Grant grant, byte[] mac) throws IOException {
        door.proved();
        frames.send(new Message.Welcome(
                mac,
                grant.sessionId(),
                door.repositoryId(),
                door.profile(),
                grant.access().readOnly() ? Message.Welcome.READ_ONLY : Message.Welcome.READ_WRITE,
                door.shareName(),
                door.branch(),
                Message.NAT_IN_MEET,
                Clocks.seconds(clock.instant())));
    }

    private byte[] nonce() {
        byte[] nonce = new byte[Message.NONCE_BYTES];
        random.nextBytes(nonce);
        return nonce;
    }
}
