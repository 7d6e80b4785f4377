package dev.dits.object;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Signs commits and tags, and checks their signatures ({@code docs/format.md}, section 3.5): Ed25519 (RFC 8032) over all of the object's bytes but the
 * signature itself, after a prefix that no other use of such a key has.
 *
 * <p>What holds: no bit of a signed object, its key and its parents' ids included, can be changed without either breaking the signature or making it
 * another signer's. What does not: that the key belongs to the name in the author field. For that see {@code Signers}.
 */
public final class Signatures {
    /** Makes signatures with a key that it keeps to itself. */
    public interface Signer {
        /**
         * Returns who signs.
         *
         * @return the public key
         */
        SignerKey key();

        /**
         * Signs.
         *
         * @param message what
         * @return 64 bytes, always the same for the same message (RFC 8032)
         */
        byte[] sign(byte[] message);
    }

    /** What a signature turned out to be. */
    public enum State {
        /** There is none. */
        UNSIGNED,
        /** It is the key's, over exactly this object. */
        VALID,
        /** There is one, or a part of one, and it does not hold. */
        INVALID
    }

    /**
     * What a check found.
     *
     * @param state what
     * @param key the signer; present if, and only if, the signature is valid
     */
    public record Check(State state, Optional<SignerKey> key) {}

    private static final byte[] PREFIX = "dits/1 signature\0".getBytes(StandardCharsets.US_ASCII);
    private static final int SIGNATURE_BYTES = 64;
    private static final byte ED25519 = 1;
    private static final Check UNSIGNED = new Check(State.UNSIGNED, Optional.empty());
    private static final Check INVALID = new Check(State.INVALID, Optional.empty());

    private Signatures() {}

    /**
     * Signs a commit, in place of a signature that it may have.
     *
     * @param commit which
     * @param signer by whom
     * @return the same with the signer's key and signature among its extensions
     * @throws IllegalArgumentException if it has no room for them
     */
    public static Commit sign(Commit commit, Signer signer) {
        Commit named = with(
                commit, commit.extensions().without(Extensions.SIGNATURE).with(Extensions.SIGNER, keyValue(signer)));
        return with(named, named.extensions().with(Extensions.SIGNATURE, signer.sign(message(named.encode()))));
    }

    /**
     * Signs a tag, in place of a signature that it may have.
     *
     * @param tag which
     * @param signer by whom
     * @return the same with the signer's key and signature among its extensions
     * @throws IllegalArgumentException if it has no room for them
     */
    public static Tag sign(Tag tag, Signer signer) {
        Tag named = with(tag, tag.extensions().without(Extensions.SIGNATURE).with(Extensions.SIGNER, keyValue(signer)));
        return with(named, named.extensions().with(Extensions.SIGNATURE, signer.sign(message(named.encode()))));
    }

    /**
     * Checks a commit's signature; about a millisecond of processor time.
     *
     * @param commit which
     * @return what was found
     */
    public static Check check(Commit commit) {
        Extensions extensions = commit.extensions();
        return check(
                extensions,
                () -> with(commit, extensions.without(Extensions.SIGNATURE)).encode());
    }

    /**
     * Checks a tag's signature; about a millisecond of processor time.
     *
     * @param tag which
     * @return what was found
     */
    public static Check check(Tag tag) {
        Extensions extensions = tag.extensions();
        return check(
                extensions,
                () -> with(tag, extensions.without(Extensions.SIGNATURE)).encode());
    }

    /**
     * Tells whether a commit carries a signature, valid or not.
     *
     * @param commit which
     * @return false for one that nobody signed
     */
    public static boolean isSigned(Commit commit) {
        return isSigned(commit.extensions());
    }

    /**
     * Checks a bare signature.
     *
     * @param key whose
     * @param signature 64 bytes
     * @param message what was signed
     * @return whether it holds
     */
    public static boolean verifies(SignerKey key, byte[] signature, byte[] message) {
        return key.verifies(signature, message);
    }

    private static boolean isSigned(Extensions extensions) {
        return extensions.get(Extensions.SIGNER) != null || extensions.get(Extensions.SIGNATURE) != null;
    }

    private static Check check(Extensions extensions, java.util.function.Supplier<byte[]> signed) {
        byte[] keyValue = extensions.get(Extensions.SIGNER);
        byte[] signature = extensions.get(Extensions.SIGNATURE);
        if (keyValue == null && signature == null) {
            return UNSIGNED;
        }
        if (keyValue == null
                || signature == null
                || keyValue.length != 1 + SignerKey.BYTES
                || keyValue[0] != ED25519
                || signature.length != SIGNATURE_BYTES) {
            return INVALID;
        }
        byte[] raw = new byte[SignerKey.BYTES];
        System.arraycopy(keyValue, 1, raw, 0, raw.length);
        SignerKey key;
        try {
            key = SignerKey.of(raw);
        } catch (IllegalArgumentException e) {
            return INVALID;
        }
        return key.verifies(signature, message(signed.get())) ? new Check(State.VALID, Optional.of(key)) : INVALID;
    }

    private static byte[] keyValue(Signer signer) {
        byte[] value = new byte[1 + SignerKey.BYTES];
        value[0] = ED25519;
        System.arraycopy(signer.key().toBytes(), 0, value, 1, SignerKey.BYTES);
        return value;
    }

    private static byte[] message(byte[] object) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(PREFIX.length + object.length);
        out.writeBytes(PREFIX);
        out.writeBytes(object);
        return out.toByteArray();
    }

    private static Commit with(Commit commit, Extensions extensions) {
        return new Commit(
                commit.tree(), commit.parents(), commit.author(), commit.time(), commit.message(), extensions);
    }

    private static Tag with(Tag tag, Extensions extensions) {
        return new Tag(tag.target(), tag.name(), tag.author(), tag.time(), tag.message(), extensions);
    }
}
