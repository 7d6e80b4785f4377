package dev.dits.sync;

import dev.dits.cache.ChunkCache;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.MissingObjectException;
import dev.dits.error.ProtocolException;
import dev.dits.error.SessionClosedException;
import dev.dits.object.Content;
import dev.dits.object.DirectoryRef;
import dev.dits.object.DirectoryTree;
import dev.dits.object.FileEntry;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectSource;
import dev.dits.object.TreePath;
import dev.dits.repo.FileSource;
import dev.dits.repo.PartFile;
import dev.dits.repo.PathNames;
import dev.dits.session.Session;
import dev.dits.wire.Message;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Fills the files of a checkout from the nearest place that has their chunks: what an interrupted try left, the node's cache, the packs, the file that
 * is replaced; and from the peer what none of them has.
 *
 * <p>The thread of the checkout plans: chunk by chunk it decides where each comes from, and adds it to the current batch. A few workers take
 * batches, each sends one request for what the peer has to give, fills in what is local while the answer is under way, then takes the
 * answer. An idle worker takes a batch as it is, so a single file waits for nothing; while all are busy the batch grows, so small files cost no
 * round trip each. Memory is bounded by the batches. What a local place turns out not to have, or to have damaged, is asked for from the
 * peer in a second round.
 */
final class ChunkFetcher implements FileSource, Closeable {
    /** Requests in flight: enough to hide a round trip, few enough for two cores. */
    private static final int WORKERS = 4;

    /** A batch takes no more when it has so many bytes for the peer to send ... */
    private static final long BATCH_REMOTE_BYTES = 8 << 20;

    /** ... or so many bytes in all ... */
    private static final long BATCH_BYTES = 32 << 20;

    /** ... or so many chunks. */
    private static final int BATCH_CHUNKS = 2_048;

    /** ... or paths of so many bytes, which the request has to hold in one frame. */
    private static final int BATCH_PATH_BYTES = 512 << 10;

    private static final int ROUNDS_MAX = 4;

    /** How long a batch waits for the session to have a connection again. */
    private static final long RECONNECT_MILLIS = 60_000;

    /** How often it looks meanwhile whether it still is to wait. */
    private static final long RECONNECT_LOOK_MILLIS = 250;

    private enum Origin {
        PEER,
        LOCAL,
        SEED
    }

    /** One chunk of one file, and where it is to come from. */
    private record Piece(Assembly assembly, FileTree.Chunk chunk, Origin origin, long seedOffset) {
        Piece fromPeer() {
            return new Piece(assembly, chunk, Origin.PEER, 0);
        }
    }

    /** A file being put together. */
    private final class Assembly {
        final TreePath path;
        final Content content;
        final PartFile part;
        final @Nullable FileChannel seed;
        final ChunkCache.FilePlace inFile;
        final CompletableFuture<Void> done = new CompletableFuture<>();

        /** One for the planner, which lets go when it has planned all chunks. */
        private final AtomicLong outstanding = new AtomicLong(1);

        /** Where the share has it; found when it is first asked for. */
        private volatile SharePlaces.@Nullable Place place;

        Assembly(TreePath path, Content content, PartFile part, @Nullable FileChannel seed) {
            this.path = path;
            this.content = content;
            this.part = part;
            this.seed = seed;
            this.inFile = cache.place(part.path(), PathNames.resolve(root, path));
        }

        SharePlaces.Place place() throws IOException {
            SharePlaces.Place known = place;
            if (known == null) {
                known = places.of(path, content);
                place = known;
            }
            return known;
        }

        void release() throws IOException {
            if (outstanding.decrementAndGet() == 0) {
                assemblies.remove(this);
                closeSeed();
                done.complete(null);
            }
        }

        void closeSeed() throws IOException {
            if (seed != null) {
                seed.close();
            }
        }
    }

    private final Session session;
    private final SharePlaces places;
    private final FileTree files;
    private final DirectoryTree directories;
    private final Path root;
    private final @Nullable DirectoryRef base;
    private final ObjectSource local;
    private final ChunkCache cache;
    private final TransferControl control;
    private final int chunkBytesMax;
    private final ObjectId zeros;
    private final CountDownLatch workersDone = new CountDownLatch(WORKERS);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition batchReady = lock.newCondition();
    private final Condition batchTaken = lock.newCondition();
    private List<Piece> batch = new ArrayList<>();
    private long batchBytes;
    private long batchRemoteBytes;
    private long batchPathBytes;
    private volatile boolean ended;
    private @Nullable Throwable failure;

    /** Chunks that are on their way from the peer, with further places that want them. */
    private final Map<ObjectId, List<Piece>> asked = new HashMap<>();

    /** Files not complete yet: whatever ends the transfer ends the waiting for each of them. */
    private final Set<Assembly> assemblies = ConcurrentHashMap.newKeySet();

    /** Under way: where one worker fails, the others do not wait for a peer that may never answer. */
    private final Set<TransferControl.Request> requests = ConcurrentHashMap.newKeySet();

    /**
     * @param session the peer
     * @param places where to ask for what; used by several threads at once
     * @param nodes where directory nodes, manifests and file nodes are, or arrive
     * @param root the working tree
     * @param base the tree that it was written from, whose files serve as seeds; null for none
     * @param local chunks that need no peer, beside the cache
     * @param cache the node's
     * @param chunkBytesMax the profile's largest chunk
     * @param control counters, gate and limit of the transfer
     * @param workers runs the requests
     */
    ChunkFetcher(
            Session session,
            SharePlaces places,
            ObjectSource nodes,
            Path root,
            @Nullable DirectoryRef base,
            ObjectSource local,
            ChunkCache cache,
            int chunkBytesMax,
            TransferControl control,
            Executor workers) {
        this.session = session;
        this.places = places;
        this.files = new FileTree(nodes);
        this.directories = new DirectoryTree(nodes);
        this.root = root;
        this.base = base;
        this.local = local;
        this.cache = cache;
        this.chunkBytesMax = chunkBytesMax;
        this.zeros = ObjectId.hash(new byte[chunkBytesMax]);
        this.control = control;
        for (int i = 0; i < WORKERS; i++) {
            workers.execute(this::work);
        }
    }

    @Override
    public CompletionStage<?> fill(TreePath path, Content content, PartFile part) throws IOException {
        SeedIndex index = null;
        FileChannel seed = null;
        if (content instanceof Content.Chunked && base != null) {
            Content old = oldContent(path);
            if (old instanceof Content.Chunked) {
                seed = openSeed(path);
                index = seed == null ? null : SeedIndex.of(files, old);
            }
        }
        Assembly assembly = new Assembly(path, content, part, seed);
        assemblies.add(assembly);
        boolean planned = false;
        try {
            FileTree.Cursor cursor = files.chunks(content);
            for (FileTree.Chunk chunk = cursor.next(); chunk != null; chunk = cursor.next()) {
                control.checkpoint();
                if (part.has(chunk)) {
                    assembly.inFile.note(chunk.id(), chunk.offset(), chunk.length());
                    control.bytesInPlace(chunk.length(), true);
                } else {
                    plan(assembly, chunk, index);
                }
            }
            assembly.release();
            planned = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(e);
        } finally {
            if (!planned) {
                assembly.closeSeed();
            }
        }
        return assembly.done;
    }

    private static InterruptedIOException interrupted(InterruptedException cause) {
        InterruptedIOException failure = new InterruptedIOException("the transfer was interrupted");
        failure.initCause(cause);
        return failure;
    }

    private @Nullable Content oldContent(TreePath path) throws IOException {
        try {
            return base != null && directories.resolve(base, path) instanceof FileEntry file ? file.content() : null;
        } catch (MissingObjectException e) {
            return null; // the old tree is not complete here: it only would have saved bytes on the wire
        }
    }

    private @Nullable FileChannel openSeed(TreePath path) {
        try {
            return FileChannel.open(PathNames.resolve(root, path), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException | RuntimeException e) {
            return null; // as above
        }
    }

    private void plan(Assembly assembly, FileTree.Chunk chunk, @Nullable SeedIndex seed)
            throws IOException, InterruptedException {
        assembly.outstanding.incrementAndGet();
        if (chunk.length() == chunkBytesMax && chunk.id().equals(zeros)) {
            writeAgain(assembly, chunk, new byte[chunkBytesMax]);
            return;
        }
        boolean here = cache.contains(chunk.id()) || local.contains(chunk.id());
        long seedOffset = here || seed == null ? -1 : seed.find(chunk.id());
        Piece piece = new Piece(
                assembly, chunk, here ? Origin.LOCAL : seedOffset >= 0 ? Origin.SEED : Origin.PEER, seedOffset);
        lock.lockInterruptibly();
        try {
            while (full() && !ended) {
                batchTaken.await();
            }
            throwFailure();
            add(piece);
        } finally {
            lock.unlock();
        }
    }

    private boolean full() {
        return batch.size() >= BATCH_CHUNKS
                || batchBytes >= BATCH_BYTES
                || batchRemoteBytes >= BATCH_REMOTE_BYTES
                || batchPathBytes >= BATCH_PATH_BYTES;
    }

    /** With the lock held. */
    private void add(Piece piece) {
        if (piece.origin == Origin.PEER) {
            List<Piece> others = asked.get(piece.chunk.id());
            if (others != null) {
                others.add(piece);
                return;
            }
            asked.put(piece.chunk.id(), new ArrayList<>(0));
            batchRemoteBytes += piece.chunk.length();
        }
        batch.add(piece);
        batchBytes += piece.chunk.length();
        // Counted for what is local too: it may turn out to be damaged, and is asked for then.
        batchPathBytes += piece.assembly.path.bytes().length;
        batchReady.signal();
    }

    /** With the lock held. */
    private void throwFailure() throws IOException {
        Throwable cause = failure;
        if (cause instanceof CancellationException e) {
            throw e;
        }
        if (cause instanceof Error e) {
            throw e;
        }
        if (cause instanceof IOException e) {
            throw e;
        }
        if (ended) {
            throw new SessionClosedException("the transfer has ended", cause);
        }
    }

    private void work() {
        try {
            for (List<Piece> next = take(); next != null; next = take()) {
                process(next);
            }
        } catch (Throwable e) { // the planner has to learn of it, whatever it is
            fail(e);
        } finally {
            workersDone.countDown();
        }
    }

    private @Nullable List<Piece> take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (batch.isEmpty() && !ended) {
                batchReady.await();
            }
            if (ended) {
                return null;
            }
            List<Piece> taken = batch;
            batch = new ArrayList<>();
            batchBytes = 0;
            batchRemoteBytes = 0;
            batchPathBytes = 0;
            batchTaken.signalAll();
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Ends everything: files under way complete with the failure. */
    private void fail(Throwable cause) {
        lock.lock();
        try {
            if (failure == null) {
                failure = cause;
            }
            ended = true;
            batchReady.signalAll();
            batchTaken.signalAll();
        } finally {
            lock.unlock();
        }
        // Not with the lock held: a file's completion runs what waits for it, and a request's end may write.
        for (Assembly assembly : assemblies) {
            assembly.done.completeExceptionally(cause);
        }
        requests.forEach(TransferControl.Request::close);
    }

    /** Stops the workers. What is in part files stays for the next try. Idempotent. */
    @Override
    public void close() throws IOException {
        fail(new InterruptedIOException("the transfer ended early"));
        boolean interrupted = false;
        while (true) {
            try {
                workersDone.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        for (Assembly assembly : assemblies) {
            assembly.closeSeed();
        }
        assemblies.clear();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void process(List<Piece> pieces) throws InterruptedException {
        List<Piece> rest = pieces;
        try {
            for (int round = 0; !rest.isEmpty() && !ended; round++) {
                control.checkpoint();
                if (round == ROUNDS_MAX) {
                    throw new SessionClosedException("the connection was lost " + ROUNDS_MAX
                            + " times during one request; what arrived is kept, repeat the command to go on");
                }
                rest = round(rest);
            }
        } catch (IOException | RuntimeException | Error e) {
            fail(e);
        }
    }

    /** Requests, one for each commit that the share knows the content by, and their answers. Returns what is still missing, now wanted from the peer. */
    private List<Piece> round(List<Piece> pieces) throws IOException, InterruptedException {
        Map<ObjectId, List<Piece>> remote = new LinkedHashMap<>();
        List<Piece> missing = new ArrayList<>();
        for (Piece piece : pieces) {
            if (piece.origin == Origin.PEER) {
                remote.computeIfAbsent(piece.assembly.place().commit(), commit -> new ArrayList<>())
                        .add(piece);
            }
        }
        List<Piece> here =
                pieces.stream().filter(piece -> piece.origin != Origin.PEER).toList();
        if (remote.isEmpty()) {
            fillFromHere(here, missing);
        }
        for (Map.Entry<ObjectId, List<Piece>> one : remote.entrySet()) {
            exchange(one.getKey(), one.getValue(), here, missing);
            here = List.of();
        }
        return missing;
    }

    private void fillFromHere(List<Piece> here, List<Piece> missing) throws IOException {
        for (Piece piece : here) {
            if (!fillFromHere(piece)) {
                missing.add(piece.fromPeer());
            }
        }
    }

    /** One request and its answer; what is local is filled in while that is under way. */
    private void exchange(ObjectId commit, List<Piece> remote, List<Piece> here, List<Piece> missing)
            throws IOException, InterruptedException {
        IOException lost = null;
        TransferControl.Request stream = null;
        int received = 0;
        try {
            try {
                stream = request(commit, remote);
            } catch (IOException e) {
                lost = ifLost(e);
            }
            fillFromHere(here, missing);
            try {
                while (stream != null && received < remote.size()) {
                    receive(stream, remote.get(received));
                    received++;
                }
                if (stream != null && !(stream.receive() instanceof Message.End)) {
                    throw new ProtocolException("the peer sent more chunks than it was asked for");
                }
            } catch (IOException e) {
                lost = ifLost(e);
            }
        } finally {
            if (stream != null) {
                requests.remove(stream);
                stream.close();
            }
        }
        missing.addAll(remote.subList(received, remote.size()));
        if (lost != null && !ended) {
            awaitConnection(lost);
        }
    }

    private void awaitConnection(IOException lost) throws IOException, InterruptedException {
        for (long waited = 0; !session.awaitConnection(RECONNECT_LOOK_MILLIS); waited += RECONNECT_LOOK_MILLIS) {
            control.checkpoint();
            if (ended || session.isClosed() || waited >= RECONNECT_MILLIS) {
                throw lost;
            }
        }
    }

    /** Returns a failure of the connection, after which the rest can be asked for again; throws any other. */
    private static IOException ifLost(IOException failure) throws IOException {
        if (failure instanceof SessionClosedException) {
            return failure;
        }
        throw failure;
    }

    private TransferControl.Request request(ObjectId commit, List<Piece> pieces) throws IOException {
        ChunkRequest chunks = new ChunkRequest();
        for (Piece piece : pieces) {
            chunks.add(piece.assembly.place().path(), piece.chunk.index());
        }
        TransferControl.Request request = control.open(session, chunks.in(commit));
        requests.add(request);
        if (ended) {
            request.close();
        }
        return request;
    }

    private void receive(TransferControl.Request stream, Piece piece) throws IOException, InterruptedException {
        control.checkpoint();
        Message message = stream.receive();
        if (message instanceof Message.Gap gap) {
            throw new MissingObjectException("the other side can not give chunk " + piece.chunk.index() + " of "
                    + piece.assembly.path.display() + " (" + gap.code() + "); run 'dits fsck' there");
        }
        if (!(message instanceof Message.Chunk answer)) {
            throw stream.unexpected(message);
        }
        byte[] plain = Payloads.chunk(answer).decode(piece.chunk.id());
        if (plain.length != piece.chunk.length()) {
            throw new CorruptObjectException("a chunk of " + piece.assembly.path.display() + " has " + plain.length
                    + " bytes where its file's tree says " + piece.chunk.length());
        }
        control.spend(answer.payload().length);
        // Before others may ask the cache for it, the file has it.
        piece.assembly.part.write(piece.chunk.offset(), ByteBuffer.wrap(plain));
        piece.assembly.inFile.put(piece.chunk.id(), piece.chunk.offset(), plain);
        List<Piece> others;
        lock.lock();
        try {
            others = asked.remove(piece.chunk.id());
        } finally {
            lock.unlock();
        }
        written(piece.assembly, plain.length, false);
        if (others != null) {
            for (Piece other : others) {
                writeAgain(other.assembly, other.chunk, plain);
            }
        }
    }

    private boolean fillFromHere(Piece piece) throws IOException {
        byte[] plain = piece.origin == Origin.SEED ? readSeed(piece) : readLocal(piece.chunk.id());
        if (plain == null || plain.length != piece.chunk.length()) {
            return false;
        }
        writeAgain(piece.assembly, piece.chunk, plain);
        return true;
    }

    private void writeAgain(Assembly assembly, FileTree.Chunk chunk, byte[] plain) throws IOException {
        assembly.part.write(chunk.offset(), ByteBuffer.wrap(plain));
        assembly.inFile.note(chunk.id(), chunk.offset(), plain.length);
        written(assembly, plain.length, true);
    }

    private void written(Assembly assembly, int bytes, boolean reused) throws IOException {
        control.bytesInPlace(bytes, reused);
        assembly.release();
    }

    private byte @Nullable [] readLocal(ObjectId id) throws IOException {
        byte[] plain = cache.get(id);
        return plain != null ? plain : local.read(id);
    }

    private static byte @Nullable [] readSeed(Piece piece) throws IOException {
        FileChannel seed = piece.assembly.seed;
        if (seed == null) {
            return null;
        }
        byte[] bytes = new byte[piece.chunk.length()];
        ByteBuffer target = ByteBuffer.wrap(bytes);
        while (target.hasRemaining()) {
            if (seed.read(target, piece.seedOffset + target.position()) < 0) {
                return null;
            }
        }
        return ObjectId.hash(bytes).equals(piece.chunk.id()) ? bytes : null;
    }
}
