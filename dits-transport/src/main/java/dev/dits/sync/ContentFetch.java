package dev.dits.sync;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.error.MissingObjectException;
import dev.dits.object.Commit;
import dev.dits.object.Content;
import dev.dits.object.DirectoryRef;
import dev.dits.object.FileEntry;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectId;
import dev.dits.object.TreeDiff;
import dev.dits.object.TreePath;
import dev.dits.repo.Repository;
import dev.dits.session.Requests;
import dev.dits.store.RecordType;
import dev.dits.store.StoreWriter;
import dev.dits.store.StoredRecord;
import dev.dits.wire.Message;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Brings the content of whole commits into a repository's packs: the chunks of all files that a commit has and its first parent has not, as far as they are not
 * here. What a node has in its cache does not travel again. Asks ahead, so that few round trips are waited for. For one thread.
 */
final class ContentFetch implements AutoCloseable {
    private static final int BATCH_CHUNKS = 1_024;
    private static final long BATCH_BYTES = 8 << 20;

    /** The paths of a request have to fit into one frame. */
    private static final int BATCH_PATH_BYTES = 512 << 10;

    /** Requests in flight. */
    private static final int AHEAD = 3;

    private final Repository repository;
    private final Requests peer;
    private final TransferControl control;
    private final StoreWriter writer;
    private final Predicate<TreePath> selected;
    private final FileTree files;

    /** Chunks asked for and not here yet: one that occurs twice is asked for once. */
    private final Set<ObjectId> asked = new HashSet<>();

    private final Deque<Pending> pending = new ArrayDeque<>();
    private List<Wanted> batch = new ArrayList<>();
    private long batchBytes;
    private long batchPathBytes;
    private @Nullable ObjectId batchCommit;

    private record Wanted(TreePath path, FileTree.Chunk chunk) {}

    private record Pending(TransferControl.Request stream, List<Wanted> wanted) {}

    /**
     * @param repository where the commits and their trees are
     * @param peer who has the content
     * @param control counters and gate
     * @param writer takes the chunks; not flushed
     * @param selected tells of a file whether its content is wanted
     */
    ContentFetch(
            Repository repository,
            Requests peer,
            TransferControl control,
            StoreWriter writer,
            Predicate<TreePath> selected) {
        this.repository = repository;
        this.peer = peer;
        this.control = control;
        this.writer = writer;
        this.selected = selected;
        this.files = new FileTree(repository.objects());
    }

    /**
     * Brings what a commit has and its first parent has not. Some of it may come only with {@link #finish}.
     *
     * @param id the commit; the peer has it
     * @throws MissingObjectException if the peer can not give it
     * @throws IOException if it fails
     * @throws InterruptedException if the thread was interrupted
     */
    void commit(ObjectId id) throws IOException, InterruptedException {
        Commit commit = repository.readCommit(id);
        DirectoryRef before = commit.parents().isEmpty()
                ? null
                : repository.readCommit(commit.parents().get(0)).tree();
        TreeDiff diff = new TreeDiff(repository.objects(), before, commit.tree(), TreeDiff.Options.ALL);
        for (TreeDiff.Change change = diff.next(); change != null; change = diff.next()) {
            if (change.after() instanceof FileEntry file
                    && !(change.before() instanceof FileEntry old
                            && old.content().equals(file.content()))
                    && selected.test(change.path())) {
                control.addTotals(1, file.content().size());
                chunksOf(id, change.path(), file.content());
                control.fileDone();
            }
        }
    }

    private void chunksOf(ObjectId commit, TreePath path, Content content) throws IOException, InterruptedException {
        FileTree.Cursor cursor = files.chunks(content);
        for (FileTree.Chunk chunk = cursor.next(); chunk != null; chunk = cursor.next()) {
            control.checkpoint();
            if (isHere(chunk.id()) || !asked.add(chunk.id())) {
                control.bytesInPlace(chunk.length(), true);
                continue;
            }
            if (!commit.equals(batchCommit)
                    || batch.size() >= BATCH_CHUNKS
                    || batchBytes >= BATCH_BYTES
                    || batchPathBytes >= BATCH_PATH_BYTES) {
                submit();
                batchCommit = commit;
                while (pending.size() >= AHEAD) {
                    take();
                }
            }
            batch.add(new Wanted(path, chunk));
            batchBytes += chunk.length();
            batchPathBytes += path.bytes().length;
        }
    }

    private boolean isHere(ObjectId chunk) throws IOException {
        if (writer.contains(chunk)) {
            return true;
        }
        byte[] near = repository.objects().read(chunk);
        if (near == null) {
            return false;
        }
        boolean fresh = writer.put(RecordType.CHUNK, chunk, near, 0, near.length);
        return fresh || writer.contains(chunk);
    }

    /** Waits for all that was asked for. */
    void finish() throws IOException, InterruptedException {
        submit();
        while (!pending.isEmpty()) {
            take();
        }
    }

    /** Ends requests that are under way. Idempotent. */
    @Override
    public void close() {
        pending.forEach(one -> one.stream.close());
        pending.clear();
    }

    private void submit() throws IOException {
        ObjectId commit = batchCommit;
        if (batch.isEmpty() || commit == null) {
            return;
        }
        ChunkRequest chunks = new ChunkRequest();
        batch.forEach(wanted -> chunks.add(wanted.path, wanted.chunk.index()));
        pending.add(new Pending(control.open(peer, chunks.in(commit)), batch));
        batch = new ArrayList<>();
        batchBytes = 0;
        batchPathBytes = 0;
    }

    private void take() throws IOException, InterruptedException {
        Pending next = pending.element();
        for (Wanted wanted : next.wanted) {
            control.checkpoint();
            Message message = next.stream.receive();
            if (message instanceof Message.Gap) {
                throw new MissingObjectException(
                        "the other side can not give a chunk of " + wanted.path.display() + "; run 'dits fsck' there");
            }
            if (!(message instanceof Message.Chunk chunk)) {
                throw next.stream.unexpected(message);
            }
            StoredRecord record = Payloads.chunk(chunk);
            if (record.plainLength() != wanted.chunk.length()) {
                throw new CorruptObjectException("a chunk of " + wanted.path.display() + " has the wrong length");
            }
            record.decode(wanted.chunk.id());
            writer.putStored(wanted.chunk.id(), record);
            asked.remove(wanted.chunk.id());
            control.spend(record.payload().length);
            control.bytesInPlace(record.plainLength(), false);
        }
        if (!(next.stream.receive() instanceof Message.End)) {
            throw new DitsException("the other side sent more chunks than it was asked for");
        }
        pending.remove();
        next.stream.close();
    }
}
