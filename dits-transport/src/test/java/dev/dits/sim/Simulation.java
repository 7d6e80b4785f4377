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
final class Simulation extends SeedRun {
    /** Rounds in which everybody can be brought up to date. */
    private static final int ROUNDS_MAX = 40;

    Simulation(Start start) {
        super(start);
    }

    @Override
    void happen() throws IOException {
        int nodes = 2 + random.nextInt(4);
        int shares = nodes > 2 && random.nextInt(3) == 0 ? 2 : 1;
        for (int i = 0; i < nodes; i++) {
            World.Host sharer = i < shares ? null : world.hosts.get((i - shares) % shares);
            world.hosts.add(world.new Host(i, sharer, random.split()));
        }
        int operationsEach = 3 + random.nextInt(8);
        for (World.Host host : world.hosts) {
            beside("user-" + host.log, host, () -> use(host, operationsEach));
        }
        beside("nature", null, () -> disturb(random.split(), operationsEach));
        awaitUsers(operationsEach);
    }

    // ---- what users do

    private void use(World.Host host, int count) {
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
    }

    /** What may go wrong in a rough world is no finding; everything else is. */
    private boolean attempt(World.Host host, int boot, User operation) {
        figures.count("operations");
        long began = scheduler.virtualNanos();
        try {
            operation.act();
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
        figures.count("failed as they may");
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
                figures.count("commits");
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
            figures.count("transfers");
            host.kept.add(commit);
            scheduler.note(host.log + " pulled " + commit.abbreviated());
        }
    }

    private void push(World.Host host) throws IOException, InterruptedException {
        int boot = host.boots;
        ObjectId commit = host.mount.push().await().commit();
        if (boot == host.boots && commit != null) {
            figures.count("transfers");
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
            figures.count("revocations");
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

    private void disturb(SplittableRandom dice, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            scheduler.sleep(dice.nextLong(3 * SECOND));
            if (dice.nextBoolean()) {
                scheduler.yieldTurns(dice.nextInt(200));
            }
            World.Host host = world.hosts.get(dice.nextInt(world.hosts.size()));
            World.Host other = world.hosts.get(dice.nextInt(world.hosts.size()));
            switch (dice.nextInt(7)) {
                case 0, 1 -> {
                    figures.count("cuts");
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
                    figures.count("crashes");
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
    }

    // ---- and what has to come of it

    @Override
    void settle() throws IOException, InterruptedException {
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
            if (host.mount == null || host.mount.path().kind() == dev.dits.PeerPath.Kind.NONE) {
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

    @Override
    void check() throws IOException {
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
}
