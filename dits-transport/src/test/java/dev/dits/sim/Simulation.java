package dev.dits.sim;

import dev.dits.Peer;
import dev.dits.Transfer;
import dev.dits.error.BranchMovedException;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.LocalChangesException;
import dev.dits.error.ProtocolException;
import dev.dits.error.SessionClosedException;
import dev.dits.object.ObjectId;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.FsckReport;
import dev.dits.repo.LogEntry;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;

/**
 * One seed: two to five whole nodes, one or two of them sharing, the others mounting. Their users edit, commit, pull, push,
 * close and open; meanwhile ways are cut, machines crash, disks are full, clocks jump, access is revoked. Then all of that
 * ends, everybody is brought up to date, and what was promised is looked for.
 */
final class Simulation {
    private static final long SECOND = 1_000_000_000L;
    private static final long MINUTE = 60 * SECOND;

    /** An operation that takes longer than every time-out in it together hangs. */
    private static final long OPERATION_NANOS_MAX = 15 * MINUTE;

    /** Rounds in which everybody can be brought up to date. */
    private static final int ROUNDS_MAX = 40;

    /** What one run did, in numbers. */
    record Figures(
            long seed,
            long trace,
            long steps,
            long virtualMillis,
            int nodes,
            int operations,
            int failed,
            int commits,
            int pushes,
            int pulls,
            int crashes,
            int cuts,
            int revocations,
            long rescues) {}

    private final long seed;
    private final SplittableRandom random;
    private final Scheduler scheduler;
    private final Path top;
    private SimulatedInternet internet;
    private World world;
    private int busy;
    private int operations;
    private int failed;
    private int commits;
    private int pushes;
    private int pulls;
    private int crashes;
    private int cuts;
    private int revocations;

    private Simulation(long seed, Path top, boolean keepLog) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.scheduler = new Scheduler(random.nextLong());
        this.top = top;
        if (keepLog) {
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
    static Figures run(long seed, Path directory, Path log) throws Exception {
        World.deleteTree(directory);
        Files.createDirectories(directory);
        SeededRandom.seed(seed);
        Simulation simulation = new Simulation(seed, directory, log != null);
        try {
            simulation.scheduler.run(() -> {
                try {
                    simulation.run();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        } finally {
            if (log != null) {
                Files.writeString(log, simulation.scheduler.log());
            }
        }
        World.deleteTree(directory);
        return simulation.figures();
    }

    private Figures figures() {
        return new Figures(
                seed,
                scheduler.trace(),
                scheduler.steps(),
                scheduler.virtualNanos() / 1_000_000,
                world.hosts.size(),
                operations,
                failed,
                commits,
                pushes,
                pulls,
                crashes,
                cuts,
                revocations,
                scheduler.rescues());
    }

    private void run() throws IOException, InterruptedException {
        internet = new SimulatedInternet(scheduler, random.nextLong());
        world = new World(scheduler, internet, top);
        int nodes = 2 + random.nextInt(4);
        int shares = nodes > 2 && random.nextInt(3) == 0 ? 2 : 1;
        for (int i = 0; i < nodes; i++) {
            World.Host sharer = i < shares ? null : world.hosts.get((i - shares) % shares);
            world.hosts.add(world.new Host(i, sharer, random.split()));
        }
        int operationsEach = 3 + random.nextInt(8);
        for (World.Host host : world.hosts) {
            busy++;
            scheduler.spawn("user-" + host.log, host, () -> use(host, operationsEach));
        }
        busy++;
        scheduler.spawn("nature", null, () -> disturb(random.split(), operationsEach));
        long began = scheduler.virtualNanos();
        while (busy > 0) {
            scheduler.sleep(SECOND / 2);
            if (scheduler.virtualNanos() - began > operationsEach * 4 * OPERATION_NANOS_MAX) {
                throw new AssertionError("an operation hangs\n" + scheduler.describeThreads());
            }
        }
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

    // ---- what users do

    private interface Operation {
        void run() throws IOException, InterruptedException;
    }

    private void use(World.Host host, int count) {
        try {
            scheduler.sleep(host.random.nextLong(host.shares() ? SECOND / 4 : 2 * SECOND));
            for (int i = 0; i < count; i++) {
                int boot = host.boots;
                if (host.isOpen()) {
                    attempt(host, boot, () -> act(host));
                } else {
                    attempt(host, boot, () -> open(host));
                }
                if (host.random.nextInt(3) == 0) {
                    scheduler.sleep(host.random.nextLong(4 * SECOND));
                }
            }
        } finally {
            busy--;
        }
    }

    /** What may go wrong in a rough world is no finding; everything else is. */
    private boolean attempt(World.Host host, int boot, Operation operation) {
        operations++;
        long began = scheduler.virtualNanos();
        try {
            operation.run();
            return true;
        } catch (CorruptObjectException | ProtocolException e) {
            throw new AssertionError(host.log + ": " + e, e);
        } catch (IOException | CancellationException e) {
            if (String.valueOf(e.getMessage()).startsWith("No space")
                    || String.valueOf(e.getMessage()).contains("the operation failed on the other side")) {
                throw new AssertionError(host.log + ": a failure that does not say what it is", e);
            }
            scheduler.note(host.log + " failed: " + e);
            if (e instanceof SessionClosedException
                    && !host.shares()
                    && host.boots == boot
                    && host.random.nextBoolean()) {
                again(host);
            }
        } catch (IllegalStateException e) {
            if (host.boots == boot) {
                throw e;
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            if (scheduler.virtualNanos() - began > OPERATION_NANOS_MAX) {
                throw new AssertionError(
                        host.log + ": an operation took " + (scheduler.virtualNanos() - began) / SECOND + " s");
            }
        }
        failed++;
        return false;
    }

    /** The user gives up on a session and opens the mount anew. */
    private void again(World.Host host) {
        try {
            close(host);
        } catch (IOException e) {
            scheduler.note(host.log + " does not close: " + e);
        }
    }

    private void open(World.Host host) throws IOException, InterruptedException {
        host.open();
        if (host.isOpen()) {
            host.forgetCommitted();
        }
    }

    private void act(World.Host host) throws IOException, InterruptedException {
        int dice = host.random.nextInt(100);
        Repository repository = host.repository();
        if (!host.shares() && repository.head().isEmpty() && host.random.nextInt(8) != 0) {
            pull(host);
            return;
        }
        if (dice < 30) {
            host.edit();
            commit(host);
        } else if (dice < 40) {
            host.edit();
        } else if (dice < 50) {
            commit(host);
        } else if (dice < (host.shares() ? 52 : 54)) {
            close(host);
        } else if (dice < 57) {
            repository.gc();
        } else if (dice < 60) {
            repository.status();
        } else if (dice < 62) {
            fsck(host, repository);
        } else if (host.shares()) {
            if (dice < 78) {
                repository.checkout(World.BRANCH, CheckoutOptions.defaults());
            } else if (dice < 90) {
                commit(host);
            } else {
                revoke(host);
            }
        } else if (dice < 78) {
            pull(host);
        } else if (dice < 82) {
            interfere(host, host.random.nextBoolean() ? host.mount.pull() : host.mount.push());
        } else if (dice < 97) {
            push(host);
        } else {
            resolve(host);
        }
    }

    private void close(World.Host host) throws IOException {
        scheduler.note(host.log + " closes");
        host.close();
        scheduler.note(host.log + " is closed");
    }

    private void fsck(World.Host host, Repository repository) throws IOException {
        int boot = host.boots;
        FsckReport report = repository.fsck(done -> {});
        if (!report.clean() && host.boots == boot && host.repository() == repository) {
            throw new AssertionError(host.log + ": fsck found " + report);
        }
    }

    private void commit(World.Host host) throws IOException {
        Repository repository = host.repository();
        Optional<ObjectId> before = repository.head();
        int boot = host.boots;
        try {
            if (host.commit() != null) {
                commits++;
            }
        } catch (IOException e) {
            if (!host.shares() && host.boots == boot && !repository.head().equals(before)) {
                throw new AssertionError(host.log + ": a commit failed, and yet the branch moved", e);
            }
            throw e;
        }
    }

    private void pull(World.Host host) throws IOException, InterruptedException {
        int boot = host.boots;
        ObjectId commit = host.mount.pull().await().commit();
        if (boot == host.boots) {
            pulls++;
            host.kept.add(commit);
            scheduler.note(host.log + " pulled " + commit.abbreviated());
        }
    }

    private void push(World.Host host) throws IOException, InterruptedException {
        int boot = host.boots;
        ObjectId commit = host.mount.push().await().commit();
        if (boot == host.boots && commit != null) {
            pushes++;
            host.sharer.kept.add(commit);
            scheduler.note(host.log + " pushed " + commit.abbreviated());
        }
    }

    /** The owner ends the access of somebody, who may come again with a new ticket. */
    private void revoke(World.Host host) throws IOException {
        List<Peer> peers = host.share.peers();
        if (!peers.isEmpty()) {
            Peer one = peers.get(host.random.nextInt(peers.size()));
            host.share.revoke(one.id());
            revocations++;
            scheduler.note(host.log + " revoked " + one.name());
        }
    }

    /** A transfer that its user pauses, or gives up. */
    private void interfere(World.Host host, Transfer transfer) throws IOException, InterruptedException {
        scheduler.sleep(host.random.nextLong(SECOND / 2));
        transfer.pause();
        scheduler.sleep(host.random.nextLong(SECOND));
        if (host.random.nextBoolean()) {
            transfer.cancel();
        } else {
            transfer.resume();
        }
        transfer.await();
    }

    /** Both sides went on: the user keeps his commits under another name, and goes back to where they parted. */
    private void resolve(World.Host host) throws IOException, InterruptedException {
        Repository repository = host.repository();
        RefName main = RefName.branch(World.BRANCH);
        Optional<ObjectId> mine = repository.ref(main);
        Optional<ObjectId> theirs = repository.ref(RefName.remote("origin", World.BRANCH));
        if (mine.isEmpty() || theirs.isEmpty() || repository.isAncestor(mine.get(), theirs.get())) {
            return;
        }
        if (repository.isAncestor(theirs.get(), mine.get()) || repository.base().isEmpty()) {
            return;
        }
        ObjectId parted = null; // nowhere: the mount's first commit was made before its first pull
        for (LogEntry entry : repository.log(World.BRANCH, 1_000)) {
            if (repository.isAncestor(entry.id(), theirs.get())) {
                parted = entry.id();
                break;
            }
        }
        repository.createBranch("aside" + host.asides++ + "-" + host.boots, World.BRANCH);
        repository.updateRef(main, mine.get(), parted);
        scheduler.note(host.log + " put aside " + mine.get().abbreviated());
    }

    // ---- what happens to them

    private void disturb(SplittableRandom dice, int count) {
        try {
            for (int i = 0; i < count; i++) {
                scheduler.sleep(dice.nextLong(3 * SECOND));
                if (dice.nextBoolean()) {
                    scheduler.yieldTurns(dice.nextInt(200));
                }
                World.Host host = world.hosts.get(dice.nextInt(world.hosts.size()));
                World.Host other = world.hosts.get(dice.nextInt(world.hosts.size()));
                switch (dice.nextInt(7)) {
                    case 0, 1 -> {
                        cuts++;
                        internet.cut(host.number, other.number);
                        if (dice.nextBoolean()) {
                            internet.cut(other.number, host.number);
                        }
                        scheduler.note("no way from " + host.log + " to " + other.log);
                        scheduler.sleep(dice.nextLong(dice.nextBoolean() ? 2 * SECOND : 50 * SECOND));
                        internet.healAll();
                        scheduler.note("all ways are open");
                    }
                    case 2, 3 -> {
                        crashes++;
                        host.crash();
                    }
                    case 4 -> {
                        host.setDiskFull(true);
                        scheduler.note(host.log + " has a full disk");
                        scheduler.sleep(dice.nextLong(5 * SECOND));
                        host.setDiskFull(false);
                    }
                    case 5 -> host.setClockOffset(dice.nextLong(7_200_000L) - 3_600_000L);
                    default -> scheduler.sleep(dice.nextLong(10 * SECOND));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            busy--;
        }
    }

    // ---- and what has to come of it

    private void settle() throws IOException, InterruptedException {
        for (World.Host host : world.hosts) {
            for (int i = 0; !host.isOpen(); i++) {
                int tries = i;
                try {
                    open(host);
                } catch (IOException e) {
                    scheduler.note(host.log + " does not open: " + e);
                    if (tries == ROUNDS_MAX) {
                        throw new AssertionError(host.log + " can not be opened", e);
                    }
                    scheduler.sleep(2 * SECOND);
                }
            }
        }
        for (World.Host host : world.hosts) {
            if (host.shares()) {
                clean(host);
            }
        }
        for (int round = 0; ; round++) {
            List<String> behind = new ArrayList<>();
            for (World.Host host : world.hosts) {
                if (!host.shares()) {
                    bring(host, behind);
                }
            }
            for (World.Host host : world.hosts) {
                if (host.shares()) {
                    clean(host);
                }
            }
            for (World.Host host : world.hosts) {
                Optional<ObjectId> there = host.sharer.repository().head();
                if (!host.isOpen() || !host.repository().head().equals(there)) {
                    behind.add(host.log + " is not where its share is");
                }
            }
            if (behind.isEmpty()) {
                return;
            }
            scheduler.note("not settled yet: " + behind);
            if (round == ROUNDS_MAX) {
                throw new AssertionError("it does not converge: " + behind);
            }
            scheduler.sleep(2 * SECOND);
        }
    }

    /** Everything in the working tree is committed, and the tree stands on the tip. */
    private void clean(World.Host host) throws IOException {
        Repository repository = host.repository();
        for (int tries = 0; ; tries++) {
            Status status = repository.status();
            boolean lags =
                    !status.base().equals(status.tip()) || status.unfinished().isPresent();
            if (status.clean() && !lags) {
                return;
            }
            if (tries == ROUNDS_MAX) {
                throw new AssertionError(host.log + " does not come clean: " + status);
            }
            try {
                if (lags) {
                    repository.checkout(World.BRANCH, CheckoutOptions.defaults());
                } else {
                    host.commit();
                }
            } catch (LocalChangesException e) {
                host.setAside(e.paths());
            } catch (BranchMovedException e) {
                scheduler.note(host.log + ": " + e.getMessage());
            }
        }
    }

    private void bring(World.Host host, List<String> behind) throws IOException, InterruptedException {
        try {
            if (!host.isOpen()) {
                open(host);
            }
            pull(host);
            clean(host);
            push(host);
            pull(host);
            return;
        } catch (LocalChangesException e) {
            host.setAside(e.paths());
            behind.add(host.log + ": " + e.getMessage());
        } catch (BranchMovedException e) {
            try {
                clean(host);
                resolve(host);
                pull(host);
            } catch (LocalChangesException inTheWay) {
                host.setAside(inTheWay.paths());
            } catch (BranchMovedException | SessionClosedException again) {
                scheduler.note(host.log + ": " + again);
            }
            behind.add(host.log + ": " + e.getMessage());
        } catch (CorruptObjectException | ProtocolException e) {
            throw new AssertionError(host.log + ": " + e, e);
        } catch (IOException e) {
            behind.add(host.log + ": " + e);
            if (host.mount == null || "not connected".equals(host.mount.path())) {
                // A session that has ended for good is opened anew, as its user would.
                close(host);
                try {
                    open(host);
                } catch (IOException again) {
                    behind.add(host.log + " does not open again: " + again);
                }
            }
        }
    }

    private void check() throws IOException {
        for (World.Host host : world.hosts) {
            Repository repository = host.repository();
            FsckReport report = repository.fsck(done -> {});
            if (!report.clean()) {
                throw new AssertionError(host.log + ": fsck found " + report);
            }
            Status status = repository.status();
            if (!status.clean()
                    || !status.base().equals(status.tip())
                    || status.unfinished().isPresent()) {
                throw new AssertionError(host.log + ": the working tree is not its commit: " + status);
            }
            for (ObjectId commit : host.kept) {
                boolean there = false;
                for (ObjectId tip : repository.branches().values()) {
                    there |= repository.isAncestor(commit, tip);
                }
                if (!there) {
                    throw new AssertionError(host.log + ": " + commit.abbreviated() + " was acknowledged and is gone");
                }
                if (host.shares()
                        && !repository.isAncestor(commit, repository.head().orElseThrow())) {
                    throw new AssertionError(host.log + ": " + commit.abbreviated() + " is not in the branch any more");
                }
            }
            Map<String, Integer> tree = World.files(host.tree());
            tree.keySet().removeIf(name -> name.contains(".mine"));
            for (Map.Entry<String, Integer> one : tree.entrySet()) {
                byte[] bytes = World.contentOf(host, status.tip().orElseThrow(), one.getKey());
                if (bytes == null || Arrays.hashCode(bytes) != one.getValue()) {
                    throw new AssertionError(host.log + ": " + one.getKey() + " is not as the commit has it");
                }
            }
            for (Map.Entry<ObjectId, Map<String, Integer>> one : host.trees.entrySet()) {
                for (Map.Entry<String, Integer> file : one.getValue().entrySet()) {
                    byte[] bytes = World.contentOf(host, one.getKey(), file.getKey());
                    if (bytes == null || Arrays.hashCode(bytes) != file.getValue()) {
                        throw new AssertionError(host.log + ": " + file.getKey() + " of "
                                + one.getKey().abbreviated() + " is not what was committed");
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
