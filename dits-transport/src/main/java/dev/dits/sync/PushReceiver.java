package dev.dits.sync;

import dev.dits.error.BranchMovedException;
import dev.dits.error.ProtocolException;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectWalk;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.session.Requests;
import dev.dits.store.StoreWriter;
import dev.dits.wire.Message;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes a push: fetches from the pusher what is not here, makes all of it durable, and only then moves the branch, if it is still where the pusher
 * saw it and the new commit continues it.
 */
public final class PushReceiver {
    /** The id that stands for "no such branch yet". */
    private static final ObjectId NONE = ObjectId.ofWords(0, 0, 0, 0);

    private final Repository repository;
    private final Requests pusher;
    private final TransferControl control;

    private PushReceiver(Repository repository, Requests pusher, TransferControl control) {
        this.repository = repository;
        this.pusher = pusher;
        this.control = control;
    }

    /**
     * Takes a push.
     *
     * @param repository where to
     * @param pusher whom to ask for what is offered
     * @param push what it offers
     * @param control counters and gate
     * @throws BranchMovedException if the branch is not where the pusher saw it, or the commit does not continue it
     * @throws dev.dits.error.InvalidSignatureException if a commit is forged, or not signed where it has to be
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
            repository.admit(List.of(push.commit()));
            repository.updateRef(branch, expected, push.commit());
        }
    }

    private static BranchMovedException moved(RefName branch) {
        return new BranchMovedException("branch " + branch.shortName()
                + " has other commits there that the pushed one does not continue; pull first, then push again");
    }

    private void fetch(RefName branch, @Nullable ObjectId expected, ObjectId commit, StoreWriter writer)
            throws IOException, InterruptedException {
        Set<ObjectId> haves = new LinkedHashSet<>();
        if (expected != null) {
            // What the pushed commit continues comes first, should there be no room for all.
            haves.add(expected);
        }
        haves.addAll(repository.refs().values());
        List<ObjectId> sent = haves.stream().limit(Message.HAVES_MAX).toList();
        NodeFetch.fetch(pusher, writer, List.of(commit), sent, true, control, () -> {});
        if (expected != null && !repository.isAncestor(expected, commit)) {
            throw moved(branch);
        }
        try (ContentFetch content = new ContentFetch(repository, pusher, control, writer, path -> true)) {
            // A commit that is here and that no reference reaches may be what is left of a push that was cut off.
            for (ObjectId fresh :
                    new ObjectWalk(repository.objects(), ObjectWalk.Options.NONE).listCommits(List.of(commit), haves)) {
                content.commit(fresh);
            }
            content.finish();
        }
        control.finishing();
        writer.flush();
    }
}
