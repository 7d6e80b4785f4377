package dev.dits;

import dev.dits.error.BranchMovedException;
import dev.dits.error.DitsException;
import dev.dits.error.LocalChangesException;
import dev.dits.object.DirectoryRef;
import dev.dits.object.FileEntry;
import dev.dits.object.ObjectId;
import dev.dits.object.TreeDiff;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.CommitResult;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One process of a {@link Chaos}, made to be killed: {@code ROLE NAME WORKSPACE SEED}. It does its role's work over and over, says on
 * its output what it was promised, and stops between two pieces of work when its input says so.
 *
 * <p>Output: {@code ready}; {@code ack ID DIGEST} once a commit returned, with what the role's own directory held; {@code pushed ID};
 * {@code did WHAT}; {@code fail WHAT EXCEPTION: MESSAGE}; {@code paused}; {@code settled ID}.
 */
final class ChaosChild {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int FILES_MAX = 40;

    /** Where a role moves what is in the way of a checkout that must not be given up. */
    static final String MOVED_AWAY = "open-moved";

    private final String name;
    private final Path workspace;
    private final Random random;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private String order = "go";

    private ChaosChild(String name, Path workspace, long seed) {
        this.name = name;
        this.workspace = workspace;
        this.random = new Random(seed);
    }

    static Process start(String role, String name, Path workspace, long seed) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"));
        if (Runtime.version().feature() >= 24) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        // For long runs, an archive of loaded classes say, which halves the time to start.
        String more = System.getProperty("dits.chaos.java", "");
        command.addAll(more.isEmpty() ? List.of() : List.of(more.split(" ")));
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                ChaosChild.class.getName(),
                role,
                name,
                workspace.toString(),
                Long.toString(seed)));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        workspace.resolve(name + ".err").toFile()))
                .start();
    }

    public static void main(String[] arguments) throws Exception {
        ChaosChild child = new ChaosChild(arguments[1], Path.of(arguments[2]), Long.parseLong(arguments[3]));
        Thread orders = new Thread(child::listen, "orders");
        orders.setDaemon(true);
        orders.start();
        switch (arguments[0]) {
            case "share" -> child.share();
            case "commit" -> child.committer();
            case "gc" -> child.collector(child.project());
            case "mount" -> child.mounts(true);
            case "pull" -> child.mounts(false);
            case "mountgc" -> child.collector(child.mount());
            case "once" -> child.once();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private Path project() {
        return workspace.resolve("project");
    }

    /** Of several processes at one mount, the first letters of their names are the mount's. */
    private String mountName() {
        return name.substring(0, 2);
    }

    private Path mount() {
        return workspace.resolve("mount-" + mountName());
    }

    // ---- orders

    private void listen() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lock.lock();
                try {
                    order = line;
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        } catch (IOException e) {
            e.printStackTrace();
        }
        Runtime.getRuntime().halt(3); // whoever started it is gone
    }

    private interface Settle {
        ObjectId settle() throws Exception;
    }

    /** Between two pieces of work. Who can not settle where it is now goes on and comes back. */
    private void obey(@Nullable Settle settle) throws Exception {
        lock.lock();
        try {
            String said = "";
            while (!order.equals("go")) {
                if (!order.equals(said)) {
                    said = order;
                    if (said.equals("pause")) {
                        say("paused");
                    } else if (said.equals("settle")) {
                        if (settle == null) {
                            return;
                        }
                        say("settled " + settle.settle());
                    }
                    continue;
                }
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private static void say(String line) {
        synchronized (System.out) {
            System.out.print(line + "\n");
            System.out.flush();
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    /** Runs a piece of work; what it throws is for the harness to judge. */
    private boolean attempt(String what, Work work) {
        try {
            work.run();
            say("did " + what);
            return true;
        } catch (Throwable e) {
            say("fail " + what + " " + e.getClass().getSimpleName() + ": "
                    + String.valueOf(e.getMessage()).replace('\n', ' '));
            if (!(e instanceof DitsException)) {
                e.printStackTrace();
            }
            return false;
        }
    }

    private void idle(int millisMax) throws InterruptedException {
        Thread.sleep(random.nextInt(millisMax)); // gives the others their turn; nothing waits for it
    }

    // ---- roles

    private static RepositoryOptions options() {
        return RepositoryOptions.defaults()
                .withLockTimeout(Duration.ofSeconds(30))
                .withAuthor("chaos");
    }

    private void share() throws Exception {
        int port = Integer.parseInt(
                Files.readString(workspace.resolve("port-" + name)).strip());
        try (Dits dits = Dits.open(NodeMain.options(workspace.resolve("home-" + name)));
                Share share = dits.share(
                        project(),
                        ShareOptions.defaults()
                                .withBindAddress(InetAddress.getLoopbackAddress())
                                .withPort(port))) {
            ChaosContent.replace(
                    workspace.resolve("target"),
                    workspace.resolve("scratch-" + name),
                    (share.joinCode() + "@127.0.0.1:" + port).getBytes(StandardCharsets.UTF_8));
            say("ready");
            while (true) {
                obey(() -> share.repository().head().orElseThrow());
                Thread.sleep(10); // sharing is other threads' work
            }
        }
    }

    /** Everything once, in one process that ends by itself: for an archive of its classes. */
    private void once() throws Exception {
        Repository.init(project(), options()).close();
        edit(project().resolve(name));
        try (Dits dits = Dits.open(NodeMain.options(workspace.resolve("home-" + name)));
                Repository repository = Repository.open(project(), options())) {
            commit(repository);
            repository.gc();
            try (Share share = dits.share(
                            project(), ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()));
                    Mount mount = dits.mount(
                            share.joinCode() + "@127.0.0.1:" + share.address().getPort(), mount())) {
                mount.pull().await(PATIENCE);
                edit(mount.root().resolve(name));
                write(mount);
                say("did " + mount.repository().status().clean());
            }
        }
    }

    private void collector(Path directory) throws Exception {
        say("ready");
        while (true) {
            obey(() -> ObjectId.ofWords(0, 0, 0, 0));
            if (Files.isDirectory(directory.resolve(Repository.DIRECTORY))) {
                attempt("gc", () -> {
                    try (Repository repository = Repository.open(directory, options())) {
                        repository.gc();
                    }
                });
            }
            idle(400);
        }
    }

    private void committer() throws Exception {
        say("ready");
        Repository[] open = {Repository.open(project(), options())};
        while (true) {
            obey(() -> open[0].head().orElseThrow());
            if (random.nextInt(10) == 0) {
                open[0].close();
                open[0] = Repository.open(project(), options());
            }
            edit(project().resolve(name));
            if (!attempt("commit", () -> commit(open[0]))) {
                attempt("checkout", () -> bringIn(open[0]));
            }
            idle(150);
        }
    }

    /** Commits, and says what was promised by that. */
    private void commit(Repository repository) throws IOException {
        String digest = ChaosContent.digest(ChaosContent.read(repository.root().resolve(name)));
        Optional<CommitResult> result = repository.commit("by " + name, name, CommitProgress.NONE);
        result.ifPresent(commit -> say("ack " + commit.id() + " " + digest));
    }

    /** What the errors of a commit say is to be done. */
    private void bringIn(Repository repository) throws IOException {
        String branch = repository.currentBranch().orElseThrow().shortName();
        try {
            repository.checkout(branch, CheckoutOptions.defaults());
        } catch (LocalChangesException e) {
            giveWay(repository);
            repository.checkout(branch, CheckoutOptions.defaults());
        }
    }

    /** What is in the way of a checkout: the role's own changes are given up, a stranger's files are moved aside. */
    private void giveWay(Repository repository) throws IOException {
        putBack(repository, name, scratch());
        moveAway(repository, scratch(), random);
    }

    /** Moves a stranger's files to a place of their own, and puts back what the working tree's base has: their absence would be a change too. */
    static void moveAway(Repository repository, Path scratch, Random random) throws IOException {
        Path open = repository.root().resolve("open");
        for (String file : ChaosContent.read(open).keySet()) {
            Path to = repository.root().resolve(MOVED_AWAY + "/" + Long.toHexString(random.nextLong()));
            Files.createDirectories(to.getParent());
            Files.move(open.resolve(file), to);
        }
        putBack(repository, "open", scratch);
    }

    /** A directory becomes what the working tree's base has; the stranger's only where he has not written again meanwhile. */
    private static void putBack(Repository repository, String directory, Path scratch) throws IOException {
        boolean ours = !directory.equals("open");
        Path own = repository.root().resolve(directory);
        DirectoryRef tree =
                repository.readCommit(repository.base().orElseThrow()).tree();
        SortedMap<String, Long> is = ChaosContent.read(own);
        TreeDiff all = new TreeDiff(repository.objects(), null, tree, TreeDiff.Options.ALL);
        for (TreeDiff.Change change = all.next(); change != null; change = all.next()) {
            String path = change.path().display();
            if (change.after() instanceof FileEntry file && path.startsWith(directory + "/")) {
                is.remove(path.substring(directory.length() + 1));
                Path to = repository.root().resolve(path);
                byte[] bytes = ChaosContent.bytes(repository.objects(), file);
                boolean there = Files.exists(to);
                if (!there && !ours) {
                    Files.createDirectories(scratch);
                    Path made = Files.write(scratch.resolve("new"), bytes);
                    try {
                        Files.createDirectories(own);
                        Files.createLink(to, made);
                    } catch (FileAlreadyExistsException e) {
                        say("did meet");
                    }
                    Files.delete(made);
                } else if (ours && !(there && Arrays.equals(bytes, Files.readAllBytes(to)))) {
                    ChaosContent.replace(to, scratch, bytes);
                }
            }
        }
        for (String extra : ours ? is.keySet() : Set.<String>of()) {
            Files.delete(own.resolve(extra));
        }
    }

    private Path scratch() {
        return workspace.resolve("scratch-" + name);
    }

    private int size() {
        int kind = random.nextInt(200);
        return kind == 0 ? 1_500_000 : kind < 10 ? random.nextInt(150_000) : random.nextInt(4_000);
    }

    /** Some files of the role's own directory appear, change, move or go. */
    private void edit(Path own) throws IOException {
        List<String> files = new ArrayList<>(ChaosContent.read(own).keySet());
        for (int edits = 1 + random.nextInt(6); edits > 0; edits--) {
            int kind = random.nextInt(10);
            if (files.size() >= FILES_MAX || (kind < 2 && files.size() > 3)) {
                Files.delete(own.resolve(files.remove(random.nextInt(files.size()))));
            } else if (kind < 3 && !files.isEmpty()) {
                Path from = own.resolve(files.remove(random.nextInt(files.size())));
                String to = "moved/" + Long.toHexString(random.nextLong());
                Files.createDirectories(own.resolve("moved"));
                Files.move(from, own.resolve(to));
                files.add(to);
            } else {
                String file = kind < 6 && !files.isEmpty()
                        ? files.get(random.nextInt(files.size()))
                        : (char) ('a' + random.nextInt(4)) + "/" + random.nextInt(1_000);
                ChaosContent.replace(own.resolve(file), scratch(), ChaosContent.make(random.nextLong(), size()));
                if (!files.contains(file)) {
                    files.add(file);
                }
            }
        }
    }

    private void mounts(boolean writes) throws Exception {
        say("ready");
        while (!Files.exists(workspace.resolve("target"))) {
            obey(null);
            idle(500); // nothing is shared yet
        }
        while (true) {
            boolean joined = attempt("mount", () -> {
                try (Dits dits = Dits.open(NodeMain.options(workspace.resolve("home-" + mountName())));
                        Mount mount = open(dits)) {
                    say("did join");
                    for (int left = 5 + random.nextInt(30); left > 0; left--) {
                        obey(() -> settle(mount));
                        if (!once(mount, writes)) {
                            return;
                        }
                    }
                }
            });
            obey(null);
            if (!joined) {
                idle(500);
            }
        }
    }

    private Mount open(Dits dits) throws IOException, InterruptedException {
        MountOptions options = MountOptions.defaults().withSync(Sync.MANUAL).withTimeout(Duration.ofSeconds(5));
        if (Files.exists(mount().resolve(".dits/remotes/origin.session"))) {
            try {
                return dits.open(mount(), options);
            } catch (DitsException e) {
                say("fail open " + e.getClass().getSimpleName() + ": " + e.getMessage());
            }
        }
        return dits.mount(Files.readString(workspace.resolve("target")), mount(), options);
    }

    /** A pull, and sometimes more; false where a new session is worth a try. */
    private boolean once(Mount mount, boolean writes) throws InterruptedException {
        boolean pulled = attempt("pull", () -> mount.pull().await(PATIENCE));
        if (!writes) {
            return pulled;
        }
        if (!pulled || random.nextInt(3) == 0) {
            attempt("write", () -> {
                if (pulled) {
                    edit(mount.root().resolve(name));
                }
                write(mount);
            });
        }
        idle(200);
        return mount.path().isDirect();
    }

    /** Commits what is in the tree and pushes it; what the share does not continue is kept under another name. */
    private void write(Mount mount) throws Exception {
        Repository repository = mount.repository();
        if (repository.head().isEmpty()) {
            return; // the first pull is still to come
        }
        if (repository.unfinished().isPresent()) {
            bringIn(mount);
        }
        try {
            commit(repository);
        } catch (BranchMovedException e) {
            bringIn(mount);
            return;
        }
        try {
            ObjectId pushed = mount.push().await(PATIENCE).commit();
            say("pushed " + pushed);
        } catch (BranchMovedException e) {
            say("did diverge");
            try {
                mount.pull().await(PATIENCE);
            } catch (BranchMovedException diverged) {
                keepAside(mount);
            }
        }
    }

    private void bringIn(Mount mount) throws Exception {
        try {
            mount.pull().await(PATIENCE);
        } catch (LocalChangesException e) {
            giveWay(mount.repository());
            mount.pull().await(PATIENCE);
        }
    }

    private void keepAside(Mount mount) throws Exception {
        Repository repository = mount.repository();
        RefName branch = repository.currentBranch().orElseThrow();
        ObjectId mine = repository.ref(branch).orElseThrow();
        RefName kept = RefName.branch("kept-" + mine.abbreviated());
        if (repository.ref(kept).isEmpty()) {
            repository.createBranch(kept.shortName(), mine.toString());
        }
        repository.updateRef(branch, mine, shareTip(repository));
        bringIn(mount);
    }

    /** Until the mount is where the share is and nothing is left to say. */
    private ObjectId settle(Mount mount) throws Exception {
        for (int tries = 1; ; tries++) {
            boolean last = tries == 10;
            try {
                if (mount.repository().head().isPresent()
                        && !mount.repository().status().clean()) {
                    write(mount);
                }
                ObjectId at = mount.pull().await(PATIENCE).commit();
                if (mount.repository().status().clean()
                        && mount.repository().base().equals(Optional.of(at))
                        && shareTip(mount.repository()).equals(at)) {
                    return at;
                }
                say("did settle-again");
                mount.push().await(PATIENCE);
            } catch (BranchMovedException e) {
                if (last) {
                    throw e;
                }
                keepAside(mount);
            } catch (DitsException e) {
                say("fail settle " + e.getClass().getSimpleName() + ": " + e.getMessage());
                if (last) {
                    throw e;
                }
                write(mount);
            }
        }
    }

    private static ObjectId shareTip(Repository repository) throws IOException {
        String branch = repository.currentBranch().orElseThrow().shortName();
        return repository.ref(RefName.remote("origin", branch)).orElseThrow();
    }
}
