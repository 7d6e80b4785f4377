package dev.dits.session;

import dev.dits.crypto.JoinCode;
import dev.dits.crypto.PeerCertificate;
import dev.dits.crypto.Ticket;
import dev.dits.net.Way;
import dev.dits.quic.QuicNode;
import dev.dits.quic.QuicOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/** A node on 127.0.0.1, with a share if it is asked for one, and a dialler. */
public final class TestShare implements AutoCloseable {
    public static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final ThreadFactory DAEMONS = task -> {
        Thread thread = new Thread(task, "dits-test-worker");
        thread.setDaemon(true);
        return thread;
    };

    public final ExecutorService workers = Executors.newCachedThreadPool(DAEMONS);
    public final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(1, DAEMONS);
    public final SecureRandom random = new SecureRandom();
    public final MovableClock clock = new MovableClock();
    public final BlockingQueue<Session> joined = new LinkedBlockingQueue<>();
    public final BlockingQueue<String> refused = new LinkedBlockingQueue<>();

    /** Done on the share's side after the mount has proved itself, and before any of its requests is served. */
    volatile Runnable whileJoining = () -> {};

    public final BlockingQueue<String> locked = new LinkedBlockingQueue<>();
    final Lobby lobby = new Lobby();
    public final BlockingQueue<String> denied = new LinkedBlockingQueue<>();
    public final QuicNode node;
    public final Dialer dialer;

    public TestShare() throws IOException {
        this("127.0.0.1");
    }

    public TestShare(String bind) throws IOException {
        node = QuicNode.bind(QuicOptions.at(new InetSocketAddress(InetAddress.getByName(bind), 0)), workers);
        dialer = new Dialer(node, workers, scheduler, "laptop", clock, random);
    }

    public InetSocketAddress address() {
        return node.localAddress();
    }

    /** What a share on this node is made of. */
    public final class Door implements AutoCloseable {
        public final JoinCode code = JoinCode.generate(random, 4);
        public final ShareIdentity identity;
        public final GrantStore grants;
        final GuessLimiter guesses;
        public final Ticket ticket;
        public final ShareAcceptor acceptor;

        Door(Path directory, String name, RequestHandler handler, ScheduledExecutorService timer) throws IOException {
            identity = ShareIdentity.openOrCreate(directory.resolve("identity"), random);
            grants = GrantStore.open(directory.resolve("grants"));
            guesses = GuessLimiter.open(directory.resolve("guesses"), clock);
            ticket = ticket(clock.instant().getEpochSecond() + 3_600);
            acceptor = new ShareAcceptor(
                    identity,
                    new ShareAcceptor.Description(new byte[16], "default", name),
                    () -> "main",
                    grants,
                    true,
                    guesses,
                    lobby,
                    handler,
                    new ShareAcceptor.Listener() {
                        @Override
                        public void joined(Session session, String address) {
                            whileJoining.run();
                            joined.add(session);
                        }

                        @Override
                        public void refused(String address, String reason) {
                            refused.add(reason);
                        }

                        @Override
                        public void locked(String nameplate) {
                            locked.add(nameplate);
                        }

                        @Override
                        public void denied(Session session, String reason) {
                            denied.add(reason);
                        }
                    },
                    workers,
                    timer,
                    clock,
                    random);
            acceptor.open(
                    node,
                    List.of(Invitation.of(code, Access.toAll(false), null), Invitation.of(ticket, Access.toAll(true))));
        }

        Ticket ticket(long expiryEpochSeconds) {
            return Ticket.builder(identity.certificate().fingerprint(), Ticket.newSecret(random), identity.shareId())
                    .expiryEpochSeconds(expiryEpochSeconds)
                    .build();
        }

        @Override
        public void close() throws IOException {
            acceptor.close();
        }
    }

    public Door share(Path directory, String name, RequestHandler handler) throws IOException {
        return new Door(directory, name, handler, scheduler);
    }

    Door share(Path directory, String name, RequestHandler handler, ScheduledExecutorService timer) throws IOException {
        return new Door(directory, name, handler, timer);
    }

    public static PeerCertificate certificate() {
        try {
            return PeerCertificate.generate(new SecureRandom());
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** Joins another node's share. */
    public Dialer.Opened join(InetSocketAddress address, Dialer.Key key, RequestHandler handler) throws IOException {
        PeerCertificate certificate = certificate();
        return dialer.join(
                dialer.reach(address, Way.UDP, key, certificate, PATIENCE), key, certificate, handler, PATIENCE);
    }

    Session attach(InetSocketAddress address, StoredSession stored, Session into, RequestHandler handler)
            throws IOException {
        return dialer.attach(dialer.reach(address, Way.UDP, stored, PATIENCE), stored, into, handler, PATIENCE);
    }

    public Session joined() throws InterruptedException {
        Session session = joined.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (session == null) {
            throw new AssertionError("nobody joined");
        }
        return session;
    }

    @Override
    public void close() {
        node.close();
        scheduler.shutdownNow();
        workers.shutdownNow();
    }
}
