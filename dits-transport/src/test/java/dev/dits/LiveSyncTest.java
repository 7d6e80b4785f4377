package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.error.BranchMovedException;
import dev.dits.object.ObjectId;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A share and its mounts are kept in step by themselves, in both directions. */
class LiveSyncTest {
    private static final RefName MAIN = RefName.branch("main");

    @TempDir
    Path temporary;

    private final TestNodes nodes = new TestNodes(() -> temporary);
    private final Until until = new Until();
    private Path project;

    @BeforeEach
    void project() throws Exception {
        project = Files.createDirectories(temporary.resolve("project"));
        Files.writeString(project.resolve("file"), "first");
        Files.writeString(project.resolve("other"), "first");
        try (Repository repository = Repository.init(project, RepositoryOptions.defaults())) {
            repository.commit("First", "a", CommitProgress.NONE);
        }
    }

    @AfterEach
    void close() throws Exception {
        nodes.close();
    }

    private Share share() throws IOException {
        return share(ShareOptions.defaults());
    }

    private Share share(ShareOptions options) throws IOException {
        return until.watch(nodes.keep(
                nodes.open("share").share(project, options.withBindAddress(InetAddress.getLoopbackAddress()))));
    }

    private Mount join(String secret, String name) throws Exception {
        return until.watch(nodes.keep(nodes.open(name).mount(secret, temporary.resolve(name))));
    }

    private Mount pulled(String secret, String name) throws Exception {
        Mount mount = join(secret, name);
        mount.pull().await();
        return mount;
    }

    /** As another process does it, which knows nothing of shares and mounts. */
    private static ObjectId commit(Path root, String file, String content) throws IOException {
        try (Repository repository = Repository.open(root, RepositoryOptions.defaults())) {
            Files.writeString(root.resolve(file), content);
            return repository
                    .commit("Edit " + file, "somebody", CommitProgress.NONE)
                    .orElseThrow()
                    .id();
        }
    }

    private static boolean has(Path root, String file, String content) throws IOException {
        try {
            return Files.readString(root.resolve(file)).equals(content);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static Queue<DitsEvent> events(Mount mount) {
        Queue<DitsEvent> events = new ConcurrentLinkedQueue<>();
        mount.onEvent(events::add);
        return events;
    }

    private static <T extends DitsEvent> List<T> only(Queue<DitsEvent> events, Class<T> kind) {
        return events.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    @Test
    void aCommitOnAnySideIsOnAllSides() throws Exception {
        Share share = share();
        Mount one = pulled(share.ticket(), "one");
        Mount two = pulled(share.ticket(), "two");
        Queue<DitsEvent> events = events(two);

        ObjectId theirs = commit(project, "file", "by the share");
        until.holds(
                "the mounts follow",
                () -> has(one.root(), "file", "by the share") && has(two.root(), "file", "by the share"));

        // By the mount's own means, and by a process that knows of no mount.
        Files.writeString(one.root().resolve("file"), "by the mount");
        ObjectId mine = one.commit("By the mount").orElseThrow();
        until.holds(
                "the share and the other mount follow",
                () -> has(project, "file", "by the mount") && has(two.root(), "file", "by the mount"));
        ObjectId others = commit(two.root(), "new", "by the other");
        until.holds("all follow", () -> has(project, "new", "by the other") && has(one.root(), "new", "by the other"));

        until.holds(
                "all are in step",
                () -> one.syncState().inStep() && two.syncState().inStep());
        for (Repository repository : List.of(share.repository(), one.repository(), two.repository())) {
            assertThat(repository.head()).contains(others);
            assertThat(repository.isAncestor(theirs, others)).isTrue();
            assertThat(repository.isAncestor(mine, others)).isTrue();
            assertThat(repository.status().clean()).isTrue();
            assertThat(repository.fsck(bytes -> {}).clean()).isTrue();
        }
        assertThat(only(events, DitsEvent.BranchMoved.class))
                .contains(new DitsEvent.BranchMoved("main", theirs, "project"));
        assertThat(only(events, DitsEvent.Pushed.class)).containsExactly(new DitsEvent.Pushed("main", others));
        assertThat(only(events, DitsEvent.TreeMoved.class))
                .extracting(DitsEvent.TreeMoved::commit)
                .contains(theirs, mine);
        until.holds(
                "it is told",
                () -> events.peek() != null && events.stream().anyMatch(DitsEvent.InStep.class::isInstance));
        assertThat(only(events, DitsEvent.SyncProblem.class)).isEmpty();
    }

    @Test
    void nothingIsFetchedBeforeTheFirstPullAndNothingByItselfWhereItIsManual() throws Exception {
        Share share = share();
        Mount early = join(share.ticket(), "early");
        Mount manual = until.watch(nodes.keep(nodes.open("manual")
                .mount(
                        share.ticket(),
                        temporary.resolve("manual"),
                        MountOptions.defaults().withSync(Sync.MANUAL))));
        manual.pull().await();
        Mount live = pulled(share.ticket(), "live");
        commit(project, "file", "second");
        ObjectId made = commit(manual.root(), "mine", "mine");
        until.holds("the live one follows", () -> has(live.root(), "file", "second"));
        until.holds("the manual one hears", () -> manual.syncState().behind());
        assertThat(early.root().resolve("file")).doesNotExist();
        assertThat(early.repository().refs()).isEmpty();
        assertThat(manual.root().resolve("file")).hasContent("first");
        assertThat(manual.syncState().unpushed()).isEqualTo(1);
        assertThat(share.repository().store().contains(made)).isFalse();
        early.pull().await();
        commit(project, "file", "third");
        until.holds("it is kept in step from now on", () -> has(early.root(), "file", "third"));
    }

    @Test
    void branchesGoBothWaysAndTheTreeFollowsItsOwn() throws Exception {
        Share share = share();
        Mount one = pulled(share.ticket(), "one");
        Mount two = pulled(share.ticket(), "two");
        RefName feature = RefName.branch("feature/x");
        one.repository().createBranch("feature/x", "main");
        one.checkout("feature/x").await();
        ObjectId made = commit(one.root(), "file", "feature");
        until.holds(
                "the branch is everywhere",
                () -> two.repository().ref(feature).equals(Optional.of(made))
                        && share.repository().ref(feature).equals(Optional.of(made)));
        assertThat(project.resolve("file")).hasContent("first");
        two.checkout("feature/x").await();
        assertThat(two.root().resolve("file")).hasContent("feature");
        ObjectId more = commit(one.root(), "file", "feature again");
        until.holds("who looks at it sees it", () -> has(two.root(), "file", "feature again"));
        assertThat(share.repository().ref(feature)).contains(more);

        // Deleted in a mount it stays with the share, and does not come back; deleted on the share it is not brought
        // back.
        one.checkout("main").await();
        one.repository().deleteBranch("feature/x");
        share.repository().deleteBranch("feature/x");
        ObjectId later = commit(project, "other", "later");
        until.holds(
                "rounds went on",
                () -> one.repository().ref(MAIN).equals(Optional.of(later))
                        && two.repository().ref(MAIN).equals(Optional.of(later)));
        until.holds("in step", () -> one.syncState().inStep() && two.syncState().inStep());
        assertThat(one.repository().ref(feature)).isEmpty();
        assertThat(two.repository().ref(feature)).contains(more);
        assertThat(share.repository().ref(feature)).isEmpty();
    }

    @Test
    void localChangesMakeATreeLagAndAreNeverOverwritten() throws Exception {
        Share share = share();
        Mount one = pulled(share.ticket(), "one");
        Queue<DitsEvent> events = events(one);
        Files.writeString(one.root().resolve("file"), "not committed");
        Files.writeString(one.root().resolve("other"), "first, and more");
        ObjectId theirs = commit(project, "file", "theirs");
        until.holds("it lags", () -> !one.syncState().lagging().isEmpty());
        assertThat(one.syncState().lagging()).containsExactly("file");
        assertThat(one.syncState().inStep()).isFalse();
        assertThat(one.repository().head()).contains(theirs);
        assertThat(one.root().resolve("file")).hasContent("not committed");
        // The state is there first, the event comes behind it.
        until.holds("it is told", () -> !only(events, DitsEvent.Lagging.class).isEmpty());
        assertThat(only(events, DitsEvent.Lagging.class))
                .containsExactly(new DitsEvent.Lagging("main", List.of("file")));
        // Taken back, which nobody announces.
        Files.writeString(one.root().resolve("file"), "first");
        until.holds("it goes on", () -> has(one.root(), "file", "theirs"));
        until.holds("it does not lag", () -> one.syncState().lagging().isEmpty());
        assertThat(one.root().resolve("other")).hasContent("first, and more");

        // The share's tree is its owner's just as much.
        Files.writeString(one.root().resolve("other"), "first");
        Files.writeString(project.resolve("file"), "the owner's");
        ObjectId mine = commit(one.root(), "file", "mine");
        until.holds("it is pushed", () -> share.repository().head().equals(Optional.of(mine)));
        until.holds("the share lags", () -> share.lagging().equals(List.of("file")));
        assertThat(project.resolve("file")).hasContent("the owner's");
        Files.writeString(project.resolve("file"), "theirs");
        until.holds("it goes on", () -> has(project, "file", "mine"));
    }

    @Test
    void aReadOnlyMountFollowsAndKeepsItsCommits() throws Exception {
        Share share = share(ShareOptions.defaults().withReadOnly(true));
        Mount one = pulled(share.ticket(), "one");
        one.repository().createBranch("mine", "main");
        one.checkout("mine").await();
        ObjectId mine = commit(one.root(), "file", "mine");
        ObjectId theirs = commit(project, "file", "theirs");
        until.holds("it follows", () -> one.repository().ref(MAIN).equals(Optional.of(theirs)));
        assertThat(one.repository().ref(RefName.branch("mine"))).contains(mine);
        assertThat(share.repository().branches()).containsOnlyKeys(MAIN);
        assertThat(one.syncState()).isEqualTo(new SyncState(Sync.AUTO, false, 1, false, List.of(), Map.of()));
        assertThat(one.root().resolve("file")).hasContent("mine");
    }

    @Test
    void aBranchThatTheGrantDoesNotShowStaysHereAndIsAskedForOnce() throws Exception {
        Share share = share();
        Queue<DitsEvent> refused = new ConcurrentLinkedQueue<>();
        share.onEvent(event -> {
            if (event instanceof DitsEvent.RequestRefused) {
                refused.add(event);
            }
        });
        share.repository().createBranch("secret", "main");
        Invite invite = share.invite(InviteOptions.defaults().withBranches(List.of("main")));
        Mount one = pulled(invite.secret(), "one");
        Queue<DitsEvent> events = events(one);
        one.repository().createBranch("private", "main");
        until.holds(
                "it is told", () -> !only(events, DitsEvent.SyncProblem.class).isEmpty());
        for (int i = 0; i < 3; i++) {
            commit(project, "file", "round " + i);
            String expected = "round " + i;
            until.holds("it follows", () -> has(one.root(), "file", expected));
        }
        assertThat(one.syncState().problems()).containsOnlyKeys("private");
        assertThat(share.repository().branches()).doesNotContainKey(RefName.branch("private"));
        assertThat(one.repository().refs().keySet())
                .noneMatch(name -> name.value().contains("secret"));
        assertThat(refused).hasSize(1);
    }

    private static List<String> files(Path root) throws IOException {
        try (Stream<Path> all = Files.list(root)) {
            return all.filter(path -> !path.endsWith(Repository.DIRECTORY))
                    .map(path -> path.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    /** Everybody commits at once, again and again. Who commits just when the branch moved commits again: the tree follows meanwhile. */
    @Test
    void aShareAndThreeMountsThatAllGoOnConverge() throws Exception {
        Share share = share();
        List<Mount> mounts = new ArrayList<>();
        List<Path> roots = new ArrayList<>(List.of(project));
        for (String name : List.of("one", "two", "three")) {
            Mount mount = pulled(share.ticket(), name);
            mounts.add(mount);
            roots.add(mount.root());
        }
        Queue<DitsEvent> events = events(mounts.get(0));
        Queue<ObjectId> made = new ConcurrentLinkedQueue<>();
        List<Thread> users = new ArrayList<>();
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        for (int who = 0; who < roots.size(); who++) {
            Path root = roots.get(who);
            String name = "user" + who;
            Thread user = new Thread(() -> {
                try (Repository repository = Repository.open(root, RepositoryOptions.defaults())) {
                    for (int i = 0; i < 4; i++) {
                        Files.writeString(root.resolve("of-" + name), name + " " + i);
                        made.add(commitOnceItFollowed(repository, name));
                    }
                } catch (Throwable e) { // the test tells of it
                    failures.add(e);
                }
            });
            users.add(user);
            user.start();
        }
        for (Thread user : users) {
            user.join();
        }
        assertThat(failures).isEmpty();
        until.holds(
                "all are in step",
                () -> share.lagging().isEmpty()
                        && mounts.stream()
                                .allMatch(mount ->
                                        state(mount).inStep() && head(mount).equals(head(share))));
        until.holds(
                "the share's files are there",
                () -> share.repository().base().equals(share.repository().head()));
        ObjectId tip = share.head().orElseThrow();
        for (Path root : roots) {
            assertThat(files(root)).isEqualTo(files(project)).contains("of-user0", "of-user3", "file");
            assertThat(root.resolve("of-user2")).hasContent("user2 3");
        }
        for (ObjectId commit : made) {
            assertThat(share.repository().isAncestor(commit, tip)).isTrue();
        }
        for (Mount mount : mounts) {
            assertThat(mount.repository().status().clean()).isTrue();
            assertThat(mount.repository().fsck(bytes -> {}).clean()).isTrue();
        }
        assertThat(share.repository().fsck(bytes -> {}).clean()).isTrue();
        assertThat(only(events, DitsEvent.SyncProblem.class)).isEmpty();
    }

    private static ObjectId commitOnceItFollowed(Repository repository, String who) throws IOException {
        while (true) {
            try {
                return repository
                        .commit("By " + who, who, CommitProgress.NONE)
                        .orElseThrow()
                        .id();
            } catch (BranchMovedException e) {
                LockSupport.parkNanos(1_000_000);
            }
        }
    }

    private static SyncState state(Mount mount) {
        try {
            return mount.syncState();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<ObjectId> head(Mount mount) {
        try {
            return mount.repository().head();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<ObjectId> head(Share share) {
        try {
            return share.head();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its merges are nobody else's, and yet hold what only the share can give, under a name that the share does not know. */
    @Test
    void aReadOnlyMountMergesForItself() throws Exception {
        Share share = share(ShareOptions.defaults().withReadOnly(true));
        Mount one = pulled(share.ticket(), "one");
        Queue<DitsEvent> events = events(one);
        Files.writeString(one.root().resolve("file"), "the mount's");
        // Younger than the share's: its version keeps the name.
        Files.setLastModifiedTime(
                one.root().resolve("file"), FileTime.from(Instant.now().plusSeconds(3_600)));
        one.commit("Mine").orElseThrow();
        ObjectId theirs = commit(project, "file", "the share's");
        until.holds(
                "it merges",
                () -> one.repository()
                        .isAncestor(theirs, one.repository().head().orElseThrow()));
        until.holds(
                "the files follow",
                () -> one.repository().base().equals(one.repository().head()));
        List<DitsEvent.Merged> merged = only(events, DitsEvent.Merged.class);
        assertThat(merged)
                .singleElement()
                .satisfies(merge -> assertThat(merge.copies()).singleElement().satisfies(copy -> {
                    assertThat(one.root().resolve(copy.kept().display())).hasContent("the mount's");
                    assertThat(one.root().resolve(copy.copy().display())).hasContent("the share's");
                }));
        assertThat(share.repository().head()).contains(theirs);
        assertThat(one.syncState().unpushed()).isEqualTo(2);
        assertThat(one.syncState().problems()).isEmpty();
    }
}
