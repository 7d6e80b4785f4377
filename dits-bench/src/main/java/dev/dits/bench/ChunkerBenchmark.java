package dev.dits.bench;

import dev.dits.chunk.ChunkProfile;
import dev.dits.chunk.Chunker;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Finding the cuts, in one thread. One operation is one byte: ops/ns reads as GB/s (10^9 bytes a second). */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChunkerBenchmark {
    /** Which sizes to cut to. */
    @Param({"project", "default", "media"})
    public String profile = "";

    private Chunker chunker = new Chunker(ChunkProfile.DEFAULT);

    /** Finds the profile. */
    @Setup
    public void choose() {
        chunker = new Chunker(ChunkProfile.byName(profile).orElseThrow());
    }

    /**
     * Cuts an array.
     *
     * @param input the bytes
     * @return the number of chunks
     */
    @Benchmark
    @OperationsPerInvocation(RandomBytes.BYTES)
    public int chunk(RandomBytes input) {
        byte[] data = input.data;
        int chunks = 0;
        for (int offset = 0; offset < data.length; chunks++) {
            offset += chunker.cut(data, offset, data.length - offset, true);
        }
        return chunks;
    }
}
