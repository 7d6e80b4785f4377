package dev.dits.repo;

import dev.dits.disk.FaultDisk;
import dev.dits.error.DiskFullException;
import dev.dits.error.DitsException;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A user at work on a disk that fails, drawn from a seed: edits, commits, branches, tags, checkouts, collections, each with or without a fault somewhere in it. After every
 * fault the disk works again, the user repeats what he did, and everything that was ever acknowledged has to be there; after a kill or a power cut the repository is opened
 * anew, after a cut from what was left.
 *
 * <p>The same seed does the same; a failing one is kept in {@link RepositoryFaultTest}.
 */
final class FaultRun {
    private static final int STEPS = 5;
    private static final int FILES = 6;
    private static final int ORDINAL_MAX = 90;

    private final Path home;
    private final Random random;
    private final List<String> log = new ArrayList<>();

    /** Acknowledged: what a branch or tag names, and what the files of a commit hold. */
    private final Map<RefName, ObjectId> refs = new TreeMap<>();

    private final Map<ObjectId, Map<String, String>> commits = new LinkedHashMap<>();

    private Path root;
    private FaultDisk disk;
    private int worlds;
    private int names;

    FaultRun(Path home, long seed) throws IOException {
        this.home = home.toRealPath();
        this.random = new Random(seed);
        this.root = Files.createDirectory(this.home.resolve("world0"));
        this.disk = FaultDisk.withModel(root, seed);
        log.add("seed " + seed);
    }

    /** One thing that the user does; true if it was done. */
    private interface Task {
        void run(Repository repository) throws IOException;
    }

    private void fail(String what, @Nullable Throwable cause) {
        throw new AssertionError(what + "; " + String.join("; ", log), cause);
    }

    void run() throws IOException {
        Repository.init(root, CrashScenario.options(disk)).close();
        for (int step = 0; step < STEPS; step++) {
            edit();
            int what = random.nextInt(12);
            if (what < 5) {
                attempt("commit", this::commit);
            } else if (what < 8) {
                checkout();
            } else if (what == 8) {
                String name = "b" + names++ + (random.nextBoolean() ? "" : "/x");
                reference("branch " + name, RefName.branch(name), repository -> repository.createBranch(name, "HEAD"));
            } else if (what == 9) {
                String name = "t" + names++;
                reference("tag " + name, RefName.tag(name), repository -> repository.createTag(name, "HEAD", "why"));
            } else if (what == 10) {
                delete();
            } else {
                attempt("gc", repository -> {
                    repository.gc();
                });
            }
        }
        lookAt(root, "at the end");
        Path cut = home.resolve("last");
        disk.cut(cut, random.nextLong());
        lookAt(cut, "after a cut at the end");
    }

    /** The user writes, and what he writes is on the disk. */
    private void edit() throws IOException {
        for (int i = random.nextInt(3); i >= 0; i--) {
            Path file = root.resolve((random.nextInt(3) == 0 ? "d/" : "") + "f" + random.nextInt(FILES));
            Files.createDirectories(file.getParent());
            if (random.nextInt(5) == 0) {
                Files.deleteIfExists(file);
            } else {
                byte[] content =
                        Trees.random(random.nextInt(1_000), random.nextInt(8) == 0 ? 40_000 : random.nextInt(900));
                Files.write(file, content);
            }
            disk.settle(file.getParent().equals(root) ? file : file.getParent());
        }
    }

    private void commit(Repository repository) throws IOException {
        Map<String, String> tree = CrashScenario.describe(root, false);
        ObjectId id = repository
                .commit("m", null, CommitProgress.NONE)
                .map(CommitResult::id)
                .orElse(repository.head().orElse(null));
        if (id != null) {
            commits.put(id, tree);
            refs.put(repository.currentBranch().orElseThrow(), id);
        }
    }

    private void checkout() throws IOException {
        List<RefName> branches =
                refs.keySet().stream().filter(RefName::isBranch).toList();
        if (branches.isEmpty()) {
            return;
        }
        // Nothing is in the way of a checkout of what is all committed.
        attempt("commit before", this::commit);
        RefName branch = branches.get(random.nextInt(branches.size()));
        Map<String, String> before = CrashScenario.describe(root, false);
        Map<String, String> after = commits.get(refs.get(branch));
        attempt("checkout " + branch.shortName(), repository -> {
            between(before, after);
            repository.checkout(branch.shortName(), CrashScenario.oneByOne());
            Map<String, String> now = CrashScenario.describe(root, false);
            if (after != null && !files(now).equals(files(after))) {
                fail("the checkout gave " + now + " and not " + after, null);
            }
        });
    }

    private static Map<String, String> files(Map<String, String> tree) {
        Map<String, String> files = new TreeMap<>(tree);
        files.values().removeIf("directory"::equals); // an empty one may have been left out
        return files;
    }

    /** An interrupted checkout has left old files and new ones, and nothing else. */
    private void between(Map<String, String> before, @Nullable Map<String, String> after) throws IOException {
        if (after == null) {
            return;
        }
        CrashScenario.describe(root, false).forEach((path, now) -> {
            if (!now.equals(before.get(path)) && !now.equals(after.get(path))) {
                fail(path + " is neither old nor new: " + now, null);
            }
        });
    }

    private void reference(String what, RefName name, Task task) throws IOException {
        attempt(what, repository -> {
            if (repository.head().isPresent()) {
                if (repository.ref(name).isEmpty()) {
                    task.run(repository);
                }
                refs.put(name, repository.ref(name).orElseThrow());
                if (name.isBranch()) {
                    commits.putIfAbsent(repository.head().orElseThrow(), Map.of());
                }
            }
        });
    }

    private void delete() throws IOException {
        attempt("delete", repository -> {
            RefName current = repository.currentBranch().orElseThrow();
            for (RefName name : List.copyOf(refs.keySet())) {
                if (!name.equals(current)) {
                    ObjectId value = refs.remove(name); // whether it is there is not known from here on
                    if (repository.ref(name).isPresent()) {
                        repository.updateRef(name, value, null);
                    }
                    return;
                }
            }
        });
    }

    /** Does something in spite of a fault, if need be several times. */
    private void attempt(String what, Task task) throws IOException {
        FaultDisk.Fault[] faults = FaultDisk.Fault.values();
        boolean planned = random.nextInt(3) > 0;
        FaultDisk.Fault fault = faults[random.nextInt(faults.length)];
        boolean cut = random.nextBoolean();
        if (planned) {
            disk.plan(fault, 1 + random.nextInt(ORDINAL_MAX));
        }
        log.add(what + (planned ? " " + fault : ""));
        for (int attempt = 0; ; attempt++) {
            try {
                tryOnce(task, fault);
                disk.mend();
                return;
            } catch (FaultDisk.Killed e) {
                log.add((cut ? "cut at " : "killed at ") + disk.struck());
                if (cut) {
                    Path next = home.resolve("world" + ++worlds);
                    disk.cut(next, random.nextLong());
                    root = next;
                } else {
                    Path next = home.resolve("world" + ++worlds);
                    FaultDisk.copy(root, next);
                    root = next;
                }
                disk = FaultDisk.withModel(root, random.nextLong());
            } catch (IOException e) {
                if (disk.struck() == null || attempt > 2) {
                    fail(what + " failed without a fault: " + e, e);
                }
                log.add("failed at " + disk.struck());
                boolean full = fault == FaultDisk.Fault.FULL || fault == FaultDisk.Fault.FULL_ONCE;
                if (full != (e instanceof DiskFullException) && !(e instanceof DitsException)) {
                    fail(fault + " was reported as " + e, e);
                }
                disk.mend();
            }
            lookAt(root, "after " + what);
        }
    }

    private void tryOnce(Task task, FaultDisk.Fault fault) throws IOException {
        try {
            CrashScenario.open(root, disk, repository -> {
                try {
                    task.run(repository);
                } catch (DiskFullException e) {
                    // Reading goes on, with the disk as full as it is.
                    if (!repository.fsck(bytes -> {}).clean()) {
                        fail("fsck with the disk full", e);
                    }
                    repository.status();
                    throw e;
                }
            });
        } finally {
            long open = FaultDisk.openFiles(root);
            if (open != 0) {
                fail(open + " files are still open after " + fault, null);
            }
        }
    }

    /** Everything that was acknowledged is there. */
    private void lookAt(Path at, String when) throws IOException {
        Path copy = home.resolve("look" + ++worlds);
        FaultDisk.copy(at, copy);
        try (Repository repository = Repository.open(copy, CrashScenario.options(FaultDisk.plain(1)))) {
            FsckReport report = repository.fsck(bytes -> {});
            if (!report.clean()) {
                fail(when + ": " + report, null);
            }
            for (Map.Entry<RefName, ObjectId> each : refs.entrySet()) {
                ObjectId now = repository.ref(each.getKey()).orElse(null);
                boolean there = now != null
                        && (now.equals(each.getValue())
                                || (each.getKey().isBranch() && repository.isAncestor(each.getValue(), now)));
                if (!there) {
                    fail(when + ": " + each.getKey() + " is at " + now + " and not at " + each.getValue(), null);
                }
            }
        }
    }

    @Override
    public String toString() {
        return String.join("; ", log);
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
