package dev.dits.bench;

import dev.dits.crypto.JoinCode;
import dev.dits.crypto.PeerCertificate;
import dev.dits.crypto.SessionSecret;
import dev.dits.crypto.Spake2;
import dev.dits.crypto.Spake2Context;
import dev.dits.crypto.Spake2Mount;
import dev.dits.crypto.Spake2Password;
import dev.dits.crypto.Spake2Share;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a join costs: stretching the code, once an end, and the exchange, once an attempt. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Spake2Benchmark {
    private final SecureRandom random = new SecureRandom();
    private final JoinCode code = JoinCode.generate(random, 4);
    private final Spake2Password password = Spake2Password.of(code);
    private final Spake2Context context = Spake2Context.of(fingerprint(1), fingerprint(2), new byte[64]);

    private static byte[] fingerprint(int fill) {
        byte[] fingerprint = new byte[PeerCertificate.FINGERPRINT_BYTES];
        Arrays.fill(fingerprint, (byte) fill);
        return fingerprint;
    }

    /**
     * Argon2id of a code, and the two points that follow from it.
     *
     * @return the password
     */
    @Benchmark
    public Spake2Password stretch() {
        return Spake2Password.of(code);
    }

    /**
     * All messages of one attempt, both ends.
     *
     * @return the secret of the mount
     * @throws GeneralSecurityException if the ends do not agree
     */
    @Benchmark
    public SessionSecret exchange() throws GeneralSecurityException {
        Spake2Mount mount = Spake2.mount(password, random);
        Spake2Share share = Spake2.share(password, context, random);
        Spake2Share.Accepted accepted = share.accept(mount.confirm(share.respond(mount.start()), context));
        return mount.finish(accepted.confirmation());
    }
}
