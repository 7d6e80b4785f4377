package dev.dits.sync;

import dev.dits.error.BranchMovedException;
import dev.dits.error.DitsException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.object.ObjectId;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.session.ErrorCodes;
import dev.dits.session.Requests;
import dev.dits.session.Session;
import dev.dits.wire.Message;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Offers commits to the share, which then fetches what it lacks. While an offer stands, the share may read the offered commit and all it reaches, and
 * nothing else.
 */
public final class PushSender implements Responder.Policy {
    private static final ObjectId NONE = ObjectId.ofWords(0, 0, 0, 0);

    private final Repository repository;
    private final Set<ObjectId> offered = ConcurrentHashMap.newKeySet();

    /**
     * @param repository the mount
     */
    public PushSender(Repository repository) {
        this.repository = repository;
    }

    /**
     * Pushes the current branch.
     *
     * @param session the share
     * @param control counters and gate
     * @return the commit that the share's branch is on now
     * @throws BranchMovedException if the share has commits that are not here
     * @throws PermissionDeniedException if the share is read-only
     * @throws IOException if it fails; the share's branch has not moved, or it has and the next push says so
     * @throws InterruptedException if the thread was interrupted
     */
    public ObjectId push(Session session, TransferControl control) throws IOException, InterruptedException {
        RefName branch = repository
                .currentBranch()
                .orElseThrow(() -> new DitsException("the working tree is on no branch; check one out, then push"));
        ObjectId mine = repository
                .ref(branch)
                .orElseThrow(() -> new DitsException("there is no commit on " + branch.shortName() + " to push"));
        control.checkpoint();
        push(session, branch, mine, ShareRefs.read(session).branch(branch.shortName()), control);
        return mine;
    }

    /**
     * Pushes a branch.
     *
     * @param session the share
     * @param branch which
     * @param mine where it is here
     * @param theirs where it is there, as the share said; null if it is not
     * @param control counters and gate
     * @throws BranchMovedException if the share has commits that are not here, now or by then
     * @throws PermissionDeniedException if the share does not allow it
     * @throws IOException if it fails; the share's branch has not moved, or it has and the next push says so
     * @throws InterruptedException if the thread was interrupted
     */
    void push(Session session, RefName branch, ObjectId mine, @Nullable ObjectId theirs, TransferControl control)
            throws IOException, InterruptedException {
        control.checkpoint();
        if (!mine.equals(theirs)) {
            if (session.info().readOnly()) {
                throw new PermissionDeniedException(
                        "the share lets you read only; your commits stay here, ask its owner for read-write access");
            }
            if (theirs != null && !(knows(theirs) && repository.isAncestor(theirs, mine))) {
                throw new BranchMovedException("the share has commits on " + branch.shortName()
                        + " that are not here; pull first, then push again");
            }
            offer(session, new Message.Push(branch.shortName(), theirs == null ? NONE : theirs, mine), control);
        }
        RefName remote = RefName.remote(Pull.REMOTE, branch.shortName());
        ObjectId before = repository.ref(remote).orElse(null);
        if (!mine.equals(before)) {
            ShareRefs.move(repository, remote, before, mine);
        }
    }

    private boolean knows(ObjectId commit) throws IOException {
        return repository.store().contains(commit);
    }

    private void offer(Session session, Message.Push push, TransferControl control)
            throws IOException, InterruptedException {
        offered.add(push.commit());
        // The share is silent while it fetches: how long that takes depends on how much there is to push.
        try (TransferControl.Request stream = control.openForLong(session, push)) {
            Message message = stream.receive();
            if (!(message instanceof Message.PushResult result)) {
                throw stream.unexpected(message);
            }
            if (result.code() != 0) {
                throw ErrorCodes.exception(result.code(), result.message());
            }
            stream.receive();
            control.finishing();
        } finally {
            offered.remove(push.commit());
        }
    }

    @Override
    public boolean mayRead(Session session, ObjectId commit) throws IOException {
        for (ObjectId tip : offered) {
            if (tip.equals(commit) || (knows(commit) && repository.isAncestor(commit, tip))) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Map<String, ObjectId> refs(Session session) {
        return Map.of();
    }

    @Override
    public Message.PushResult push(Session session, Message.Push push, Requests pusher) throws IOException {
        throw new PermissionDeniedException("a mount takes no pushes");
    }
}
