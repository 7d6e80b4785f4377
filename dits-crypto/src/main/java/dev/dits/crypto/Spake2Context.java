package dev.dits.crypto;

import java.security.MessageDigest;

/**
 * What both ends must agree on besides the password: who is who, and what was said before. If any bit of it differs between
 * them, both confirmations fail.
 *
 * <p>Fingerprints must be read from the TLS session, never from what the peer says of itself: this is what defeats a middle
 * man who ends TLS on both sides. Immutable and safe for several threads.
 */
public final class Spake2Context {
    /** The most associated data, in bytes. */
    public static final int ASSOCIATED_DATA_BYTES_MAX = 64 * 1024;

    private final byte[] mountIdentity;
    private final byte[] shareIdentity;
    private final byte[] associatedData;

    private Spake2Context(byte[] mountIdentity, byte[] shareIdentity, byte[] associatedData) {
        this.mountIdentity = mountIdentity;
        this.shareIdentity = shareIdentity;
        this.associatedData = associatedData;
    }

    /**
     * Describes one join.
     *
     * @param mountFingerprint SHA-256 of the mount's certificate, 32 bytes
     * @param shareFingerprint SHA-256 of the share's certificate, 32 bytes
     * @param associatedData the AAD of RFC 9382: everything negotiated before (versions offered, suite, nonces, share id), in
     *     an encoding that cannot be read two ways; at most {@value #ASSOCIATED_DATA_BYTES_MAX} bytes
     * @return the context
     * @throws IllegalArgumentException if a length is wrong, or both fingerprints are the same
     */
    public static Spake2Context of(byte[] mountFingerprint, byte[] shareFingerprint, byte[] associatedData) {
        byte[] mount = PeerRole.MOUNT.identity(mountFingerprint);
        byte[] share = PeerRole.SHARE.identity(shareFingerprint);
        if (MessageDigest.isEqual(mountFingerprint, shareFingerprint)) {
            throw new IllegalArgumentException("Mount and share cannot have the same certificate");
        }
        if (associatedData.length > ASSOCIATED_DATA_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "Associated data of " + associatedData.length + " bytes exceeds " + ASSOCIATED_DATA_BYTES_MAX);
        }
        return new Spake2Context(mount, share, associatedData.clone());
    }

    /** For the RFC's vectors, whose identities are plain names. */
    static Spake2Context ofIdentities(byte[] mountIdentity, byte[] shareIdentity, byte[] associatedData) {
        return new Spake2Context(mountIdentity.clone(), shareIdentity.clone(), associatedData.clone());
    }

    byte[] mountIdentity() {
        return mountIdentity;
    }

    byte[] shareIdentity() {
        return shareIdentity;
    }

    byte[] associatedData() {
        return associatedData;
    }

    @Override
    public String toString() {
        return "Spake2Context[" + associatedData.length + " bytes of associated data]";
    }
}
