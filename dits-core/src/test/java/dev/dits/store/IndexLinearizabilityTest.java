package dev.dits.store;

import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Look-ups in a store's index while others add to it, through one store and through a second one of the same directory, as another process has it: what was
 * flushed is found from then on by everybody.
 */
@Param(name = "chunk", gen = IntGen.class, conf = "0:3")
public class IndexLinearizabilityTest {
    private static volatile Path directory;
    private static int made;
    private static final List<AutoCloseable> OPEN = new ArrayList<>();

    private final PackStore adding;
    private final PackStore looking;
    private final StoreWriter writer;

    public IndexLinearizabilityTest() throws IOException {
        Path own;
        synchronized (IndexLinearizabilityTest.class) {
            own = Files.createDirectories(directory.resolve("store-" + made++));
        }
        StoreOptions options = StoreOptions.defaults().withDurable(false);
        adding = PackStore.open(own, options);
        looking = PackStore.open(own, options);
        writer = adding.newWriter();
        synchronized (IndexLinearizabilityTest.class) {
            OPEN.addAll(List.of(writer, looking, adding));
        }
    }

    private static byte[] bytes(int chunk) {
        return new byte[] {(byte) chunk, 9};
    }

    @Operation
    public void add(@Param(name = "chunk") int chunk) throws IOException {
        byte[] bytes = bytes(chunk);
        writer.put(RecordType.CHUNK, ObjectId.hash(bytes), bytes, 0, bytes.length);
        writer.flush();
    }

    @Operation
    public boolean read(@Param(name = "chunk") int chunk) throws IOException {
        return adding.read(ObjectId.hash(bytes(chunk))) != null;
    }

    @Operation
    public boolean readElsewhere(@Param(name = "chunk") int chunk) throws IOException {
        return looking.read(ObjectId.hash(bytes(chunk))) != null;
    }

    /** What it is held to. */
    public static class Model {
        private final Set<Integer> chunks = new HashSet<>();

        public Model() {}

        public void add(int chunk) {
            chunks.add(chunk);
        }

        public boolean read(int chunk) {
            return chunks.contains(chunk);
        }

        public boolean readElsewhere(int chunk) {
            return chunks.contains(chunk);
        }
    }

    @BeforeAll
    static void make(@TempDir Path temp) {
        directory = temp;
    }

    @AfterAll
    static void close() throws Exception {
        for (AutoCloseable each : OPEN) {
            each.close();
        }
        OPEN.clear();
    }

    @Test
    void whatWasFlushedIsFoundByEverybody() {
        new StressOptions()
                .iterations(5)
                .invocationsPerIteration(20)
                .threads(3)
                .actorsPerThread(3)
                .sequentialSpecification(Model.class)
                .check(IndexLinearizabilityTest.class);
    }
}
