package dev.dits.session;

import dev.dits.crypto.ConfirmationException;
import dev.dits.error.JoinRejectedException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Wrong guesses at once, through two limiters of one file as two processes have them: none more is answered than five a source. */
@Param(name = "source", gen = IntGen.class, conf = "0:1")
public class GuessLimiterLinearizabilityTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
    private static final int SPENT_BEFORE = 3;
    private static volatile Path directory;
    private static int made;

    private final GuessLimiter here;
    private final GuessLimiter elsewhere;

    public GuessLimiterLinearizabilityTest() throws IOException {
        Path own;
        synchronized (GuessLimiterLinearizabilityTest.class) {
            own = Files.createDirectories(directory.resolve("share-" + made++)).resolve("guesses");
        }
        here = GuessLimiter.open(own, () -> NOW);
        elsewhere = GuessLimiter.open(own, () -> NOW);
        for (int i = 0; i < SPENT_BEFORE; i++) {
            answered(here, 0);
        }
    }

    private static InetAddress address(int source) throws IOException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) (1 + source)});
    }

    private static boolean answered(GuessLimiter limiter, int source) throws IOException {
        try {
            limiter.guess("ABC", address(source), () -> {
                throw new ConfirmationException("wrong");
            });
        } catch (JoinRejectedException e) {
            return false;
        } catch (ConfirmationException e) {
            return true;
        }
        throw new AssertionError("a wrong guess was right");
    }

    @Operation
    public boolean guess(@Param(name = "source") int source) throws IOException {
        return answered(here, source);
    }

    @Operation
    public boolean guessElsewhere(@Param(name = "source") int source) throws IOException {
        return answered(elsewhere, source);
    }

    @Operation
    public boolean allowed(@Param(name = "source") int source) throws IOException {
        return elsewhere.verdict("ABC", address(source)).allowed();
    }

    /** What it is held to. */
    public static class Model {
        private final int[] spent = {SPENT_BEFORE, 0};

        public boolean guess(int source) {
            if (!allowed(source)) {
                return false;
            }
            spent[source]++;
            return true;
        }

        public boolean guessElsewhere(int source) {
            return guess(source);
        }

        public boolean allowed(int source) {
            return spent[source] < GuessLimiter.SOURCE_GUESSES_MAX;
        }
    }

    @BeforeAll
    static void make(@TempDir Path temp) {
        directory = temp;
    }

    @Test
    void noMoreIsAnsweredThanWouldBeOneAfterAnother() {
        new StressOptions()
                .iterations(5)
                .invocationsPerIteration(10)
                .threads(2)
                .actorsPerThread(3)
                .actorsBefore(0)
                .actorsAfter(2)
                .sequentialSpecification(Model.class)
                .check(GuessLimiterLinearizabilityTest.class);
    }
}
