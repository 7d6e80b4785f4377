package dev.dits.object;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.HexFormat;

/** Signs with the keys of RFC 8032, section 7.1, which everybody knows. */
public final class TestSigner implements Signatures.Signer {
    /** TEST 1. */
    public static final TestSigner ONE = new TestSigner(
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");

    /** TEST 2. */
    public static final TestSigner TWO = new TestSigner(
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");

    private final PrivateKey secret;
    private final SignerKey key;

    private TestSigner(String seed, String key) {
        try {
            this.secret = KeyFactory.getInstance("Ed25519")
                    .generatePrivate(new EdECPrivateKeySpec(
                            NamedParameterSpec.ED25519, HexFormat.of().parseHex(seed)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
        this.key = SignerKey.ofHex(key);
    }

    @Override
    public SignerKey key() {
        return key;
    }

    @Override
    public byte[] sign(byte[] message) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(secret);
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
