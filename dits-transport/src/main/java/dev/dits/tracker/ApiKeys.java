package dev.dits.tracker;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who may use the tracker. Keys are compared by their digests, in a time that tells nothing of them. */
final class ApiKeys {
    private final List<byte[]> digests;

    ApiKeys(Set<String> keys) {
        this.digests = keys.stream().map(ApiKeys::digest).toList();
    }

    boolean isNeeded() {
        return !digests.isEmpty();
    }

    /** Whether a request with this key may go on. */
    boolean admits(@Nullable String key) {
        if (digests.isEmpty()) {
            return true;
        }
        byte[] given = digest(key == null ? "" : key);
        boolean known = false;
        for (byte[] digest : digests) {
            known |= MessageDigest.isEqual(digest, given);
        }
        return known;
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
