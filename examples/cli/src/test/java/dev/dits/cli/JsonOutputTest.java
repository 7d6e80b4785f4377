package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.dits.object.CommitTime;
import dev.dits.object.EntryName;
import dev.dits.object.Escaper;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonOutputTest {
    private final TestContext process = new TestContext(Path.of("."));

    private interface Body {
        void write(JsonOutput out) throws IOException;
    }

    private JsonNode written(Body body) throws IOException {
        TestContext fresh = new TestContext(Path.of("."));
        try (JsonOutput out = JsonOutput.open(fresh.context())) {
            body.write(out.object());
            out.end();
        }
        return Json.document(fresh.out());
    }

    @Test
    void everyKindOfValue() throws IOException {
        ObjectId id = ObjectId.hash(new byte[] {1});
        try (JsonOutput out = JsonOutput.open(process.context())) {
            out.object()
                    .field("text", "a\"b")
                    .field("none", (String) null)
                    .field("number", Long.MAX_VALUE)
                    .field("share", 0.25)
                    .field("nan", Double.NaN)
                    .field("yes", true)
                    .field("id", id)
                    .field("noId", Optional.empty())
                    .field("at", Instant.parse("2026-11-24T12:00:00Z"))
                    .field("local", CommitTime.of(Instant.parse("2026-11-24T12:00:00.5Z"), -90))
                    .field("top", TreePath.ROOT)
                    .field("path", TreePath.ofUtf8("a/ü"))
                    .array("list")
                    .value("x")
                    .value(id)
                    .object()
                    .end()
                    .end()
                    .object("inner")
                    .end()
                    .end();
        }
        assertThat(process.out())
                .isEqualTo(
                        "{\"text\":\"a\\\"b\",\"none\":null,\"number\":9223372036854775807,\"share\":0.25,\"nan\":null,"
                                + "\"yes\":true,\"id\":\"" + id + "\",\"noId\":null,\"at\":\"2026-11-24T12:00:00Z\","
                                + "\"local\":\"2026-11-24T10:30:00.5-01:30\",\"top\":\".\",\"path\":\"a/ü\",\"list\":[\"x\",\""
                                + id + "\",{}],\"inner\":{}}\n");
    }

    @Test
    void anyTextComesBackAndNoneReachesTheTerminal() throws IOException {
        Random random = new Random(7);
        for (int round = 0; round < 2_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(6); i >= 0; i--) {
                int[] ranges = {0x20, 0x80, 0x100, 0x3000, 0xFFFF, 0x10FFFF};
                // Single surrogates as well: a name from a command line may hold one.
                text.appendCodePoint(random.nextInt(ranges[random.nextInt(ranges.length)] + 1));
            }
            TestContext fresh = new TestContext(Path.of("."));
            try (JsonOutput out = JsonOutput.open(fresh.context())) {
                out.object().field("text", text.toString()).end();
            }
            assertThat(Json.document(fresh.out()).get("text").textValue()).isEqualTo(text.toString());
            assertThat(fresh.out().strip().codePoints()).noneMatch(Escaper::isUnsafe);
        }
    }

    @Test
    void whatIsHarmlessIsReadable() throws IOException {
        try (JsonOutput out = JsonOutput.open(process.context())) {
            out.object().field("text", "Größe 大 \uD83D\uDE80").end();
        }
        assertThat(process.out()).contains("Größe 大 \uD83D\uDE80");
    }

    @Test
    void aNameThatIsNotUtf8IsThereInHexadecimal() throws IOException {
        byte[] latin1 = "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1);
        TreePath path = TreePath.of(List.of(EntryName.ofUtf8("dir"), EntryName.of(latin1)));
        JsonNode node = written(out -> out.field("path", path).field("other", TreePath.ofUtf8("plain")));
        assertThat(node.get("path").textValue()).isEqualTo("dir/caf\uFFFD");
        assertThat(node.get("pathHex").textValue()).isEqualTo("6469722f636166e9");
        assertThat(node.has("otherHex")).isFalse();
    }

    @Test
    void timesThatNoCalendarHoldsAreStillTimes() throws IOException {
        for (long seconds : new long[] {1L << 61, -(1L << 61), 1L << 40, 253_402_300_799L}) {
            for (int offset : new int[] {-1_080, 0, 1_080}) {
                String time = written(out -> out.field("time", new CommitTime(seconds, 0, offset)))
                        .get("time")
                        .textValue();
                assertThat(time).matches("(0000|9999)-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(Z|[+-]\\d\\d:\\d\\d)");
            }
        }
    }

    @Test
    void whatEndsInTheMiddleDoesNotLookWhole() throws IOException {
        try (JsonOutput out = JsonOutput.open(process.context())) {
            out.object().array("list").value("x");
        }
        assertThat(process.out()).isEqualTo("{\"list\":[\"x\"\n");
    }
}
