package dev.dits.rendezvous;

import dev.dits.limit.BackOff;
import dev.dits.limit.RateLimit;
import dev.dits.loop.EventLoops;
import dev.dits.net.Endpoint;
import dev.dits.net.PacketRoute;
import io.netty.channel.nio.NioIoHandler;
import java.io.Closeable;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node at its tracker: keeps the tags that the node's shares claim claimed, connecting again whenever that connection is lost, and enters the rooms to which the
 * tracker calls.
 *
 * <p>It connects when the first tag is claimed, and ends the connection behind the last. Safe for use by several threads. Owns a thread; closing it leaves all rooms.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
public final class TrackerClient implements AutoCloseable {
    /** Rooms that a tracker can make this node enter at once: the peers of all its shares. */
    static final int ROOMS_MAX = 256;

    /** Rooms that it can make this node enter a second, lasting, and at once: a tracker may lie. */
    static final int ROOMS_PER_SECOND = 16;

    static final int ROOMS_BURST = 64;

    private static final Duration AGAIN_MIN = Duration.ofMillis(500);
    private static final Duration AGAIN_MAX = Duration.ofSeconds(30);

    /** From the answer that somebody else has a tag to the next question for it: 64 of them stay below what a tracker takes. */
    private static final Duration CLAIM_AGAIN = Duration.ofSeconds(10);

    private static final HexFormat HEX = HexFormat.of();
    private static final int STUN_SERVERS_MAX = 2;
    private static final int PORT_MAX = 65_535;
    private static final int ROOM_CHARS = 32;
    private static final int TOKEN_CHARS = 64;
    private static final int SOURCE_CHARS = 12;
    private static final Logger LOG = LoggerFactory.getLogger(TrackerClient.class);

    private final TrackerAddress tracker;
    private final @Nullable String apiKey;
    private final Executor workers;
    private final RandomGenerator random;
    private final EventLoops loops;
    private final Set<Room> rooms = ConcurrentHashMap.newKeySet();

    private volatile List<InetSocketAddress> stunServers = List.of();
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, List<Claim>> claims = new HashMap<>();
    private @Nullable TrackerSocket socket;
    private boolean welcomed;
    private boolean scheduled;
    private boolean askingAgain;
    private boolean closed;
    private final BackOff backOff;
    private boolean told;
    private final RateLimit knocks = new RateLimit(ROOMS_PER_SECOND, ROOMS_BURST, System.nanoTime());

    /**
     * @param tracker where it is
     * @param apiKey what lets this node claim tags there; null for none
     * @param workers runs what blocks
     * @param random spreads tries: a tracker that was away is not to meet all that knew it at once
     */
    public TrackerClient(TrackerAddress tracker, @Nullable String apiKey, Executor workers, RandomGenerator random) {
        this.tracker = tracker;
        this.apiKey = apiKey;
        this.workers = workers;
        this.random = random;
        this.backOff = new BackOff(AGAIN_MIN, AGAIN_MAX, random);
        this.loops = new EventLoops("dits-meet", 1, NioIoHandler.newFactory());
    }

    /** A tag that a share is found by, at the tracker. */
    final class Claim implements Closeable {
        private final String tag;
        private final boolean alone;
        private final Endpoint endpoint;
        private final CountDownLatch tried = new CountDownLatch(1);
        private volatile boolean held;
        private volatile boolean taken;

        private Claim(String tag, boolean alone, Endpoint endpoint) {
            this.tag = tag;
            this.alone = alone;
            this.endpoint = endpoint;
        }

        boolean isOf(byte[] other) {
            return tag.equals(HEX.formatHex(other));
        }

        /** Whether the tracker keeps it for this node now. */
        boolean held() {
            return held;
        }

        /** Whether the tracker said that somebody else has it. */
        boolean taken() {
            return taken;
        }

        /** Waits until the tracker has answered, or could not be asked for the first time; at most as long as that. */
        void awaitTried(Duration timeout) throws InterruptedException {
            boolean inTime = tried.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
            LOG.debug("{} was asked, in time {}", TrackerClient.this, inTime);
        }

        private void answered(boolean given) {
            held = given;
            taken = !given;
            tried.countDown();
        }

        /** The tracker keeps nothing for who is not connected. */
        private void lost() {
            held = false;
            tried.countDown();
        }

        @Override
        public void close() {
            release(this);
        }
    }

    void open(String pathAndQuery, TrackerSocket.Listener listener) {
        TrackerSocket.open(loops.group(), tracker, pathAndQuery, apiKey, listener);
    }

    /** Runs something on the loop, later, unless the client is closed by then. */
    void later(Duration delay, Runnable task) {
        try {
            loops.group().schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("this node is closing");
        }
    }

    BackOff backOff(Duration min, Duration max) {
        return new BackOff(min, max, random);
    }

    /** Runs what blocks. */
    void work(Runnable task) {
        try {
            workers.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("this node is closing");
        }
    }

    /** Where it is, for people. */
    @Override
    public String toString() {
        return "the tracker " + tracker;
    }

    /** Notes what a tracker says of its STUN servers; they are on its own host. */
    void noteStun(@Nullable Object ports, @Nullable InetSocketAddress host) {
        if (ports instanceof List<?> all && host != null && !host.isUnresolved()) {
            stunServers = all.stream()
                    .filter(Long.class::isInstance)
                    .map(Long.class::cast)
                    .filter(port -> port > 0 && port <= PORT_MAX)
                    .limit(STUN_SERVERS_MAX)
                    .map(port -> new InetSocketAddress(host.getAddress(), port.intValue()))
                    .toList();
        }
    }

    /** Who can tell a socket of this node from where it is seen; none before the tracker has answered. */
    public List<InetSocketAddress> stunServers() {
        return stunServers;
    }

    // ---- claims

    /**
     * Claims a tag, from now on until the claim is closed.
     *
     * @param tag 8 bytes
     * @param alone whether nobody else may have it
     * @param endpoint whose packets the rooms of its peers carry
     */
    Claim claim(byte[] tag, boolean alone, Endpoint endpoint) {
        Claim claim = new Claim(HEX.formatHex(tag), alone, endpoint);
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("this node is closed");
            }
            List<Claim> same = claims.computeIfAbsent(claim.tag, any -> new ArrayList<>());
            same.add(claim);
            if (socket == null) {
                connectLater(Duration.ZERO);
            } else if (welcomed) {
                ask(claim);
            }
        } finally {
            lock.unlock();
        }
        return claim;
    }

    private void release(Claim claim) {
        lock.lock();
        try {
            List<Claim> same = claims.get(claim.tag);
            if (same == null || !same.remove(claim)) {
                return;
            }
            claim.lost();
            TrackerSocket current = socket;
            if (same.isEmpty()) {
                claims.remove(claim.tag);
                if (current != null && welcomed) {
                    current.tell(Map.of("type", "release", "tag", claim.tag));
                }
            }
            if (claims.isEmpty() && current != null) {
                current.close();
            }
        } finally {
            lock.unlock();
        }
    }

    /** With the lock held. */
    private void ask(Claim claim) {
        TrackerSocket current = socket;
        if (current != null) {
            current.tell(Map.of("type", "claim", "tag", claim.tag, "exclusive", claim.alone));
        }
    }

    /** With the lock held. */
    private void connectLater(Duration delay) {
        if (!scheduled && !closed) {
            scheduled = true;
            later(delay, () -> work(this::connect));
        }
    }

    private void connect() {
        lock.lock();
        try {
            if (closed || socket != null || claims.isEmpty()) {
                scheduled = false;
                return;
            }
        } finally {
            lock.unlock();
        }
        open("/rendezvous", new Desk());
    }

    /** The connection on which tags are claimed; one at a time. */
    private final class Desk implements TrackerSocket.Listener {
        @Override
        public void opening(TrackerSocket opened) {
            boolean unwanted;
            lock.lock();
            try {
                scheduled = false;
                socket = opened;
                unwanted = closed || claims.isEmpty();
            } finally {
                lock.unlock();
            }
            if (unwanted) {
                opened.close();
            }
        }

        @Override
        public void told(String type, Map<String, Object> message) {
            switch (type) {
                case "welcome" -> welcome(message);
                case "claimed" -> answered(message.get("tag"), true);
                case "taken", "refused" -> answered(message.get("tag"), false);
                case "knock" -> knocked(message);
                default -> LOG.trace("the tracker said what this version does not know");
            }
        }

        private void welcome(Map<String, Object> message) {
            lock.lock();
            try {
                TrackerSocket current = socket;
                noteStun(message.get("stun"), current == null ? null : current.remote());
                welcomed = true;
                told = false;
                backOff.reset();
                claims.values().forEach(same -> same.forEach(TrackerClient.this::ask));
            } finally {
                lock.unlock();
            }
            LOG.info("{} knows this node now", TrackerClient.this);
        }

        @Override
        public void packet(byte[] packet) {
            LOG.trace("the tracker sent a packet where none belongs");
        }

        @Override
        public void closed(String why) {
            lock.lock();
            try {
                socket = null;
                welcomed = false;
                claims.values().forEach(same -> same.forEach(Claim::lost));
                if (closed || claims.isEmpty()) {
                    return;
                }
                connectLater(backOff.next());
                if (told) {
                    // It would be said again at every try.
                    return;
                }
                told = true;
            } finally {
                lock.unlock();
            }
            LOG.warn(
                    "{} can not be reached ({}); it is tried again, and until then codes find shares on the LAN only",
                    TrackerClient.this,
                    why);
        }
    }

    private void answered(@Nullable Object tag, boolean given) {
        lock.lock();
        try {
            List<Claim> same = claims.getOrDefault(String.valueOf(tag), List.of());
            for (Claim claim : same) {
                claim.answered(given);
            }
            if (!given && !same.isEmpty() && !askingAgain) {
                // It may be this node's own, over a connection that the tracker does not know to be gone.
                askingAgain = true;
                later(CLAIM_AGAIN, this::askAgain);
            }
        } finally {
            lock.unlock();
        }
    }

    private void askAgain() {
        lock.lock();
        try {
            askingAgain = false;
            if (welcomed) {
                claims.values()
                        .forEach(same ->
                                same.stream().filter(Claim::taken).findFirst().ifPresent(this::ask));
            }
        } finally {
            lock.unlock();
        }
    }

    // ---- rooms

    private void knocked(Map<String, Object> message) {
        String room = hex(message.get("room"), ROOM_CHARS);
        String token = hex(message.get("token"), TOKEN_CHARS);
        String source = hex(message.get("source"), SOURCE_CHARS);
        Endpoint endpoint = null;
        lock.lock();
        try {
            List<Claim> same = claims.getOrDefault(String.valueOf(message.get("tag")), List.of());
            if (!same.isEmpty() && room != null && token != null && source != null && mayEnter()) {
                endpoint = same.get(0).endpoint;
            }
        } finally {
            lock.unlock();
        }
        if (endpoint != null) {
            Endpoint carried = endpoint;
            work(() -> enter(
                    carried,
                    "room=" + room + "&token=" + token,
                    HexFormat.fromHexDigits(source, 0, 8),
                    new Room.Listener() {
                        @Override
                        public void ready(PacketRoute route) {
                            LOG.debug("somebody comes by the relay");
                        }

                        @Override
                        public void left(String why) {
                            LOG.debug("a room of the relay was left: {}", why);
                        }
                    }));
        }
    }

    private boolean mayEnter() {
        return rooms.size() < ROOMS_MAX && knocks.take(1, System.nanoTime());
    }

    private static @Nullable String hex(@Nullable Object value, int chars) {
        return value instanceof String text && text.length() == chars && text.matches("[0-9a-f]+") ? text : null;
    }

    /**
     * Enters a room. Blocks while the tracker's name is looked up.
     *
     * @param endpoint whose packets it carries
     * @param query says which
     * @param source stands for where the peer comes from
     * @param listener told what becomes of it, on the loop
     */
    Room enter(Endpoint endpoint, String query, int source, Room.Listener listener) {
        Room room = Room.enter(this, endpoint, query, source, listener);
        rooms.add(room);
        boolean late;
        lock.lock();
        try {
            late = closed;
        } finally {
            lock.unlock();
        }
        if (late || room.isClosed()) {
            room.close();
            rooms.remove(room);
        }
        return room;
    }

    void left(Room room) {
        rooms.remove(room);
    }

    /** Leaves all rooms, gives all tags back, and ends the thread. Idempotent. */
    @Override
    public void close() {
        TrackerSocket current;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            current = socket;
            claims.values().forEach(same -> same.forEach(Claim::lost));
            claims.clear();
        } finally {
            lock.unlock();
        }
        if (current != null) {
            current.close();
        }
        rooms.forEach(Room::close);
        boolean interrupted = Thread.interrupted();
        interrupted |= !loops.stop();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
