package dev.dits.tracker;

import java.nio.file.Path;
import java.util.Objects;

/**
 * The certificate by which a tracker speaks TLS.
 *
 * @param chain PEM file: the certificate, then those that vouch for it
 * @param key PEM file: its private key, PKCS #8, without a password
 */
public record TrackerTls(Path chain, Path key) {
    /** Both are needed. */
    public TrackerTls {
        Objects.requireNonNull(chain);
        Objects.requireNonNull(key);
    }
}
