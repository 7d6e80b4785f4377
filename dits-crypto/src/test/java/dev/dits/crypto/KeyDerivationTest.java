package dev.dits.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.junit.jupiter.api.Test;

/** The primitives against their RFCs, and what is built of them against values computed by another implementation. */
class KeyDerivationTest {
    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static byte[] range(int from, int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (from + i);
        }
        return bytes;
    }

    private static byte[] filled(int value, int count) {
        byte[] bytes = new byte[count];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    @Test
    void hkdfOfRfc5869() {
        assertThat(Kdf.hkdf(filled(0x0b, 22), range(0, 13), range(0xf0, 10), 42))
                .isEqualTo(hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"));
        assertThat(Kdf.hkdf(range(0, 80), range(0x60, 80), range(0xb0, 80), 82))
                .isEqualTo(
                        hex("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c6"
                                + "5e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"));
        assertThat(Kdf.hkdf(filled(0x0b, 22), null, new byte[0], 42))
                .isEqualTo(hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"));
    }

    @Test
    void argon2idOfRfc9106() {
        Argon2Parameters parameters = new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                .withMemoryAsKB(32)
                .withIterations(3)
                .withParallelism(4)
                .withSalt(filled(2, 16))
                .withSecret(filled(3, 8))
                .withAdditional(filled(4, 12))
                .build();
        assertThat(Kdf.argon2id(parameters, filled(1, 32), 32))
                .isEqualTo(hex("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"));
    }

    @Test
    void passwordOfACode() throws Exception {
        assertThat(Spake2Password.of(JoinCode.parse("7KQ-M4T-X9P")).w())
                .isEqualTo(hex("bbf30604a98328fb395f4ab2b31a08790fbb8215e29db35e8b9f110acc6e9ccc"));
    }

    @Test
    void passwordOfATicket() {
        Ticket ticket =
                Ticket.builder(new byte[32], range(0x10, 16), range(0xa0, 16)).build();
        assertThat(Spake2Password.of(ticket).w())
                .isEqualTo(hex("2bfe46fc4f4804f8ceda5522de58de08ac6fb15d30a0f59d9f18bccb9e8e0cc2"));
    }

    @Test
    void anotherNameplateMakesAnotherPassword() throws Exception {
        assertThat(Spake2Password.of(JoinCode.parse("7KQ-M4T-X9P")).w())
                .isNotEqualTo(Spake2Password.of(JoinCode.parse("7KR-M4T-X9P")).w());
    }

    @Test
    void sessionSecretAndItsKeys() {
        assertThat(SessionSecret.fromSpake2Key(range(0, 16)).exposeBytes())
                .isEqualTo(hex("1fc60362dc54d827a37b010bd8a4c8604576105e10c12632226cb58e1e273897"));
        SessionSecret secret = SessionSecret.fromBytes(range(0, 32));
        assertThat(secret.derive("resume", 32))
                .isEqualTo(hex("99c9f96f5b89ec542356f44ebb9614a805266edf0bb5fd73d6e49f53ba4df156"))
                .isNotEqualTo(secret.derive("other", 32));
        assertThat(secret.derive("a", SessionSecret.DERIVED_BYTES_MAX)).hasSize(SessionSecret.DERIVED_BYTES_MAX);
        assertThatIllegalArgumentException().isThrownBy(() -> secret.derive("a", SessionSecret.DERIVED_BYTES_MAX + 1));
        assertThatIllegalArgumentException().isThrownBy(() -> secret.derive("a", 0));
        assertThatIllegalArgumentException().isThrownBy(() -> secret.derive("", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> secret.derive("\u00e9", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> SessionSecret.fromBytes(new byte[31]));
    }

    @Test
    void connectionProofs() throws Exception {
        SessionSecret secret = SessionSecret.fromBytes(range(0, 32));
        ConnectionProof proof = new ConnectionProof(secret, filled(1, 32), filled(2, 32), filled(3, 32), filled(4, 32));
        byte[] mount = proof.by(PeerRole.MOUNT);
        byte[] share = proof.by(PeerRole.SHARE);
        assertThat(mount).isEqualTo(hex("36c62291ebfac3f2fb9e445be7f5cce7ecab62e099986e0e40dc51ba2fb22b76"));
        assertThat(share).isEqualTo(hex("892f6097ca474ff764d1743541bad42dc3900a7cd718d072decd2001ec1b5a11"));
        proof.verify(PeerRole.MOUNT, mount);
        proof.verify(PeerRole.SHARE, share);
        assertThatExceptionOfType(ConfirmationException.class).isThrownBy(() -> proof.verify(PeerRole.SHARE, mount));
        assertThatExceptionOfType(ConfirmationException.class)
                .isThrownBy(() -> proof.verify(PeerRole.MOUNT, Arrays.copyOf(mount, 31)));
        for (int bit = 0; bit < 256; bit++) {
            byte[] flipped = mount.clone();
            flipped[bit / 8] ^= (byte) (1 << (bit % 8));
            assertThatExceptionOfType(ConfirmationException.class)
                    .isThrownBy(() -> proof.verify(PeerRole.MOUNT, flipped));
        }
    }

    @Test
    void connectionProofDependsOnEverything() {
        SessionSecret secret = SessionSecret.fromBytes(range(0, 32));
        byte[][] parts = {filled(1, 32), filled(2, 32), filled(3, 32), filled(4, 32)};
        byte[] mount = new ConnectionProof(secret, parts[0], parts[1], parts[2], parts[3]).by(PeerRole.MOUNT);
        for (int i = 0; i < parts.length; i++) {
            byte[][] other = parts.clone();
            other[i] = filled(9, 32);
            ConnectionProof changed = new ConnectionProof(secret, other[0], other[1], other[2], other[3]);
            assertThatExceptionOfType(ConfirmationException.class)
                    .isThrownBy(() -> changed.verify(PeerRole.MOUNT, mount));
            byte[][] shorter = parts.clone();
            shorter[i] = filled(9, 31);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new ConnectionProof(secret, shorter[0], shorter[1], shorter[2], shorter[3]));
        }
        ConnectionProof stranger =
                new ConnectionProof(SessionSecret.fromBytes(range(1, 32)), parts[0], parts[1], parts[2], parts[3]);
        assertThatExceptionOfType(ConfirmationException.class).isThrownBy(() -> stranger.verify(PeerRole.MOUNT, mount));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ConnectionProof(secret, parts[0], parts[0], parts[2], parts[3]));
    }

    @Test
    void nameplateTag() {
        NameplateTag tag = NameplateTag.of("7KQ");
        assertThat(tag.toBytes()).isEqualTo(hex("d7946ad97b8f414f"));
        assertThat(NameplateTag.fromBytes(tag.toBytes())).isEqualTo(tag).hasSameHashCodeAs(tag);
        assertThat(NameplateTag.of("7KR")).isNotEqualTo(tag);
        assertThatIllegalArgumentException().isThrownBy(() -> NameplateTag.of("7kq"));
        assertThatIllegalArgumentException().isThrownBy(() -> NameplateTag.of("7KQ-M4T-X9P"));
        assertThatIllegalArgumentException().isThrownBy(() -> NameplateTag.fromBytes(new byte[9]));
    }
}
