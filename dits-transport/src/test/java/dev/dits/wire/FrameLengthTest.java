package dev.dits.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.error.ProtocolException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The length of a frame over its whole range: what is beyond the limit is refused without a byte being asked or made room for. */
class FrameLengthTest {
    /** Every power of two, its neighbours, and the limits with theirs. */
    private static Set<Long> lengths() {
        Set<Long> lengths = new TreeSet<>(Long::compareUnsigned);
        for (int bit = 0; bit < 64; bit++) {
            for (int near = -2; near <= 2; near++) {
                lengths.add((1L << bit) + near);
            }
        }
        for (int limit : new int[] {
            FrameReader.PAYLOAD_BYTES_MAX_UNJOINED, FrameReader.PAYLOAD_BYTES_MAX_WELCOME, FrameReader.PAYLOAD_BYTES_MAX
        }) {
            for (int near = -2; near <= 2; near++) {
                lengths.add((long) limit + near);
            }
        }
        return lengths;
    }

    private static byte[] header(int type, long length, int zerosAfter) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(type);
        long rest = length;
        while (rest >>> 7 != 0) {
            out.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        if (zerosAfter == 0) {
            out.write((int) rest);
        } else {
            out.write((int) (rest | 0x80));
            for (int i = 1; i < zerosAfter; i++) {
                out.write(0x80);
            }
            out.write(0);
        }
        return out.toByteArray();
    }

    /** Hands out a header, then says how much of a payload is asked for and ends. */
    private static final class Probe implements FrameReader.Input {
        private final byte[] header;
        private boolean given;
        private long asked = -1;

        Probe(byte[] header) {
            this.header = header;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            if (given) {
                asked = Math.max(asked, target.length);
                return -1;
            }
            given = true;
            System.arraycopy(header, 0, target, offset, header.length);
            return header.length;
        }
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                FrameReader.PAYLOAD_BYTES_MAX_UNJOINED,
                FrameReader.PAYLOAD_BYTES_MAX_WELCOME,
                FrameReader.PAYLOAD_BYTES_MAX
            })
    void everyLengthIsWithinTheLimitOrRefusedAtOnce(int limit) throws IOException {
        int refused = 0;
        for (long length : lengths()) {
            for (int zeros : new int[] {0, 1, 2}) {
                Probe probe = new Probe(header(0x03, length, zeros));
                try {
                    new FrameReader(probe, limit).read();
                    throw new AssertionError("a frame without its payload was read: " + length);
                } catch (ProtocolException e) {
                    boolean fits = length >= 0 && length <= limit && zeros == 0;
                    // A payload of no bytes is asked for by nobody.
                    assertThat(probe.asked).as("%s, %s", length, zeros).isEqualTo(fits && length > 0 ? length : -1);
                    refused += fits ? 0 : 1;
                }
            }
        }
        assertThat(refused).isGreaterThan(400);
    }

    /** Chunks and objects are read by a way of their own. */
    @Test
    void theLengthsOfPayloadsAreWithinTheirs() throws IOException {
        for (int type : new int[] {Message.Chunk.TYPE, Message.ObjectData.TYPE}) {
            for (long length : lengths()) {
                byte[] plain = header(0, length, 0); // the codec, then the plain length
                byte[] frame = header(type, plain.length + 100, 0);
                byte[] both = java.util.Arrays.copyOf(frame, frame.length + plain.length);
                System.arraycopy(plain, 0, both, frame.length, plain.length);
                Probe probe = new Probe(both);
                try {
                    new FrameReader(probe, FrameReader.PAYLOAD_BYTES_MAX).read();
                    throw new AssertionError("a frame without its payload was read: " + length);
                } catch (ProtocolException e) {
                    int max = type == Message.Chunk.TYPE ? Message.CHUNK_BYTES_MAX : Message.OBJECT_BYTES_MAX;
                    boolean fits = length >= 0 && length <= max;
                    assertThat(probe.asked).as("%s", length).isEqualTo(fits ? 100 : -1);
                }
            }
        }
    }
}
