package dev.dits.crypto;

import java.nio.charset.StandardCharsets;

/** The two ends of a session. They are never interchangeable: every identity and proof says which end made it. */
public enum PeerRole {
    /** The end that typed the code and opened the connection: party A of RFC 9382. */
    MOUNT(1, "dits/1 mount\0"),
    /** The end that drew the code: party B of RFC 9382. */
    SHARE(2, "dits/1 share\0");

    private final int wireCode;
    private final String label;

    PeerRole(int wireCode, String label) {
        this.wireCode = wireCode;
        this.label = label;
    }

    /** Written out rather than the ordinal, so that reordering the constants cannot change a proof. */
    int wireCode() {
        return wireCode;
    }

    /**
     * The identity under which a peer of this role enters SPAKE2: {@code "dits/1 mount\0"} or {@code "dits/1 share\0"} in
     * ASCII, then the fingerprint.
     *
     * @param fingerprint SHA-256 of the certificate in DER, 32 bytes
     * @return the identity, 45 bytes
     * @throws IllegalArgumentException if the fingerprint is not 32 bytes long
     */
    public byte[] identity(byte[] fingerprint) {
        Kdf.requireLength(fingerprint, PeerCertificate.FINGERPRINT_BYTES, "fingerprint");
        return Kdf.concat(label.getBytes(StandardCharsets.US_ASCII), fingerprint);
    }
}
