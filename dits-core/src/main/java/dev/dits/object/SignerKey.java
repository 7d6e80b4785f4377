package dev.dits.object;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The public key of whoever signs commits and tags: Ed25519 (RFC 8032), 32 bytes. Public, and so fit to be shown.
 *
 * <p>Immutable and safe for use by several threads.
 */
public final class SignerKey implements Comparable<SignerKey> {
    /** Length of a key in bytes. */
    public static final int BYTES = 32;

    private static final int ABBREVIATED_DIGITS = 16;

    /** The prime of the curve's field, 2^255 - 19. */
    private static final BigInteger PRIME = BigInteger.ONE.shiftLeft(255).subtract(BigInteger.valueOf(19));

    private static final BigInteger ORDER_8 =
            new BigInteger("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16);

    /*
     * The y of points whose order divides 8. Under such a key one signature fits many messages, so it says nothing about who signed; the
     * last two are of order 8.
     */
    private static final Set<BigInteger> SMALL_ORDER =
            Set.of(BigInteger.ZERO, BigInteger.ONE, PRIME.subtract(BigInteger.ONE), ORDER_8, PRIME.subtract(ORDER_8));

    private final byte[] bytes;
    private final PublicKey key;

    private SignerKey(byte[] bytes, PublicKey key) {
        this.bytes = bytes;
        this.key = key;
    }

    /**
     * Takes a key.
     *
     * @param bytes its 32 bytes, as RFC 8032 encodes a point; copied
     * @return the key
     * @throws IllegalArgumentException if no honest signer can have it: a wrong length, another encoding than the canonical, or a point of small order
     */
    public static SignerKey of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("a signer's key has 32 bytes, not " + bytes.length);
        }
        byte[] bigEndian = new byte[BYTES];
        for (int i = 0; i < BYTES; i++) {
            bigEndian[i] = bytes[BYTES - 1 - i];
        }
        boolean odd = (bigEndian[0] & 0x80) != 0;
        bigEndian[0] &= 0x7F;
        BigInteger y = new BigInteger(1, bigEndian);
        if (y.compareTo(PRIME) >= 0 || SMALL_ORDER.contains(y)) {
            throw new IllegalArgumentException("a signer's key is one that nobody can have made by the rules");
        }
        try {
            return new SignerKey(
                    bytes.clone(),
                    KeyFactory.getInstance("Ed25519")
                            .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, new EdECPoint(odd, y))));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("a signer's key can not be used", e);
        }
    }

    /**
     * Parses the 64 hexadecimal digits that {@link #hex} gives.
     *
     * @param hex 64 digits, either case
     * @return the key
     * @throws IllegalArgumentException if that is not what it is, or as {@link #of}
     */
    public static SignerKey ofHex(String hex) {
        return of(HexFormat.of().parseHex(hex));
    }

    /**
     * Takes a key of the JDK.
     *
     * @param key of Ed25519
     * @return the key
     * @throws IllegalArgumentException as {@link #of}
     */
    public static SignerKey of(EdECPublicKey key) {
        EdECPoint point = key.getPoint();
        byte[] bigEndian = point.getY().toByteArray();
        byte[] bytes = new byte[BYTES];
        for (int i = 0; i < Math.min(BYTES, bigEndian.length); i++) {
            bytes[i] = bigEndian[bigEndian.length - 1 - i];
        }
        if (point.isXOdd()) {
            bytes[BYTES - 1] |= (byte) 0x80;
        }
        return of(bytes);
    }

    /** Whether a signature is of this key over these bytes. */
    boolean verifies(byte[] signature, byte[] message) {
        try {
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(key);
            verifier.update(message);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /**
     * Returns the key's bytes.
     *
     * @return a copy, 32 bytes
     */
    public byte[] toBytes() {
        return bytes.clone();
    }

    /**
     * Returns all of it, for comparing it with somebody by another way.
     *
     * @return 64 hexadecimal digits
     */
    public String hex() {
        return HexFormat.of().formatHex(bytes);
    }

    /**
     * Returns its first 64 bits, for lists; to find a second key with the same takes 2^64 tries.
     *
     * @return 16 hexadecimal digits
     */
    public String abbreviated() {
        return hex().substring(0, ABBREVIATED_DIGITS);
    }

    @Override
    public int compareTo(SignerKey other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SignerKey that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return hex();
    }
}
