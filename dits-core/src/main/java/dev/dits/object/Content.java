package dev.dits.object;

import dev.dits.error.CorruptObjectException;

/** What is in a file: nothing, one chunk, or the chunks that a manifest names ({@code docs/format.md}, section 3.2). */
public sealed interface Content {
    /** The content of a file of no bytes. */
    Content EMPTY = new Empty();

    /**
     * Returns how long the file is.
     *
     * @return bytes
     */
    long size();

    /** No bytes. */
    record Empty() implements Content {
        @Override
        public long size() {
            return 0;
        }
    }

    /**
     * One chunk.
     *
     * @param id the chunk's id, and so the SHA-256 of the file
     * @param size 1 to 1,048,576 bytes
     */
    record SingleChunk(ObjectId id, long size) implements Content {
        /**
         * Checks the range.
         *
         * @throws IllegalArgumentException if it does not hold
         */
        public SingleChunk {
            if (size < 1 || size > ObjectLimits.CHUNK_BYTES_MAX) {
                throw new IllegalArgumentException("a chunk has " + size + " bytes");
            }
        }
    }

    /**
     * Two chunks or more.
     *
     * @param id the id of the file's {@link Manifest}
     * @param size 2 to 2^62 bytes
     */
    record Chunked(ObjectId id, long size) implements Content {
        /**
         * Checks the range.
         *
         * @throws IllegalArgumentException if it does not hold
         */
        public Chunked {
            if (size < 2 || size > ObjectLimits.SUM_MAX) {
                throw new IllegalArgumentException("a file of several chunks has " + size + " bytes");
            }
        }
    }

    /**
     * Reads a content reference.
     *
     * @param in where it starts
     * @return the reference
     * @throws CorruptObjectException if it breaks the format
     */
    static Content read(ByteReader in) throws CorruptObjectException {
        long size = in.varint(0, ObjectLimits.SUM_MAX, "a file's size");
        if (size == 0) {
            return EMPTY;
        }
        int shape = in.u8();
        ObjectId id = in.id();
        if (shape == 1 && size <= ObjectLimits.CHUNK_BYTES_MAX) {
            return new SingleChunk(id, size);
        }
        if (shape == 2 && size >= 2) {
            return new Chunked(id, size);
        }
        throw new CorruptObjectException("a file of " + size + " bytes can not have the shape " + shape);
    }

    /**
     * Writes a content reference.
     *
     * @param content the reference
     * @param out where it goes
     */
    static void write(Content content, ByteWriter out) {
        out.varint(content.size());
        if (content instanceof SingleChunk chunk) {
            out.u8(1).id(chunk.id());
        } else if (content instanceof Chunked chunked) {
            out.u8(2).id(chunked.id());
        }
    }
}
