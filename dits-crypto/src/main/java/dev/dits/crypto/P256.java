package dev.dits.crypto;

import java.math.BigInteger;
import java.security.InvalidKeyException;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECAlgorithms;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.util.BigIntegers;

/**
 * The group P-256 with the two constants of RFC 9382, section 6, reached only through multipliers whose time and memory
 * accesses do not depend on the scalar. {@code ECPoint.multiply} is not among them: the curve's default multiplier branches on
 * the scalar's digits.
 */
final class P256 {
    /** Length of an uncompressed point: 04, x, y (SEC 1, section 2.3.3). */
    static final int POINT_BYTES = 65;

    /** Length of a scalar, big-endian. */
    static final int SCALAR_BYTES = 32;

    private static final byte UNCOMPRESSED = 0x04;

    private static final X9ECParameters PARAMETERS = CustomNamedCurves.getByName("P-256");

    /** The group's order, a prime; the cofactor is 1. */
    static final BigInteger ORDER = PARAMETERS.getN();

    static final ECPoint M = constant("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f");
    static final ECPoint N = constant("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49");

    private P256() {}

    private static ECPoint constant(String hex) {
        return PARAMETERS.getCurve().decodePoint(HexFormat.of().parseHex(hex));
    }

    /** A uniform scalar from 1 to the order less one. */
    static BigInteger randomScalar(SecureRandom random) {
        return BigIntegers.createRandomInRange(BigInteger.ONE, ORDER.subtract(BigInteger.ONE), random);
    }

    static byte[] encodeScalar(BigInteger scalar) {
        return BigIntegers.asUnsignedByteArray(SCALAR_BYTES, scalar);
    }

    /** Scalar times the group's generator. */
    static ECPoint multiplyGenerator(BigInteger secret) {
        return new FixedPointCombMultiplier().multiply(PARAMETERS.getG(), secret);
    }

    /** Scalar times any point that {@link #decode} accepted. */
    static ECPoint multiply(ECPoint point, BigInteger secret) {
        return ECAlgorithms.multiplySecret(point, secret).normalize();
    }

    static byte[] encode(ECPoint point) {
        return point.normalize().getEncoded(false);
    }

    /**
     * Reads a peer's point. Bouncy Castle would also take infinity and the compressed and hybrid forms, which would give one
     * point several encodings in the transcript; so the form is checked before anything is decoded.
     *
     * @throws InvalidKeyException unless this is the uncompressed encoding of a point on the curve
     */
    static ECPoint decode(byte[] encoded) throws InvalidKeyException {
        if (encoded.length != POINT_BYTES || encoded[0] != UNCOMPRESSED) {
            throw new InvalidKeyException("A point must be " + POINT_BYTES + " bytes in uncompressed form");
        }
        ECPoint point;
        try {
            point = PARAMETERS.getCurve().decodePoint(encoded);
        } catch (IllegalArgumentException e) {
            throw new InvalidKeyException("The point is not on the curve", e);
        }
        if (point.isInfinity() || !point.isValid()) {
            throw new InvalidKeyException("The point is not on the curve");
        }
        return point;
    }
}
