package dev.dits.bench;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.MountOptions;
import dev.dits.Sync;
import dev.dits.TransferResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How much of its speed a joined peer's transfer keeps while its share is under attack: the same pull with and without each attack, in turn, in one run.
 *
 * <p>Three processes: the share, this one, which pulls, and one that attacks the share, all on 127.0.0.0/8. They share the processors of this machine, so
 * what an attacker's own work takes away from the two others is counted as if the attack had done it; {@code --nice} starts the attacker at the lowest
 * priority. Elsewhere an attacker has processors of its own: look at how many packets or requests it got through, and at the share's processor time.
 *
 * <p>{@code java -Xmx256m -cp benchmarks.jar dev.dits.bench.HostileLoad [--smoke] [--nice] [--rounds N] [--attacks A,B] [--directory DIR]}
 */
public final class HostileLoad {
    private static final String FILE = "file";
    private static final List<String> ATTACKS = List.of("silent", "unread", "tiny", "pings", "garbage", "initials");

    private final Path directory;
    private final int rounds;
    private final long bytes;
    private final boolean nice;
    private final List<String> attacks;
    private final Map<String, List<Sample>> samples = new LinkedHashMap<>();
    private final Map<String, String> did = new LinkedHashMap<>();
    private int pulls;

    /** One pull: elapsed seconds, processor seconds of the share, and the share's heap and resident bytes right after it. */
    private record Sample(double seconds, double sharerCpuSeconds, long heapBytes, long residentBytes) {}

    private HostileLoad(Path directory, int rounds, boolean smoke, boolean nice, List<String> attacks) {
        this.directory = directory;
        this.rounds = rounds;
        this.bytes = smoke ? 8L << 20 : 512L << 20;
        this.nice = nice;
        this.attacks = attacks;
    }

    /**
     * Runs the benchmark and prints a table.
     *
     * @param arguments {@code --smoke} for tiny sizes that only show that it works, {@code --nice}, {@code --rounds N}, {@code --attacks} a comma list,
     *     {@code --directory DIR} for a file system of one's own choice with 3 GiB to spare
     * @throws Exception if anything fails
     */
    public static void main(String[] arguments) throws Exception {
        boolean smoke = false;
        boolean nice = false;
        int rounds = 0;
        List<String> attacks = ATTACKS;
        Path parent = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--smoke" -> smoke = true;
                case "--nice" -> nice = true;
                case "--rounds" -> rounds = Integer.parseInt(arguments[++i]);
                case "--attacks" -> attacks = List.of(arguments[++i].split(","));
                case "--directory" -> parent = Path.of(arguments[++i]);
                default -> throw new IllegalArgumentException("unknown argument " + arguments[i]);
            }
        }
        Path directory = Files.createTempDirectory(parent, "dits-bench");
        try {
            new HostileLoad(directory, rounds > 0 ? rounds : smoke ? 1 : 5, smoke, nice, attacks).run();
        } finally {
            BenchNodes.delete(directory);
        }
    }

    private void run() throws Exception {
        Path project = Files.createDirectory(directory.resolve("project"));
        TransferBenchmark.writeRandom(project.resolve(FILE), bytes);
        System.out.printf(
                Locale.ROOT,
                "# Java %s, %d processors, heap %d MiB each, %d rounds, a file of %d MiB, attackers %s%n",
                Runtime.version(),
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory() >> 20,
                rounds,
                bytes >> 20,
                nice ? "at the lowest priority" : "at the same priority");
        try (Sharer.Handle sharer = new Sharer.Handle(directory.resolve("home-sharer"))) {
            sharer.commit(project);
            pull("warm-up", sharer, project, null);
            pull("warm-up", sharer, project, null);
            for (int round = 0; round < rounds; round++) {
                for (String attack : attacks) {
                    pull("none, before " + attack, sharer, project, null);
                    pull(attack, sharer, project, attack);
                }
            }
        }
        table();
    }

    /** A first pull into a new mount of a new node, joined before the attack begins. */
    private void pull(String what, Sharer.Handle sharer, Path project, String attack) throws Exception {
        Path home = directory.resolve("home-" + pulls);
        Path target = directory.resolve("mount-" + pulls++);
        String code = sharer.share(project);
        String file = sharer.head() + "/" + FILE;
        try (Attacker.Handle attacker = attack == null ? null : new Attacker.Handle(attack, code, file, nice);
                Dits dits = Dits.open(BenchNodes.options(home, "mounter"));
                Mount mount = dits.mount(code, target, MountOptions.defaults().withSync(Sync.MANUAL))) {
            if (attacker != null) {
                attacker.go();
            }
            double before = sharer.cpuSeconds();
            long start = System.nanoTime();
            TransferResult result = mount.pull().await();
            double seconds = (System.nanoTime() - start) / 1e9;
            double cpu = sharer.cpuSeconds() - before;
            if (!result.refused().isEmpty()) {
                throw new IOException("refused: " + result.refused());
            }
            long[] memory = sharer.memory();
            if (attacker != null) {
                did.put(attack, attacker.stop());
            }
            TransferBenchmark.same(project, target);
            samples.computeIfAbsent(what, key -> new ArrayList<>()).add(new Sample(seconds, cpu, memory[0], memory[1]));
            System.out.printf(
                    Locale.ROOT,
                    "%-24s %6.2f s, share: processor %5.2f s, heap %4d MiB, resident %4d MiB   %s%n",
                    what,
                    seconds,
                    cpu,
                    memory[0] >> 20,
                    memory[1] >> 20,
                    attack == null ? "" : did.get(attack));
        } finally {
            sharer.unshare();
        }
        BenchNodes.delete(home);
        BenchNodes.delete(target);
    }

    private double median(String what) {
        return TransferBenchmark.median(samples.get(what).stream().map(Sample::seconds));
    }

    private void table() {
        System.out.println();
        System.out.println(
                "| attack | without | with | speed kept | share's processor without, with | its heap | its memory | the last attack did |");
        System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
        for (String attack : attacks) {
            List<Sample> calm = samples.get("none, before " + attack);
            List<Sample> under = samples.get(attack);
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < under.size(); i++) {
                ratios.add(calm.get(i).seconds / under.get(i).seconds);
            }
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.2f s | %.2f s | %.0f %% | %.2f s, %.2f s | %d MiB | %d MiB | %s |%n",
                    attack,
                    median("none, before " + attack),
                    median(attack),
                    100 * TransferBenchmark.median(ratios.stream()),
                    TransferBenchmark.median(calm.stream().map(Sample::sharerCpuSeconds)),
                    TransferBenchmark.median(under.stream().map(Sample::sharerCpuSeconds)),
                    under.stream().mapToLong(Sample::heapBytes).max().orElse(0) >> 20,
                    under.stream().mapToLong(Sample::residentBytes).max().orElse(0) >> 20,
                    did.get(attack));
        }
    }
}
