package dev.dits.store;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.UnsupportedFormatException;
import dev.dits.object.ObjectId;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** The bytes of packs: {@code docs/format.md}, section 4.1. */
final class PackFormat {
    static final int HEADER_BYTES = 16;
    static final int RECORD_HEADER_BYTES = 48;
    static final int VERSION = 1;
    static final int RECORD_MAGIC = 0xD17E;
    static final String PACK_SUFFIX = ".pack";
    static final String LOCK_SUFFIX = ".lock";

    private static final byte[] MAGIC = "DITSPACK".getBytes(StandardCharsets.US_ASCII);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

    private PackFormat() {}

    static byte[] packHeader() {
        byte[] header = new byte[HEADER_BYTES];
        System.arraycopy(MAGIC, 0, header, 0, MAGIC.length);
        SHORT.set(header, 8, (short) VERSION);
        return header;
    }

    static void checkPackHeader(byte[] header, String file) throws CorruptObjectException, UnsupportedFormatException {
        if (!Arrays.equals(header, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new CorruptObjectException(file + " is not a pack");
        }
        int version = ((short) SHORT.get(header, 8)) & 0xFFFF;
        if (version != VERSION) {
            throw new UnsupportedFormatException(
                    file + " has version " + version + "; this dits reads version " + VERSION + ", use a newer one");
        }
        for (int i = 10; i < HEADER_BYTES; i++) {
            if (header[i] != 0) {
                throw new CorruptObjectException(file + " has a damaged header");
            }
        }
    }

    /** Encodes a record's header, its checksum included. */
    static byte[] recordHeader(
            ObjectId id, RecordType type, RecordCodec codec, int plain, byte[] payload, int offset, int stored) {
        byte[] header = new byte[RECORD_HEADER_BYTES];
        SHORT.set(header, 0, (short) RECORD_MAGIC);
        header[2] = (byte) type.code();
        header[3] = (byte) codec.code();
        INT.set(header, 4, stored);
        INT.set(header, 8, plain);
        id.writeTo(header, 16);
        INT.set(header, 12, crc(header, 0, payload, offset, stored));
        return header;
    }

    private static int crc(byte[] header, int at, byte[] payload, int offset, int stored) {
        CRC32C crc = new CRC32C();
        crc.update(header, at, 12);
        crc.update(header, at + 16, ObjectId.BYTES);
        crc.update(payload, offset, stored);
        return (int) crc.getValue();
    }

    /** A decoded header whose lengths have been checked, its checksum not yet. */
    record RecordHeader(ObjectId id, RecordType type, RecordCodec codec, int stored, int plain) {
        int recordBytes() {
            return RECORD_HEADER_BYTES + stored;
        }
    }

    /** Whether a record's magic stands there; nothing else is looked at. */
    static boolean startsRecord(byte[] bytes, int at) {
        return (((short) SHORT.get(bytes, at)) & 0xFFFF) == RECORD_MAGIC;
    }

    static RecordHeader parseHeader(byte[] bytes, int at) throws CorruptObjectException {
        if (!startsRecord(bytes, at)) {
            throw new CorruptObjectException("no record starts there");
        }
        RecordType type = RecordType.ofCode(bytes[at + 2] & 0xFF);
        RecordCodec codec = RecordCodec.ofCode(bytes[at + 3] & 0xFF);
        int stored = (int) INT.get(bytes, at + 4);
        int plain = (int) INT.get(bytes, at + 8);
        if (!StoredRecord.lengthsAllowed(type, codec, plain, stored)) {
            throw new CorruptObjectException("a record's lengths are outside the format's limits");
        }
        return new RecordHeader(ObjectId.fromBytes(bytes, at + 16), type, codec, stored, plain);
    }

    /** Checks a whole record's CRC; the payload follows its header in {@code bytes}. */
    static void checkCrc(byte[] bytes, int at, RecordHeader header) throws CorruptObjectException {
        checkCrc(bytes, at, bytes, at + RECORD_HEADER_BYTES, header);
    }

    static void checkCrc(byte[] before, int at, byte[] payload, int from, RecordHeader header)
            throws CorruptObjectException {
        int expected = (int) INT.get(before, at + 12);
        if (crc(before, at, payload, from, header.stored()) != expected) {
            throw new CorruptObjectException("object " + header.id().abbreviated() + " fails its checksum");
        }
    }

    static StoredRecord toRecord(byte[] bytes, int at, RecordHeader header) {
        int from = at + RECORD_HEADER_BYTES;
        return new StoredRecord(
                header.type(), header.codec(), header.plain(), Arrays.copyOfRange(bytes, from, from + header.stored()));
    }

    static String hex(long name) {
        return java.util.HexFormat.of().toHexDigits(name);
    }

    /** Tells whether a file is called 16 lower-case hexadecimal digits and this suffix. */
    static boolean isNamed(String file, String suffix) {
        if (file.length() != 16 + suffix.length() || !file.endsWith(suffix)) {
            return false;
        }
        for (int i = 0; i < 16; i++) {
            char digit = file.charAt(i);
            if (!((digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f'))) {
                return false;
            }
        }
        return true;
    }

    static long nameOf(String file) {
        return Long.parseUnsignedLong(file.substring(0, 16), 16);
    }
}
