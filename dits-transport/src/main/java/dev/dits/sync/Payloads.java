package dev.dits.sync;

import dev.dits.error.ProtocolException;
import dev.dits.store.RecordCodec;
import dev.dits.store.RecordType;
import dev.dits.store.StoredRecord;
import dev.dits.wire.Message;

/** Between the payloads of the wire and the records of the store. Codec numbers are the same in both. */
final class Payloads {
    private Payloads() {}

    static StoredRecord chunk(Message.Chunk message) throws ProtocolException {
        return record(RecordType.CHUNK, message.codec(), message.plainLength(), message.payload());
    }

    static StoredRecord object(Message.ObjectData message) throws ProtocolException {
        return record(RecordType.OBJECT, message.codec(), message.plainLength(), message.payload());
    }

    private static StoredRecord record(RecordType type, int codec, int plainLength, byte[] payload)
            throws ProtocolException {
        RecordCodec known = switch (codec) {
            case 0 -> RecordCodec.PLAIN;
            case 1 -> RecordCodec.ZSTD;
            default -> throw new ProtocolException("the peer used an unknown compression, " + codec);
        };
        if (!StoredRecord.lengthsAllowed(type, known, plainLength, payload.length)) {
            throw new ProtocolException("the peer sent a payload of " + payload.length + " bytes for " + plainLength);
        }
        return new StoredRecord(type, known, plainLength, payload);
    }

    static int codec(RecordCodec codec) {
        return codec == RecordCodec.PLAIN ? 0 : 1;
    }
}
