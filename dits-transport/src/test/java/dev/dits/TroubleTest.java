package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.dits.error.DitsException;
import dev.dits.object.FileEntry;
import dev.dits.object.ObjectId;
import dev.dits.object.TreeDiff;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Directories that go away or may not be written, files that change or may not be read, a clock that jumps: the error says what it is, nothing is lost, and the same
 * again completes when the trouble is over. Full disks are in {@link DiskFullTest}, descriptors that run out in {@link DescriptorsTest}.
 */
@Timeout(120)
class TroubleTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int LARGE_BYTES = 1_500_000;

    @TempDir
    Path temporary;

    private final List<AutoCloseable> open = new ArrayList<>();
    private Path project;
    private Share share;
    private Mount mount;

    @AfterEach
    void close() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private <T extends AutoCloseable> T closing(T resource) {
        open.add(resource);
        return resource;
    }

    /** A share in {@code parent-share/project}, a mount of it in {@code parent-mount/mount} that has pulled. */
    private void shareAndMount() throws Exception {
        project = temporary.resolve("parent-share/project");
        Repository.init(project, RepositoryOptions.defaults()).close();
        change(1);
        Dits sharer = closing(Dits.open(NodeMain.options(temporary.resolve("home-share"))));
        Dits mounter = closing(Dits.open(NodeMain.options(temporary.resolve("home-mount"))));
        share = closing(
                sharer.share(project, ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress())));
        String target = share.joinCode() + "@127.0.0.1:" + share.address().getPort();
        mount = closing(mounter.mount(
                target,
                temporary.resolve("parent-mount/mount"),
                MountOptions.defaults().withSync(Sync.MANUAL)));
        pulls();
    }

    /** Something new on the share. */
    private void change(int version) throws IOException {
        for (int i = 0; i < 8; i++) {
            Trees.random(project.resolve("directory-" + i % 2 + "/" + i), 100L * version + i, 700 + i * 30_000);
        }
        Trees.random(project.resolve("top"), version, 900);
        try (Repository repository = Repository.open(project, RepositoryOptions.defaults())) {
            repository.commit("Version " + version, "a", CommitProgress.NONE);
        }
    }

    private void pulls() throws Exception {
        mount.pull().await(PATIENCE);
        assertThat(Trees.describe(mount.root())).isEqualTo(Trees.describe(project));
        assertThat(mount.repository().status().clean()).isTrue();
        assertThat(mount.repository().fsck(bytes -> {}).clean()).isTrue();
        assertThat(share.repository().fsck(bytes -> {}).clean()).isTrue();
    }

    private void pullFails() {
        assertThatExceptionOfType(DitsException.class)
                .isThrownBy(() -> mount.pull().await(PATIENCE));
    }

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    }

    @Test
    void theShareIsMovedAwayAndComesBack() throws Exception {
        shareAndMount();
        change(2);
        Path away = temporary.resolve("away");
        move(project.getParent(), away);
        pullFails();
        assertThat(project.getParent()).doesNotExist();
        move(away, project.getParent());
        pulls();
        change(3);
        Path packs = project.resolve(".dits/packs");
        move(packs, away);
        pullFails();
        move(away, packs);
        pulls();
    }

    @Test
    void theMountIsMovedAwayAndComesBack() throws Exception {
        shareAndMount();
        change(2);
        Path parent = mount.root().getParent();
        Path away = temporary.resolve("away");
        move(parent, away);
        pullFails();
        assertThat(parent).as("nothing is made where it was").doesNotExist();
        move(away, parent);
        pulls();
        Files.writeString(mount.root().resolve("mine"), "mine");
        mount.commit("Mine");
        move(parent, away);
        assertThatExceptionOfType(DitsException.class)
                .isThrownBy(() -> mount.push().await(PATIENCE));
        move(away, parent);
        mount.push().await(PATIENCE);
        pulls();
    }

    @Test
    void theMountIsDeleted() throws Exception {
        shareAndMount();
        change(2);
        Path root = mount.root();
        Chaos.delete(root);
        for (int i = 0; i < 2; i++) {
            pullFails();
        }
        assertThat(root).as("nothing is made where it was").doesNotExist();
        mount.close();
        Dits again = closing(Dits.open(NodeMain.options(temporary.resolve("home-mount"))));
        mount = closing(
                again.mount(share.joinCode() + "@127.0.0.1:" + share.address().getPort(), root));
        pulls();
    }

    @Test
    void theShareIsDeleted() throws Exception {
        shareAndMount();
        Files.writeString(mount.root().resolve("mine"), "mine");
        mount.commit("Mine").orElseThrow();
        var before = Trees.describe(mount.root());
        Chaos.delete(project);
        for (int i = 0; i < 2; i++) {
            pullFails();
            assertThatExceptionOfType(DitsException.class)
                    .isThrownBy(() -> mount.push().await(PATIENCE));
        }
        assertThat(project).as("nothing is made where it was").doesNotExist();
        share.close();
        // The mount is whole without it.
        assertThat(Trees.describe(mount.root())).isEqualTo(before);
        assertThat(mount.repository().log("HEAD", 9)).hasSize(2);
        assertThat(mount.repository().status().clean()).isTrue();
        assertThat(mount.repository().fsck(bytes -> {}).clean()).isTrue();
    }

    @Test
    void theCacheIsDeletedWhileInUse() throws Exception {
        shareAndMount();
        Path cache = temporary.resolve("home-mount/cache");
        assertThat(cache).isDirectory();
        Chaos.delete(cache);
        change(2);
        pulls();
        change(3);
        pulls();
        Files.createDirectories(cache);
        change(4);
        pulls();
    }

    @Test
    void directoriesThatMayNotBeWritten() throws Exception {
        assumeNotRoot();
        shareAndMount();
        Files.writeString(project.resolve("more"), "more");
        Path dits = project.resolve(".dits");
        try (Repository repository = Repository.open(project, RepositoryOptions.defaults())) {
            for (String directory : List.of("packs", "refs/heads", "tmp", "")) {
                Path path = dits.resolve(directory);
                ObjectId before = repository.head().orElseThrow();
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r-xr-xr-x"));
                try {
                    repository.commit("More", "a", CommitProgress.NONE);
                } catch (IOException e) {
                    saysPermission(e, directory);
                    assertThat(repository.head()).contains(before);
                } finally {
                    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
                assertThat(repository.fsck(bytes -> {}).clean()).isTrue();
                Files.writeString(project.resolve("more"), "more after " + directory);
            }
            repository.commit("More", "a", CommitProgress.NONE).orElseThrow();
        }
        int version = 1;
        for (Path path : List.of(
                mount.root(), mount.root().resolve(".dits/tmp"), mount.root().resolve(".dits/packs"))) {
            change(++version);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r-xr-xr-x"));
            try {
                assertThatExceptionOfType(IOException.class)
                        .as(path.toString())
                        .isThrownBy(() -> mount.pull().await(PATIENCE))
                        .satisfies(e -> saysPermission(e, path.toString()));
            } finally {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
        // The top's permissions are nobody's business; only what is in it is tracked.
        pulls();
    }

    /** The right is missing, and it says for which file; whether as the JDK does or in dits' own words. */
    private static void saysPermission(IOException failure, String where) {
        assertThat(failure).as(where).isInstanceOfAny(DitsException.class, AccessDeniedException.class);
        assertThat(failure.getMessage()).contains(temporaryName(where));
    }

    private static String temporaryName(String where) {
        return where.substring(where.lastIndexOf('/') + 1);
    }

    @Test
    void filesThatMayNotBeRead() throws Exception {
        assumeNotRoot();
        Path root = temporary.resolve("work");
        try (Repository repository = Repository.init(root, RepositoryOptions.defaults())) {
            Files.writeString(root.resolve("open"), "open");
            Files.writeString(root.resolve("shut"), "shut");
            Files.setPosixFilePermissions(root.resolve("shut"), PosixFilePermissions.fromString("---------"));
            assertThatExceptionOfType(DitsException.class)
                    .isThrownBy(() -> repository.commit("All", "a", CommitProgress.NONE))
                    .withMessageContaining("shut");
            assertThat(repository.head()).isEmpty();
            Files.setPosixFilePermissions(root.resolve("shut"), PosixFilePermissions.fromString("rw-------"));
            assertThat(repository
                            .commit("All", "a", CommitProgress.NONE)
                            .orElseThrow()
                            .files())
                    .isEqualTo(2);
        }
    }

    private static void assumeNotRoot() {
        assumeFalse(
                "root".equals(System.getProperty("user.name")),
                "permissions do not bind root; .ci/run runs the suite a second time as nobody");
    }

    /** Locks of programs are advice on the systems dits runs on: what is locked is read all the same, and what it held at that moment is committed. */
    @Test
    void aLockedFileIsReadAllTheSame() throws Exception {
        Path root = temporary.resolve("work");
        try (Repository repository = Repository.init(root, RepositoryOptions.defaults())) {
            Files.writeString(root.resolve("locked"), "content");
            try (RandomAccessFile file =
                            new RandomAccessFile(root.resolve("locked").toFile(), "rw");
                    FileLock lock = file.getChannel().lock()) {
                assertThat(lock.isValid()).isTrue();
                repository.commit("Locked", "a", CommitProgress.NONE).orElseThrow();
            }
            assertThat(repository.status().clean()).isTrue();
        }
    }

    private interface Edit {
        void edit(Path file) throws IOException;
    }

    @Test
    void filesThatChangeWhileTheyAreRead() throws Exception {
        Path root = temporary.resolve("work");
        byte[] other = new byte[LARGE_BYTES / 2];
        java.util.Arrays.fill(other, (byte) 7);
        List<Edit> edits = List.of(
                file -> Files.write(file, other, java.nio.file.StandardOpenOption.APPEND),
                file -> {
                    try (RandomAccessFile shrunk = new RandomAccessFile(file.toFile(), "rw")) {
                        shrunk.setLength(100_000);
                    }
                },
                file -> {
                    try (RandomAccessFile inPlace = new RandomAccessFile(file.toFile(), "rw")) {
                        inPlace.write(other);
                    }
                },
                file -> {
                    Files.write(file.resolveSibling("new"), other);
                    move(file.resolveSibling("new"), file);
                },
                Files::delete);
        try (Repository repository = Repository.init(root, RepositoryOptions.defaults())) {
            Path file = root.resolve("large");
            int version = 0;
            for (Edit edit : edits) {
                Trees.random(file, ++version, LARGE_BYTES);
                AtomicBoolean done = new AtomicBoolean();
                repository.commit("Once", "a", (files, bytes, newBytes) -> {
                    // After the first chunk, before the last.
                    if (bytes > 0 && done.compareAndSet(false, true)) {
                        unchecked(edit, file);
                    }
                });
                assertThat(done).isTrue();
                assertThat(committed(repository, "large"))
                        .as("edit %d", version)
                        .isEqualTo(Files.exists(file) ? Files.readAllBytes(file) : new byte[0]);
                assertThat(repository.status().clean()).isTrue();
            }
            // One that does not come to rest is refused by name, and the branch stays.
            Trees.random(file, 99, LARGE_BYTES);
            ObjectId before = repository.head().orElseThrow();
            AtomicInteger writes = new AtomicInteger();
            assertThatExceptionOfType(DitsException.class)
                    .isThrownBy(() -> repository.commit(
                            "Restless",
                            "a",
                            (files, bytes, newBytes) -> unchecked(
                                    path -> {
                                        try (RandomAccessFile inPlace = new RandomAccessFile(path.toFile(), "rw")) {
                                            inPlace.setLength(LARGE_BYTES + writes.incrementAndGet());
                                        }
                                    },
                                    file)))
                    .withMessageContaining("large changes while it is read");
            assertThat(repository.head()).contains(before);
            assertThat(repository.commit("At rest", "a", CommitProgress.NONE)).isPresent();
            assertThat(committed(repository, "large")).isEqualTo(Files.readAllBytes(file));
            assertThat(repository.fsck(bytes -> {}).clean()).isTrue();
        }
    }

    private static void unchecked(Edit edit, Path file) {
        try {
            edit.edit(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static byte[] committed(Repository repository, String name) throws IOException {
        TreeDiff all = new TreeDiff(
                repository.objects(),
                null,
                repository.readCommit(repository.head().orElseThrow()).tree(),
                TreeDiff.Options.ALL);
        for (TreeDiff.Change change = all.next(); change != null; change = all.next()) {
            if (change.after() instanceof FileEntry file
                    && change.path().display().equals(name)) {
                return ChaosContent.bytes(repository.objects(), file);
            }
        }
        return new byte[0];
    }

    @Test
    void aClockThatJumps() throws Exception {
        shareAndMount();
        List<Instant> times = List.of(
                Instant.parse("2050-01-01T00:00:00Z"),
                Instant.parse("1999-12-31T23:59:59Z"),
                Instant.EPOCH.minusSeconds(1),
                Instant.parse("2026-01-01T00:00:00Z"));
        int version = 10;
        for (Instant now : times) {
            RepositoryOptions options =
                    RepositoryOptions.defaults().withClock(java.time.Clock.fixed(now, ZoneOffset.UTC));
            try (Repository repository = Repository.open(project, options)) {
                Trees.random(project.resolve("jump"), version++, 5_000);
                Files.setLastModifiedTime(project.resolve("jump"), FileTime.from(now));
                ObjectId commit = repository
                        .commit("At " + now, "a", CommitProgress.NONE)
                        .orElseThrow()
                        .id();
                assertThat(repository.head()).contains(commit);
                assertThat(repository.status().clean()).isTrue();
            }
            pulls();
            // The same length and the same time, but other bytes: nothing may take the one for the other.
            Trees.random(project.resolve("jump"), version++, 5_000);
            Files.setLastModifiedTime(project.resolve("jump"), FileTime.from(now));
            try (Repository repository = Repository.open(project, options)) {
                assertThat(repository.status().changeCount()).isOne();
                assertThat(repository.commit("Again", "a", CommitProgress.NONE)).isPresent();
            }
            pulls();
        }
        assertThat(mount.repository().log("HEAD", 99)).hasSize(1 + 2 * times.size());
    }
}
