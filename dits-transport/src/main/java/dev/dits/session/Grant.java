package dev.dits.session;

import dev.dits.crypto.SessionSecret;
import dev.dits.error.DitsException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.object.Escaper;
import dev.dits.object.ObjectId;
import dev.dits.wire.Message;

/**
 * What a joined peer may do, as the share keeps it.
 *
 * @param sessionId 16 bytes, the key
 * @param secret opens further connections of the session
 * @param mountFingerprint of the certificate that it is bound to, 32 bytes
 * @param deviceName what the peer called itself; from the peer
 * @param access what it may do
 * @param createdEpochSeconds when it joined
 */
@SuppressWarnings("ArrayRecordComponent") // compared by sessionId alone, by the store
public record Grant(
        byte[] sessionId,
        SessionSecret secret,
        byte[] mountFingerprint,
        String deviceName,
        Access access,
        long createdEpochSeconds) {
    static Grant read(ByteReader in) throws DitsException {
        return new Grant(
                in.raw(Message.SHORT_ID_BYTES),
                SessionSecret.fromBytes(in.raw(SessionSecret.BYTES)),
                in.raw(ObjectId.BYTES),
                in.text(0, Message.NAME_BYTES_MAX, "a device's name"),
                Access.read(in),
                in.varint());
    }

    void write(ByteWriter out) {
        byte[] key = secret.exposeBytes();
        out.raw(sessionId, 0, sessionId.length)
                .raw(key, 0, key.length)
                .raw(mountFingerprint, 0, mountFingerprint.length)
                .text(deviceName);
        access.write(out);
        out.varint(createdEpochSeconds);
    }

    Grant named(String name) {
        return new Grant(sessionId, secret, mountFingerprint, name, access, createdEpochSeconds);
    }

    @Override
    public String toString() {
        return "Grant[" + Escaper.escape(deviceName) + (access.readOnly() ? ", read-only]" : ", read-write]");
    }
}
