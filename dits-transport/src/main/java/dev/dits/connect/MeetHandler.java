package dev.dits.connect;

import dev.dits.error.RepositoryBusyException;
import dev.dits.net.Endpoint;
import dev.dits.session.Exchange;
import dev.dits.session.RequestHandler;
import dev.dits.session.Session;
import dev.dits.wire.Message;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
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

    private static final Logger LOG = LoggerFactory.getLogger(MeetHandler.class);

    private final RequestHandler next;
    private final Endpoint endpoint;
    private final Supplier<List<InetSocketAddress>> addresses;
    private final ScheduledExecutorService scheduler;
    private final SecureRandom random;
    private final Semaphore free = new Semaphore(UNDER_WAY_MAX);

    /**
     * @param next answers everything else
     * @param endpoint the share's
     * @param addresses where it may be reached; may block for a round trip
     * @param scheduler times probes; never blocked
     * @param random draws tokens
     */
    public MeetHandler(
            RequestHandler next,
            Endpoint endpoint,
            Supplier<List<InetSocketAddress>> addresses,
            ScheduledExecutorService scheduler,
            SecureRandom random) {
        this.next = next;
        this.endpoint = endpoint;
        this.addresses = addresses;
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
        Meeting meeting = new Meeting();
        boolean begun = false;
        try {
            byte[] token = new byte[Message.Meet.TOKEN_BYTES];
            random.nextBytes(token);
            List<InetSocketAddress> own = addresses.get();
            Punch punch =
                    Punch.start(endpoint, meet.token(), Reachable.worthAProbe(meet.candidates(), endpoint), scheduler);
            meeting.punch = punch;
            meeting.expected = endpoint.onProbe(token, punch::add);
            exchange.send(new Message.Meet(token, own));
            exchange.end();
            scheduler.schedule(meeting::end, TIME_MILLIS, TimeUnit.MILLISECONDS);
            begun = true;
        } catch (RejectedExecutionException e) {
            throw new IOException("the share is closing", e);
        } finally {
            if (!begun) {
                meeting.end();
            }
        }
    }

    private final class Meeting {
        private final AtomicBoolean ended = new AtomicBoolean();
        private Closeable punch = () -> {};
        private Closeable expected = () -> {};

        void end() {
            if (ended.compareAndSet(false, true)) {
                try {
                    punch.close();
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
