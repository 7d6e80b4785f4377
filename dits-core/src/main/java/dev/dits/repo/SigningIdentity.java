package dev.dits.repo;

import dev.dits.disk.AtomicFile;
import dev.dits.disk.Disk;
import dev.dits.disk.Role;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.object.Signatures;
import dev.dits.object.SignerKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The key by which one copy of a repository signs ({@code docs/format.md}, section 6.1): Ed25519 (RFC 8032), made by the JDK's generator, readable by its
 * owner alone from the first byte on. The secret leaves this class only into that file.
 */
final class SigningIdentity implements Signatures.Signer {
    /** The file in {@code .dits}. */
    static final String FILE = "identity";

    private static final byte[] MAGIC = "DITSSIGN".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int ED25519 = 1;
    private static final int SEED_BYTES = 32;
    private static final byte[] PROBE = "dits/1 identity check\0".getBytes(StandardCharsets.US_ASCII);

    private final PrivateKey secret;
    private final SignerKey key;

    private SigningIdentity(PrivateKey secret, SignerKey key) {
        this.secret = secret;
        this.key = key;
    }

    /** Reads it; null if there is none yet. */
    static @Nullable SigningIdentity read(Path file) throws IOException {
        byte[] bytes;
        try {
            bytes = AtomicFile.read(file);
        } catch (AccessDeniedException e) {
            throw new PermissionDeniedException(
                    file + " can be read by the user alone who made the first commit here; commit as that user, or move"
                            + " the file away, and a new key is made",
                    e);
        }
        return bytes == null ? null : parse(bytes);
    }

    static SigningIdentity parse(byte[] bytes) throws CorruptObjectException, UnsupportedFormatException {
        ByteReader in = new ByteReader(bytes);
        if (!Arrays.equals(in.raw(MAGIC.length), MAGIC)) {
            throw damaged(null);
        }
        int version = in.u8();
        int algorithm = in.u8();
        if (version != VERSION || algorithm != ED25519) {
            throw new UnsupportedFormatException(
                    ".dits/identity has version " + version + " and algorithm " + algorithm + "; use a newer dits");
        }
        byte[] seed = in.raw(SEED_BYTES);
        try {
            SignerKey key = SignerKey.of(in.raw(SignerKey.BYTES));
            in.expectEnd();
            SigningIdentity identity = new SigningIdentity(
                    KeyFactory.getInstance("Ed25519")
                            .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed)),
                    key);
            // A secret that does not fit its key would make commits that everybody refuses, and whoever looks at a
            // signature made by it and by the right key learns the secret.
            if (!Signatures.verifies(key, identity.sign(PROBE), PROBE)) {
                throw damaged(null);
            }
            return identity;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw damaged(e);
        } finally {
            Arrays.fill(seed, (byte) 0);
        }
    }

    private static CorruptObjectException damaged(@Nullable Exception cause) {
        return new CorruptObjectException(
                ".dits/identity is damaged; restore it from a backup, or move it away, and a new key is made", cause);
    }

    /** Makes a key and keeps it. The caller holds the lock. */
    static SigningIdentity create(Scratch scratch, Path file, SecureRandom random) throws IOException {
        KeyPair pair;
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
            generator.initialize(NamedParameterSpec.ED25519, random);
            pair = generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no Ed25519, which every one from 15 on has", e);
        }
        SigningIdentity identity =
                new SigningIdentity(pair.getPrivate(), SignerKey.of((EdECPublicKey) pair.getPublic()));
        byte[] seed = ((EdECPrivateKey) pair.getPrivate())
                .getBytes()
                .orElseThrow(() -> new IllegalStateException("the generated key does not tell its bytes"));
        byte[] bytes = encode(seed, identity.key);
        try {
            scratch.ensure();
            Disk disk = scratch.disk();
            AtomicFile.write(
                    disk, Role.SECRET, file, scratch.name(FILE), bytes, AtomicFile.ownerOnly(scratch.directory()));
        } finally {
            Arrays.fill(seed, (byte) 0);
            Arrays.fill(bytes, (byte) 0);
        }
        return identity;
    }

    static byte[] encode(byte[] seed, SignerKey key) {
        return new ByteWriter(MAGIC.length + 2 + SEED_BYTES + SignerKey.BYTES)
                .raw(MAGIC, 0, MAGIC.length)
                .u8(VERSION)
                .u8(ED25519)
                .raw(seed, 0, SEED_BYTES)
                .raw(key.toBytes(), 0, SignerKey.BYTES)
                .toBytes();
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
            throw new IllegalStateException("signing failed", e);
        }
    }

    /** Names the public key alone. */
    @Override
    public String toString() {
        return "SigningIdentity[" + key.abbreviated() + "]";
    }
}
