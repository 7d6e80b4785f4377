package dev.dits.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of {@link StoreFaultRun} from some seeds. Many more come from {@link #main}: {@code StoreFaultTest FIRST COUNT [DIRECTORY]}. */
class StoreFaultTest {
    private static final long[] FAILED_ONCE = {630, 646};
    private static final int SEEDS = 150;

    @TempDir
    Path temp;

    @Test
    void whatIsAcknowledgedSurvivesEveryFault() throws IOException {
        for (long seed : LongStream.concat(LongStream.of(FAILED_ONCE), LongStream.range(0, SEEDS))
                .toArray()) {
            one(temp, seed);
        }
    }

    private static void one(Path directory, long seed) throws IOException {
        Path home = Files.createDirectory(directory.toRealPath().resolve("seed" + seed));
        StoreFaultRun run = new StoreFaultRun(home, seed);
        try {
            run.run();
        } catch (AssertionError | IOException | RuntimeException e) {
            throw new AssertionError(run + "; " + e.getMessage(), e);
        } finally {
            try (Stream<Path> paths = Files.walk(home)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    /** The campaign: goes on after a failure, and prints the seeds that failed. */
    public static void main(String[] arguments) throws IOException {
        long first = Long.parseLong(arguments[0]);
        long count = Long.parseLong(arguments[1]);
        Path directory =
                Files.createTempDirectory(Path.of(arguments.length > 2 ? arguments[2] : "/tmp"), "dits-faults-");
        long failed = 0;
        for (long seed = first; seed < first + count; seed++) {
            try {
                one(directory, seed);
            } catch (AssertionError e) {
                failed++;
                if (failed <= 50) {
                    System.out.println("seed " + seed + ": " + e.getMessage());
                    e.printStackTrace(System.out);
                }
            }
            if ((seed - first + 1) % 1_000 == 0) {
                System.out.println(seed - first + 1 + " seeds, " + failed + " failed");
            }
        }
        System.out.println(count + " seeds, " + failed + " failed");
    }
}
