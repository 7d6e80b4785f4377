package dev.dits.bench;

import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** 64 MiB of seeded random bytes: more than the caches hold, the same in every run. */
@State(Scope.Benchmark)
public class RandomBytes {
    /** How many bytes one invocation of a benchmark goes through. */
    static final int BYTES = 64 << 20;

    byte[] data = {};

    /** Fills the array. */
    @Setup(Level.Trial)
    public void fill() {
        data = new byte[BYTES];
        new SplittableRandom(20_260_101).nextBytes(data);
    }
}
