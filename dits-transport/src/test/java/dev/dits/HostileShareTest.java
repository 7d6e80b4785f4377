package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.error.MissingObjectException;
import dev.dits.error.ProtocolException;
import dev.dits.object.Commit;
import dev.dits.object.DirectoryRef;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectKind;
import dev.dits.object.ObjectWalk;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.LinkPolicy;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.session.Exchange;
import dev.dits.session.RequestHandler;
import dev.dits.session.Session;
import dev.dits.session.TestShare;
import dev.dits.store.StoreWriter;
import dev.dits.sync.Responder;
import dev.dits.sync.SharePolicy;
import dev.dits.wire.Message;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A share that has joined honestly and lies in its answers: what a mount does, and that an honest pull works afterwards. */
@Timeout(120)
class HostileShareTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** What the share does in place of an honest answer; false to be honest. */
    private interface Trick {
        boolean answer(Session session, Message request, Exchange exchange) throws IOException, InterruptedException;
    }

    /** An object as it travels. */
    private record Node(ObjectId id, byte[] bytes) {
        Message message() {
            return new Message.ObjectData(0, bytes.length, bytes);
        }
    }

    @TempDir
    Path temporary;

    private Path project;
    private Repository repository;
    private TestShare node;
    private TestShare.Door door;
    private Dits mounter;
    private ObjectId tip;
    private volatile Trick trick = (session, request, exchange) -> false;

    @BeforeEach
    void open() throws Exception {
        project = temporary.resolve("project");
        for (int i = 0; i < 20; i++) {
            Trees.random(project.resolve("d" + i % 4 + "/file-" + i), i, 2_000 + i);
        }
        Trees.random(project.resolve("large"), 99, 1_500_000);
        repository = Repository.init(project, RepositoryOptions.defaults());
        tip = repository.commit("First", "a", CommitProgress.NONE).orElseThrow().id();
        RequestHandler honest =
                new Responder(repository, null, new SharePolicy(repository, false, (session, branch, commit) -> {}));
        node = new TestShare();
        door = node.share(Files.createDirectories(temporary.resolve("door")), "liar", (session, request, exchange) -> {
            if (!trick.answer(session, request, exchange)) {
                honest.handle(session, request, exchange);
            }
        });
        mounter = Dits.open(DitsOptions.defaults()
                .withHome(temporary.resolve("home"))
                .withCacheBytes(16 << 20)
                .withLanInterfaces("lo")
                .withBindAddress(InetAddress.getLoopbackAddress()));
    }

    @AfterEach
    void close() throws Exception {
        trick = (session, request, exchange) -> false;
        mounter.close();
        door.close();
        node.close();
        repository.close();
    }

    private Path directory() {
        return temporary.resolve("mount");
    }

    private static MountOptions exact() {
        return MountOptions.defaults().withSync(Sync.MANUAL).withLinks(LinkPolicy.AS_IS);
    }

    private Mount mount() throws Exception {
        return mounter.mount(
                door.code.display() + "@127.0.0.1:" + node.address().getPort(), directory(), exact());
    }

    private List<Node> nodes(ObjectId commit) throws IOException {
        List<Node> all = new ArrayList<>();
        new ObjectWalk(repository.objects(), ObjectWalk.Options.NONE.withVisited(new HashSet<>()))
                .commits(List.of(commit), List.of(), (id, bytes, kind) -> all.add(new Node(id, bytes)));
        return all;
    }

    /** Nothing but .dits in the mount, and then a pull from the share, which is honest now, brings everything. */
    private void nothingWrittenAndAllWellAfterwards() throws Exception {
        assertThat(Trees.describe(directory()).keySet()).allMatch(name -> name.matches("d\\d"));
        trick = (session, request, exchange) -> false;
        try (Mount again = mounter.open(directory(), exact())) {
            again.pull().await(PATIENCE);
            assertThat(Trees.describe(directory())).isEqualTo(Trees.describe(project));
            assertThat(again.repository().fsck(bytes -> {}).clean()).isTrue();
            assertThat(directory().resolve(".dits/tmp")).isEmptyDirectory();
        }
        assertThat(temporary.resolve("escaped")).doesNotExist();
    }

    private void refused(Class<? extends Exception> failure, Trick lie) throws Exception {
        try (Mount mount = mount()) {
            trick = lie;
            assertThatExceptionOfType(failure).isThrownBy(() -> mount.pull().await(PATIENCE));
        }
        nothingWrittenAndAllWellAfterwards();
    }

    private static Trick chunks(Message... answers) {
        return (session, request, exchange) -> {
            if (!(request instanceof Message.GetChunks)) {
                return false;
            }
            for (Message answer : answers) {
                exchange.send(answer);
            }
            return true;
        };
    }

    @Test
    void wrongBytes() throws Exception {
        refused(
                CorruptObjectException.class,
                chunks(new Message.Chunk(0, 5, "wrong".getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void lengthsThatDoNotAgree() throws Exception {
        refused(ProtocolException.class, chunks(new Message.Chunk(0, 6, "wrong".getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void anAnswerCutShort() throws Exception {
        refused(ProtocolException.class, chunks());
    }

    @Test
    void aGap() throws Exception {
        refused(MissingObjectException.class, chunks(new Message.Gap(0, 0, 2)));
    }

    @Test
    void framesOfAnotherKind() throws Exception {
        refused(ProtocolException.class, chunks(new Message.Refs("main", List.of())));
    }

    private static Trick nodes(List<Node> answer) {
        return (session, request, exchange) -> {
            if (!(request instanceof Message.GetNodes)) {
                return false;
            }
            for (Node one : answer) {
                exchange.send(one.message());
            }
            return true;
        };
    }

    @Test
    void anObjectThatNobodyAskedFor() throws Exception {
        List<Node> all = nodes(tip);
        refused(ProtocolException.class, nodes(List.of(all.get(0), all.get(all.size() - 1))));
    }

    @Test
    void theSameObjectOverAndOver() throws Exception {
        List<Node> all = nodes(tip);
        refused(ProtocolException.class, nodes(List.of(all.get(0), all.get(1), all.get(1), all.get(1))));
    }

    @Test
    void aCommitWithoutItsTree() throws Exception {
        refused(MissingObjectException.class, nodes(nodes(tip).subList(0, 1)));
    }

    @Test
    void aTreeWithoutOneOfItsDirectories() throws Exception {
        List<Node> all = nodes(tip);
        refused(MissingObjectException.class, nodes(all.subList(0, all.size() - 1)));
    }

    /** A branch on a tree in place of a commit. */
    @Test
    void aReferenceToSomethingElse() throws Exception {
        Node tree = nodes(tip).get(1);
        trick = (session, request, exchange) -> {
            if (request instanceof Message.GetRefs) {
                exchange.send(new Message.Refs(
                        "main",
                        List.of(new Message.Refs.Ref("heads/main", tip), new Message.Refs.Ref("heads/tree", tree.id))));
                return true;
            }
            if (request instanceof Message.GetNodes nodes && nodes.wants().contains(tree.id)) {
                exchange.send(tree.message());
                return true;
            }
            return false;
        };
        try (Mount mount = mount()) {
            assertThatExceptionOfType(ProtocolException.class)
                    .isThrownBy(() -> mount.pull().await(PATIENCE));
            assertThat(mount.repository().refs()).isEmpty();
        }
        trick = (session, request, exchange) -> false;
        try (Mount again = mounter.open(directory(), exact())) {
            again.pull().await(PATIENCE);
            assertThat(again.repository().fsck(bytes -> {}).clean()).isTrue();
        }
        nothingIsMissing();
    }

    @Test
    void namesThatLeadOutOfTheTree() throws Exception {
        for (String name : List.of("../escaped", "..", ".dits")) {
            Files.createDirectories(temporary.resolve("seed"));
            // A name of the same length that sorts alike, which is then replaced in the encoded node.
            String stand = "x".repeat(name.length());
            List<Node> forged = new ArrayList<>();
            dev.dits.object.DirectoryBuilder builder =
                    new dev.dits.object.DirectoryBuilder((id, bytes) -> forged.add(new Node(id, bytes)));
            builder.add(new dev.dits.object.FileEntry(
                    dev.dits.object.EntryName.of(stand.getBytes(StandardCharsets.UTF_8)),
                    0644,
                    dev.dits.object.Mtime.of(java.time.Instant.EPOCH),
                    new dev.dits.object.Content.SingleChunk(ObjectId.hash(new byte[] {1}), 1)));
            DirectoryRef ref = builder.finish();
            byte[] tree = new String(forged.get(0).bytes, StandardCharsets.ISO_8859_1)
                    .replace(stand, name)
                    .getBytes(StandardCharsets.ISO_8859_1);
            Commit first = repository.readCommit(tip);
            byte[] commit = new Commit(
                            new DirectoryRef(ObjectId.hash(tree), ref.bytes(), ref.files()),
                            List.of(),
                            "a",
                            first.time(),
                            "forged",
                            first.extensions())
                    .encode();
            Node head = new Node(ObjectId.hash(commit), commit);
            try (Mount mount = mounter.mount(
                    door.code.display() + "@127.0.0.1:" + node.address().getPort(), directory(), exact())) {
                trick = (session, request, exchange) -> {
                    if (request instanceof Message.GetRefs) {
                        exchange.send(new Message.Refs("main", List.of(new Message.Refs.Ref("heads/main", head.id))));
                        return true;
                    }
                    return nodes(List.of(head, new Node(ObjectId.hash(tree), tree)))
                                    .answer(session, request, exchange)
                            || chunks(new Message.Chunk(0, 1, new byte[] {1})).answer(session, request, exchange);
                };
                assertThatExceptionOfType(CorruptObjectException.class)
                        .isThrownBy(() -> mount.pull().await(PATIENCE));
            }
            trick = (session, request, exchange) -> false;
            assertThat(Trees.describe(directory())).isEmpty();
            assertThat(temporary.resolve("escaped")).doesNotExist();
        }
        nothingWrittenAndAllWellAfterwards();
    }

    @Test
    void namesOfReferencesThatCanNotBe() throws Exception {
        trick = (session, request, exchange) -> {
            if (!(request instanceof Message.GetRefs)) {
                return false;
            }
            List<Message.Refs.Ref> refs = new ArrayList<>();
            for (String name : List.of(
                    "heads/main",
                    "heads/../../../escaped",
                    "heads/a\u001b[2Jb",
                    "heads/" + "n".repeat(199),
                    "tags/..",
                    "tags/",
                    "heads",
                    "x",
                    "remotes/other/main",
                    "heads/x.lock")) {
                refs.add(new Message.Refs.Ref(name, tip));
            }
            exchange.send(new Message.Refs("../head", refs));
            return true;
        };
        try (Mount mount = mount()) {
            mount.pull().await(PATIENCE);
            assertThat(mount.repository().refs().keySet().stream().map(Object::toString))
                    .containsExactlyInAnyOrder("refs/heads/main", "refs/remotes/origin/main");
        }
        nothingIsMissing();
    }

    private void nothingIsMissing() throws Exception {
        assertThat(Trees.describe(directory())).isEqualTo(Trees.describe(project));
        assertThat(temporary.resolve("escaped")).doesNotExist();
    }

    @Test
    void aShareWithoutAnEndOfReferences() throws Exception {
        refused(ProtocolException.class, (session, request, exchange) -> {
            if (!(request instanceof Message.GetRefs)) {
                return false;
            }
            for (int page = 0; page < 100; page++) {
                List<Message.Refs.Ref> refs = new ArrayList<>();
                for (int i = 0; i < Message.REFS_MAX; i++) {
                    refs.add(new Message.Refs.Ref("heads/" + page + "-" + i, tip));
                }
                exchange.send(new Message.Refs("main", refs));
            }
            return true;
        });
    }

    /** The share answers pings and everything else, and never sends a chunk. */
    @Test
    void aStalledShareHoldsNeitherCancelNorClose() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        for (boolean stallNodes : new boolean[] {true, false}) {
            CountDownLatch asked = new CountDownLatch(1);
            trick = (session, request, exchange) -> {
                if (stallNodes ? request instanceof Message.GetNodes : request instanceof Message.GetChunks) {
                    asked.countDown();
                    over.await();
                }
                return false;
            };
            Mount mount = mount();
            Transfer transfer = mount.pull();
            assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
            transfer.cancel();
            assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> transfer.await(PATIENCE));
            Transfer second = mount.pull();
            Transfer queued = mount.pull();
            queued.cancel();
            assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> queued.await(PATIENCE));
            mount.close();
            assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> second.await(PATIENCE));
        }
        over.countDown();
        nothingWrittenAndAllWellAfterwards();
    }

    /** One lying answer among several that never come: the lie ends the transfer, the others do not hold it. */
    @Test
    void oneLieEndsWhatIsStalled() throws Exception {
        Trees.random(project.resolve("huge"), 7, 40_000_000);
        tip = repository.commit("More", "a", CommitProgress.NONE).orElseThrow().id();
        CountDownLatch over = new CountDownLatch(1);
        CountDownLatch stalled = new CountDownLatch(3);
        java.util.concurrent.atomic.AtomicInteger number = new java.util.concurrent.atomic.AtomicInteger();
        trick = (session, request, exchange) -> {
            if (request instanceof Message.GetChunks) {
                if (number.getAndIncrement() < 3) {
                    stalled.countDown();
                    over.await();
                } else {
                    stalled.await();
                    exchange.send(new Message.Chunk(0, 5, "wrong".getBytes(StandardCharsets.UTF_8)));
                    return true;
                }
            }
            return false;
        };
        try (Mount mount = mount()) {
            assertThatExceptionOfType(DitsException.class)
                    .isThrownBy(() -> mount.pull().await(PATIENCE))
                    .isInstanceOf(CorruptObjectException.class);
        } finally {
            over.countDown();
        }
        nothingWrittenAndAllWellAfterwards();
    }

    /** What an interrupted try left of the tree: its root is here, what is below it is not. */
    @Test
    void aTreeThatAnEarlierTryLeftInPart() throws Exception {
        List<Node> all = nodes(tip);
        assertThat(dev.dits.object.ObjectCodec.kindOf(all.get(1).bytes)).isEqualTo(ObjectKind.DIRECTORY_LEAF);
        try (Mount mount = mount()) {
            try (StoreWriter writer = mount.repository().store().newWriter()) {
                writer.write(all.get(0).id, all.get(0).bytes);
                writer.write(all.get(1).id, all.get(1).bytes);
                writer.flush();
            }
            CountDownLatch ended = new CountDownLatch(1);
            trick = (session, request, exchange) -> {
                if (!(request instanceof Message.GetNodes)) {
                    return false;
                }
                exchange.send(all.get(0).message());
                exchange.send(all.get(1).message());
                exchange.flush();
                // Time enough for a mount that starts too early to fail.
                if (!ended.await(1, TimeUnit.SECONDS)) {
                    for (Node one : all.subList(2, all.size())) {
                        exchange.send(one.message());
                    }
                }
                return true;
            };
            Transfer transfer = mount.pull();
            transfer.toFuture().whenComplete((result, failure) -> ended.countDown());
            transfer.await(PATIENCE);
            nothingIsMissing();
        }
    }

    /** The connection ends in the middle of the nodes: the mount comes back and asks again. */
    @Test
    void aConnectionLostAmongTheNodes() throws Exception {
        List<Node> all = nodes(tip);
        java.util.concurrent.atomic.AtomicBoolean once = new java.util.concurrent.atomic.AtomicBoolean();
        trick = (session, request, exchange) -> {
            if (request instanceof Message.GetNodes && once.compareAndSet(false, true)) {
                exchange.send(all.get(0).message());
                exchange.flush();
                throw new ProtocolException("a reason to drop the connection");
            }
            return false;
        };
        try (Mount mount = mount()) {
            mount.pull().await(PATIENCE);
            nothingIsMissing();
        }
    }
}
