package dev.dits.crypto;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.generators.HKDFBytesGenerator;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.bouncycastle.crypto.params.HKDFParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.jspecify.annotations.Nullable;

/** Hashing and key derivation: SHA-256, HMAC-SHA256 (RFC 2104), HKDF (RFC 5869), Argon2id (RFC 9106). */
final class Kdf {
    static final int SHA256_BYTES = 32;

    private Kdf() {}

    static byte[] sha256(byte[]... parts) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform must have SHA-256", e);
        }
        for (byte[] part : parts) {
            digest.update(part);
        }
        return digest.digest();
    }

    static byte[] hmac(byte[] key, byte[]... parts) {
        HMac mac = new HMac(new SHA256Digest());
        mac.init(new KeyParameter(key));
        for (byte[] part : parts) {
            mac.update(part, 0, part.length);
        }
        byte[] out = new byte[SHA256_BYTES];
        mac.doFinal(out, 0);
        return out;
    }

    /** Extract and expand; no salt means the RFC's string of zeros. */
    static byte[] hkdf(byte[] inputKey, byte @Nullable [] salt, byte[] info, int outBytes) {
        HKDFBytesGenerator hkdf = new HKDFBytesGenerator(new SHA256Digest());
        hkdf.init(new HKDFParameters(inputKey, salt, info));
        byte[] out = new byte[outBytes];
        hkdf.generateBytes(out, 0, outBytes);
        return out;
    }

    static byte[] argon2id(Argon2Parameters parameters, byte[] password, int outBytes) {
        Argon2BytesGenerator argon2 = new Argon2BytesGenerator();
        argon2.init(parameters);
        byte[] out = new byte[outBytes];
        argon2.generateBytes(password, out);
        return out;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] concat(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length = Math.addExact(length, part.length);
        }
        byte[] out = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, out, at, part.length);
            at += part.length;
        }
        return out;
    }

    static void requireLength(byte[] value, int bytes, String what) {
        if (value.length != bytes) {
            throw new IllegalArgumentException("A " + what + " is " + bytes + " bytes long, not " + value.length);
        }
    }
}
