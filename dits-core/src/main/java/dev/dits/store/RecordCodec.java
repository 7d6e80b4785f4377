package dev.dits.store;

import dev.dits.error.CorruptObjectException;

/** How a record's payload is encoded. The code is the byte in packs and on the wire. */
public enum RecordCodec {
    /** As it is. */
    PLAIN(0),
    /** One Zstandard frame (RFC 8878). */
    ZSTD(1);

    private final int code;

    RecordCodec(int code) {
        this.code = code;
    }

    /**
     * Returns the byte that stands for this codec on disk.
     *
     * @return 0 or 1
     */
    public int code() {
        return code;
    }

    /**
     * Finds a codec by its code.
     *
     * @param code the byte read
     * @return the codec
     * @throws CorruptObjectException if there is no such codec
     */
    public static RecordCodec ofCode(int code) throws CorruptObjectException {
        return switch (code) {
            case 0 -> PLAIN;
            case 1 -> ZSTD;
            default -> throw new CorruptObjectException("a record has the unknown codec " + code);
        };
    }
}
