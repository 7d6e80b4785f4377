package dev.dits.sync;

import dev.dits.error.BranchMovedException;
import dev.dits.error.CorruptObjectException;
import dev.dits.error.DitsException;
import dev.dits.error.MissingObjectException;
import dev.dits.error.ProtocolException;
import dev.dits.object.Commit;
import dev.dits.object.Content;
import dev.dits.object.DirectoryRef;
import dev.dits.object.FileEntry;
import dev.dits.object.FileTree;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectWalk;
import dev.dits.object.TreeDiff;
import dev.dits.object.TreePath;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.session.Requests;
import dev.dits.store.StoreWriter;
import dev.dits.store.StoredRecord;
import dev.dits.wire.Message;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes a push: fetches from the pusher what is not here, makes all of it durable, and only then moves the branch, if it is still where the pusher
 * saw it and the new commit continues it.
 */
public final class PushReceiver {
    private static final int BATCH_CHUNKS = 1_024;
    private static final long BATCH_BYTES = 8 << 20;

    /** The paths of a request have to fit into one frame. */
    private static final int BATCH_PATH_BYTES = 512 << 10;

    /** Requests in flight. */
    private static final int AHEAD = 3;

    /** The id that stands for "no such branch yet". */
    private static final ObjectId NONE = ObjectId.ofWords(0, 0, 0, 0);

    private final Repository repository;
    private final Requests pusher;
    private final TransferControl control;
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

    private PushReceiver(Repository repository, Requests pusher, TransferControl control) {
        this.repository = repository;
        this.pusher = pusher;
        this.control = control;
        this.files = new FileTree(repository.objects());
    }

    /**
     * Takes a push.
     *
     * @param repository where to
     * @param pusher whom to ask for what is offered
     * @param push what it offers
     * @param control counters and gate
     * @throws BranchMovedException if the branch is not where the pusher saw it, or the commit does not continue it
     * @throws IOException if it fails; the branch has not moved then
     * @throws InterruptedException if the thread was interrupted
     */
    public static void receive(Repository repository, Requests pusher, Message.Push push, TransferControl control)
            throws IOException, InterruptedException {
        RefName branch;
        try {
            branch = RefName.branch(push.branch());
        } catch (IllegalArgumentException e) {
            throw new ProtocolException("the peer pushed to a branch with a name that can not be", e);
        }
        ObjectId expected = push.expected().equals(NONE) ? null : push.expected();
        Optional<ObjectId> current = repository.ref(branch);
        if (!current.equals(Optional.ofNullable(expected))) {
            throw moved(branch);
        }
        // As long as the writer is open nobody collects what no reference names yet.
        try (StoreWriter writer = repository.store().newWriter()) {
            new PushReceiver(repository, pusher, control).fetch(branch, expected, push.commit(), writer);
            repository.updateRef(branch, expected, push.commit());
        }
    }

    private static BranchMovedException moved(RefName branch) {
        return new BranchMovedException("branch " + branch.shortName()
                + " has other commits there that the pushed one does not continue; pull first, then push again");
    }

    private void fetch(RefName branch, @Nullable ObjectId expected, ObjectId commit, StoreWriter writer)
            throws IOException, InterruptedException {
        List<ObjectId> haves = new ArrayList<>(new HashSet<>(repository.refs().values()));
        List<ObjectId> sent = haves.subList(0, Math.min(haves.size(), Message.HAVES_MAX));
        try {
            NodeFetch.fetch(pusher, writer, List.of(commit), sent, true, control, () -> {});
            if (expected != null && !repository.isAncestor(expected, commit)) {
                throw moved(branch);
            }
            // A commit that is here and that no reference reaches may be what is left of a push that was cut off.
            for (ObjectId fresh :
                    new ObjectWalk(repository.objects(), ObjectWalk.Options.NONE).listCommits(List.of(commit), haves)) {
                chunksOf(fresh, writer);
            }
            submit();
            while (!pending.isEmpty()) {
                take(writer);
            }
        } finally {
            for (Pending left : pending) {
                left.stream.close();
            }
        }
        control.finishing();
        writer.flush();
    }

    private void chunksOf(ObjectId id, StoreWriter writer) throws IOException, InterruptedException {
        Commit commit = repository.readCommit(id);
        DirectoryRef before = commit.parents().isEmpty()
                ? null
                : repository.readCommit(commit.parents().get(0)).tree();
        TreeDiff diff = new TreeDiff(repository.objects(), before, commit.tree(), TreeDiff.Options.ALL);
        for (TreeDiff.Change change = diff.next(); change != null; change = diff.next()) {
            if (change.after() instanceof FileEntry file
                    && !(change.before() instanceof FileEntry old
                            && old.content().equals(file.content()))) {
                control.addTotals(1, file.content().size());
                chunksOf(id, change.path(), file.content(), writer);
                control.fileDone();
            }
        }
    }

    private void chunksOf(ObjectId commit, TreePath path, Content content, StoreWriter writer)
            throws IOException, InterruptedException {
        FileTree.Cursor cursor = files.chunks(content);
        for (FileTree.Chunk chunk = cursor.next(); chunk != null; chunk = cursor.next()) {
            control.checkpoint();
            if (writer.contains(chunk.id()) || !asked.add(chunk.id())) {
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
                    take(writer);
                }
            }
            batch.add(new Wanted(path, chunk));
            batchBytes += chunk.length();
            batchPathBytes += path.bytes().length;
        }
    }

    private void submit() throws IOException {
        ObjectId commit = batchCommit;
        if (batch.isEmpty() || commit == null) {
            return;
        }
        ChunkRequest chunks = new ChunkRequest();
        batch.forEach(wanted -> chunks.add(wanted.path, wanted.chunk.index()));
        pending.add(new Pending(control.open(pusher, chunks.in(commit)), batch));
        batch = new ArrayList<>();
        batchBytes = 0;
        batchPathBytes = 0;
    }

    private void take(StoreWriter writer) throws IOException, InterruptedException {
        Pending next = pending.element();
        for (Wanted wanted : next.wanted) {
            control.checkpoint();
            Message message = next.stream.receive();
            if (message instanceof Message.Gap) {
                throw new MissingObjectException(
                        "the pusher can not give a chunk of " + wanted.path.display() + "; run 'dits fsck' there");
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
            throw new DitsException("the pusher sent more chunks than it was asked for");
        }
        pending.remove();
        next.stream.close();
    }
}
