package dev.dits.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.DitsException;
import dev.dits.error.ProtocolException;
import dev.dits.object.ByteWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a peer sends is a message or a {@link ProtocolException}. */
class HostileFramesTest {

    private static byte[] header(int type, long length) {
        return new ByteWriter().u8(type).varint(length).toBytes();
    }

    private static FrameReader unjoined(byte[] bytes) {
        return new FrameReader(new ByteArrayInputStream(bytes)::read, FrameReader.PAYLOAD_BYTES_MAX_UNJOINED);
    }

    private static byte[] frameOf(int type, byte[] payload) {
        return new ByteWriter().u8(type).bytes(payload).toBytes();
    }

    @Test
    void mutatedFramesAreMessagesOrProtocolErrors() throws IOException {
        Random random = new Random(20_261_124);
        List<byte[]> samples = new ArrayList<>();
        for (Message message : Samples.all().values()) {
            samples.add(GoldenWireTest.frame(message));
        }
        int decoded = 0;
        int refused = 0;
        for (int round = 0; round < 200_000; round++) {
            byte[] bytes = samples.get(random.nextInt(samples.size())).clone();
            int changes = 1 + random.nextInt(3);
            for (int i = 0; i < changes; i++) {
                switch (random.nextInt(3)) {
                    case 0 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                    case 1 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                    default -> bytes = Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length + 8));
                }
            }
            FrameReader reader = GoldenWireTest.reader(bytes);
            try {
                Message message = reader.read();
                assertThat(message).isNotNull();
                // What is read has one form, so a transcript can be made of messages as well as of bytes.
                byte[] again = GoldenWireTest.frame(message);
                assertThat(again).isEqualTo(Arrays.copyOf(bytes, again.length));
                decoded++;
            } catch (DitsException e) {
                assertThat(e).isInstanceOf(ProtocolException.class);
                refused++;
            }
        }
        assertThat(decoded).isGreaterThan(1_000);
        assertThat(refused).isGreaterThan(1_000);
    }

    @Test
    void aFrameOf513BytesIsRefusedBeforeTheJoinWithoutItsPayloadBeingAskedFor() {
        assertThatThrownBy(() -> unjoined(header(0x01, 513)).read())
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("513")
                .hasMessageContaining("512");
    }

    @Test
    void aFrameOf512BytesIsReadBeforeTheJoin() throws IOException {
        byte[] payload =
                new ByteWriter(512).text("d".repeat(255)).varint(0).varint(0).toBytes();
        assertThat(unjoined(frameOf(0x05, payload)).read()).isInstanceOf(Message.Present.class);
        byte[] full = new byte[512];
        // Long enough to be read, and no PRESENT: the payload itself is what is refused.
        assertThatThrownBy(() -> unjoined(frameOf(0x05, full)).read())
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("malformed");
    }

    @Test
    void theLimitOfAJoinedPeerIsExact() throws IOException {
        byte[] largest = new byte[Message.CHUNK_BYTES_MAX];
        byte[] frame = GoldenWireTest.frame(new Message.Chunk(Message.PLAIN, largest.length, largest));
        assertThat(GoldenWireTest.reader(frame).read()).isInstanceOf(Message.Chunk.class);
        assertThatThrownBy(() -> GoldenWireTest.reader(header(0x25, FrameReader.PAYLOAD_BYTES_MAX + 1))
                        .read())
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("1048640");
        assertThatThrownBy(() -> GoldenWireTest.frame(
                        new Message.Chunk(Message.PLAIN, 1, new byte[FrameReader.PAYLOAD_BYTES_MAX])))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {513, 1L << 21, (1L << 28) - 1, 1L << 28, 1L << 31, (1L << 32) + 1, Long.MAX_VALUE})
    void noLengthIsAllocatedFor(long length) {
        assertThatThrownBy(() -> unjoined(header(0x03, length)).read()).isInstanceOf(ProtocolException.class);
    }

    @Test
    void aLengthHasOneForm() {
        assertThatThrownBy(() -> unjoined(new byte[] {0x20, (byte) 0x80, 0x00}).read())
                .isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> unjoined(new byte[] {0x20, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1})
                        .read())
                .isInstanceOf(ProtocolException.class);
    }

    @Test
    void aFrameThatIsCutOffIsAProtocolErrorEverywhere() throws IOException {
        for (Message message : Samples.all().values()) {
            byte[] bytes = GoldenWireTest.frame(message);
            assertThat(GoldenWireTest.reader(new byte[0]).read()).isNull();
            for (int length = 1; length < bytes.length; length++) {
                byte[] cut = Arrays.copyOf(bytes, length);
                assertThatThrownBy(() -> GoldenWireTest.reader(cut).read()).isInstanceOf(ProtocolException.class);
            }
        }
    }

    @Test
    void trailingBytesAndUnknownTypesAreRefused() {
        assertThatThrownBy(
                        () -> GoldenWireTest.reader(frameOf(0x20, new byte[1])).read())
                .isInstanceOf(ProtocolException.class);
        assertThatThrownBy(
                        () -> GoldenWireTest.reader(frameOf(0x30, new byte[0])).read())
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("unknown type 48");
    }

    @Test
    void aPayloadFitsItsCodec() {
        // Plain bytes that are fewer than they say, compressed ones that do not shrink, an unknown codec, none at all.
        for (byte[] payload : new byte[][] {{0, 2, 7}, {1, 1, 7}, {2, 1, 7}, {0, 1}, {0, 0}, {0, 0, 7}, {}, {0}}) {
            assertThatThrownBy(
                            () -> GoldenWireTest.reader(frameOf(0x25, payload)).read())
                    .isInstanceOf(ProtocolException.class);
            assertThatThrownBy(
                            () -> GoldenWireTest.reader(frameOf(0x23, payload)).read())
                    .isInstanceOf(ProtocolException.class);
        }
        assertThatThrownBy(() -> GoldenWireTest.reader(new ByteWriter()
                                .u8(0x25)
                                .varint(5)
                                .u8(1)
                                .varint((1 << 20) + 1)
                                .u8(7)
                                .toBytes())
                        .read())
                .isInstanceOf(ProtocolException.class);
    }

    @Test
    void countsPastTheirLimitsAreRefused() {
        byte[] id = new byte[32];
        ByteWriter wants = new ByteWriter().varint(65);
        ByteWriter haves = new ByteWriter().varint(1).raw(id, 0, 32).varint(257);
        for (int i = 0; i < 65; i++) {
            wants.raw(id, 0, 32);
        }
        for (int i = 0; i < 257; i++) {
            haves.raw(id, 0, 32);
        }
        wants.varint(0).varint(0);
        haves.varint(0);
        byte[] manyItems = new ByteWriter().raw(id, 0, 32).varint(4_097).toBytes();
        byte[] manyRefs = new ByteWriter().text("main").varint(4_097).toBytes();
        byte[] versions = new byte[200];
        versions[0] = 17;
        Object[][] frames = {
            {0x22, wants.toBytes()}, {0x22, haves.toBytes()}, {0x24, manyItems}, {0x21, manyRefs}, {0x01, versions}
        };
        for (Object[] frame : frames) {
            assertThatThrownBy(() -> GoldenWireTest.reader(frameOf((int) frame[0], (byte[]) frame[1]))
                            .read())
                    .isInstanceOf(ProtocolException.class);
        }
    }
}
