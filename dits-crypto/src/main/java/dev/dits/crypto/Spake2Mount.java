package dev.dits.crypto;

import java.math.BigInteger;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The mount's side of one SPAKE2 attempt, made by {@link Spake2#mount}. Its three methods are called once each, in the order
 * {@link #start}, {@link #confirm}, {@link #finish}; any other call, also one after a failure, is an
 * {@link IllegalStateException}. For one thread at a time.
 */
public final class Spake2Mount {
    private enum State {
        NEW,
        STARTED,
        CONFIRMED,
        OVER
    }

    private final Spake2Password password;
    private final BigInteger x;
    private final byte[] pA;
    private State state = State.NEW;
    private Spake2.@Nullable Keys keys;

    /** The scalar is a parameter for the RFC's vectors; {@link Spake2#mount} draws it. */
    Spake2Mount(Spake2Password password, BigInteger x) {
        this.password = password;
        this.x = x;
        this.pA = Spake2.message(x, password.wM());
    }

    /**
     * The first message.
     *
     * @return pA, 65 bytes, to be sent to the share
     * @throws IllegalStateException if called before
     */
    public byte[] start() {
        advance(State.NEW);
        state = State.STARTED;
        return pA.clone();
    }

    /**
     * Takes the share's message and commits to the password.
     *
     * @param pB what the share sent, of any length
     * @param context what the mount sees of the connection, and what was said on it; known only now, since the share's
     *     part of the negotiation arrives together with pB
     * @return cA, 32 bytes, to be sent to the share
     * @throws InvalidKeyException if pB is no point that a share would send; the attempt is over
     * @throws IllegalStateException if it is not this method's turn
     */
    public byte[] confirm(byte[] pB, Spake2Context context) throws InvalidKeyException {
        advance(State.STARTED);
        byte[] peer = pB.clone();
        byte[] k = Spake2.sharedPoint(pA, peer, password.wN(), x);
        Spake2.Keys derived = Spake2.Keys.of(context, pA, peer, k, password.w());
        keys = derived;
        state = State.CONFIRMED;
        return derived.mountConfirmation();
    }

    /**
     * Takes the share's confirmation.
     *
     * @param cB what the share sent, of any length
     * @return the secret that only this share and this mount have
     * @throws ConfirmationException if the share does not know the password or saw another context; the attempt is over
     * @throws IllegalStateException if it is not this method's turn
     */
    public SessionSecret finish(byte[] cB) throws ConfirmationException {
        advance(State.CONFIRMED);
        Spake2.Keys derived = Objects.requireNonNull(keys);
        keys = null;
        if (!MessageDigest.isEqual(derived.shareConfirmation(), cB)) {
            throw new ConfirmationException(
                    "The share did not prove that it knows the join code: the code is wrong or the connection is intercepted");
        }
        return derived.sessionSecret();
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
        return "Spake2Mount[" + state + "]";
    }
}
