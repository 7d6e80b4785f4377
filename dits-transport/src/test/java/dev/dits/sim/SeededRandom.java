package dev.dits.sim;

import java.security.Provider;
import java.security.SecureRandomSpi;
import java.security.Security;
import java.util.SplittableRandom;

/** Makes every {@code new SecureRandom()} of this process draw from one seed. For a process of its own. */
public final class SeededRandom extends SecureRandomSpi {
    private static final long serialVersionUID = 1L;
    private static SplittableRandom source = new SplittableRandom(0);

    /** Called by the platform. */
    public SeededRandom() {}

    static void install() {
        Provider provider = new Provider("Simulation", "1", "randomness from a seed") {
            private static final long serialVersionUID = 1L;
        };
        provider.put("SecureRandom.Simulation", SeededRandom.class.getName());
        provider.put("Signature.Ed25519", RememberedEd25519.class.getName());
        Security.insertProviderAt(provider, 1);
    }

    static synchronized void seed(long seed) {
        source = new SplittableRandom(seed);
        RememberedEd25519.forget();
    }

    private static synchronized void fill(byte[] bytes) {
        source.nextBytes(bytes);
    }

    @Override
    protected void engineSetSeed(byte[] seed) {
        // What it draws is decided already.
    }

    @Override
    protected void engineNextBytes(byte[] bytes) {
        fill(bytes);
    }

    @Override
    protected byte[] engineGenerateSeed(int count) {
        byte[] bytes = new byte[count];
        fill(bytes);
        return bytes;
    }
}
