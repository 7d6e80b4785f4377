package dev.dits;

import dev.dits.error.LocalChangesException;
import dev.dits.object.Commit;
import dev.dits.object.ObjectId;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.FsckReport;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.store.FileLocks;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Several processes at work on one shared repository and its mounts, some of them killed at random, and a judge that stops all now and then and looks whether everything that was promised holds.
 *
 * <p>Held to: a commit that returned is reachable and reads back as what the committer saw; a push that returned is on the share; no file of a working tree is
 * torn; what somebody else wrote into a working tree is there or in a commit; {@code fsck} is clean; temporary files stay few; nobody
 * holds a lock while all rest; mounts arrive where the share is; errors are of a kind that a repetition resolves.
 *
 * <p>As a program: {@code Chaos [directory=D] [seed=N] [seeds=N] [rounds=N] [kills=N] [pause=MILLISECONDS] [seconds=N] [roles=share,commit:2,gc,mount]}: for each of {@code seeds}
 * seeds so many {@code rounds} of {@code kills} kills or, without kills, of {@code seconds}, each followed by a look.
 */
final class Chaos implements AutoCloseable {
    private static final int TEMPORARY_MAX = 60;
    private static final int DESCRIPTORS_MAX = 400;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    /** Failures that are to be expected while others are killed or at work; each says itself what resolves it. */
    private static final Set<String> EXPECTED = Set.of(
            "BranchMovedException", "RepositoryBusyException", "LocalChangesException", "PeerUnreachableException");

    private static final Set<String> EXPECTED_OF_THE_KILLED = Set.of("SessionClosedException", "JoinRejectedException");

    private final Path workspace;
    private final long seed;
    private final Random random;
    private final boolean killing;
    private final Map<String, Child> children = new LinkedHashMap<>();
    private final Map<ObjectId, Ack> acknowledged = new ConcurrentHashMap<>();
    private final Set<ObjectId> pushed = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> counts = new ConcurrentHashMap<>();
    private final List<String> findings = new ArrayList<>();
    private final Map<Path, Map<String, Long>> strangers = new HashMap<>();
    private final Map<Path, Set<Long>> strangersCommitted = new HashMap<>();
    private final Map<Path, Set<ObjectId>> seen = new HashMap<>();
    private final Set<ObjectId> readBack = new HashSet<>();

    private record Ack(String by, String digest) {}

    Chaos(Path workspace, long seed, boolean killing, List<String> roles) throws IOException {
        this.workspace = workspace;
        this.seed = seed;
        this.random = new Random(seed);
        this.killing = killing;
        Files.createDirectories(workspace);
        try (Repository repository = Repository.init(project(), options())) {
            for (int i = 0; i < 30; i++) {
                ChaosContent.replace(
                        project().resolve("first/" + i), workspace.resolve("scratch"), ChaosContent.make(i, i * 1_000));
            }
            repository.commit("First", "chaos", CommitProgress.NONE);
        }
        Map<String, Integer> numbers = new HashMap<>();
        for (String role : roles) {
            String[] parts = role.split(":", -1);
            for (int i = parts.length > 1 ? Integer.parseInt(parts[1]) : 1; i > 0; i--) {
                int number = numbers.merge(parts[0], 1, Integer::sum);
                String name = switch (parts[0]) {
                    case "mount" -> "m" + number;
                    case "pull", "mountgc" -> "m1-" + parts[0] + number;
                    default -> parts[0] + number;
                };
                if (parts[0].equals("share")) {
                    Files.writeString(workspace.resolve("port-" + name), Integer.toString(freePort()));
                }
                children.put(name, new Child(parts[0], name));
            }
        }
    }

    private static int freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static RepositoryOptions options() {
        return RepositoryOptions.defaults().withLockTimeout(Duration.ofSeconds(30));
    }

    private Path project() {
        return workspace.resolve("project");
    }

    private List<Path> mounts() {
        return children.values().stream()
                .filter(child -> child.role.equals("mount"))
                .map(child -> workspace.resolve("mount-" + child.name))
                .filter(path -> Files.isRegularFile(path.resolve(".dits/config")))
                .toList();
    }

    private void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    private void finding(String text) {
        synchronized (findings) {
            findings.add("seed " + seed + ": " + text);
        }
        System.err.println("FINDING: seed " + seed + ": " + text);
    }

    List<String> findings() {
        synchronized (findings) {
            return List.copyOf(findings);
        }
    }

    Map<String, Integer> counts() {
        return new TreeMap<>(counts);
    }

    // ---- processes

    private final class Child {
        final String role;
        final String name;
        Process process;
        OutputStream orders;
        CountDownLatch ready = new CountDownLatch(1);
        CountDownLatch paused = new CountDownLatch(1);
        volatile String settled = "";
        CountDownLatch settling = new CountDownLatch(1);

        Child(String role, String name) {
            this.role = role;
            this.name = name;
        }

        boolean alive() {
            return process != null && process.isAlive();
        }

        void start() throws IOException {
            ready = new CountDownLatch(1);
            process = ChaosChild.start(role, name, workspace, random.nextLong());
            orders = process.getOutputStream();
            Process started = process;
            CountDownLatch latch = ready;
            Thread reader = new Thread(() -> read(started, latch), "reads " + name);
            reader.setDaemon(true);
            reader.start();
        }

        private void read(Process from, CountDownLatch latch) {
            try (BufferedReader in =
                    new BufferedReader(new InputStreamReader(from.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    Files.writeString(
                            workspace.resolve(name + ".out"),
                            line + "\n",
                            StandardOpenOption.CREATE,
                            StandardOpenOption.APPEND);
                    said(line, latch);
                }
            } catch (IOException e) {
                count("output cut");
            }
        }

        private void said(String line, CountDownLatch latch) {
            String[] words = line.split(" ", 3);
            switch (words[0]) {
                case "ready" -> latch.countDown();
                case "paused" -> paused.countDown();
                case "settled" -> {
                    settled = words[1];
                    settling.countDown();
                }
                case "ack" -> {
                    acknowledged.put(ObjectId.fromHex(words[1]), new Ack(name, words[2]));
                    count("commits");
                }
                case "pushed" -> {
                    if (pushed.add(ObjectId.fromHex(words[1]))) {
                        count("pushes");
                    }
                }
                case "did" -> count(role + " " + words[1]);
                case "fail" -> failed(words[1], words[2]);
                default -> finding(name + " said " + line);
            }
        }

        private void failed(String what, String failure) {
            String kind = failure.substring(0, Math.max(0, failure.indexOf(':')));
            count("failed " + what + " " + kind);
            boolean expected = EXPECTED.contains(kind)
                    || (killing && EXPECTED_OF_THE_KILLED.contains(kind))
                    || (kind.equals("DitsException") && failure.contains(" was interrupted; repeat it"));
            if (!expected) {
                finding(name + ": " + what + ": " + failure);
            }
        }

        void order(String text) throws IOException {
            paused = new CountDownLatch(1);
            settling = new CountDownLatch(1);
            try {
                orders.write((text + "\n").getBytes(StandardCharsets.UTF_8));
                orders.flush();
            } catch (IOException e) {
                if (alive()) {
                    throw e;
                }
            }
        }

        void kill() {
            if (process != null) {
                process.destroyForcibly().onExit().join();
            }
        }

        /** What its threads do, for whoever looks into it. */
        String stacks() throws IOException, InterruptedException {
            Process jstack = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "jstack")
                                    .toString(),
                            Long.toString(process.pid()))
                    .redirectErrorStream(true)
                    .start();
            Path file = workspace.resolve(name + ".stacks");
            Files.write(file, jstack.getInputStream().readAllBytes());
            jstack.waitFor();
            return "see " + file;
        }
    }

    /** Starts who is not there, and waits until they are. */
    private void startAll() throws IOException, InterruptedException {
        for (Child child : children.values()) {
            if (!child.alive()) {
                child.start();
            }
        }
        for (Child child : children.values()) {
            while (!child.ready.await(1, TimeUnit.SECONDS)) {
                if (!child.alive()) {
                    died(child);
                    child.start();
                }
            }
        }
    }

    /** A child that ended by itself. */
    private void died(Child child) throws IOException {
        String errors = Files.readString(workspace.resolve(child.name + ".err"));
        finding(child.name + " ended with " + child.process.exitValue() + ": "
                + errors.substring(Math.max(0, errors.length() - 1_500)));
    }

    /** Lets all work until an operation was done once, so that what comes next meets it at work; in vain, it is not counted. */
    void awaitFirst(String operation) throws IOException, InterruptedException {
        startAll();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!counts.containsKey(operation) && System.nanoTime() < end) {
            Thread.sleep(20);
        }
    }

    /** A round: so many kills at random moments, or so many seconds without. */
    void round(int kills, int pauseMillisMax, int seconds) throws IOException, InterruptedException {
        startAll();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        int left = kills;
        List<Child> all = List.copyOf(children.values());
        while (killing ? left > 0 : System.nanoTime() < end) {
            // The moments are drawn from the seed; what they meet is not.
            Thread.sleep(killing ? 30 + random.nextInt(pauseMillisMax) : 250);
            stranger();
            for (Child child : all) {
                if (!child.alive()) {
                    if (child.process != null && child.process.exitValue() != 137) {
                        died(child);
                    }
                    if (random.nextInt(3) > 0) {
                        child.start();
                    }
                }
            }
            if (!killing) {
                continue;
            }
            int victims = random.nextInt(12) == 0 ? all.size() : random.nextInt(5) == 0 ? 2 : 1;
            List<Child> order = new ArrayList<>(all);
            java.util.Collections.shuffle(order, random);
            for (Child victim : order.subList(0, Math.min(victims, order.size()))) {
                if (victim.alive() && left > 0) {
                    victim.kill();
                    count("kills");
                    count("kills of " + victim.role);
                    left--;
                }
            }
        }
        look();
    }

    // ---- somebody whom dits does not know, at work in the trees

    private void stranger() throws IOException {
        if (random.nextInt(3) > 0) {
            return;
        }
        // Not where a first pull is still to come: what is in its way there, nobody but the stranger can take away.
        List<Path> trees = new ArrayList<>();
        for (Path mount : mounts()) {
            if (Files.exists(mount.resolve(".dits/refs/heads/main"))) {
                trees.add(mount);
            }
        }
        trees.add(project());
        Path tree = trees.get(random.nextInt(trees.size()));
        String file = "open/" + random.nextInt(6);
        long content = random.nextLong() | 1;
        ChaosContent.replace(
                tree.resolve(file), workspace.resolve("scratch"), ChaosContent.make(content, random.nextInt(3_000)));
        strangers.computeIfAbsent(tree, key -> new HashMap<>()).put(file, content);
        count("files of a stranger");
    }

    private void lookForStrangers(Repository repository, SortedMap<String, Long> files) throws IOException {
        Path tree = repository.root();
        Map<String, Long> written = strangers.getOrDefault(tree, Map.of());
        Set<Long> there = files.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith("open"))
                .map(Map.Entry::getValue)
                .collect(Collectors.toSet());
        written.forEach((file, content) -> {
            if (!there.contains(content)
                    && !strangersCommitted.getOrDefault(tree, Set.of()).contains(content)) {
                finding(tree.getFileName() + "/" + file
                        + ": what a stranger wrote is neither in the tree nor in a commit");
            }
        });
    }

    // ---- the judge

    private void look() throws IOException, InterruptedException {
        startAll();
        for (Child child : children.values()) {
            child.order("pause");
        }
        for (Child child : children.values()) {
            if (!child.paused.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                finding(child.name + " does not come to rest: " + child.stacks());
                return;
            }
        }
        judge(project(), false);
        for (Path mount : mounts()) {
            judge(mount, true);
        }
        settle();
        for (Child child : children.values()) {
            try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + child.process.pid() + "/fd"))) {
                long open = descriptors.count();
                counts.merge("descriptors at most", (int) open, Math::max);
                if (open > DESCRIPTORS_MAX) {
                    finding(child.name + " has " + open + " descriptors open");
                }
            }
            child.order("go");
        }
        count("looks");
    }

    private void judge(Path root, boolean mount) throws IOException {
        String where = root.getFileName() + ": ";
        Path dits = root.resolve(Repository.DIRECTORY);
        for (String name : List.of("tree.lock", "refs.lock", "config.lock", "packs/store.lock", "packs/merge.lock")) {
            FileLocks.Held held = FileLocks.tryLock(dits.resolve(name), false);
            // A mount's own lock on its store belongs to a live writer only.
            if (held == null) {
                finding(where + name + " is held while all rest");
            } else {
                held.close();
            }
        }
        SortedMap<String, Long> files = new TreeMap<>();
        try {
            files = ChaosContent.read(root);
        } catch (IOException e) {
            finding(where + e.getMessage());
        }
        long temporary = count(dits.resolve("tmp"), "")
                + count(dits.resolve("packs"), ".tmp")
                + count(root, ".dits-")
                + count(dits.resolve("share"), ".")
                + count(dits.resolve("remotes"), ".");
        counts.merge("temporary files at most", (int) temporary, Math::max);
        if (temporary > TEMPORARY_MAX) {
            finding(where + temporary + " temporary files are left");
        }
        try (Repository repository = Repository.open(root, options())) {
            FsckReport report = repository.fsck(bytes -> {});
            if (!report.clean()) {
                finding(where + "fsck: " + report);
            }
            Set<ObjectId> reachable = history(repository, mount);
            acknowledged.forEach((id, ack) -> {
                boolean here =
                        mount == ack.by.startsWith("m") && (!mount || root.endsWith("mount-" + ack.by.substring(0, 2)));
                if (here && !reachable.contains(id)) {
                    finding(where + "commit " + id + " of " + ack.by + " is lost");
                }
            });
            for (ObjectId id : mount ? Set.<ObjectId>of() : pushed) {
                if (!reachable.contains(id)) {
                    finding(where + "pushed commit " + id + " is lost");
                }
            }
            lookForStrangers(repository, files);
        } catch (IOException e) {
            finding(where + e);
        }
    }

    /** All commits that references reach. New ones are read to the last byte. */
    private Set<ObjectId> history(Repository repository, boolean mount) throws IOException {
        Set<ObjectId> reachable = new HashSet<>();
        ArrayDeque<ObjectId> queue = new ArrayDeque<>(repository.refs().values());
        Set<ObjectId> known = seen.computeIfAbsent(repository.root(), key -> new HashSet<>());
        while (!queue.isEmpty()) {
            ObjectId id = queue.remove();
            if (!reachable.add(id)) {
                continue;
            }
            Commit commit = repository.readCommit(id);
            queue.addAll(commit.parents());
            if (known.add(id)) {
                for (String directory : List.of("open", ChaosChild.MOVED_AWAY)) {
                    strangersCommitted
                            .computeIfAbsent(repository.root(), key -> new HashSet<>())
                            .addAll(ChaosContent.read(repository.objects(), commit.tree(), directory, mount)
                                    .values());
                }
                readBack(repository, id, commit, mount);
            }
        }
        return reachable;
    }

    private void readBack(Repository repository, ObjectId id, Commit commit, boolean mount) throws IOException {
        Ack ack = acknowledged.get(id);
        if (ack == null) {
            return;
        }
        SortedMap<String, Long> is = ChaosContent.read(repository.objects(), commit.tree(), ack.by, mount);
        if (is.containsValue(ChaosContent.ABSENT)) {
            return; // the share has it, and it is looked at there
        }
        if (!ChaosContent.digest(is).equals(ack.digest)) {
            finding(repository.root().getFileName() + ": commit " + id + " of " + ack.by
                    + " does not hold what it was made of");
        }
        if (readBack.add(id)) {
            count("commits read back");
        }
    }

    private static long count(Path directory, String part) throws IOException {
        if (!Files.isDirectory(directory)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(path -> String.valueOf(path.getFileName()))
                    .filter(name ->
                            part.endsWith("-") || part.equals(".") ? name.startsWith(part) : name.endsWith(part))
                    .count();
        }
    }

    /** Everybody comes to where the share is. */
    private void settle() throws IOException, InterruptedException {
        ObjectId tip;
        try (Repository repository = Repository.open(project(), options())) {
            String branch = repository.currentBranch().orElseThrow().shortName();
            if (repository.unfinished().isPresent() || !repository.base().equals(repository.head())) {
                try {
                    repository.checkout(branch, CheckoutOptions.defaults());
                } catch (LocalChangesException e) {
                    ChaosChild.moveAway(repository, workspace.resolve("scratch"), random);
                    repository.checkout(branch, CheckoutOptions.defaults());
                }
            }
            repository.commit("What was left", "judge", CommitProgress.NONE);
            if (!repository.status().clean()) {
                finding("project: not clean after a commit: " + repository.status());
            }
        } catch (IOException e) {
            finding("project: the last commit: " + e);
            return;
        }
        List<Child> mounting = children.values().stream()
                .filter(child -> child.role.equals("mount"))
                .toList();
        // One after another: each pushes what it has, which the next has to take; the first ones then once more.
        for (int turn = 0; turn < 2; turn++) {
            for (Child child : mounting) {
                child.order("settle");
                if (!child.settling.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                    finding(child.name + " does not settle: " + child.stacks());
                    return;
                }
                child.order("pause");
                if (!child.paused.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                    finding(child.name + " does not rest after it settled: " + child.stacks());
                    return;
                }
            }
        }
        try (Repository repository = Repository.open(project(), options())) {
            tip = repository.head().orElseThrow();
        }
        for (Child child : mounting) {
            Path root = workspace.resolve("mount-" + child.name);
            try (Repository repository = Repository.open(root, options())) {
                if (!repository.head().equals(Optional.of(tip))) {
                    finding(child.name + " is at "
                            + repository.head().map(ObjectId::abbreviated).orElse("nothing") + ", the share at "
                            + tip.abbreviated());
                }
                SortedMap<String, Long> is = ChaosContent.read(root);
                SortedMap<String, Long> should = ChaosContent.read(project());
                if (!is.equals(should)) {
                    is.entrySet().removeAll(should.entrySet());
                    finding(child.name + " does not have the share's files: " + is);
                }
            }
        }
    }

    @Override
    public void close() {
        for (Child child : children.values()) {
            child.kill();
        }
    }

    static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, String> given = new HashMap<>();
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            given.put(parts[0], parts[1]);
        }
        Path directory = Path.of(given.getOrDefault("directory", "target/chaos"));
        long first = Long.parseLong(given.getOrDefault("seed", "1"));
        int seeds = Integer.parseInt(given.getOrDefault("seeds", "1"));
        int rounds = Integer.parseInt(given.getOrDefault("rounds", "5"));
        int kills = Integer.parseInt(given.getOrDefault("kills", "12"));
        int pause = Integer.parseInt(given.getOrDefault("pause", "2000"));
        int seconds = Integer.parseInt(given.getOrDefault("seconds", "60"));
        List<String> roles =
                List.of(given.getOrDefault("roles", "share,commit:2,gc,mount").split(","));
        int found = 0;
        Map<String, Integer> total = new TreeMap<>();
        for (long seed = first; seed < first + seeds; seed++) {
            Path workspace = directory.resolve("seed-" + seed);
            delete(workspace);
            List<String> findings;
            long begun = System.nanoTime();
            try (Chaos chaos = new Chaos(workspace, seed, kills > 0, roles)) {
                for (int round = 0; round < rounds && chaos.findings().isEmpty(); round++) {
                    chaos.round(kills, pause, seconds);
                }
                findings = chaos.findings();
                System.out.println("seed " + seed + ": "
                        + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun) + " s, " + findings.size()
                        + " findings, " + chaos.counts());
                chaos.counts().forEach((what, number) -> total.merge(what, number, Integer::sum));
            }
            found += findings.size();
            if (findings.isEmpty()) {
                delete(workspace);
            }
        }
        System.out.println(found + " findings in all; sums of " + total);
        System.exit(found == 0 ? 0 : 1);
    }
}
