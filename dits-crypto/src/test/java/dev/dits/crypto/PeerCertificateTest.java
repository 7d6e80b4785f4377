package dev.dits.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.Socket;
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
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Test;

class PeerCertificateTest {
    private final SecureRandom random = new SeededRandom(509);

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
    void flippedBitsNeverFailOtherwise() throws Exception {
        byte[] stored = PeerCertificate.generate(random).toBytes();
        int refused = 0;
        for (int bit = 0; bit < stored.length * 8; bit++) {
            byte[] flipped = stored.clone();
            flipped[bit / 8] ^= (byte) (1 << (bit % 8));
            try {
                PeerCertificate.fromBytes(flipped);
            } catch (GeneralSecurityException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    /** Both ends of a TLS 1.3 handshake see the other's fingerprint, with nothing but the JDK. */
    @Test
    void tlsShowsEachSideTheOthersFingerprint() throws Exception {
        PeerCertificate mount = PeerCertificate.generate(random);
        PeerCertificate share = PeerCertificate.generate(random);
        SSLEngine client = engine(mount, true);
        SSLEngine server = engine(share, false);
        ByteBuffer toServer = ByteBuffer.allocate(1 << 16);
        ByteBuffer toClient = ByteBuffer.allocate(1 << 16);
        for (int turn = 0; turn < 50 && !(done(client) && done(server)); turn++) {
            step(client, toClient, toServer);
            step(server, toServer, toClient);
        }
        assertThat(client.getSession().getProtocol()).isEqualTo("TLSv1.3");
        assertThat(shownTo(client)).isEqualTo(share.fingerprint());
        assertThat(shownTo(server)).isEqualTo(mount.fingerprint());
    }

    private static boolean done(SSLEngine engine) {
        return engine.getHandshakeStatus() == SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING
                && engine.getSession().getCipherSuite().startsWith("TLS_AES");
    }

    private static byte[] shownTo(SSLEngine engine) throws Exception {
        return PeerCertificate.fingerprint((X509Certificate) engine.getSession().getPeerCertificates()[0]);
    }

    private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
        in.flip();
        ByteBuffer plain = ByteBuffer.allocate(1 << 15);
        for (int i = 0; i < 20; i++) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> engine.getDelegatedTask().run();
                case NEED_WRAP -> engine.wrap(ByteBuffer.allocate(0), out);
                default -> {
                    if (!in.hasRemaining()) {
                        in.compact();
                        return;
                    }
                    engine.unwrap(in, plain);
                }
            }
        }
        in.compact();
    }

    private static SSLEngine engine(PeerCertificate peer, boolean client) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("peer", peer.privateKey(), new char[0], new X509Certificate[] {peer.certificate()});
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, new char[0]);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), new TrustManager[] {new AnyPeer()}, null);
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(client);
        engine.setNeedClientAuth(!client);
        engine.beginHandshake();
        return engine;
    }

    /** In these tests, as before a join, the certificate is only looked at. */
    private static final class AnyPeer extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
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
