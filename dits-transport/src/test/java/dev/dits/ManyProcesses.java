package dev.dits;

import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Shares and mounts of one user, each in a process of its own, of which one after the other is killed: what {@link Dits#running} tells is right at once. Run it with a
 * number of processes and a directory to see how long "at once" is.
 */
final class ManyProcesses implements AutoCloseable {
    private static final Duration BOUND = Duration.ofMillis(700);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path directory;
    private final Random random;

    /** What each living process holds, by its process id. */
    private final Map<Long, String> held = new TreeMap<>();

    private final List<Process> processes = new ArrayList<>();

    ManyProcesses(Path directory, long seed) throws IOException {
        this.directory = directory.toRealPath();
        this.random = new Random(seed);
    }

    private Path home() {
        return directory.resolve("home");
    }

    private static DitsOptions options(Path home) {
        return NodeMain.options(home).withControl(true);
    }

    /** Starts so many, half of them shares. */
    void start(int count) throws IOException {
        List<String> targets = new ArrayList<>();
        for (int i = 0; i < (count + 1) / 2; i++) {
            Path project = directory.resolve("project-" + i);
            try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
                Trees.random(project.resolve("file"), i, 10_000);
                repository.commit("First", "a", CommitProgress.NONE);
            }
            targets.add(start("shares " + project, "share", home().toString(), project.toString()));
        }
        for (int i = 0; i < count / 2; i++) {
            Path mount = directory.resolve("mount-" + i);
            start("mounts " + mount, "mount", home().toString(), targets.get(i), mount.toString());
        }
    }

    private String start(String what, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                ManyProcesses.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        processes.add(process);
        String line = NodeMain.line(process);
        held.put(process.pid(), what);
        return line;
    }

    int living() {
        return held.size();
    }

    private long any() {
        List<Long> pids = List.copyOf(held.keySet());
        return pids.get(random.nextInt(pids.size()));
    }

    /** Kills any of them; returns its process id. */
    long kill() throws InterruptedException {
        long pid = any();
        held.remove(pid);
        for (Process process : processes) {
            if (process.pid() == pid) {
                process.destroyForcibly().waitFor();
            }
        }
        return pid;
    }

    /** Stops any of them, or lets it go on. */
    long stop() throws IOException, InterruptedException {
        long pid = any();
        signal("STOP", pid);
        return pid;
    }

    static void signal(String name, long pid) throws IOException, InterruptedException {
        int status = new ProcessBuilder("kill", "-" + name, Long.toString(pid))
                .inheritIO()
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("kill -" + name + " " + pid + " gave " + status);
        }
    }

    /** What is told, in the words of {@link #held}; one that does not answer is told as that. */
    Map<Long, String> told(Duration bound) throws IOException, InterruptedException {
        Map<Long, String> told = new TreeMap<>();
        for (RunningNode node : Dits.running(home(), bound)) {
            List<String> what = new ArrayList<>();
            node.shares().forEach(share -> what.add("shares " + share.root()));
            node.mounts().forEach(mount -> what.add("mounts " + mount.root()));
            told.put(node.pid(), node.answers() ? String.join(", ", what) : "does not answer");
        }
        return told;
    }

    /** What is to be told. */
    Map<Long, String> expected(long silent) {
        Map<Long, String> expected = new TreeMap<>(held);
        expected.computeIfPresent(silent, (pid, what) -> "does not answer");
        return expected;
    }

    /** Asks until it is right; returns how long that took, in milliseconds. */
    private long untilRight(long silent) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        while (true) {
            Map<Long, String> told = told(BOUND);
            long took = (System.nanoTime() - begun) / 1_000_000;
            if (told.equals(expected(silent))) {
                return took;
            }
            if (took > PATIENCE.toMillis()) {
                throw new AssertionError("told " + told + " where there is " + expected(silent));
            }
        }
    }

    @Override
    public void close() {
        for (Process process : processes) {
            process.destroyForcibly().onExit().join();
        }
    }

    /** What a child does, or the whole of it: {@code COUNT DIRECTORY}. */
    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("share") || arguments[0].equals("mount")) {
            child(arguments);
            return;
        }
        try (ManyProcesses all = new ManyProcesses(Files.createDirectories(Path.of(arguments[1])), 1)) {
            all.start(Integer.parseInt(arguments[0]));
            System.out.println("all " + all.living() + ": " + all.untilRight(-1) + " ms");
            long stopped = all.stop();
            System.out.println("one is stopped: " + all.untilRight(stopped) + " ms");
            signal("CONT", stopped);
            System.out.println("and goes on: " + all.untilRight(-1) + " ms");
            long worst = 0;
            while (all.living() > 0) {
                all.kill();
                worst = Math.max(worst, all.untilRight(-1));
            }
            System.out.println("each is killed: " + worst + " ms at most");
            if (worst > 1_000) {
                throw new AssertionError("later than a second");
            }
        }
    }

    private static void child(String[] arguments) throws Exception {
        try (Dits dits = Dits.open(options(Path.of(arguments[1])))) {
            if (arguments[0].equals("share")) {
                Share share = dits.share(
                        Path.of(arguments[2]),
                        ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()));
                System.out.println(
                        share.joinCode() + "@127.0.0.1:" + share.address().getPort());
            } else {
                Mount mount = dits.mount(arguments[2], Path.of(arguments[3]));
                mount.pull().await(PATIENCE);
                System.out.println("mounted");
            }
            // Until whoever started this is gone.
            while (System.in.read() >= 0) {
                continue;
            }
        }
    }
}
