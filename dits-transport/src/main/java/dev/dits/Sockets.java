package dev.dits;

import dev.dits.discovery.PeerDiscovery;
import dev.dits.error.PortInUseException;
import dev.dits.net.Endpoint;
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

    private final Network network;
    private final Executor workers;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Listening> listening = new HashMap<>();
    private final Map<String, PeerDiscovery> discoveries = new HashMap<>();
    private @Nullable Endpoint dialling;
    private boolean closed;

    /** A socket that shares listen on. */
    final class Listening implements AutoCloseable {
        private final String key;
        private final Endpoint node;
        private int users;

        private Listening(String key, Endpoint node) {
            this.key = key;
            this.node = node;
        }

        Endpoint node() {
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

    Sockets(Network network, Executor workers) {
        this.network = network;
        this.workers = workers;
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
                known = new Listening(key, network.bind(new InetSocketAddress(address, port), workers));
                listening.put(key, known);
            }
            known.users++;
            return known;
        } finally {
            lock.unlock();
        }
    }

    /** The socket for outgoing connections. */
    Endpoint dialling(@Nullable InetAddress bind) throws IOException {
        lock.lock();
        try {
            checkOpen();
            Endpoint node = dialling;
            if (node == null) {
                node = network.bind(new InetSocketAddress(bind == null ? any() : bind, 0), workers);
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
                known = network.discover(bind, workers);
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
