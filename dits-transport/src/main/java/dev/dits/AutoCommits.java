package dev.dits;

import dev.dits.object.Escaper;
import dev.dits.repo.Repository;
import dev.dits.watch.WatchEvent;
import dev.dits.watch.WatchOptions;
import dev.dits.watch.Watcher;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets what changes in the working tree of a share or a mount be committed by itself, if that was asked for.
 *
 * <p>Safe for use by several threads.
 */
final class AutoCommits implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AutoCommits.class);

    private final Repository repository;
    private final @Nullable WatchOptions options;
    private final Consumer<DitsEvent> events;
    private final Runnable committed;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Watcher watcher;
    private boolean closed;
    private final Map<WatchEvent.Trouble, String> problems = new EnumMap<>(WatchEvent.Trouble.class);

    /**
     * @param repository whose
     * @param options how; null for not at all
     * @param events told what was done
     * @param committed what to do about a new commit
     */
    AutoCommits(Repository repository, @Nullable WatchOptions options, Consumer<DitsEvent> events, Runnable committed) {
        this.repository = repository;
        this.options = options;
        this.events = events;
        this.committed = committed;
    }

    /** Whether it was asked for. */
    boolean wanted() {
        return options != null;
    }

    /** What is in the way at the moment, for people. */
    List<String> problems() {
        lock.lock();
        try {
            return List.copyOf(problems.values());
        } finally {
            lock.unlock();
        }
    }

    /** Whether it was asked for and has not begun. */
    boolean isDue() {
        lock.lock();
        try {
            return options != null && watcher == null && !closed;
        } finally {
            lock.unlock();
        }
    }

    /** Begins, once. */
    void begin() {
        lock.lock();
        try {
            if (options != null && watcher == null && !closed) {
                watcher = Watcher.start(repository, options, this::tell);
            }
        } catch (IOException e) {
            LOG.debug("{} can not be watched", repository.root(), e);
            // The caller's lock is none of the listeners' business: events are only queued.
            tell(new WatchEvent.Problem(
                    WatchEvent.Trouble.TREE_MISSING, Escaper.escape(repository.root() + " is gone")));
        } finally {
            lock.unlock();
        }
    }

    private void tell(WatchEvent event) {
        if (event instanceof WatchEvent.Committed made) {
            events.accept(new DitsEvent.AutoCommitted(made.commit().id(), made.message()));
            committed.run();
        } else if (event instanceof WatchEvent.Problem problem) {
            note(problem.trouble(), problem.reason());
            events.accept(new DitsEvent.WatchProblem(problem.trouble(), problem.reason()));
        } else if (event instanceof WatchEvent.Resolved resolved) {
            note(resolved.trouble(), null);
            events.accept(new DitsEvent.WatchResolved(resolved.trouble()));
        }
    }

    private void note(WatchEvent.Trouble trouble, @Nullable String reason) {
        lock.lock();
        try {
            if (reason == null) {
                problems.remove(trouble);
            } else {
                problems.put(trouble, reason);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends it: a commit under way is given up, or comes to its end. Idempotent. */
    @Override
    public void close() {
        Watcher ending;
        lock.lock();
        try {
            closed = true;
            ending = watcher;
        } finally {
            lock.unlock();
        }
        if (ending != null) {
            ending.close();
        }
    }
}
