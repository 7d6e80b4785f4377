package dev.dits.sync;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.dits.error.PermissionDeniedException;
import dev.dits.object.ObjectCodec;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectKind;
import dev.dits.object.Tag;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.session.ErrorCodes;
import dev.dits.session.RequestException;
import dev.dits.session.Requests;
import dev.dits.session.Session;
import dev.dits.wire.Message;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
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
         * A branch was pushed.
         *
         * @param session by whom
         * @param branch which
         * @param commit where it is now
         */
        void pushed(Session session, String branch, ObjectId commit);
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
        boolean here = repository.store().contains(commit);
        for (Map.Entry<RefName, ObjectId> ref : repository.refs().entrySet()) {
            if (!shows(session, ref.getKey())) {
                continue;
            }
            ObjectId tip = ref.getValue();
            if (tip.equals(commit) || (here && repository.isAncestor(commit, peel(ref.getKey(), tip)))) {
                if (all) {
                    reachable.put(commit, generation);
                }
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
            PushReceiver.receive(repository, pusher, push, new TransferControl(System::nanoTime));
            follow(push);
        } finally {
            pushing.unlock();
        }
        listener.pushed(session, push.branch(), push.commit());
        return new Message.PushResult(0, push.commit(), "");
    }

    /** The working tree follows its branch where it is clean; where it is not, it lags, and status says so. */
    private void follow(Message.Push push) {
        try {
            Optional<RefName> current = repository.currentBranch();
            boolean follows = current.isPresent()
                    && current.get().shortName().equals(push.branch())
                    && repository.status().clean();
            if (follows) {
                // Not to the pushed commit: the owner may have brought it in and gone on from there meanwhile.
                repository.follow(CheckoutOptions.defaults());
            }
        } catch (IOException e) {
            LOG.warn("the working tree does not follow the push to {}: {}", push.branch(), e.getMessage());
        }
    }
}
