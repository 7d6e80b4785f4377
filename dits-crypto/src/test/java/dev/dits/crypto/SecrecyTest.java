package dev.dits.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** No secret in any text that could reach a log. */
class SecrecyTest {
    private static final HexFormat HEX = HexFormat.of();

    private static void assertHidden(Object value, byte[]... secrets) {
        String text = value.toString();
        for (byte[] secret : secrets) {
            assertThat(text.toLowerCase(Locale.ROOT))
                    .doesNotContain(HEX.formatHex(secret, 0, 4))
                    .doesNotContain(new BigInteger(1, secret).toString());
        }
    }

    @Test
    void codeShowsItsNameplateOnly() throws Exception {
        JoinCode code = JoinCode.parse("7KQ-M4T-X9P");
        assertThat(code).hasToString("JoinCode[7KQ, secret hidden]");
        assertThat(Spake2Password.of(code)).hasToString("Spake2Password[hidden]");
        assertThat(code).hasSameHashCodeAs(JoinCode.parse("7KQ-ABC-DEF"));
    }

    @Test
    void ticketShowsNeitherSecretNorAddresses() throws Exception {
        byte[] secret = Ticket.newSecret(new SeededRandom(20));
        Ticket.Builder builder =
                Ticket.builder(new byte[32], secret, new byte[16]).address("192.0.2.7:4433");
        Ticket ticket = builder.build();
        for (Object shown : List.of(ticket, builder, Spake2Password.of(ticket))) {
            assertHidden(shown, secret);
            assertThat(shown.toString()).doesNotContain("192.0.2.7", ticket.encode());
        }
    }

    @Test
    void exchangeShowsNoKeys() throws Exception {
        BigInteger w = new BigInteger("123456789012345678901234567890");
        Spake2Password password = Spake2Password.ofScalar(w);
        byte[] mountFingerprint = new byte[32];
        mountFingerprint[0] = 1;
        Spake2Context context = Spake2Context.of(mountFingerprint, new byte[32], Kdf.ascii("negotiated"));
        SecureRandom random = new SeededRandom(21);
        Spake2Mount mount = Spake2.mount(password, random);
        Spake2Share share = Spake2.share(password, context, random);
        byte[] cA = mount.confirm(share.respond(mount.start()), context);
        assertHidden(mount, password.w(), w.toByteArray(), cA);
        assertHidden(share, password.w(), w.toByteArray(), cA);
        Spake2Share.Accepted accepted = share.accept(cA);
        byte[] secret = accepted.secret().exposeBytes();
        assertHidden(accepted, secret, accepted.confirmation());
        assertHidden(accepted.secret(), secret);
        assertHidden(
                new ConnectionProof(accepted.secret(), mountFingerprint, new byte[32], new byte[32], new byte[32]),
                secret);
        assertThat(context.toString()).doesNotContain("negotiated", HEX.formatHex(mountFingerprint, 0, 4));
    }

    @Test
    void certificateShowsItsFingerprintOnly() throws Exception {
        PeerCertificate peer = PeerCertificate.generate(new SeededRandom(22));
        assertThat(peer).hasToString("PeerCertificate[" + HEX.formatHex(peer.fingerprint()) + "]");
    }

    @Test
    void secretsHandedOutAreCopies() {
        SessionSecret secret =
                SessionSecret.fromBytes("0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII));
        secret.exposeBytes()[0] = 0;
        assertThat(secret.exposeBytes()[0]).isEqualTo((byte) '0');
    }
}
