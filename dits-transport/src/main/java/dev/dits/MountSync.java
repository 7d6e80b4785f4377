package dev.dits;

import dev.dits.error.SessionClosedException;
import dev.dits.object.Escaper;
import dev.dits.object.ObjectId;
import dev.dits.object.ObjectWalk;
import dev.dits.repo.ConflictCopy;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.session.Session;
import dev.dits.sync.Pull;
import dev.dits.sync.PushSender;
import dev.dits.sync.SyncRound;
import dev.dits.sync.TransferControl;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a mount in step with its share: asks for rounds when something moves on either side or the share is reached again, makes events of what they did, and
 * knows how things stand. Of a mount that is not kept in step by itself it only knows that.
 *
 * <p>Safe for use by several threads.
 */
final class MountSync implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MountSync.class);

    /** How often a round that was asked for by hand is repeated because somebody else was faster. */
    private static final int AGAIN_MAX = 16;

    /** Waits for the mount's turn: one transfer at a time. */
    interface Turn {
        SyncRound.Report take(TransferControl control, Work work) throws IOException, InterruptedException;
    }

    /** What is done in a turn. */
    interface Work {
        SyncRound.Report run() throws IOException, InterruptedException;
    }

    private final Repository repository;
    private final Session session;
    private final PushSender sender;
    private final Function<TransferControl, Pull> pulls;
    private final Turn turn;
    private final Sync mode;
    private final Consumer<DitsEvent> events;
    private final Rounds rounds;

    /** Branches that the share did not let this mount push to, since it was last connected. */
    private final Set<RefName> refused = ConcurrentHashMap.newKeySet();

    private final ReentrantLock lock = new ReentrantLock();
    private Map<RefName, ObjectId> settled = Map.of();
    private Optional<RefName> settledCurrent = Optional.empty();
    private List<String> lagging = List.of();
    private Map<String, String> problems = Map.of();
    private boolean inStep;
    private boolean moved;

    /** Of the round under way; null for none. */
    private @Nullable TransferControl underWay;

    private boolean begun;
    private boolean closed;

    /** What the share has on the current branch and is not here, as far as is known; null for nothing. */
    private volatile @Nullable ObjectId news;

    MountSync(
            Repository repository,
            Session session,
            PushSender sender,
            Function<TransferControl, Pull> pulls,
            Turn turn,
            Sync mode,
            Consumer<DitsEvent> events,
            NodeThreads threads) {
        this.repository = repository;
        this.session = session;
        this.sender = sender;
        this.pulls = pulls;
        this.turn = turn;
        this.mode = mode;
        this.events = events;
        this.rounds = new Rounds(threads.workers(), threads.timer(), this::round);
    }

    Sync mode() {
        return mode;
    }

    /** The first pull was made, or failed where it may go on by itself: from now on the mount is kept in step, if it is to be. */
    void begin() {
        lock.lock();
        try {
            begun = true;
        } finally {
            lock.unlock();
        }
        ask();
    }

    /** Something may have moved. */
    void ask() {
        if (isKept()) {
            rounds.ask();
        }
    }

    /** Whether rounds are made by themselves. */
    boolean isKept() {
        lock.lock();
        try {
            return begun && !closed && mode == Sync.AUTO;
        } finally {
            lock.unlock();
        }
    }

    /** There is a connection again: the share may be another one in what it permits. */
    void connected() {
        refused.clear();
        ask();
    }

    void disconnected() {
        lock.lock();
        try {
            inStep = false;
        } finally {
            lock.unlock();
        }
    }

    /** Looks whether a branch moved here that no round has seen, by whatever process. */
    void look(RefsWatch watch) {
        try {
            if (watch.look() && isNews(watch)) {
                ask();
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("the references of {} can not be read", repository.root(), e);
        }
    }

    private boolean isNews(RefsWatch watch) {
        lock.lock();
        try {
            return !watch.branches().equals(settled) || !watch.current().equals(settledCurrent);
        } finally {
            lock.unlock();
        }
    }

    private Rounds.Next round() throws InterruptedException {
        if (!isKept() || !session.isConnected()) {
            return Rounds.Next.WHEN_ASKED;
        }
        TransferControl control = new TransferControl(System::nanoTime);
        setUnderWay(control);
        try {
            SyncRound.Report report = turn.take(control, () -> run(control));
            return report.again() ? Rounds.Next.AGAIN : report.retry() ? Rounds.Next.LATER : Rounds.Next.DONE;
        } catch (CancellationException e) {
            return Rounds.Next.WHEN_ASKED;
        } catch (IOException e) {
            LOG.debug("{}: a round failed", repository.root(), e);
            if (!session.isConnected()) {
                return Rounds.Next.WHEN_ASKED;
            }
            if (!(e instanceof SessionClosedException)) {
                tell(List.of(), Map.of("", String.valueOf(e.getMessage())));
            }
            return Rounds.Next.LATER;
        } finally {
            setUnderWay(null);
        }
    }

    private void setUnderWay(@Nullable TransferControl control) {
        boolean late;
        lock.lock();
        try {
            underWay = control;
            late = closed;
        } finally {
            lock.unlock();
        }
        if (late && control != null) {
            control.cancel("the mount was closed");
        }
    }

    /** What the round under way has done so far. */
    Optional<TransferControl.Snapshot> progress() {
        lock.lock();
        try {
            return underWay == null ? Optional.empty() : Optional.of(underWay.snapshot());
        } finally {
            lock.unlock();
        }
    }

    /** Rounds until nobody else is faster; in the caller's turn. */
    SyncRound.Report runNow(TransferControl control) throws IOException, InterruptedException {
        SyncRound.Report report = run(control);
        for (int i = 1; report.again() && i < AGAIN_MAX; i++) {
            report = run(control);
        }
        return report;
    }

    private SyncRound.Report run(TransferControl control) throws IOException, InterruptedException {
        // Before the round looks: what is checked out meanwhile is news.
        Optional<RefName> current = repository.currentBranch();
        SyncRound.Report report =
                new SyncRound(session, repository, sender, pulls.apply(control), control, refused, new Told()).run();
        boolean fire;
        lock.lock();
        try {
            settled = report.settled();
            settledCurrent = current;
            fire = report.inStep() && (moved || !inStep);
            inStep = report.inStep();
            moved = false;
        } finally {
            lock.unlock();
        }
        news = report.ahead();
        tell(report.lagging(), report.problems());
        if (fire) {
            events.accept(new DitsEvent.InStep());
        }
        return report;
    }

    /** Makes events of what was not told before. */
    private void tell(List<String> lagNow, Map<String, String> problemsNow) {
        List<DitsEvent> fresh = new ArrayList<>();
        String branch = currentName();
        lock.lock();
        try {
            if (!lagNow.isEmpty() && !lagNow.equals(lagging)) {
                fresh.add(new DitsEvent.Lagging(branch, lagNow));
            }
            problemsNow.forEach((about, reason) -> {
                if (!reason.equals(problems.get(about))) {
                    fresh.add(new DitsEvent.SyncProblem(about, reason));
                }
            });
            lagging = lagNow;
            problems = problemsNow;
        } finally {
            lock.unlock();
        }
        fresh.forEach(events);
    }

    private String currentName() {
        try {
            return repository.currentBranch().map(RefName::shortName).orElse("");
        } catch (IOException e) {
            LOG.debug("the current branch can not be read", e);
            return "";
        }
    }

    /** Makes events of what a round did. */
    private final class Told implements SyncRound.Listener {
        private void fire(DitsEvent event) {
            lock.lock();
            try {
                moved = true;
            } finally {
                lock.unlock();
            }
            events.accept(event);
        }

        @Override
        public void forwarded(String branch, ObjectId commit) {
            fire(new DitsEvent.BranchMoved(
                    branch, commit, Escaper.escape(session.info().shareName())));
        }

        @Override
        public void pushed(String branch, ObjectId commit) {
            fire(new DitsEvent.Pushed(branch, commit));
        }

        @Override
        public void merged(String branch, ObjectId commit, List<ConflictCopy> copies) {
            fire(new DitsEvent.Merged(branch, commit, copies));
        }

        @Override
        public void treeMoved(ObjectId commit, List<String> refusedPaths) {
            fire(new DitsEvent.TreeMoved(commit, refusedPaths));
        }
    }

    /** What the share told of the current branch; null for nothing that is not here. */
    void noteNews(@Nullable ObjectId commit) {
        news = commit;
    }

    /** The branch was brought to what the share had. */
    void noteReached(ObjectId commit) {
        if (commit.equals(news)) {
            news = null;
        }
    }

    boolean isBehind() {
        return news != null;
    }

    SyncState state() throws IOException {
        // In this order: what ends in between is not taken for done before it is.
        boolean busy = rounds.isBusy();
        long unpushed = unpushed();
        boolean lacks = unpushed > 0 || news != null;
        lock.lock();
        try {
            return new SyncState(mode, inStep && !busy && !lacks, unpushed, news != null, lagging, problems);
        } finally {
            lock.unlock();
        }
    }

    private long unpushed() throws IOException {
        List<ObjectId> mine = new ArrayList<>();
        List<ObjectId> theirs = new ArrayList<>();
        Map<RefName, ObjectId> refs = repository.refs();
        refs.forEach((name, commit) -> {
            if (name.isBranch() && !commit.equals(refs.get(RefName.remote(Pull.REMOTE, name.shortName())))) {
                mine.add(commit);
            } else if (name.isRemote()) {
                theirs.add(commit);
            }
        });
        return mine.isEmpty()
                ? 0
                : new ObjectWalk(repository.objects(), ObjectWalk.Options.NONE)
                        .listCommits(mine, theirs)
                        .size();
    }

    /** Ends the round under way, and makes no more. Does not wait. Idempotent. */
    @Override
    public void close() {
        TransferControl control;
        lock.lock();
        try {
            closed = true;
            control = underWay;
        } finally {
            lock.unlock();
        }
        rounds.close();
        if (control != null) {
            control.cancel("the mount was closed");
        }
    }
}
