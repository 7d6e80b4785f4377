package dev.dits.path;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StunMessageTest {
    /** RFC 5769 section 2.2, IPv4 response: the header's length and attributes as they stand there. */
    private static final String RESPONSE_IPV4 = "0101003c2112a442b7e7a701bc34d686fa87dfae"
            + "8022000b7465737420766563746f7220" + "002000080001a147e112a643"
            + "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7" + "80280004c07d4c96";

    /** RFC 5769 section 2.3, IPv6 response. */
    private static final String RESPONSE_IPV6 = "010100482112a442b7e7a701bc34d686fa87dfae"
            + "8022000b7465737420766563746f7220" + "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
            + "00080014a382954e4be67bf11784c97c8292c275bfe3ed41" + "80280004c8fb0b4c";

    private static ByteBuf of(String hex) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex));
    }

    @Test
    void readsTheAnswersOfTheTestVectors() throws Exception {
        assertThat(StunMessage.type(of(RESPONSE_IPV4))).isEqualTo(StunMessage.SUCCESS);
        assertThat(StunMessage.mapped(of(RESPONSE_IPV4)))
                .isEqualTo(new InetSocketAddress(InetAddress.getByName("192.0.2.1"), 32_853));
        assertThat(StunMessage.mapped(of(RESPONSE_IPV6)))
                .isEqualTo(
                        new InetSocketAddress(InetAddress.getByName("2001:db8:1234:5678:11:2233:4455:6677"), 32_853));
        assertThat(HexFormat.of().formatHex(StunMessage.transaction(of(RESPONSE_IPV6))))
                .isEqualTo("b7e7a701bc34d686fa87dfae");
    }

    @Test
    void writesWhatItReads() {
        byte[] transaction = new byte[StunMessage.TRANSACTION_BYTES];
        new Random(1).nextBytes(transaction);
        for (int type : new int[] {StunMessage.REQUEST, StunMessage.INDICATION}) {
            ByteBuf packet = Unpooled.buffer();
            StunMessage.write(type, transaction, packet);
            assertThat(packet.readableBytes()).isEqualTo(20);
            assertThat(StunMessage.type(packet)).isEqualTo(type);
            assertThat(StunMessage.transaction(packet)).isEqualTo(transaction);
            assertThat(StunMessage.mapped(packet)).isNull();
        }
    }

    @Test
    void takesNothingElseForAnAnswer() {
        byte[] whole = HexFormat.of().parseHex(RESPONSE_IPV4);
        for (int length = 0; length < whole.length; length++) {
            assertThat(StunMessage.type(Unpooled.wrappedBuffer(Arrays.copyOf(whole, length))))
                    .isEqualTo(-1);
        }
        Random random = new Random(2);
        for (int i = 0; i < 100_000; i++) {
            byte[] changed = whole.clone();
            for (int k = random.nextInt(4); k >= 0; k--) {
                changed[20 + random.nextInt(changed.length - 20)] = (byte) random.nextInt();
            }
            ByteBuf packet = Unpooled.wrappedBuffer(changed);
            InetSocketAddress mapped = StunMessage.mapped(packet);
            assertThat(mapped == null || mapped.getPort() != 0).isTrue();
            assertThat(packet.readerIndex()).isZero();
        }
    }
}
