package dev.dits.connect;

import dev.dits.discovery.Candidate;
import dev.dits.discovery.Discoveries;
import dev.dits.discovery.PeerDiscovery;
import dev.dits.limit.BackOff;
import dev.dits.net.CarriedAddress;
import dev.dits.net.Connection;
import dev.dits.net.Endpoint;
import dev.dits.net.LocalNetwork;
import dev.dits.net.Way;
import dev.dits.session.RequestHandler;
import dev.dits.session.RequestStream;
import dev.dits.session.Session;
import dev.dits.session.SessionListener;
import dev.dits.session.StoredSession;
import dev.dits.wire.Message;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for a better way whenever a mount's session does not go by the best. Where that is a relay it exchanges addresses with the share inside the session, so that no stranger learns any, opens
 * the NATs of both sides by probes, and attaches a connection over the first way that works. New requests go there at once; the relay's connection ends a little
 * later, and what was under way on it is asked for again.
 *
 * <p>What does not work is tried again, after 15 s at first and five minutes at last: networks change. Safe for use by several threads; ends with its session.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A relay that is not retired stays beside the better way.
public final class Climber implements Closeable {
    /** Probes go on for five seconds, and a dial that they let through takes a round trip or two more. */
    private static final Duration TRY_TIME = Duration.ofSeconds(7);

    /** Where ports are searched for. */
    private static final Duration SEARCH_TIME = Duration.ofMillis(PortSearch.TIME_MILLIS + 1_500);

    /** For requests that are nearly done when a better way is found. */
    private static final long DRAIN_MILLIS = 2_000;

    private static final Duration AGAIN_MIN = Duration.ofSeconds(15);
    private static final Duration AGAIN_MAX = Duration.ofMinutes(5);
    private static final Duration ANSWER_TIME = Duration.ofSeconds(10);
    private static final long DONE = 0;

    /** Addresses that are remembered of those that probes came from; who knows the token is the share, but anybody may replay it. */
    private static final int HEARD_MAX = 4;

    private static final Logger LOG = LoggerFactory.getLogger(Climber.class);

    /**
     * What it works with.
     *
     * @param connector attaches connections
     * @param lan finds shares on the local network
     * @param endpoint dials, and sends probes
     * @param addresses where the endpoint may be reached; may block for a round trip
     * @param searches counts the node's searches for ports
     * @param scheduler times tries; never blocked
     * @param workers runs them; they block
     * @param random draws tokens
     */
    public record Parts(
            Connector connector,
            PeerDiscovery lan,
            Endpoint endpoint,
            Supplier<Whereabouts> addresses,
            PortSearchLimits searches,
            ScheduledExecutorService scheduler,
            Executor workers,
            SecureRandom random) {}

    private final Parts parts;
    private final Session session;
    private final StoredSession stored;
    private final RequestHandler handler;

    /** Why there is no more direct way, as far as is known; of no meaning where there is one. */
    private volatile String problem = WhyIndirect.LOOKING;

    private final Set<Connection> watched = ConcurrentHashMap.newKeySet();
    private final Tries tries;
    private final ReentrantLock lock = new ReentrantLock();
    private final BackOff backOff;

    private Climber(Parts parts, Session session, StoredSession stored, RequestHandler handler) {
        this.parts = parts;
        this.session = session;
        this.stored = stored;
        this.handler = handler;
        this.tries = new Tries(parts.scheduler(), parts.workers(), this::attempt);
        this.backOff = new BackOff(AGAIN_MIN, AGAIN_MAX, parts.random());
    }

    /**
     * Looks after a session from now on.
     *
     * @param parts what to work with
     * @param session of the mount's side
     * @param stored opens further connections of it
     * @param handler answers the share's requests
     * @return closing it ends that; the session stays as it is
     */
    public static Climber keep(Parts parts, Session session, StoredSession stored, RequestHandler handler) {
        Climber climber = new Climber(parts, session, stored, handler);
        session.onEvent(climber.new Watcher());
        session.connections().forEach(climber::watch);
        climber.look();
        return climber;
    }

    private final class Watcher implements SessionListener {
        @Override
        public void connected(String address) {
            lock.lock();
            try {
                backOff.reset();
            } finally {
                lock.unlock();
            }
            session.connections().forEach(Climber.this::watch);
            look();
        }

        @Override
        public void closed(String reason) {
            close();
        }
    }

    /**
     * Tells why the session goes by a relay.
     *
     * @return what the last try came to, for people, not escaped; nothing where it does not
     */
    public Optional<String> problem() {
        return isRelayed() ? Optional.of(problem) : Optional.empty();
    }

    /** One of several may end without a word to who listens to the session, and leave it with a way that is not the best. */
    private void watch(Connection connection) {
        if (watched.add(connection)) {
            connection.closed().whenComplete((reason, failure) -> {
                watched.remove(connection);
                if (isRelayed() || better() != null) {
                    tries.after(nextPause());
                }
            });
        }
    }

    private boolean isRelayed() {
        return session.way() == Way.RELAY;
    }

    private void look() {
        if (isRelayed() || better() != null) {
            tries.after(Duration.ZERO);
        }
    }

    /**
     * Which way to where the share is reached already would be better: between the machines of one network TCP, which is faster there, and elsewhere UDP, which is faster
     * where packets are lost or late. On the loopback interface UDP carries as large packets, and nothing is gained.
     */
    private @Nullable Way better() {
        InetSocketAddress remote = session.remote();
        if (remote == null || isRelayed()) {
            return null;
        }
        Way best = parts.endpoint().hasTcp() && LocalNetwork.has(remote.getAddress()) ? Way.TCP : Way.UDP;
        return session.way() == best ? null : best;
    }

    private @Nullable Duration attempt() {
        Way better = better();
        InetSocketAddress remote = session.remote();
        try {
            if (isRelayed()) {
                climb();
                retireRelay();
            } else if (better != null && remote != null) {
                parts.connector().attachBy(stored, session, handler, remote, better, TRY_TIME);
                LOG.debug("{}: goes by {} now", session, better);
            }
            return null;
        } catch (InterruptedException e) {
            LOG.debug("{}: gave up to look for a more direct way", session);
        } catch (IOException | RuntimeException e) {
            LOG.debug("{}: no better way yet", session, e);
        }
        return nextPause();
    }

    private Duration nextPause() {
        lock.lock();
        try {
            return backOff.next();
        } finally {
            lock.unlock();
        }
    }

    private void climb() throws IOException, InterruptedException {
        byte[] token = new byte[Message.Meet.TOKEN_BYTES];
        parts.random().nextBytes(token);
        Probes probes = new Probes(token);
        Whereabouts own = parts.addresses().get();
        Message.Meet answer;
        try {
            answer = ask(new Message.Meet(
                    token,
                    own.addresses(),
                    session.peerHas(Message.NAT_IN_MEET) ? own.natCode() : Message.Meet.NAT_UNTOLD));
        } catch (IOException e) {
            problem = "the share did not say where it is: " + e.getMessage();
            throw e;
        }
        Whereabouts told = Whereabouts.of(answer);
        List<InetSocketAddress> there = new ArrayList<>(Reachable.worthAProbe(answer.candidates(), parts.endpoint()));
        PortSearch.Parts searching = new PortSearch.Parts(
                parts.endpoint(), parts.scheduler(), parts.workers(), parts.random(), parts.searches());
        try (Punch punch = Punch.start(parts.endpoint(), answer.token(), there, parts.scheduler());
                PortSearch search = PortSearch.start(
                        searching, own, told, answer.token(), token, () -> !probes.heard.isEmpty(), probes::through)) {
            probes.punch = punch;
            if (search.role() == PortSearch.Role.SPREAD) {
                // It lets nothing in before a socket is found that it lets in, and is dialled from there at once then.
                there.remove(answer.candidates().get(0));
            }
            Duration time = search.role() == PortSearch.Role.NONE ? TRY_TIME : SEARCH_TIME;
            try {
                parts.connector()
                        .attach(stored, session, handler, there, new Discoveries(List.of(parts.lan(), probes)), time);
            } finally {
                problem = WhyIndirect.of(own, told, punch, search, probes.heard);
            }
        }
    }

    private Message.Meet ask(Message.Meet question) throws IOException {
        try (RequestStream stream = session.open(question)) {
            stream.setSilenceMax(ANSWER_TIME);
            Message answer = stream.receive();
            if (!(answer instanceof Message.Meet meet)) {
                throw stream.unexpected(answer);
            }
            Message end = stream.receive();
            if (!(end instanceof Message.End)) {
                throw stream.unexpected(end);
            }
            return meet;
        }
    }

    /** Where probes of the share come from is where it can be dialled. */
    private final class Probes implements PeerDiscovery {
        private final byte[] token;
        private final Set<InetSocketAddress> heard = ConcurrentHashMap.newKeySet();
        private volatile @Nullable Punch punch;
        private volatile @Nullable Consumer<Candidate> finding;

        Probes(byte[] token) {
            this.token = token;
        }

        @Override
        public Closeable announce(byte[] tag, int port) {
            return () -> {};
        }

        /** One of many sockets lets the share in. */
        void through(InetSocketAddress share) {
            Consumer<Candidate> told = finding;
            if (told != null) {
                told.accept(Candidate.of(share, Candidate.Source.KNOWN));
            }
        }

        @Override
        public Closeable search(byte[] tag, Consumer<Candidate> found) {
            finding = found;
            return parts.endpoint().onProbe(token, from -> {
                if (heard.size() < HEARD_MAX) {
                    heard.add(from);
                }
                Punch current = punch;
                if (current != null) {
                    current.add(from);
                }
                found.accept(Candidate.of(from, Candidate.Source.KNOWN));
            });
        }

        @Override
        public String describe() {
            return "probes";
        }

        @Override
        public void close() {}
    }

    private void retireRelay() {
        LOG.debug("{}: found a more direct way", session);
        try {
            parts.scheduler()
                    .schedule(
                            () -> {
                                for (Connection connection : session.connections()) {
                                    if (CarriedAddress.is(connection.remoteAddress())
                                            && !CarriedAddress.RELAY.equals(session.address())) {
                                        connection.close(DONE, "a more direct way was found");
                                    }
                                }
                            },
                            DRAIN_MILLIS,
                            TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("{}: the node is closing", session);
        }
    }

    /** Ends looking. Idempotent. */
    @Override
    public void close() {
        tries.close();
    }
}
