package dev.dits.watch;

import dev.dits.error.FileAccessException;
import dev.dits.error.RepositoryBusyException;
import dev.dits.object.TreePath;
import dev.dits.repo.CommitChanges;
import dev.dits.repo.CommitGuard;
import dev.dits.repo.CommitResult;
import dev.dits.repo.FileStamp;
import dev.dits.repo.TreeLook;
import dev.dits.watch.WatchEvent.Trouble;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a watcher does, step by step: takes in what was heard, looks at it, commits what has come to rest, and says when the next step is due. It never waits and never reads a clock but the one it is given.
 *
 * <p>Used by one thread.
 */
final class WatchLoop {
    /** Paths that wait. What is beyond is found by another look at everything, once these are committed. */
    static final int PENDING_MAX = 100_000;

    /** A look at everything takes at most this share of the time: where it takes long, looks are further apart. */
    static final int LOOK_SHARE = 20;

    static final long RETRY_NANOS_MIN = TimeUnit.SECONDS.toNanos(1);
    static final long RETRY_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);

    /** How often to look whether a directory that is gone came back. */
    static final long MISSING_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** A repository that is in use is no trouble, unless it is so for so many tries in turn. */
    static final int BUSY_TRIES = 3;

    private static final Object GONE = "gone";
    private static final Object DIRECTORY = "directory";
    private static final int DOUBLINGS_MAX = 20;
    private static final Logger LOGGER = LoggerFactory.getLogger(WatchLoop.class);

    private final WatchedTree tree;
    private final ChangeSource source;
    private final WatchOptions options;
    private final Consumer<WatchEvent> listener;
    private final LongSupplier clock;
    private final BooleanSupplier stopped;
    private final Pending pending;
    private final long quiet;
    private final long rescan;

    /** Told, and not resolved. */
    private final Map<Trouble, String> troubles = new EnumMap<>(Trouble.class);

    private boolean away;

    /** When to look at everything; at first, at once. */
    private long rescanAt;

    /** Directories in which more happened than was told, and when to look at them. */
    private final Set<TreePath> unheard = new HashSet<>();

    private long unheardAt;
    private long notBefore;
    private int failures;
    private boolean lookEnded;

    /** The last look at everything failed, or another one since. */
    private boolean lookFailed;

    /** Directories that could not be listed by the last look at everything, or since. */
    private Set<TreePath> unlisted = new HashSet<>();

    /** Files that could not be read, and wait. */
    private final Set<TreePath> unread = new HashSet<>();

    /**
     * @param tree what is watched
     * @param source what is heard
     * @param options how
     * @param listener told what was done
     * @param clock nanoseconds, which only go forward
     * @param stopped whether to end what is under way
     */
    WatchLoop(
            WatchedTree tree,
            ChangeSource source,
            WatchOptions options,
            Consumer<WatchEvent> listener,
            LongSupplier clock,
            BooleanSupplier stopped) {
        this.tree = tree;
        this.source = source;
        this.options = options;
        this.listener = listener;
        this.clock = clock;
        this.stopped = stopped;
        this.quiet = options.quiet().toNanos();
        this.rescan = options.rescan().toNanos();
        this.pending = new Pending(quiet, options.longestWait().toNanos(), PENDING_MAX);
        long now = clock.getAsLong();
        this.rescanAt = now;
        this.unheardAt = now;
        this.notBefore = now;
    }

    /** Paths that wait to be committed. */
    int pendingCount() {
        return pending.size();
    }

    /**
     * Does what is due.
     *
     * @param changes what was heard since the last step
     * @return nanoseconds until the next step is due, if nothing is heard before; 0 or more
     */
    long step(ChangeSource.Changes changes) {
        WatchedTree.Presence presence = tree.presence();
        if (presence != WatchedTree.Presence.HERE) {
            leave(presence);
            return MISSING_NANOS;
        }
        if (away) {
            away = false;
            resolved(Trouble.TREE_MISSING);
            source.reset();
            rescanAt = clock.getAsLong();
        }
        lookEnded = false;
        try {
            look(changes);
            lookEnded = true;
            commit();
        } catch (CancellationException e) {
            LOGGER.debug("stopped", e);
            return 0;
        } catch (IOException | RuntimeException e) {
            if (tree.presence() != WatchedTree.Presence.HERE) {
                leave(tree.presence());
                return MISSING_NANOS;
            }
            failed(e);
            if (!lookEnded) {
                // What it was about is forgotten.
                lookFailed = true;
                rescanAt = Math.min(rescanAt, notBefore);
            }
        }
        return nextIn();
    }

    private void leave(WatchedTree.Presence presence) {
        away = true;
        trouble(
                Trouble.TREE_MISSING,
                presence == WatchedTree.Presence.GONE
                        ? "the directory is gone; it goes on where it comes back"
                        : "another repository is where the directory was; begin anew with it");
    }

    private long nextIn() {
        long now = clock.getAsLong();
        long next = rescanAt - now;
        if (!unheard.isEmpty()) {
            next = Math.min(next, unheardAt - now);
        }
        long due = pending.due(now, !unheard.isEmpty()).isEmpty() ? pending.nextIn(now) : 0;
        return Math.max(0, Math.min(next, Math.max(due, notBefore - now)));
    }

    // ---- looking ----

    private void look(ChangeSource.Changes changes) throws IOException {
        long now = clock.getAsLong();
        changes.paths().forEach(path -> pending.heard(path, now));
        if (!changes.unheard().isEmpty()) {
            if (unheard.isEmpty()) {
                // Whoever writes faster than can be told is let finish.
                unheardAt = Math.max(unheardAt, now + quiet);
            }
            unheard.addAll(changes.unheard());
        }
        if (now >= rescanAt) {
            // First of all: where it fails, it is not to be tried over and over.
            rescanAt = now + rescan;
            unheard.clear();
            source.retry();
            unlisted = look(List.of(TreePath.ROOT));
            rescanAt = pace(now, rescan);
            if (lookFailed) {
                lookFailed = false;
                succeeded();
            }
            unheardAt = pace(now, 0);
            tell();
            return;
        }
        Set<TreePath> at = new HashSet<>(changes.paths());
        boolean all = !unheard.isEmpty() && now >= unheardAt;
        if (all) {
            at.addAll(unheard);
            unheard.clear();
        }
        if (!at.isEmpty()) {
            unlisted.addAll(look(at));
            tell();
        }
        if (all) {
            unheardAt = pace(now, 0);
        }
    }

    private long pace(long begun, long least) {
        long now = clock.getAsLong();
        return now + Math.max(least, LOOK_SHARE * (now - begun));
    }

    /** Returns which directories could not be listed. */
    private Set<TreePath> look(Collection<TreePath> at) throws IOException {
        Finder finder = new Finder();
        pending.beginLook();
        tree.look(at, finder);
        pending.endLook(at);
        source.sweep();
        return finder.unreadable;
    }

    private final class Finder implements TreeLook {
        private final Set<TreePath> unreadable = new HashSet<>();

        private void refuseIfStopped() {
            if (stopped.getAsBoolean()) {
                throw new CancellationException("the watcher was closed");
            }
        }

        @Override
        public void directory(TreePath path, Path directory, boolean differs) {
            refuseIfStopped();
            source.watch(path, directory);
            if (differs) {
                pending.found(path, DIRECTORY, clock.getAsLong());
            }
        }

        @Override
        public void differs(TreePath path, FileStamp stamp) {
            refuseIfStopped();
            pending.found(path, stamp, clock.getAsLong());
        }

        @Override
        public void missing(TreePath path) {
            pending.found(path, GONE, clock.getAsLong());
        }

        @Override
        public void unreadable(TreePath path, FileAccessException failure) {
            if (unreadable.add(path) && !unlisted.contains(path)) {
                trouble(Trouble.UNREADABLE, String.valueOf(failure.getMessage()));
            }
        }
    }

    /** What a look has found out about events, and about what could be read again. */
    private void tell() {
        Optional<String> incomplete = source.incomplete();
        if (incomplete.isPresent()) {
            trouble(Trouble.EVENTS_INCOMPLETE, incomplete.get());
        } else {
            resolved(Trouble.EVENTS_INCOMPLETE);
        }
        unread.removeIf(path -> pending.stamp(path) == null);
        if (unlisted.isEmpty() && unread.isEmpty()) {
            resolved(Trouble.UNREADABLE);
        }
    }

    // ---- committing ----

    private void commit() throws IOException {
        long now = clock.getAsLong();
        List<TreePath> due = now < notBefore ? List.of() : pending.due(now, !unheard.isEmpty());
        if (due.isEmpty()) {
            return;
        }
        // The second look: what nobody told may have changed all the same.
        unlisted.addAll(look(due));
        List<TreePath> rested = pending.stillAtRest(due, now);
        List<TreePath> only = new ArrayList<>(rested.size());
        for (TreePath path : rested) {
            // A new directory comes with what is in it; alone, it would take all of that.
            if (!DIRECTORY.equals(pending.stamp(path)) || !pending.hasBelow(path)) {
                only.add(path);
            }
        }
        if (!only.isEmpty()) {
            Guard guard = new Guard(new HashSet<>(only));
            Optional<CommitResult> made = tree.commit(only, guard);
            succeeded();
            made.ifPresent(result -> listener.accept(new WatchEvent.Committed(result, guard.message)));
            guard.settle(clock.getAsLong());
        }
        rested.stream().filter(path -> DIRECTORY.equals(pending.stamp(path))).forEach(pending::done);
        if (pending.takeOverflowed()) {
            rescanAt = clock.getAsLong();
        }
    }

    private final class Guard implements CommitGuard {
        private final Set<TreePath> rested;
        private final Set<TreePath> changed = new HashSet<>();
        private final Set<TreePath> failed = new HashSet<>();
        private String message = "";

        Guard(Set<TreePath> rested) {
            this.rested = rested;
        }

        @Override
        public boolean takes(TreePath path, Optional<FileStamp> stamp) {
            if (stopped.getAsBoolean()) {
                throw new CancellationException("the watcher was closed");
            }
            Object now = stamp.isPresent() ? stamp.get() : GONE;
            boolean taken = rested.contains(path) && now.equals(pending.stamp(path));
            if (!taken) {
                changed.add(path);
            }
            return taken;
        }

        @Override
        public void changed(TreePath path) {
            changed.add(path);
        }

        @Override
        public void unreadable(TreePath path, FileAccessException failure) {
            failed.add(path);
            if (unread.add(path)) {
                trouble(Trouble.UNREADABLE, String.valueOf(failure.getMessage()));
            }
        }

        @Override
        public String message(CommitChanges changes) {
            message = Objects.requireNonNullElseGet(options.message(), () -> AutoMessage.of(changes));
            return message;
        }

        /** What is committed waits no more; the rest goes on to wait. */
        void settle(long now) {
            for (TreePath path : rested) {
                if (failed.contains(path)) {
                    pending.failed(path, now, RETRY_NANOS_MIN, RETRY_NANOS_MAX);
                } else if (changed.contains(path)) {
                    pending.changed(path, now);
                } else {
                    pending.done(path);
                }
            }
        }
    }

    private void succeeded() {
        failures = 0;
        resolved(Trouble.NOT_COMMITTED);
    }

    private void failed(Exception failure) {
        LOGGER.debug("nothing was committed", failure);
        failures++;
        notBefore =
                clock.getAsLong() + Math.min(RETRY_NANOS_MAX, RETRY_NANOS_MIN << Math.min(failures - 1, DOUBLINGS_MAX));
        if (!(failure instanceof RepositoryBusyException) || failures >= BUSY_TRIES) {
            trouble(Trouble.NOT_COMMITTED, String.valueOf(failure.getMessage()));
        }
    }

    // ---- telling ----

    private void trouble(Trouble trouble, String reason) {
        if (!reason.equals(troubles.put(trouble, reason))) {
            listener.accept(new WatchEvent.Problem(trouble, reason));
        }
    }

    private void resolved(Trouble trouble) {
        @Nullable String told = troubles.remove(trouble);
        if (told != null) {
            listener.accept(new WatchEvent.Resolved(trouble));
        }
    }
}
