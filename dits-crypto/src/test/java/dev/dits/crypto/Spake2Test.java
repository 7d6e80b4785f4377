package dev.dits.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.math.BigInteger;
import java.security.InvalidKeyException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECPoint;
import org.junit.jupiter.api.Test;

class Spake2Test {
    private static final byte[] MOUNT = fingerprint(1);
    private static final byte[] SHARE = fingerprint(2);
    private static final byte[] DATA = Kdf.ascii("suite 1, nonces, share id");
    private static final Spake2Password PASSWORD = Spake2Password.ofScalar(BigInteger.valueOf(123_456_789));
    private static final Spake2Password OTHER_PASSWORD = Spake2Password.ofScalar(BigInteger.valueOf(123_456_788));
    private static final Spake2Context CONTEXT = Spake2Context.of(MOUNT, SHARE, DATA);

    private final SeededRandom random = new SeededRandom(9382);

    private static byte[] fingerprint(int fill) {
        byte[] fingerprint = new byte[PeerCertificate.FINGERPRINT_BYTES];
        Arrays.fill(fingerprint, (byte) fill);
        return fingerprint;
    }

    private Spake2Mount mount() {
        return Spake2.mount(PASSWORD, random);
    }

    private Spake2Share share() {
        return Spake2.share(PASSWORD, CONTEXT, random);
    }

    @Test
    void bothSidesGetTheSameSecretAndANewOneEachTime() throws Exception {
        List<SessionSecret> secrets = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Spake2Mount mount = mount();
            Spake2Share share = share();
            Spake2Share.Accepted accepted = share.accept(mount.confirm(share.respond(mount.start()), CONTEXT));
            SessionSecret secret = mount.finish(accepted.confirmation());
            assertThat(secret).isEqualTo(accepted.secret()).hasSameHashCodeAs(accepted.secret());
            secrets.add(secret);
        }
        assertThat(secrets).doesNotHaveDuplicates();
    }

    /** Both ends run to the point of confirmation; neither may accept the other's. */
    private void assertNobodyConfirms(Spake2Mount mount, Spake2Share share) throws Exception {
        byte[] cA = mount.confirm(share.respond(mount.start()), CONTEXT);
        byte[] cB = Objects.requireNonNull(share.keys()).shareConfirmation();
        assertThatExceptionOfType(ConfirmationException.class).isThrownBy(() -> share.accept(cA));
        assertThatExceptionOfType(ConfirmationException.class).isThrownBy(() -> mount.finish(cB));
    }

    @Test
    void wrongPasswordFails() throws Exception {
        assertNobodyConfirms(mount(), Spake2.share(OTHER_PASSWORD, CONTEXT, random));
    }

    @Test
    void swappedIdentitiesFail() throws Exception {
        assertNobodyConfirms(mount(), Spake2.share(PASSWORD, Spake2Context.of(SHARE, MOUNT, DATA), random));
    }

    @Test
    void anotherCertificateOnEitherSideFails() throws Exception {
        byte[] middle = fingerprint(3);
        assertNobodyConfirms(mount(), Spake2.share(PASSWORD, Spake2Context.of(middle, SHARE, DATA), random));
        assertNobodyConfirms(mount(), Spake2.share(PASSWORD, Spake2Context.of(MOUNT, middle, DATA), random));
    }

    @Test
    void otherAssociatedDataFails() throws Exception {
        for (String data : List.of("", "suite 1, nonces, share i", "suite 2, nonces, share id")) {
            assertNobodyConfirms(
                    mount(), Spake2.share(PASSWORD, Spake2Context.of(MOUNT, SHARE, Kdf.ascii(data)), random));
        }
    }

    /** One flipped bit always leaves the curve: an x has two partners there, and they differ in more than one bit. */
    @Test
    void everyFlippedBitOfAPointIsRefused() throws Exception {
        byte[] pA = mount().start();
        byte[] pB = share().respond(pA);
        for (int bit = 0; bit < Spake2.POINT_BYTES * 8; bit++) {
            byte[] badPa = flip(pA, bit);
            byte[] badPb = flip(pB, bit);
            Spake2Share share = share();
            Spake2Mount mount = mount();
            mount.start();
            assertThatExceptionOfType(InvalidKeyException.class).isThrownBy(() -> share.respond(badPa));
            assertThatExceptionOfType(InvalidKeyException.class).isThrownBy(() -> mount.confirm(badPb, CONTEXT));
        }
    }

    @Test
    void pointsReplacedByOtherValidOnesAreUnconfirmed() throws Exception {
        ECPoint generator = CustomNamedCurves.getByName("P-256").getG();

        Spake2Mount mount = mount();
        Spake2Share share = share();
        byte[] pA = P256.encode(P256.decode(mount.start()).add(generator));
        byte[] cA = mount.confirm(share.respond(pA), CONTEXT);
        assertThatExceptionOfType(ConfirmationException.class).isThrownBy(() -> share.accept(cA));

        Spake2Mount secondMount = mount();
        Spake2Share secondShare = share();
        byte[] pB = P256.encode(
                P256.decode(secondShare.respond(secondMount.start())).negate());
        byte[] secondCa = secondMount.confirm(pB, CONTEXT);
        assertThatExceptionOfType(ConfirmationException.class).isThrownBy(() -> secondShare.accept(secondCa));
    }

    @Test
    void everyFlippedBitOfAConfirmationFails() throws Exception {
        for (int bit = 0; bit < Spake2.CONFIRMATION_BYTES * 8; bit++) {
            Spake2Mount mount = mount();
            Spake2Share share = share();
            byte[] cA = mount.confirm(share.respond(mount.start()), CONTEXT);
            byte[] cB = Objects.requireNonNull(share.keys()).shareConfirmation();
            byte[] badCa = flip(cA, bit);
            byte[] badCb = flip(cB, bit);
            assertThatExceptionOfType(ConfirmationException.class).isThrownBy(() -> share.accept(badCa));
            assertThatExceptionOfType(ConfirmationException.class).isThrownBy(() -> mount.finish(badCb));
        }
    }

    @Test
    void confirmationsOfAnotherLengthOrOfTheOtherSideFail() throws Exception {
        for (int length : new int[] {0, 1, 31, 33, 64}) {
            Spake2Mount mount = mount();
            Spake2Share share = share();
            byte[] cut = Arrays.copyOf(mount.confirm(share.respond(mount.start()), CONTEXT), length);
            assertThatExceptionOfType(ConfirmationException.class).isThrownBy(() -> share.accept(cut));
            assertThatExceptionOfType(ConfirmationException.class).isThrownBy(() -> mount.finish(cut));
        }
        Spake2Mount mount = mount();
        byte[] cA = mount.confirm(share().respond(mount.start()), CONTEXT);
        assertThatExceptionOfType(ConfirmationException.class).isThrownBy(() -> mount.finish(cA));
    }

    private static byte[] flip(byte[] bytes, int bit) {
        byte[] flipped = bytes.clone();
        flipped[bit / 8] ^= (byte) (1 << (bit % 8));
        return flipped;
    }

    @Test
    void tenThousandInvalidPointsAreRefused() {
        Random seeded = new Random(20);
        int refused = 0;
        for (int i = 0; i < 10_000; i++) {
            byte[] point = new byte[Spake2.POINT_BYTES];
            seeded.nextBytes(point);
            point[0] = 4;
            assertRefused(point);
            refused++;
        }
        assertThat(refused).isEqualTo(10_000);
    }

    @Test
    void otherEncodingsOfValidPointsAreRefused() {
        byte[] valid = mount().start();
        List<byte[]> bad = new ArrayList<>();
        bad.add(new byte[0]);
        bad.add(new byte[1]);
        bad.add(new byte[33]);
        bad.add(new byte[Spake2.POINT_BYTES]);
        bad.add(Arrays.copyOf(valid, Spake2.POINT_BYTES - 1));
        bad.add(Arrays.copyOf(valid, Spake2.POINT_BYTES + 1));
        bad.add(CustomNamedCurves.getByName("P-256")
                .getCurve()
                .decodePoint(valid)
                .getEncoded(true));
        for (int first : new int[] {0, 2, 3, 5, 6, 7, 0xff}) {
            byte[] other = valid.clone();
            other[0] = (byte) first;
            bad.add(other);
        }
        byte[] infinityIn65 = new byte[Spake2.POINT_BYTES];
        infinityIn65[0] = 4;
        bad.add(infinityIn65);
        bad.forEach(Spake2Test::assertRefused);
    }

    /** The x of a valid point plus the field's prime names the same residue and must not pass as a second encoding. */
    @Test
    void coordinatesAboveThePrimeAreRefused() {
        BigInteger prime =
                CustomNamedCurves.getByName("P-256").getCurve().getField().getCharacteristic();
        int tried = 0;
        for (int x = 0; x < 200; x++) {
            byte[] compressed = new byte[33];
            compressed[0] = 2;
            compressed[32] = (byte) x;
            byte[] valid;
            try {
                valid = CustomNamedCurves.getByName("P-256")
                        .getCurve()
                        .decodePoint(compressed)
                        .getEncoded(false);
            } catch (IllegalArgumentException e) {
                continue;
            }
            byte[] shifted = valid.clone();
            byte[] above = P256.encodeScalar(prime.add(BigInteger.valueOf(x)));
            System.arraycopy(above, 0, shifted, 1, above.length);
            assertRefused(shifted);
            tried++;
        }
        assertThat(tried).isGreaterThan(50);
    }

    private static void assertRefused(byte[] point) {
        try {
            P256.decode(point);
        } catch (InvalidKeyException e) {
            return;
        }
        throw new AssertionError("Accepted " + HexFormat.of().formatHex(point));
    }

    @Test
    void bothSidesRefuseWhatTheDecoderRefuses() {
        byte[] bad = new byte[Spake2.POINT_BYTES];
        Spake2Share share = share();
        assertThatExceptionOfType(InvalidKeyException.class).isThrownBy(() -> share.respond(bad));
        Spake2Mount mount = mount();
        mount.start();
        assertThatExceptionOfType(InvalidKeyException.class).isThrownBy(() -> mount.confirm(bad, CONTEXT));
    }

    /** A peer that sends w*M or w*N itself would make K infinity, and so known to everybody. */
    @Test
    void sharedPointAtInfinityIsRefused() {
        Spake2Share share = share();
        assertThatExceptionOfType(InvalidKeyException.class)
                .isThrownBy(() -> share.respond(P256.encode(PASSWORD.wM())))
                .withMessageContaining("infinity");
        Spake2Mount mount = mount();
        mount.start();
        assertThatExceptionOfType(InvalidKeyException.class)
                .isThrownBy(() -> mount.confirm(P256.encode(PASSWORD.wN()), CONTEXT))
                .withMessageContaining("infinity");
    }

    @Test
    void reflectionIsRefused() {
        Spake2Mount mount = mount();
        byte[] pA = mount.start();
        assertThatExceptionOfType(InvalidKeyException.class)
                .isThrownBy(() -> mount.confirm(pA, CONTEXT))
                .withMessageContaining("back");

        BigInteger y = BigInteger.valueOf(77);
        byte[] pB = Spake2.message(y, PASSWORD.wN());
        assertThatExceptionOfType(InvalidKeyException.class)
                .isThrownBy(() -> new Spake2Share(PASSWORD, CONTEXT, y).respond(pB))
                .withMessageContaining("back");
    }

    @Test
    void everyStepHappensOnceAndInOrder() throws Exception {
        Spake2Mount mount = mount();
        assertThatIllegalStateException().isThrownBy(() -> mount.confirm(new byte[0], CONTEXT));
        assertThatIllegalStateException().isThrownBy(() -> mount.finish(new byte[0]));
        Spake2Share share = share();
        assertThatIllegalStateException().isThrownBy(() -> share.accept(new byte[0]));

        byte[] pA = mount.start();
        assertThatIllegalStateException().isThrownBy(mount::start);
        byte[] pB = share.respond(pA);
        assertThatIllegalStateException().isThrownBy(() -> share.respond(pA));
        byte[] cA = mount.confirm(pB, CONTEXT);
        assertThatIllegalStateException().isThrownBy(() -> mount.confirm(pB, CONTEXT));
        byte[] cB = share.accept(cA).confirmation();
        assertThatIllegalStateException().isThrownBy(() -> share.accept(cA));
        mount.finish(cB);
        assertThatIllegalStateException().isThrownBy(() -> mount.finish(cB));
    }

    /** One object is one guess: after a failure there is no second try against the same scalar. */
    @Test
    void aFailureEndsTheAttempt() throws Exception {
        Spake2Mount mount = mount();
        Spake2Share share = share();
        byte[] cA = mount.confirm(share.respond(mount.start()), CONTEXT);
        byte[] cB = Objects.requireNonNull(share.keys()).shareConfirmation();
        assertThatExceptionOfType(ConfirmationException.class).isThrownBy(() -> share.accept(new byte[32]));
        assertThatIllegalStateException().isThrownBy(() -> share.accept(cA));
        assertThatExceptionOfType(ConfirmationException.class).isThrownBy(() -> mount.finish(new byte[32]));
        assertThatIllegalStateException().isThrownBy(() -> mount.finish(cB));

        Spake2Share refusing = share();
        byte[] good = mount().start();
        assertThatExceptionOfType(InvalidKeyException.class).isThrownBy(() -> refusing.respond(new byte[65]));
        assertThatIllegalStateException().isThrownBy(() -> refusing.respond(good));
    }

    @Test
    void multipliersAgreeWithTheReference() {
        ECPoint generator = CustomNamedCurves.getByName("P-256").getG();
        for (int i = 0; i < 50; i++) {
            BigInteger scalar = P256.randomScalar(random);
            assertThat(P256.multiplyGenerator(scalar)).isEqualTo(generator.multiply(scalar));
            assertThat(P256.multiply(P256.M, scalar)).isEqualTo(P256.M.multiply(scalar));
        }
        BigInteger last = P256.ORDER.subtract(BigInteger.ONE);
        for (BigInteger scalar : List.of(BigInteger.ONE, BigInteger.TWO, last)) {
            assertThat(P256.multiplyGenerator(scalar)).isEqualTo(generator.multiply(scalar));
            assertThat(P256.multiply(P256.N, scalar)).isEqualTo(P256.N.multiply(scalar));
        }
    }

    @Test
    void contextRefusesWhatCannotBe() {
        assertThatIllegalArgumentException().isThrownBy(() -> Spake2Context.of(MOUNT, MOUNT, DATA));
        assertThatIllegalArgumentException().isThrownBy(() -> Spake2Context.of(new byte[31], SHARE, DATA));
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> Spake2Context.of(MOUNT, SHARE, new byte[Spake2Context.ASSOCIATED_DATA_BYTES_MAX + 1]));
        assertThat(Spake2Context.of(MOUNT, SHARE, new byte[Spake2Context.ASSOCIATED_DATA_BYTES_MAX]))
                .isNotNull();
    }

    @Test
    void identitiesNameTheRole() {
        assertThat(PeerRole.MOUNT.identity(MOUNT)).isEqualTo(Kdf.concat(Kdf.ascii("dits/1 mount\0"), MOUNT));
        assertThat(PeerRole.SHARE.identity(MOUNT)).isEqualTo(Kdf.concat(Kdf.ascii("dits/1 share\0"), MOUNT));
    }
}
