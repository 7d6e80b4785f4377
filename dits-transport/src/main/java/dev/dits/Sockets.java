package dev.dits;

import dev.dits.discovery.LanDiscovery;
import dev.dits.discovery.LanOptions;
import dev.dits.discovery.PeerDiscovery;
import dev.dits.quic.PortInUseException;
import dev.dits.quic.QuicNode;
import dev.dits.quic.QuicOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of one node: one UDP socket a (bind address, port), shared by all shares on it, one for dialling, and discovery a bind address. Each is
 * opened when it is first needed, and closed with the node or, if it listens, with the last share on it.
 */
final class Sockets implements AutoCloseable {
    /** Ports tried after the default one. */
    private static final int DEFAULT_PORT_TRIES = 64;

    private final Executor workers;
    private final @Nullable String lanInterfaces;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Listening> listening = new HashMap<>();
    private final Map<String, PeerDiscovery> discoveries = new HashMap<>();
    private @Nullable QuicNode dialling;
    private boolean closed;

    /** A socket that shares listen on. */
    final class Listening implements AutoCloseable {
        private final String key;
        private final QuicNode node;
        private int users;

        private Listening(String key, QuicNode node) {
            this.key = key;
            this.node = node;
        }

        QuicNode node() {
            return node;
        }

        int port() {
            return node.localAddress().getPort();
        }

        /** One share less. */
        @Override
        public void close() {
            boolean last;
            lock.lock();
            try {
                last = --users == 0 && listening.remove(key, this);
            } finally {
                lock.unlock();
            }
            if (last) {
                node.close();
            }
        }
    }

    Sockets(Executor workers, @Nullable String lanInterfaces) {
        this.workers = workers;
        this.lanInterfaces = lanInterfaces;
    }

    private static InetAddress any() throws IOException {
        return InetAddress.getByAddress(new byte[4]);
    }

    /**
     * Listens.
     *
     * @param bind local address; null for all
     * @param port a port that was asked for; 0 for 4433 or the next free one
     * @throws PortInUseException if the port that was asked for is taken
     */
    Listening listen(@Nullable InetAddress bind, int port) throws IOException {
        InetAddress address = bind == null ? any() : bind;
        if (port != 0) {
            return listenAt(address, port);
        }
        for (int next = ShareOptions.DEFAULT_PORT; ; next++) {
            try {
                return listenAt(address, next);
            } catch (PortInUseException e) {
                if (next == ShareOptions.DEFAULT_PORT + DEFAULT_PORT_TRIES) {
                    throw e;
                }
            }
        }
    }

    private Listening listenAt(InetAddress address, int port) throws IOException {
        String key = address.getHostAddress() + " " + port;
        lock.lock();
        try {
            checkOpen();
            Listening known = listening.get(key);
            if (known == null) {
                known = new Listening(
                        key, QuicNode.bind(QuicOptions.at(new InetSocketAddress(address, port)), workers));
                listening.put(key, known);
            }
            known.users++;
            return known;
        } finally {
            lock.unlock();
        }
    }

    /** The socket for outgoing connections. */
    QuicNode dialling(@Nullable InetAddress bind) throws IOException {
        lock.lock();
        try {
            checkOpen();
            QuicNode node = dialling;
            if (node == null) {
                node = QuicNode.bind(QuicOptions.at(new InetSocketAddress(bind == null ? any() : bind, 0)), workers);
                dialling = node;
            }
            return node;
        } finally {
            lock.unlock();
        }
    }

    /** Discovery on the interfaces that a bind address allows. */
    PeerDiscovery discovery(@Nullable InetAddress bind) throws IOException {
        String key = bind == null ? "" : bind.getHostAddress();
        lock.lock();
        try {
            checkOpen();
            PeerDiscovery known = discoveries.get(key);
            if (known == null) {
                LanOptions options = lanInterfaces == null
                        ? LanOptions.fromEnvironment(bind)
                        : LanOptions.parse(lanInterfaces, bind);
                known = LanDiscovery.open(options, workers);
                discoveries.put(key, known);
            }
            return known;
        } finally {
            lock.unlock();
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("this node is closed");
        }
    }

    /** Closes all of them. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            discoveries.values().forEach(PeerDiscovery::close);
            discoveries.clear();
            listening.values().forEach(one -> one.node.close());
            listening.clear();
            if (dialling != null) {
                dialling.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
