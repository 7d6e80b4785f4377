package dev.dits.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;

/**
 * Keys and certificates in their stored form. The input: {@code which u8}, then the stored form (kind even), or key and certificate, each after its length in
 * two bytes (odd).
 */
public final class CertificateFuzzTarget {
    private static final byte[] HEADER = {'D', 'I', 'T', 'S', 'K', 'E', 'Y', 1};

    private CertificateFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] stored = Arrays.copyOfRange(input, 1, input.length);
        if ((input[0] & 1) == 1) {
            stored = ByteBuffer.allocate(HEADER.length + stored.length)
                    .put(HEADER)
                    .put(stored)
                    .array();
        }
        PeerCertificate certificate;
        try {
            certificate = PeerCertificate.fromBytes(stored);
        } catch (GeneralSecurityException e) {
            return;
        }
        if (certificate.fingerprint().length != PeerCertificate.FINGERPRINT_BYTES) {
            throw new AssertionError("a fingerprint of another length");
        }
        try {
            byte[] again = certificate.toBytes();
            if (!Arrays.equals(PeerCertificate.fromBytes(again).toBytes(), again)) {
                throw new AssertionError("a key reads back otherwise");
            }
        } catch (GeneralSecurityException e) {
            throw new AssertionError("a key is not read back", e);
        }
    }
}
