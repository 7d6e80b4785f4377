package dev.dits.sim;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * One seed in a world of its own: what every kind of run begins with, how its users act beside each other, and that nothing is left behind in
 * the end. What happens in between is the kind's.
 */
abstract class SeedRun {
    static final long SECOND = 1_000_000_000L;
    static final long MINUTE = 60 * SECOND;

    /** An operation that takes longer than every time-out in it together hangs. */
    static final long OPERATION_NANOS_MAX = 15 * MINUTE;

    /** What a run begins with. */
    record Start(long seed, Path directory, boolean keepsLog) {}

    /** Makes a run. */
    interface Kind {
        SeedRun begin(Start start);
    }

    /** What one user does, on a thread of its machine. */
    interface User {
        void act() throws IOException, InterruptedException;
    }

    final SplittableRandom random;
    final Scheduler scheduler;
    final Figures figures =
            new Figures("turns", "simulated milliseconds", "operations", "failed as they may", "commits");
    private final Path top;
    SimulatedInternet internet;
    World world;
    private int busy;

    SeedRun(Start start) {
        this.top = start.directory;
        this.random = new SplittableRandom(start.seed);
        this.scheduler = new Scheduler(random.nextLong());
        if (start.keepsLog) {
            scheduler.keepLog();
        }
    }

    /**
     * Runs a seed.
     *
     * @param seed decides everything
     * @param directory where the disks are; removed again if all went well
     * @param log where to keep what happened, turn by turn; null for nowhere
     */
    static Figures run(long seed, Path directory, Path log, Kind kind) throws Exception {
        World.deleteTree(directory);
        Files.createDirectories(directory);
        SeededRandom.seed(seed);
        SeedRun run = kind.begin(new Start(seed, directory, log != null));
        try {
            run.scheduler.run(() -> {
                try {
                    run.play();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        } finally {
            if (log != null) {
                Files.writeString(log, run.scheduler.log());
            }
        }
        World.deleteTree(directory);
        run.figures.add("turns", run.scheduler.steps());
        run.figures.add("simulated milliseconds", run.scheduler.virtualNanos() / 1_000_000);
        run.figures.add("rescues", run.scheduler.rescues());
        run.figures.setTrace(run.scheduler.trace());
        return run.figures;
    }

    private void play() throws IOException, InterruptedException {
        internet = new SimulatedInternet(scheduler, random.nextLong());
        world = new World(scheduler, internet, top);
        happen();
        scheduler.note("settling");
        internet.healAll();
        for (World.Host host : world.hosts) {
            host.setDiskFull(false);
        }
        settle();
        check();
        for (World.Host host : world.hosts) {
            close(host);
        }
        world.awaitZombies();
        leftBehind();
        internet.close();
        if (scheduler.threads() != 1) {
            throw new AssertionError("threads are left behind\n" + scheduler.describeThreads());
        }
    }

    /** Makes the hosts and lets their users act, and returns when they have. */
    abstract void happen() throws IOException, InterruptedException;

    /** Everything is healed: brings everybody up to date, as their users would. */
    abstract void settle() throws IOException, InterruptedException;

    /** Looks for what was promised. */
    abstract void check() throws IOException;

    /** Lets somebody act beside the others, on a thread of a machine or of none. */
    void beside(String name, Scheduler.Machine machine, User user) {
        busy++;
        scheduler.spawn(name, machine, () -> {
            try {
                user.act();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                busy--;
            }
        });
    }

    /** Waits for all of them. */
    void awaitUsers(int operationsEach) {
        long began = scheduler.virtualNanos();
        while (busy > 0) {
            scheduler.sleep(SECOND / 2);
            if (scheduler.virtualNanos() - began > operationsEach * 4 * OPERATION_NANOS_MAX) {
                throw new AssertionError("an operation hangs\n" + scheduler.describeThreads());
            }
        }
    }

    void close(World.Host host) throws IOException {
        scheduler.note(host.log + " closes");
        host.close();
        scheduler.note(host.log + " is closed");
    }

    private void leftBehind() throws IOException {
        if (internet.openConnections() != 0
                || internet.openEndpoints() != 0
                || internet.openSearches() != 0
                || internet.openAnnouncements() != 0) {
            throw new AssertionError("left behind: " + internet.openConnections() + " connections, "
                    + internet.openEndpoints() + " endpoints, " + internet.openSearches() + " searches, "
                    + internet.openAnnouncements() + " announcements");
        }
        Path descriptors = Path.of("/proc/self/fd");
        if (Files.isDirectory(descriptors)) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(descriptors)) {
                for (Path one : all) {
                    String target;
                    try {
                        target = Files.readSymbolicLink(one).toString();
                    } catch (IOException e) {
                        continue; // it was the one that lists
                    }
                    if (target.startsWith(top.toString() + "/")) {
                        throw new AssertionError("left open: " + target);
                    }
                }
            }
        }
    }
}
