package dev.dits.sim;

import java.io.ByteArrayOutputStream;
import java.security.InvalidKeyException;
import java.security.InvalidParameterException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.SignatureSpi;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * The platform's Ed25519, which is asked once for what every node of a world asks again: half of a run's time went there. A signature of the same bytes by the same
 * key is the same one, and so is the answer whether one holds.
 */
public final class RememberedEd25519 extends SignatureSpi {
    private static final Map<String, byte[]> MADE = new HashMap<>();
    private static final Map<String, Boolean> HOLDS = new HashMap<>();

    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private PrivateKey secret;
    private PublicKey key;

    /** Called by the platform. */
    public RememberedEd25519() {}

    static void forget() {
        synchronized (MADE) {
            MADE.clear();
            HOLDS.clear();
        }
    }

    private static Signature real() throws SignatureException {
        try {
            return Signature.getInstance("Ed25519", "SunEC");
        } catch (java.security.GeneralSecurityException e) {
            throw new SignatureException(e);
        }
    }

    private static String name(byte[]... parts) {
        StringBuilder name = new StringBuilder();
        for (byte[] part : parts) {
            name.append(HexFormat.of().formatHex(part)).append(' ');
        }
        return name.toString();
    }

    @Override
    protected void engineInitVerify(PublicKey publicKey) {
        key = publicKey;
        message.reset();
    }

    @Override
    protected void engineInitSign(PrivateKey privateKey) {
        secret = privateKey;
        message.reset();
    }

    @Override
    protected void engineUpdate(byte one) {
        message.write(one);
    }

    @Override
    protected void engineUpdate(byte[] bytes, int offset, int length) {
        message.write(bytes, offset, length);
    }

    @Override
    protected byte[] engineSign() throws SignatureException {
        byte[] bytes = message.toByteArray();
        message.reset();
        String name = name(secret.getEncoded(), bytes);
        synchronized (MADE) {
            byte[] made = MADE.get(name);
            if (made == null) {
                try {
                    Signature real = real();
                    real.initSign(secret);
                    real.update(bytes);
                    made = real.sign();
                } catch (InvalidKeyException e) {
                    throw new SignatureException(e);
                }
                MADE.put(name, made);
            }
            return made.clone();
        }
    }

    @Override
    protected boolean engineVerify(byte[] signature) throws SignatureException {
        byte[] bytes = message.toByteArray();
        message.reset();
        String name = name(key.getEncoded(), signature, bytes);
        synchronized (MADE) {
            Boolean holds = HOLDS.get(name);
            if (holds == null) {
                try {
                    Signature real = real();
                    real.initVerify(key);
                    real.update(bytes);
                    holds = real.verify(Arrays.copyOf(signature, signature.length));
                } catch (InvalidKeyException e) {
                    throw new SignatureException(e);
                }
                HOLDS.put(name, holds);
            }
            return holds;
        }
    }

    @Override
    @Deprecated
    protected void engineSetParameter(String parameter, Object value) {
        throw new InvalidParameterException("there are none");
    }

    @Override
    @Deprecated
    protected Object engineGetParameter(String parameter) {
        throw new InvalidParameterException("there are none");
    }
}
