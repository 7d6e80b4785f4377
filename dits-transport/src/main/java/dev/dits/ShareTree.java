package dev.dits;

import dev.dits.error.LocalChangesException;
import dev.dits.error.RepositoryBusyException;
import dev.dits.object.ObjectId;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.sync.Pull;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a share's working tree follow what is pushed to its branch. Where local changes are in the way the tree lags, which is told once, and it is tried again when something moves, and
 * after a while.
 *
 * <p>Safe for use by several threads.
 */
final class ShareTree implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShareTree.class);

    private final Repository repository;
    private final Consumer<DitsEvent> events;
    private final Rounds rounds;
    private final ReentrantLock lock = new ReentrantLock();
    private List<String> lagging = List.of();
    private String problem = "";

    ShareTree(Repository repository, Consumer<DitsEvent> events, NodeThreads threads) {
        this.repository = repository;
        this.events = events;
        this.rounds = new Rounds(threads.workers(), threads.timer(), this::follow);
    }

    /** Tries on this thread, and by itself later where that does not do. */
    void followNow() {
        if (follow() != Rounds.Next.DONE) {
            rounds.ask();
        }
    }

    /** Tries soon, on a worker. */
    void ask() {
        rounds.ask();
    }

    /** Where local changes keep the tree from its branch. */
    List<String> lagging() {
        lock.lock();
        try {
            return lagging;
        } finally {
            lock.unlock();
        }
    }

    private Rounds.Next follow() {
        try {
            Optional<RefName> branch = repository.currentBranch();
            if (branch.isEmpty() || !isBehind(branch.get())) {
                tell("", List.of(), "");
                return Rounds.Next.DONE;
            }
            try {
                // Not to what was pushed: the owner may have gone on from there meanwhile.
                repository
                        .follow(CheckoutOptions.defaults())
                        .ifPresent(report ->
                                events.accept(new DitsEvent.TreeMoved(report.commit(), Pull.refusals(report))));
            } catch (LocalChangesException e) {
                tell(branch.get().shortName(), e.paths(), "");
                return Rounds.Next.LATER;
            }
            tell("", List.of(), "");
            return Rounds.Next.DONE;
        } catch (RepositoryBusyException e) {
            LOG.debug("the working tree of {} is in use", repository.root(), e);
        } catch (IOException e) {
            LOG.debug("the working tree of {} does not follow", repository.root(), e);
            tell("", lagging(), "the working tree: " + e.getMessage());
        }
        return Rounds.Next.LATER;
    }

    /** A tree that stands on something that its branch does not continue was put there by its owner, who took the branch back. */
    private boolean isBehind(RefName branch) throws IOException {
        Optional<ObjectId> tip = repository.ref(branch);
        Optional<ObjectId> base = repository.base();
        boolean there =
                tip.isEmpty() || (tip.equals(base) && repository.unfinished().isEmpty());
        return !there && (base.isEmpty() || repository.isAncestor(base.get(), tip.get()));
    }

    private void tell(String branch, List<String> lagNow, String problemNow) {
        boolean lags;
        boolean fails;
        lock.lock();
        try {
            lags = !lagNow.isEmpty() && !lagNow.equals(lagging);
            fails = !problemNow.isEmpty() && !problemNow.equals(problem);
            lagging = List.copyOf(lagNow);
            problem = problemNow;
        } finally {
            lock.unlock();
        }
        if (lags) {
            events.accept(new DitsEvent.Lagging(branch, lagNow));
        }
        if (fails) {
            events.accept(new DitsEvent.SyncProblem("", problemNow));
        }
    }

    /** Tries no more. Idempotent. */
    @Override
    public void close() {
        rounds.close();
    }
}
