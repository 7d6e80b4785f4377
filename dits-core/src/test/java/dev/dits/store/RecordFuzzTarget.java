package dev.dits.store;

import dev.dits.error.CorruptObjectException;
import dev.dits.object.ObjectId;
import java.util.Arrays;

/**
 * Records as they come from a pack or a peer, compression bombs among them. The input: {@code kind u8}, then a record's header and payload (kind 0),
 * {@code plain length u24} and a Zstandard frame (1), or bytes to compress (2).
 *
 * <p>Nothing decodes to more than it said, or to what its id does not name; what was compressed comes back.
 */
public final class RecordFuzzTarget {
    private static final Compressor COMPRESSOR = new Compressor();

    private RecordFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        if (input.length < 5) {
            return;
        }
        switch (input[0] & 3) {
            case 0 -> header(Arrays.copyOfRange(input, 1, input.length));
            case 1 -> {
                int plain = (input[1] & 0x1F) << 16 | (input[2] & 0xFF) << 8 | input[3] & 0xFF;
                byte[] frame = Arrays.copyOfRange(input, 4, input.length);
                if (StoredRecord.lengthsAllowed(RecordType.CHUNK, RecordCodec.ZSTD, plain, frame.length)) {
                    decode(new StoredRecord(RecordType.CHUNK, RecordCodec.ZSTD, plain, frame));
                }
            }
            default -> compress(Arrays.copyOfRange(input, 1, input.length));
        }
    }

    private static void header(byte[] bytes) {
        if (bytes.length < PackFormat.RECORD_HEADER_BYTES) {
            return;
        }
        PackFormat.RecordHeader header;
        try {
            header = PackFormat.parseHeader(bytes, 0);
        } catch (CorruptObjectException e) {
            return;
        }
        RunFuzzTarget.check(
                header.stored() >= 1
                        && header.plain() >= 1
                        && header.stored() <= header.plain()
                        && header.plain() <= header.type().plainBytesMax(),
                "a header of impossible lengths");
        if (bytes.length < header.recordBytes()) {
            return;
        }
        StoredRecord record = PackFormat.toRecord(bytes, 0, header);
        decode(record);
        byte[] again = PackFormat.recordHeader(
                header.id(), header.type(), header.codec(), header.plain(), record.payload(), 0, header.stored());
        boolean same = Arrays.equals(again, 0, again.length, bytes, 0, again.length);
        try {
            PackFormat.checkCrc(bytes, 0, header);
            RunFuzzTarget.check(same, "a header has two forms");
        } catch (CorruptObjectException e) {
            RunFuzzTarget.check(!same, "a good record fails its checksum");
        }
    }

    private static void decode(StoredRecord record) {
        byte[] plain;
        try {
            plain = record.inflate();
        } catch (CorruptObjectException e) {
            return;
        }
        RunFuzzTarget.check(plain.length == record.plainLength(), "a record decodes to another length");
        ObjectId id = ObjectId.hash(plain);
        try {
            RunFuzzTarget.check(Arrays.equals(record.decode(id), plain), "a record decodes to two things");
        } catch (CorruptObjectException e) {
            throw new AssertionError("a good record is refused", e);
        }
        try {
            record.decode(ObjectId.ofWords(id.word(0), id.word(1), id.word(2), id.word(3) ^ 1));
        } catch (CorruptObjectException e) {
            return;
        }
        throw new AssertionError("a record was taken for another");
    }

    private static void compress(byte[] plain) throws Exception {
        byte[] stored = COMPRESSOR.compress(plain, 0, plain.length);
        if (stored != null) {
            StoredRecord record = new StoredRecord(RecordType.CHUNK, RecordCodec.ZSTD, plain.length, stored);
            RunFuzzTarget.check(
                    Arrays.equals(record.decode(ObjectId.hash(plain)), plain), "what was compressed is lost");
        }
    }
}
