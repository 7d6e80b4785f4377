package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dits.crypto.JoinCode;
import dev.dits.error.BranchMovedException;
import dev.dits.error.DitsException;
import dev.dits.error.MissingObjectException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.object.Commit;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectWalk;
import dev.dits.object.TreePath;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.session.Access;
import dev.dits.session.Dialer;
import dev.dits.session.Exchange;
import dev.dits.session.Invitation;
import dev.dits.session.RequestHandler;
import dev.dits.session.RequestStream;
import dev.dits.session.Session;
import dev.dits.session.TestShare;
import dev.dits.sync.Responder;
import dev.dits.sync.SharePolicy;
import dev.dits.wire.Message;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A mount that has joined and asks for what it may not have: refused each time, nothing changed. */
@Timeout(120)
class HostileMountTest {
    private static final RequestHandler NOTHING = (session, request, exchange) -> {
        throw new MissingObjectException("withheld");
    };

    @TempDir
    Path temporary;

    private Path project;
    private Repository repository;
    private TestShare sharer;
    private TestShare mounter;
    private TestShare.Door door;
    private ObjectId first;
    private ObjectId tip;
    private SortedMap<RefName, ObjectId> refsBefore;

    @BeforeEach
    void open() throws Exception {
        project = temporary.resolve("project");
        Files.createDirectories(project.resolve("open"));
        Files.createDirectories(project.resolve("secret"));
        Files.writeString(project.resolve("open/file"), "for all");
        Files.writeString(project.resolve("secret/file"), "not for all");
        Trees.random(project.resolve("large"), 1, 8_000_000);
        repository = Repository.init(project, RepositoryOptions.defaults());
        first = commit("First");
        Files.writeString(project.resolve("open/file"), "for all, changed");
        tip = commit("Second");
        refsBefore = repository.refs();
        sharer = new TestShare();
        mounter = new TestShare();
        door = sharer.share(
                Files.createDirectories(temporary.resolve("door")),
                "share",
                new Responder(repository, null, new SharePolicy(repository, false, (session, branch, commit) -> {})));
    }

    private ObjectId commit(String message) throws IOException {
        return repository
                .commit(message, "a", CommitProgress.NONE)
                .orElseThrow()
                .id();
    }

    @AfterEach
    void close() throws Exception {
        mounter.close();
        door.close();
        sharer.close();
        repository.close();
    }

    private Session join(Access access, RequestHandler handler) throws Exception {
        JoinCode code = JoinCode.generate(mounter.random, 4);
        door.acceptor.invite(Invitation.of(code, access, null));
        return mounter.join(sharer.address(), Dialer.Key.of(code), handler).session();
    }

    private static List<Message> ask(Session session, Message request) throws IOException {
        List<Message> answer = new ArrayList<>();
        try (RequestStream stream = session.open(request)) {
            for (Message message = stream.receive(); !(message instanceof Message.End); message = stream.receive()) {
                answer.add(message);
            }
        }
        return answer;
    }

    private static Message chunks(ObjectId commit, String path, long count) {
        return new Message.GetChunks(
                commit, List.of(new Message.GetChunks.Item(path.getBytes(StandardCharsets.UTF_8), 0, count)));
    }

    private void nothingChanged() throws IOException {
        assertThat(repository.refs()).isEqualTo(refsBefore);
        assertThat(repository.fsck(bytes -> {}).clean()).isTrue();
        assertThat(repository.status().clean()).isTrue();
    }

    @Test
    void aGrantForOnePathShowsThatPathAlone() throws Exception {
        Access access = new Access(true, List.of(), List.of(TreePath.ofUtf8("open")), null);
        try (Session session = join(access, NOTHING)) {
            assertThat(ask(session, chunks(tip, "open/file", 1))).hasSize(1);
            for (Message request : List.of(
                    chunks(tip, "secret/file", 1),
                    chunks(tip, "openly", 1),
                    new Message.GetRange(tip, "secret/file".getBytes(StandardCharsets.UTF_8), 0, 1),
                    new Message.GetNodes(List.of(tip), List.of(), 0),
                    new Message.GetNodes(List.of(tip), List.of(), Message.GetNodes.WITHOUT_HISTORY))) {
                assertThatExceptionOfType(PermissionDeniedException.class)
                        .describedAs("%s", request)
                        .isThrownBy(() -> ask(session, request));
            }
        }
    }

    @Test
    void aGrantForOneBranchShowsNoOther() throws Exception {
        repository.createBranch("other", first.toString());
        Access access = new Access(false, List.of("other"), List.of(), null);
        try (Session session = join(access, NOTHING)) {
            assertThat(ask(session, new Message.GetRefs()))
                    .singleElement()
                    .satisfies(refs -> assertThat(((Message.Refs) refs).refs())
                            .containsExactly(new Message.Refs.Ref("heads/other", first)));
            assertThat(ask(session, chunks(first, "open/file", 1))).hasSize(1);
            assertThatExceptionOfType(PermissionDeniedException.class)
                    .isThrownBy(() -> ask(session, chunks(tip, "open/file", 1)));
            assertThatExceptionOfType(PermissionDeniedException.class)
                    .isThrownBy(() -> ask(session, new Message.Push("main", tip, first)));
        }
    }

    @Test
    void whatIsThereIsToldFromWhatIsNotByNothing() throws Exception {
        ObjectId unknown = ObjectId.hash(new byte[] {1, 2, 3});
        ObjectId tree = repository.readCommit(tip).tree().id();
        try (Session session = join(Access.toAll(false), NOTHING)) {
            for (ObjectId id : List.of(unknown, tree)) {
                assertThatExceptionOfType(PermissionDeniedException.class)
                        .isThrownBy(() -> ask(session, chunks(id, "open/file", 1)))
                        .withMessageContaining("is not among what this share shows you");
                assertThatExceptionOfType(PermissionDeniedException.class)
                        .isThrownBy(() -> ask(session, new Message.GetNodes(List.of(id), List.of(), 0)));
            }
        }
    }

    /** A commit that only a tag reaches, and haves that are tags. */
    @Test
    void whatATagReachesIsShown() throws Exception {
        repository.createBranch("gone", first.toString());
        ObjectId only = new Object() {
            ObjectId make() throws IOException {
                repository.checkout("gone", dev.dits.repo.CheckoutOptions.defaults());
                Files.writeString(project.resolve("only"), "in the tag");
                ObjectId made = commit("Only");
                repository.createTag("v1", made.toString(), "A release");
                repository.checkout("main", dev.dits.repo.CheckoutOptions.defaults());
                repository.deleteBranch("gone");
                return made;
            }
        }.make();
        ObjectId tag = repository.ref(RefName.tag("v1")).orElseThrow();
        try (Session session = join(Access.toAll(false), NOTHING)) {
            assertThat(ask(session, chunks(only, "only", 1))).hasSize(1);
            assertThat(ask(session, new Message.GetNodes(List.of(tip), List.of(tag), Message.GetNodes.WITHOUT_HISTORY)))
                    .isNotEmpty();
            assertThat(ask(session, new Message.GetNodes(List.of(tag), List.of(), Message.GetNodes.WITHOUT_HISTORY)))
                    .isNotEmpty();
        }
    }

    @Test
    void readOnlyMeansReadOnly() throws Exception {
        try (Session session = join(Access.toAll(true), NOTHING)) {
            assertThatExceptionOfType(PermissionDeniedException.class)
                    .isThrownBy(() -> ask(session, new Message.Push("main", tip, first)));
        }
        nothingChanged();
    }

    /** A commit on top of the tip, in a repository of the pusher. */
    private ObjectId onTop(Repository other) throws IOException {
        Commit base = repository.readCommit(tip);
        byte[] bytes = new Commit(base.tree(), List.of(tip), "a", base.time(), "On top", base.extensions()).encode();
        try (var writer = other.store().newWriter()) {
            ObjectId id = ObjectId.hash(bytes);
            writer.write(id, bytes);
            writer.flush();
            return id;
        }
    }

    @Test
    void aPushWhoseObjectsAreWithheld() throws Exception {
        try (Session session = join(Access.toAll(false), NOTHING)) {
            assertThatThrownBy(() -> ask(session, new Message.Push("main", tip, ObjectId.hash(new byte[] {9}))))
                    .isInstanceOf(DitsException.class);
            nothingChanged();
        }
    }

    @Test
    void aPushWhoseChunksAreWithheldOrWrong() throws Exception {
        Path elsewhere = Files.createDirectories(temporary.resolve("elsewhere"));
        try (Repository other = Repository.init(elsewhere, RepositoryOptions.defaults())) {
            Trees.random(elsewhere.resolve("new"), 3, 100_000);
            ObjectId pushed =
                    other.commit("New", "b", CommitProgress.NONE).orElseThrow().id();
            for (Message lie : List.of(
                    new Message.Gap(0, 0, 2),
                    new Message.Chunk(0, 3, new byte[] {1, 2, 3}),
                    new Message.Refs("", List.of()))) {
                RequestHandler liar = (session, request, exchange) -> answer(other, request, exchange, lie);
                try (Session session = join(Access.toAll(false), liar)) {
                    assertThatThrownBy(
                                    () -> ask(session, new Message.Push("fresh", ObjectId.ofWords(0, 0, 0, 0), pushed)))
                            .isInstanceOf(DitsException.class);
                    nothingChanged();
                }
            }
            // The same push, honest now, is taken: what an earlier one left does not count as had.
            RequestHandler honest = new Responder(other, null, new SharePolicy(other, true, (s, branch, commit) -> {}));
            try (Session session = join(Access.toAll(false), honest)) {
                ask(session, new Message.Push("fresh", ObjectId.ofWords(0, 0, 0, 0), pushed));
            }
            assertThat(repository.ref(RefName.branch("fresh"))).contains(pushed);
            assertThat(repository.fsck(bytes -> {}).clean()).isTrue();
        }
    }

    private static void answer(Repository other, Message request, Exchange exchange, Message lie) throws IOException {
        if (request instanceof Message.GetNodes nodes) {
            new ObjectWalk(other.objects(), ObjectWalk.Options.NONE.withVisited(new HashSet<>()))
                    .commits(
                            nodes.wants(),
                            List.of(),
                            (id, bytes, kind) -> exchange.send(new Message.ObjectData(0, bytes.length, bytes)));
        } else {
            exchange.send(lie);
        }
    }

    @Test
    void aPushThatDoesNotContinueTheBranch() throws Exception {
        Path elsewhere = Files.createDirectories(temporary.resolve("elsewhere"));
        try (Repository other = Repository.init(elsewhere, RepositoryOptions.defaults())) {
            ObjectId onTop = onTop(other);
            RequestHandler handler =
                    (session, request, exchange) -> answer(other, request, exchange, new Message.Gap(0, 0, 2));
            try (Session session = join(Access.toAll(false), handler)) {
                // To an older commit, from a place where the branch is not, to a new name that exists.
                for (Message push : List.of(
                        new Message.Push("main", first, onTop),
                        new Message.Push("main", ObjectId.ofWords(0, 0, 0, 0), tip),
                        new Message.Push("main", tip, first))) {
                    assertThatThrownBy(() -> ask(session, push)).isInstanceOf(DitsException.class);
                    nothingChanged();
                }
                assertThatExceptionOfType(BranchMovedException.class)
                        .isThrownBy(() -> ask(session, new Message.Push("main", first, onTop)));
            }
        }
    }

    @Test
    void branchesWithNamesThatCanNotBe() throws Exception {
        for (String name : List.of("..", "../../x", "a b", "x.lock", "HEAD", "-x", "a\u0000b")) {
            try (Session session = join(Access.toAll(false), NOTHING)) {
                assertThatThrownBy(() -> ask(session, new Message.Push(name, ObjectId.ofWords(0, 0, 0, 0), tip)))
                        .isInstanceOf(IOException.class);
            }
            nothingChanged();
        }
    }

    /** The answer is far larger than what may be on its way; nobody reads it, on as many streams as are served. */
    @Test
    void nobodyReadsWhatWasAskedFor() throws Exception {
        List<Message.GetChunks.Item> items = new ArrayList<>();
        for (int i = 0; i < Message.ITEMS_MAX; i++) {
            items.add(new Message.GetChunks.Item("large".getBytes(StandardCharsets.UTF_8), 0, 1L << 40));
        }
        try (Session session = join(Access.toAll(false), NOTHING);
                Session other = join(Access.toAll(false), NOTHING)) {
            List<RequestStream> unread = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                unread.add(session.open(new Message.GetChunks(tip, items)));
            }
            // Which of them are served, and which starve behind what is not read, is this peer's own affair. Others are
            // served meanwhile.
            for (int i = 0; i < 20; i++) {
                assertThat(ask(other, chunks(tip, "open/file", 1))).hasSize(1);
            }
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            assertThat(runtime.totalMemory() - runtime.freeMemory()).isLessThan(256L << 20);
            unread.forEach(RequestStream::close);
            // And the one that did not read has not spoiled anything for itself.
            assertThat(ask(session, chunks(tip, "open/file", 1))).hasSize(1);
        }
        assertThat(Map.copyOf(repository.refs())).isEqualTo(refsBefore);
    }
}
