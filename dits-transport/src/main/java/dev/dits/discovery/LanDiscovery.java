package dev.dits.discovery;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds shares on the local network: a search asks by multicast (IPv4, TTL 1) and, from its third query on, by
 * broadcast; a share that knows the tag answers whoever asked, and shares are silent otherwise. The bytes are in
 * {@code docs/wire.md}, "LAN discovery".
 *
 * <p>Any number of instances and processes of one machine work side by side. Interfaces that come and go are noticed
 * within {@value #REFRESH_SECONDS} seconds. Where nothing can be opened (no interface, no permission) discovery finds
 * nothing and says so in the log at DEBUG; that is a normal state of a machine without a network.
 *
 * <p>One daemon thread does it all and is gone when {@link #close} returns.
 */
public final class LanDiscovery implements PeerDiscovery {

    /** Candidates that one search reports; whoever answers more is not helping. */
    public static final int CANDIDATES_MAX = 8;

    /** When queries leave after the start of a search; every {@link #INTERVAL_MILLIS} from then on. */
    private static final long[] BURST_MILLIS = {0, 100, 300, 700};

    private static final long INTERVAL_MILLIS = 2_000;

    /** From this query on broadcast is used too. */
    private static final int BROADCAST_FROM = 2;

    private static final long REFRESH_SECONDS = 10;

    /** Administratively scoped, RFC 2365: never leaves the site. */
    private static final byte[] GROUP = {(byte) 239, (byte) 255, 77, 83};

    /** One more than a message, so that a longer datagram is seen to be longer. */
    private static final int RECEIVE_BYTES = LanMessage.BYTES + 1;

    /** Datagrams taken from one socket before the others get their turn. */
    private static final int RECEIVES_PER_TURN_MAX = 64;

    private static final Logger LOG = LoggerFactory.getLogger(LanDiscovery.class);

    private final LanOptions options;
    private final Executor callbacks;
    private final boolean multicast;
    private final Links links;
    private final InetAddress group;
    private final SecureRandom random = new SecureRandom();
    private final Selector selector;
    private final Thread thread;
    private final List<Announcement> announcements = new CopyOnWriteArrayList<>();
    private final List<Search> searches = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    // Everything below belongs to the thread.
    private final AnswerLimiter<InetAddress> limiter = new AnswerLimiter<>(System.nanoTime());
    private final Map<LanLink, LanSocket> sockets = new HashMap<>();
    private final Map<LanLink, Closeable> broadcastListeners = new HashMap<>();
    private final Map<String, MembershipKey> memberships = new HashMap<>();
    private final ByteBuffer received = ByteBuffer.allocate(RECEIVE_BYTES);
    private @Nullable DatagramChannel multicastListener;
    private boolean refreshed;
    private long refreshAtNanos;

    /** The links to use, asked again and again. */
    interface Links {
        List<LanLink> choose(LanOptions options) throws IOException;
    }

    private LanDiscovery(LanOptions options, Executor callbacks, boolean multicast, Links links) throws IOException {
        this.options = options;
        this.callbacks = callbacks;
        this.multicast = multicast;
        this.links = links;
        this.group = address(GROUP);
        this.selector = Selector.open();
        this.thread = new Thread(this::run, "dits-lan");
        this.thread.setDaemon(true);
    }

    /**
     * Starts discovery.
     *
     * @param options where
     * @param callbacks runs the consumers of searches; the caller's to shut down, after this
     * @throws IOException if the system has no selector to give
     */
    public static LanDiscovery open(LanOptions options, Executor callbacks) throws IOException {
        return open(options, callbacks, true, LanLink::choose);
    }

    /** With links of the caller's choice, and perhaps without multicast, as where a network or system refuses it. */
    static LanDiscovery open(LanOptions options, Executor callbacks, boolean multicast, Links links)
            throws IOException {
        LanDiscovery discovery = new LanDiscovery(options, callbacks, multicast, links);
        discovery.thread.start();
        return discovery;
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }

    private static long tag(byte[] tag) {
        if (tag.length != TAG_BYTES) {
            throw new IllegalArgumentException("a tag has " + TAG_BYTES + " bytes, not " + tag.length);
        }
        return ByteBuffer.wrap(tag).getLong();
    }

    @Override
    public Closeable announce(byte[] tag, int port) {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is outside 1..65535");
        }
        Announcement announcement = new Announcement(tag(tag), port);
        checkOpen();
        announcements.add(announcement);
        selector.wakeup();
        return () -> announcements.remove(announcement);
    }

    @Override
    public Closeable search(byte[] tag, Consumer<Candidate> found) {
        Search search = new Search(tag(tag), random.nextLong(), found);
        checkOpen();
        searches.add(search);
        selector.wakeup();
        return search;
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("this discovery is closed");
        }
    }

    /** Compared by identity: the same tag and port may be announced twice, and each ends on its own. */
    private static final class Announcement {
        private final long tag;
        private final int port;

        Announcement(long tag, int port) {
            this.tag = tag;
            this.port = port;
        }
    }

    private final class Search implements Closeable {
        private final long tag;
        private final long nonce;
        private final Consumer<Candidate> consumer;
        private volatile boolean over;

        // The thread's.
        private final Set<InetSocketAddress> seen = new HashSet<>();
        private boolean started;
        private int asked;
        private long dueNanos;
        private long startedNanos;

        private final ReentrantLock lock = new ReentrantLock();
        private final Queue<Candidate> waiting = new ArrayDeque<>();
        private boolean reporting;

        Search(long tag, long nonce, Consumer<Candidate> consumer) {
            this.tag = tag;
            this.nonce = nonce;
            this.consumer = consumer;
        }

        /** Asks if it is time; returns how long until the next time. */
        long step(long nowNanos) {
            if (!started) {
                started = true;
                startedNanos = nowNanos;
                dueNanos = nowNanos;
            }
            if (dueNanos - nowNanos <= 0) {
                ask(this, asked >= BROADCAST_FROM);
                asked++;
                dueNanos = asked < BURST_MILLIS.length
                        ? startedNanos + TimeUnit.MILLISECONDS.toNanos(BURST_MILLIS[asked])
                        : nowNanos + TimeUnit.MILLISECONDS.toNanos(INTERVAL_MILLIS);
            }
            return Math.max(0, dueNanos - nowNanos);
        }

        void answered(InetSocketAddress address) {
            if (over || seen.size() >= CANDIDATES_MAX || !seen.add(address)) {
                return;
            }
            Candidate candidate = Candidate.of(address, Candidate.Source.LAN);
            lock.lock();
            try {
                waiting.add(candidate);
                if (!reporting) {
                    reporting = true;
                    callbacks.execute(this::report);
                }
            } catch (RejectedExecutionException e) {
                LOG.debug("no worker for what a search found");
            } finally {
                lock.unlock();
            }
        }

        /** On a worker: one at a time, in order. */
        private void report() {
            while (true) {
                Candidate next;
                lock.lock();
                try {
                    next = over ? null : waiting.poll();
                    if (next == null) {
                        reporting = false;
                        return;
                    }
                } finally {
                    lock.unlock();
                }
                try {
                    consumer.accept(next);
                } catch (RuntimeException e) {
                    LOG.warn("a listener failed on what a search found", e);
                }
            }
        }

        @Override
        public void close() {
            over = true;
            searches.remove(this);
        }
    }

    // ---- the thread

    private void run() {
        try {
            while (!closed) {
                long now = System.nanoTime();
                if (!refreshed || refreshAtNanos - now <= 0) {
                    refreshed = true;
                    refreshAtNanos = now + TimeUnit.SECONDS.toNanos(REFRESH_SECONDS);
                    refresh();
                }
                long wait = Math.max(0, refreshAtNanos - now);
                for (Search search : searches) {
                    wait = Math.min(wait, search.step(now));
                }
                // Rounded up: waking too early would only mean to look again.
                selector.select(this::ready, TimeUnit.NANOSECONDS.toMillis(wait) + 1);
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("LAN discovery stopped", e);
        } finally {
            closeSockets();
        }
    }

    private void ask(Search search, boolean broadcastToo) {
        LanMessage query = new LanMessage(LanMessage.Type.QUERY, search.tag, search.nonce, 0);
        for (LanSocket socket : sockets.values()) {
            try {
                socket.ask(query, group, options.port(), broadcastToo);
            } catch (IOException e) {
                LOG.debug("cannot ask on {}", socket.link().device().getName(), e);
            }
        }
    }

    private void ready(SelectionKey key) {
        DatagramChannel channel = (DatagramChannel) key.channel();
        for (int i = 0; i < RECEIVES_PER_TURN_MAX; i++) {
            received.clear();
            InetSocketAddress from;
            try {
                from = (InetSocketAddress) channel.receive(received);
            } catch (IOException e) {
                // An unreachable port, reported for an answer that nobody waits for any more.
                LOG.debug("a LAN datagram was not received", e);
                return;
            }
            if (from == null) {
                return;
            }
            received.flip();
            LanMessage message = LanMessage.decode(received);
            if (message != null) {
                handle(message, from);
            }
        }
    }

    private void handle(LanMessage message, InetSocketAddress from) {
        // Linux delivers a group's packets from interfaces that others joined on; and whoever is not on the link has
        // no business here.
        LanSocket socket = socketFor(from.getAddress());
        if (socket == null || from.getPort() == 0) {
            return;
        }
        if (message.type() == LanMessage.Type.QUERY) {
            answer(message, from, socket);
        } else {
            for (Search search : searches) {
                if (search.tag == message.tag() && search.nonce == message.nonce()) {
                    search.answered(new InetSocketAddress(from.getAddress(), message.port()));
                }
            }
        }
    }

    private @Nullable LanSocket socketFor(InetAddress peer) {
        for (LanSocket socket : sockets.values()) {
            if (socket.link().contains(peer)) {
                return socket;
            }
        }
        return null;
    }

    private void answer(LanMessage query, InetSocketAddress from, LanSocket socket) {
        for (Announcement announcement : announcements) {
            if (announcement.tag == query.tag() && limiter.admit(from.getAddress(), System.nanoTime())) {
                try {
                    socket.send(
                            new LanMessage(LanMessage.Type.ANSWER, query.tag(), query.nonce(), announcement.port),
                            from);
                } catch (IOException e) {
                    LOG.debug("an answer was not sent", e);
                }
            }
        }
    }

    // ---- sockets

    /** Follows the interfaces. */
    private void refresh() throws IOException {
        List<LanLink> now;
        try {
            now = links.choose(options);
        } catch (IOException e) {
            LOG.debug("the interfaces cannot be listed", e);
            return;
        }
        for (LanLink gone : new ArrayList<>(sockets.keySet())) {
            if (!now.contains(gone)) {
                drop(gone);
            }
        }
        for (LanLink link : now) {
            if (!sockets.containsKey(link)) {
                add(link);
            }
        }
    }

    private void add(LanLink link) {
        boolean joined = multicast && join(link);
        try {
            LanSocket socket = LanSocket.open(link, multicast);
            sockets.put(link, socket);
            socket.channel().register(selector, SelectionKey.OP_READ);
        } catch (IOException e) {
            LOG.debug("no discovery on {}", link.device().getName(), e);
            return;
        }
        InetAddress broadcast = link.broadcast();
        if (broadcast != null) {
            try {
                // Where the system cannot bind a broadcast address, it can bind the unspecified one.
                DatagramChannel listener = listen(isWindows() ? null : broadcast);
                listener.register(selector, SelectionKey.OP_READ);
                broadcastListeners.put(link, listener);
            } catch (IOException e) {
                LOG.debug("no broadcast on {}", link.device().getName(), e);
            }
        } else if (!joined) {
            LOG.debug("searches on {} will not be heard here", link.device().getName());
        }
    }

    private boolean join(LanLink link) {
        String name = link.device().getName();
        if (memberships.containsKey(name)) {
            return true;
        }
        try {
            DatagramChannel listener = multicastListener;
            if (listener == null) {
                // Bound to the group, it gets nothing that was sent to anything else; Windows does not know that.
                listener = listen(isWindows() ? null : group);
                listener.register(selector, SelectionKey.OP_READ);
                multicastListener = listener;
            }
            memberships.put(name, listener.join(group, link.device()));
            return true;
        } catch (IOException e) {
            LOG.debug("no multicast on {}", name, e);
            return false;
        }
    }

    private DatagramChannel listen(@Nullable InetAddress address) throws IOException {
        DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
        boolean ready = false;
        try {
            // Several nodes of one machine listen on the one port, and all of them get what is sent to all.
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            if (channel.supportedOptions().contains(StandardSocketOptions.SO_REUSEPORT)) {
                channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            }
            channel.bind(
                    address == null
                            ? new InetSocketAddress(options.port())
                            : new InetSocketAddress(address, options.port()));
            channel.configureBlocking(false);
            ready = true;
            return channel;
        } finally {
            if (!ready) {
                channel.close();
            }
        }
    }

    private static boolean isWindows() {
        return System.getProperty("os.name", "").startsWith("Windows");
    }

    private void drop(LanLink link) {
        quietly(sockets.remove(link));
        quietly(broadcastListeners.remove(link));
        boolean used =
                sockets.keySet().stream().anyMatch(other -> other.device().equals(link.device()));
        MembershipKey membership =
                used ? null : memberships.remove(link.device().getName());
        if (membership != null) {
            membership.drop();
        }
    }

    private void closeSockets() {
        for (LanLink link : new ArrayList<>(sockets.keySet())) {
            drop(link);
        }
        quietly(multicastListener);
        quietly(selector);
    }

    private static void quietly(@Nullable Closeable closeable) {
        if (closeable != null) {
            try {
                closeable.close();
            } catch (IOException e) {
                LOG.debug("a discovery socket did not close", e);
            }
        }
    }

    @Override
    public String describe() {
        if (!options.enabled()) {
            return "LAN discovery (off by " + LanOptions.ENVIRONMENT_VARIABLE + ")";
        }
        return "LAN discovery on "
                + (options.interfaces().isEmpty() ? "all interfaces" : String.join(", ", options.interfaces()));
    }

    @Override
    public void close() {
        closed = true;
        for (Search search : searches) {
            search.close();
        }
        announcements.clear();
        selector.wakeup();
        if (Thread.currentThread() != thread) {
            boolean interrupted = false;
            while (true) {
                try {
                    thread.join();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
