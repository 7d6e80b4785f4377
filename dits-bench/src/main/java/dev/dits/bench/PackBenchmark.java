package dev.dits.bench;

import dev.dits.object.ObjectId;
import dev.dits.store.PackStore;
import dev.dits.store.RecordType;
import dev.dits.store.StoreOptions;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Chunks of 64 KiB into packs and out of them, in one thread, in the system's temporary directory. One operation is one byte: ops/ns reads as GB/s (10^9
 * bytes a second). Reading finds the packs in the page cache.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PackBenchmark {
    private static final int CHUNK_BYTES = 64 << 10;

    private final List<ObjectId> ids = new ArrayList<>();
    private Path directory = Path.of("");
    private PackStore filled = unopened();
    private PackStore empty = unopened();
    private Path emptyDirectory = Path.of("");

    @SuppressWarnings("NullAway") // JMH calls the set-up before anything else.
    private static PackStore unopened() {
        return null;
    }

    /**
     * Fills the store that is read.
     *
     * @param input the bytes
     * @throws IOException if the file system fails
     */
    @Setup
    public void fill(RandomBytes input) throws IOException {
        directory = Files.createTempDirectory("dits-bench");
        for (int offset = 0; offset < RandomBytes.BYTES; offset += CHUNK_BYTES) {
            ids.add(ObjectId.hash(input.data, offset, CHUNK_BYTES));
        }
        filled = PackStore.open(Files.createDirectory(directory.resolve("filled")), StoreOptions.defaults());
        putAll(filled, input);
    }

    /**
     * Makes the store that is written to.
     *
     * @throws IOException if the file system fails
     */
    @Setup(Level.Invocation)
    public void open() throws IOException {
        emptyDirectory = Files.createTempDirectory(directory, "written");
        empty = PackStore.open(emptyDirectory, StoreOptions.defaults());
    }

    /**
     * Drops it.
     *
     * @throws IOException if the file system fails
     */
    @TearDown(Level.Invocation)
    public void drop() throws IOException {
        empty.close();
        BenchNodes.delete(emptyDirectory);
    }

    /**
     * Drops everything.
     *
     * @throws IOException if the file system fails
     */
    @TearDown
    public void dropAll() throws IOException {
        filled.close();
        BenchNodes.delete(directory);
    }

    private void putAll(PackStore store, RandomBytes input) throws IOException {
        try (StoreWriter writer = store.newWriter()) {
            for (int i = 0; i < ids.size(); i++) {
                boolean unused = writer.put(RecordType.CHUNK, ids.get(i), input.data, i * CHUNK_BYTES, CHUNK_BYTES);
            }
            writer.flush();
        }
    }

    /**
     * Puts chunks whose ids are known into a new store, and makes them durable.
     *
     * @param input the bytes
     * @throws IOException if the file system fails
     */
    @Benchmark
    @OperationsPerInvocation(RandomBytes.BYTES)
    public void putDurably(RandomBytes input) throws IOException {
        putAll(empty, input);
    }

    /**
     * Reads chunks and verifies them by their ids.
     *
     * @return something of every chunk
     * @throws IOException if the file system fails
     */
    @Benchmark
    @OperationsPerInvocation(RandomBytes.BYTES)
    public long readVerified() throws IOException {
        long mixed = 0;
        for (ObjectId id : ids) {
            mixed += filled.require(id)[0];
        }
        return mixed;
    }

    /**
     * Reads chunks as they are sent to a peer, which verifies them.
     *
     * @return something of every chunk
     * @throws IOException if the file system fails
     */
    @Benchmark
    @OperationsPerInvocation(RandomBytes.BYTES)
    public long readAsStored() throws IOException {
        long mixed = 0;
        for (ObjectId id : ids) {
            var record = filled.readStored(id);
            mixed += record == null ? 0 : record.payload()[0];
        }
        return mixed;
    }
}
