package dev.dits.wire;

import dev.dits.error.ProtocolException;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * A stream of frames, before the join and after it, arriving in pieces. The input: {@code how u8} (bits 0 and 1: the limit; the others: how many bytes
 * arrive at once), then the stream.
 *
 * <p>Nothing is refused but by {@link ProtocolException}; a payload is not asked for before its length is within the limit; what is read has the one form that it came in.
 */
public final class FrameFuzzTarget {
    private FrameFuzzTarget() {}

    /** Hands out pieces, and holds the reader to what it may ask for. */
    private static final class Stream implements FrameReader.Input {
        private final byte[] bytes;
        private final int piece;
        private final int max;
        private int position;

        Stream(byte[] bytes, int piece, int max) {
            this.bytes = bytes;
            this.piece = piece;
            this.max = max;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            // Read ahead into the reader's own buffer, or the rest of a payload into an array of its length.
            check(target.length == 4_096 || target.length <= max, "an array beyond the limit");
            check(length > 0, "nothing was asked for");
            int count = Math.min(Math.min(length, piece), bytes.length - position);
            System.arraycopy(bytes, position, target, offset, count);
            position += count;
            return count == 0 ? -1 : count;
        }
    }

    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        if (input.length == 0) {
            return;
        }
        int max = switch (input[0] & 3) {
            case 0 -> FrameReader.PAYLOAD_BYTES_MAX_UNJOINED;
            case 1 -> FrameReader.PAYLOAD_BYTES_MAX_WELCOME;
            default -> FrameReader.PAYLOAD_BYTES_MAX;
        };
        byte[] bytes = Arrays.copyOfRange(input, 1, input.length);
        int piece = 1 + ((input[0] & 0xFF) >> 2) * 5;
        FrameReader reader = new FrameReader(new Stream(bytes, piece, max), max);
        ByteArrayOutputStream again = new ByteArrayOutputStream();
        FrameWriter writer = GoldenWireTest.writer(again);
        int start = 0;
        try {
            for (Message message = reader.read(); message != null; message = reader.read()) {
                writer.write(message);
                int end = again.size();
                check(
                        end <= bytes.length && Arrays.equals(again.toByteArray(), start, end, bytes, start, end),
                        "a frame has two forms");
                check(end - start <= max + 5, "a frame beyond the limit");
                start = end;
            }
            check(start == bytes.length, "a stream ended within itself");
        } catch (ProtocolException e) {
            check(start < bytes.length, "a stream was refused at its end");
        }
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
