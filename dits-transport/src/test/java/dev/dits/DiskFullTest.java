package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dits.error.DiskFullException;
import dev.dits.error.DitsException;
import dev.dits.error.FileAccessException;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.SessionClosedException;
import dev.dits.object.ObjectId;
import dev.dits.repo.CheckoutOptions;
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
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is full, at every stage of what shares and mounts do: the error says so, nothing is lost, and the same again completes when there is room. Where the
 * moment matters, all amounts of room are tried, page by page, from none to enough.
 *
 * <p>Run by {@code .ci/disk-check}, for it mounts small file systems.
 */
@Timeout(300)
class DiskFullTest {
    private static final int PAGE = 4_096;
    private static final int LARGE_BYTES = 1_500_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path temporary;

    private SmallDisk disk;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void mount() throws Exception {
        assumeTrue(
                SmallDisk.allowed(),
                "mounts file systems, which takes root and a mount namespace of its own; .ci/disk-check has both");
        disk = new SmallDisk(temporary.resolve("disk"), 6);
    }

    @AfterEach
    void unmount() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
        if (disk != null) {
            disk.close();
        }
    }

    private <T extends AutoCloseable> T closing(T resource) {
        open.add(resource);
        return resource;
    }

    private Dits node(Path home) throws IOException {
        return closing(Dits.open(NodeMain.options(home)));
    }

    private Share share(Dits dits, Path project) throws IOException {
        return closing(dits.share(project, ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress())));
    }

    private static String target(Share share) {
        return share.joinCode() + "@127.0.0.1:" + share.address().getPort();
    }

    private static Repository repository(Path root, int files) throws IOException {
        Repository repository = Repository.init(root, RepositoryOptions.defaults());
        write(root, 1, files);
        repository.commit("First", "a", CommitProgress.NONE);
        return repository;
    }

    private static void write(Path root, int version, int files) throws IOException {
        for (int i = 0; i < files; i++) {
            Trees.random(root.resolve("directory-" + i % 3 + "/" + i), 1_000L * version + i, 500 + i * 700);
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    /** Returns false where there was no room, and fails where anything else went wrong. */
    private static boolean fits(Work work) throws Exception {
        try {
            work.run();
            return true;
        } catch (Exception e) {
            isDiskFull(e);
            return false;
        }
    }

    private static void isDiskFull(Throwable failure) {
        assertThat(failure)
                .isInstanceOf(DiskFullException.class)
                .hasMessageContaining("full")
                .hasMessageContaining("free some space");
    }

    private static void clean(Repository repository) throws IOException {
        assertThat(repository.fsck(bytes -> {})).matches(report -> report.clean(), "clean");
    }

    private static List<String> temporaries(Path root) throws IOException {
        List<String> found = new ArrayList<>();
        for (String directory : List.of("", ".dits/tmp", ".dits/packs", ".dits/share", ".dits/remotes")) {
            Path path = root.resolve(directory);
            if (Files.isDirectory(path)) {
                try (Stream<Path> files = Files.list(path)) {
                    files.map(file -> String.valueOf(file.getFileName()))
                            .filter(name -> directory.endsWith("tmp")
                                    || name.endsWith(".tmp")
                                    || (directory.isEmpty() ? name.startsWith(".dits-") : name.startsWith(".")))
                            .forEach(found::add);
                }
            }
        }
        return found;
    }

    @Test
    void init() throws Exception {
        Path root = disk.resolve("project");
        int failures = 0;
        for (int pages = 0; ; pages++) {
            disk.fillTo((long) pages * PAGE);
            if (fits(() -> Repository.init(root, RepositoryOptions.defaults()).close())) {
                break;
            }
            failures++;
            assertThat(root.resolve(".dits/config"))
                    .as("without it, it is no repository")
                    .doesNotExist();
        }
        assertThat(failures).isPositive();
        disk.free();
        assertThat(temporaries(root)).isEmpty();
        try (Repository repository = Repository.open(root, RepositoryOptions.defaults())) {
            clean(repository);
        }
    }

    @Test
    void commit() throws Exception {
        Path root = disk.resolve("project");
        int failures = 0;
        try (Repository repository = closing(repository(root, 12))) {
            write(root, 2, 12);
            ObjectId before = repository.head().orElseThrow();
            for (int pages = 0; ; pages++) {
                disk.fillTo((long) pages * PAGE);
                if (fits(() -> repository.commit("Second", "a", CommitProgress.NONE))) {
                    break;
                }
                failures++;
                assertThat(repository.head()).contains(before);
                assertThat(repository.base()).contains(before);
                clean(repository);
                assertThat(temporaries(root)).isEmpty();
            }
            assertThat(failures).isPositive();
            disk.free();
            assertThat(repository.log("HEAD", 9)).hasSize(2);
            assertThat(repository.status().clean()).isTrue();
            clean(repository);
        }
    }

    @Test
    void whatOnlyReadsOrFreesGoesOn() throws Exception {
        Path root = disk.resolve("project");
        try (Repository repository = closing(repository(root, 12))) {
            repository.createBranch("side", "HEAD");
            for (int version = 2; version < 5; version++) {
                write(root, version, 12);
                repository.commit("Next", "a", CommitProgress.NONE);
            }
            Files.writeString(root.resolve("changed"), "c");
            disk.fillTo(0);
            assertThat(repository.status().changeCount()).isOne();
            assertThat(repository.log("HEAD", 9)).hasSize(4);
            clean(repository);
        }
        try (Repository again = closing(Repository.open(root, RepositoryOptions.defaults()))) {
            assertThat(again.status().changeCount()).isOne();
            again.updateRef(
                    dev.dits.repo.RefName.branch("side"),
                    again.ref(dev.dits.repo.RefName.branch("side")).orElseThrow(),
                    null);
            again.gc();
        }
    }

    @Test
    void checkout() throws Exception {
        Path root = disk.resolve("project");
        int failures = 0;
        try (Repository repository = closing(repository(root, 12))) {
            repository.createBranch("old", "HEAD");
            write(root, 2, 12);
            repository.commit("Second", "a", CommitProgress.NONE);
            var second = Trees.describe(root);
            repository.checkout("old", CheckoutOptions.defaults());
            for (int pages = 0; ; pages++) {
                disk.fillTo((long) pages * PAGE);
                if (fits(() -> repository.checkout("main", CheckoutOptions.defaults()))) {
                    break;
                }
                failures++;
                clean(repository);
            }
            assertThat(failures).isPositive();
            disk.free();
            second.remove(".filler");
            assertThat(Trees.describe(root)).isEqualTo(second);
            assertThat(repository.status().clean()).isTrue();
            assertThat(temporaries(root)).isEmpty();
            clean(repository);
        }
    }

    @Test
    void theMountsDisk() throws Exception {
        Path project = temporary.resolve("project");
        try (Repository repository = repository(project, 25)) {
            Share share = share(node(temporary.resolve("home-share")), project);
            Dits dits = node(temporary.resolve("home-mount"));
            Path root = disk.resolve("mount");
            // Joining writes the repository and the session's keys.
            int joins = 0;
            Mount mount = null;
            for (int pages = 0; mount == null; pages++) {
                disk.fillTo((long) pages * PAGE);
                try {
                    mount = closing(dits.mount(
                            target(share), root, MountOptions.defaults().withSync(Sync.MANUAL)));
                } catch (IOException e) {
                    isDiskFull(e);
                    joins++;
                }
            }
            assertThat(joins).isPositive();
            pullUntilItFits(mount, project, 4);
            // And once more where there is something to replace.
            write(project, 2, 25);
            repository.commit("Second", "a", CommitProgress.NONE);
            pullUntilItFits(mount, project, 7);
        }
    }

    /** A machine that is short of time loses a connection now and then; that is not what is tried here. */
    private static void pull(Mount mount) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                mount.pull().await(PATIENCE);
                return;
            } catch (SessionClosedException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
            }
        }
    }

    private void pullUntilItFits(Mount mount, Path project, int step) throws Exception {
        int failures = 0;
        for (int pages = 0; ; pages += step) {
            disk.fillTo((long) pages * PAGE);
            if (fits(() -> pull(mount))) {
                break;
            }
            failures++;
            clean(mount.repository());
        }
        assertThat(failures).isPositive();
        disk.free();
        mount.pull().await(PATIENCE);
        assertThat(Trees.describe(mount.root())).isEqualTo(Trees.describe(project));
        assertThat(mount.repository().status().clean()).isTrue();
        assertThat(temporaries(mount.root())).isEmpty();
        clean(mount.repository());
    }

    @Test
    void theCachesDiskIsNobodysTrouble() throws Exception {
        Path project = temporary.resolve("project");
        try (Repository repository = repository(project, 25)) {
            Share share = share(node(temporary.resolve("home-share")), project);
            int without = 0;
            int pagesMax = 40;
            for (int pages = 0; pages < pagesMax; pages += 5) {
                Path home = disk.resolve("home-" + pages);
                Files.createDirectories(home);
                disk.fillTo((long) pages * PAGE);
                Path root = temporary.resolve("mount-" + pages);
                try (Dits dits = Dits.open(NodeMain.options(home));
                        Mount mount = dits.mount(
                                target(share), root, MountOptions.defaults().withSync(Sync.MANUAL))) {
                    without += dits.cacheProblem().isPresent() ? 1 : 0;
                    mount.pull().await(PATIENCE);
                    assertThat(Trees.describe(root)).isEqualTo(Trees.describe(project));
                    write(project, 2 + pages, 25);
                    repository.commit("Next", "a", CommitProgress.NONE);
                    disk.fillTo(0);
                    mount.pull().await(PATIENCE);
                    assertThat(Trees.describe(root)).isEqualTo(Trees.describe(project));
                    clean(mount.repository());
                }
                disk.free();
            }
            assertThat(without)
                    .as("nodes without a cache on disk, which say so")
                    .isPositive();
            try (Dits dits = Dits.open(NodeMain.options(disk.resolve("home-0")))) {
                assertThat(dits.cacheProblem()).as("once there is room").isEmpty();
            }
        }
    }

    @Test
    void theSharesDisk() throws Exception {
        Path project = disk.resolve("project");
        repository(project, 12).close();
        Dits dits = node(temporary.resolve("home-share"));
        // Opening a share writes its keys and its count of guesses.
        int starts = 0;
        Share share = null;
        for (int pages = 0; share == null; pages++) {
            disk.fillTo((long) pages * PAGE);
            try {
                share = share(dits, project);
            } catch (IOException e) {
                isDiskFull(e);
                starts++;
            }
        }
        assertThat(starts).isPositive();
        // A grant that can not be kept is not given, and the peer learns that it is not its own fault.
        Dits other = node(temporary.resolve("home-mount"));
        Path root = temporary.resolve("mount");
        disk.fillTo(0);
        Share full = share;
        assertThatExceptionOfType(JoinRejectedException.class)
                .isThrownBy(() -> closing(
                        other.mount(target(full), root, MountOptions.defaults().withSync(Sync.MANUAL))))
                .satisfies(e -> assertThat(e.reason()).isEqualTo(JoinRejectedException.Reason.NOT_RECORDED));
        assertThat(share.peers()).isEmpty();
        disk.free();
        Mount mount =
                closing(other.mount(target(share), root, MountOptions.defaults().withSync(Sync.MANUAL)));
        // Who has joined reads from a full disk.
        disk.fillTo(0);
        mount.pull().await(PATIENCE);
        write(root, 2, 12);
        ObjectId pushed = mount.commit("Second").orElseThrow();
        ObjectId before = share.repository().head().orElseThrow();
        int failures = 0;
        for (int pages = 0; ; pages += 2) {
            disk.fillTo((long) pages * PAGE);
            if (fits(() -> mount.push().await(PATIENCE))) {
                break;
            }
            failures++;
            assertThat(share.repository().head()).contains(before);
            clean(share.repository());
        }
        assertThat(failures).isPositive();
        disk.free();
        assertThat(share.repository().head()).isEqualTo(Optional.of(pushed));
        clean(share.repository());
        // A push needs no room in the working tree, which lags where there is none.
        share.repository().follow(CheckoutOptions.defaults());
        assertThat(Trees.describe(project)).isEqualTo(Trees.describe(root));
        assertThat(temporaries(project)).isEmpty();
    }

    /** A share, and a mount that has pulled from it; one of them on the small disk. */
    private record Pair(Path project, Repository repository, Share share, Mount mount) {
        void change(int version) throws IOException {
            write(project, version, 12);
            assertThat(repository.commit("Version " + version, "a", CommitProgress.NONE))
                    .isPresent();
        }

        void pulls() throws Exception {
            mount.pull().await(PATIENCE);
            assertThat(Trees.describe(mount.root())).isEqualTo(Trees.describe(project));
            assertThat(temporaries(mount.root())).isEmpty();
            clean(mount.repository());
            clean(share.repository());
        }
    }

    private Pair pair(Path project, Path root) throws Exception {
        Repository repository = closing(repository(project, 12));
        Share share = share(node(temporary.resolve("home-share")), project);
        Mount mount = closing(node(temporary.resolve("home-mount"))
                .mount(target(share), root, MountOptions.defaults().withSync(Sync.MANUAL)));
        Pair pair = new Pair(project, repository, share, mount);
        pair.pulls();
        return pair;
    }

    private static void isReadOnly(Throwable failure) {
        assertThat(failure).isInstanceOf(FileAccessException.class).hasMessageContaining("mounted read-only");
    }

    @Test
    void theMountsDiskBecomesReadOnly() throws Exception {
        Pair pair = pair(temporary.resolve("project"), disk.resolve("mount"));
        Trees.random(pair.project.resolve("large"), 77, LARGE_BYTES);
        pair.change(2);
        Transfer transfer = pair.mount.pull();
        transfer.limit(LARGE_BYTES);
        while (transfer.progress().treeBytesDone() < LARGE_BYTES / 4) {
            Thread.onSpinWait();
        }
        disk.becomeReadOnly();
        try {
            transfer.await(PATIENCE); // all that it needed was open already
        } catch (IOException e) {
            isReadOnly(e);
        }
        pair.change(3);
        var before = Trees.describe(pair.mount.root());
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> pair.mount.pull().await(PATIENCE)).satisfies(DiskFullTest::isReadOnly);
        }
        assertThat(Trees.describe(pair.mount.root())).isEqualTo(before);
        assertThat(pair.mount.repository().log("HEAD", 9)).isNotEmpty();
        disk.becomeWritable();
        pair.pulls();
    }

    @Test
    void theSharesDiskBecomesReadOnly() throws Exception {
        Pair pair = pair(disk.resolve("project"), temporary.resolve("mount"));
        pair.change(2);
        disk.becomeReadOnly();
        pair.mount.pull().await(PATIENCE);
        assertThat(Trees.describe(pair.mount.root())).isEqualTo(Trees.describe(pair.project));
        Files.writeString(pair.mount.root().resolve("mine"), "mine");
        ObjectId mine = pair.mount.commit("Mine").orElseThrow();
        ObjectId before = pair.share.repository().head().orElseThrow();
        assertThatThrownBy(() -> pair.mount.push().await(PATIENCE))
                .isInstanceOf(DitsException.class)
                .hasMessageContaining("other side");
        assertThat(pair.share.repository().head()).contains(before);
        disk.becomeWritable();
        pair.mount.push().await(PATIENCE);
        assertThat(pair.share.repository().head()).contains(mine);
        pair.share.repository().follow(CheckoutOptions.defaults());
        pair.pulls();
    }

    @Test
    void theMountsDiskIsUnmounted() throws Exception {
        Pair pair = pair(temporary.resolve("project"), disk.resolve("mount"));
        pair.change(2);
        disk.vanish();
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> pair.mount.pull().await(PATIENCE)).isInstanceOf(DitsException.class);
        }
        assertThat(disk.root()).as("nothing is made where it was").isEmptyDirectory();
        disk.comeBack();
        pair.pulls();
    }

    @Test
    void theSharesDiskIsUnmounted() throws Exception {
        Pair pair = pair(disk.resolve("project"), temporary.resolve("mount"));
        pair.change(2);
        disk.vanish();
        var before = Trees.describe(pair.mount.root());
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> pair.mount.pull().await(PATIENCE)).isInstanceOf(DitsException.class);
        }
        assertThat(Trees.describe(pair.mount.root())).isEqualTo(before);
        assertThat(disk.root()).as("nothing is made where it was").isEmptyDirectory();
        disk.comeBack();
        // Nobody's access was taken for revoked.
        pair.pulls();
    }
}
