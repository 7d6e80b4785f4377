package dev.dits.crypto;

import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The 32 bytes that both ends of a session share after a join, and nobody else.
 *
 * <p>Derived from the key of SPAKE2: {@code HKDF-SHA256(Ke, no salt, "dits/1 session")} (RFC 9382, RFC 5869). Immutable and
 * safe for several threads; compared in constant time.
 */
public final class SessionSecret {
    /** Length of a session secret in bytes. */
    public static final int BYTES = 32;

    /** The most that {@link #derive} gives, the limit of HKDF-SHA256: 255 blocks of 32 bytes. */
    public static final int DERIVED_BYTES_MAX = 255 * 32;

    private final byte[] secret;

    private SessionSecret(byte[] secret) {
        this.secret = secret;
    }

    static SessionSecret fromSpake2Key(byte[] ke) {
        return new SessionSecret(Kdf.hkdf(ke, null, Kdf.ascii("dits/1 session"), BYTES));
    }

    /**
     * Reads back a secret that was stored.
     *
     * @param bytes 32 bytes from {@link #exposeBytes()}
     * @return the secret
     * @throws IllegalArgumentException if there are not 32
     */
    public static SessionSecret fromBytes(byte[] bytes) {
        Kdf.requireLength(bytes, BYTES, "session secret");
        return new SessionSecret(bytes.clone());
    }

    /**
     * The secret itself, for keeping it in a file that only its owner can read.
     *
     * @return a fresh array of 32 bytes
     */
    public byte[] exposeBytes() {
        return secret.clone();
    }

    /**
     * A key for one purpose: {@code HKDF-SHA256(secret, no salt, "dits/1 derive\0" + label)}. Keys under different labels tell
     * nothing about each other or about the secret.
     *
     * @param label what the key is for, in ASCII, such as {@code "resume"}
     * @param bytes its length, 1 to {@link #DERIVED_BYTES_MAX}
     * @return the key
     * @throws IllegalArgumentException if the length is out of range, or the label empty or not printable ASCII
     */
    public byte[] derive(String label, int bytes) {
        if (bytes < 1 || bytes > DERIVED_BYTES_MAX) {
            throw new IllegalArgumentException("A derived key has 1 to " + DERIVED_BYTES_MAX + " bytes, not " + bytes);
        }
        // Anything else would be replaced by '?' below, and two labels could become one.
        if (label.isEmpty() || !label.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            throw new IllegalArgumentException("A label is printable ASCII and not empty");
        }
        return Kdf.hkdf(secret, null, Kdf.ascii("dits/1 derive\0" + label), bytes);
    }

    byte[] hmac(byte[]... parts) {
        return Kdf.hmac(secret, parts);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SessionSecret that && MessageDigest.isEqual(secret, that.secret);
    }

    /** Of a hash, so that the value in a heap dump or a map's statistics says nothing of the secret's bytes. */
    @Override
    public int hashCode() {
        return Arrays.hashCode(Kdf.sha256(Kdf.ascii("dits/1 hash code\0"), secret));
    }

    @Override
    public String toString() {
        return "SessionSecret[hidden]";
    }
}
