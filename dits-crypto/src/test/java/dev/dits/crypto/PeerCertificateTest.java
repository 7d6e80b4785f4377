package dev.dits.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.Security;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import org.junit.jupiter.api.Test;

class PeerCertificateTest {
    private final SecureRandom random = new SecureRandom();

    @Test
    void certificateIsSelfSignedP256AndSaysNothing() throws Exception {
        PeerCertificate peer = PeerCertificate.generate(random);
        X509Certificate certificate = peer.certificate();
        certificate.verify(certificate.getPublicKey());
        assertThat(certificate.getVersion()).isEqualTo(3);
        assertThat(certificate.getSigAlgName()).isEqualTo("SHA256withECDSA");
        assertThat(((ECPublicKey) certificate.getPublicKey()).getParams().getOrder())
                .isEqualTo(P256.ORDER);
        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=dits");
        assertThat(certificate.getIssuerX500Principal()).isEqualTo(certificate.getSubjectX500Principal());
        assertThat(certificate.getSerialNumber().signum()).isPositive();
        certificate.checkValidity(Date.from(Instant.parse("2000-01-01T00:00:00Z")));
        certificate.checkValidity(Date.from(Instant.parse("9999-12-31T23:59:59Z")));
        assertThat(peer.fingerprint())
                .isEqualTo(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()))
                .isEqualTo(PeerCertificate.fingerprint(certificate));
    }

    /** Two certificates must differ in nothing but key, serial number and signature. */
    @Test
    void certificatesOfTwoRelationsCannotBeLinked() throws Exception {
        X509Certificate one = PeerCertificate.generate(random).certificate();
        X509Certificate two = PeerCertificate.generate(random).certificate();
        assertThat(one.getSerialNumber()).isNotEqualTo(two.getSerialNumber());
        assertThat(one.getSerialNumber().bitLength())
                .isEqualTo(two.getSerialNumber().bitLength());
        assertThat(one.getPublicKey()).isNotEqualTo(two.getPublicKey());
        assertThat(one.getNotBefore()).isEqualTo(two.getNotBefore());
        assertThat(one.getNotAfter()).isEqualTo(two.getNotAfter());
        assertThat(one.getTBSCertificate()).hasSameSizeAs(two.getTBSCertificate());
        assertThat(one.getCriticalExtensionOIDs()).containsExactly("2.5.29.15");
        assertThat(one.getNonCriticalExtensionOIDs()).isEmpty();
    }

    @Test
    void keyWorksWithThePlatformsOwnProviders() throws Exception {
        PeerCertificate peer = PeerCertificate.generate(random);
        Signature signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(peer.privateKey());
        signer.update(new byte[] {1, 2, 3});
        byte[] signature = signer.sign();
        Signature verifier = Signature.getInstance("SHA256withECDSA");
        verifier.initVerify(peer.certificate());
        verifier.update(new byte[] {1, 2, 3});
        assertThat(verifier.verify(signature)).isTrue();

        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("peer", peer.privateKey(), new char[0], new X509Certificate[] {peer.certificate()});
        assertThat(store.getKey("peer", new char[0])).isEqualTo(peer.privateKey());
        assertThat(Security.getProvider("BC"))
                .as("no provider may be registered")
                .isNull();
    }

    @Test
    void storedFormReadsBack() throws Exception {
        PeerCertificate peer = PeerCertificate.generate(random);
        byte[] stored = peer.toBytes();
        assertThat(stored).startsWith(Kdf.ascii("DITSKEY")).hasSizeLessThan(PeerCertificate.ENCODED_BYTES_MAX);
        PeerCertificate read = PeerCertificate.fromBytes(stored);
        assertThat(read.fingerprint()).isEqualTo(peer.fingerprint());
        assertThat(read.privateKey().getEncoded()).isEqualTo(peer.privateKey().getEncoded());
        assertThat(read.certificate()).isEqualTo(peer.certificate());
        assertThat(read.toBytes()).isEqualTo(stored);
    }

    @Test
    void damagedStoredFormsAreRefused() throws Exception {
        byte[] stored = PeerCertificate.generate(random).toBytes();
        for (int length = 0; length < stored.length; length++) {
            byte[] cut = Arrays.copyOf(stored, length);
            assertThatExceptionOfType(GeneralSecurityException.class).isThrownBy(() -> PeerCertificate.fromBytes(cut));
        }
        assertThatExceptionOfType(InvalidKeyException.class)
                .isThrownBy(() -> PeerCertificate.fromBytes(Arrays.copyOf(stored, stored.length + 1)))
                .withMessageContaining("after its end");
        assertThatExceptionOfType(InvalidKeyException.class)
                .isThrownBy(() -> PeerCertificate.fromBytes(new byte[PeerCertificate.ENCODED_BYTES_MAX + 1]))
                .withMessageContaining("4096");
        byte[] newer = stored.clone();
        newer[7] = 2;
        assertThatExceptionOfType(InvalidKeyException.class)
                .isThrownBy(() -> PeerCertificate.fromBytes(newer))
                .withMessageContaining("version 2");
    }

    /** Whatever a damaged disk does to a stored key, it is refused with the declared exception or still works. */
    @Test
    void flippedBytesNeverFailOtherwise() throws Exception {
        byte[] stored = PeerCertificate.generate(random).toBytes();
        int refused = 0;
        for (int at = 0; at < stored.length; at++) {
            byte[] flipped = stored.clone();
            flipped[at] ^= 0x55;
            try {
                PeerCertificate.fromBytes(flipped);
            } catch (GeneralSecurityException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void keyOfAnotherCertificateIsRefused() throws Exception {
        PeerCertificate one = PeerCertificate.generate(random);
        PeerCertificate two = PeerCertificate.generate(random);
        byte[] key = one.privateKey().getEncoded();
        byte[] certificate = two.certificate().getEncoded();
        byte[] mixed = ByteBuffer.allocate(12 + key.length + certificate.length)
                .put(Kdf.ascii("DITSKEY"))
                .put((byte) 1)
                .putShort((short) key.length)
                .put(key)
                .putShort((short) certificate.length)
                .put(certificate)
                .array();
        assertThatExceptionOfType(InvalidKeyException.class)
                .isThrownBy(() -> PeerCertificate.fromBytes(mixed))
                .withMessageContaining("do not belong together");
    }
}
