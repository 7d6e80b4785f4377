package dev.dits.wire;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.ProtocolException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads frames: type, varint length, payload ({@code docs/wire.md}, section 3).
 *
 * <p>A length is compared with the limit before anything is allocated for it. The payloads of chunks and objects are read
 * into the array that the message carries, without a copy of the whole.
 *
 * <p>Not safe for use by several threads. It reads ahead: nobody else may read from its input.
 */
public final class FrameReader {
    /** Most bytes of payload that a share takes before the join. */
    public static final int PAYLOAD_BYTES_MAX_UNJOINED = 512;

    /** Most bytes of payload that a dialler takes before the join: a welcome names share and branch. */
    public static final int PAYLOAD_BYTES_MAX_WELCOME = 1_024;

    /** Most bytes of payload after it: the largest chunk and its header. */
    public static final int PAYLOAD_BYTES_MAX = (1 << 20) + 64;

    private static final int READ_AHEAD_BYTES = 4_096;

    /** Four bytes of varint hold 2^28 - 1; no limit of this protocol needs more. */
    private static final int LENGTH_BITS_MAX = 28;

    /** One direction of a stream. */
    @FunctionalInterface
    public interface Input {
        /**
         * Reads what is there, and waits only while nothing is.
         *
         * @param target receives the bytes
         * @param offset where
         * @param length how many at most
         * @return how many; -1 at the end
         * @throws IOException if the stream fails
         */
        int read(byte[] target, int offset, int length) throws IOException;
    }

    private final Input in;
    private int payloadBytesMax;
    private final byte[] buffer = new byte[READ_AHEAD_BYTES];
    private int position;
    private int limit;

    /** Bytes of the current frame's payload that are not yet read. */
    private int left;

    private long bytes;

    /**
     * @param in where frames come from
     * @param payloadBytesMax longest payload to accept
     */
    public FrameReader(Input in, int payloadBytesMax) {
        this.in = in;
        this.payloadBytesMax = payloadBytesMax;
    }

    /** Accepts payloads of joined peers from now on. */
    public void joined() {
        payloadBytesMax = PAYLOAD_BYTES_MAX;
    }

    /**
     * Tells how much was read.
     *
     * @return bytes of all frames so far
     */
    public long bytes() {
        return bytes;
    }

    /**
     * Reads the next message.
     *
     * @return the message; null at a clean end
     * @throws ProtocolException if the peer broke the protocol, also by ending the stream within a frame
     * @throws IOException if the stream fails
     */
    public @Nullable Message read() throws IOException {
        if (position == limit && !fill()) {
            return null;
        }
        int type = buffer[position++] & 0xFF;
        long length = varint(Integer.MAX_VALUE, LENGTH_BITS_MAX, "the length of a frame");
        if (length > payloadBytesMax) {
            throw new ProtocolException(
                    "the peer sent a frame of " + length + " bytes where " + payloadBytesMax + " is the most");
        }
        left = (int) length;
        bytes += 1 + varintBytes(length) + length;
        if (type == Message.Chunk.TYPE || type == Message.ObjectData.TYPE) {
            return data(type);
        }
        return Message.decode(type, rest());
    }

    private Message data(int type) throws IOException {
        boolean chunk = type == Message.Chunk.TYPE;
        int before = left;
        int codec = next();
        int plainMax = chunk ? Message.CHUNK_BYTES_MAX : Message.OBJECT_BYTES_MAX;
        int plainLength = (int) varint(plainMax, LENGTH_BITS_MAX, "the plain length of a payload");
        // The length's own bytes are part of the payload.
        left = before - 1 - varintBytes(plainLength);
        try {
            if (left < 1) {
                throw new CorruptObjectException("the payload is missing");
            }
            byte[] payload = rest();
            return chunk
                    ? Message.Chunk.of(codec, plainLength, payload)
                    : Message.ObjectData.of(codec, plainLength, payload);
        } catch (CorruptObjectException e) {
            throw Message.malformed(type, e);
        }
    }

    /** All of the payload that is left. */
    private byte[] rest() throws IOException {
        int length = left;
        byte[] payload = new byte[length];
        int have = Math.min(length, limit - position);
        System.arraycopy(buffer, position, payload, 0, have);
        position += have;
        while (have < length) {
            int read = in.read(payload, have, length - have);
            if (read < 0) {
                throw cutOff();
            }
            have += read;
        }
        left = 0;
        return payload;
    }

    private long varint(long max, int bitsMax, String what) throws IOException {
        long value = 0;
        for (int shift = 0; shift < bitsMax; shift += 7) {
            int next = next();
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                if ((next == 0 && shift > 0) || value > max) {
                    break;
                }
                return value;
            }
        }
        throw new ProtocolException("the peer sent as " + what + " what is no number from 0 to " + max);
    }

    private static int varintBytes(long value) {
        return value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : 4;
    }

    private int next() throws IOException {
        if (position == limit && !fill()) {
            throw cutOff();
        }
        return buffer[position++] & 0xFF;
    }

    /** False at the end. */
    private boolean fill() throws IOException {
        int read = in.read(buffer, 0, buffer.length);
        position = 0;
        limit = Math.max(0, read);
        return read > 0;
    }

    private static ProtocolException cutOff() {
        return new ProtocolException("the peer ended a stream within a frame");
    }
}
