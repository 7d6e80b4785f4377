package dev.dits.crypto;

import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.bouncycastle.math.ec.ECPoint;

/**
 * A code or ticket made ready for SPAKE2: the scalar w of RFC 9382 and its products with the constants M and N.
 *
 * <p>Making one costs 19 MiB and some tens of milliseconds for a code (Argon2id, RFC 9106); a share makes it once and keeps it
 * as long as the code lives. No attempt multiplies by w again, so an attacker who measures attempts cannot learn it from their
 * time.
 *
 * <p>For a code: 48 bytes of Argon2id, version 0x13, 19,456 KiB, two passes, one lane, over the six secret characters in ASCII;
 * the salt is the first 16 bytes of SHA-256 over {@code "dits/1 nameplate\0"} and the nameplate. For a ticket: 48 bytes of
 * HKDF-SHA256 over the secret, salted with the share's id, info {@code "dits/1 ticket"}; it has full entropy and needs no slow
 * hash. Both are read big-endian and reduced by the group's order; 16 bytes more than the order has leave a bias below
 * 2<sup>-128</sup>.
 *
 * <p>Immutable and safe for several threads. The JVM may copy such values within its heap; they live there until collected.
 */
public final class Spake2Password {
    static final int ARGON2_MEMORY_KIB = 19 * 1024;
    static final int ARGON2_PASSES = 2;
    static final int ARGON2_LANES = 1;

    private static final int SALT_BYTES = 16;
    private static final int WIDE_SCALAR_BYTES = 48;

    private final byte[] w;
    private final ECPoint wM;
    private final ECPoint wN;

    private Spake2Password(BigInteger w) {
        this.w = P256.encodeScalar(w);
        this.wM = P256.multiply(P256.M, w);
        this.wN = P256.multiply(P256.N, w);
    }

    /**
     * Makes a join code ready. Slow on purpose: keep it off event loops.
     *
     * @param code the code
     * @return its password
     */
    public static Spake2Password of(JoinCode code) {
        byte[] salt = Kdf.sha256(Kdf.ascii("dits/1 nameplate\0"), Kdf.ascii(code.nameplate()));
        Argon2Parameters parameters = new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                .withMemoryAsKB(ARGON2_MEMORY_KIB)
                .withIterations(ARGON2_PASSES)
                .withParallelism(ARGON2_LANES)
                .withSalt(Arrays.copyOf(salt, SALT_BYTES))
                .build();
        return ofWide(Kdf.argon2id(parameters, code.exposeSecret(), WIDE_SCALAR_BYTES));
    }

    /**
     * Makes a ticket ready.
     *
     * @param ticket the ticket
     * @return its password
     */
    public static Spake2Password of(Ticket ticket) {
        return ofWide(Kdf.hkdf(ticket.exposeSecret(), ticket.shareId(), Kdf.ascii("dits/1 ticket"), WIDE_SCALAR_BYTES));
    }

    private static Spake2Password ofWide(byte[] wide) {
        return ofScalar(new BigInteger(1, wide).mod(P256.ORDER));
    }

    /** For the RFC's vectors, which begin at w. */
    static Spake2Password ofScalar(BigInteger w) {
        return new Spake2Password(w);
    }

    /** w as the transcript has it: 32 bytes, big-endian. */
    byte[] w() {
        return w;
    }

    ECPoint wM() {
        return wM;
    }

    ECPoint wN() {
        return wN;
    }

    @Override
    public String toString() {
        return "Spake2Password[hidden]";
    }
}
