package dev.dits.control;

import dev.dits.error.ProtocolException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Takes lines from a channel, blocking or not. What comes after a line is kept for the next. For one thread. */
final class LineReader {
    private static final int BYTES_MIN = 1024;

    private final int lineBytesMax;
    private byte[] bytes = new byte[BYTES_MIN];
    private int length;
    private int searched;
    private boolean ended;

    LineReader(int lineBytesMax) {
        this.lineBytesMax = lineBytesMax;
    }

    /** Whether the other end has closed and all it sent was taken. */
    boolean ended() {
        return ended && length == 0;
    }

    /**
     * Takes the next line if all of it is here.
     *
     * @return the line without its end; null if it is not whole yet
     * @throws ProtocolException if it is longer than the limit
     */
    byte @Nullable [] poll() throws ProtocolException {
        for (; searched < length; searched++) {
            if (bytes[searched] == '\n') {
                byte[] line = Arrays.copyOf(bytes, searched);
                System.arraycopy(bytes, searched + 1, bytes, 0, length - searched - 1);
                length -= searched + 1;
                searched = 0;
                return line;
            }
        }
        if (length > lineBytesMax) {
            throw new ProtocolException("a control message is longer than " + lineBytesMax + " bytes");
        }
        return null;
    }

    /**
     * Reads once.
     *
     * @return whether anything came; false at the end, and where a channel that does not block has nothing
     */
    boolean fill(ReadableByteChannel from) throws IOException {
        if (length == bytes.length) {
            // Never much more than the limit: past it the caller is told before the next call.
            bytes = Arrays.copyOf(bytes, Math.min(bytes.length * 2, lineBytesMax + BYTES_MIN));
        }
        int count = from.read(ByteBuffer.wrap(bytes, length, bytes.length - length));
        if (count < 0) {
            ended = true;
            length = 0;
            return false;
        }
        length += count;
        return count > 0;
    }

    /**
     * Takes the next line, waiting for it.
     *
     * @param from a channel that blocks
     * @return the line; null at the end
     */
    byte @Nullable [] take(ReadableByteChannel from) throws IOException {
        while (true) {
            byte[] line = poll();
            if (line != null || !fill(from)) {
                return line;
            }
        }
    }
}
