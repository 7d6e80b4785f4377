package dev.dits.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.dits.object.Commit;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CommitLog;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.DiffOptions;
import dev.dits.repo.LogEntry;
import dev.dits.repo.MergeOptions;
import dev.dits.repo.MergeReport;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.repo.ResetOptions;
import dev.dits.repo.RestoreOptions;
import dev.dits.repo.Signers;
import dev.dits.repo.Status;
import dev.dits.repo.Verification;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * How long each operation of the workflow takes in a large repository that is open, in a JVM that has done it before, and {@code git status} on the same files in the same run:
 *
 * <p>{@code java -cp benchmarks.jar dev.dits.bench.WorkflowBenchmark DIRECTORY [--files N] [--commits N] [--branches N] [--rounds N] [--only NAME,...]}
 *
 * <p>100,000 files, 1,000 commits, 200 branches and 9 rounds by default. The repository is made in the directory the first time, and brought back to its start each time. The
 * first rounds of each operation warm up and do not count.
 */
public final class WorkflowBenchmark {
    private static final int WARM_UP_ROUNDS = 3;
    private static final long MILLISECOND_NANOS = 1_000_000;

    /** Commits that {@code dits log} reads at once. */
    private static final int PAGE = 64;

    /** Of Linux's {@code /proc/self/stat}: processor time of children that have ended, in hundredths of a second, user's and system's. */
    private static final Path OWN_STAT = Path.of("/proc/self/stat");

    private static final int CHILDREN_USER = 13;
    private static final long TICK_NANOS = 10_000_000;
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    /** Something to do, measured or not. */
    private interface Step {
        void run() throws Exception;
    }

    private record Measured(String name, double medianMillis, double worstMillis, double cpuMillis) {}

    private final WorkflowRepository made;
    private final Repository repository;
    private final int commits;
    private final int rounds;
    private final Set<String> only;
    private final SplittableRandom random = new SplittableRandom(1);
    private final List<Measured> results = new ArrayList<>();

    private WorkflowBenchmark(
            WorkflowRepository made, Repository repository, int commits, int rounds, Set<String> only) {
        this.made = made;
        this.repository = repository;
        this.commits = commits;
        this.rounds = rounds;
        this.only = only;
    }

    /**
     * Runs it.
     *
     * @param arguments where, and what
     * @throws Exception if something fails
     */
    public static void main(String[] arguments) throws Exception {
        int files = 100_000;
        int commits = 1_000;
        int branches = 200;
        int rounds = 9;
        Set<String> only = Set.of();
        for (int i = 1; i < arguments.length; i += 2) {
            String value = arguments[i + 1];
            switch (arguments[i]) {
                case "--files" -> files = Integer.parseInt(value);
                case "--commits" -> commits = Integer.parseInt(value);
                case "--branches" -> branches = Integer.parseInt(value);
                case "--rounds" -> rounds = Integer.parseInt(value);
                case "--only" -> only = new HashSet<>(Arrays.asList(value.split(",", -1)));
                default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
            }
        }
        if (arguments.length == 0) {
            throw new IllegalArgumentException("a directory is missing");
        }
        WorkflowRepository made = WorkflowRepository.prepare(Path.of(arguments[0]), files, commits, branches);
        try (Repository repository =
                Repository.open(made.root(), RepositoryOptions.defaults().withAuthor("bench"))) {
            made.rewind(repository);
            WorkflowBenchmark benchmark = new WorkflowBenchmark(made, repository, commits, rounds, only);
            benchmark.all();
            made.rewind(repository);
            benchmark.print();
        }
    }

    private void print() {
        System.out.printf(Locale.ROOT, "%-52s %9s %9s %9s%n", "milliseconds", "median", "slowest", "processor");
        for (Measured measured : results) {
            System.out.printf(
                    Locale.ROOT,
                    "%-52s %9.1f %9.1f %9.0f%n",
                    measured.name,
                    measured.medianMillis,
                    measured.worstMillis,
                    measured.cpuMillis);
        }
        double git = median("git status");
        double ours = median("status");
        if (git > 0 && ours > 0) {
            System.out.printf(Locale.ROOT, "status to git status: %.2f%n", ours / git);
        }
    }

    private double median(String name) {
        return results.stream()
                .filter(measured -> measured.name.equals(name))
                .mapToDouble(Measured::medianMillis)
                .findFirst()
                .orElse(0);
    }

    private void measure(String name, Step step) throws Exception {
        measure(name, () -> {}, step, () -> {});
    }

    private void measure(String name, Step before, Step step, Step after) throws Exception {
        measure(name, List.of(new Operation(name, step)), before, after);
    }

    private record Operation(String name, Step step) {}

    /** Measures several operations in turn, so that what else the machine does meets all of them. */
    private void measure(String group, List<Operation> operations, Step before, Step after) throws Exception {
        if (!only.isEmpty() && !only.contains(group)) {
            return;
        }
        double[][] wall = new double[operations.size()][rounds];
        double[][] cpu = new double[operations.size()][rounds];
        for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
            for (int i = 0; i < operations.size(); i++) {
                before.run();
                long cpuBefore = SYSTEM.getProcessCpuTime() + childrenNanos();
                long began = System.nanoTime();
                operations.get(i).step.run();
                long nanos = System.nanoTime() - began;
                if (round >= 0) {
                    wall[i][round] = (double) nanos / MILLISECOND_NANOS;
                    cpu[i][round] =
                            (double) (SYSTEM.getProcessCpuTime() + childrenNanos() - cpuBefore) / MILLISECOND_NANOS;
                }
                after.run();
            }
        }
        for (int i = 0; i < operations.size(); i++) {
            Arrays.sort(wall[i]);
            Arrays.sort(cpu[i]);
            results.add(
                    new Measured(operations.get(i).name, wall[i][rounds / 2], wall[i][rounds - 1], cpu[i][rounds / 2]));
        }
    }

    /** Processor time of processes that were started and have ended; nothing where the system does not say. */
    private static long childrenNanos() throws IOException {
        if (!Files.exists(OWN_STAT)) {
            return 0;
        }
        String stat = Files.readString(OWN_STAT);
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return TICK_NANOS * (Long.parseLong(fields[CHILDREN_USER]) + Long.parseLong(fields[CHILDREN_USER + 1]));
    }

    private TreePath edit(int file) throws IOException {
        String path = made.files().get(file);
        Files.writeString(made.root().resolve(path), WorkflowRepository.text(random));
        return TreePath.ofUtf8(path);
    }

    private List<TreePath> edit(int count, int offset) throws IOException {
        List<TreePath> paths = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            paths.add(edit((int) ((long) i * made.files().size() / count) + offset));
        }
        return paths;
    }

    private void discard() throws IOException {
        made.rewind(repository);
    }

    private void expect(boolean what, String message) {
        if (!what) {
            throw new IllegalStateException(message);
        }
    }

    private void status(long changes) throws IOException {
        Status status = repository.status();
        expect(status.changeCount() == changes, status.changeCount() + " changes, not " + changes);
    }

    private void diff(String before, String after, int expected) throws IOException {
        int[] count = new int[1];
        repository.diff(repository.resolve(before), repository.resolve(after), DiffOptions.defaults(), difference -> {
            difference.text(3);
            count[0]++;
        });
        expect(count[0] >= expected, count[0] + " differences, not " + expected);
    }

    private void diffWorkingTree(int expected) throws IOException {
        int[] count = new int[1];
        repository.diffWorkingTree(repository.base().orElseThrow(), DiffOptions.defaults(), difference -> {
            difference.text(3);
            count[0]++;
        });
        expect(count[0] == expected, count[0] + " differences, not " + expected);
    }

    /** Lists commits and checks their signatures, as the command does. */
    private void log(Repository from, int max, List<TreePath> paths) throws IOException {
        CommitLog log = from.history("HEAD", paths);
        Signers signers = from.signers();
        List<Commit> page = new ArrayList<>();
        LogEntry entry = log.next();
        for (int left = max; entry != null && left > 0; left--) {
            page.add(entry.commit());
            entry = log.next();
            if (page.size() == PAGE || entry == null || left == 1) {
                for (Verification verification : signers.verifyAll(page)) {
                    expect(verification.own(), "a signature does not hold");
                }
                page.clear();
            }
        }
    }

    private void all() throws Exception {
        List<Operation> statuses = new ArrayList<>();
        statuses.add(new Operation("status", () -> status(0)));
        if (WorkflowRepository.hasGit()) {
            made.git("status", "--porcelain");
            statuses.add(new Operation("git status", () -> made.git("status", "--porcelain")));
            statuses.add(new Operation(
                    "git status without its untracked cache",
                    () -> made.git(
                            "-c", "core.untrackedCache=false", "-c", "core.fsmonitor=false", "status", "--porcelain")));
        }
        measure("status", statuses, () -> {}, () -> {});
        measure("status of 10 changed files", () -> edit(10, 3), () -> status(10), this::discard);
        measure("diff of the working tree", () -> diffWorkingTree(0));
        measure(
                "diff of the working tree with 10 changed files",
                () -> edit(10, 3),
                () -> diffWorkingTree(10),
                this::discard);
        measure("log of 50 commits", () -> log(repository, 50, List.of()));
        measure("log of all commits", () -> log(repository, Integer.MAX_VALUE, List.of()));
        measure("log of all commits and the repository opened for it", () -> {
            try (Repository opened = Repository.open(made.root(), RepositoryOptions.defaults())) {
                log(opened, Integer.MAX_VALUE, List.of());
            }
        });
        measure(
                "log of one file",
                () -> log(repository, Integer.MAX_VALUE, List.of(TreePath.ofUtf8(WorkflowRepository.RARE))));
        measure(
                "log of a file of a deep directory",
                () -> log(
                        repository,
                        Integer.MAX_VALUE,
                        List.of(TreePath.ofUtf8(made.files().get(1)))));
        measure("diff HEAD~1", () -> diff("HEAD~1", "HEAD", 1));
        measure("diff main..branch of 500 files", () -> diff("main", WorkflowRepository.branch(500), 500));
        measure("show", () -> {
            ObjectId id = repository.resolve("HEAD~10");
            expect(repository.signers().verify(repository.readCommit(id)).own(), "a signature does not hold");
            diff("HEAD~11", "HEAD~10", 1);
        });
        String ancestor = "HEAD~" + commits / 2;
        String prefix = repository.resolve(ancestor).toString().substring(0, 8);
        measure("resolve " + ancestor, () -> repository.resolve(ancestor));
        measure("resolve a prefix of an id", () -> repository.resolve(prefix));
        measure("list branches", () -> repository.branches());
        measure(
                "create a branch",
                () -> {},
                () -> repository.createBranch("bench-made", "HEAD"),
                () -> repository.deleteBranch("bench-made"));
        measure(
                "delete a branch",
                () -> repository.createBranch("bench-made", "HEAD"),
                () -> repository.deleteBranch("bench-made"),
                () -> {});
        measure(
                "tag with a message",
                () -> {},
                () -> repository.createTag("bench-made", "HEAD", "a message"),
                () -> repository.deleteTag("bench-made"));
        measure(
                "commit of everything with 1 changed file",
                () -> edit(1, 7),
                () -> expect(repository.commit("one", null, CommitProgress.NONE).isPresent(), "nothing was committed"),
                this::discard);
        List<List<TreePath>> paths = new ArrayList<>();
        measure(
                "commit of 1 file by its path",
                () -> paths.add(0, edit(1, 7)),
                () -> expect(
                        repository
                                .commit(paths.get(0), "one", null, CommitProgress.NONE)
                                .isPresent(),
                        "nothing was committed"),
                this::discard);
        for (int changed : new int[] {1, 500}) {
            measure(
                    "checkout over " + changed + (changed == 1 ? " file" : " files"),
                    () -> {},
                    () -> repository.checkout(WorkflowRepository.branch(changed), CheckoutOptions.defaults()),
                    this::discard);
        }
        measure(
                "merge forward over 500 files",
                () -> {},
                () -> merged(WorkflowRepository.branch(500), MergeReport.Kind.FAST_FORWARD),
                this::discard);
        measure(
                "merge of 50 files on each side",
                () -> repository.commit(edit(50, 11), "ours", null, CommitProgress.NONE),
                () -> merged(WorkflowRepository.branch(50), MergeReport.Kind.MERGED),
                this::discard);
        measure(
                "reset to the commit before",
                () -> {},
                () -> repository.reset("HEAD~1", ResetOptions.defaults()),
                this::discard);
        measure(
                "reset that discards 10 changed files",
                () -> edit(10, 5),
                () -> repository.reset("HEAD", ResetOptions.defaults().withDiscarding(true)),
                this::discard);
        measure(
                "restore of one file",
                () -> edit(1, 9),
                () -> repository.restore(
                        List.of(TreePath.ofUtf8(made.files().get(9))),
                        RestoreOptions.defaults().withUncommitted(RestoreOptions.Uncommitted.DISCARD)),
                this::discard);
        measure(
                "fsck (reads everything)",
                () -> expect(repository.fsck(bytes -> {}).clean(), "damaged"));
        measure("gc with nothing to drop (reads all trees)", () -> repository.gc(), () -> repository.gc(), () -> {});
    }

    private void merged(String branch, MergeReport.Kind kind) throws IOException {
        MergeReport report = repository.merge(branch, MergeOptions.defaults());
        expect(report.kind() == kind, report.kind() + ", not " + kind);
    }
}
