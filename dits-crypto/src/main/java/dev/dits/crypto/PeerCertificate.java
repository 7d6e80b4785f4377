package dev.dits.crypto;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.HexFormat;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A P-256 key with a self-signed certificate: who a peer is within one relation. A share has one, and a mount has a fresh one
 * for each share, so that nobody can be followed from one share to another.
 *
 * <p>The certificate says nothing: its subject is {@code CN=dits} for everybody, its serial number random, its validity
 * 2000-01-01 to 9999-12-31 (RFC 5280's "no expiry"). Nobody trusts it for what it says; it is pinned by its
 * {@link #fingerprint() fingerprint}, and grants have expiries of their own. A validity around the present would only break
 * joins between machines whose clocks disagree, and tell when a share was made.
 *
 * <p>Keys and certificates are the platform's own ({@code EC}, {@code X.509}), for use in TLS. Immutable and safe for several
 * threads. The private key is in no {@code toString}.
 */
public final class PeerCertificate {
    /** Length of a fingerprint in bytes. */
    public static final int FINGERPRINT_BYTES = Kdf.SHA256_BYTES;

    /** The longest result of {@link #toBytes()}, in bytes. */
    public static final int ENCODED_BYTES_MAX = 4096;

    private static final String SUBJECT = "CN=dits";
    private static final Instant NOT_BEFORE = Instant.parse("2000-01-01T00:00:00Z");
    private static final Instant NOT_AFTER = Instant.parse("9999-12-31T23:59:59Z");
    private static final int SERIAL_BITS = 120;
    private static final String CURVE = "secp256r1";
    private static final String SIGNATURE = "SHA256withECDSA";
    private static final byte[] MAGIC = Kdf.ascii("DITSKEY");
    private static final byte VERSION = 1;

    private final PrivateKey privateKey;
    private final X509Certificate certificate;
    private final byte[] certificateDer;
    private final byte[] fingerprint;

    private PeerCertificate(PrivateKey privateKey, X509Certificate certificate) throws GeneralSecurityException {
        this.privateKey = privateKey;
        this.certificate = certificate;
        this.certificateDer = certificate.getEncoded();
        this.fingerprint = Kdf.sha256(certificateDer);
    }

    /**
     * Makes a fresh key and certificate.
     *
     * @param random for the key, the serial number and the signature
     * @return them
     * @throws GeneralSecurityException if this platform has no P-256 or no ECDSA
     */
    public static PeerCertificate generate(SecureRandom random) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(CURVE), random);
        KeyPair pair = generator.generateKeyPair();
        X500Name subject = new X500Name(SUBJECT);
        // Positive, as RFC 5280 wants it, and always of the same length.
        BigInteger serial = new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS);
        X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                subject, serial, Date.from(NOT_BEFORE), Date.from(NOT_AFTER), subject, pair.getPublic());
        try {
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            byte[] der = builder.build(new JcaContentSignerBuilder(SIGNATURE)
                            .setSecureRandom(random)
                            .build(pair.getPrivate()))
                    .getEncoded();
            return new PeerCertificate(pair.getPrivate(), parse(der));
        } catch (IOException | OperatorCreationException e) {
            throw new CertificateException("Could not make a certificate", e);
        }
    }

    /**
     * Reads back what {@link #toBytes()} gave.
     *
     * @param bytes the stored form, at most {@value #ENCODED_BYTES_MAX} bytes
     * @return the key and certificate
     * @throws GeneralSecurityException if the bytes are damaged, of an unknown version, no P-256 key, or if key and certificate
     *     do not belong together
     */
    public static PeerCertificate fromBytes(byte[] bytes) throws GeneralSecurityException {
        if (bytes.length > ENCODED_BYTES_MAX) {
            throw new InvalidKeyException("A stored key has at most " + ENCODED_BYTES_MAX + " bytes");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        byte[] magic = new byte[MAGIC.length];
        if (in.remaining() < MAGIC.length + 1) {
            throw new InvalidKeyException("The stored key is cut short");
        }
        in.get(magic);
        if (!Arrays.equals(magic, MAGIC)) {
            throw new InvalidKeyException("Not a stored key");
        }
        byte version = in.get();
        if (version != VERSION) {
            throw new InvalidKeyException(
                    "The stored key is of version " + version + ", which this program does not know");
        }
        byte[] keyDer = readBlock(in);
        byte[] certificateDer = readBlock(in);
        if (in.hasRemaining()) {
            throw new InvalidKeyException("The stored key has bytes after its end");
        }
        PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(keyDer));
        X509Certificate certificate = parse(certificateDer);
        requireP256(certificate.getPublicKey());
        requireMatch(key, certificate);
        return new PeerCertificate(key, certificate);
    }

    private static byte[] readBlock(ByteBuffer in) throws InvalidKeyException {
        if (in.remaining() < Short.BYTES) {
            throw new InvalidKeyException("The stored key is cut short");
        }
        int length = in.getShort() & 0xffff;
        if (length > in.remaining()) {
            throw new InvalidKeyException("The stored key is cut short");
        }
        byte[] block = new byte[length];
        in.get(block);
        return block;
    }

    private static X509Certificate parse(byte[] der) throws CertificateException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    private static void requireP256(PublicKey key) throws InvalidKeyException {
        // Every named curve of 256 bits has an order of its own.
        if (!(key instanceof ECPublicKey ec) || !ec.getParams().getOrder().equals(P256.ORDER)) {
            throw new InvalidKeyException("The certificate is not for a P-256 key");
        }
    }

    private static void requireMatch(PrivateKey key, X509Certificate certificate) throws GeneralSecurityException {
        byte[] probe = Kdf.ascii("dits/1 key check\0");
        Signature signer = Signature.getInstance(SIGNATURE);
        signer.initSign(key);
        signer.update(probe);
        byte[] signature = signer.sign();
        Signature verifier = Signature.getInstance(SIGNATURE);
        verifier.initVerify(certificate.getPublicKey());
        verifier.update(probe);
        if (!verifier.verify(signature)) {
            throw new InvalidKeyException("The stored key and certificate do not belong together");
        }
    }

    /**
     * Key and certificate for keeping in a file that only its owner can read. Contains the private key.
     *
     * <pre>
     * magic         7 bytes, "DITSKEY"
     * version       1 byte, 1
     * key           2 bytes length, big-endian; PKCS #8 in DER (RFC 5208)
     * certificate   2 bytes length, big-endian; X.509 in DER (RFC 5280)
     * </pre>
     *
     * @return a fresh array
     */
    public byte[] toBytes() {
        byte[] keyDer = privateKey.getEncoded();
        return ByteBuffer.allocate(MAGIC.length + 1 + 2 * Short.BYTES + keyDer.length + certificateDer.length)
                .put(MAGIC)
                .put(VERSION)
                .putShort((short) keyDer.length)
                .put(keyDer)
                .putShort((short) certificateDer.length)
                .put(certificateDer)
                .array();
    }

    /**
     * The private key.
     *
     * @return a P-256 key of the platform's {@code EC} provider
     */
    public PrivateKey privateKey() {
        return privateKey;
    }

    /**
     * The certificate.
     *
     * @return the self-signed certificate of the key
     */
    public X509Certificate certificate() {
        return certificate;
    }

    /**
     * What names this peer.
     *
     * @return SHA-256 of the certificate in DER, a fresh array of 32 bytes
     */
    public byte[] fingerprint() {
        return fingerprint.clone();
    }

    /**
     * The fingerprint of a certificate that a peer showed in TLS.
     *
     * @param certificate the peer's certificate
     * @return SHA-256 of it in DER, 32 bytes
     * @throws CertificateException if it cannot be encoded
     */
    public static byte[] fingerprint(X509Certificate certificate) throws CertificateException {
        return Kdf.sha256(certificate.getEncoded());
    }

    @Override
    public String toString() {
        return "PeerCertificate[" + HexFormat.of().formatHex(fingerprint) + "]";
    }
}
