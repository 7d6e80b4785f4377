package dev.dits.crypto;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.math.ec.ECPoint;

/**
 * SPAKE2 as of RFC 9382, suite P256-SHA256-HKDF-HMAC: a password-authenticated key exchange. The mount is party A, the share
 * is party B.
 *
 * <pre>
 * mount                                         share
 *   start()          ---- pA, 65 bytes ---&gt;       respond(pA)
 *   confirm(pB, ctx) &lt;--- pB, 65 bytes ----
 *                    ---- cA, 32 bytes ---&gt;       accept(cA)      a wrong cA is a spent guess, and is not answered
 *   finish(cB)       &lt;--- cB, 32 bytes ----
 * </pre>
 *
 * <h2>Security guarantees</h2>
 *
 * <ul>
 *   <li>Who records everything, and learns the password later, still cannot read the session.
 *   <li>Who takes part without the password learns from one attempt whether one guess was right, and nothing else; it must
 *       commit to the guess by sending cA first. The share's confirmation cannot be had from this interface without a valid
 *       confirmation of the mount.
 *   <li>A peer's point must be the uncompressed encoding of a point on the curve; a shared point at infinity and a point sent
 *       back to its maker are refused.
 *   <li>Secret scalars meet only multipliers with a fixed sequence of operations, and confirmations are compared in constant
 *       time.
 * </ul>
 *
 * <p>It does not limit guesses: the caller counts each {@link ConfirmationException} of {@link Spake2Share#accept}.
 */
public final class Spake2 {
    /** Length of the messages pA and pB in bytes. */
    public static final int POINT_BYTES = P256.POINT_BYTES;

    /** Length of the confirmations cA and cB in bytes. */
    public static final int CONFIRMATION_BYTES = Kdf.SHA256_BYTES;

    private static final int HALF = Kdf.SHA256_BYTES / 2;

    private Spake2() {}

    /**
     * Begins an attempt as the mount.
     *
     * @param password what the user typed, made ready
     * @param random for this attempt's scalar
     * @return a state machine for one attempt
     */
    public static Spake2Mount mount(Spake2Password password, SecureRandom random) {
        return new Spake2Mount(password, P256.randomScalar(random));
    }

    /**
     * Begins an attempt as the share.
     *
     * @param password of the code or ticket that the mount named
     * @param context what the share sees of the connection
     * @param random for this attempt's scalar
     * @return a state machine for one attempt
     */
    public static Spake2Share share(Spake2Password password, Spake2Context context, SecureRandom random) {
        return new Spake2Share(password, context, P256.randomScalar(random));
    }

    /** This end's message: its scalar times the generator, masked by the password's point. */
    static byte[] message(BigInteger scalar, ECPoint mask) {
        return P256.encode(P256.multiplyGenerator(scalar).add(mask));
    }

    /** The shared point K: the peer's message without its mask, times this end's scalar. The cofactor is 1. */
    static byte[] sharedPoint(byte[] ours, byte[] theirs, ECPoint mask, BigInteger scalar) throws InvalidKeyException {
        ECPoint peer = P256.decode(theirs);
        if (MessageDigest.isEqual(ours, theirs)) {
            throw new InvalidKeyException("The peer sent our own point back");
        }
        ECPoint unmasked = peer.subtract(mask).normalize();
        // The order is prime and the scalar below it, so K is infinity exactly when this is.
        if (unmasked.isInfinity()) {
            throw new InvalidKeyException("The shared point is infinity");
        }
        return P256.encode(P256.multiply(unmasked, scalar));
    }

    /** Everything that follows from the transcript (RFC 9382, sections 3.3 and 4). */
    static final class Keys {
        final byte[] transcript;
        final byte[] hash;
        final byte[] ke;
        final byte[] ka;
        final byte[] kcA;
        final byte[] kcB;

        private Keys(byte[] transcript, byte[] associatedData) {
            this.transcript = transcript;
            this.hash = Kdf.sha256(transcript);
            this.ke = Arrays.copyOf(hash, HALF);
            this.ka = Arrays.copyOfRange(hash, HALF, 2 * HALF);
            byte[] info = Kdf.concat(Kdf.ascii("ConfirmationKeys"), associatedData);
            byte[] confirmation = Kdf.hkdf(ka, null, info, 2 * HALF);
            this.kcA = Arrays.copyOf(confirmation, HALF);
            this.kcB = Arrays.copyOfRange(confirmation, HALF, 2 * HALF);
        }

        static Keys of(Spake2Context context, byte[] pA, byte[] pB, byte[] k, byte[] w) {
            byte[] transcript = Kdf.concat(
                    prefixed(context.mountIdentity()),
                    prefixed(context.shareIdentity()),
                    prefixed(pA),
                    prefixed(pB),
                    prefixed(k),
                    prefixed(w));
            return new Keys(transcript, context.associatedData());
        }

        /** Each part of the transcript follows its length, eight bytes little-endian. */
        private static byte[] prefixed(byte[] part) {
            return ByteBuffer.allocate(Long.BYTES + part.length)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(part.length)
                    .put(part)
                    .array();
        }

        byte[] mountConfirmation() {
            return Kdf.hmac(kcA, transcript);
        }

        byte[] shareConfirmation() {
            return Kdf.hmac(kcB, transcript);
        }

        SessionSecret sessionSecret() {
            return SessionSecret.fromSpake2Key(ke);
        }
    }
}
