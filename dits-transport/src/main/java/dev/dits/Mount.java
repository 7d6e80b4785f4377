package dev.dits;

import dev.dits.chunk.ChunkProfile;
import dev.dits.connect.Climber;
import dev.dits.connect.Connector;
import dev.dits.connect.Reconnector;
import dev.dits.connect.Target;
import dev.dits.error.DitsException;
import dev.dits.object.Escaper;
import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.CommitResult;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.repo.RestoreOptions;
import dev.dits.repo.RestoreReport;
import dev.dits.repo.SelectReport;
import dev.dits.repo.Selection;
import dev.dits.session.Clocks;
import dev.dits.session.Dialer;
import dev.dits.session.RateLimits;
import dev.dits.session.RequestHandler;
import dev.dits.session.Session;
import dev.dits.session.SessionInfo;
import dev.dits.session.SessionListener;
import dev.dits.session.StoredSession;
import dev.dits.sync.CacheSource;
import dev.dits.sync.Pull;
import dev.dits.sync.PushSender;
import dev.dits.sync.RangeFetch;
import dev.dits.sync.Responder;
import dev.dits.sync.RewrittenHistory;
import dev.dits.sync.SelectedBranches;
import dev.dits.sync.SyncRound;
import dev.dits.sync.TransferControl;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A repository on this machine that is a copy of a share, and the session with that share. Made by {@link Dits#mount(String, Path)}.
 *
 * <p>It is a full repository: it can be committed to, branched and looked at while the share is away. A lost connection is made again by itself, as
 * long as the mount is open. Unless it was opened with {@link Sync#MANUAL}, it is kept in step with its share from its first pull on, in both directions and whichever process
 * commits; {@link #syncState} and events tell how that goes. Safe for use by several threads.
 */
public final class Mount implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Mount.class);

    private static final String KEY_REPOSITORY = "remote." + Pull.REMOTE + ".repository";
    private static final String KEY_SHARE = "remote." + Pull.REMOTE + ".share";

    /** The public part of the code that was joined by: so that who has the code can name the mount by it. */
    private static final String KEY_NAMEPLATE = "remote." + Pull.REMOTE + ".nameplate";

    /** Stands for the commit of a tree that has none yet. */
    private static final ObjectId NO_COMMIT = ObjectId.ofWords(0, 0, 0, 0);

    /** How often a transfer that waits for another one's end looks whether it was cancelled. */
    private static final long TURN_LOOK_MILLIS = 100;

    private final Dits dits;
    private final Repository repository;
    private final MountOptions options;
    private final PushSender sender;
    private final Events events;
    private final Bandwidth bandwidth;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicBoolean closing = new AtomicBoolean();

    /** One transfer at a time: they would only wait for each other's locks. */
    private final ReentrantLock transferring = new ReentrantLock(true);

    /** Those under way or waiting for their turn, which closing ends. */
    private final Set<TransferControl> transfers = ConcurrentHashMap.newKeySet();

    private final Session session;
    private final Reconnector reconnector;
    private final Climber climber;
    private final MountSync sync;
    private final NewKeys newKeys;
    private final AutoCommits autoCommits;

    /** Sees what other processes commit, and that the machine slept. */
    private final Poll poll;

    private volatile StoredSession stored;

    /** Why the share is not looked for any more; null while it is. */
    private volatile @Nullable String ended;

    private Mount(
            Dits dits,
            Connector connector,
            Repository repository,
            MountOptions options,
            Late late,
            Session session,
            StoredSession stored)
            throws IOException {
        this.dits = dits;
        this.repository = repository;
        this.options = options;
        this.session = session;
        this.stored = stored;
        this.events = new Events(dits.threads().workers());
        this.bandwidth = new Bandwidth(new RateLimits(dits.bandwidth().limits()));
        session.limitBy(bandwidth.limits());
        this.newKeys = new NewKeys(repository, events::fire);
        this.sender = new PushSender(repository);
        RequestHandler handler = new Responder(repository, dits.cache(), sender);
        late.handler = handler;
        this.sync = new MountSync(
                repository,
                session,
                sender,
                this::newPull,
                (control, work) -> inTurn(control, work::run),
                options.sync(),
                events::fire,
                dits.threads());
        this.autoCommits = new AutoCommits(repository, options.watch(), events::fire, sync::ask);
        session.onEvent(new SessionEvents());
        this.reconnector = Reconnector.keep(
                connector,
                session,
                stored,
                handler,
                dits.threads().timer(),
                dits.threads().workers(),
                dits.random());
        this.climber = Climber.keep(dits.climbing(connector), session, stored, handler);
        RefsWatch watch = new RefsWatch(repository);
        boolean auto = options.sync() == Sync.AUTO;
        this.poll = new Poll(
                dits.threads().workers(),
                dits.threads().timer(),
                InstantSource.system(),
                () -> {
                    if (auto) {
                        sync.look(watch);
                    }
                    beginAutoCommits();
                },
                this::awoke);
        if (repository.base().isPresent()) {
            sync.begin();
        }
        beginAutoCommits();
    }

    /** Not before it is known what the share has: what is in the directory would be the start of a history of its own. */
    private void beginAutoCommits() {
        if (!autoCommits.isDue()) {
            return;
        }
        try {
            if (repository.base().isPresent() || sync.state().inStep()) {
                autoCommits.begin();
            }
        } catch (IOException e) {
            LOG.debug("{} can not be read", repository.root(), e);
        }
    }

    /** The machine seems to have slept. */
    void awoke() {
        reconnector.awoke();
    }

    /** Answers requests once the mount is there; the share makes none before it is pushed to. */
    private static final class Late implements RequestHandler {
        private volatile @Nullable RequestHandler handler;

        @Override
        public void handle(Session session, dev.dits.wire.Message request, dev.dits.session.Exchange exchange)
                throws IOException, InterruptedException {
            RequestHandler ready = handler;
            if (ready == null) {
                throw new DitsException("this mount is not ready yet");
            }
            ready.handle(session, request, exchange);
        }
    }

    static Mount join(Dits dits, String target, Path directory, MountOptions options)
            throws IOException, InterruptedException {
        Target parsed = Target.parse(target, options.code());
        // Without its configuration it is what a join that broke off left, and becomes the mount.
        boolean exists = Files.exists(directory.resolve(Repository.DIRECTORY).resolve("config"));
        if (!exists) {
            requireEmpty(directory);
        }
        Late late = new Late();
        Connector connector = dits.connector();
        Dialer.Opened opened = connector.join(parsed, PeerProbe.newCertificate(dits), late, options.timeout());
        try {
            SessionInfo info = opened.session().info();
            Repository repository =
                    exists ? existing(dits, directory, info) : create(dits, directory, info, options.branches());
            try {
                StoredSession stored = opened.stored();
                stored.write(sessionFile(repository));
                repository.configure(Map.of(
                        KEY_REPOSITORY,
                        Optional.of(HexFormat.of().formatHex(info.repositoryId())),
                        KEY_SHARE,
                        Optional.of(Escaper.escape(info.shareName())),
                        KEY_NAMEPLATE,
                        parsed instanceof Target.ByCode byCode
                                ? Optional.of(byCode.code().nameplate())
                                : Optional.empty()));
                return selected(new Mount(dits, connector, repository, options, late, opened.session(), stored));
            } catch (IOException | RuntimeException e) {
                repository.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            opened.session().close();
            throw e;
        }
    }

    /** What the options say of paths and branches. Before the first pull that costs nothing; later files come and go. */
    private static Mount selected(Mount mount) throws IOException, InterruptedException {
        boolean done = false;
        try {
            List<String> branches = mount.options.branches();
            if (branches != null && !branches.equals(mount.branches())) {
                mount.selectBranches(branches);
            }
            Selection selection = mount.options.selection();
            if (selection != null && !selection.equals(mount.repository.selection())) {
                mount.select(before -> selection).await();
            }
            done = true;
            return mount;
        } finally {
            if (!done) {
                mount.close();
            }
        }
    }

    private static void requireEmpty(Path directory) throws IOException {
        if (!Files.exists(directory, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                if (entry.endsWith(Repository.DIRECTORY)) {
                    continue;
                }
                throw new DitsException(directory
                        + " is not empty and no mount; name a new or an empty directory, so that nothing of yours is"
                        + " mixed with the share's files");
            }
        } catch (NotDirectoryException e) {
            throw new DitsException(directory + " is there and is no directory; name another place", e);
        }
    }

    private static RepositoryOptions settings(Dits dits) {
        return RepositoryOptions.defaults()
                .withAuthor(dits.options().deviceName())
                .withSources(List.of(new CacheSource(dits.cache())));
    }

    private static Repository create(Dits dits, Path directory, SessionInfo info, @Nullable List<String> branches)
            throws IOException {
        ChunkProfile profile = ChunkProfile.byName(info.profile())
                .orElseThrow(
                        () -> new DitsException("the share cuts files by a profile that this version does not know ("
                                + Escaper.escape(info.profile()) + "); update dits"));
        RepositoryOptions settings =
                // What the share's history is like, the first pull shows.
                settings(dits).withProfile(profile).withRequireSignatures(false);
        try {
            boolean another = branches != null && !branches.isEmpty() && !branches.contains(info.branch());
            String branch = branches != null && another ? branches.get(0) : info.branch();
            return Repository.init(directory, branch.isEmpty() ? settings : settings.withBranch(branch));
        } catch (IllegalArgumentException e) {
            throw new DitsException("the share's branch has a name that can not be", e);
        }
    }

    private static Repository existing(Dits dits, Path directory, SessionInfo info) throws IOException {
        Repository repository = Repository.open(directory, settings(dits));
        Optional<String> of = repository.config().get(KEY_REPOSITORY);
        boolean unborn = of.isEmpty() && repository.refs().isEmpty();
        if (!unborn && !of.equals(Optional.of(HexFormat.of().formatHex(info.repositoryId())))) {
            repository.close();
            throw new DitsException(directory
                    + (of.isEmpty() ? " is a repository of its own" : " is a mount of another repository")
                    + "; name a new or an empty directory");
        }
        return repository;
    }

    static Mount reopen(Dits dits, Path directory, MountOptions options) throws IOException, InterruptedException {
        Repository repository = Repository.open(directory, settings(dits));
        try {
            StoredSession stored = StoredSession.read(sessionFile(repository))
                    .orElseThrow(() -> new DitsException(
                            directory + " is a repository of its own, not a mount; 'dits p2p connect' makes mounts"));
            Late late = new Late();
            Connector connector = dits.connector();
            Session session = connector.attach(stored, null, late, options.timeout());
            return selected(new Mount(dits, connector, repository, options, late, session, stored));
        } catch (IOException | InterruptedException | RuntimeException e) {
            repository.close();
            throw e;
        }
    }

    private static Path sessionFile(Repository repository) {
        return repository
                .root()
                .resolve(Repository.DIRECTORY)
                .resolve("remotes")
                .resolve(Pull.REMOTE + ".session");
    }

    /** What the session tells, as events. */
    private final class SessionEvents implements SessionListener {
        @Override
        public void refsChanged() {
            if (sync.isKept()) {
                sync.ask();
            } else {
                announce();
            }
        }

        @Override
        public void disconnected() {
            sync.disconnected();
            events.fire(new DitsEvent.Disconnected());
        }

        @Override
        public void connected(String address) {
            remember(address);
            events.fire(new DitsEvent.Connected(address));
            Duration ahead = clockAhead();
            if (Clocks.isFarOff(ahead)) {
                events.fire(new DitsEvent.ClockSkew(shareName(), ahead));
            }
            // Something may have been committed there meanwhile.
            sync.connected();
            if (!sync.isKept()) {
                announce();
            }
        }

        @Override
        public void closed(String reason) {
            if (!closing.get()) {
                ended = reason;
                LOG.info("{}: the session ended: {}", repository.root(), reason);
                events.fire(new DitsEvent.Disconnected());
            }
        }
    }

    /** The share's references moved: says which branch has something new. */
    private void announce() {
        try {
            Optional<RefName> branch = repository.currentBranch();
            if (branch.isEmpty()) {
                return;
            }
            ObjectId tip = Pull.tip(session, branch.get().shortName());
            boolean isNew = tip != null && !repository.ref(branch.get()).equals(Optional.of(tip));
            sync.noteNews(isNew ? tip : null);
            if (tip != null && isNew) {
                events.fire(new DitsEvent.BranchMoved(
                        branch.get().shortName(),
                        tip,
                        Escaper.escape(session.info().shareName())));
            }
        } catch (IOException e) {
            LOG.debug("the share's references can not be read", e);
        }
    }

    private void remember(String address) {
        StoredSession changed = stored.reachedAt(address);
        if (!changed.addresses().equals(stored.addresses())) {
            try {
                changed.write(sessionFile(repository));
                stored = changed;
            } catch (IOException e) {
                LOG.debug("the share's address can not be kept", e);
            }
        }
    }

    /**
     * Returns the top directory of the mount.
     *
     * @return its real path
     */
    public Path root() {
        return repository.root();
    }

    /**
     * Returns the mount's repository, open as long as the mount.
     *
     * @return the repository
     */
    public Repository repository() {
        return repository;
    }

    /**
     * Returns what the share calls itself.
     *
     * @return its name, fit to be shown
     */
    public String shareName() {
        return Escaper.escape(session.info().shareName());
    }

    /**
     * Tells whether the share refuses pushes of this mount.
     *
     * @return whether it is read-only
     */
    public boolean readOnly() {
        return session.info().readOnly();
    }

    /**
     * Tells why this mount will not be connected again, as when its access was revoked. A connection that is merely lost is made again by itself.
     *
     * @return the reason, for people; nothing while the share is connected or looked for
     */
    public Optional<String> ended() {
        return Optional.ofNullable(ended);
    }

    /** The part of the join code that is no secret; empty where it was joined by another way. */
    String nameplate() {
        return repository.config().get(KEY_NAMEPLATE).orElse("");
    }

    /**
     * Tells whether what changes in the working tree is committed by itself.
     *
     * @return whether it was opened so
     */
    public boolean watched() {
        return autoCommits.wanted();
    }

    /**
     * Tells what keeps changes of the working tree from being committed by themselves.
     *
     * @return reasons, for people; empty if nothing does, or they are not to be
     */
    public List<String> watchProblems() {
        return autoCommits.problems();
    }

    /** Whether the share is reached at the moment. */
    boolean isConnected() {
        return session.isConnected();
    }

    /** Whether the share is known to have commits on this branch that were not pulled. */
    boolean isBehind() {
        return sync.isBehind();
    }

    /**
     * Tells how this mount and its share stand to each other, as far as is known here; nobody is asked.
     *
     * @return what either lacks, and what is in the way
     * @throws IOException if the repository can not be read
     */
    public SyncState syncState() throws IOException {
        return sync.state();
    }

    /** What is under way, or waits for its turn. */
    Optional<Progress> underWay() {
        return transfers.stream()
                .findFirst()
                .map(TransferControl::snapshot)
                .or(sync::progress)
                .map(snapshot -> TransferTask.progress(snapshot, null));
    }

    /** Whether somebody waits for a transfer: a round that keeps the mount in step is nobody's, and goes on another time. */
    boolean isAwaited() {
        return !transfers.isEmpty();
    }

    /**
     * Tells by how much the share's clock is ahead of this machine's, as it was when the mount connected. Beyond five minutes one of them is wrong,
     * and what expires, by the share's clock, does so at a time that surprises somebody.
     *
     * @return to the second; negative where it is behind
     */
    public Duration clockAhead() {
        return session.clockAhead();
    }

    /**
     * Limits what this mount sends and receives.
     *
     * @return its limits, to be looked at and changed; none at first
     */
    public Bandwidth bandwidth() {
        return bandwidth;
    }

    /**
     * Tells which way the share is reached, and why not by a better one. Where a tracker carries the packets a more direct way is looked for again and again.
     *
     * @return as it is now
     */
    public PeerPath path() {
        return PeerPath.of(session, session.isConnected() ? climber.problem() : reconnector.problem());
    }

    /**
     * Brings the mount up to the tip of its branch on the share; the working tree follows. A first pull takes the share's history along. Starts at once.
     *
     * <p>It fails with {@link dev.dits.error.LocalChangesException} where it would overwrite what is not committed, and with {@link
     * dev.dits.error.BranchMovedException} where both sides have commits that the other lacks.
     *
     * @return the transfer
     */
    public Transfer pull() {
        return start(control -> {
            Pull.Result result = beginning(() -> newPull(control).run());
            sync.noteReached(result.commit());
            return outcome(result);
        });
    }

    /**
     * Brings this mount and its share in step once, in both directions: every branch, as {@link Sync#AUTO} does it by itself; the working tree follows where no local changes
     * are in the way. Starts at once.
     *
     * <p>It fails where the share can not be asked. What could not be settled otherwise, {@link #syncState} tells.
     *
     * @return the transfer; its result names the commit on which the working tree stands
     */
    public Transfer sync() {
        return start(control -> {
            SyncRound.Report report = beginning(() -> sync.runNow(control));
            ObjectId base = repository
                    .base()
                    .orElseThrow(() -> new DitsException(
                            "neither this mount nor the share has a commit yet; commit something on one side"));
            return new TransferTask.Outcome(base, report.refused());
        });
    }

    /**
     * Fetches all that the share shows: the history of every branch and tag, and the content of every commit, so that nothing of it is merely promised by the share. From then
     * on pulls and rounds do the same with what they bring. The working tree stays where it is. Starts at once.
     *
     * @return the transfer; its result names the tip of the branch that is checked out, and branches that can not be here
     */
    public Transfer fetchAll() {
        return start(control -> {
            List<String> refused = newPull(control).fetchAll();
            Optional<RefName> branch = repository.currentBranch();
            RefName there =
                    RefName.remote(Pull.REMOTE, branch.map(RefName::shortName).orElse("main"));
            Map<RefName, ObjectId> refs = repository.refs();
            ObjectId reached = Optional.ofNullable(refs.get(there))
                    .or(() -> refs.values().stream().findFirst())
                    .orElseThrow(() -> new DitsException("the share shows no branch that can be here"));
            return new TransferTask.Outcome(reached, refused);
        });
    }

    /** Whoever gives a first pull up is not to get it all the same; one that failed goes on by itself. */
    private <T> T beginning(InTurn<T> work) throws IOException, InterruptedException {
        boolean cancelled = false;
        try {
            return work.run();
        } catch (CancellationException e) {
            cancelled = true;
            throw e;
        } finally {
            if (!cancelled) {
                sync.begin();
            }
        }
    }

    /**
     * Brings the working tree to a branch or commit that is here, as {@link Repository#checkout} does; content that is only promised by the share is fetched. Starts at once.
     *
     * <p>After a pull that found commits on both sides, {@code checkout("origin/main")} goes to the share's.
     *
     * @param revision a branch, a tag, {@code origin/BRANCH}, or a commit of the share
     * @return the transfer, which fails with {@link dev.dits.error.LocalChangesException} where it would overwrite what is not committed
     */
    public Transfer checkout(String revision) {
        return start(control -> outcome(newPull(control).checkout(revision)));
    }

    /**
     * Brings a part of a commit back into the working tree, as {@link Repository#restore} does; content that is only promised by the share is
     * fetched. Waits for its turn behind a transfer under way, and until it is done.
     *
     * @param paths what to restore, each with all below it
     * @param restore from where, and what happens to what is in no commit; how files are written is the mount's affair
     * @return what was done
     * @throws dev.dits.error.LocalChangesException if something is in the way that may not be replaced; nothing was changed then
     * @throws IOException if it fails; the same again goes on from there
     * @throws InterruptedException if the thread was interrupted
     */
    public RestoreReport restore(Collection<TreePath> paths, RestoreOptions restore)
            throws IOException, InterruptedException {
        AtomicReference<RestoreReport> report = new AtomicReference<>();
        Transfer transfer = start(control -> {
            RestoreReport made = newPull(control).restore(paths, restore);
            report.set(made);
            return new TransferTask.Outcome(made.source(), List.of());
        });
        try {
            transfer.await();
        } catch (InterruptedException e) {
            transfer.cancel();
            throw e;
        }
        RestoreReport done = report.get();
        if (done == null) {
            throw new IllegalStateException("a restore ended without a report");
        }
        return done;
    }

    /**
     * Changes which part of the tree this mount holds, as {@link Repository#select} does it; content that comes to be selected is fetched, nothing else. Waits for its turn behind a
     * transfer under way; starts at once otherwise. Before the first pull it only says what that is to bring.
     *
     * <p>It fails with {@link dev.dits.error.LocalChangesException} where something that is in no commit lies where a file is to be written. Its result names as refused what no longer is selected and stays
     * all the same, for its changes are in no commit.
     *
     * @param change makes the new selection of the one that there is, such as {@code before -> Selection.of(List.of("takes/**"))}
     * @return the transfer; its result names the commit that the working tree stands on
     */
    public Transfer select(UnaryOperator<Selection> change) {
        return start(control -> {
            SelectReport report = newPull(control).select(change);
            List<String> refused = new ArrayList<>();
            report.kept()
                    .forEach(path -> refused.add(
                            path.display() + ": not selected, and kept: it has changes that are in no commit"));
            report.checkout().ifPresent(written -> refused.addAll(Pull.refusals(written)));
            return new TransferTask.Outcome(repository.base().orElse(NO_COMMIT), refused);
        });
    }

    /**
     * Returns the branches of the share that this mount follows.
     *
     * @return their names, sorted; empty for all
     * @throws IOException if the configuration can not be read
     */
    public List<String> branches() throws IOException {
        return branches(repository);
    }

    /**
     * Changes which branches of the share this mount follows, see {@link MountOptions#withBranches}. Those that are added come with the next pull, or by themselves; those that are left
     * out stay as they are.
     *
     * @param names their names; none for all
     * @throws IllegalArgumentException if one can not be the name of a branch
     * @throws IOException if the configuration can not be written
     */
    public void selectBranches(Collection<String> names) throws IOException {
        selectBranches(repository, names);
        sync.ask();
    }

    /**
     * As {@link #branches()}, of a mount that another process holds, or none.
     *
     * @param repository the mount's
     * @return their names, sorted; empty for all
     * @throws IOException if the configuration can not be read
     */
    public static List<String> branches(Repository repository) throws IOException {
        return SelectedBranches.of(repository).names();
    }

    /**
     * As {@link #selectBranches(Collection)}, for a mount that another process holds, or none: it takes note with its next round or pull.
     *
     * @param repository the mount's
     * @param names their names; none for all
     * @throws IllegalArgumentException if one can not be the name of a branch
     * @throws IOException if the configuration can not be written
     */
    public static void selectBranches(Repository repository, Collection<String> names) throws IOException {
        SelectedBranches.select(repository, names);
    }

    /**
     * Takes the share's history of a branch that was rewritten there, as {@link dev.dits.error.HistoryRewrittenException} told: the next pull, or
     * keeping in step, does it. What this mount has on that branch stays, as the branch {@code NAME-before-COMMIT}.
     *
     * @param commit the share's tip that is taken; if the branch is rewritten again, that has to be chosen again
     * @throws IOException if the choice can not be kept
     */
    public void acceptRewritten(ObjectId commit) throws IOException {
        acceptRewritten(repository, commit);
        sync.ask();
    }

    /**
     * As {@link #acceptRewritten(ObjectId)}, for a mount that another process holds.
     *
     * @param repository the mount's
     * @param commit the share's tip that is taken
     * @throws IOException if the choice can not be kept
     */
    public static void acceptRewritten(Repository repository, ObjectId commit) throws IOException {
        RewrittenHistory.accept(repository, commit);
    }

    private Pull newPull(TransferControl control) {
        return new Pull(
                session,
                repository,
                dits.cache(),
                options.links(),
                dits.threads().workers(),
                control);
    }

    private static TransferTask.Outcome outcome(Pull.Result result) {
        return new TransferTask.Outcome(result.commit(), result.refused());
    }

    private Transfer start(TransferTask.Work work) {
        return TransferTask.start(dits.threads().workers(), control -> {
            transfers.add(control);
            try {
                if (closing.get()) {
                    control.cancel("the mount was closed");
                }
                return inTurn(control, () -> work.run(control));
            } finally {
                transfers.remove(control);
            }
        });
    }

    private interface InTurn<T> {
        T run() throws IOException, InterruptedException;
    }

    private <T> T inTurn(TransferControl control, InTurn<T> work) throws IOException, InterruptedException {
        control.checkpoint();
        while (!transferring.tryLock(TURN_LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
            control.checkpoint();
        }
        try {
            control.checkpoint();
            T done = work.run();
            newKeys.look();
            return done;
        } finally {
            transferring.unlock();
        }
    }

    /**
     * Sends the commits of the current branch to the share, which moves its branch. Starts at once.
     *
     * <p>It fails with {@link dev.dits.error.BranchMovedException} where the share has commits that are not here, and with {@link
     * dev.dits.error.PermissionDeniedException} where it is read-only.
     *
     * @return the transfer
     */
    public Transfer push() {
        return start(control -> {
            ObjectId pushed = sender.push(session, control);
            sync.noteNews(null);
            return new TransferTask.Outcome(pushed, List.of());
        });
    }

    /**
     * Commits the working tree as it is.
     *
     * @param message what changed
     * @return the new commit; nothing where nothing changed
     * @throws IOException if it fails
     */
    public Optional<ObjectId> commit(String message) throws IOException {
        Optional<ObjectId> made =
                repository.commit(message, null, CommitProgress.NONE).map(CommitResult::id);
        sync.ask();
        return made;
    }

    /**
     * Reads a range of a file from the share, without fetching the file. Every byte is verified from the commit's id.
     *
     * @param commit a commit of the share
     * @param path the file, names joined by {@code /}
     * @param offset first byte
     * @param length bytes, 1 to 16 MiB
     * @return the bytes; fewer where the file ends
     * @throws dev.dits.error.MissingObjectException if there is no such file, or it ends before
     * @throws dev.dits.error.CorruptObjectException if the share's proof does not hold
     * @throws IOException if it fails
     */
    public byte[] readRange(ObjectId commit, String path, long offset, int length) throws IOException {
        return RangeFetch.read(session, commit, TreePath.ofUtf8(path), offset, length);
    }

    /**
     * Measures a round trip to the share.
     *
     * @param timeout how long to wait for the answer
     * @return what it took
     * @throws TimeoutException if no answer came in time
     * @throws IOException if there is no connection
     * @throws InterruptedException if the thread was interrupted
     */
    public Duration ping(Duration timeout) throws IOException, InterruptedException, TimeoutException {
        return session.ping(timeout);
    }

    /**
     * Listens to what happens.
     *
     * @param listener called in order, on one worker thread at a time; may take its time
     */
    public void onEvent(Consumer<DitsEvent> listener) {
        events.listen(listener);
    }

    /**
     * Waits until the mount is closed, by whomever.
     *
     * @throws InterruptedException if the thread was interrupted; the mount stays open
     */
    public void awaitClose() throws InterruptedException {
        closed.await();
    }

    /** Lets the transfer that is under way come to its end, and closes then. */
    void closeAfterTransfer() throws IOException {
        sync.close();
        transferring.lock();
        try {
            close();
        } finally {
            transferring.unlock();
        }
    }

    /** Ends the session, and transfers as if they were cancelled. The directory stays what it is, a repository. Idempotent. */
    @Override
    public void close() throws IOException {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        poll.close();
        sync.close();
        try {
            // One that is paused would not notice that its session is gone.
            climber.close();
            transfers.forEach(control -> control.cancel("the mount was closed"));
            reconnector.close();
            session.close();
            autoCommits.close();
        } finally {
            // A transfer under way notices that its session is gone; its files must not be closed under it.
            transferring.lock();
            try {
                repository.close();
            } finally {
                transferring.unlock();
                dits.forget(this);
                closed.countDown();
            }
        }
    }

    @Override
    public String toString() {
        return "Mount[" + repository.root() + "]";
    }
}
