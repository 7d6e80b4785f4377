package dev.dits.quic;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A key and its self-signed certificate. */
record TestIdentity(PrivateKey key, X509Certificate certificate) {

    static TestIdentity fresh() {
        return fresh("secp256r1");
    }

    static TestIdentity fresh(String curve) {
        KeyPair pair = keyPair(curve);
        return signed(pair, pair.getPrivate());
    }

    /** Carries somebody else's signature. */
    static TestIdentity notSelfSigned() {
        return signed(keyPair("secp256r1"), keyPair("secp256r1").getPrivate());
    }

    private static KeyPair keyPair(String curve) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static TestIdentity signed(KeyPair pair, PrivateKey signer) {
        try {
            X500Name name = new X500Name("CN=dits");
            X509Certificate certificate = new JcaX509CertificateConverter()
                    .getCertificate(new JcaX509v3CertificateBuilder(
                                    name,
                                    BigInteger.ONE,
                                    Date.from(Instant.EPOCH),
                                    Date.from(Instant.parse("2100-01-01T00:00:00Z")),
                                    name,
                                    pair.getPublic())
                            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer)));
            return new TestIdentity(pair.getPrivate(), certificate);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new AssertionError(e);
        }
    }

    byte[] fingerprint() {
        try {
            return Fingerprints.of(certificate);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
