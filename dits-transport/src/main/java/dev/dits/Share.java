package dev.dits;

import dev.dits.connect.Connector;
import dev.dits.connect.MeetHandler;
import dev.dits.connect.Reachable;
import dev.dits.discovery.PeerDiscovery;
import dev.dits.error.RepositoryNotFoundException;
import dev.dits.object.Escaper;
import dev.dits.object.ObjectId;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.session.Clocks;
import dev.dits.session.Grant;
import dev.dits.session.GrantStore;
import dev.dits.session.GuessLimiter;
import dev.dits.session.RateLimits;
import dev.dits.session.Session;
import dev.dits.session.SessionListener;
import dev.dits.session.ShareAcceptor;
import dev.dits.session.ShareIdentity;
import dev.dits.sync.CacheSource;
import dev.dits.sync.Responder;
import dev.dits.sync.SharePolicy;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A repository that others can join while it is open. Made by {@link Dits#share(Path)}.
 *
 * <p>The join code is drawn anew each time and dies with the share. Mounts that have joined come back by themselves when the same repository is
 * shared again. Commits made in the directory by any process show to the mounts within a second; so does access that another process revoked
 * ({@link ShareAccess}).
 *
 * <p>Safe for use by several threads.
 */
public final class Share implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Share.class);

    private final Dits dits;
    private final Repository repository;
    private final String name;
    private final boolean readOnly;
    private final long uncommittedChanges;
    private final Sockets.Listening socket;
    private final GrantStore grants;
    private final GuessLimiter guesses;
    private final Invitations invitations;
    private final ShareAcceptor acceptor;
    private final Responder responder;
    private final MeetHandler meetings;
    private final Events events;
    private final Bandwidth bandwidth;
    private final List<Closeable> announcements = new ArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicBoolean closing = new AtomicBoolean();
    private final ShareTree tree;
    private final AutoCommits autoCommits;

    /** Sees what other processes do: references, grants, re-arming. */
    private final Poll poll;

    /** Held while something is told of what moved: in the order in which it did. */
    private final ReentrantLock looking = new ReentrantLock();

    private final RefsWatch watch;
    private final NewKeys newKeys;

    /** The last push, be it still under way or failed; null before the first. */
    private volatile @Nullable Pusher pusher;

    private record Pusher(String branch, ObjectId commit, String name) {}

    private boolean accessUnreadable;

    /** How often the repository had been re-armed when the present codes were drawn. */
    private long rearmed;

    static Share open(Dits dits, Path directory, ShareOptions options) throws IOException {
        RepositoryOptions settings = RepositoryOptions.defaults().withSources(List.of(new CacheSource(dits.cache())));
        Repository repository;
        try {
            repository = Repository.open(directory, settings);
        } catch (RepositoryNotFoundException e) {
            if (!options.init()) {
                throw e;
            }
            repository = Repository.init(directory, settings);
            try {
                repository.commit("First version", null, CommitProgress.NONE);
            } catch (IOException | RuntimeException failure) {
                repository.close();
                throw failure;
            }
        }
        Sockets.Listening socket = null;
        try {
            socket = dits.sockets().listen(options.bindAddress(), options.port());
            return new Share(dits, repository, options, socket);
        } catch (IOException | RuntimeException e) {
            if (socket != null) {
                socket.close();
            }
            repository.close();
            throw e;
        }
    }

    private Share(Dits dits, Repository repository, ShareOptions options, Sockets.Listening socket) throws IOException {
        this.dits = dits;
        this.repository = repository;
        this.socket = socket;
        Path fileName = repository.root().getFileName();
        String given = options.name();
        this.name = given != null && !given.isBlank() ? given : fileName == null ? "share" : fileName.toString();
        this.readOnly = options.readOnly();
        this.uncommittedChanges = repository.status().changeCount();
        this.events = new Events(dits.threads().workers());
        this.bandwidth = new Bandwidth(new RateLimits(dits.bandwidth().limits()));
        this.newKeys = new NewKeys(repository, events::fire);
        ShareFiles files = ShareFiles.of(repository.root());
        ShareIdentity identity = ShareIdentity.openOrCreate(files.identity(), dits.random());
        InstantSource clock = InstantSource.system();
        this.guesses = GuessLimiter.open(files.guesses(), clock);
        this.grants = GrantStore.open(files.grants());
        this.rearmed = guesses.rearmed();
        this.tree = new ShareTree(repository, events::fire, dits.threads());
        this.autoCommits = new AutoCommits(repository, options.watch(), events::fire, this::lookAtRefs);
        this.responder = new Responder(repository, dits.cache(), new SharePolicy(repository, readOnly, new Pushes()));
        this.meetings = new MeetHandler(
                responder,
                socket.node(),
                () -> dits.reachable(socket.node()),
                dits.searches(),
                dits.threads().timer(),
                dits.threads().workers(),
                dits.random());
        this.acceptor = new ShareAcceptor(
                identity,
                new ShareAcceptor.Description(
                        HexFormat.of().parseHex(repository.id()),
                        repository.config().profile().name(),
                        name),
                this::currentBranch,
                grants,
                options.persist(),
                guesses,
                dits.lobby(),
                meetings,
                new Doorkeeper(),
                dits.threads().workers(),
                dits.threads().timer(),
                clock,
                dits.random());
        acceptor.open(socket.node(), List.of());
        try {
            PeerDiscovery discovery = dits.discovery(options.bindAddress(), socket.node());
            this.invitations = new Invitations(
                    new Invitations.Parts(
                            acceptor,
                            grants,
                            guesses,
                            identity,
                            discovery,
                            socket.port(),
                            this::hostsAndPorts,
                            clock,
                            dits.random()),
                    options);
            announcements.add(invitations);
            announcements.add(discovery.announce(Connector.tagOfShare(identity.shareId()), socket.port()));
            this.watch = new RefsWatch(repository);
        } catch (IOException | RuntimeException e) {
            for (Closeable announcement : announcements) {
                announcement.close();
            }
            acceptor.close();
            throw e;
        }
        this.poll = new Poll(dits.threads().workers(), dits.threads().timer(), clock, this::look, () -> {});
        // What was pushed before the share ended, and the tree did not get to.
        tree.ask();
        autoCommits.begin();
    }

    /** What a push does besides moving a branch. */
    private final class Pushes implements SharePolicy.Listener {
        @Override
        public void pushing(Session session, String branch, ObjectId commit) {
            pusher = new Pusher(branch, commit, Escaper.escape(session.info().peerName()));
        }

        @Override
        public void pushed(Session session, String branch, ObjectId commit) {
            // The other mounts first: they need not wait until the files are written here.
            lookAtRefs();
            newKeys.look();
        }

        @Override
        public void followed() {
            tree.followNow();
        }
    }

    private List<String> hostsAndPorts() {
        return addresses().stream().map(Share::hostAndPort).toList();
    }

    private static String hostAndPort(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        int scope = host.indexOf('%');
        String plain = scope < 0 ? host : host.substring(0, scope);
        return (plain.indexOf(':') >= 0 ? "[" + plain + "]" : plain) + ":" + address.getPort();
    }

    private String currentBranch() {
        try {
            return repository.currentBranch().map(RefName::shortName).orElse("");
        } catch (IOException e) {
            LOG.debug("the current branch can not be read", e);
            return "";
        }
    }

    /** Looks for what this or another process has changed in the repository. */
    private void look() {
        if (!closing.get()) {
            lookAtAccess();
            lookAtRefs();
        }
    }

    private void lookAtAccess() {
        try {
            acceptor.sweep();
            long now = guesses.rearmed();
            if (now != rearmed) {
                rearmed = now;
                invitations.rearm();
                codeChanged();
            }
            accessUnreadable = false;
        } catch (IOException | RuntimeException e) {
            if (!accessUnreadable) {
                // Several times a second would fill the log.
                LOG.warn("who may enter {} can not be read: {}", repository.root(), e.getMessage());
            }
            accessUnreadable = true;
        }
    }

    private void codeChanged() {
        events.fire(new DitsEvent.CodeChanged(invitations.codeId()));
    }

    /** Tells mounts and listeners what moved, whoever moved it. */
    private void lookAtRefs() {
        looking.lock();
        try {
            SortedMap<RefName, ObjectId> before = watch.branches();
            if (!watch.look()) {
                return;
            }
            acceptor.sessions().forEach(Session::announceRefsChanged);
            watch.branches().forEach((branch, commit) -> {
                if (!commit.equals(before.get(branch))) {
                    events.fire(new DitsEvent.BranchMoved(
                            branch.shortName(), commit, pusherOf(branch.shortName(), commit)));
                }
            });
        } catch (IOException | RuntimeException e) {
            LOG.debug("the references of {} can not be read", repository.root(), e);
            return;
        } finally {
            looking.unlock();
        }
        tree.ask();
    }

    /** Who pushed it; empty where it moved on this side. */
    private String pusherOf(String branch, ObjectId commit) {
        Pusher last = pusher;
        return last != null && last.branch.equals(branch) && last.commit.equals(commit) ? last.name : "";
    }

    /** Turns what happens at the door into events. */
    private final class Doorkeeper implements ShareAcceptor.Listener {
        @Override
        public void joined(Session session, String address) {
            session.limitBy(bandwidth.limits());
            String peer = Escaper.escape(session.info().peerName());
            LOG.info("{} joined", peer);
            events.fire(new DitsEvent.PeerJoined(peer, address));
            if (Clocks.isFarOff(session.clockAhead())) {
                LOG.warn("the clock of {} is ahead by {}", peer, session.clockAhead());
                events.fire(new DitsEvent.ClockSkew(peer, session.clockAhead()));
            }
            session.onEvent(new SessionListener() {
                @Override
                public void closed(String reason) {
                    events.fire(new DitsEvent.PeerLeft(peer));
                }
            });
        }

        @Override
        public void refused(String address, String reason) {
            events.fire(new DitsEvent.JoinRefused(address, reason));
        }

        @Override
        public void locked(String nameplate) {
            LOG.warn("too many wrong codes were tried; code {}-... is off until the share is re-armed", nameplate);
            events.fire(new DitsEvent.CodeLocked(nameplate));
        }

        @Override
        public void denied(Session session, String reason) {
            events.fire(
                    new DitsEvent.RequestRefused(Escaper.escape(session.info().peerName()), Escaper.escape(reason)));
        }
    }

    /**
     * Returns the code by which others join.
     *
     * @return as it is shown and typed, {@code 7KQM-4TX-9PZ}; a secret
     */
    public String joinCode() {
        return invitations.code();
    }

    /**
     * Returns the ticket by which others join, which knows the share's addresses.
     *
     * @return {@code dits1...}; a secret
     */
    public String ticket() {
        return invitations.ticket();
    }

    /**
     * Tells whether the code alone finds this share on the local network only: there is no tracker ({@link DitsOptions#withTracker}), it can not be reached at the
     * moment, or somebody else took the code's nameplate there while it could not.
     *
     * @return false: a tracker keeps its nameplate
     */
    public boolean lanOnly() {
        return !invitations.isKnownAfar();
    }

    /**
     * Limits what this share sends and receives.
     *
     * @return its limits, to be looked at and changed; none at first
     */
    public Bandwidth bandwidth() {
        return bandwidth;
    }

    /**
     * Returns what the share listens on.
     *
     * @return address and UDP port; the address is the wildcard one where it listens on all
     */
    public InetSocketAddress address() {
        return socket.node().localAddress();
    }

    /**
     * Lists where others may reach it.
     *
     * @return addresses of this machine's interfaces with the port, IPv4 first; the loopback one alone where there is no other
     */
    public List<InetSocketAddress> addresses() {
        return Reachable.here(socket.node());
    }

    /**
     * Returns the top directory of what is shared.
     *
     * @return its real path
     */
    public Path root() {
        return repository.root();
    }

    /**
     * Returns what peers see it as.
     *
     * @return its name
     */
    public String name() {
        return name;
    }

    /**
     * Tells whether peers may only read.
     *
     * @return whether pushes are refused
     */
    public boolean readOnly() {
        return readOnly;
    }

    /**
     * Returns the repository, open as long as the share.
     *
     * @return the repository
     */
    public Repository repository() {
        return repository;
    }

    /**
     * Tells how much in the working tree was not committed when the share was opened, and so is not shared.
     *
     * @return number of changed paths
     */
    public long uncommittedChanges() {
        return uncommittedChanges;
    }

    /**
     * Lists everybody who has joined and may come back, connected or not.
     *
     * @return in the order in which they joined
     * @throws IOException if what was granted can not be read
     */
    public List<Peer> peers() throws IOException {
        Map<String, String> addresses = new HashMap<>();
        for (Session session : acceptor.sessions()) {
            String address = session.address();
            if (address != null) {
                addresses.put(HexFormat.of().formatHex(session.info().sessionId()), address);
            }
        }
        return grants.list().stream()
                .map(grant ->
                        Peer.of(grant, readOnly, addresses.get(HexFormat.of().formatHex(grant.sessionId()))))
                .toList();
    }

    /**
     * Tells which way each peer that is connected is reached, and why not by a better one. It is the peer that looks for one.
     *
     * @return as it is now
     */
    public List<PeerPath> paths() {
        List<PeerPath> paths = new ArrayList<>();
        for (Session session : acceptor.sessions()) {
            if (session.isConnected()) {
                paths.add(PeerPath.of(session, meetings.problem(session)));
            }
        }
        return List.copyOf(paths);
    }

    /**
     * Ends a peer's access, durably, and then its connections. A mount of it that comes back is refused.
     *
     * @param peerId as {@link #peers} lists it
     * @return whether there was such a peer
     * @throws IOException if it can not be written; then the access stays
     */
    public boolean revoke(String peerId) throws IOException {
        boolean revoked = false;
        for (Grant grant : grants.list()) {
            if (Peer.idOf(grant).equals(peerId)) {
                revoked |= acceptor.revoke(grant.sessionId());
            }
        }
        return revoked;
    }

    /**
     * Opens another way in, beside the share's own code and ticket.
     *
     * @param inviteOptions what it grants, to how many, for how long
     * @return the invitation; its secret is for whom it is meant
     * @throws IllegalArgumentException if a branch has a name that can not be, or a path is none
     * @throws IOException if it can not be announced or kept
     */
    public Invite invite(InviteOptions inviteOptions) throws IOException {
        return invitations.invite(inviteOptions);
    }

    /**
     * Lists the ways in, the share's own code and ticket among them; used and expired ones too, until they are withdrawn.
     *
     * @return with their secrets
     * @throws IOException if the kept ones can not be read
     */
    public List<Invite> invites() throws IOException {
        return invitations.list();
    }

    /**
     * Ends a way in. Those who joined by it stay; {@link #revoke} ends what they have.
     *
     * @param inviteId as {@link #invites} lists it
     * @return whether there was such an invitation
     * @throws IOException if it can not be written; then a kept ticket stays
     */
    public boolean withdraw(String inviteId) throws IOException {
        return invitations.withdraw(inviteId);
    }

    /**
     * Draws a new join code, with a whole life of guesses; the old one is dead. What sources have guessed wrong within the hour stays counted.
     * Tickets, other invitations and those who have joined stay as they are.
     *
     * @return the new code, as {@link #joinCode} does from now on
     * @throws IOException if it can not be announced; then the old code stays
     */
    public String rearm() throws IOException {
        String drawn = invitations.rearm();
        codeChanged();
        return drawn;
    }

    /**
     * Tells whether the join code lets peers in.
     *
     * @return open, or why not
     * @throws IOException if what is counted can not be read
     */
    public CodeState codeState() throws IOException {
        return invitations.state();
    }

    /**
     * Tells where local changes, which are in no commit, keep the working tree from following what was pushed to its branch.
     *
     * @return paths, escaped for display; empty if the tree stands on its branch
     */
    public List<String> lagging() {
        return tree.lagging();
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

    /**
     * Returns the commit that a new mount gets.
     *
     * @return the tip of the current branch; nothing before the first commit
     * @throws IOException if it can not be read
     */
    public Optional<ObjectId> head() throws IOException {
        return repository.head();
    }

    /**
     * Tells how much was sent.
     *
     * @return bytes on the wire to all peers since the share was opened
     */
    public long bytesSent() {
        return responder.bytesSent();
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
     * Waits until the share is closed, by whomever.
     *
     * @throws InterruptedException if the thread was interrupted; the share stays open
     */
    public void awaitClose() throws InterruptedException {
        closed.await();
    }

    /** Ends the share: the code is dead, peers are told. Idempotent. */
    @Override
    public void close() throws IOException {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        try {
            poll.close();
            tree.close();
            autoCommits.close();
            // Nobody is let in any more before what guesses have cost is forgotten together with the codes.
            acceptor.close();
            for (Closeable announcement : announcements) {
                try {
                    announcement.close();
                } catch (IOException e) {
                    // As when the directory is gone: then so is what was to be forgotten.
                    LOG.debug("the end of an announcement of {}", this, e);
                }
            }
        } finally {
            socket.close();
            repository.close();
            dits.forget(this);
            closed.countDown();
        }
    }

    /** Says what is shared; the code is not shown. */
    @Override
    public String toString() {
        return "Share[" + name + " at " + repository.root() + "]";
    }
}
