package dev.dits.quic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.net.CarriedAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RetryTokensTest {
    private static final InetSocketAddress ADDRESS = new InetSocketAddress("192.0.2.1", 4433);

    private Instant now = Instant.parse("2026-11-24T00:00:00Z");
    private boolean admitted = true;
    private final byte[] key = RetryTokens.newKey();
    private final RetryTokens tokens = new RetryTokens(() -> now, key, address -> admitted);
    private final ByteBuf id = Unpooled.wrappedBuffer(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});

    private ByteBuf token() {
        ByteBuf token = Unpooled.buffer();
        assertThat(tokens.writeToken(token, id, ADDRESS)).isTrue();
        assertThat(id.readableBytes()).isEqualTo(8);
        return token;
    }

    @Test
    void aTokenIsGoodForItsAddressAndGivesTheIdBack() {
        ByteBuf token = token();
        int offset = tokens.validateToken(token, ADDRESS);
        assertThat(token.slice(offset, token.readableBytes() - offset)).isEqualTo(id);
        assertThat(tokens.validateToken(token, new InetSocketAddress("192.0.2.1", 4434)))
                .isEqualTo(-1);
        assertThat(tokens.validateToken(token, new InetSocketAddress("192.0.2.2", 4433)))
                .isEqualTo(-1);
    }

    @Test
    void aTokenExpires() {
        ByteBuf token = token();
        now = now.plus(RetryTokens.LIFETIME);
        assertThat(tokens.validateToken(token, ADDRESS)).isPositive();
        now = now.plusMillis(1);
        assertThat(tokens.validateToken(token, ADDRESS)).isEqualTo(-1);
    }

    @Test
    void anyFlippedBitAndAnyOtherLengthIsRefused() {
        ByteBuf token = token();
        for (int bit = 0; bit < token.readableBytes() * 8; bit++) {
            ByteBuf flipped = token.copy();
            flipped.setByte(bit / 8, flipped.getByte(bit / 8) ^ 1 << bit % 8);
            assertThat(tokens.validateToken(flipped, ADDRESS)).as("bit %d", bit).isEqualTo(-1);
        }
        for (int length = 0; length < token.readableBytes(); length++) {
            assertThat(tokens.validateToken(token.slice(0, length), ADDRESS)).isEqualTo(-1);
        }
        assertThat(tokens.validateToken(token.copy().writeZero(200), ADDRESS)).isEqualTo(-1);
    }

    @Test
    void anotherNodesTokenIsRefusedAndAdmissionIsAskedLast() {
        RetryTokens other = new RetryTokens(() -> now, RetryTokens.newKey(), address -> true);
        assertThat(other.validateToken(token(), ADDRESS)).isEqualTo(-1);
        admitted = false;
        assertThat(tokens.validateToken(token(), ADDRESS)).isEqualTo(-1);
    }

    /** Its address is the route's, which nobody forges; who may not begin is asked to come again. */
    @Test
    void whoComesByARouteNeedsNoToken() {
        InetSocketAddress carried = CarriedAddress.of(7, 1);
        ByteBuf token = Unpooled.buffer();
        assertThat(tokens.writeToken(token, id, carried)).isFalse();
        assertThat(token.readableBytes()).isZero();
        admitted = false;
        assertThat(tokens.writeToken(token, id, carried)).isTrue();
    }

    @Test
    void aFirstPacketThatComesTwiceHasOneIdOfTheServer() {
        ConnectionIds ids = new ConnectionIds();
        ByteBuffer first = ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        ByteBuffer one = ids.newId(first, ConnectionIds.BYTES);
        assertThat(ids.newId(first, ConnectionIds.BYTES)).isEqualTo(one);
        assertThat(ids.bears(Unpooled.wrappedBuffer(one.array()), 0)).isTrue();
        assertThat(ConnectionIds.leadsToServer(one.get(0))).isTrue();
        assertThat(ids.newId(ByteBuffer.wrap(new byte[8]), ConnectionIds.BYTES)).isNotEqualTo(one);
        assertThat(new ConnectionIds().newId(first, ConnectionIds.BYTES)).isNotEqualTo(one);
    }
}
