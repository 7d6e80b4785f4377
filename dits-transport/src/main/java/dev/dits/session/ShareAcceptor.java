package dev.dits.session;

import dev.dits.error.JoinRejectedException;
import dev.dits.error.PermissionDeniedException;
import dev.dits.error.ProtocolException;
import dev.dits.net.ByteStream;
import dev.dits.net.Connection;
import dev.dits.net.Endpoint;
import dev.dits.wire.FrameReader;
import dev.dits.wire.FrameWriter;
import dev.dits.wire.Message;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets peers into one share: answers its names on a node's socket, runs the join, and keeps the sessions.
 *
 * <p>A connection that has not joined costs little: there are only so many of them ({@link Lobby}), for {@link #JOIN_TIME}. Safe for use by
 * several threads.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what matters of a connection's end is listened to
public final class ShareAcceptor implements Closeable {
    /** From the connection to the end of the join. */
    public static final Duration JOIN_TIME = Duration.ofSeconds(10);

    private static final String ENDED = "the access has ended";
    private static final String TAKEN = "access was revoked";

    /** How long a session outlives its last connection. */
    public static final Duration GRACE = Duration.ofSeconds(60);

    private static final Logger LOG = LoggerFactory.getLogger(ShareAcceptor.class);

    /** Learns who comes. Called on worker threads. */
    public interface Listener {
        /**
         * A peer has a session; called before any of its requests is served.
         *
         * @param session new
         * @param address where it is connected from
         */
        void joined(Session session, String address);

        /**
         * A peer was refused.
         *
         * @param address where it tried from
         * @param reason why
         */
        void refused(String address, String reason);

        /**
         * A code is off after too many wrong guesses, until its owner re-arms the share.
         *
         * @param nameplate of the code
         */
        void locked(String nameplate);

        /**
         * A joined peer asked for what its grant does not allow, and got nothing.
         *
         * @param session whose
         * @param reason what was refused, as the peer was told
         */
        default void denied(Session session, String reason) {}
    }

    /**
     * What a share says of itself to joined peers.
     *
     * @param repositoryId 16 bytes
     * @param profile name of the chunk profile
     * @param name what it calls itself
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    public record Description(byte[] repositoryId, String profile, String name) {}

    /** Tells the branch that a new mount checks out, as it is at the moment. */
    @FunctionalInterface
    public interface Branch {
        /**
         * Reads it.
         *
         * @return the branch's name; empty where there is none
         */
        String current();
    }

    private final ShareIdentity identity;
    private final Description description;
    private final Branch branch;
    private final GrantStore grants;
    private final boolean ticketsKept;
    private final GuessLimiter guesses;
    private final RequestHandler handler;
    private final Listener listener;
    private final Executor workers;
    private final ScheduledExecutorService scheduler;
    private final InstantSource clock;
    private final SecureRandom random;
    private final ReentrantLock lock = new ReentrantLock();
    private final Lobby lobby;
    private final SessionTable<Session> sessions = new SessionTable<>(Session::isClosed);
    private boolean closed;

    /** Generation of the grants that all sessions were last held against. */
    private volatile long swept;

    /** By invitation, what ends its being answered to; tickets need nothing of their own. */
    private final Map<Invitation, Closeable> invitations = new LinkedHashMap<>();

    private final Set<Connection> joining = new HashSet<>();
    private final Semaphore computing =
            new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
    private @Nullable Endpoint node;
    private @Nullable Closeable registration;

    /**
     * @param identity id and certificate
     * @param description what joined peers learn
     * @param branch the current branch
     * @param grants who has joined before
     * @param ticketsKept whether the tickets of that store let in too
     * @param guesses counts wrong codes
     * @param lobby the node's
     * @param handler answers requests
     * @param listener learns who comes
     * @param workers runs joins and requests; may block
     * @param scheduler ends what takes too long
     * @param clock the time
     * @param random for nonces and scalars
     */
    public ShareAcceptor(
            ShareIdentity identity,
            Description description,
            Branch branch,
            GrantStore grants,
            boolean ticketsKept,
            GuessLimiter guesses,
            Lobby lobby,
            RequestHandler handler,
            Listener listener,
            Executor workers,
            ScheduledExecutorService scheduler,
            InstantSource clock,
            SecureRandom random) {
        this.identity = identity;
        this.description = new Description(
                description.repositoryId(),
                description.profile(),
                Session.cut(description.name(), Message.NAME_BYTES_MAX));
        this.branch = branch;
        this.grants = grants;
        this.ticketsKept = ticketsKept;
        this.guesses = guesses;
        this.lobby = lobby;
        this.handler = (session, request, exchange) -> {
            try {
                if (session.access().isExpired(clock.instant())) {
                    throw new PermissionDeniedException(
                            "your access to this share has ended; ask its owner for a new code");
                }
                handler.handle(session, request, exchange);
            } catch (PermissionDeniedException e) {
                listener.denied(session, String.valueOf(e.getMessage()));
                throw e;
            }
        };
        this.listener = listener;
        this.workers = workers;
        this.scheduler = scheduler;
        this.clock = clock;
        this.random = random;
    }

    /**
     * Starts to let peers in: those who joined before, and those who hold an invitation.
     *
     * @param socket whose socket to answer on; closed by the caller, after this
     * @param first the invitations to begin with
     * @throws IOException if the node is closed
     * @throws IllegalStateException if another share of this node has the same name, or this was opened before
     */
    public void open(Endpoint socket, List<Invitation> first) throws IOException {
        lock.lock();
        try {
            if (node != null || closed) {
                throw new IllegalStateException("this acceptor was opened before");
            }
            registration = register(socket, ServerNames.ofShare(identity.shareId()));
            node = socket;
        } finally {
            lock.unlock();
        }
        for (Invitation invitation : first) {
            invite(invitation);
        }
    }

    private Closeable register(Endpoint socket, String name) throws IOException {
        return socket.register(
                name,
                identity.certificate().privateKey(),
                identity.certificate().certificate(),
                this::connected);
    }

    /**
     * Lets in by another invitation too.
     *
     * @param invitation a code or ticket
     * @throws IOException if the node is closed
     * @throws IllegalStateException if another share of this node has the same nameplate, or this is not open
     */
    public void invite(Invitation invitation) throws IOException {
        lock.lock();
        try {
            Endpoint socket = node;
            if (socket == null || closed) {
                throw new IllegalStateException("this acceptor is not open");
            }
            String nameplate = invitation.nameplate();
            Closeable end = nameplate == null ? () -> {} : register(socket, ServerNames.ofNameplate(nameplate));
            Closeable before = invitations.put(invitation, end);
            if (before != null) {
                before.close();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets nobody else in by an invitation. Those who joined by it stay.
     *
     * @param invitation a code or ticket
     * @throws IOException never
     */
    public void withdraw(Invitation invitation) throws IOException {
        lock.lock();
        try {
            Closeable end = invitations.remove(invitation);
            if (end != null) {
                end.close();
            }
        } finally {
            lock.unlock();
        }
    }

    private void connected(Connection connection) {
        InetAddress source = connection.remoteAddress().getAddress();
        if (!lobby.enter(source)) {
            connection.close(Session.LIMIT, "too many are joining");
            return;
        }
        boolean late;
        lock.lock();
        try {
            late = closed;
            if (!late) {
                joining.add(connection);
            }
        } finally {
            lock.unlock();
        }
        if (late) {
            lobby.leave(source);
            connection.close(Session.SHUTTING_DOWN, "the share is closing");
            return;
        }
        AtomicBoolean left = new AtomicBoolean();
        Runnable leave = () -> {
            if (left.compareAndSet(false, true)) {
                leave(connection, source);
            }
        };
        ScheduledFuture<?> deadline = scheduler.schedule(
                () -> connection.close(Session.LIMIT, "the join took too long"),
                JOIN_TIME.toMillis(),
                TimeUnit.MILLISECONDS);
        connection.closed().whenComplete((reason, failure) -> {
            deadline.cancel(false);
            leave.run();
        });
        Early early = new Early();
        connection.onStream(stream -> {
            switch (early.take(stream)) {
                case CONTROL -> join(connection, stream, early, source, deadline, leave);
                case HELD -> {}
                case TOO_EARLY -> {
                    stream.reset(Session.PROTOCOL);
                    connection.close(Session.PROTOCOL, "a stream before the join");
                }
            }
        });
    }

    private void leave(Connection connection, InetAddress source) {
        lobby.leave(source);
        lock.lock();
        try {
            joining.remove(connection);
        } finally {
            lock.unlock();
        }
    }

    private void join(
            Connection connection,
            ByteStream stream,
            Early early,
            InetAddress source,
            ScheduledFuture<?> deadline,
            Runnable leave) {
        String address = source.getHostAddress();
        try {
            FrameReader reader = new FrameReader(stream::read, FrameReader.PAYLOAD_BYTES_MAX_UNJOINED);
            FrameWriter writer = new FrameWriter(Session.output(stream));
            ShareHandshake handshake = new ShareHandshake(
                    reader,
                    writer,
                    new Door(connection.serverName(), early),
                    connection.peerFingerprint(),
                    connection.localFingerprint(),
                    source,
                    clock,
                    random);
            Grant grant = handshake.answer();
            deadline.cancel(false);
            leave.run();
            admit(grant, handshake.clockAhead(), connection, stream, early, reader, writer, address);
        } catch (JoinRejectedException e) {
            Throwable own = e.getCause();
            if (own != null) {
                LOG.warn("somebody could not join: {}", own.getMessage());
            }
            LOG.debug("{} was refused: {}", address, e.reason());
            listener.refused(address, e.reason().advice());
            endRefused(connection, stream);
        } catch (ProtocolException e) {
            LOG.debug("{} broke the protocol while joining: {}", address, e.getMessage());
            stream.reset(Session.PROTOCOL);
            connection.close(Session.PROTOCOL, "protocol");
        } catch (IOException | RuntimeException e) {
            LOG.debug("{} did not join", address, e);
            stream.reset(Session.REFUSED);
            connection.close(Session.REFUSED, "the join failed");
        }
    }

    /** The dialler closes when it has read the refusal; if it does not, the deadline does. */
    private static void endRefused(Connection connection, ByteStream stream) {
        try {
            stream.shutdownOutput();
        } catch (IOException e) {
            connection.close(Session.REFUSED, "refused");
        }
    }

    private void admit(
            Grant grant,
            Duration clockAhead,
            Connection connection,
            ByteStream stream,
            Early early,
            FrameReader reader,
            FrameWriter writer,
            String address) {
        String key = HexFormat.of().formatHex(grant.sessionId());
        SessionTable.Admission<Session> admission =
                sessions.admit(key, () -> new Session(info(grant), grant.access(), handler, workers, scheduler));
        if (admission == null) {
            connection.close(Session.SHUTTING_DOWN, "the share is closing");
            return;
        }
        Session session = admission.session();
        session.noteClock(clockAhead);
        if (admission.fresh()) {
            session.onEvent(new Keeper(key, session));
            listener.joined(session, address);
        }
        session.add(connection, stream, reader, writer);
        early.release(session);
        settle(grant, session);
    }

    /** What a join leaves to be done once the peer is served: it takes a look at the disk, and perhaps a write. */
    private void settle(Grant grant, Session session) {
        try {
            Optional<Grant> kept = grants.find(grant.sessionId());
            if (kept.isEmpty()) {
                // It ended since the handshake looked at it; whoever ended it did not see this session yet.
                session.revoke(TAKEN);
            } else if (!kept.get().deviceName().equals(grant.deviceName())) {
                boolean there = grants.name(grant.sessionId(), grant.deviceName());
                LOG.debug("the name of {} was noted: {}", session, there);
            }
        } catch (IOException e) {
            LOG.warn("the grant of {} can not be read or written, so it has to go: {}", session, e.getMessage());
            session.shutDown();
        }
    }

    /**
     * Ends the sessions whose grants have ended: by their time, or because somebody, in whatever process, took them away. Called several times a
     * second; cheap.
     *
     * @throws IOException if the grants can not be read
     */
    public void sweep() throws IOException {
        for (Session session : sessions()) {
            if (session.access().isExpired(clock.instant())) {
                session.revoke(ENDED);
            }
        }
        long now = grants.generation();
        if (now != swept) {
            for (Session session : sessions()) {
                if (grants.find(session.info().sessionId()).isEmpty()) {
                    session.revoke(TAKEN);
                }
            }
            swept = now;
        }
    }

    /** Forgets a session at its end, and ends one whose mount does not come back. */
    private final class Keeper implements SessionListener {
        private final String key;
        private final Session session;
        private @Nullable ScheduledFuture<?> end;

        Keeper(String key, Session session) {
            this.key = key;
            this.session = session;
        }

        @Override
        public void disconnected() {
            end = scheduler.schedule(
                    () -> {
                        if (!session.isConnected()) {
                            session.shutDown();
                        }
                    },
                    GRACE.toMillis(),
                    TimeUnit.MILLISECONDS);
        }

        @Override
        public void connected(String address) {
            stay();
        }

        @Override
        public void closed(String reason) {
            stay();
            sessions.remove(key, session);
        }

        private void stay() {
            ScheduledFuture<?> current = end;
            if (current != null) {
                current.cancel(false);
            }
        }
    }

    private SessionInfo info(Grant grant) {
        return new SessionInfo(
                grant.sessionId(),
                identity.shareId(),
                description.repositoryId(),
                description.profile(),
                grant.access().readOnly(),
                description.name(),
                branch.current(),
                grant.deviceName());
    }

    /**
     * Lists the sessions.
     *
     * @return those that are open
     */
    public List<Session> sessions() {
        return sessions.all();
    }

    /**
     * Ends a peer's grant, durably, and its connections.
     *
     * @param sessionId of the grant, 16 bytes
     * @return whether there was one
     * @throws IOException if it can not be written; then the grant stays
     */
    public boolean revoke(byte[] sessionId) throws IOException {
        boolean revoked = grants.remove(sessionId);
        Session session = sessions.find(HexFormat.of().formatHex(sessionId));
        if (session != null) {
            session.revoke(TAKEN);
        }
        return revoked;
    }

    /** Stops to let peers in, and ends all sessions; a mount may come back when the share does. Idempotent. */
    @Override
    public void close() throws IOException {
        List<Session> all;
        List<Connection> unfinished;
        List<Closeable> ends;
        lock.lock();
        try {
            closed = true;
            all = sessions.close();
            unfinished = List.copyOf(joining);
            ends = new ArrayList<>(invitations.values());
            if (registration != null) {
                ends.add(registration);
            }
            invitations.clear();
        } finally {
            lock.unlock();
        }
        for (Closeable end : ends) {
            end.close();
        }
        unfinished.forEach(connection -> connection.close(Session.SHUTTING_DOWN, "the share is closing"));
        all.forEach(Session::shutDown);
    }

    /**
     * Streams that come before the join is over on this side. The first is the control stream; another one before the
     * peer has proved itself is an offence. From then on the dialler, which is done one message earlier, may open more;
     * they wait unread, as those do for which there is no place later, and as many as a connection may have: how long
     * the join takes on this side is not the dialler's doing.
     */
    private static final class Early {
        private enum Taken {
            CONTROL,
            HELD,
            TOO_EARLY
        }

        private final ReentrantLock lock = new ReentrantLock();
        private final List<ByteStream> held = new ArrayList<>();
        private boolean started;
        private boolean proved;
        private @Nullable Session joined;

        Taken take(ByteStream stream) {
            Session session;
            lock.lock();
            try {
                if (!started) {
                    started = true;
                    return Taken.CONTROL;
                }
                session = joined;
                if (session == null) {
                    if (!proved) {
                        return Taken.TOO_EARLY;
                    }
                    held.add(stream);
                    return Taken.HELD;
                }
            } finally {
                lock.unlock();
            }
            session.arrived(stream);
            return Taken.HELD;
        }

        void proved() {
            lock.lock();
            try {
                proved = true;
            } finally {
                lock.unlock();
            }
        }

        void release(Session session) {
            List<ByteStream> all;
            lock.lock();
            try {
                joined = session;
                all = List.copyOf(held);
                held.clear();
            } finally {
                lock.unlock();
            }
            all.forEach(session::arrived);
        }
    }

    /** What the handshake asks of this share, for a peer that came by one of its names. */
    private final class Door implements ShareHandshake.Door {
        private final String serverName;
        private final Early early;

        Door(String serverName, Early early) {
            this.serverName = serverName;
            this.early = early;
        }

        /** Whoever asks by one name learns nothing about another. */
        private boolean cameByShareId() {
            return serverName.equals(ServerNames.ofShare(identity.shareId()));
        }

        @Override
        public Optional<Invitation> invitation(int kind, byte[] selector) throws IOException {
            Optional<Invitation> found;
            lock.lock();
            try {
                found = invitations.keySet().stream()
                        .filter(invitation -> invitation.matches(kind, selector))
                        .filter(invitation -> {
                            String nameplate = invitation.nameplate();
                            return nameplate == null
                                    ? cameByShareId()
                                    : serverName.equals(ServerNames.ofNameplate(nameplate));
                        })
                        .findFirst();
            } finally {
                lock.unlock();
            }
            if (found.isEmpty() && ticketsKept && kind == Message.Hello.TICKET && cameByShareId()) {
                byte[] tag = Invitation.ticketTag(selector, identity.shareId());
                return tag == null
                        ? Optional.empty()
                        : grants.ticket(tag).map(ticket -> Invitation.of(ticket, identity));
            }
            return found;
        }

        @Override
        public boolean isUsedUp(Invitation invitation) throws IOException {
            byte[] tag = invitation.keptTag();
            return invitation.isUsedUp()
                    || (tag != null
                            && grants.ticket(tag)
                                    .map(ticket -> ticket.once() && ticket.used())
                                    .orElse(false));
        }

        @Override
        public void accept(Invitation invitation, Grant grant) throws IOException {
            // A code, or a ticket that is not kept, may have been withdrawn since its challenge was sent.
            boolean withdrawn;
            lock.lock();
            try {
                withdrawn =
                        !invitations.containsKey(invitation) && (invitation.isCode() || invitation.keptTag() == null);
            } finally {
                lock.unlock();
            }
            if (withdrawn) {
                throw new JoinRejectedException(JoinRejectedException.Reason.UNKNOWN_SHARE, null);
            }
            if (!invitation.use()) {
                // Another one, with the same invitation, was faster.
                throw new JoinRejectedException(JoinRejectedException.Reason.USED_UP, null);
            }
            boolean kept = false;
            try {
                byte[] tag = invitation.keptTag();
                // A code that takes a ticket's use along does not die with the ticket.
                boolean alone = tag == null
                        || (invitation.isCode() && grants.ticket(tag).isEmpty());
                grants.add(grant, alone ? null : tag);
                kept = true;
            } finally {
                if (!kept) {
                    invitation.unuse();
                }
            }
        }

        @Override
        public Optional<Grant> grant(byte[] sessionId) throws IOException {
            return cameByShareId() ? grants.find(sessionId) : Optional.empty();
        }

        @Override
        public void wrongCode(String nameplate) throws IOException {
            if (guesses.isLocked(nameplate)) {
                listener.locked(nameplate);
            }
        }

        @Override
        public Semaphore computing() {
            return computing;
        }

        @Override
        public void proved() {
            early.proved();
        }

        @Override
        public GuessLimiter guesses() {
            return guesses;
        }

        @Override
        public byte[] shareId() {
            return identity.shareId();
        }

        @Override
        public byte[] repositoryId() {
            return description.repositoryId();
        }

        @Override
        public String profile() {
            return description.profile();
        }

        @Override
        public String shareName() {
            return description.name();
        }

        @Override
        public String branch() {
            return branch.current();
        }
    }
}
