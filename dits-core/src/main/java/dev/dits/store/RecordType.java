package dev.dits.store;

import dev.dits.error.CorruptObjectException;

/** What a stored record holds, and so how large it may be. The code is the byte in packs and on the wire. */
public enum RecordType {
    /** A piece of a file, named by the SHA-256 of its plain bytes. */
    CHUNK(0, 1 << 20),
    /** An encoded object: tree node, manifest, commit or tag. */
    OBJECT(1, 1 << 17);

    private final int code;
    private final int plainBytesMax;

    RecordType(int code, int plainBytesMax) {
        this.code = code;
        this.plainBytesMax = plainBytesMax;
    }

    /**
     * Returns the byte that stands for this type on disk.
     *
     * @return 0 or 1
     */
    public int code() {
        return code;
    }

    /**
     * Returns the largest size of such a record before compression.
     *
     * @return bytes
     */
    public int plainBytesMax() {
        return plainBytesMax;
    }

    /**
     * Finds a type by its code.
     *
     * @param code the byte read
     * @return the type
     * @throws CorruptObjectException if there is no such type
     */
    public static RecordType ofCode(int code) throws CorruptObjectException {
        return switch (code) {
            case 0 -> CHUNK;
            case 1 -> OBJECT;
            default -> throw new CorruptObjectException("a record has the unknown type " + code);
        };
    }
}
