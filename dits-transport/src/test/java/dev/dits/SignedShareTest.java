package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.error.HistoryRewrittenException;
import dev.dits.error.InvalidSignatureException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.object.Commit;
import dev.dits.object.CommitTime;
import dev.dits.object.Extensions;
import dev.dits.object.ObjectId;
import dev.dits.object.Signatures;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.repo.Verification;
import dev.dits.store.RecordType;
import dev.dits.store.StoreWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignedShareTest {
    private static final RefName MAIN = RefName.branch("main");
    private static final RefName ORIGIN = RefName.remote("origin", "main");

    @TempDir
    Path temporary;

    private final TestNodes nodes = new TestNodes(() -> temporary);
    private Path project;
    private Repository owner;
    private Share share;
    private ObjectId first;
    private ObjectId second;

    @BeforeEach
    void share() throws Exception {
        project = temporary.resolve("project");
        owner = nodes.keep(Repository.init(project, RepositoryOptions.defaults().withAuthor("Ada")));
        first = commit(owner, "one");
        second = commit(owner, "two");
        share = nodes.keep(nodes.open("share").share(project));
    }

    @AfterEach
    void closeAll() throws Exception {
        nodes.close();
    }

    private Mount mount(String name) throws Exception {
        return mount(name, Sync.MANUAL);
    }

    private Mount mount(String name, Sync sync) throws Exception {
        Mount mount = nodes.keep(nodes.open(name)
                .mount(
                        share.ticket(),
                        temporary.resolve(name),
                        MountOptions.defaults().withSync(sync)));
        mount.pull().await();
        return mount;
    }

    private static ObjectId commit(Repository repository, String content) throws IOException {
        Files.writeString(repository.root().resolve("note"), content);
        return repository
                .commit(content, null, CommitProgress.NONE)
                .orElseThrow()
                .id();
    }

    private static ObjectId put(Repository repository, Commit commit) throws IOException {
        byte[] bytes = commit.encode();
        ObjectId id = ObjectId.hash(bytes);
        try (StoreWriter writer = repository.store().newWriter()) {
            writer.put(RecordType.OBJECT, id, bytes, 0, bytes.length);
            writer.flush();
        }
        return id;
    }

    private static Verification.State state(Repository repository, ObjectId commit) throws IOException {
        return repository.signers().verify(repository.readCommit(commit)).state();
    }

    /** The commit with another message and the same signature. */
    private static Commit forged(Repository repository, ObjectId honest) throws IOException {
        Commit commit = repository.readCommit(honest);
        return new Commit(
                commit.tree(),
                commit.parents(),
                commit.author(),
                commit.time(),
                commit.message() + ", they say",
                commit.extensions());
    }

    @Test
    void bothSidesVerifyWhatTheOtherCommits() throws Exception {
        Mount mount = mount("b");
        assertThat(state(mount.repository(), second)).isEqualTo(Verification.State.VERIFIED);
        assertThat(mount.repository().config().signaturesRequired()).isTrue();
        ObjectId mine = commit(mount.repository(), "three");
        mount.push().await();
        assertThat(state(owner, mine)).isEqualTo(Verification.State.VERIFIED);
        assertThat(owner.signers().verify(owner.readCommit(mine)).own()).isFalse();
        // Every copy has a key of its own.
        assertThat(mount.repository().signers().own())
                .isPresent()
                .isNotEqualTo(owner.signers().own());
        assertThat(owner.fsck(bytes -> {}).clean()).isTrue();
        assertThat(mount.repository().fsck(bytes -> {}).clean()).isTrue();
    }

    @Test
    void aForgedCommitIsNotTakenFromAPusher() throws Exception {
        Mount mount = mount("b");
        Repository copy = mount.repository();
        ObjectId honest = commit(copy, "three");
        ObjectId forged = put(copy, forged(copy, honest));
        copy.updateRef(MAIN, honest, forged);
        assertThatThrownBy(() -> mount.push().await())
                .isInstanceOf(PermissionDeniedException.class)
                .hasMessageContaining(forged.abbreviated())
                .hasMessageContaining("signature");
        assertThat(owner.ref(MAIN)).contains(second);
        // The objects are there now; that does not make them welcome.
        assertThatThrownBy(() -> mount.push().await()).isInstanceOf(PermissionDeniedException.class);
        assertThat(owner.ref(MAIN)).contains(second);
        copy.updateRef(MAIN, forged, honest);
        mount.push().await();
        assertThat(owner.ref(MAIN)).contains(honest);
    }

    @Test
    void anUnsignedCommitIsNotTakenFromAPusher() throws Exception {
        Mount mount = mount("b");
        Repository copy = mount.repository();
        Commit tip = copy.readCommit(second);
        ObjectId unsigned = put(
                copy,
                new Commit(
                        tip.tree(),
                        List.of(second),
                        "Ada",
                        new CommitTime(1_800_000_000, 0, 0),
                        "no name",
                        Extensions.NONE));
        copy.updateRef(MAIN, second, unsigned);
        assertThatThrownBy(() -> mount.push().await())
                .isInstanceOf(PermissionDeniedException.class)
                .hasMessageContaining("not signed");
        assertThat(owner.ref(MAIN)).contains(second);
    }

    @Test
    void nothingMovesWhereTheShareHasAForgedCommit() throws Exception {
        Mount mount = mount("b");
        SortedMap<RefName, ObjectId> before = mount.repository().refs();
        ObjectId honest = commit(owner, "three");
        ObjectId forged = put(owner, forged(owner, honest));
        owner.updateRef(MAIN, honest, forged);
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(() -> mount.pull().await())
                    .isInstanceOf(InvalidSignatureException.class)
                    .hasMessageContaining(forged.abbreviated());
            assertThat(mount.repository().refs()).isEqualTo(before);
            assertThat(mount.root().resolve("note")).hasContent("two");
        }
    }

    @Test
    void aForgedTipIsNotEvenWrittenByAFirstPull() throws Exception {
        ObjectId honest = commit(owner, "three");
        ObjectId forged = put(owner, forged(owner, honest));
        owner.updateRef(MAIN, honest, forged);
        Mount mount = nodes.keep(nodes.open("b")
                .mount(
                        share.ticket(),
                        temporary.resolve("b"),
                        MountOptions.defaults().withSync(Sync.MANUAL)));
        assertThatThrownBy(() -> mount.pull().await()).isInstanceOf(InvalidSignatureException.class);
        assertThat(mount.repository().refs()).isEmpty();
        assertThat(mount.root().resolve("note")).doesNotExist();
    }

    /** As somebody would who has the share's key: properly signed, and another history. */
    private ObjectId rewrite() throws IOException {
        owner.updateRef(MAIN, second, first);
        try (Repository again = Repository.open(project, RepositoryOptions.defaults())) {
            again.checkout("main", dev.dits.repo.CheckoutOptions.defaults());
            return commit(again, "other");
        }
    }

    @Test
    void aRewrittenHistoryWaitsForTheUser() throws Exception {
        Mount mount = mount("b");
        Repository copy = mount.repository();
        SortedMap<RefName, ObjectId> before = copy.refs();
        ObjectId other = rewrite();
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(() -> mount.pull().await())
                    .isInstanceOf(HistoryRewrittenException.class)
                    .hasMessageContaining("dits pull --accept " + other);
            assertThat(copy.refs()).isEqualTo(before);
            assertThat(mount.root().resolve("note")).hasContent("two");
        }

        // The choice of another commit is none of this one.
        mount.acceptRewritten(second);
        assertThatThrownBy(() -> mount.pull().await()).isInstanceOf(HistoryRewrittenException.class);

        mount.acceptRewritten(other);
        mount.pull().await();
        assertThat(copy.ref(MAIN)).contains(other);
        assertThat(copy.ref(ORIGIN)).contains(other);
        assertThat(mount.root().resolve("note")).hasContent("other");
        assertThat(copy.ref(RefName.branch("main-before-" + other.abbreviated())))
                .contains(second);
        assertThat(copy.config().get("remote.origin.accept")).isEmpty();
        assertThat(copy.fsck(bytes -> {}).clean()).isTrue();
    }

    @Test
    void aBranchThatGoesBackIsRewrittenToo() throws Exception {
        Mount mount = mount("b");
        owner.updateRef(MAIN, second, first);
        assertThatThrownBy(() -> mount.pull().await()).isInstanceOf(HistoryRewrittenException.class);
        assertThat(mount.repository().ref(MAIN)).contains(second);
        mount.acceptRewritten(first);
        mount.pull().await();
        assertThat(mount.repository().ref(MAIN)).contains(first);
        assertThat(mount.root().resolve("note")).hasContent("one");
        assertThat(mount.repository().ref(RefName.branch("main-before-" + first.abbreviated())))
                .contains(second);
    }

    @Test
    void keepingInStepDoesNotFollowARewrittenBranchNorPushTheOldOneBack() throws Exception {
        BlockingQueue<DitsEvent> events = new LinkedBlockingQueue<>();
        Mount mount =
                nodes.keep(nodes.open("b").mount(share.ticket(), temporary.resolve("b"), MountOptions.defaults()));
        mount.onEvent(events::add);
        mount.pull().await();
        await(events, DitsEvent.InStep.class);
        ObjectId other = rewrite();
        // A round may have looked while the branch had only gone back.
        DitsEvent.SyncProblem problem = await(events, DitsEvent.SyncProblem.class);
        while (!problem.reason().contains(other.toString())) {
            assertThat(problem.reason()).contains("rewritten");
            problem = await(events, DitsEvent.SyncProblem.class);
        }
        assertThat(mount.repository().ref(MAIN)).contains(second);
        assertThat(owner.ref(MAIN)).contains(other);
        mount.acceptRewritten(other);
        await(events, DitsEvent.InStep.class);
        assertThat(mount.repository().ref(MAIN)).contains(other);
        assertThat(mount.root().resolve("note")).hasContent("other");
        assertThat(owner.branches()).containsOnlyKeys(MAIN);
    }

    private static <T extends DitsEvent> T await(BlockingQueue<DitsEvent> events, Class<T> type) throws Exception {
        while (true) {
            DitsEvent event = events.poll(60, TimeUnit.SECONDS);
            assertThat(event).as("a " + type.getSimpleName()).isNotNull();
            if (type.isInstance(event)) {
                return type.cast(event);
            }
        }
    }

    @Test
    void aKeyThatIsNewForANameIsSaidLoudly() throws Exception {
        BlockingQueue<DitsEvent> events = new LinkedBlockingQueue<>();
        share.onEvent(events::add);
        Mount mount = mount("b");
        Files.writeString(mount.root().resolve("note"), "mine");
        ObjectId posing = mount.repository()
                .commit("posing", "Ada", CommitProgress.NONE)
                .orElseThrow()
                .id();
        mount.push().await();
        DitsEvent.NewKey told = await(events, DitsEvent.NewKey.class);
        assertThat(told.author()).isEqualTo("Ada");
        assertThat(told.commit()).isEqualTo(posing);
        assertThat(Optional.of(told.key()))
                .isEqualTo(mount.repository().signers().own());
        assertThat(state(owner, posing)).isEqualTo(Verification.State.NEW_KEY);
        assertThat(Signatures.check(owner.readCommit(posing)).key()).contains(told.key());
    }
}
