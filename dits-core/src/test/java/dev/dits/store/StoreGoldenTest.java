package dev.dits.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bytes of a pack and a run, kept as hexadecimal digits. {@code -Ddits.golden.write=true} writes them anew. */
class StoreGoldenTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final String PACK = "0000000000000001";
    private static final String RUN = "0000000000000002";

    @TempDir
    Path directory;

    private static final byte[] CHUNK = "a chunk".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RUNNING = new byte[200];
    private static final byte[] OBJECT = {(byte) 0xD1, 3, 1, 0};

    static {
        Arrays.fill(RUNNING, (byte) 'a');
    }

    // One frame of one block that repeats a byte, by hand after RFC 8878: what zstd makes of it may change.
    private static final StoredRecord COMPRESSED = new StoredRecord(
            RecordType.CHUNK, RecordCodec.ZSTD, 200, HexFormat.of().parseHex("28b52ffd20c843060061"));

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes).replaceAll("(.{96})", "$1\n") + "\n";
    }

    private static void check(String name, byte[] bytes) throws IOException {
        Path file = GOLDEN.resolve(name + ".hex");
        if (Boolean.getBoolean("dits.golden.write")) {
            Files.writeString(file, hex(bytes));
        }
        assertThat(hex(bytes)).isEqualTo(Files.readString(file));
    }

    private static byte[] golden(String name) throws IOException {
        return HexFormat.of()
                .parseHex(Files.readString(GOLDEN.resolve(name + ".hex")).replace("\n", ""));
    }

    @Test
    void packAndRunAreWrittenAsEver() throws IOException {
        long[] name = {0};
        StoreOptions options = StoreOptions.defaults().withNames(() -> ++name[0]);
        try (PackStore store = PackStore.open(directory, options);
                StoreWriter writer = store.newWriter()) {
            writer.put(RecordType.CHUNK, ObjectId.hash(CHUNK), CHUNK, 0, CHUNK.length);
            writer.putStored(ObjectId.hash(RUNNING), COMPRESSED);
            writer.write(ObjectId.hash(OBJECT), OBJECT);
            writer.flush();
        }
        check("pack", Files.readAllBytes(directory.resolve(PACK + ".pack")));
        check("run", Files.readAllBytes(directory.resolve(RUN + ".run")));
    }

    @Test
    void whatWasOnceWrittenIsRead() throws IOException {
        Files.write(directory.resolve(PACK + ".pack"), golden("pack"));
        Files.write(directory.resolve(RUN + ".run"), golden("run"));
        try (PackStore store = PackStore.open(directory, StoreOptions.defaults())) {
            assertThat(store.read(ObjectId.hash(CHUNK))).isEqualTo(CHUNK);
            assertThat(store.read(ObjectId.hash(RUNNING))).isEqualTo(RUNNING);
            assertThat(store.read(ObjectId.hash(OBJECT))).isEqualTo(OBJECT);
            assertThat(store.plainLength(ObjectId.hash(RUNNING))).isEqualTo(200);
            assertThat(store.verify(bytes -> {}).clean()).isTrue();
            assertThat(store.recover()).isZero();
        }
    }
}
