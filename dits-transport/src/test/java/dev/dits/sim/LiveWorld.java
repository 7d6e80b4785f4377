package dev.dits.sim;

import dev.dits.Sync;
import dev.dits.error.BranchMovedException;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.LocalChangesException;
import dev.dits.error.ProtocolException;
import dev.dits.object.ObjectId;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.FsckReport;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A simulated world of one share and several mounts that are kept in step by themselves: what their users can do in it, and a wait until it is quiet. A {@link Script} says who does
 * what; in the end everything heals, and {@link #awaitQuiet} and {@link #check} see that all is the same everywhere and nothing was lost.
 *
 * <p>Host 0 shares. Operations throw what the user would be told; a script that goes on is a user who shrugs. Everything is drawn from the seed.
 */
final class LiveWorld {
    /** What happens in a world. */
    interface Script {
        void play(LiveWorld world) throws IOException, InterruptedException;
    }

    /** What one user does, on a thread of its machine. */
    interface User {
        void act() throws IOException, InterruptedException;
    }

    private static final long SECOND = 1_000_000_000L;

    /** Longer than any back-off and time-out together: who is not in step by then never is. */
    private static final int QUIET_SECONDS_MAX = 15 * 60;

    final Scheduler scheduler;
    final SimulatedInternet internet;
    final World world;
    final SplittableRandom random;
    private final Set<Integer> offline = new HashSet<>();
    private final Map<World.Host, Integer> branches = new TreeMap<>((a, b) -> Integer.compare(a.number, b.number));
    private int busy;
    int operations;
    int failed;
    int commits;
    int kills;
    int cuts;

    private LiveWorld(Scheduler scheduler, Path top, SplittableRandom random, int mounts) throws IOException {
        this.scheduler = scheduler;
        this.random = random;
        this.internet = new SimulatedInternet(scheduler, random.nextLong());
        this.world = new World(scheduler, internet, top);
        for (int i = 0; i <= mounts; i++) {
            World.Host host = world.new Host(i, i == 0 ? null : world.hosts.get(0), random.split());
            host.sync = Sync.AUTO;
            world.hosts.add(host);
        }
    }

    /**
     * Runs a script in a world of its own, then sees that it comes to be quiet and whole.
     *
     * @param seed decides everything
     * @param directory where the disks are; removed again if all went well
     * @param log where to keep what happened, turn by turn; null for nowhere
     * @param mounts how many, 1 or more
     * @param script what happens
     */
    static Simulation.Figures run(long seed, Path directory, Path log, int mounts, Script script) throws Exception {
        World.deleteTree(directory);
        Files.createDirectories(directory);
        SeededRandom.seed(seed);
        SplittableRandom random = new SplittableRandom(seed);
        Scheduler scheduler = new Scheduler(random.nextLong());
        if (log != null) {
            scheduler.keepLog();
        }
        LiveWorld[] made = new LiveWorld[1];
        try {
            scheduler.run(() -> {
                try {
                    LiveWorld world = new LiveWorld(scheduler, directory, random, mounts);
                    made[0] = world;
                    script.play(world);
                    world.awaitUsers();
                    world.awaitQuiet();
                    world.check();
                    world.end();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        } finally {
            if (log != null) {
                Files.writeString(log, scheduler.log());
            }
        }
        World.deleteTree(directory);
        LiveWorld world = made[0];
        return new Simulation.Figures(
                seed,
                scheduler.trace(),
                scheduler.steps(),
                scheduler.virtualNanos() / 1_000_000,
                world.world.hosts.size(),
                world.operations,
                world.failed,
                world.commits,
                0,
                0,
                world.kills,
                world.cuts,
                0,
                scheduler.rescues());
    }

    World.Host share() {
        return world.hosts.get(0);
    }

    List<World.Host> hosts() {
        return world.hosts;
    }

    // ---- what users do

    /** Lets a user act beside the others. What may go wrong in a rough world ends the act; everything else ends the run. */
    void user(World.Host host, User user) {
        busy++;
        scheduler.spawn("user-" + host.log, host, () -> {
            try {
                user.act();
            } catch (IOException e) {
                throw new AssertionError(host.log + ": " + e, e);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            } finally {
                busy--;
            }
        });
    }

    void awaitUsers() {
        while (busy > 0) {
            scheduler.sleep(SECOND / 2);
        }
    }

    /**
     * Does something that may fail as things may in a rough world.
     *
     * @return whether it was done
     */
    boolean attempt(World.Host host, User operation) throws InterruptedException {
        int boot = host.boots;
        operations++;
        try {
            operation.act();
            return true;
        } catch (CorruptObjectException | ProtocolException e) {
            throw new AssertionError(host.log + ": " + e, e);
        } catch (IOException | java.util.concurrent.CancellationException e) {
            scheduler.note(host.log + " failed: " + e);
        } catch (IllegalStateException | NullPointerException e) {
            // Its node was taken from under it.
            if (host.boots == boot && host.isOpen()) {
                throw e;
            }
        }
        failed++;
        return false;
    }

    /** Starts the machine's node, if it does not run; a mount makes its first pull. */
    void open(World.Host host) throws IOException, InterruptedException {
        if (!host.isOpen()) {
            host.open();
        }
        if (!host.shares() && host.isOpen() && host.repository().base().isEmpty()) {
            host.mount.pull().await();
        }
        if (host.isOpen()) {
            host.forgetCommitted();
        }
    }

    void close(World.Host host) throws IOException {
        scheduler.note(host.log + " closes");
        host.close();
    }

    void edit(World.Host host) throws IOException {
        host.edit();
    }

    /** Commits what is there. */
    void commit(World.Host host) throws IOException {
        if (host.commit() != null) {
            commits++;
        }
    }

    /** Makes a branch of where the host is, and goes there. */
    void branch(World.Host host) throws IOException, InterruptedException {
        String name = host.log + "-" + branches.merge(host, 1, Integer::sum) + "-" + host.boots;
        host.repository().createBranch(name, "HEAD");
        checkout(host, name);
    }

    /** Goes to a branch. */
    void checkout(World.Host host, String name) throws IOException, InterruptedException {
        if (host.shares()) {
            host.repository().checkout(name, CheckoutOptions.defaults());
        } else {
            host.mount.checkout(name).await();
        }
    }

    /** Goes to one of the branches that there are. */
    void checkoutAny(World.Host host) throws IOException, InterruptedException {
        List<RefName> all = List.copyOf(host.repository().branches().keySet());
        checkout(host, all.get(host.random.nextInt(all.size())).shortName());
    }

    /** Nothing reaches the host any more, and nothing leaves it. */
    void offline(World.Host host) {
        cuts++;
        offline.add(host.number);
        scheduler.note(host.log + " is offline");
        cut();
    }

    void online(World.Host host) {
        offline.remove(host.number);
        scheduler.note(host.log + " is online");
        cut();
    }

    private void cut() {
        internet.healAll();
        for (int one : offline) {
            for (World.Host other : world.hosts) {
                internet.cut(one, other.number);
                internet.cut(other.number, one);
            }
        }
    }

    /** The power fails; {@link #open} boots it again. */
    void kill(World.Host host) throws IOException {
        kills++;
        host.crash();
    }

    // ---- and what has to come of it

    /**
     * Heals everything, lets every user commit what is there, and waits until all are in step and the same.
     *
     * @throws AssertionError if that does not come to be
     */
    void awaitQuiet() throws IOException, InterruptedException {
        scheduler.note("everything heals");
        offline.clear();
        cut();
        for (World.Host host : world.hosts) {
            host.setDiskFull(false);
        }
        String last = "";
        for (int second = 0; second < QUIET_SECONDS_MAX; second++) {
            String now = "";
            for (World.Host host : world.hosts) {
                attempt(host, () -> open(host));
                attempt(host, () -> clean(host));
                now += host.isOpen() ? unrest(host) : host.log + " is not open; ";
            }
            if (now.isEmpty()) {
                return;
            }
            last = now;
            scheduler.sleep(SECOND);
        }
        throw new AssertionError("it does not come to be quiet: " + last);
    }

    /** What its user would do to end up with nothing uncommitted. */
    private void clean(World.Host host) throws IOException {
        if (!host.isOpen()) {
            return;
        }
        Repository repository = host.repository();
        Status status = repository.status();
        if (status.unfinished().isPresent()) {
            repository.follow(CheckoutOptions.defaults());
        } else if (!status.clean()) {
            try {
                commit(host);
            } catch (BranchMovedException e) {
                setAside(host);
            }
        }
    }

    /** What the branch has another version of. */
    private void setAside(World.Host host) throws IOException {
        try {
            host.repository().follow(CheckoutOptions.defaults());
        } catch (LocalChangesException e) {
            host.setAside(e.paths());
        }
    }

    private String unrest(World.Host host) throws IOException {
        StringBuilder said = new StringBuilder();
        Repository repository = host.repository();
        Status status = repository.status();
        if (!status.clean()
                || !status.base().equals(status.tip())
                || status.unfinished().isPresent()) {
            said.append(host.log).append("'s tree: ").append(status).append("; ");
        }
        if (!host.shares() && !host.mount.syncState().inStep()) {
            said.append(host.log).append(": ").append(host.mount.syncState()).append("; ");
        }
        if (share().isOpen()
                && !repository.branches().equals(share().repository().branches())) {
            said.append(host.log).append(" has other branches; ");
        }
        return said.toString();
    }

    /** Sees that nothing that was acknowledged is lost, and that everything is whole. */
    void check() throws IOException {
        for (World.Host host : world.hosts) {
            Repository repository = host.repository();
            FsckReport report = repository.fsck(done -> {});
            if (!report.clean()) {
                throw new AssertionError(host.log + ": fsck found " + report);
            }
            for (World.Host author : world.hosts) {
                for (ObjectId commit : author.kept) {
                    boolean there = false;
                    for (ObjectId tip : repository.branches().values()) {
                        there |= repository.isAncestor(commit, tip);
                    }
                    if (!there) {
                        throw new AssertionError(
                                host.log + ": " + commit.abbreviated() + " of " + author.log + " is gone");
                    }
                }
            }
            for (Map.Entry<String, byte[]> one : host.dirty.entrySet()) {
                boolean[] found = new boolean[1];
                World.walk(host.tree(), (name, bytes) -> found[0] |= Arrays.equals(bytes, one.getValue()));
                if (!found[0]) {
                    throw new AssertionError(host.log + ": what was written to " + one.getKey() + " is lost");
                }
            }
        }
    }

    private void end() throws IOException {
        for (World.Host host : world.hosts) {
            close(host);
        }
        world.awaitZombies();
        if (internet.openConnections() != 0 || internet.openEndpoints() != 0) {
            throw new AssertionError("left behind: " + internet.openConnections() + " connections, "
                    + internet.openEndpoints() + " endpoints");
        }
        internet.close();
        if (scheduler.threads() != 1) {
            throw new AssertionError("threads are left behind\n" + scheduler.describeThreads());
        }
    }

    // ---- a script

    /** Users who edit, commit, branch, go away and come back, while machines crash. */
    static Script everyday(int operationsEach) {
        return world -> {
            for (World.Host host : world.hosts()) {
                world.user(host, () -> {
                    world.scheduler.sleep(host.random.nextLong(host.shares() ? SECOND / 4 : 2 * SECOND));
                    for (int i = 0; i < operationsEach; i++) {
                        world.attempt(host, () -> world.everydayAct(host));
                        world.scheduler.sleep(host.random.nextLong(3 * SECOND));
                    }
                });
            }
        };
    }

    private void everydayAct(World.Host host) throws IOException, InterruptedException {
        if (!host.isOpen() || host.repository().base().isEmpty()) {
            open(host);
            return;
        }
        int dice = host.random.nextInt(100);
        if (dice < 50) {
            edit(host);
            commit(host);
        } else if (dice < 60) {
            edit(host);
        } else if (dice < 66) {
            branch(host);
        } else if (dice < 72) {
            checkoutAny(host);
        } else if (dice < 84) {
            offline(host);
            scheduler.sleep(host.random.nextLong(40 * SECOND));
            online(host);
        } else if (dice < 92) {
            kill(host);
        } else {
            close(host);
        }
    }
}
