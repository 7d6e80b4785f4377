package dev.dits;

import dev.dits.connect.Connector;
import dev.dits.crypto.JoinCode;
import dev.dits.crypto.NameplateTag;
import dev.dits.crypto.Ticket;
import dev.dits.discovery.PeerDiscovery;
import dev.dits.error.RepositoryNotFoundException;
import dev.dits.object.Escaper;
import dev.dits.object.ObjectId;
import dev.dits.repo.CommitProgress;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import dev.dits.session.Access;
import dev.dits.session.GrantStore;
import dev.dits.session.GuessLimiter;
import dev.dits.session.Invitation;
import dev.dits.session.Session;
import dev.dits.session.SessionListener;
import dev.dits.session.ShareAcceptor;
import dev.dits.session.ShareIdentity;
import dev.dits.sync.CacheSource;
import dev.dits.sync.Responder;
import dev.dits.sync.SharePolicy;
import java.io.Closeable;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A repository that others can join while it is open. Made by {@link Dits#share(Path)}.
 *
 * <p>The join code is drawn anew each time and dies with the share. Mounts that have joined come back by themselves when the same repository is
 * shared again. Commits made in the directory by any process show to the mounts within a second.
 *
 * <p>Safe for use by several threads.
 */
public final class Share implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Share.class);

    /** Without a tracker that would keep nameplates apart: more characters make a clash on a LAN unlikely. */
    private static final int NAMEPLATE_CHARS = 4;

    /** Draws of a code whose nameplate another share of this node has. */
    private static final int CODE_TRIES = 16;

    /** How often references are looked at; it costs a stat each. */
    private static final long REFS_POLL_MILLIS = 250;

    private final Dits dits;
    private final Repository repository;
    private final String name;
    private final boolean readOnly;
    private final long uncommittedChanges;
    private final Sockets.Listening socket;
    private final JoinCode code;
    private final Ticket ticket;
    private final ShareAcceptor acceptor;
    private final Responder responder;
    private final Events events;
    private final List<Closeable> announcements = new ArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicBoolean closing = new AtomicBoolean();
    private final ScheduledFuture<?> poll;
    private final AtomicBoolean polling = new AtomicBoolean();
    private final Map<RefName, String> pushedBy = new java.util.concurrent.ConcurrentHashMap<>();
    private long refsGeneration;
    private SortedMap<RefName, ObjectId> branches;

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
        Path kept = repository.root().resolve(Repository.DIRECTORY).resolve("share");
        ShareIdentity identity = ShareIdentity.openOrCreate(kept.resolve("identity"), dits.random());
        GuessLimiter guesses = GuessLimiter.open(kept.resolve("guesses"), InstantSource.system());
        guesses.newCode();
        this.responder = new Responder(
                repository,
                dits.cache(),
                new SharePolicy(
                        repository,
                        readOnly,
                        (session, branch, commit) -> pushedBy.put(
                                RefName.branch(branch),
                                Escaper.escape(session.info().peerName()))));
        this.acceptor = new ShareAcceptor(
                identity,
                new ShareAcceptor.Description(
                        HexFormat.of().parseHex(repository.id()),
                        repository.config().profile().name(),
                        name),
                this::currentBranch,
                GrantStore.open(kept.resolve("grants")),
                guesses,
                responder,
                new Doorkeeper(),
                dits.threads().workers(),
                dits.threads().timer(),
                InstantSource.system(),
                dits.random());
        Instant expires = options.validFor() == null ? null : Instant.now().plus(options.validFor());
        Access access = Access.toAll(readOnly);
        acceptor.open(socket.node(), List.of());
        try {
            this.code = inviteByCode(access, expires);
            this.ticket = ticket(identity, expires);
            acceptor.invite(Invitation.of(ticket, access));
            PeerDiscovery discovery = dits.sockets().discovery(options.bindAddress());
            announcements.add(
                    discovery.announce(NameplateTag.of(code.nameplate()).toBytes(), socket.port()));
            announcements.add(discovery.announce(Connector.tagOfShare(identity.shareId()), socket.port()));
            this.refsGeneration = repository.refsGeneration();
            this.branches = repository.branches();
        } catch (IOException | RuntimeException e) {
            for (Closeable announcement : announcements) {
                announcement.close();
            }
            acceptor.close();
            throw e;
        }
        this.poll = dits.threads()
                .timer()
                .scheduleWithFixedDelay(
                        () -> dits.threads().workers().execute(this::lookAtRefs),
                        REFS_POLL_MILLIS,
                        REFS_POLL_MILLIS,
                        TimeUnit.MILLISECONDS);
    }

    private JoinCode inviteByCode(Access access, @org.jspecify.annotations.Nullable Instant expires)
            throws IOException {
        for (int tries = 1; ; tries++) {
            JoinCode drawn = JoinCode.generate(dits.random(), NAMEPLATE_CHARS);
            try {
                acceptor.invite(Invitation.of(drawn, access, expires));
                return drawn;
            } catch (IllegalStateException e) {
                if (tries == CODE_TRIES) {
                    throw e;
                }
            }
        }
    }

    private Ticket ticket(ShareIdentity identity, @org.jspecify.annotations.Nullable Instant expires) {
        Ticket.Builder builder = Ticket.builder(
                identity.certificate().fingerprint(), Ticket.newSecret(dits.random()), identity.shareId());
        if (expires != null) {
            builder.expiryEpochSeconds(expires.getEpochSecond());
        }
        addresses().stream().limit(Ticket.ADDRESSES_MAX).forEach(address -> builder.address(hostAndPort(address)));
        return builder.build();
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

    /** Tells mounts and listeners what moved, whoever moved it. */
    private void lookAtRefs() {
        if (!polling.compareAndSet(false, true)) {
            return;
        }
        try {
            long generation = repository.refsGeneration();
            if (generation == refsGeneration || closing.get()) {
                return;
            }
            refsGeneration = generation;
            acceptor.sessions().forEach(Session::announceRefsChanged);
            SortedMap<RefName, ObjectId> now = new TreeMap<>(repository.branches());
            now.forEach((branch, commit) -> {
                if (!commit.equals(branches.get(branch))) {
                    String pusher = pushedBy.remove(branch);
                    events.fire(new DitsEvent.BranchMoved(branch.shortName(), commit, pusher == null ? "" : pusher));
                }
            });
            branches = now;
        } catch (IOException | RuntimeException e) {
            LOG.debug("the references of {} can not be read", repository.root(), e);
        } finally {
            polling.set(false);
        }
    }

    /** Turns what happens at the door into events. */
    private final class Doorkeeper implements ShareAcceptor.Listener {
        @Override
        public void joined(Session session, String address) {
            String peer = Escaper.escape(session.info().peerName());
            LOG.info("{} joined", peer);
            events.fire(new DitsEvent.PeerJoined(peer, address));
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
    }

    /**
     * Returns the code by which others join.
     *
     * @return as it is shown and typed, {@code 7KQM-4TX-9PZ}; a secret
     */
    public String joinCode() {
        return code.display();
    }

    /**
     * Returns the ticket by which others join, which knows the share's addresses.
     *
     * @return {@code dits1...}; a secret
     */
    public String ticket() {
        return ticket.encode();
    }

    /**
     * Tells whether the code alone finds this share on the local network only.
     *
     * @return true: no tracker keeps its nameplate
     */
    public boolean lanOnly() {
        return true;
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
        InetSocketAddress bound = address();
        if (!bound.getAddress().isAnyLocalAddress()) {
            return List.of(bound);
        }
        List<InetSocketAddress> found = new ArrayList<>();
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try {
            for (NetworkInterface one : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                if (!one.isUp()) {
                    continue;
                }
                for (InterfaceAddress address : one.getInterfaceAddresses()) {
                    InetAddress ip = address.getAddress();
                    if (!ip.isLoopbackAddress() && !ip.isLinkLocalAddress()) {
                        found.add(
                                ip instanceof Inet4Address ? 0 : found.size(),
                                new InetSocketAddress(ip, bound.getPort()));
                    }
                }
            }
        } catch (IOException e) {
            LOG.debug("the interfaces can not be listed", e);
        }
        if (found.isEmpty()) {
            found.add(new InetSocketAddress(loopback, bound.getPort()));
        }
        return List.copyOf(found);
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
     * Lists the peers that are connected.
     *
     * @return what they call themselves, fit to be shown
     */
    public List<String> peers() {
        return acceptor.sessions().stream()
                .filter(Session::isConnected)
                .map(session -> Escaper.escape(session.info().peerName()))
                .toList();
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
            poll.cancel(false);
            for (Closeable announcement : announcements) {
                announcement.close();
            }
            acceptor.close();
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
