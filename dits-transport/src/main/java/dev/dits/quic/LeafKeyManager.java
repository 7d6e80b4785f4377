package dev.dits.quic;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Presents one self-signed certificate with its elliptic-curve key, or none. Handed to TLS as it is: a key store in between would encrypt the key under
 * a password and decrypt it again, with thousands of rounds of PBKDF2 for each connection.
 */
final class LeafKeyManager extends X509ExtendedKeyManager {
    /** Has no key: a certificate is chosen by the server name, or there is none. */
    static final LeafKeyManager NONE = new LeafKeyManager();

    private static final String ALIAS = "leaf";
    private static final String KEY_TYPE = "EC";

    private final @Nullable PrivateKey key;
    private final @Nullable X509Certificate certificate;

    LeafKeyManager(PrivateKey key, X509Certificate certificate) {
        this.key = key;
        this.certificate = certificate;
    }

    private LeafKeyManager() {
        this.key = null;
        this.certificate = null;
    }

    /** A server is asked for {@code EC_EC} too: the kind of key, and that of the signature upon it. */
    private @Nullable String alias(String... keyTypes) {
        boolean fits =
                Arrays.stream(keyTypes).anyMatch(type -> type.equals(KEY_TYPE) || type.startsWith(KEY_TYPE + "_"));
        return key != null && fits ? ALIAS : null;
    }

    private String @Nullable [] aliases(String keyType) {
        String alias = alias(keyType);
        return alias == null ? null : new String[] {alias};
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return aliases(keyType);
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return alias(keyTypes);
    }

    @Override
    public @Nullable String chooseEngineClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return alias(keyTypes);
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        return aliases(keyType);
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return alias(keyType);
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
            String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        return alias(keyType);
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        return certificate == null || !alias.equals(ALIAS) ? null : new X509Certificate[] {certificate};
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        return alias.equals(ALIAS) ? key : null;
    }
}
