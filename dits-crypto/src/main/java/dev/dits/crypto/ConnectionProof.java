package dev.dits.crypto;

import java.security.MessageDigest;

/**
 * The proof by which every further connection of a session opens: that its peer is the one that joined.
 *
 * <p>Each end draws a fresh nonce and sends it; then the mount sends its proof, and the share, once that is verified, its own.
 * A proof is
 *
 * <pre>
 * HMAC-SHA256(session secret,
 *     "dits/1 connection\0" | role (1 byte: 1 mount, 2 share) | mount's fingerprint (32) | share's fingerprint (32)
 *     | mount's nonce (32) | share's nonce (32))
 * </pre>
 *
 * <p>Every part has a fixed length, so no two inputs read the same. The role keeps a proof from being sent back to whoever made
 * it; the nonces keep an old one from being used again. Immutable and safe for several threads; compared in constant time.
 */
public final class ConnectionProof {
    /** Length of a nonce in bytes. */
    public static final int NONCE_BYTES = 32;

    /** Length of a proof in bytes. */
    public static final int BYTES = 32;

    private static final byte[] LABEL = Kdf.ascii("dits/1 connection\0");

    private final SessionSecret secret;
    private final byte[] context;

    /**
     * Describes one connection as this end sees it.
     *
     * @param secret the session's secret
     * @param mountFingerprint SHA-256 of the mount's certificate as TLS showed it, 32 bytes
     * @param shareFingerprint the same of the share's
     * @param mountNonce drawn by the mount for this connection, {@value #NONCE_BYTES} bytes
     * @param shareNonce drawn by the share for this connection
     * @throws IllegalArgumentException if a length is wrong, or both fingerprints are the same
     */
    public ConnectionProof(
            SessionSecret secret,
            byte[] mountFingerprint,
            byte[] shareFingerprint,
            byte[] mountNonce,
            byte[] shareNonce) {
        Kdf.requireLength(mountFingerprint, PeerCertificate.FINGERPRINT_BYTES, "fingerprint");
        Kdf.requireLength(shareFingerprint, PeerCertificate.FINGERPRINT_BYTES, "fingerprint");
        Kdf.requireLength(mountNonce, NONCE_BYTES, "nonce");
        Kdf.requireLength(shareNonce, NONCE_BYTES, "nonce");
        if (MessageDigest.isEqual(mountFingerprint, shareFingerprint)) {
            throw new IllegalArgumentException("Mount and share cannot have the same certificate");
        }
        this.secret = secret;
        this.context = Kdf.concat(mountFingerprint, shareFingerprint, mountNonce, shareNonce);
    }

    /**
     * The proof that an end of the given role sends.
     *
     * @param role who proves
     * @return {@value #BYTES} bytes
     */
    public byte[] by(PeerRole role) {
        return secret.hmac(LABEL, new byte[] {(byte) role.wireCode()}, context);
    }

    /**
     * Checks what the peer sent.
     *
     * @param role the peer's role
     * @param proof what it sent, of any length
     * @throws ConfirmationException if it is not that peer's proof for this connection
     */
    public void verify(PeerRole role, byte[] proof) throws ConfirmationException {
        if (!MessageDigest.isEqual(by(role), proof)) {
            throw new ConfirmationException("The peer on this connection is not the one that joined");
        }
    }

    @Override
    public String toString() {
        return "ConnectionProof[hidden]";
    }
}
