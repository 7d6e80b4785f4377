package dev.dits.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every field of every vector of RFC 9382, appendix B, on both sides. */
class Spake2VectorTest {
    private static final HexFormat HEX = HexFormat.of();

    private static String file() throws IOException {
        try (InputStream in = Spake2VectorTest.class.getResourceAsStream("spake2-rfc9382-p256.json")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Map<String, String> strings(String text) {
        Map<String, String> fields = new HashMap<>();
        Matcher matcher = Pattern.compile("\"(\\w+)\"\\s*:\\s*\"([^\"]*)\"").matcher(text);
        while (matcher.find()) {
            fields.put(matcher.group(1), matcher.group(2));
        }
        return fields;
    }

    static List<Map<String, String>> vectors() throws IOException {
        String file = file();
        List<Map<String, String>> vectors = new ArrayList<>();
        Matcher matcher = Pattern.compile("\\{[^{}]*}").matcher(file.substring(file.indexOf("\"vectors\"")));
        while (matcher.find()) {
            vectors.add(strings(matcher.group()));
        }
        return vectors;
    }

    @Test
    void allFourVectorsAreThereWithAllFields() throws IOException {
        assertThat(vectors())
                .hasSize(4)
                .allSatisfy(vector -> assertThat(vector)
                        .containsOnlyKeys(
                                "A", "B", "w", "x", "y", "pA", "pB", "K", "TT", "HashTT", "Ke", "Ka", "KcA", "KcB",
                                "cA", "cB"));
    }

    @Test
    void constantsAreTheRfcs() throws IOException {
        Map<String, String> header = strings(file().substring(0, file().indexOf("\"vectors\"")));
        assertThat(HEX.formatHex(P256.M.getEncoded(true))).isEqualTo(header.get("M"));
        assertThat(HEX.formatHex(P256.N.getEncoded(true))).isEqualTo(header.get("N"));
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void bothSidesFollowTheVector(Map<String, String> vector) throws Exception {
        Spake2Password password = Spake2Password.ofScalar(new BigInteger(vector.get("w"), 16));
        Spake2Context context = Spake2Context.ofIdentities(
                vector.get("A").getBytes(StandardCharsets.US_ASCII),
                vector.get("B").getBytes(StandardCharsets.US_ASCII),
                new byte[0]);
        Spake2Mount mount = new Spake2Mount(password, new BigInteger(vector.get("x"), 16));
        Spake2Share share = new Spake2Share(password, context, new BigInteger(vector.get("y"), 16));

        byte[] pA = mount.start();
        byte[] pB = share.respond(pA);
        byte[] cA = mount.confirm(pB, context);
        Spake2.Keys shareKeys = Objects.requireNonNull(share.keys());
        Spake2.Keys mountKeys = Objects.requireNonNull(mount.keys());
        Spake2Share.Accepted accepted = share.accept(cA);
        SessionSecret secret = mount.finish(accepted.confirmation());

        Map<String, byte[]> common = new HashMap<>();
        common.put("pA", pA);
        common.put("pB", pB);
        common.put("w", password.w());
        common.put("cA", cA);
        common.put("cB", accepted.confirmation());
        common.forEach(
                (field, value) -> assertThat(HEX.formatHex(value)).as(field).isEqualTo(vector.get(field)));
        assertKeys(mountKeys, vector);
        assertKeys(shareKeys, vector);
        assertThat(secret).isEqualTo(accepted.secret());
        assertThat(secret.exposeBytes())
                .isEqualTo(Kdf.hkdf(HEX.parseHex(vector.get("Ke")), null, Kdf.ascii("dits/1 session"), 32));
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void sharedPointIsTheVectorsOnBothSides(Map<String, String> vector) throws Exception {
        Spake2Password password = Spake2Password.ofScalar(new BigInteger(vector.get("w"), 16));
        byte[] pA = HEX.parseHex(vector.get("pA"));
        byte[] pB = HEX.parseHex(vector.get("pB"));
        BigInteger x = new BigInteger(vector.get("x"), 16);
        BigInteger y = new BigInteger(vector.get("y"), 16);
        assertThat(HEX.formatHex(Spake2.sharedPoint(pA, pB, password.wN(), x))).isEqualTo(vector.get("K"));
        assertThat(HEX.formatHex(Spake2.sharedPoint(pB, pA, password.wM(), y))).isEqualTo(vector.get("K"));
    }

    private static void assertKeys(Spake2.Keys keys, Map<String, String> vector) {
        assertThat(HEX.formatHex(keys.transcript)).isEqualTo(vector.get("TT"));
        assertThat(HEX.formatHex(keys.hash)).isEqualTo(vector.get("HashTT"));
        assertThat(HEX.formatHex(keys.ke)).isEqualTo(vector.get("Ke"));
        assertThat(HEX.formatHex(keys.ka)).isEqualTo(vector.get("Ka"));
        assertThat(HEX.formatHex(keys.kcA)).isEqualTo(vector.get("KcA"));
        assertThat(HEX.formatHex(keys.kcB)).isEqualTo(vector.get("KcB"));
    }
}
