package dev.dits.connect;

import dev.dits.error.RepositoryBusyException;
import dev.dits.net.Endpoint;
import dev.dits.net.Way;
import dev.dits.session.Exchange;
import dev.dits.session.RequestHandler;
import dev.dits.session.Session;
import dev.dits.session.SessionListener;
import dev.dits.wire.Message;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The share's side of finding a more direct way: tells a joined peer where this share may be reached, and sends probes to where the peer may be, for five seconds.
 * Everything else goes to the next handler.
 */
@SuppressWarnings("FutureReturnValueIgnored") // Where probes are not ended they end by themselves.
public final class MeetHandler implements RequestHandler {
    /** Peers that are met at once; each costs at most some three hundred small packets. */
    static final int UNDER_WAY_MAX = 32;

    /** As long as probes of either side may be on their way. */
    private static final long TIME_MILLIS = 6_000;

    /** Addresses that are remembered of those that probes came from. */
    private static final int HEARD_MAX = 4;

    private static final Logger LOG = LoggerFactory.getLogger(MeetHandler.class);

    private final RequestHandler next;
    private final Endpoint endpoint;
    private final Supplier<Whereabouts> addresses;
    private final PortSearch.Parts searching;
    private final ScheduledExecutorService scheduler;
    private final SecureRandom random;
    private final Semaphore free = new Semaphore(UNDER_WAY_MAX);

    /** What came of the last meeting of each session; ends with it. */
    private final Map<Session, Meeting> last = new ConcurrentHashMap<>();

    /**
     * @param next answers everything else
     * @param endpoint the share's
     * @param addresses where it may be reached; may block for a round trip
     * @param searches counts the node's searches for ports
     * @param scheduler times probes; never blocked
     * @param workers open sockets
     * @param random draws tokens and ports
     */
    public MeetHandler(
            RequestHandler next,
            Endpoint endpoint,
            Supplier<Whereabouts> addresses,
            PortSearchLimits searches,
            ScheduledExecutorService scheduler,
            Executor workers,
            SecureRandom random) {
        this.next = next;
        this.endpoint = endpoint;
        this.addresses = addresses;
        this.searching = new PortSearch.Parts(endpoint, scheduler, workers, random, searches);
        this.scheduler = scheduler;
        this.random = random;
    }

    @Override
    public void handle(Session session, Message request, Exchange exchange) throws IOException, InterruptedException {
        if (!(request instanceof Message.Meet meet)) {
            next.handle(session, request, exchange);
            return;
        }
        if (!free.tryAcquire()) {
            throw new RepositoryBusyException(
                    "too many peers look for a more direct way at the moment; try again later");
        }
        Meeting meeting = new Meeting(Whereabouts.of(meet));
        boolean begun = false;
        try {
            byte[] token = new byte[Message.Meet.TOKEN_BYTES];
            random.nextBytes(token);
            Whereabouts own = addresses.get();
            Punch punch =
                    Punch.start(endpoint, meet.token(), Reachable.worthAProbe(meet.candidates(), endpoint), scheduler);
            meeting.own = own;
            meeting.punch = punch;
            meeting.expected = endpoint.onProbe(token, meeting::heard);
            PortSearch search = PortSearch.start(
                    searching, own, meeting.there, meet.token(), token, meeting::wasHeard, meeting::heard);
            meeting.search = search;
            note(session, meeting);
            exchange.send(new Message.Meet(
                    token,
                    own.addresses(),
                    meet.nat() == Message.Meet.NAT_UNTOLD ? Message.Meet.NAT_UNTOLD : own.natCode()));
            exchange.end();
            scheduler.schedule(
                    meeting::end,
                    search.role() == PortSearch.Role.NONE ? TIME_MILLIS : PortSearch.TIME_MILLIS,
                    TimeUnit.MILLISECONDS);
            begun = true;
        } catch (RejectedExecutionException e) {
            throw new IOException("the share is closing", e);
        } finally {
            if (!begun) {
                meeting.end();
            }
        }
    }

    private void note(Session session, Meeting meeting) {
        if (last.put(session, meeting) == null) {
            session.onEvent(new SessionListener() {
                @Override
                public void closed(String reason) {
                    last.remove(session);
                }
            });
            if (session.isClosed()) {
                last.remove(session);
            }
        }
    }

    /**
     * Tells why a session goes by a relay.
     *
     * @param session one of the share's
     * @return what the last try came to, for people; nothing where it does not
     */
    public Optional<String> problem(Session session) {
        if (session.way() != Way.RELAY) {
            return Optional.empty();
        }
        Meeting meeting = last.get(session);
        return Optional.of(
                meeting == null ? "the other side has not asked for a more direct way yet" : meeting.problem());
    }

    private final class Meeting {
        private final Whereabouts there;
        private final AtomicBoolean ended = new AtomicBoolean();
        private final Set<InetSocketAddress> heard = ConcurrentHashMap.newKeySet();
        private volatile @Nullable Whereabouts own;
        private volatile @Nullable Punch punch;
        private volatile @Nullable PortSearch search;
        private Closeable expected = () -> {};

        Meeting(Whereabouts there) {
            this.there = there;
        }

        private boolean wasHeard() {
            return !heard.isEmpty();
        }

        private void heard(InetSocketAddress from) {
            if (heard.size() < HEARD_MAX) {
                heard.add(from);
            }
            Punch current = punch;
            if (current != null) {
                current.add(from);
            }
        }

        String problem() {
            Whereabouts here = own;
            Punch sent = punch;
            PortSearch searched = search;
            return here == null || sent == null || searched == null || !ended.get()
                    ? WhyIndirect.LOOKING
                    : WhyIndirect.of(here, there, sent, searched, heard);
        }

        void end() {
            if (ended.compareAndSet(false, true)) {
                try {
                    Punch current = punch;
                    if (current != null) {
                        current.close();
                    }
                    PortSearch searched = search;
                    if (searched != null) {
                        searched.close();
                    }
                    expected.close();
                } catch (IOException e) {
                    LOG.debug("probes did not end", e);
                } finally {
                    free.release();
                }
            }
        }
    }
}
