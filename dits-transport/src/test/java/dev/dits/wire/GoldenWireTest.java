package dev.dits.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The frame of every message, kept as hexadecimal digits. {@code -Ddits.golden.write=true} writes them anew. */
class GoldenWireTest {
    private static final Path DIRECTORY = Path.of("src/test/resources/golden-wire");

    static byte[] frame(Message message) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int bytes = writer(out).write(message);
        assertThat(out.size()).isEqualTo(bytes);
        return out.toByteArray();
    }

    static FrameWriter writer(ByteArrayOutputStream out) {
        return new FrameWriter(new FrameWriter.Output() {
            @Override
            public void write(byte[] source, int offset, int length) {
                out.write(source, offset, length);
            }

            @Override
            public void flush() {}
        });
    }

    static FrameReader reader(byte[] bytes) {
        return new FrameReader(new ByteArrayInputStream(bytes)::read, FrameReader.PAYLOAD_BYTES_MAX);
    }

    @Test
    void everyMessageHasItsBytes() throws IOException {
        Map<String, String> actual = new TreeMap<>();
        for (Map.Entry<String, Message> sample : Samples.all().entrySet()) {
            actual.put(sample.getKey() + ".hex", HexFormat.of().formatHex(frame(sample.getValue())) + "\n");
        }
        if (Boolean.getBoolean("dits.golden.write")) {
            Files.createDirectories(DIRECTORY);
            for (Map.Entry<String, String> one : actual.entrySet()) {
                Files.writeString(DIRECTORY.resolve(one.getKey()), one.getValue());
            }
        }
        Map<String, String> kept = new TreeMap<>();
        try (Stream<Path> files = Files.list(DIRECTORY)) {
            for (Path file : files.toList()) {
                kept.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        assertThat(actual).isEqualTo(kept);
    }

    @Test
    void everyMessageIsReadAsItWasWritten() throws IOException {
        for (Map.Entry<String, Message> sample : Samples.all().entrySet()) {
            byte[] bytes = frame(sample.getValue());
            FrameReader reader = reader(bytes);
            Message read = reader.read();
            assertThat(read).as(sample.getKey()).isNotNull().hasSameClassAs(sample.getValue());
            assertThat(frame(read)).as(sample.getKey()).isEqualTo(bytes);
            assertThat(reader.read()).as(sample.getKey()).isNull();
        }
    }

    @Test
    void noTypeIsWithoutASample() {
        assertThat(Samples.all().values().stream().map(Object::getClass).collect(Collectors.toSet()))
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(Message.class.getPermittedSubclasses()).collect(Collectors.toSet()));
    }
}
