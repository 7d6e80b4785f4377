package dev.dits.session;

import dev.dits.crypto.PeerCertificate;
import dev.dits.crypto.SessionSecret;
import dev.dits.disk.Disk;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.object.ObjectId;
import dev.dits.store.FileLocks;
import dev.dits.wire.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a mount keeps of its session, to connect again without a code.
 *
 * <p>The file: {@code version u8} = 1, {@code share id 16}, {@code session id 16}, {@code session secret 32}, {@code certificate bytes}, {@code share
 * fingerprint 32}, {@code addresses varint} (at most 16), then each {@code host:port text}.
 *
 * @param shareId 16 bytes
 * @param sessionId 16 bytes
 * @param secret opens further connections
 * @param certificate this mount's, of this share and nothing else
 * @param shareFingerprint what the share's certificate has to be, 32 bytes
 * @param addresses where it was reached, the latest first
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record StoredSession(
        byte[] shareId,
        byte[] sessionId,
        SessionSecret secret,
        PeerCertificate certificate,
        byte[] shareFingerprint,
        List<String> addresses) {
    /** Addresses kept. */
    public static final int ADDRESSES_MAX = 16;

    private static final int VERSION = 1;

    /** Copies the list, and cuts it. */
    public StoredSession {
        addresses = List.copyOf(addresses.subList(0, Math.min(addresses.size(), ADDRESSES_MAX)));
    }

    /**
     * Reads what was kept.
     *
     * @param file where
     * @return it, if there is such a file
     * @throws IOException if it can not be read
     */
    public static Optional<StoredSession> read(Path file) throws IOException {
        byte[] bytes = SecretFile.read(file);
        if (bytes == null) {
            return Optional.empty();
        }
        ByteReader in = new ByteReader(bytes);
        int version = in.u8();
        if (version != VERSION) {
            throw new UnsupportedFormatException(file + " is of version " + version + "; a newer dits wrote it");
        }
        try {
            byte[] shareId = in.raw(Message.SHORT_ID_BYTES);
            byte[] sessionId = in.raw(Message.SHORT_ID_BYTES);
            SessionSecret secret = SessionSecret.fromBytes(in.raw(SessionSecret.BYTES));
            PeerCertificate certificate =
                    PeerCertificate.fromBytes(in.bytes(1, PeerCertificate.ENCODED_BYTES_MAX, "a certificate's length"));
            byte[] fingerprint = in.raw(ObjectId.BYTES);
            long count = in.varint(0, ADDRESSES_MAX, "the number of addresses");
            List<String> addresses = new ArrayList<>();
            for (long i = 0; i < count; i++) {
                addresses.add(in.text(1, 255, "an address"));
            }
            in.expectEnd();
            return Optional.of(new StoredSession(shareId, sessionId, secret, certificate, fingerprint, addresses));
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " holds no usable session; connect again with a code", e);
        }
    }

    /**
     * Keeps it.
     *
     * @param file where, readable by the owner alone
     * @throws IOException if it can not be written
     */
    public void write(Path file) throws IOException {
        byte[] key = secret.exposeBytes();
        ByteWriter out = new ByteWriter()
                .u8(VERSION)
                .raw(shareId, 0, shareId.length)
                .raw(sessionId, 0, sessionId.length)
                .raw(key, 0, key.length);
        out.bytes(certificate.toBytes());
        out.raw(shareFingerprint, 0, shareFingerprint.length).varint(addresses.size());
        addresses.forEach(out::text);
        write(Disk.system(), file, out.toBytes());
    }

    @SuppressWarnings("try") // the lock is held, not used
    private static void write(Disk disk, Path file, byte[] bytes) throws IOException {
        try (FileLocks.Held held = SharedState.lockBeside(file)) {
            SecretFile.write(disk, file, bytes);
        }
    }

    /**
     * Puts an address first.
     *
     * @param address where the share was reached just now
     * @return a changed copy
     */
    public StoredSession reachedAt(String address) {
        List<String> changed = new ArrayList<>(addresses);
        changed.remove(address);
        changed.add(0, address);
        return new StoredSession(shareId, sessionId, secret, certificate, shareFingerprint, changed);
    }

    @Override
    public String toString() {
        return "StoredSession[" + addresses.size() + " addresses]";
    }
}
