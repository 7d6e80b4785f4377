package dev.dits.sim;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Runs seeds in a process of its own: {@code FIRST COUNT DIRECTORY [SECONDS]}, from the first on until so many were run or so
 * many seconds have passed; of several, {@code SEED,SEED...} in place of the first, those. A seed that fails is printed, with
 * what was found; the others go on. Ends with 1 if one failed.
 *
 * <p>System properties: {@code dits.sim.twice=N} runs each Nth seed twice and compares what happened turn by turn;
 * {@code dits.sim.log=FILE} keeps the turns of the last run; {@code dits.sim.world=model} runs a {@link ModelRun} and not a {@link
 * Simulation}.
 */
public final class Campaign {
    /**
     * A fault of the simulated world itself, to see that it is found: {@code forget}, a crash may undo the last move of a
     * branch; {@code reorder}, the bytes of a stream may change places.
     */
    static final String FAULT = System.getProperty("dits.sim.fault", "");

    private static final boolean MODEL =
            System.getProperty("dits.sim.world", "").equals("model");

    /** A world that failed is left standing, with its threads and some 10 MB. What comes behind many would fail for want of memory. */
    private static final int FAILED_MAX = 5;

    private Campaign() {}

    public static void main(String[] arguments) throws Exception {
        long[] seeds = seeds(arguments[0], Long.parseLong(arguments[1]));
        Path directory = Path.of(arguments[2]);
        long seconds = arguments.length > 3 ? Long.parseLong(arguments[3]) : Long.MAX_VALUE / 2_000_000_000L;
        int twice = Integer.getInteger("dits.sim.twice", 0);
        String log = System.getProperty("dits.sim.log");
        SeededRandom.install();
        for (long seed = -3; seed < 0 && FAULT.isEmpty(); seed++) {
            // What is done once in a process would make the first run of a seed another than the second.
            run(seed, directory, null, 0);
        }
        List<Long> failed = new ArrayList<>();
        long began = System.nanoTime();
        long ran = 0;
        Figures sums = new Figures();
        int compared = 0;
        List<Long> differed = new ArrayList<>();
        for (long seed : seeds) {
            if (System.nanoTime() - began >= seconds * 1_000_000_000L) {
                break;
            }
            try {
                Figures figures = run(seed, directory, log, 0);
                sums.addAll(figures);
                if (twice > 0 && ran % twice == 0) {
                    compared++;
                    if (run(seed, directory, log, 1).trace() != figures.trace()) {
                        differed.add(seed);
                    }
                }
            } catch (Throwable e) {
                failed.add(seed);
                System.out.println("SEED " + seed + " FAILED");
                e.printStackTrace(System.out);
                if (!FAULT.isEmpty()) {
                    break; // it was to be found, and once is enough
                }
                if (failed.size() == FAILED_MAX) {
                    System.out.println("no more are begun: too many have failed");
                    break;
                }
            }
            ran++;
            if (ran % 500 == 0) {
                System.out.println("... " + ran + " seeds, " + (System.nanoTime() - began) / 1_000_000_000L + " s, "
                        + failed.size() + " failed, "
                        + (Runtime.getRuntime().totalMemory()
                                        - Runtime.getRuntime().freeMemory())
                                / 1_000_000
                        + " MB, " + Thread.activeCount() + " threads");
            }
        }
        System.out.println(ran + " seeds in " + (System.nanoTime() - began) / 1_000_000 + " ms: " + sums + "; "
                + compared + " run twice, " + differed.size() + " differed " + differed + "; failed seeds: " + failed);
        // What a failed seed left waiting must not keep the process.
        System.exit(failed.isEmpty() && differed.isEmpty() && ran > 0 ? 0 : 1);
    }

    private static long[] seeds(String first, long count) {
        return first.contains(",")
                ? Stream.of(first.split(",", -1)).mapToLong(Long::parseLong).toArray()
                : LongStream.iterate(Long.parseLong(first), seed -> seed + 1)
                        .limit(count)
                        .toArray();
    }

    private static Figures run(long seed, Path directory, String log, int time) throws Exception {
        Path at = directory.resolve("seed" + seed);
        Path kept = log == null ? null : Files.createDirectories(Path.of(log)).resolve(seed + "." + time);
        return SeedRun.run(seed, at, kept, MODEL ? ModelRun::new : Simulation::new);
    }
}
