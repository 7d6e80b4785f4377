package dev.dits.quic;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What reaches the codec, and what leaves it. */
class ServerPacketsTest {
    private static final InetSocketAddress PEER = new InetSocketAddress("192.0.2.1", 4_433);
    private static final InetSocketAddress HERE = new InetSocketAddress("192.0.2.2", 4_433);

    private final Random random = new Random(11);
    private long nanos;
    private final ConnectionIds ids = new ConnectionIds();
    private final RetryTokens tokens = new RetryTokens(() -> Instant.EPOCH, RetryTokens.newKey(), address -> true);
    private final ServerPackets packets = new ServerPackets(ids, tokens::isGenuine, () -> nanos);

    private static DatagramPacket packet(ByteBuf content) {
        return new DatagramPacket(content, HERE, PEER);
    }

    private boolean admits(ByteBuf content) {
        return packets.admit(packet(content));
    }

    private byte[] ours() {
        return ids.newId(ConnectionIds.BYTES).array();
    }

    private byte[] anyId(int length) {
        byte[] id = new byte[length];
        random.nextBytes(id);
        return id;
    }

    private static ByteBuf longHeader(int flags, int version, byte[] to, byte[] from) {
        return Unpooled.buffer()
                .writeByte(flags)
                .writeInt(version)
                .writeByte(to.length)
                .writeBytes(to)
                .writeByte(from.length)
                .writeBytes(from);
    }

    private static ByteBuf padded(ByteBuf content, int length) {
        return content.writeZero(Math.max(0, length - content.readableBytes()));
    }

    private ByteBuf first(byte[] to, int length) {
        return padded(longHeader(0xC0, 1, to, anyId(12)).writeByte(0), length);
    }

    private ByteBuf token() {
        ByteBuf token = Unpooled.buffer();
        tokens.writeToken(token, Unpooled.wrappedBuffer(anyId(12)), PEER);
        return token;
    }

    private ByteBuf withToken(byte[] to, ByteBuf token) {
        ByteBuf content = longHeader(0xC0, 1, to, anyId(12));
        // Two bytes of length, as QUIC has it from 64 on.
        content.writeShort(0x4000 | token.readableBytes()).writeBytes(token);
        return padded(content, 1_200);
    }

    @Test
    void aFirstPacketPassesAndMayBeAnsweredByARetryAlone() {
        assertThat(admits(first(anyId(8), 1_200))).isTrue();
        assertThat(packets.mayLeave(packet(padded(longHeader(0xF0, 1, anyId(12), ours()), 100))))
                .isTrue();
        assertThat(packets.mayLeave(packet(padded(longHeader(0xF0, 0, anyId(12), ours()), 100))))
                .isFalse();
        // To anything else a Retry would be more than came in.
        assertThat(admits(padded(longHeader(0xE0, 1, ours(), anyId(12)), 40))).isTrue();
        assertThat(packets.mayLeave(packet(padded(longHeader(0xF0, 1, anyId(12), ours()), 100))))
                .isFalse();
        for (int flags : new int[] {0xC0, 0xD0, 0xE0, 0x40, 0xB0}) {
            assertThat(packets.mayLeave(packet(padded(longHeader(flags, 1, anyId(12), ours()), 100))))
                    .isTrue();
        }
        assertThat(packets.mayLeave(packet(Unpooled.wrappedBuffer(new byte[6]))))
                .isTrue();
    }

    @Test
    void aFirstPacketHasItsSizeItsVersionAndItsIds() {
        assertThat(admits(first(anyId(8), 1_199))).isFalse();
        assertThat(admits(first(anyId(7), 1_200))).isFalse();
        assertThat(admits(first(anyId(20), 1_200))).isTrue();
        assertThat(admits(first(anyId(21), 1_200))).isFalse();
        for (int version : new int[] {0, 2, 0x6b3343cf, 0xFF00001D, 0x0A0A0A0A}) {
            assertThat(admits(padded(
                            longHeader(0xC0, version, anyId(12), anyId(12)).writeByte(0), 1_200)))
                    .isFalse();
        }
        assertThat(admits(padded(longHeader(0xC0, 1, anyId(12), anyId(20)).writeByte(0), 1_200)))
                .isTrue();
        assertThat(admits(padded(longHeader(0xC0, 1, anyId(12), anyId(21)).writeByte(0), 1_200)))
                .isFalse();
        // 0-RTT and Retry are not for servers like this one.
        assertThat(admits(padded(longHeader(0xD0, 1, ours(), anyId(12)), 1_200)))
                .isFalse();
        assertThat(admits(padded(longHeader(0xF0, 1, ours(), anyId(12)), 1_200)))
                .isFalse();
    }

    @Test
    void onlyATokenOfThisNodePassesAndOnlyBehindAnIdOfThisNode() {
        assertThat(admits(withToken(ours(), token()))).isTrue();
        assertThat(admits(withToken(anyId(12), token()))).isFalse();
        assertThat(admits(withToken(anyId(11), token()))).isFalse();
        ByteBuf good = token();
        for (int bit = 0; bit < 8 * good.readableBytes(); bit++) {
            ByteBuf forged = good.copy();
            forged.setByte(bit / 8, forged.getByte(bit / 8) ^ 1 << bit % 8);
            assertThat(admits(withToken(ours(), forged))).as("bit %d", bit).isFalse();
        }
        assertThat(admits(withToken(ours(), Unpooled.buffer().writeZero(RetryTokens.TOKEN_BYTES_MAX + 1))))
                .isFalse();
        // One byte of length; and four or eight, which no token of ours needs.
        assertThat(admits(padded(
                        longHeader(0xC0, 1, ours(), anyId(12))
                                .writeByte(good.readableBytes())
                                .writeBytes(good.copy()),
                        1_200)))
                .isTrue();
        assertThat(admits(padded(longHeader(0xC0, 1, ours(), anyId(12)).writeInt(0x8000_0000), 1_200)))
                .isFalse();
        assertThat(admits(padded(longHeader(0xC0, 1, ours(), anyId(12)).writeByte(0xFF), 1_200)))
                .isFalse();
    }

    @Test
    void laterPacketsBearAnIdOfThisNode() {
        ByteBuf shortPacket = padded(Unpooled.buffer().writeByte(0x40).writeBytes(ours()), 21);
        assertThat(admits(shortPacket)).isTrue();
        assertThat(admits(shortPacket.slice(0, 20))).isFalse();
        assertThat(admits(padded(longHeader(0xE0, 1, ours(), anyId(12)), 27))).isTrue();
        assertThat(admits(longHeader(0xE0, 1, ours(), new byte[0]).slice(0, 19)))
                .isFalse();
        assertThat(admits(padded(longHeader(0xE0, 1, anyId(11), anyId(12)), 60)))
                .isFalse();
        byte[] id = ours();
        for (int bit = 0; bit < 8 * id.length; bit++) {
            byte[] other = id.clone();
            other[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(admits(padded(Unpooled.buffer().writeByte(0x40).writeBytes(other), 60)))
                    .as("bit %d", bit)
                    .isFalse();
        }
        assertThat(new ConnectionIds().bears(Unpooled.wrappedBuffer(id), 0)).isFalse();
        assertThat(ids.newId(ByteBuffer.allocate(8), 20).remaining()).isEqualTo(20);
    }

    @Test
    void noiseOfAnyLengthIsTurnedAwayWithoutReadingBeyondItsEnd() {
        int admitted = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] noise = anyId(7 + random.nextInt(i % 100 == 0 ? 2_000 : 60));
            admitted += admits(Unpooled.wrappedBuffer(noise)) ? 1 : 0;
        }
        assertThat(admitted).isZero();
        // First packets cut off anywhere, and of every shape behind the ids.
        byte[] whole = ByteBufUtil.getBytes(withToken(ours(), token()));
        for (int length = 7; length < whole.length; length++) {
            assertThat(admits(Unpooled.wrappedBuffer(whole, 0, length))).isFalse();
        }
    }

    @Test
    void noMoreThanSoManyRetriesLeaveInASecond() {
        int asked = 0;
        for (int i = 0; i < 100_000; i++) {
            asked += admits(first(anyId(12), 1_200)) ? 1 : 0;
        }
        assertThat(asked).isEqualTo(ServerPackets.RETRIES_BURST);
        assertThat(packets.mayLeave(packet(padded(longHeader(0xF0, 1, anyId(12), ours()), 100))))
                .isFalse();
        nanos += 100_000_000;
        for (int i = 0; i < 100_000; i++) {
            asked += admits(first(anyId(12), 1_200)) ? 1 : 0;
        }
        assertThat(asked).isEqualTo(ServerPackets.RETRIES_BURST + ServerPackets.RETRIES_PER_SECOND / 10);
        // Who has a token is not held up by that.
        assertThat(admits(withToken(ours(), token()))).isTrue();
    }
}
