package dev.dits.crypto;

import java.math.BigInteger;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The share's side of one SPAKE2 attempt, made by {@link Spake2#share}. Its two methods are called once each, in the order
 * {@link #respond}, {@link #accept}; any other call, also one after a failure, is an {@link IllegalStateException}. For one
 * thread at a time.
 */
public final class Spake2Share {
    private enum State {
        NEW,
        RESPONDED,
        OVER
    }

    private final Spake2Password password;
    private final Spake2Context context;
    private final BigInteger y;
    private State state = State.NEW;
    private Spake2.@Nullable Keys keys;

    /** The scalar is a parameter for the RFC's vectors; {@link Spake2#share} draws it. */
    Spake2Share(Spake2Password password, Spake2Context context, BigInteger y) {
        this.password = password;
        this.context = context;
        this.y = y;
    }

    /**
     * Takes the mount's message. What is answered tells nothing of the password; no guess is spent yet.
     *
     * @param pA what the mount sent, of any length
     * @return pB, 65 bytes, to be sent to the mount
     * @throws InvalidKeyException if pA is no point that a mount would send; the attempt is over
     * @throws IllegalStateException if called before
     */
    public byte[] respond(byte[] pA) throws InvalidKeyException {
        advance(State.NEW);
        byte[] peer = pA.clone();
        byte[] pB = Spake2.message(y, password.wN());
        byte[] k = Spake2.sharedPoint(pB, peer, password.wM(), y);
        keys = Spake2.Keys.of(context, peer, pB, k, password.w());
        state = State.RESPONDED;
        return pB;
    }

    /**
     * Takes the mount's confirmation and, only if it is valid, gives out the share's.
     *
     * @param cA what the mount sent, of any length
     * @return the share's confirmation, to be sent to the mount, and the session's secret
     * @throws ConfirmationException if the mount does not know the password or saw another context: a guess is spent; the
     *     attempt is over
     * @throws IllegalStateException if it is not this method's turn
     */
    public Accepted accept(byte[] cA) throws ConfirmationException {
        advance(State.RESPONDED);
        Spake2.Keys derived = Objects.requireNonNull(keys);
        keys = null;
        if (!MessageDigest.isEqual(derived.mountConfirmation(), cA)) {
            throw new ConfirmationException("The mount did not prove that it knows the join code");
        }
        return new Accepted(derived.shareConfirmation(), derived.sessionSecret());
    }

    /** Whatever happens next, this step is used up. */
    private void advance(State expected) {
        if (state != expected) {
            throw new IllegalStateException("Not this step's turn, or the attempt is over");
        }
        state = State.OVER;
    }

    /** For the vectors only. */
    Spake2.@Nullable Keys keys() {
        return keys;
    }

    @Override
    public String toString() {
        return "Spake2Share[" + state + "]";
    }

    /** What a share has once a mount has proved itself. Immutable. */
    public static final class Accepted {
        private final byte[] confirmation;
        private final SessionSecret secret;

        private Accepted(byte[] confirmation, SessionSecret secret) {
            this.confirmation = confirmation;
            this.secret = secret;
        }

        /**
         * The share's confirmation.
         *
         * @return cB, a fresh array of 32 bytes, to be sent to the mount
         */
        public byte[] confirmation() {
            return confirmation.clone();
        }

        /**
         * The secret of the session that begins now.
         *
         * @return the secret that only this share and this mount have
         */
        public SessionSecret secret() {
            return secret;
        }

        @Override
        public String toString() {
            return "Accepted[hidden]";
        }
    }
}
