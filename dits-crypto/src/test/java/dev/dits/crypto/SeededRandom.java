package dev.dits.crypto;

import java.security.SecureRandom;
import java.util.Random;

/** A SecureRandom that repeats itself, for tests: what fails fails again. */
final class SeededRandom extends SecureRandom {
    private static final long serialVersionUID = 1L;

    private final Random source;

    SeededRandom(long seed) {
        super(null, null);
        this.source = new Random(seed);
    }

    @Override
    public void nextBytes(byte[] bytes) {
        // Called with the superclass's constructor still running on some platforms.
        if (source != null) {
            source.nextBytes(bytes);
        }
    }

    @Override
    public String getAlgorithm() {
        return "seeded, for tests";
    }
}
