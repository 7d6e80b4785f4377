package dev.dits.wire;

import dev.dits.object.ByteWriter;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes frames: type, varint length, payload ({@code docs/wire.md}, section 3).
 *
 * <p>The payloads of chunks and objects go to the output as they are, without a copy; all else is small and encoded first.
 *
 * <p>Safe for use by several threads: a frame is never split by another.
 */
public final class FrameWriter {
    /** One direction of a stream. */
    public interface Output {
        /**
         * Writes all bytes, waiting for room.
         *
         * @param source the bytes; the caller's again on return
         * @param offset where they start
         * @param length how many
         * @throws IOException if the stream fails
         */
        void write(byte[] source, int offset, int length) throws IOException;

        /**
         * Sends what was written on its way.
         *
         * @throws IOException if the stream fails
         */
        void flush() throws IOException;
    }

    private final Output out;
    private final ReentrantLock lock = new ReentrantLock();

    /**
     * @param out where frames go
     */
    public FrameWriter(Output out) {
        this.out = out;
    }

    /**
     * Writes a message; it may wait in a buffer until {@link #flush}.
     *
     * @param message the message
     * @return bytes of the frame
     * @throws IllegalArgumentException if its payload is longer than any reader takes
     * @throws IOException if the stream fails
     */
    public int write(Message message) throws IOException {
        if (message instanceof Message.Chunk chunk) {
            return data(chunk.type(), chunk.codec(), chunk.plainLength(), chunk.payload());
        }
        if (message instanceof Message.ObjectData object) {
            return data(object.type(), object.codec(), object.plainLength(), object.payload());
        }
        ByteWriter payload = new ByteWriter(64);
        message.write(payload);
        byte[] header = header(message.type(), payload.size()).toBytes();
        byte[] bytes = payload.toBytes();
        return frame(header, bytes);
    }

    private int data(int type, int codec, int plainLength, byte[] payload) throws IOException {
        ByteWriter before = new ByteWriter(16).u8(codec).varint(plainLength);
        byte[] header =
                header(type, before.size() + payload.length).append(before).toBytes();
        return frame(header, payload);
    }

    private static ByteWriter header(int type, int length) {
        if (length > FrameReader.PAYLOAD_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a payload has at most " + FrameReader.PAYLOAD_BYTES_MAX + " bytes, not " + length);
        }
        return new ByteWriter(32).u8(type).varint(length);
    }

    private int frame(byte[] header, byte[] payload) throws IOException {
        lock.lock();
        try {
            out.write(header, 0, header.length);
            out.write(payload, 0, payload.length);
        } finally {
            lock.unlock();
        }
        return header.length + payload.length;
    }

    /**
     * Sends what was written on its way.
     *
     * @throws IOException if the stream fails
     */
    public void flush() throws IOException {
        out.flush();
    }
}
