package dev.dits.session;

import dev.dits.crypto.JoinCode;
import dev.dits.crypto.PeerCertificate;
import dev.dits.crypto.Spake2Password;
import dev.dits.crypto.Ticket;
import dev.dits.error.JoinRejectedException;
import dev.dits.error.ProtocolException;
import dev.dits.net.ByteStream;
import dev.dits.net.CarriedAddress;
import dev.dits.net.CloseReason;
import dev.dits.net.Connection;
import dev.dits.net.ConnectionLostException;
import dev.dits.net.Endpoint;
import dev.dits.net.Way;
import dev.dits.wire.FrameReader;
import dev.dits.wire.FrameWriter;
import dev.dits.wire.Message;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** Dials shares and joins them. Safe for use by several threads. */
public final class Dialer {
    private final Endpoint node;
    private final Executor workers;
    private final ScheduledExecutorService scheduler;
    private final String deviceName;
    private final InstantSource clock;
    private final SecureRandom random;

    /**
     * @param node whose socket to use
     * @param workers for the sessions' work
     * @param scheduler for their keep-alive
     * @param deviceName what to be called, said only to a share that has proved itself
     * @param clock what to compare a share's with
     * @param random for nonces and scalars
     */
    public Dialer(
            Endpoint node,
            Executor workers,
            ScheduledExecutorService scheduler,
            String deviceName,
            InstantSource clock,
            SecureRandom random) {
        this.node = node;
        this.workers = workers;
        this.scheduler = scheduler;
        this.deviceName = Session.cut(deviceName, Message.NAME_BYTES_MAX);
        this.clock = clock;
        this.random = random;
    }

    /** How to get in with a code or ticket. Immutable; shows nothing of the secret. */
    public static final class Key {
        private final int kind;
        private final byte[] selector;
        private final Spake2Password password;
        private final String serverName;
        private final byte @Nullable [] shareId;
        private final byte @Nullable [] pinnedFingerprint;

        private Key(
                int kind,
                byte[] selector,
                Spake2Password password,
                String serverName,
                byte @Nullable [] shareId,
                byte @Nullable [] pinnedFingerprint) {
            this.kind = kind;
            this.selector = selector;
            this.password = password;
            this.serverName = serverName;
            this.shareId = shareId;
            this.pinnedFingerprint = pinnedFingerprint;
        }

        /**
         * Makes a code ready. Slow on purpose (Argon2id, some tens of milliseconds).
         *
         * @param code what the user typed
         * @return its key
         */
        public static Key of(JoinCode code) {
            return new Key(
                    Message.Hello.CODE,
                    Invitation.selector(code),
                    Spake2Password.of(code),
                    ServerNames.ofNameplate(code.nameplate()),
                    null,
                    null);
        }

        /**
         * Makes a ticket ready.
         *
         * @param ticket what the user pasted
         * @return its key
         */
        public static Key of(Ticket ticket) {
            return new Key(
                    Message.Hello.TICKET,
                    Invitation.selector(ticket),
                    Spake2Password.of(ticket),
                    ServerNames.ofShare(ticket.shareId()),
                    ticket.shareId(),
                    ticket.shareFingerprint());
        }

        @Override
        public String toString() {
            return "Key[" + serverName + "]";
        }
    }

    /** A connection that reached a node which has such a share; nothing has been said about the secret yet. */
    public static final class Reached implements AutoCloseable {
        private final Connection connection;
        private volatile @Nullable MountHandshake handshake;

        private Reached(Connection connection) {
            this.connection = connection;
        }

        /**
         * Tells which certificate answered, so that a secret is tried once against each.
         *
         * @return its fingerprint, 32 bytes
         */
        public byte[] fingerprint() {
            return connection.peerFingerprint();
        }

        /**
         * Tells whether the secret was put to use on this connection, so that it must not be tried again against the
         * same certificate.
         *
         * @return whether it was
         */
        public boolean isSpent() {
            MountHandshake current = handshake;
            return current != null && current.confirmed();
        }

        /** Gives the connection up. */
        @Override
        public void close() {
            connection.close(Session.DONE, "another connection was first");
        }
    }

    /**
     * A session just joined, and what to keep of it.
     *
     * @param session open
     * @param stored opens it again
     */
    public record Opened(Session session, StoredSession stored) {}

    /**
     * Tells whether there is a way by TCP from here.
     *
     * @return whether {@link Way#TCP} can be asked for
     */
    public boolean hasTcp() {
        return node.hasTcp();
    }

    /**
     * Reaches a node that has the share of a code or ticket.
     *
     * @param address where
     * @param way how, {@link Way#TCP} or any other
     * @param key the code or ticket; nothing of its secret is used
     * @param certificate what to present
     * @param timeout how long to wait
     * @return the connection
     * @throws IOException if nothing answers, it has no such share, or another certificate than the ticket says
     */
    public Reached reach(InetSocketAddress address, Way way, Key key, PeerCertificate certificate, Duration timeout)
            throws IOException {
        return reach(address, way, key.serverName, certificate, key.pinnedFingerprint, timeout);
    }

    /**
     * Reaches the node of a kept session.
     *
     * @param address where
     * @param way how, {@link Way#TCP} or any other
     * @param stored what was kept
     * @param timeout how long to wait
     * @return the connection
     * @throws IOException if nothing answers, it has no such share, or another certificate
     */
    public Reached reach(InetSocketAddress address, Way way, StoredSession stored, Duration timeout)
            throws IOException {
        return reach(
                address,
                way,
                ServerNames.ofShare(stored.shareId()),
                stored.certificate(),
                stored.shareFingerprint(),
                timeout);
    }

    /**
     * Finds out why an address does not answer. Blocks.
     *
     * @param address where
     * @param timeout how long to wait
     * @return half a sentence for people
     * @throws IOException if it can not be tried
     */
    public String diagnose(InetSocketAddress address, Duration timeout) throws IOException {
        return node.diagnose(address, timeout);
    }

    private Reached reach(
            InetSocketAddress address,
            Way way,
            String serverName,
            PeerCertificate certificate,
            byte @Nullable [] pinnedFingerprint,
            Duration timeout)
            throws IOException {
        return new Reached(
                way == Way.TCP
                        ? node.connectByTcp(
                                address,
                                serverName,
                                certificate.privateKey(),
                                certificate.certificate(),
                                pinnedFingerprint,
                                timeout)
                        : node.connect(
                                address,
                                serverName,
                                certificate.privateKey(),
                                certificate.certificate(),
                                pinnedFingerprint,
                                timeout));
    }

    /**
     * Joins over a connection. Runs SPAKE2 once; ends the connection if that fails.
     *
     * @param reached the connection
     * @param key the code or ticket
     * @param certificate what was presented on it
     * @param handler answers the share's requests
     * @param timeout how long to wait for each answer
     * @return the session
     * @throws dev.dits.error.JoinRejectedException if the share refuses
     * @throws IOException if it is not the share, or the connection fails
     */
    public Opened join(Reached reached, Key key, PeerCertificate certificate, RequestHandler handler, Duration timeout)
            throws IOException {
        try {
            Control control = new Control(reached.connection, timeout);
            MountHandshake handshake = control.handshake();
            reached.handshake = handshake;
            MountHandshake.Joined joined = handshake.join(key.kind, key.selector, key.password);
            if (key.shareId != null && !Arrays.equals(key.shareId, joined.info().shareId())) {
                throw new ProtocolException("the share is another than the ticket names");
            }
            Session session = session(joined, handler);
            control.handTo(session);
            String address = session.address();
            return new Opened(
                    session,
                    new StoredSession(
                            joined.info().shareId(),
                            joined.info().sessionId(),
                            joined.secret(),
                            certificate,
                            reached.fingerprint(),
                            address == null || address.equals(CarriedAddress.RELAY) ? List.of() : List.of(address)));
        } catch (IOException e) {
            reached.connection.close(Session.REFUSED, "the join failed");
            throw explained(e);
        } catch (RuntimeException e) {
            reached.connection.close(Session.REFUSED, "the join failed");
            throw e;
        }
    }

    /**
     * Opens a kept session again.
     *
     * @param reached a connection with the kept certificate, pinned to the kept fingerprint
     * @param stored what was kept
     * @param into the session to add the connection to; null for a new one
     * @param handler answers the share's requests, where the session is new
     * @param timeout how long to wait for each answer
     * @return the session
     * @throws dev.dits.error.JoinRejectedException if the share refuses
     * @throws IOException if it is not the share, or the connection fails
     */
    public Session attach(
            Reached reached, StoredSession stored, @Nullable Session into, RequestHandler handler, Duration timeout)
            throws IOException {
        try {
            if (!Arrays.equals(reached.fingerprint(), stored.shareFingerprint())) {
                throw new ProtocolException("another certificate answered than that of the kept session");
            }
            Control control = new Control(reached.connection, timeout);
            MountHandshake.Joined joined =
                    control.handshake().attach(stored.shareId(), stored.sessionId(), stored.secret());
            Session session = into != null ? into : session(joined, handler);
            session.noteClock(joined.clockAhead());
            session.noteFeatures(joined.features());
            control.handTo(session);
            return session;
        } catch (IOException e) {
            reached.connection.close(Session.REFUSED, "the join failed");
            throw explained(e);
        } catch (RuntimeException e) {
            reached.connection.close(Session.REFUSED, "the join failed");
            throw e;
        }
    }

    private Session session(MountHandshake.Joined joined, RequestHandler handler) {
        Session session =
                new Session(joined.info(), Access.toAll(joined.info().readOnly()), handler, workers, scheduler);
        session.noteClock(joined.clockAhead());
        session.noteFeatures(joined.features());
        return session;
    }

    /** What a share says by closing, it says as clearly as by a frame. */
    private static IOException explained(IOException failure) {
        if (failure instanceof ConnectionLostException lost && lost.reason().kind() == CloseReason.Kind.PEER) {
            if (lost.reason().code() == Session.LIMIT) {
                return new JoinRejectedException(JoinRejectedException.Reason.BUSY, null);
            }
            if (lost.reason().code() == Session.REVOKED) {
                return new JoinRejectedException(JoinRejectedException.Reason.REVOKED, null);
            }
        }
        return failure;
    }

    /** The control stream of a new connection. */
    private final class Control {
        private final Connection connection;
        private final ByteStream stream;
        private final FrameReader reader;
        private final FrameWriter writer;

        Control(Connection connection, Duration timeout) throws IOException {
            this.connection = connection;
            this.stream = connection.openStream();
            // Zero would mean for ever.
            this.stream.setReadTimeout(timeout.compareTo(Duration.ofMillis(1)) < 0 ? Duration.ofMillis(1) : timeout);
            this.reader = new FrameReader(stream::read, FrameReader.PAYLOAD_BYTES_MAX_WELCOME);
            this.writer = new FrameWriter(Session.output(stream));
        }

        MountHandshake handshake() {
            return new MountHandshake(
                    reader,
                    writer,
                    connection.localFingerprint(),
                    connection.peerFingerprint(),
                    deviceName,
                    clock,
                    random);
        }

        void handTo(Session session) {
            stream.setReadTimeout(Duration.ZERO);
            session.add(connection, stream, reader, writer);
        }
    }
}
