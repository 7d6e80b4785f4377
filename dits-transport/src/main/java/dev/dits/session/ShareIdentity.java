package dev.dits.session;

import dev.dits.crypto.PeerCertificate;
import dev.dits.disk.Disk;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.store.FileLocks;
import dev.dits.wire.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What makes a share the same one after a restart: its id and its certificate, of one repository and used for nothing else.
 *
 * <p>The file: {@code version u8} = 1, {@code share id 16}, {@code certificate bytes} ({@link PeerCertificate#toBytes}).
 *
 * @param shareId 16 bytes
 * @param certificate its key and certificate
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record ShareIdentity(byte[] shareId, PeerCertificate certificate) {
    private static final int VERSION = 1;

    /**
     * Reads the identity, or makes one.
     *
     * @param file where it is kept
     * @param random makes the new one
     * @return the identity
     * @throws IOException if the file can not be read or written
     */
    @SuppressWarnings("try") // the lock is held, not used
    public static ShareIdentity openOrCreate(Path file, SecureRandom random) throws IOException {
        Optional<ShareIdentity> known = read(file);
        if (known.isPresent()) {
            return known.get();
        }
        // Two processes that share a repository for the first time must not both make one.
        try (FileLocks.Held held = SharedState.lockBeside(file)) {
            known = read(file);
            return known.isPresent() ? known.get() : create(file, random);
        }
    }

    /**
     * Reads the identity.
     *
     * @param file where it is kept
     * @return the identity; nothing if the repository was never shared
     * @throws IOException if the file can not be read
     */
    public static Optional<ShareIdentity> read(Path file) throws IOException {
        byte[] bytes = SecretFile.read(file);
        if (bytes == null) {
            return Optional.empty();
        }
        try {
            ByteReader in = new ByteReader(bytes);
            int version = in.u8();
            if (version != VERSION) {
                throw new UnsupportedFormatException(file + " is of version " + version + "; a newer dits wrote it");
            }
            ShareIdentity identity = new ShareIdentity(
                    in.raw(Message.SHORT_ID_BYTES),
                    PeerCertificate.fromBytes(
                            in.bytes(1, PeerCertificate.ENCODED_BYTES_MAX, "a certificate's length")));
            in.expectEnd();
            return Optional.of(identity);
        } catch (GeneralSecurityException e) {
            throw new IOException(
                    file + " holds no usable identity; delete it to get a new one, mounts then have to join again", e);
        }
    }

    private static ShareIdentity create(Path file, SecureRandom random) throws IOException {
        byte[] shareId = new byte[Message.SHORT_ID_BYTES];
        random.nextBytes(shareId);
        PeerCertificate certificate;
        try {
            certificate = PeerCertificate.generate(random);
        } catch (GeneralSecurityException e) {
            throw new IOException("no certificate can be made for this share", e);
        }
        SecretFile.write(
                Disk.system(),
                file,
                new ByteWriter()
                        .u8(VERSION)
                        .raw(shareId, 0, shareId.length)
                        .bytes(certificate.toBytes())
                        .toBytes());
        return new ShareIdentity(shareId, certificate);
    }

    @Override
    public String toString() {
        return "ShareIdentity[" + HexFormat.of().formatHex(shareId, 0, 4) + "]";
    }
}
