package dev.dits.session;

import dev.dits.error.ProtocolException;
import dev.dits.error.SessionClosedException;
import dev.dits.net.ByteStream;
import dev.dits.net.CarriedAddress;
import dev.dits.net.CloseReason;
import dev.dits.net.Connection;
import dev.dits.net.StreamResetException;
import dev.dits.net.Way;
import dev.dits.object.Escaper;
import dev.dits.wire.FrameReader;
import dev.dits.wire.FrameWriter;
import dev.dits.wire.Message;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One authenticated peer, and the set of connections to it. It survives the loss of any of them: new requests go to the newest open one,
 * and whoever owns the session adds another when the last is gone.
 *
 * <p>Safe for use by several threads.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what matters of a connection's end is listened to
public final class Session implements AutoCloseable, Requests {
    /** Requests of the peer that are served at once; further ones wait. */
    public static final int SERVED_MAX = 16;

    /** Connections of one session; one more ends the oldest. A mount has one, and a few while its network changes. */
    public static final int CONNECTIONS_MAX = 16;

    /** PINGs answered at once, and a second after that; further ones wait, which holds back who sends them. */
    static final int PINGS_BURST = 500;

    static final int PINGS_PER_SECOND = 500;

    /** QUIC's idle time-out is twice this. */
    static final Duration KEEP_ALIVE = Duration.ofSeconds(15);

    /** Application error codes of QUIC. */
    static final int DONE = 0x00;

    static final int REFUSED = 0x01;
    static final int PROTOCOL = 0x02;
    static final int REVOKED = 0x03;
    static final int SHUTTING_DOWN = 0x04;
    static final int LIMIT = 0x05;

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private static final Consumer<SessionListener> REFS_CHANGED = SessionListener::refsChanged;

    /** A peer that opens a stream has a request to make; one that has not made it in this time, byte by byte, has not. */
    private static final Duration REQUEST_TIME = Duration.ofSeconds(30);

    /** A peer that does not read its control stream is not there. */
    private static final Duration CONTROL_WRITE_TIME = Duration.ofSeconds(10);

    private final SessionInfo info;
    private final Access access;
    private final RequestHandler handler;
    private final Executor workers;
    private final ScheduledFuture<?> keepAlive;
    private final AtomicLong pingNumbers = new AtomicLong();
    private final Map<Long, CompletableFuture<Void>> pings = new ConcurrentHashMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Link> links = new ArrayList<>();
    private final Queue<ByteStream> waiting = new ArrayDeque<>();
    private int serving;
    private @Nullable String closedBecause;

    private volatile long features;
    private volatile Duration clockAhead = Duration.ZERO;
    private volatile RateLimits limits = new RateLimits(null);

    private final Queue<Consumer<SessionListener>> events = new ArrayDeque<>();
    private final List<SessionListener> listeners = new CopyOnWriteArrayList<>();
    private boolean delivering;
    private boolean announce;
    private boolean announcing;

    /** One connection and its control stream. */
    private record Link(Connection connection, ByteStream control, FrameWriter writer) {}

    /**
     * @param info what it is about
     * @param access what the dialler may do
     * @param handler answers the peer's requests
     * @param workers runs them, and listeners; may block
     * @param scheduler runs the keep-alive; never blocked
     */
    Session(
            SessionInfo info,
            Access access,
            RequestHandler handler,
            Executor workers,
            ScheduledExecutorService scheduler) {
        this.info = info;
        this.access = access;
        this.handler = handler;
        this.workers = workers;
        this.keepAlive = scheduler.scheduleAtFixedRate(
                this::scheduleKeepAlive, KEEP_ALIVE.toMillis(), KEEP_ALIVE.toMillis(), TimeUnit.MILLISECONDS);
    }

    static FrameWriter.Output output(ByteStream stream) {
        return new FrameWriter.Output() {
            @Override
            public void write(byte[] source, int offset, int length) throws IOException {
                stream.write(source, offset, length);
            }

            @Override
            public void flush() throws IOException {
                stream.flush();
            }
        };
    }

    /** Cuts a text to a number of UTF-8 bytes, between characters. */
    static String cut(String text, int bytesMax) {
        String cut = text;
        while (cut.getBytes(StandardCharsets.UTF_8).length > bytesMax) {
            cut = cut.substring(0, cut.offsetByCodePoints(cut.length(), -1));
        }
        return cut;
    }

    /**
     * Returns what the session is about.
     *
     * @return names, ids, role
     */
    public SessionInfo info() {
        return info;
    }

    /**
     * Returns what the dialler may do: the serving side checks every request against it.
     *
     * @return on the share's side what the grant says; on the mount's the role alone
     */
    public Access access() {
        return access;
    }

    /** Notes by how much the peer's clock is ahead, as it said when a connection joined. */
    void noteClock(Duration ahead) {
        clockAhead = ahead;
    }

    /** Notes what the peer can do beyond the version's least, as it said when a connection joined. */
    void noteFeatures(long value) {
        features = value;
    }

    /**
     * Tells whether the peer can do something beyond the version's least. Known on the mount's side.
     *
     * @param feature such as {@link Message#NAT_IN_MEET}
     * @return whether it said so when it last joined by a connection
     */
    public boolean peerHas(long feature) {
        return (features & feature) != 0;
    }

    /**
     * Tells by how much the peer's clock was ahead when it last joined by a connection.
     *
     * @return negative where it was behind
     */
    public Duration clockAhead() {
        return clockAhead;
    }

    /**
     * Holds requests and answers to limits, from the next of them on.
     *
     * @param value of the share or mount that the session belongs to
     */
    public void limitBy(RateLimits value) {
        limits = value;
    }

    /**
     * Adds a listener.
     *
     * @param listener told of everything from now on
     */
    public void onEvent(SessionListener listener) {
        listeners.add(listener);
    }

    // ---- connections ----

    /** Adds a connection that has joined; its control stream is the session's from now on. */
    void add(Connection connection, ByteStream control, FrameReader reader, FrameWriter writer) {
        Link link = new Link(connection, control, writer);
        reader.joined();
        boolean refused;
        Link tooMany = null;
        lock.lock();
        try {
            refused = closedBecause != null;
            if (!refused) {
                links.add(link);
                tooMany = links.size() > CONNECTIONS_MAX ? links.get(0) : null;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        if (refused) {
            control.reset(DONE);
            connection.close(DONE, "the session has ended");
            return;
        }
        if (tooMany != null) {
            tooMany.connection.close(LIMIT, "too many connections of one session");
        }
        control.setWriteTimeout(CONTROL_WRITE_TIME);
        connection.onStream(stream -> {
            if (admit(stream)) {
                serve(stream);
            }
        });
        connection.closed().whenComplete((reason, failure) -> lost(link, reason));
        if (!run(() -> control(link, reader))) {
            connection.close(SHUTTING_DOWN, "shutting down");
        }
        String address = describe(connection);
        fire(listener -> listener.connected(address));
    }

    private static String describe(Connection connection) {
        return CarriedAddress.describe(connection.remoteAddress());
    }

    private void lost(Link link, @Nullable CloseReason reason) {
        link.control.close();
        boolean last;
        lock.lock();
        try {
            last = links.remove(link) && links.isEmpty() && closedBecause == null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        long peerCode = reason != null && reason.kind() == CloseReason.Kind.PEER ? reason.code() : -1;
        if (peerCode == REVOKED) {
            end("access was revoked", DONE);
        } else if (peerCode == DONE && last) {
            // One of several may be closed because another serves better; the last one only together with the session.
            end("the other side ended the session", DONE);
        } else if (last) {
            fire(SessionListener::disconnected);
        }
    }

    /**
     * Tells whether there is a connection.
     *
     * @return whether requests can be made now
     */
    public boolean isConnected() {
        return best() != null;
    }

    /**
     * Tells where the best connection goes.
     *
     * @return {@code host:port}; null if there is none
     */
    public @Nullable String address() {
        Link link = best();
        return link == null ? null : describe(link.connection);
    }

    /**
     * Tells where the best connection goes.
     *
     * @return as the endpoint knows it; null if there is none
     */
    public @Nullable InetSocketAddress remote() {
        Link link = best();
        return link == null ? null : link.connection.remoteAddress();
    }

    /**
     * Tells what carries the packets of the best connection.
     *
     * @return null if there is none
     */
    public @Nullable Way way() {
        Link link = best();
        return link == null ? null : link.connection.way();
    }

    /**
     * Tells whether the session has ended for good.
     *
     * @return whether it was closed, by either side
     */
    public boolean isClosed() {
        lock.lock();
        try {
            return closedBecause != null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lists the connections, for tests and measurements; requests go through {@link #open}.
     *
     * @return those that are here, the oldest first
     */
    public List<Connection> connections() {
        lock.lock();
        try {
            return links.stream().map(Link::connection).toList();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Link best() {
        lock.lock();
        try {
            for (int i = links.size() - 1; i >= 0; i--) {
                if (links.get(i).connection.isOpen()) {
                    return links.get(i);
                }
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    private Link require() throws SessionClosedException {
        Link link = best();
        if (link == null) {
            lock.lock();
            try {
                throw new SessionClosedException(
                        closedBecause != null
                                ? "the session has ended: " + closedBecause
                                : "there is no connection to " + Escaper.escape(info.peerName()) + " at the moment");
            } finally {
                lock.unlock();
            }
        }
        return link;
    }

    /**
     * Waits until there is a connection.
     *
     * @param timeoutMillis how long at most
     * @return whether there is one
     * @throws InterruptedException if the thread was interrupted
     */
    public boolean awaitConnection(long timeoutMillis) throws InterruptedException {
        long left = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        lock.lockInterruptibly();
        try {
            while (closedBecause == null && links.stream().noneMatch(link -> link.connection.isOpen())) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return closedBecause == null;
        } finally {
            lock.unlock();
        }
    }

    // ---- requests ----

    /**
     * Makes a request over the best connection.
     *
     * @param request its first frame
     * @return where the answer comes from; closed by the caller
     * @throws SessionClosedException if there is no connection, or it was lost just now; see {@link #awaitConnection}
     * @throws IOException if the thread was interrupted
     */
    @Override
    public RequestStream open(Message request) throws IOException {
        Connection connection = require().connection;
        try {
            return new RequestStream(connection.openStream(), request, limits);
        } catch (IOException e) {
            throw RequestStream.translated(e);
        }
    }

    /** A request of the peer that came before the session was there. */
    void arrived(ByteStream stream) {
        if (admit(stream) && !run(() -> serve(stream))) {
            stream.reset(ErrorCodes.FAILED);
            served();
        }
    }

    /**
     * Takes a place among the requests that are served. Where there is none the stream waits, unread, which holds the
     * peer back; how many may wait is limited by how many streams a connection may have.
     */
    private boolean admit(ByteStream stream) {
        lock.lock();
        try {
            if (serving >= SERVED_MAX) {
                waiting.add(stream);
                return false;
            }
            serving++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Gives the place to a stream that waits, or up. */
    private @Nullable ByteStream served() {
        lock.lock();
        try {
            ByteStream next = waiting.poll();
            if (next == null) {
                serving--;
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    private void serve(ByteStream first) {
        ByteStream stream = first;
        while (stream != null) {
            ByteStream current = stream;
            try {
                serveOne(current);
            } finally {
                stream = served();
            }
        }
    }

    private void serveOne(ByteStream stream) {
        Exchange exchange = new Exchange(stream, limits);
        try {
            long begun = System.nanoTime();
            FrameReader reader = new FrameReader(
                    (target, offset, length) -> {
                        long left = REQUEST_TIME.toNanos() - (System.nanoTime() - begun);
                        stream.setReadTimeout(Duration.ofNanos(Math.max(1, left)));
                        return stream.read(target, offset, length);
                    },
                    FrameReader.PAYLOAD_BYTES_MAX);
            Message request = reader.read();
            stream.setReadTimeout(Duration.ZERO);
            if (request != null && !(request instanceof Message.Cancel)) {
                handler.handle(this, request, exchange);
                exchange.finish();
            }
            stream.close();
        } catch (ProtocolException e) {
            LOG.warn("{}: {}", info, e.getMessage());
            stream.connection().close(PROTOCOL, "protocol");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stream.reset(ErrorCodes.CANCELLED);
        } catch (IOException | RuntimeException e) {
            answerFailure(stream, exchange, e);
        } catch (Error e) {
            stream.reset(ErrorCodes.FAILED);
            throw e;
        }
    }

    private void answerFailure(ByteStream stream, Exchange exchange, Exception failure) {
        if (!stream.connection().isOpen()) {
            LOG.debug("{}: the connection ended during a request", info, failure);
            return;
        }
        if (failure instanceof StreamResetException || failure instanceof SocketTimeoutException) {
            LOG.debug("{}: the peer lost interest in a request", info, failure);
            stream.reset(ErrorCodes.CANCELLED);
            return;
        }
        if (ErrorCodes.of(failure) == ErrorCodes.FAILED) {
            LOG.warn("{}: a request failed", info, failure);
        } else {
            LOG.debug("{}: a request was refused", info, failure);
        }
        try {
            exchange.fail(ErrorCodes.of(failure), ErrorCodes.textOf(failure));
            stream.close();
        } catch (IOException e) {
            stream.reset(ErrorCodes.FAILED);
        }
    }

    // ---- control stream ----

    private void control(Link link, FrameReader reader) {
        Pace pace = new Pace(PINGS_BURST, PINGS_PER_SECOND, System::nanoTime);
        try {
            for (Message message = reader.read(); message != null; message = reader.read()) {
                if (message instanceof Message.Ping ping) {
                    LockSupport.parkNanos(pace.take());
                    link.writer.write(new Message.Pong(ping.opaque()));
                    link.writer.flush();
                } else if (message instanceof Message.Pong pong) {
                    CompletableFuture<Void> waiter = pings.remove(pong.opaque());
                    if (waiter != null) {
                        waiter.complete(null);
                    }
                } else if (message instanceof Message.RefsChanged) {
                    fire(REFS_CHANGED);
                } else if (message instanceof Message.Goodbye goodbye) {
                    goodbye(link, Escaper.escape(goodbye.message()));
                } else {
                    throw new ProtocolException(
                            "the peer sent " + message.getClass().getSimpleName() + " on the control stream");
                }
            }
            // A connection without its control stream can neither be kept alive nor told anything.
            link.connection.close(PROTOCOL, "the control stream ended");
        } catch (ProtocolException e) {
            LOG.warn("{}: {}", info, e.getMessage());
            link.connection.close(PROTOCOL, "protocol");
        } catch (IOException e) {
            LOG.debug("{}: the control stream ended", info, e);
            // Also a peer that does not read what it is answered: it is not there.
            link.connection.close(LIMIT, "the control stream failed");
        }
    }

    /** Whoever says it speaks for its own connection: several processes may hold one session, and another one may go on. */
    private void goodbye(Link link, String said) {
        boolean last;
        lock.lock();
        try {
            last = links.remove(link) && links.isEmpty();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (last) {
            end("the other side ended the session" + (said.isEmpty() ? "" : ": " + said), DONE);
        }
        link.connection.close(DONE, "goodbye");
    }

    /** Runs something on a worker; false if there are none any more. */
    private boolean run(Runnable task) {
        try {
            workers.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            LOG.debug("{}: no worker any more", info);
            return false;
        }
    }

    private void scheduleKeepAlive() {
        // An exception here would end the schedule without a word.
        if (!run(this::keepAlive)) {
            keepAlive.cancel(false);
        }
    }

    private void keepAlive() {
        List<Link> all;
        lock.lock();
        try {
            all = List.copyOf(links);
        } finally {
            lock.unlock();
        }
        for (Link link : all) {
            send(link, new Message.Ping(pingNumbers.incrementAndGet()));
        }
    }

    private void send(Link link, Message message) {
        try {
            link.writer.write(message);
            link.writer.flush();
        } catch (IOException e) {
            LOG.debug("{}: the control stream is gone", info, e);
        }
    }

    /**
     * Measures a round trip through the best connection.
     *
     * @param timeout how long to wait for the answer
     * @return the time from sending until the answer was here
     * @throws TimeoutException if it did not come in time
     * @throws IOException if there is no connection or it was lost
     * @throws InterruptedException if the thread was interrupted
     */
    public Duration ping(Duration timeout) throws IOException, InterruptedException, TimeoutException {
        Link link = require();
        long number = pingNumbers.incrementAndGet();
        CompletableFuture<Void> answer = new CompletableFuture<>();
        pings.put(number, answer);
        try {
            long start = System.nanoTime();
            link.writer.write(new Message.Ping(number));
            link.writer.flush();
            answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            return Duration.ofNanos(System.nanoTime() - start);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } finally {
            pings.remove(number);
        }
    }

    /**
     * Tells the peer that references moved, by every connection: each may be another process's. Returns at once; what is to be told again before it was told is told once.
     */
    public void announceRefsChanged() {
        lock.lock();
        try {
            announce = true;
            if (announcing) {
                return;
            }
            announcing = true;
        } finally {
            lock.unlock();
        }
        if (!run(this::announce)) {
            LOG.debug("{}: the node is closing", info);
        }
    }

    private void announce() {
        while (true) {
            List<Link> all;
            lock.lock();
            try {
                if (!announce) {
                    announcing = false;
                    return;
                }
                announce = false;
                all = List.copyOf(links);
            } finally {
                lock.unlock();
            }
            for (Link link : all) {
                send(link, new Message.RefsChanged());
            }
        }
    }

    // ---- events ----

    /** For tests: what is not told yet. */
    int eventsPending() {
        lock.lock();
        try {
            return events.size();
        } finally {
            lock.unlock();
        }
    }

    private void fire(Consumer<SessionListener> event) {
        lock.lock();
        try {
            if (event == REFS_CHANGED && events.contains(event)) {
                // Told once, however often the peer says it meanwhile.
                return;
            }
            events.add(event);
            if (delivering) {
                return;
            }
            delivering = true;
        } finally {
            lock.unlock();
        }
        // Where there are no workers the node is closing: whoever listens was closed before it.
        run(this::deliver);
    }

    private void deliver() {
        while (true) {
            Consumer<SessionListener> event;
            lock.lock();
            try {
                event = events.poll();
                if (event == null) {
                    delivering = false;
                    return;
                }
            } finally {
                lock.unlock();
            }
            for (SessionListener listener : listeners) {
                try {
                    event.accept(listener);
                } catch (RuntimeException e) {
                    LOG.warn("{}: a listener failed", info, e);
                }
            }
        }
    }

    // ---- end ----

    /** Ends the session and all its connections. Idempotent; does not wait for the peer. */
    @Override
    public void close() {
        end("it was closed on this side", DONE);
    }

    /**
     * Ends the session and all its connections, and says why. Idempotent; does not wait for the peer.
     *
     * @param reason for people; the peer is told it too
     */
    public void end(String reason) {
        end(reason, DONE);
    }

    /** Ends it because this side goes away; the peer may come back to a restarted share. */
    void shutDown() {
        end("this side is shutting down", SHUTTING_DOWN);
    }

    /** Ends it because its grant has ended, and says so. */
    void revoke(String why) {
        end(why, REVOKED);
    }

    private void end(String why, long code) {
        List<Link> all;
        lock.lock();
        try {
            if (closedBecause != null) {
                return;
            }
            closedBecause = why;
            all = List.copyOf(links);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        keepAlive.cancel(false);
        fire(listener -> listener.closed(why));
        for (Link link : all) {
            if (code == DONE) {
                // It may be lost with the connection; then the end of the last connection tells the peer.
                send(link, new Message.Goodbye(DONE, cut(why, Message.TEXT_BYTES_MAX)));
            }
            link.connection.close(code, why);
        }
    }

    @Override
    public String toString() {
        return info.toString();
    }
}
