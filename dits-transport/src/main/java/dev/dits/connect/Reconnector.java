package dev.dits.connect;

import dev.dits.error.JoinRejectedException;
import dev.dits.limit.BackOff;
import dev.dits.net.CarriedAddress;
import dev.dits.net.Connection;
import dev.dits.session.RequestHandler;
import dev.dits.session.Session;
import dev.dits.session.SessionListener;
import dev.dits.session.StoredSession;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a mount's session back whenever its last connection is lost: tries until it has one again, waiting half a second
 * at first and half a minute at last, until the session is closed or the share refuses.
 *
 * <p>Safe for use by several threads. It ends with its session.
 */
public final class Reconnector implements Closeable {
    /** How long one try may take: discovery asks several times within it. */
    private static final Duration TRY_TIMEOUT = Duration.ofSeconds(10);

    /** How long a share has to answer one who asks whether it is still there; it is asked because it may well not be. */
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(3);

    static final Duration AGAIN_MIN = Duration.ofMillis(500);
    static final Duration AGAIN_MAX = Duration.ofSeconds(30);

    /** The code of a connection that ended by a limit ({@code docs/wire.md}, section 3): the session goes on. */
    private static final int NO_ANSWER = 0x05;

    private static final Logger LOG = LoggerFactory.getLogger(Reconnector.class);

    private final Connector connector;
    private final Session session;
    private final RequestHandler handler;
    private final Tries tries;
    private final BackOff backOff;

    private final ReentrantLock lock = new ReentrantLock();
    /** With the address at which it was last reached. */
    private StoredSession stored;

    private boolean away;

    /** What the last try came to; null before the first. */
    private volatile @Nullable String problem;

    private Reconnector(
            Connector connector,
            Session session,
            StoredSession stored,
            RequestHandler handler,
            ScheduledExecutorService scheduler,
            Executor workers,
            RandomGenerator random) {
        this.connector = connector;
        this.session = session;
        this.stored = stored;
        this.handler = handler;
        this.tries = new Tries(scheduler, workers, this::attempt);
        this.backOff = new BackOff(AGAIN_MIN, AGAIN_MAX, random);
    }

    /**
     * Keeps a session connected from now on.
     *
     * @param connector finds the share
     * @param session the session, of the mount's side
     * @param stored what opens it again
     * @param handler answers the share's requests
     * @param scheduler times the tries; never blocked
     * @param workers runs them; they block
     * @param random spreads them
     * @return closing it ends that; the session stays as it is
     */
    public static Reconnector keep(
            Connector connector,
            Session session,
            StoredSession stored,
            RequestHandler handler,
            ScheduledExecutorService scheduler,
            Executor workers,
            RandomGenerator random) {
        Reconnector reconnector = new Reconnector(connector, session, stored, handler, scheduler, workers, random);
        session.onEvent(reconnector.new Watcher());
        if (!session.isConnected()) {
            reconnector.lost();
        }
        return reconnector;
    }

    private final class Watcher implements SessionListener {
        @Override
        public void disconnected() {
            lost();
        }

        @Override
        public void connected(String address) {
            if (address.equals(CarriedAddress.RELAY)) {
                // Of this connection alone, and nothing to dial later.
                return;
            }
            lock.lock();
            try {
                stored = stored.reachedAt(address);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void closed(String reason) {
            close();
        }
    }

    private void lost() {
        lock.lock();
        try {
            if (!away) {
                away = true;
                backOff.reset();
                tries.after(backOff.next());
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * The machine seems to have slept: what was connected may be so no more, without a word, and whoever waits for the next try has waited long enough. Blocks for a
     * round trip, or for a few seconds where no answer comes.
     */
    public void awoke() {
        if (tries.isClosed()) {
            return;
        }
        lock.lock();
        try {
            if (away) {
                backOff.reset();
                tries.after(backOff.next());
                return;
            }
        } finally {
            lock.unlock();
        }
        try {
            Duration trip = session.ping(ANSWER_TIMEOUT);
            LOG.debug("{}: still there after {}", session, trip);
        } catch (TimeoutException e) {
            LOG.debug("{}: no answer; its connections are taken for lost", session);
            for (Connection connection : session.connections()) {
                connection.close(NO_ANSWER, "no answer");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.debug("{}: lost already", session, e);
        }
    }

    /**
     * Tells why the session is not connected.
     *
     * @return what the last try came to, for people, not escaped; nothing before there was one
     */
    public Optional<String> problem() {
        return Optional.ofNullable(problem);
    }

    private @Nullable Duration attempt() {
        StoredSession known;
        lock.lock();
        try {
            if (!away) {
                return null;
            }
            known = stored;
        } finally {
            lock.unlock();
        }
        String refusal = null;
        String failure = null;
        try {
            connector.attach(known, session, handler, TRY_TIMEOUT);
        } catch (JoinRejectedException e) {
            refusal = String.valueOf(e.getMessage());
        } catch (InterruptedException e) {
            LOG.debug("{}: gave up to connect again", session);
        } catch (IOException | RuntimeException e) {
            failure = String.valueOf(e.getMessage());
            LOG.debug("{}: not connected again yet", session, e);
        }
        problem = failure;
        Duration next;
        lock.lock();
        try {
            // Asked and not inferred: the connection may have been lost again already, and that was told while away.
            away = refusal == null && !session.isConnected();
            next = away ? backOff.next() : null;
        } finally {
            lock.unlock();
        }
        if (refusal != null) {
            session.end(refusal);
        }
        return next;
    }

    /** Ends trying. Idempotent. */
    @Override
    public void close() {
        tries.close();
    }
}
