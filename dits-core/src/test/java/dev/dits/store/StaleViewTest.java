package dev.dits.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that is open for long, while another process drops what nothing names: what it remembers having is no reason not to store it again. */
class StaleViewTest {
    private static final byte[] BYTES = "dropped, and put again".getBytes(StandardCharsets.US_ASCII);
    private static final ObjectId ID = ObjectId.hash(BYTES);

    @TempDir
    Path directory;

    private PackStore open;
    private PackStore other;

    @BeforeEach
    void open() throws IOException {
        open = PackStore.open(directory, StoreOptions.defaults());
        other = PackStore.open(directory, StoreOptions.defaults());
        put(other);
        assertThat(open.contains(ID)).isTrue();
    }

    @AfterEach
    void close() throws IOException {
        open.close();
        other.close();
    }

    private static boolean put(PackStore store) throws IOException {
        try (StoreWriter writer = store.newWriter()) {
            boolean stored = writer.put(RecordType.CHUNK, ID, BYTES, 0, BYTES.length);
            writer.flush();
            return stored;
        }
    }

    private void isStoredAgain() throws IOException {
        assertThat(put(open)).isTrue();
        try (PackStore fresh = PackStore.open(directory, StoreOptions.defaults())) {
            assertThat(fresh.read(ID)).isEqualTo(BYTES);
        }
    }

    @Test
    void whatWasCollectedIsStoredAgain() throws IOException {
        other.compact(id -> false);
        isStoredAgain();
    }

    @Test
    void theSameWhereTheCollectorWasKilledBeforeItSaidSo() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> packs =
                    files.filter(file -> file.toString().endsWith(".pack")).toList();
            assertThat(packs).hasSize(1);
            Files.delete(packs.get(0));
        }
        isStoredAgain();
    }
}
