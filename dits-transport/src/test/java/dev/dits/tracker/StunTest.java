package dev.dits.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.path.StunMessage;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** Binding of RFC 8489. */
class StunTest {
    private static final String TRANSACTION = "b7e7a701bc34d686fa87dfae";
    private static final String REQUEST = "000100002112a442" + TRANSACTION;

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    private static byte[] answer(String request, String host, int port) throws Exception {
        return StunMessage.answer(
                ByteBuffer.wrap(hex(request)), new InetSocketAddress(InetAddress.getByName(host), port));
    }

    /** The addresses, and what becomes of them, are those of RFC 5769 sections 2.2 and 2.3. */
    @Test
    void theAddressIsXoredAsInTheTestVectors() throws Exception {
        byte[] v4 = answer(REQUEST, "192.0.2.1", 32_853);
        assertThat(v4).hasSize(40);
        assertThat(HexFormat.of().formatHex(v4, 0, 32))
                .isEqualTo("010100142112a442" + TRANSACTION + "00200008" + "0001a147" + "e112a643");
        byte[] v6 = answer(REQUEST, "2001:db8:1234:5678:11:2233:4455:6677", 32_853);
        assertThat(v6).hasSize(52);
        assertThat(HexFormat.of().formatHex(v6, 0, 44))
                .isEqualTo("010100202112a442" + TRANSACTION + "00200014" + "0002a147"
                        + "0113a9faa5d3f179bc25f4b5bed2b9d9");
        for (byte[] answer : List.of(v4, v6)) {
            CRC32 crc = new CRC32();
            crc.update(answer, 0, answer.length - 8);
            ByteBuffer end = ByteBuffer.wrap(answer, answer.length - 8, 8);
            assertThat(end.getInt()).isEqualTo(0x80280004);
            assertThat(end.getInt()).isEqualTo((int) crc.getValue() ^ 0x5354554e);
        }
    }

    /** The request of RFC 5769 section 2.1 ends in a fingerprint. */
    @Test
    void attributesAreReadOverAndAFingerprintIsChecked() throws Exception {
        String sample = "00010058 2112a442 b7e7a701bc34d686fa87dfae"
                + "80220010 5354554e207465737420636c69656e74"
                + "00240004 6e0001ff"
                + "80290008 932ff9b151263b36"
                + "00060009 6576746a3a683676 59202020"
                + "00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
                + "80280004 e57a3bcf";
        assertThat(answer(sample, "192.0.2.1", 1)).hasSize(40);
        assertThat(answer(sample.replace("e57a3bcf", "e57a3bce"), "192.0.2.1", 1))
                .isNull();
    }

    @Test
    void nothingElseIsAnswered() throws Exception {
        for (String wrong : List.of(
                "",
                REQUEST.substring(2),
                REQUEST + "00",
                REQUEST + "00000000",
                REQUEST.replace("2112a442", "2112a443"),
                "0101" + REQUEST.substring(4),
                "0011" + REQUEST.substring(4),
                "00010004" + REQUEST.substring(8),
                "00010004" + REQUEST.substring(8) + "80220001",
                "00010008" + REQUEST.substring(8) + "8022ffff00000000")) {
            assertThat(answer(wrong, "192.0.2.1", 1)).as(wrong).isNull();
        }
        Random random = new Random(5);
        for (int i = 0; i < 100_000; i++) {
            byte[] noise = new byte[random.nextInt(120)];
            random.nextBytes(noise);
            assertThat(StunMessage.answer(ByteBuffer.wrap(noise), new InetSocketAddress("127.0.0.1", 1)))
                    .isNull();
        }
    }

    @Test
    void twoPortsAnswerWithWhereOneComesFromAndEveryoneIsTold() throws Exception {
        try (TrackerServer server = TrackerServer.start(RendezvousTest.options().withStunPorts(List.of(0, 0)));
                DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            assertThat(server.stunPorts()).hasSize(2).doesNotHaveDuplicates().doesNotContain(0);
            socket.setSoTimeout(30_000);
            for (int port : server.stunPorts()) {
                // Garbage before it gets no answer: the first that comes is that of the request.
                for (byte[] sent : List.of(new byte[0], new byte[600], hex(REQUEST))) {
                    socket.send(new DatagramPacket(sent, sent.length, InetAddress.getLoopbackAddress(), port));
                }
                DatagramPacket answer = new DatagramPacket(new byte[100], 100);
                socket.receive(answer);
                assertThat(answer.getLength()).isEqualTo(40);
                ByteBuffer in = ByteBuffer.wrap(answer.getData());
                assertThat((in.getShort(26) & 0xFFFF) ^ 0x2112).isEqualTo(socket.getLocalPort());
                assertThat(in.getInt(28) ^ 0x2112a442).isEqualTo(0x7f000001);
            }
            assertThat(server.hub().metrics.stunRequests.sum()).isEqualTo(2);
            try (WebSocketClient share =
                    WebSocketClient.connect(java.net.http.HttpClient.newHttpClient(), server.port(), "/rendezvous")) {
                assertThat(share.hears("welcome").get("stun"))
                        .isEqualTo(server.stunPorts().stream()
                                .map(Integer::longValue)
                                .toList());
            }
        }
    }
}
