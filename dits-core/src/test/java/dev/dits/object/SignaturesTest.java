package dev.dits.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.DitsException;
import java.math.BigInteger;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignaturesTest {
    private static final Commit COMMIT = new Commit(
            new DirectoryRef(GoldenTest.id(1), 12, 3),
            List.of(GoldenTest.id(2)),
            "Z",
            new CommitTime(1_800_000_000, 5, 60),
            "Cut",
            Extensions.NONE.with(Extensions.CONFLICTS, new byte[] {7}));
    private static final Tag TAG =
            new Tag(GoldenTest.id(2), "v1", "Zo\u00eb", new CommitTime(1_800_000_000, 5, 60), "One", Extensions.NONE);

    @Test
    void aSignedCommitNamesItsSignerAndKeepsWhatItSaid() throws Exception {
        Commit signed = Signatures.sign(COMMIT, TestSigner.ONE);
        Commit back = Commit.decode(signed.encode());
        assertThat(Signatures.check(back))
                .isEqualTo(new Signatures.Check(Signatures.State.VALID, Optional.of(TestSigner.ONE.key())));
        assertThat(back.tree()).isEqualTo(COMMIT.tree());
        assertThat(back.parents()).isEqualTo(COMMIT.parents());
        assertThat(back.extensions().get(Extensions.CONFLICTS)).containsExactly(7);
        assertThat(Signatures.sign(COMMIT, TestSigner.ONE)).isEqualTo(signed);
        assertThat(Signatures.isSigned(signed)).isTrue();
    }

    @Test
    void whoSignsAgainReplacesTheSignature() {
        Commit again = Signatures.sign(Signatures.sign(COMMIT, TestSigner.ONE), TestSigner.TWO);
        assertThat(again).isEqualTo(Signatures.sign(COMMIT, TestSigner.TWO));
        assertThat(Signatures.check(again).key()).contains(TestSigner.TWO.key());
    }

    @Test
    void whatNobodySignedIsUnsigned() {
        assertThat(Signatures.check(COMMIT).state()).isEqualTo(Signatures.State.UNSIGNED);
        assertThat(Signatures.check(TAG).state()).isEqualTo(Signatures.State.UNSIGNED);
        assertThat(Signatures.isSigned(COMMIT)).isFalse();
    }

    @Test
    void everyBitOfASignedCommitCounts() {
        byte[] bytes = Signatures.sign(COMMIT, TestSigner.ONE).encode();
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            byte[] flipped = bytes.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Signatures.State state;
            try {
                Commit commit = Commit.decode(flipped);
                state = Signatures.check(commit).state();
            } catch (DitsException e) {
                continue; // it is no commit any more
            }
            // Where the numbers of the extensions change, what is left may be half a signature, never none.
            assertThat(state).as("bit %d", bit).isEqualTo(Signatures.State.INVALID);
        }
    }

    /** The same code; one bit of each byte will do. */
    @Test
    void everyByteOfASignedTagCounts() {
        byte[] bytes = Signatures.sign(TAG, TestSigner.ONE).encode();
        for (int bit = 0; bit < bytes.length * 8; bit += 9) {
            byte[] flipped = bytes.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            try {
                assertThat(Signatures.check(Tag.decode(flipped)).state())
                        .as("bit %d", bit)
                        .isEqualTo(Signatures.State.INVALID);
            } catch (DitsException e) {
                // It is no tag any more.
            }
        }
    }

    @Test
    void aSignatureOfOneObjectDoesNotFitAnother() {
        Commit signed = Signatures.sign(COMMIT, TestSigner.ONE);
        Extensions extensions = signed.extensions();
        Commit other = new Commit(
                COMMIT.tree(), List.of(GoldenTest.id(3)), COMMIT.author(), COMMIT.time(), COMMIT.message(), extensions);
        assertThat(Signatures.check(other).state()).isEqualTo(Signatures.State.INVALID);
        Commit anothersKey = new Commit(
                COMMIT.tree(),
                COMMIT.parents(),
                COMMIT.author(),
                COMMIT.time(),
                COMMIT.message(),
                extensions.with(
                        Extensions.SIGNER,
                        Signatures.sign(COMMIT, TestSigner.TWO).extensions().get(Extensions.SIGNER)));
        assertThat(Signatures.check(anothersKey).state()).isEqualTo(Signatures.State.INVALID);
    }

    @Test
    void halfASignatureIsAnInvalidOne() {
        Extensions whole = Signatures.sign(COMMIT, TestSigner.ONE).extensions();
        byte[] signature = whole.get(Extensions.SIGNATURE);
        for (Extensions half : List.of(
                whole.without(Extensions.SIGNATURE),
                whole.without(Extensions.SIGNER),
                whole.with(Extensions.SIGNATURE, new byte[0]),
                whole.with(Extensions.SIGNATURE, java.util.Arrays.copyOf(signature, 63)),
                whole.with(Extensions.SIGNATURE, java.util.Arrays.copyOf(signature, 65)),
                whole.with(Extensions.SIGNER, new byte[32]),
                whole.with(Extensions.SIGNER, new byte[33]),
                whole.with(Extensions.SIGNER, new byte[34]))) {
            Commit commit =
                    new Commit(COMMIT.tree(), COMMIT.parents(), COMMIT.author(), COMMIT.time(), COMMIT.message(), half);
            assertThat(Signatures.check(commit).state()).isEqualTo(Signatures.State.INVALID);
        }
    }

    /** RFC 8032, section 5.1.7, step 1: a second s that gives the same, beyond the group's order, is refused. */
    @Test
    void aSignatureHasNoSecondForm() {
        Extensions extensions = Signatures.sign(COMMIT, TestSigner.ONE).extensions();
        byte[] signature = extensions.get(Extensions.SIGNATURE);
        byte[] reversed = new byte[32];
        for (int i = 0; i < 32; i++) {
            reversed[i] = signature[63 - i];
        }
        BigInteger order = BigInteger.ONE.shiftLeft(252).add(new BigInteger("27742317777372353535851937790883648493"));
        byte[] greater = new BigInteger(1, reversed).add(order).toByteArray();
        for (int i = 0; i < 32; i++) {
            signature[63 - i] = greater[greater.length - 32 + i];
        }
        Commit commit = new Commit(
                COMMIT.tree(),
                COMMIT.parents(),
                COMMIT.author(),
                COMMIT.time(),
                COMMIT.message(),
                extensions.with(Extensions.SIGNATURE, signature));
        assertThat(Signatures.check(commit).state()).isEqualTo(Signatures.State.INVALID);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Orders 4, 1, 2, 8 and 8, and encodings that are not canonical.
                "0000000000000000000000000000000000000000000000000000000000000000",
                "0100000000000000000000000000000000000000000000000000000000000000",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
            })
    void keysThatNobodyMakesAreRefused(String hex) {
        assertThatThrownBy(() -> SignerKey.ofHex(hex)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void keysAreWhatTheyAreByTheirBytes() {
        SignerKey one = TestSigner.ONE.key();
        assertThat(SignerKey.of(one.toBytes())).isEqualTo(one).hasSameHashCodeAs(one);
        assertThat(one.compareTo(TestSigner.TWO.key())).isPositive();
        assertThat(one.abbreviated()).isEqualTo("d75a980182b10ab7");
        assertThat(HexFormat.of().formatHex(one.toBytes())).isEqualTo(one.toString());
        assertThatThrownBy(() -> SignerKey.of(new byte[31])).isInstanceOf(IllegalArgumentException.class);
    }
}
