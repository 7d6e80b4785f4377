package dev.dits.quic;

import java.math.BigInteger;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.EllipticCurve;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Accepts exactly one self-signed P-256 certificate, and only the pinned one where there is a pin.
 *
 * <p>Without a pin this establishes nothing about who the peer is, only that it holds the key of the certificate it
 * showed. Who it is, is decided above, by SPAKE2 over both fingerprints. Names and validity dates mean nothing here: a
 * certificate lives as long as the relation it was made for.
 */
final class LeafTrustManager extends X509ExtendedTrustManager {
    /** A P-256 certificate without extensions takes a third of this. */
    static final int CERTIFICATE_BYTES_MAX = 2_048;

    private static final BigInteger P256_PRIME =
            new BigInteger("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16);
    private static final BigInteger P256_B =
            new BigInteger("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", 16);

    private final byte @Nullable [] pin;
    private volatile @Nullable CertificateException refusal;

    LeafTrustManager(byte @Nullable [] pin) {
        this.pin = pin == null ? null : pin.clone();
    }

    /** Why the last certificate was refused, or null. TLS itself reports no more than an alert number. */
    @Nullable
    CertificateException refusal() {
        return refusal;
    }

    private void check(X509Certificate[] chain) throws CertificateException {
        try {
            checkLeaf(chain);
        } catch (CertificateException e) {
            refusal = e;
            throw e;
        }
    }

    private void checkLeaf(X509Certificate[] chain) throws CertificateException {
        if (chain.length != 1) {
            throw new CertificateException("the peer sent " + chain.length + " certificates instead of one");
        }
        X509Certificate leaf = chain[0];
        if (leaf.getEncoded().length > CERTIFICATE_BYTES_MAX) {
            throw new CertificateException("the peer's certificate is longer than " + CERTIFICATE_BYTES_MAX + " bytes");
        }
        if (!isP256(leaf)) {
            throw new CertificateException("the peer's certificate is not for a P-256 key");
        }
        if (pin != null && !MessageDigest.isEqual(pin, Fingerprints.of(leaf))) {
            throw new CertificateException("the peer's certificate has another fingerprint than the pinned one");
        }
        try {
            leaf.verify(leaf.getPublicKey());
        } catch (GeneralSecurityException e) {
            throw new CertificateException("the peer's certificate is not self-signed", e);
        }
    }

    private static boolean isP256(X509Certificate leaf) {
        if (!(leaf.getPublicKey() instanceof ECPublicKey key)) {
            return false;
        }
        EllipticCurve curve = key.getParams().getCurve();
        return curve.getField() instanceof ECFieldFp field
                && field.getP().equals(P256_PRIME)
                && curve.getB().equals(P256_B);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        check(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        check(chain);
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
