package dev.dits.sync;

import dev.dits.cache.ChunkCache;
import dev.dits.error.PermissionDeniedException;
import dev.dits.error.ProtocolException;
import dev.dits.object.Commit;
import dev.dits.object.Content;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.FileEntry;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectCodec;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectKind;
import dev.dits.object.ObjectWalk;
import dev.dits.object.TreeEntry;
import dev.dits.object.TreePath;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.session.ErrorCodes;
import dev.dits.session.Exchange;
import dev.dits.session.RequestException;
import dev.dits.session.RequestHandler;
import dev.dits.session.Requests;
import dev.dits.session.Session;
import dev.dits.store.RecordCodec;
import dev.dits.store.StoredRecord;
import dev.dits.wire.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Answers a peer's requests from a repository. Every request is checked against what the peer may see, each time ({@link Policy}).
 *
 * <p>Safe for use by several threads.
 */
public final class Responder implements RequestHandler {
    /** What a peer may see and do. */
    public interface Policy {
        /**
         * Tells whether a commit, or a tag, may be read.
         *
         * @param session the peer's session
         * @param commit which
         * @return whether it can be reached from something that the peer is shown
         * @throws IOException if the repository can not be read
         */
        boolean mayRead(Session session, ObjectId commit) throws IOException;

        /**
         * Tells which references the peer sees.
         *
         * @param session the peer's session
         * @return {@code heads/NAME} and {@code tags/NAME}
         * @throws IOException if the repository can not be read
         */
        Map<String, ObjectId> refs(Session session) throws IOException;

        /**
         * Takes a push.
         *
         * @param session the peer's session
         * @param push what it offers
         * @param pusher whom to ask for it: the process that offers it, which need not be the only one of the session
         * @return the answer
         * @throws IOException if it is refused or fails
         * @throws InterruptedException if the node is closing
         */
        Message.PushResult push(Session session, Message.Push push, Requests pusher)
                throws IOException, InterruptedException;
    }

    private final Repository repository;
    private final @Nullable ChunkCache cache;
    private final Policy policy;
    private final DirectoryTree directories;
    private final FileTree files;
    private final AtomicLong bytesSent = new AtomicLong();

    /**
     * @param repository what to answer from
     * @param cache where promised chunks may be too; null for none
     * @param policy what the peer may see
     */
    public Responder(Repository repository, @Nullable ChunkCache cache, Policy policy) {
        this.repository = repository;
        this.cache = cache;
        this.policy = policy;
        this.directories = new DirectoryTree(repository.objects());
        this.files = new FileTree(repository.objects());
    }

    /**
     * Tells how much was sent to all peers.
     *
     * @return bytes of frames
     */
    public long bytesSent() {
        return bytesSent.get();
    }

    @Override
    public void handle(Session session, Message request, Exchange exchange) throws IOException, InterruptedException {
        long before = exchange.bytes();
        try {
            if (request instanceof Message.GetRefs) {
                refs(session, exchange);
            } else if (request instanceof Message.GetNodes nodes) {
                nodes(session, nodes, exchange);
            } else if (request instanceof Message.GetChunks chunks) {
                chunks(session, chunks, exchange);
            } else if (request instanceof Message.GetRange range) {
                range(session, range, exchange);
            } else if (request instanceof Message.Push push) {
                exchange.send(policy.push(session, push, exchange.back()));
            } else {
                throw new ProtocolException(
                        "the peer opened a request with " + request.getClass().getSimpleName());
            }
            exchange.end();
        } finally {
            bytesSent.addAndGet(exchange.bytes() - before);
        }
    }

    private void refs(Session session, Exchange exchange) throws IOException {
        String head = repository.currentBranch().map(RefName::shortName).orElse("");
        List<Message.Refs.Ref> page = new ArrayList<>();
        for (Map.Entry<String, ObjectId> ref : policy.refs(session).entrySet()) {
            page.add(new Message.Refs.Ref(ref.getKey(), ref.getValue()));
            if (page.size() == Message.REFS_MAX) {
                exchange.send(new Message.Refs(head, page));
                page = new ArrayList<>();
            }
        }
        exchange.send(new Message.Refs(head, page));
    }

    private void check(Session session, ObjectId commit) throws IOException {
        if (!policy.mayRead(session, commit)) {
            // Whether it exists is not said.
            throw new PermissionDeniedException(
                    "commit " + commit.abbreviated() + " is not among what this share shows you");
        }
    }

    private void nodes(Session session, Message.GetNodes request, Exchange exchange) throws IOException {
        if (!session.access().paths().isEmpty()) {
            // Nodes name everything beside the paths that the grant shows.
            throw new PermissionDeniedException(
                    "your grant shows some paths only, and not whole commits; read ranges of files, or ask for access to all");
        }
        for (ObjectId want : request.wants()) {
            check(session, want);
        }
        List<ObjectId> haves = new ArrayList<>();
        for (ObjectId have : request.haves()) {
            // What the peer may not see is not ours to confirm, and what is not here prunes nothing.
            if (repository.store().contains(have) && policy.mayRead(session, have)) {
                haves.add(have);
            }
        }
        ObjectWalk walk =
                new ObjectWalk(repository.objects(), ObjectWalk.Options.NONE.withVisited(new java.util.HashSet<>()));
        ObjectWalk.Visitor visitor = (id, bytes, kind) ->
                exchange.send(new Message.ObjectData(Payloads.codec(RecordCodec.PLAIN), bytes.length, bytes));
        if ((request.flags() & Message.GetNodes.WITHOUT_HISTORY) == 0) {
            walk.commits(request.wants(), haves, visitor);
            return;
        }
        List<DirectoryRef> bases = new ArrayList<>();
        for (ObjectId have : haves) {
            byte[] bytes = repository.objects().require(have);
            if (ObjectCodec.kindOf(bytes) == ObjectKind.COMMIT) {
                bases.add(Commit.decode(bytes).tree());
            }
        }
        for (ObjectId want : request.wants()) {
            byte[] bytes = repository.objects().require(want);
            ObjectKind kind = ObjectCodec.kindOf(bytes);
            visitor.object(want, bytes, kind);
            if (kind == ObjectKind.COMMIT) {
                walk.directory(Commit.decode(bytes).tree(), bases, visitor);
            }
        }
    }

    private void chunks(Session session, Message.GetChunks request, Exchange exchange) throws IOException {
        check(session, request.commit());
        DirectoryRef tree = repository.readCommit(request.commit()).tree();
        int number = 0;
        for (Message.GetChunks.Item item : request.items()) {
            checkPath(session, item.path());
            item(tree, number++, item, exchange);
        }
    }

    private static void checkPath(Session session, byte[] path) throws IOException {
        if (!session.access().shows(parse(path))) {
            throw new PermissionDeniedException("your grant does not show that path");
        }
    }

    private static TreePath parse(byte[] path) throws ProtocolException {
        try {
            return TreePath.of(path);
        } catch (IllegalArgumentException e) {
            throw new ProtocolException("the peer asked for a path that can not be: " + e.getMessage(), e);
        }
    }

    private void item(DirectoryRef tree, int number, Message.GetChunks.Item item, Exchange exchange)
            throws IOException {
        Content content = fileAt(tree, item.path());
        long first = item.first();
        if (content == null || first >= files.chunkCount(content)) {
            exchange.send(new Message.Gap(number, first, ErrorCodes.NOT_FOUND));
            return;
        }
        FileTree.Cursor cursor = files.chunksFromIndex(content, first);
        for (long i = 0; i < item.count(); i++) {
            FileTree.Chunk chunk = cursor.next();
            Message.Chunk answer = chunk == null ? null : read(chunk.id());
            if (answer == null) {
                exchange.send(new Message.Gap(number, first + i, ErrorCodes.NOT_FOUND));
                return;
            }
            exchange.send(answer);
        }
    }

    private @Nullable Content fileAt(DirectoryRef tree, byte[] path) throws IOException {
        TreePath parsed = parse(path);
        TreeEntry entry = parsed.isRoot() ? null : directories.resolve(tree, parsed);
        return entry instanceof FileEntry file ? file.content() : null;
    }

    /** Reads a chunk as it is to be sent; what is compressed here stays so. Damage is a gap, and is reported by fsck. */
    private Message.@Nullable Chunk read(ObjectId id) throws IOException {
        StoredRecord record = repository.store().readStored(id);
        if (record != null) {
            return new Message.Chunk(Payloads.codec(record.codec()), record.plainLength(), record.payload());
        }
        byte[] plain = cache == null ? null : cache.get(id);
        return plain == null ? null : new Message.Chunk(Payloads.codec(RecordCodec.PLAIN), plain.length, plain);
    }

    private void range(Session session, Message.GetRange request, Exchange exchange) throws IOException {
        check(session, request.commit());
        checkPath(session, request.path());
        byte[] commit = repository.objects().require(request.commit());
        DirectoryRef tree = Commit.decode(commit).tree();
        Content content = fileAt(tree, request.path());
        if (content == null) {
            throw new RequestException(ErrorCodes.NOT_FOUND, "there is no such file in that commit");
        }
        if (request.offset() >= content.size()) {
            throw new RequestException(ErrorCodes.NOT_FOUND, "the file ends before that range");
        }
        long length = Math.min(request.length(), content.size() - request.offset());
        sendNode(exchange, commit);
        for (byte[] node : directories.proof(tree, TreePath.of(request.path()))) {
            sendNode(exchange, node);
        }
        for (byte[] node : files.proof(content, request.offset(), length)) {
            sendNode(exchange, node);
        }
        FileTree.Cursor cursor = files.chunksFromOffset(content, request.offset());
        for (FileTree.Chunk chunk = cursor.next();
                chunk != null && chunk.offset() < request.offset() + length;
                chunk = cursor.next()) {
            Message.Chunk answer = read(chunk.id());
            if (answer == null) {
                throw new RequestException(
                        ErrorCodes.NOT_FOUND, "a chunk of that range is not there; run 'dits fsck' there");
            }
            exchange.send(answer);
        }
    }

    private static void sendNode(Exchange exchange, byte[] bytes) throws IOException {
        exchange.send(new Message.ObjectData(Payloads.codec(RecordCodec.PLAIN), bytes.length, bytes));
    }
}
