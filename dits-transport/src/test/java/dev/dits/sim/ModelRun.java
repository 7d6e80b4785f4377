package dev.dits.sim;

import dev.dits.Peer;
import dev.dits.Sync;
import dev.dits.SyncState;
import dev.dits.error.BranchMovedException;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.LocalChangesException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.error.ProtocolException;
import dev.dits.object.Commit;
import dev.dits.object.ObjectId;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.CommitResult;
import dev.dits.repo.FsckReport;
import dev.dits.repo.MergeOptions;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.Status;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;

/**
 * One seed: a share and three mounts, most of them kept in step by themselves, held against a {@link Model}. Their users edit, delete, rename, commit,
 * branch, merge, push, pull, go offline and come back, are revoked and let in again, while machines crash between any two file operations. At any time what a
 * user has written and not committed has to be there; and when all that ends, everybody has to come to have the same, with everything in it that was ever committed.
 */
final class ModelRun extends SeedRun {
    /** Longer than any back-off and time-out together: who is not in step by then never is. */
    private static final int QUIET_SECONDS_MAX = 15 * 60;

    private static final long DAY_MILLIS = 86_400_000L;
    private static final int MOUNTS = 3;

    /** Few, so that users meet in them. */
    private static final int NAMES = 3;

    private final Model model = new Model();
    private final Set<Integer> offline = new HashSet<>();

    /** The last attempt to commit of those who did not live to see its end. */
    private final Map<Integer, String> unsure = new TreeMap<>();

    private int branchNumber;
    private int names;

    ModelRun(Start start) {
        super(start);
    }

    private World.Host share() {
        return world.hosts.get(0);
    }

    @Override
    void happen() {
        try {
            for (int i = 0; i <= MOUNTS; i++) {
                World.Host host = world.new Host(i, i == 0 ? null : share(), random.split());
                host.sync = random.nextInt(3) == 0 ? Sync.MANUAL : Sync.AUTO;
                world.hosts.add(host);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        share().signaturesRequired = random.nextInt(4) != 0;
        world.hosts.get(MOUNTS).readOnly = random.nextInt(4) == 0;
        if (random.nextInt(3) == 0) {
            World.Host late = world.hosts.get(random.nextInt(MOUNTS + 1));
            late.setClockOffset(random.nextBoolean() ? DAY_MILLIS : -DAY_MILLIS);
        }
        int operationsEach = Integer.getInteger("dits.sim.operations", 4 + random.nextInt(10));
        for (World.Host host : world.hosts) {
            beside("user-" + host.log, host, () -> use(host, operationsEach));
        }
        awaitUsers(operationsEach);
    }

    // ---- what users do

    private void use(World.Host host, int count) throws IOException, InterruptedException {
        scheduler.sleep(host.random.nextLong(host.shares() ? SECOND / 4 : 2 * SECOND));
        for (int i = 0; i < count; i++) {
            checkUncommitted(host, true);
            attempt(host, () -> act(host));
            if (host.random.nextInt(3) != 0) {
                scheduler.sleep(host.random.nextLong(3 * SECOND));
            }
        }
    }

    /** What may go wrong in a rough world is no finding; everything else is. */
    private void attempt(World.Host host, User operation) throws InterruptedException {
        int boot = host.boots;
        long began = scheduler.virtualNanos();
        figures.count("operations");
        try {
            operation.act();
            return;
        } catch (CorruptObjectException | ProtocolException e) {
            throw new AssertionError(host.log + ": " + e, e);
        } catch (IOException | CancellationException e) {
            scheduler.note(host.log + " failed: " + e);
        } catch (RuntimeException e) {
            // Its node was taken from under it.
            if (host.boots == boot) {
                throw e;
            }
        } finally {
            if (scheduler.virtualNanos() - began > OPERATION_NANOS_MAX) {
                throw new AssertionError(
                        host.log + ": an operation took " + (scheduler.virtualNanos() - began) / SECOND + " s");
            }
        }
        figures.count("failed as they may");
    }

    private void open(World.Host host) throws IOException, InterruptedException {
        if (!host.isOpen()) {
            boolean joins = !host.barred;
            host.open();
            if (joins && host.isOpen()) {
                model.release(host);
            }
            if (host.readOnly) {
                model.confine(host);
            }
        }
        if (host.isOpen() && host.shares()) {
            model.first(host);
        }
        if (host.isOpen() && !host.shares() && host.repository().base().isEmpty()) {
            host.mount.pull().await();
        }
        learn(host);
    }

    private void act(World.Host host) throws IOException, InterruptedException {
        if (!host.isOpen() || host.repository().base().isEmpty()) {
            open(host);
            return;
        }
        learn(host);
        int dice = host.random.nextInt(100);
        if (dice < 24) {
            change(host);
            commit(host);
        } else if (dice < 42) {
            change(host);
        } else if (dice < 50) {
            commit(host);
        } else if (dice < 55) {
            branch(host);
        } else if (dice < 60) {
            checkout(host, anyBranch(host));
        } else if (dice < 66) {
            merge(host, RefName.branch(anyBranch(host)));
        } else if (dice < 74) {
            if (host.shares()) {
                admit(host);
            } else {
                transfer(host);
            }
        } else if (dice < 81) {
            offline(host);
        } else if (dice < 86) {
            figures.count("crashes");
            host.crash();
        } else if (dice < 90) {
            figures.count("crashes");
            host.crashAfter(1 + host.random.nextInt(400));
        } else if (dice < 94) {
            close(host);
        } else if (dice < 96) {
            host.repository().gc();
        } else if (dice < 98) {
            fsck(host);
        } else {
            host.repository().status();
        }
    }

    /** Changes files by hand, one or a few. */
    private void change(World.Host host) throws IOException {
        changeFiles(host);
        if (host.repository().unfinished().isPresent()) {
            // Whoever finishes a checkout can not tell what was deleted by hand from what it had deleted itself.
            host.gone.clear();
        }
    }

    private void changeFiles(World.Host host) throws IOException {
        for (int i = host.random.nextInt(4) == 0 ? 3 : 1; i > 0; i--) {
            List<String> there = new ArrayList<>(World.files(host.tree()).keySet());
            String one = there.isEmpty() ? "" : there.get(host.random.nextInt(there.size()));
            int dice = there.isEmpty() ? 0 : host.random.nextInt(20);
            if (dice < 7) {
                String name = (host.random.nextBoolean() ? "d/" : "") + "f" + host.random.nextInt(NAMES);
                if (canBeFile(host, name)) {
                    host.edit(name);
                }
            } else if (dice < 11) {
                host.edit(one);
            } else if (dice < 14) {
                host.delete(one);
            } else if (dice < 18) {
                String name = (host.random.nextBoolean() ? "d/" : "") + "n" + names++;
                if (canBeFile(host, name)) {
                    host.rename(one, name);
                }
            } else if (dice < 19) {
                // A directory in the place of a file.
                host.delete(one);
                host.edit(one + "/f" + host.random.nextInt(NAMES));
            } else if (one.contains("/")) {
                // A file in the place of a directory.
                String directory = one.substring(0, one.indexOf('/'));
                for (String below : there) {
                    if (below.startsWith(directory + "/")) {
                        host.delete(below);
                    }
                }
                World.deleteTree(host.tree().resolve(directory));
                host.edit(directory);
            }
        }
    }

    private static boolean canBeFile(World.Host host, String name) {
        Path file = host.tree().resolve(name);
        return !Files.isDirectory(file) && (Files.isDirectory(file.getParent()) || !Files.exists(file.getParent()));
    }

    private void commit(World.Host host) throws IOException {
        Repository repository = host.repository();
        int boot = host.boots;
        host.dateDirectories();
        Map<String, ObjectId> deleted = new TreeMap<>(host.gone);
        deleted.keySet().removeIf(path -> Files.exists(host.tree().resolve(path)));
        String message = model.attempt(host);
        unsure.put(host.number, message);
        Optional<CommitResult> made = repository.commit(message, null, CommitProgress.NONE);
        if (boot != host.boots) {
            return;
        }
        if (made.isEmpty()) {
            unsure.remove(host.number);
            repository.base().ifPresent(base -> forget(host, base));
            return;
        }
        ObjectId id = made.get().id();
        host.kept.add(id);
        figures.count("commits");
        scheduler.note(host.log + " committed " + id.abbreviated() + ", " + message);
        Map<String, ObjectId> tree = model.tree(host, id);
        if (boot == host.boots) {
            deleted.forEach((path, content) -> {
                if (content.equals(tree.get(path))) {
                    throw new AssertionError(host.log + ": " + path + " was deleted, and is in the commit");
                }
            });
            acknowledged(host, id);
        }
    }

    /** What a commit has needs no watching any more. */
    private void acknowledged(World.Host host, ObjectId id) throws IOException {
        unsure.remove(host.number);
        host.gone.clear();
        host.replaced.clear();
        forget(host, id);
    }

    private void forget(World.Host host, ObjectId id) {
        try {
            Set<ObjectId> committed = new HashSet<>(model.tree(host, id).values());
            host.dirty.values().removeIf(bytes -> committed.contains(ObjectId.hash(bytes)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** A commit whose end nobody lived to see may be there all the same. */
    private void learn(World.Host host) throws IOException {
        String message = unsure.get(host.number);
        if (message == null || !host.isOpen()) {
            return;
        }
        int boot = host.boots;
        Map<ObjectId, Commit> history =
                model.history(host, host.repository().branches().values());
        for (Map.Entry<ObjectId, Commit> one : history.entrySet()) {
            if (one.getValue().message().equals(message) && boot == host.boots) {
                acknowledged(host, one.getKey());
                return;
            }
        }
    }

    private void branch(World.Host host) throws IOException, InterruptedException {
        String name = host.log + "-" + branchNumber++;
        host.repository().createBranch(name, "HEAD");
        scheduler.note(host.log + " made branch " + name);
        figures.count("branches");
        checkout(host, name);
    }

    private static String anyBranch(World.Host host) throws IOException {
        List<RefName> all = List.copyOf(host.repository().branches().keySet());
        return all.get(host.random.nextInt(all.size())).shortName();
    }

    private void checkout(World.Host host, String branch) throws IOException, InterruptedException {
        forgetWhatTheBaseLacksToo(host);
        if (host.shares()) {
            host.repository().checkout(branch, CheckoutOptions.defaults());
        } else {
            host.mount.checkout(branch).await();
        }
        scheduler.note(host.log + " is on " + branch);
    }

    /** What was deleted and is not in the tree's commit either is no change any more: another branch that has it may bring it. */
    private void forgetWhatTheBaseLacksToo(World.Host host) throws IOException {
        Optional<ObjectId> base =
                host.gone.isEmpty() ? Optional.empty() : host.repository().base();
        if (base.isPresent()) {
            Map<String, ObjectId> tree = model.tree(host, base.get());
            host.gone.entrySet().removeIf(one -> !one.getValue().equals(tree.get(one.getKey())));
        }
    }

    /** Brings something into the branch that is checked out; what its files contain need not be here. */
    private void merge(World.Host host, RefName theirs) throws IOException, InterruptedException {
        Repository repository = host.repository();
        Optional<RefName> branch = repository.currentBranch();
        Optional<ObjectId> commit = repository.ref(theirs);
        if (branch.isPresent() && commit.isPresent()) {
            repository.mergeInto(branch.get(), commit.get(), MergeOptions.defaults());
            figures.count("merges");
            scheduler.note(host.log + " merged " + theirs);
            checkout(host, branch.get().shortName());
        }
    }

    private void transfer(World.Host host) throws IOException, InterruptedException {
        int dice = host.random.nextInt(10);
        if (dice < 4) {
            pull(host);
        } else if (dice < 8) {
            push(host);
        } else {
            host.mount.sync().await();
        }
        figures.count("transfers");
    }

    private void pull(World.Host host) throws IOException, InterruptedException {
        try {
            host.mount.pull().await();
        } catch (BranchMovedException e) {
            Optional<RefName> branch = host.repository().currentBranch();
            if (branch.isPresent()) {
                merge(host, RefName.remote("origin", branch.get().shortName()));
            }
        }
    }

    private void push(World.Host host) throws IOException, InterruptedException {
        try {
            ObjectId pushed = host.mount.push().await().commit();
            Optional<RefName> branch = host.repository().currentBranch();
            if (host.readOnly
                    && branch.isPresent()
                    && !host.repository()
                            .ref(RefName.remote("origin", branch.get().shortName()))
                            .equals(Optional.of(pushed))) {
                throw new AssertionError(host.log + " may only read, and its push was taken");
            }
        } catch (PermissionDeniedException e) {
            figures.count("refusals");
            throw e;
        }
    }

    /** Nothing reaches the host for a while, and nothing leaves it; its user works on. */
    private void offline(World.Host host) throws IOException, InterruptedException {
        figures.count("times offline");
        offline.add(host.number);
        scheduler.note(host.log + " is offline");
        cut();
        for (int i = host.random.nextInt(3); i > 0; i--) {
            scheduler.sleep(host.random.nextLong(20 * SECOND));
            if (host.isOpen()) {
                change(host);
                attempt(host, () -> commit(host));
            }
        }
        scheduler.sleep(host.random.nextLong(20 * SECOND));
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

    /** The owner ends somebody's access, or gives it again to all who had it. */
    private void admit(World.Host host) throws IOException {
        if (host.random.nextInt(3) == 0) {
            world.hosts.forEach(one -> one.barred = false);
            return;
        }
        int boot = host.boots;
        List<Peer> peers = host.share.peers();
        if (peers.isEmpty()) {
            return;
        }
        String name = peers.get(host.random.nextInt(peers.size())).name();
        for (World.Host one : world.hosts) {
            if (name.equals("host" + one.number)) {
                one.barred = true;
                for (Peer peer : peers) {
                    if (peer.name().equals(name)) {
                        host.share.revoke(peer.id());
                    }
                }
                if (boot == host.boots && one.barred) {
                    model.confine(one);
                }
                figures.count("revocations");
                scheduler.note(host.log + " revoked " + name);
            }
        }
    }

    private void fsck(World.Host host) throws IOException {
        Repository repository = host.repository();
        int boot = host.boots;
        FsckReport report = repository.fsck(done -> {});
        if (!report.clean() && host.boots == boot && host.repository() == repository) {
            throw new AssertionError(host.log + ": fsck found " + report);
        }
    }

    // ---- what has to hold at any time

    /** Sees that what was written is there, and what was deleted is not, as far as that is in no commit. */
    private void checkUncommitted(World.Host host, boolean underWay) throws IOException {
        if (unsure.containsKey(host.number) && (!host.isOpen() || underWay)) {
            // Once it is committed the tree may have gone on.
            if (!host.isOpen()) {
                return;
            }
            int boot = host.boots;
            try {
                learn(host);
            } catch (IOException | RuntimeException e) {
                if (boot != host.boots || !host.isOpen()) {
                    return;
                }
                throw e;
            }
            if (boot != host.boots) {
                return;
            }
        }
        Map<String, byte[]> elsewhere = new TreeMap<>();
        for (Map.Entry<String, byte[]> one : host.dirty.entrySet()) {
            Path file = host.tree().resolve(one.getKey());
            if (!Files.isRegularFile(file) || !java.util.Arrays.equals(Files.readAllBytes(file), one.getValue())) {
                elsewhere.put(one.getKey(), one.getValue());
            }
        }
        if (!elsewhere.isEmpty()) {
            Map<ObjectId, String> found = new HashMap<>();
            World.walk(host.tree(), (name, bytes) -> found.put(ObjectId.hash(bytes), name));
            for (Map.Entry<String, byte[]> one : elsewhere.entrySet()) {
                String copy = found.get(ObjectId.hash(one.getValue()));
                if (copy != null) {
                    host.dirty.remove(one.getKey());
                    host.dirty.put(copy, one.getValue());
                    scheduler.note(host.log + ": " + one.getKey() + " is " + copy + " now");
                } else if (!underWay || !isSetAside(host, one.getValue())) {
                    throw new AssertionError(host.log + ": what was written to " + one.getKey() + " is lost");
                }
            }
        }
        for (Map.Entry<String, ObjectId> one : host.gone.entrySet()) {
            Path file = host.tree().resolve(one.getKey());
            if (Files.isRegularFile(file)
                    && ObjectId.hash(Files.readAllBytes(file)).equals(one.getValue())) {
                throw new AssertionError(host.log + ": " + one.getKey() + " was deleted, and came back");
            }
        }
    }

    /** Whether something is among what a checkout under way is about to look at again. */
    private static boolean isSetAside(World.Host host, byte[] bytes) throws IOException {
        try (DirectoryStream<Path> scratch = Files.newDirectoryStream(
                host.tree().resolve(Repository.DIRECTORY).resolve("tmp"))) {
            for (Path one : scratch) {
                if (Files.isRegularFile(one) && java.util.Arrays.equals(Files.readAllBytes(one), bytes)) {
                    return true;
                }
            }
        } catch (NoSuchFileException e) {
            return false;
        }
        return false;
    }

    // ---- and what has to come of it

    /** Who takes part in what everybody comes to have. */
    private boolean isOut(World.Host host) {
        return host.barred;
    }

    @Override
    void settle() throws IOException, InterruptedException {
        offline.clear();
        if (random.nextBoolean()) {
            world.hosts.forEach(one -> one.barred = false);
        }
        String last = "";
        Map<RefName, ObjectId> before = Map.of();
        for (int second = 0; second < QUIET_SECONDS_MAX; second++) {
            for (World.Host host : world.hosts) {
                host.crashAfter(0);
                checkUncommitted(host, true);
                attempt(host, () -> open(host));
                if (host.isOpen()) {
                    attempt(host, () -> clean(host));
                    attempt(host, () -> bring(host));
                }
            }
            StringBuilder now = new StringBuilder();
            for (World.Host host : world.hosts) {
                now.append(isOut(host) ? "" : unrest(host));
            }
            if (now.isEmpty()) {
                // Of those that have to be asked, one may have been behind another.
                Map<RefName, ObjectId> branches = share().repository().branches();
                if (branches.equals(before)) {
                    return;
                }
                before = branches;
            } else if (!last.contentEquals(now)) {
                last = now.toString();
                scheduler.note("not quiet: " + last);
            }
            scheduler.sleep(SECOND);
        }
        throw new AssertionError("it does not come to be quiet: " + last);
    }

    /** What its user would do to end up with nothing uncommitted. */
    private void clean(World.Host host) throws IOException, InterruptedException {
        learn(host);
        Repository repository = host.repository();
        Status status = repository.status();
        boolean lags = !status.base().equals(status.tip());
        boolean byItself = !isOut(host) && (host.shares() || host.sync == Sync.AUTO);
        try {
            if (status.unfinished().isPresent()) {
                if (byItself) {
                    host.setAside(
                            host.shares()
                                    ? host.share.lagging()
                                    : host.mount.syncState().lagging());
                } else {
                    checkout(host, status.branch().orElseThrow().shortName());
                }
            } else if (!status.clean()) {
                commit(host);
            } else if (lags && !byItself) {
                checkout(host, status.branch().orElseThrow().shortName());
            }
        } catch (LocalChangesException e) {
            host.setAside(e.paths());
        }
    }

    /** Who is not kept in step, or whose session has ended, has to do something for it. */
    private void bring(World.Host host) throws IOException, InterruptedException {
        if (host.shares() || isOut(host) || !host.isOpen()) {
            return;
        }
        if (host.mount.ended().isPresent()) {
            close(host);
            open(host);
        }
        if (host.sync == Sync.MANUAL && host.isOpen()) {
            host.mount.sync().await();
        }
    }

    private String unrest(World.Host host) throws IOException {
        if (!host.isOpen()) {
            return host.log + " is not open; ";
        }
        StringBuilder said = new StringBuilder();
        Repository repository = host.repository();
        Status status = repository.status();
        if (!status.clean()
                || !status.base().equals(status.tip())
                || status.unfinished().isPresent()) {
            said.append(host.log).append("'s tree: ").append(status).append("; ");
        }
        if (host.shares()) {
            return said.toString();
        }
        SyncState state = host.mount.syncState();
        boolean settled = host.readOnly
                ? !state.behind()
                        && state.problems().isEmpty()
                        && state.lagging().isEmpty()
                : host.sync == Sync.MANUAL || state.inStep();
        if (!settled) {
            said.append(host.log).append(": ").append(state).append("; ");
        }
        if (!share().isOpen()) {
            return said.append("the share is not open").toString();
        }
        Map<RefName, ObjectId> there = share().repository().branches();
        Map<RefName, ObjectId> here = repository.branches();
        if (!host.readOnly && !here.equals(there)) {
            said.append(host.log).append(" has other branches; ");
        }
        for (Map.Entry<RefName, ObjectId> branch : there.entrySet()) {
            ObjectId mine = here.get(branch.getKey());
            if (mine == null || !(mine.equals(branch.getValue()) || repository.isAncestor(branch.getValue(), mine))) {
                said.append(host.log).append(" lacks ").append(branch.getKey()).append("; ");
            }
        }
        return said.toString();
    }

    @Override
    void check() throws IOException {
        for (World.Host host : world.hosts) {
            if (!host.isOpen()) {
                continue; // it was not let in again
            }
            Repository repository = host.repository();
            FsckReport report = repository.fsck(done -> {});
            if (!report.clean()) {
                throw new AssertionError(host.log + ": fsck found " + report);
            }
            checkUncommitted(host, false);
            model.checkNothingLost(host);
            boolean alone = isOut(host) || host.readOnly;
            Set<ObjectId> history =
                    model.history(host, repository.branches().values()).keySet();
            for (World.Host author : world.hosts) {
                if (author != host && (alone || isOut(author) || author.readOnly)) {
                    continue;
                }
                for (ObjectId commit : author.kept) {
                    if (!history.contains(commit)) {
                        throw new AssertionError(
                                host.log + ": " + commit.abbreviated() + " of " + author.log + " is gone");
                    }
                }
            }
            if (!isOut(host)) {
                Map<String, ObjectId> files = new TreeMap<>();
                World.walk(host.tree(), (name, bytes) -> files.put(name, ObjectId.hash(bytes)));
                Map<String, ObjectId> committed =
                        model.tree(host, repository.head().orElseThrow());
                if (!files.equals(committed)) {
                    throw new AssertionError(host.log + ": the working tree has " + files.keySet() + ", its commit "
                            + committed.keySet());
                }
            }
        }
        model.checkConfined(share());
    }
}
