package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dits.error.DitsException;
import dev.dits.error.LocalChangesException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.object.DirectoryTree;
import dev.dits.object.ObjectId;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.repo.Selection;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mounts that hold a part of their share's tree, or follow some of its branches. */
class SelectiveMountTest {
    private static final int BIG = 1 << 20;

    @TempDir
    Path temporary;

    private final TestNodes nodes = new TestNodes(() -> temporary);
    private final Until until = new Until();
    private Path project;

    @BeforeEach
    void project() throws Exception {
        project = Files.createDirectories(temporary.resolve("project"));
        write(project, "takes/a.mov", random(1));
        write(project, "takes/notes.txt", "notes".getBytes());
        write(project, "raw/big.bin", random(2));
        write(project, "raw/old/big.bin", random(3));
        write(project, "top.txt", "top".getBytes());
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First", "a", CommitProgress.NONE);
        }
    }

    @AfterEach
    void close() throws Exception {
        nodes.close();
    }

    private static byte[] random(long seed) {
        byte[] bytes = new byte[BIG];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static void write(Path root, String path, byte[] content) throws IOException {
        Files.createDirectories(root.resolve(path).getParent());
        Files.write(root.resolve(path), content);
    }

    private Share share() throws IOException {
        return until.watch(nodes.keep(nodes.open("share")
                .share(project, ShareOptions.defaults().withBindAddress(InetAddress.getLoopbackAddress()))));
    }

    private Mount join(String secret, String name, MountOptions options) throws Exception {
        return until.watch(nodes.keep(nodes.open(name).mount(secret, temporary.resolve(name), options)));
    }

    private static MountOptions manual(String... globs) {
        return MountOptions.defaults().withSync(Sync.MANUAL).withPaths(List.of(globs));
    }

    private static ObjectId commit(Path root, String path, byte[] content) throws IOException {
        try (Repository repository = Repository.open(root, RepositoryOptions.defaults())) {
            write(root, path, content);
            return repository
                    .commit("Edit " + path, "somebody", CommitProgress.NONE)
                    .orElseThrow()
                    .id();
        }
    }

    private static boolean has(Path root, String path, byte[] content) throws IOException {
        return Files.exists(root.resolve(path))
                && java.util.Arrays.equals(Files.readAllBytes(root.resolve(path)), content);
    }

    private static Set<String> onDisk(Path root) throws IOException {
        Set<String> found = new TreeSet<>();
        try (Stream<Path> paths = Files.walk(root)) {
            paths.filter(path -> Files.isRegularFile(path))
                    .map(path -> root.relativize(path).toString())
                    .filter(path -> !path.startsWith(".dits/"))
                    .forEach(found::add);
        }
        return found;
    }

    private static TreeEntry entry(Repository repository, ObjectId commit, String path) throws IOException {
        TreeEntry found = new DirectoryTree(repository.objects())
                .resolve(repository.readCommit(commit).tree(), TreePath.ofUtf8(path));
        assertThat(found).as(path).isNotNull();
        return found;
    }

    private static Selection of(String... globs) {
        return Selection.of(List.of(globs));
    }

    @Test
    void onlyWhatIsSelectedIsFetched() throws Exception {
        Share share = share();
        Mount mount = join(share.ticket(), "mount", manual("takes/**"));
        TransferResult pulled = mount.pull().await();
        assertThat(onDisk(mount.root())).containsExactly("takes/a.mov", "takes/notes.txt");
        assertThat(pulled.progress().wireBytes()).isBetween((long) BIG, BIG + BIG / 4L);
        assertThat(pulled.progress().filesTotal()).isEqualTo(2);
        assertThat(pulled.refused()).isEmpty();
        assertThat(mount.repository().status().omittedCount()).isEqualTo(3);
        assertThat(mount.repository().fsck(bytes -> {}).clean()).isTrue();

        // What changes elsewhere costs nodes, and no content.
        ObjectId elsewhere = commit(project, "raw/big.bin", random(4));
        TransferResult again = mount.pull().await();
        assertThat(again.commit()).isEqualTo(elsewhere);
        assertThat(again.progress().wireBytes()).isLessThan(16 << 10);
        assertThat(mount.repository().base()).contains(elsewhere);
        assertThat(mount.repository().status().clean()).isTrue();

        // A commit made here leaves it as it is, and takes no content to make or to push.
        write(mount.root(), "takes/notes.txt", "edited".getBytes());
        write(mount.root(), "takes/new.txt", "new".getBytes());
        ObjectId made = mount.commit("Edit").orElseThrow();
        mount.push().await();
        assertThat(share.repository().head()).contains(made);
        for (String same : List.of("raw", "top.txt", "takes/a.mov")) {
            assertThat(entry(share.repository(), made, same)).isEqualTo(entry(share.repository(), elsewhere, same));
        }
        until.holds("the share's tree follows", () -> has(project, "takes/new.txt", "new".getBytes()));
        assertThat(has(project, "raw/big.bin", random(4))).isTrue();
        assertThat(share.repository().fsck(bytes -> {}).promisedCount()).isZero();
        assertThat(mount.repository().fsck(bytes -> {}).clean()).isTrue();
    }

    @Test
    void theSelectionIsChangedLater() throws Exception {
        Share share = share();
        Mount mount = join(share.ticket(), "mount", manual("takes/*.txt"));
        mount.pull().await();
        assertThat(onDisk(mount.root())).containsExactly("takes/notes.txt");
        TransferResult widened =
                mount.select(before -> of("takes/*.txt", "/raw/", "!/raw/old/")).await();
        assertThat(widened.progress().wireBytes()).isBetween((long) BIG, BIG + BIG / 4L);
        assertThat(onDisk(mount.root())).containsExactly("raw/big.bin", "takes/notes.txt");
        write(mount.root(), "raw/big.bin", random(5));
        TransferResult narrowed = mount.select(before -> of("/top.txt")).await();
        assertThat(narrowed.refused()).singleElement().asString().startsWith("raw/big.bin: not selected, and kept");
        assertThat(onDisk(mount.root())).containsExactly("raw/big.bin", "top.txt");
        mount.commit("Edit");
        mount.push().await();
        until.holds("the edit is on the share", () -> has(project, "raw/big.bin", random(5)));
        assertThat(mount.select(before -> of("/top.txt")).await().refused()).isEmpty();
        assertThat(onDisk(mount.root())).containsExactly("top.txt");

        write(mount.root(), "takes/notes.txt", "the user's own".getBytes());
        assertThatExceptionOfType(LocalChangesException.class)
                .isThrownBy(() -> mount.select(before -> Selection.all()).await());
        assertThat(onDisk(mount.root())).containsExactly("takes/notes.txt", "top.txt");
        Files.delete(mount.root().resolve("takes/notes.txt"));
        mount.select(before -> Selection.all()).await();
        assertThat(onDisk(mount.root())).hasSize(5);
        assertThat(has(mount.root(), "raw/big.bin", random(5))).isTrue();
        assertThat(mount.repository().status().clean()).isTrue();
    }

    @Test
    void aPartIsKeptInStepAndComesBackAfterARestart() throws Exception {
        Share share = share();
        Dits node = nodes.open("mount");
        Mount mount = until.watch(nodes.keep(node.mount(
                share.ticket(),
                temporary.resolve("mount"),
                MountOptions.defaults().withPaths(List.of("takes/**")))));
        mount.pull().await();
        commit(project, "takes/a.mov", random(6));
        until.holds("what is selected follows", () -> has(mount.root(), "takes/a.mov", random(6)));

        // Both sides go on, the share in what is not selected here: merged by file without its content.
        write(mount.root(), "takes/notes.txt", "by the mount".getBytes());
        ObjectId theirs = commit(project, "raw/big.bin", random(7));
        mount.commit("By the mount");
        until.holds(
                "both sides have both",
                () -> has(project, "takes/notes.txt", "by the mount".getBytes())
                        && share.repository()
                                .isAncestor(theirs, share.repository().head().orElseThrow())
                        && mount.syncState().inStep());
        assertThat(has(project, "raw/big.bin", random(7))).isTrue();
        assertThat(onDisk(mount.root())).containsExactly("takes/a.mov", "takes/notes.txt");
        mount.close();

        commit(project, "takes/more.txt", "meanwhile".getBytes());
        commit(project, "raw/more.txt", "meanwhile".getBytes());
        Mount again = until.watch(nodes.keep(node.open(mount.root(), MountOptions.defaults())));
        until.holds("it follows again", () -> has(again.root(), "takes/more.txt", "meanwhile".getBytes()));
        assertThat(again.repository().selection()).isEqualTo(of("takes/**"));
        assertThat(onDisk(again.root())).hasSize(3);

        // Somebody else, who holds the same mount, changes it under a mount that is kept in step.
        try (Dits other = Dits.open(DitsOptions.defaults()
                        .withHome(temporary.resolve("home-mount"))
                        .withCacheBytes(0)
                        .withLanInterfaces("off")
                        .withBindAddress(InetAddress.getLoopbackAddress()));
                Mount beside = other.open(again.root(), MountOptions.defaults().withSync(Sync.MANUAL))) {
            beside.select(before -> of("takes/*.txt", "/top.txt")).await();
        }
        assertThat(onDisk(again.root())).containsExactly("takes/more.txt", "takes/notes.txt", "top.txt");
        commit(project, "top.txt", "later".getBytes());
        until.holds("it follows as that one said", () -> has(again.root(), "top.txt", "later".getBytes()));
        assertThat(onDisk(again.root())).hasSize(3);

        share.revoke(share.peers().get(0).id());
        until.holds("it is over", () -> again.ended().isPresent());
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> again.select(before -> Selection.all()).await());
        again.select(before -> of("/top.txt")).await();
        assertThat(onDisk(again.root())).containsExactly("top.txt");
    }

    @Test
    void mountingAgainWithOtherPathsChangesTheSelection() throws Exception {
        Share share = share();
        Dits node = nodes.open("mount");
        Path directory = temporary.resolve("mount");
        try (Mount mount = node.mount(share.ticket(), directory, manual("takes/**"))) {
            mount.pull().await();
        }
        try (Mount mount = node.mount(share.ticket(), directory, manual("/top.txt"))) {
            assertThat(onDisk(directory)).containsExactly("top.txt");
            mount.pull().await();
            assertThat(onDisk(directory)).containsExactly("top.txt");
        }
        try (Mount mount =
                node.mount(share.ticket(), directory, MountOptions.defaults().withSync(Sync.MANUAL))) {
            mount.pull().await();
            assertThat(mount.repository().selection()).isEqualTo(of("/top.txt"));
        }
    }

    @Test
    void aCopyForKeepingKeepsWhatIsSelected() throws Exception {
        commit(project, "takes/a.mov", random(8));
        Share share = share();
        Mount mount = join(share.ticket(), "mount", manual("takes/**"));
        mount.fetchAll().await();
        mount.pull().await();
        assertThat(mount.repository().fsck(bytes -> {}).promisedCount()).isGreaterThan(1);
        mount.select(before -> of("takes/**", "/raw/")).await();
        assertThat(mount.repository().fsck(bytes -> {}).promisedCount()).isEqualTo(1); // top.txt
        mount.close();
        try (Repository alone = Repository.open(mount.root(), RepositoryOptions.defaults())) {
            alone.checkout("HEAD~1", CheckoutOptions.defaults());
            assertThat(has(mount.root(), "takes/a.mov", random(1))).isTrue();
        }
    }

    @Test
    void onlyTheBranchesThatAreFollowedCome() throws Exception {
        ObjectId first;
        ObjectId other;
        try (Repository repository = Repository.open(project, RepositoryOptions.defaults())) {
            first = repository.head().orElseThrow();
            repository.createTag("v1", "HEAD", "");
            repository.createBranch("grade", "HEAD");
            repository.createBranch("feature", "HEAD");
            repository.checkout("feature", CheckoutOptions.defaults());
            other = commit(project, "feature.txt", "feature".getBytes());
            repository.createTag("v2", "HEAD", "");
            repository.checkout("main", CheckoutOptions.defaults());
        }
        Share share = share();
        Mount mount = join(share.ticket(), "mount", MountOptions.defaults().withBranches(List.of("grade")));
        mount.pull().await();
        Repository repository = mount.repository();
        assertThat(repository.currentBranch()).contains(RefName.branch("grade"));
        assertThat(repository.branches()).containsOnlyKeys(RefName.branch("grade"));
        assertThat(repository.tags()).containsOnlyKeys(RefName.tag("v1"));
        assertThat(repository.store().contains(other)).isFalse();
        assertThat(mount.branches()).containsExactly("grade");
        until.holds("it is in step", () -> mount.syncState().inStep());

        // One that is made here and not followed stays here, and that is said.
        repository.createBranch("mine", first.toString());
        until.holds(
                "it is said",
                () -> mount.syncState().problems().getOrDefault("mine", "").contains("--branch mine"));
        assertThat(share.repository().branches()).doesNotContainKey(RefName.branch("mine"));

        mount.selectBranches(List.of("grade", "feature", "mine"));
        until.holds(
                "what is followed now is here and there",
                () -> repository.branches().containsKey(RefName.branch("feature"))
                        && share.repository().branches().containsKey(RefName.branch("mine"))
                        && mount.syncState().inStep());
        assertThat(repository.store().contains(other)).isTrue();
        assertThat(repository.branches()).doesNotContainKey(RefName.branch("main"));
        mount.selectBranches(List.of());
        until.holds("all are here", () -> repository.branches().containsKey(RefName.branch("main")));
        assertThat(repository.tags()).containsOnlyKeys(RefName.tag("v1"), RefName.tag("v2"));
        assertThat(repository.fsck(bytes -> {}).clean()).isTrue();
    }

    @Test
    void aBranchThatIsNotFollowedIsNotPulled() throws Exception {
        try (Repository repository = Repository.open(project, RepositoryOptions.defaults())) {
            repository.createBranch("grade", "HEAD");
        }
        Share share = share();
        Mount mount = join(share.ticket(), "mount", manual().withBranches(List.of("grade")));
        mount.pull().await();
        mount.repository().createBranch("main", "HEAD");
        mount.repository().checkout("main", CheckoutOptions.defaults());
        assertThatExceptionOfType(DitsException.class)
                .isThrownBy(() -> mount.pull().await())
                .withMessageContaining("--branch main");
    }

    @Test
    void whatIsOutsideTheGrantIsRefusedAndNothingChanges() throws Exception {
        try (Repository repository = Repository.open(project, RepositoryOptions.defaults())) {
            repository.createBranch("secret", "HEAD");
        }
        Share share = share();
        Queue<DitsEvent.RequestRefused> refused = new ConcurrentLinkedQueue<>();
        share.onEvent(event -> {
            if (event instanceof DitsEvent.RequestRefused one) {
                refused.add(one);
            }
        });
        Map<RefName, ObjectId> before = share.repository().refs();
        ObjectId head = share.repository().head().orElseThrow();

        // A branch that the grant does not show is as if it were not there; a part of one that it shows can be mounted.
        Invite main = share.invite(InviteOptions.defaults().withBranches(List.of("main")));
        Mount outside = join(main.secret(), "outside", manual("takes/**").withBranches(List.of("secret")));
        assertThatExceptionOfType(DitsException.class)
                .isThrownBy(() -> outside.pull().await())
                .withMessageContaining("no branch secret");
        assertThat(outside.repository().refs()).isEmpty();
        assertThat(onDisk(outside.root())).isEmpty();
        outside.close();
        Mount within = join(main.secret(), "within", manual("takes/**").withBranches(List.of("main")));
        within.pull().await();
        assertThat(onDisk(within.root())).containsExactly("takes/a.mov", "takes/notes.txt");
        assertThat(within.repository().branches()).containsOnlyKeys(RefName.branch("main"));

        // A grant of paths shows ranges of files, and no trees, whose nodes name what lies beside them.
        Invite takes = share.invite(InviteOptions.defaults().withPaths(List.of("takes")));
        Mount ranges = join(takes.secret(), "ranges", manual("raw/**"));
        assertThat(ranges.readRange(head, "takes/notes.txt", 0, 5)).isEqualTo("notes".getBytes());
        assertThatExceptionOfType(PermissionDeniedException.class)
                .isThrownBy(() -> ranges.readRange(head, "raw/big.bin", 0, 5));
        assertThatExceptionOfType(PermissionDeniedException.class)
                .isThrownBy(() -> ranges.pull().await());
        until.holds("it is told at the share", () -> refused.size() == 2);
        assertThat(ranges.repository().refs()).isEmpty();
        assertThat(onDisk(ranges.root())).isEmpty();
        assertThat(share.repository().refs()).isEqualTo(before);
    }
}
