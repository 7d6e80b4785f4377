package dev.dits.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PacketFramesTest {
    private static final byte[] PREAMBLE = PacketFrames.PREAMBLE.getBytes(StandardCharsets.US_ASCII);

    private static byte[] packet(Random random, int bytes) {
        byte[] packet = new byte[bytes];
        random.nextBytes(packet);
        return packet;
    }

    private static byte[] framed(List<byte[]> packets) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(PREAMBLE);
        for (byte[] packet : packets) {
            all.write(packet.length >>> 8);
            all.write(packet.length);
            all.writeBytes(packet);
        }
        return all.toByteArray();
    }

    private static byte[] bytesOf(ByteBuf content) {
        byte[] bytes = ByteBufUtil.getBytes(content);
        content.release();
        return bytes;
    }

    private static List<byte[]> arrived(EmbeddedChannel channel) {
        List<byte[]> all = new ArrayList<>();
        for (ByteBuf packet = channel.readInbound(); packet != null; packet = channel.readInbound()) {
            all.add(bytesOf(packet));
        }
        return all;
    }

    private static ByteBuf buffer(byte[] bytes) {
        return Unpooled.directBuffer().writeBytes(bytes);
    }

    @Test
    void whatIsWrittenIsPreambleAndLengthsAndPackets() {
        EmbeddedChannel channel = new EmbeddedChannel(new PacketFrames());
        Random random = new Random(1);
        List<byte[]> packets = new ArrayList<>();
        // More than one block of headers.
        for (int i = 0; i < 1_200; i++) {
            packets.add(packet(random, 1 + random.nextInt(40)));
        }
        packets.add(packet(random, PacketFrames.PACKET_BYTES_MAX));
        packets.forEach(packet -> channel.writeOutbound(buffer(packet)));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (ByteBuf piece = channel.readOutbound(); piece != null; piece = channel.readOutbound()) {
            out.writeBytes(bytesOf(piece));
        }
        assertThat(out.toByteArray()).isEqualTo(framed(packets));
        channel.finishAndReleaseAll();
    }

    /** Wherever reads end: within the preamble, a length, a packet, or nowhere. */
    @Test
    void packetsArriveWhereverTheStreamIsCut() {
        Random random = new Random(2);
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            packets.add(packet(random, 1 + random.nextInt(i % 3 == 0 ? 20 : 3_000)));
        }
        packets.add(packet(random, PacketFrames.PACKET_BYTES_MAX));
        byte[] stream = framed(packets);
        for (int longest : new int[] {1, 2, 3, 100, 5_000, 1 << 18}) {
            EmbeddedChannel channel = new EmbeddedChannel(new PacketFrames());
            for (int at = 0; at < stream.length; ) {
                int length = Math.min(stream.length - at, 1 + random.nextInt(longest));
                channel.writeInbound(Unpooled.directBuffer().writeBytes(stream, at, length));
                at += length;
            }
            assertThat(arrived(channel)).as("reads of up to " + longest).containsExactlyElementsOf(packets);
            assertThat(channel.isOpen()).isTrue();
            channel.finishAndReleaseAll();
        }
    }

    private static void assertClosedBy(byte[] stream) {
        EmbeddedChannel channel = new EmbeddedChannel(new PacketFrames());
        // Nothing of what follows in the same read is looked at.
        ByteBuf in = Unpooled.directBuffer().writeBytes(stream).writeBytes(framed(List.of(new byte[30])));
        channel.writeInbound(in);
        assertThat(channel.isOpen()).isFalse();
        assertThat(in.refCnt()).isZero();
        assertThat(arrived(channel)).isEmpty();
        channel.finishAndReleaseAll();
    }

    @Test
    void whatIsNoFrameCloses() {
        assertClosedBy("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < PREAMBLE.length; i++) {
            byte[] other = framed(List.of(new byte[20]));
            other[i] ^= 1;
            assertClosedBy(other);
        }
        // A length of nothing, and one past the longest.
        assertClosedBy(framed(List.of(new byte[0])));
        assertClosedBy(framed(List.of(new byte[PacketFrames.PACKET_BYTES_MAX + 1])));
    }

    @Test
    void aPacketOnePastTheLongestIsNotWritten() {
        EmbeddedChannel channel = new EmbeddedChannel(new PacketFrames());
        ByteBuf packet = buffer(new byte[PacketFrames.PACKET_BYTES_MAX + 1]);
        assertThatThrownBy(() -> channel.writeOutbound(packet)).isInstanceOf(IllegalArgumentException.class);
        assertThat(packet.refCnt()).isZero();
        ByteBuf written = channel.readOutbound();
        assertThat(written).isNull();
        channel.finishAndReleaseAll();
    }

    /** A peer that announces much and sends little has little kept for it. */
    @Test
    void aPacketThatDoesNotComeTakesNoMemory() {
        EmbeddedChannel channel = new EmbeddedChannel(new PacketFrames());
        byte[] stream = framed(List.of(new byte[PacketFrames.PACKET_BYTES_MAX]));
        ByteBuf first = Unpooled.directBuffer().writeBytes(stream, 0, PREAMBLE.length + 2 + 100);
        channel.writeInbound(first);
        assertThat(first.refCnt()).isZero();
        assertThat(channel.pipeline().get(PacketFrames.class).keptBytes()).isBetween(100, 1_024);
        channel.finishAndReleaseAll();
        assertThat(channel.pipeline().get(PacketFrames.class)).isNull();
    }
}
