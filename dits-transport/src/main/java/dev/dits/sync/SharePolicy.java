package dev.dits.sync;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.dits.error.PermissionDeniedException;
import dev.dits.object.ObjectCodec;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectKind;
import dev.dits.object.Tag;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.session.ErrorCodes;
import dev.dits.session.RequestException;
import dev.dits.session.Requests;
import dev.dits.session.Session;
import dev.dits.wire.Message;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What joined peers of a share may see and do: read everything that its branches and tags reach, and push where the grant says so.
 *
 * <p>Safe for use by several threads.
 */
public final class SharePolicy implements Responder.Policy {
    /** Learns of pushes. */
    @FunctionalInterface
    public interface Listener {
        /**
         * A branch is about to be pushed; that may still fail. One push at a time.
         *
         * @param session by whom
         * @param branch which; not checked to be a name that can be
         * @param commit where it is to go
         */
        default void pushing(Session session, String branch, ObjectId commit) {}

        /**
         * A branch was pushed. One push at a time: the next one waits for this.
         *
         * @param session by whom
         * @param branch which
         * @param commit where it is now
         */
        void pushed(Session session, String branch, ObjectId commit);

        /** What else a push brings along, before it is answered; other pushes do not wait for it. */
        default void followed() {}
    }

    private static final Logger LOG = LoggerFactory.getLogger(SharePolicy.class);

    /** Commits found reachable, so that a transfer of many requests walks the history once. */
    private static final int REMEMBERED_MAX = 10_000;

    /** A pusher that is slow, on purpose or not, does not hold the others for ever. */
    private static final long PUSH_WAIT_SECONDS = 60;

    private final Repository repository;
    private final boolean readOnly;
    private final Listener listener;
    private final ReentrantLock pushing = new ReentrantLock();
    private final Cache<ObjectId, Long> reachable = Caffeine.newBuilder()
            .maximumSize(REMEMBERED_MAX)
            .executor(Runnable::run) // no thread of a pool that belongs to the host application
            .build();

    /**
     * @param repository what is shared
     * @param readOnly whether nobody may push, whatever the grants say
     * @param listener learns of pushes
     */
    public SharePolicy(Repository repository, boolean readOnly, Listener listener) {
        this.repository = repository;
        this.readOnly = readOnly;
        this.listener = listener;
    }

    @Override
    public boolean mayRead(Session session, ObjectId commit) throws IOException {
        long generation = repository.refsGeneration();
        // What is remembered holds for those who see every branch.
        boolean all = session.access().branches().isEmpty();
        Long known = all ? reachable.getIfPresent(commit) : null;
        if (known != null && known == generation) {
            return true;
        }
        Map<RefName, ObjectId> refs = new TreeMap<>(repository.refs());
        refs.keySet().removeIf(name -> !shows(session, name));
        boolean may = refs.containsValue(commit) || (repository.store().contains(commit) && isBelow(refs, commit));
        if (may && all) {
            reachable.put(commit, generation);
        }
        return may;
    }

    /** One after the other: what is asked for is mostly near the tip of a branch, and a walk ends when it is found. */
    private boolean isBelow(Map<RefName, ObjectId> refs, ObjectId commit) throws IOException {
        for (Map.Entry<RefName, ObjectId> ref : refs.entrySet()) {
            if (repository.isAncestor(commit, peel(ref.getKey(), ref.getValue()))) {
                return true;
            }
        }
        return false;
    }

    /** The commit that a tag stands for. */
    private ObjectId peel(RefName name, ObjectId id) throws IOException {
        if (name.isTag()) {
            byte[] bytes = repository.objects().require(id);
            if (ObjectCodec.kindOf(bytes) == ObjectKind.TAG) {
                return Tag.decode(bytes).target();
            }
        }
        return id;
    }

    private static boolean shows(Session session, RefName name) {
        return name.isBranch()
                ? session.access().shows(name.shortName())
                : name.isTag() && session.access().branches().isEmpty();
    }

    @Override
    public Map<String, ObjectId> refs(Session session) throws IOException {
        Map<String, ObjectId> shown = new TreeMap<>();
        repository.refs().forEach((name, id) -> {
            if (shows(session, name)) {
                shown.put((name.isBranch() ? "heads/" : "tags/") + name.shortName(), id);
            }
        });
        return shown;
    }

    @Override
    public Message.PushResult push(Session session, Message.Push push, Requests pusher)
            throws IOException, InterruptedException {
        if (readOnly || session.access().readOnly() || !session.access().shows(push.branch())) {
            LOG.info("{}: a push was refused, the grant is read-only", session);
            throw new PermissionDeniedException("this share does not let you push to " + push.branch());
        }
        // One at a time: two that fetch the same chunks at once would only store them twice.
        if (!pushing.tryLock(PUSH_WAIT_SECONDS, TimeUnit.SECONDS)) {
            throw new RequestException(
                    ErrorCodes.BUSY, "another push to this share is under way; repeat yours in a while");
        }
        try {
            listener.pushing(session, push.branch(), push.commit());
            PushReceiver.receive(repository, pusher, push, new TransferControl(System::nanoTime));
            listener.pushed(session, push.branch(), push.commit());
        } finally {
            pushing.unlock();
        }
        listener.followed();
        return new Message.PushResult(0, push.commit(), "");
    }
}
