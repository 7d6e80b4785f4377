package dev.dits;

import dev.dits.cache.CacheOptions;
import dev.dits.cache.CacheStats;
import dev.dits.cache.ChunkCache;
import dev.dits.connect.Climber;
import dev.dits.connect.Connector;
import dev.dits.connect.PortSearchLimits;
import dev.dits.connect.Reachable;
import dev.dits.connect.Whereabouts;
import dev.dits.control.ControlServer;
import dev.dits.discovery.Discoveries;
import dev.dits.discovery.PeerDiscovery;
import dev.dits.disk.DiskFailures;
import dev.dits.net.Endpoint;
import dev.dits.rendezvous.TrackerAddress;
import dev.dits.rendezvous.TrackerClient;
import dev.dits.rendezvous.TrackerDiscovery;
import dev.dits.session.Dialer;
import dev.dits.session.Lobby;
import dev.dits.session.RateLimits;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node: shares directories under join codes, and mounts what others share. Owns threads, sockets and the chunk cache; one in a process is enough, several do
 * not disturb each other.
 *
 * <pre>{@code
 * try (Dits dits = Dits.open(); Share share = dits.share(Path.of("my-project"))) {
 *     System.out.println("Join code: " + share.joinCode());
 *     share.awaitClose();
 * }
 *
 * try (Dits dits = Dits.open(); Mount mount = dits.mount("7KQM-4TX-9PZ", Path.of("shared-project"))) {
 *     mount.pull().await();
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads. Sockets are opened when they are first needed. {@link #close} closes every share and mount that is still open, and
 * leaves no thread, file or socket behind.
 */
public final class Dits implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Dits.class);

    private final DitsOptions options;
    private final NodeThreads threads = new NodeThreads();
    private final Lobby lobby = new Lobby();
    private final PortSearchLimits searches = new PortSearchLimits();
    private final SecureRandom random = new SecureRandom();
    private final Bandwidth bandwidth = new Bandwidth(new RateLimits(null));
    private final Sockets sockets;
    private final @Nullable TrackerClient tracker;
    private final ChunkCache cache;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<AutoCloseable, Opened> open = new LinkedHashMap<>();
    private long openedCount;
    private boolean closed;
    private @Nullable ControlServer control;

    /** Threads that look for a share or join it; true once closing has woken one. */
    private final Map<Thread, Boolean> joining = new HashMap<>();

    /**
     * What is known of a share or mount besides itself.
     *
     * @param id what names it to other processes, in this node
     * @param since when it was opened
     */
    record Opened(String id, Instant since) {}

    private Dits(DitsOptions options, ChunkCache cache, Network network) {
        this.options = options;
        this.cache = cache;
        bandwidth.limitUp(options.bandwidthLimit());
        bandwidth.limitDown(options.bandwidthLimit());
        this.sockets = new Sockets(network, threads.workers());
        String address = options.tracker();
        this.tracker = address == null
                ? null
                : new TrackerClient(TrackerAddress.parse(address), options.trackerKey(), threads.workers(), random);
    }

    /**
     * Opens a node with the settings of this user's environment.
     *
     * @return the node
     * @throws IOException if its home directory can not be used
     */
    public static Dits open() throws IOException {
        return open(DitsOptions.defaults());
    }

    /**
     * Opens a node. Where there is no room for its chunk cache, or the one there can not be read, it works without one on disk, and {@link #cacheProblem} says so.
     *
     * @param options its settings
     * @return the node
     * @throws IOException if its home directory can not be used, or is to hold a control socket and is open to other users
     */
    public static Dits open(DitsOptions options) throws IOException {
        return open(options, Network.real(options.lanInterfaces(), options.tcp()));
    }

    /** Opens a node on a network that a test may have made. */
    static Dits open(DitsOptions options, Network network) throws IOException {
        ChunkCache cache;
        try {
            cache = ChunkCache.open(
                    options.home().resolve("cache"), CacheOptions.defaults().withDiskBytesMax(options.cacheBytes()));
        } catch (IOException e) {
            throw DiskFailures.translate(e);
        }
        if (!cache.problem().isEmpty()) {
            LOG.warn("{}", cache.problem());
        }
        Dits dits = new Dits(options, cache, network);
        if (options.control()) {
            boolean done = false;
            try {
                dits.control = ControlServer.open(
                        options.home(), () -> new NodeControl(dits), dits.threads.workers(), dits.threads.timer());
                done = true;
            } finally {
                if (!done) {
                    dits.close();
                }
            }
        }
        return dits;
    }

    /**
     * Finds the nodes of this user that run now, in this process and others, with what they share and mount. Whatever is reported has just answered: a process
     * that was killed is not among it, and one that hangs is reported as not answering. Nodes that were opened without {@link DitsOptions#withControl} are not
     * seen.
     *
     * @param home the nodes' home, {@link DitsOptions#home}
     * @return the nodes, in the order of their process ids
     * @throws IOException if the home is open to other users, or can not be read
     * @throws InterruptedException if the thread was interrupted
     */
    public static List<RunningNode> running(Path home) throws IOException, InterruptedException {
        return running(home, RunningNode.TIMEOUT);
    }

    /**
     * Finds the nodes of this user that run now, as {@link #running(Path)}, and waits no longer for those that do not answer: for whoever is to see the others at once.
     *
     * @param home the nodes' home, {@link DitsOptions#home}
     * @param timeout how long all of them together have to answer. All are asked at once and answer in milliseconds, but on a machine that has more to do than it can,
     *     one that is merely slow is reported as not answering where this is short
     * @return the nodes, in the order of their process ids
     * @throws IOException if the home is open to other users, or can not be read
     * @throws InterruptedException if the thread was interrupted
     */
    public static List<RunningNode> running(Path home, Duration timeout) throws IOException, InterruptedException {
        return RunningNode.find(home, timeout);
    }

    /**
     * Shares a repository, read-write, on port 4433 or the next free one.
     *
     * @param directory the repository's top directory
     * @return the share, open until it or the node is closed
     * @throws dev.dits.error.RepositoryNotFoundException if it is no repository
     * @throws IOException if it can not be opened or no socket can be had
     */
    public Share share(Path directory) throws IOException {
        return share(directory, ShareOptions.defaults());
    }

    /**
     * Shares a repository.
     *
     * @param directory the repository's top directory
     * @param shareOptions how
     * @return the share, open until it or the node is closed
     * @throws dev.dits.error.RepositoryNotFoundException if it is no repository and is not to become one
     * @throws dev.dits.error.PortInUseException if the port that was asked for is taken
     * @throws dev.dits.error.FileAccessException if the directory may not be read or written
     * @throws dev.dits.error.DiskFullException if there is no room to keep what makes it a share
     * @throws IOException if it can not be opened
     */
    public Share share(Path directory, ShareOptions shareOptions) throws IOException {
        try {
            return adopt(Share.open(this, directory, shareOptions));
        } catch (IOException e) {
            throw DiskFailures.translate(e);
        }
    }

    /**
     * Joins a share and makes a directory its mount. Nothing is pulled yet. A directory that is a mount of the same repository already is resumed.
     *
     * @param target a join code, {@code CODE@HOST:PORT}, or a ticket
     * @param directory where; missing or empty, or a mount of the same repository
     * @return the mount, open until it or the node is closed
     * @throws dev.dits.error.JoinRejectedException if the share refuses
     * @throws dev.dits.error.PeerUnreachableException if it can not be found in time
     * @throws IOException if it fails
     * @throws InterruptedException if the thread was interrupted
     */
    public Mount mount(String target, Path directory) throws IOException, InterruptedException {
        return mount(target, directory, MountOptions.defaults());
    }

    /**
     * Joins a share and makes a directory its mount, as {@link #mount(String, Path)}.
     *
     * @param target a join code, {@code CODE@HOST:PORT}, {@code HOST:PORT} with the code in the options, or a ticket
     * @param directory where
     * @param mountOptions how
     * @return the mount
     * @throws IOException if it fails
     * @throws InterruptedException if the thread was interrupted
     */
    public Mount mount(String target, Path directory, MountOptions mountOptions)
            throws IOException, InterruptedException {
        return join(() -> Mount.join(this, target, directory, mountOptions));
    }

    /**
     * Opens a mount again, by what its first join left there; no code is needed.
     *
     * @param directory the mount's top directory
     * @param mountOptions how
     * @return the mount
     * @throws dev.dits.error.PeerUnreachableException if the share can not be found in time
     * @throws dev.dits.error.JoinRejectedException if it ended this mount's access
     * @throws IOException if it is no mount, or fails
     * @throws InterruptedException if the thread was interrupted
     */
    public Mount open(Path directory, MountOptions mountOptions) throws IOException, InterruptedException {
        return join(() -> Mount.reopen(this, directory, mountOptions));
    }

    /**
     * Joins a share to measure the way to it, without a directory.
     *
     * @param target as for {@link #mount(String, Path, MountOptions)}
     * @param mountOptions timeout and code
     * @return the probe
     * @throws IOException if it fails
     * @throws InterruptedException if the thread was interrupted
     */
    public PeerProbe probe(String target, MountOptions mountOptions) throws IOException, InterruptedException {
        return join(() -> PeerProbe.join(this, target, mountOptions));
    }

    /**
     * Counts what the node's chunk cache holds and did.
     *
     * @return the figures
     */
    public CacheStats cacheStats() {
        return cache.stats();
    }

    /**
     * Tells why the node has no chunk cache on disk although its options ask for one: the disk was full when it was opened, or
     * another version of dits has filled it. What was pulled once may then
     * travel again, and everything else is as ever.
     *
     * @return for people, with what to do; nothing if all is well
     */
    public Optional<String> cacheProblem() {
        return cache.problem().isEmpty() ? Optional.empty() : Optional.of(cache.problem());
    }

    private interface Joining<T> {
        T run() throws IOException, InterruptedException;
    }

    /** Joins on the caller's thread; closing the node wakes it. */
    private <T extends AutoCloseable> T join(Joining<T> work) throws IOException, InterruptedException {
        Thread thread = Thread.currentThread();
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("this node is closed");
            }
            joining.put(thread, false);
        } finally {
            lock.unlock();
        }
        boolean woken = false;
        try {
            T resource;
            try {
                resource = work.run();
            } finally {
                woken = left(thread);
            }
            return adopt(resource);
        } catch (IOException | InterruptedException | RuntimeException e) {
            if (woken) {
                throw new IllegalStateException("this node was closed during the join", e);
            }
            if (e instanceof IOException failure) {
                throw DiskFailures.translate(failure);
            }
            throw e;
        }
    }

    /** Returns whether closing woke the thread; the interrupt was meant for the join and ends with it. */
    private boolean left(Thread thread) {
        lock.lock();
        try {
            return Boolean.TRUE.equals(joining.remove(thread)) && (Thread.interrupted() || closed);
        } finally {
            lock.unlock();
        }
    }

    private <T extends AutoCloseable> T adopt(T resource) throws IOException {
        lock.lock();
        try {
            if (!closed) {
                // The clock is read for people to see; nothing depends on it.
                open.put(resource, new Opened(Long.toString(++openedCount), Instant.now()));
                return resource;
            }
        } finally {
            lock.unlock();
        }
        quietly(resource);
        throw new IllegalStateException("this node is closed");
    }

    void forget(AutoCloseable resource) {
        lock.lock();
        try {
            open.remove(resource);
        } finally {
            lock.unlock();
        }
    }

    /** What is open, in the order in which it was opened. */
    Map<AutoCloseable, Opened> opened() {
        lock.lock();
        try {
            return new LinkedHashMap<>(open);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Limits what all shares and mounts of this node together send and receive.
     *
     * @return its limits, to be looked at and changed; at first those of {@link DitsOptions#bandwidthLimit}
     */
    public Bandwidth bandwidth() {
        return bandwidth;
    }

    DitsOptions options() {
        return options;
    }

    NodeThreads threads() {
        return threads;
    }

    /** Counts what is sent to guessed ports. */
    PortSearchLimits searches() {
        return searches;
    }

    SecureRandom random() {
        return random;
    }

    /** Counts who has not joined yet, for all shares of this node. */
    Lobby lobby() {
        return lobby;
    }

    Sockets sockets() {
        return sockets;
    }

    ChunkCache cache() {
        return cache;
    }

    /** Connects from this node's socket for outgoing connections. */
    Connector connector() throws IOException {
        Dialer dialer = new Dialer(
                sockets.dialling(options.bindAddress()),
                threads.workers(),
                threads.timer(),
                options.deviceName(),
                InstantSource.system(),
                random);
        return new Connector(
                dialer, discovery(options.bindAddress(), sockets.dialling(options.bindAddress())), threads.workers());
    }

    /** What looks for more direct ways from this node's socket for outgoing connections. */
    Climber.Parts climbing(Connector connector) throws IOException {
        Endpoint endpoint = sockets.dialling(options.bindAddress());
        return new Climber.Parts(
                connector,
                sockets.discovery(options.bindAddress()),
                endpoint,
                () -> reachable(endpoint),
                searches,
                threads.timer(),
                threads.workers(),
                random);
    }

    /** Where a socket of this node may be reached, as far as it can be told. Blocks for a round trip. */
    Whereabouts reachable(Endpoint endpoint) {
        return Reachable.everywhere(endpoint, tracker == null ? List::of : tracker::stunServers, threads.workers());
    }

    /**
     * Finds peers on the local network, and by the tracker if there is one.
     *
     * @param bind what the socket is bound to; null for all addresses
     * @param endpoint the socket that dials or is dialled
     */
    PeerDiscovery discovery(@Nullable InetAddress bind, Endpoint endpoint) throws IOException {
        PeerDiscovery local = sockets.discovery(bind);
        return tracker == null ? local : new Discoveries(List.of(local, new TrackerDiscovery(tracker, endpoint)));
    }

    /** Closes every share and mount, and the node. Transfers under way end; what they had verified stays. Idempotent. */
    @Override
    public void close() {
        List<AutoCloseable> all;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            all = new ArrayList<>(open.keySet());
            open.clear();
            joining.replaceAll((thread, woken) -> {
                thread.interrupt();
                return true;
            });
        } finally {
            lock.unlock();
        }
        // Nobody is to find what is about to go.
        quietly(control);
        for (int i = all.size() - 1; i >= 0; i--) {
            quietly(all.get(i));
        }
        sockets.close();
        if (tracker != null) {
            tracker.close();
        }
        threads.close();
        cache.close();
    }

    private static void quietly(@Nullable AutoCloseable resource) {
        try {
            if (resource != null) {
                resource.close();
            }
        } catch (Exception e) {
            LOG.debug("closing failed", e);
        }
    }
}
