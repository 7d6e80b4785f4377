package dev.dits.sim;

import dev.dits.discovery.Candidate;
import dev.dits.discovery.PeerDiscovery;
import dev.dits.error.PortInUseException;
import dev.dits.net.CloseReason;
import dev.dits.net.Connection;
import dev.dits.net.ConnectionLostException;
import dev.dits.net.Endpoint;
import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Hosts, the ways between them, and what travels there. What crosses a way takes a drawn time; a way that is down holds it
 * back until it is up again, as QUIC would send it again, or until one end has heard nothing for the idle time-out.
 *
 * <p>For threads of one {@link Scheduler} only: as one of them runs at a time, and gives its turn away at known places,
 * nothing here takes a lock.
 */
public final class SimulatedInternet {
    static final long IDLE_NANOS = 30_000_000_000L;
    private static final long RETRY_NANOS = 200_000_000L;
    private static final long REFUSED_CODE = 0x100 + 112; // TLS: unrecognized_name

    private record Event(long at, long number, Runnable what) {}

    private record Way(int from, int to) {}

    private record Announcement(int host, String tag, int port) {}

    final Scheduler scheduler;
    final SplittableRandom random;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::number));
    private final Map<InetSocketAddress, SimulatedEndpoint> endpoints = new LinkedHashMap<>();
    private final Set<Way> down = new HashSet<>();

    /** What waits for a way to be up again: it is sent again and again, and one of that comes through. */
    private final List<Event> held = new ArrayList<>();

    private final List<Announcement> announcements = new ArrayList<>();
    private final List<Search> searches = new ArrayList<>();
    private final Thread carrier;
    private final long latencyNanosMax;
    final int windowBytes;
    final int streamsMax;
    private long eventNumber;
    private int portNumber = 20_000;
    private boolean closed;
    private boolean carrying = true;
    int connections;

    public SimulatedInternet(Scheduler scheduler, long seed) {
        this.scheduler = scheduler;
        this.random = new SplittableRandom(seed);
        this.latencyNanosMax = 1_000_000L * (1 + random.nextInt(random.nextInt(4) == 0 ? 400 : 40));
        this.windowBytes = 1 << (10 + random.nextInt(11));
        this.streamsMax = 4 + random.nextInt(60);
        this.carrier = scheduler.spawn("sim-internet", null, this::carry);
    }

    private void carry() {
        while (!closed) {
            Event next = events.peek();
            if (next == null) {
                scheduler.park(-1);
            } else {
                long left = next.at - scheduler.virtualNanos();
                if (left > 0) {
                    scheduler.park(left);
                } else {
                    events.poll();
                    next.what.run();
                }
            }
        }
        carrying = false;
    }

    void at(long nanos, Runnable what) {
        events.add(new Event(nanos, eventNumber++, what));
        scheduler.wakeUp(carrier);
    }

    long now() {
        return scheduler.virtualNanos();
    }

    /** Ends the carrier's thread. */
    public void close() {
        closed = true;
        scheduler.wakeUp(carrier);
        while (carrying) {
            scheduler.sleep(1_000);
        }
    }

    public int openConnections() {
        return connections;
    }

    public int openEndpoints() {
        return endpoints.size();
    }

    // ---- ways

    /** Lets nothing through in one direction. */
    public void cut(int from, int to) {
        down.add(new Way(from, to));
    }

    public void healAll() {
        down.clear();
        List<Event> released = List.copyOf(held);
        held.clear();
        for (Event one : released) {
            at(now() + random.nextLong(RETRY_NANOS), one.what);
        }
    }

    boolean isUp(int from, int to) {
        return !down.contains(new Way(from, to));
    }

    /** How long something takes this time; now and then it is lost and sent again. */
    long travelNanos() {
        long once = 100_000 + random.nextLong(latencyNanosMax);
        return random.nextInt(16) == 0 ? once + RETRY_NANOS : once;
    }

    /** Brings something over as soon as the way lets it, unless it is of no use any more. */
    void bring(int from, int to, long at, java.util.function.BooleanSupplier wanted, Runnable what) {
        at(at, () -> {
            if (!wanted.getAsBoolean()) {
                return;
            }
            if (isUp(from, to)) {
                what.run();
            } else {
                held.add(new Event(0, 0, () -> bring(from, to, now(), wanted, what)));
            }
        });
    }

    public static InetAddress addressOf(int host) {
        try {
            return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) (host + 1)});
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int hostOf(InetAddress address) {
        return address.getAddress()[3] - 1;
    }

    // ---- endpoints

    /** Opens an endpoint of a host. */
    public Endpoint bind(InetSocketAddress at, Executor workers) throws IOException {
        int port = at.getPort() == 0 ? ++portNumber : at.getPort();
        InetSocketAddress address = new InetSocketAddress(at.getAddress(), port);
        if (endpoints.containsKey(address)) {
            throw new PortInUseException(
                    address.getAddress().getHostAddress(), address.getPort(), new BindException("in use"));
        }
        SimulatedEndpoint endpoint = new SimulatedEndpoint(address, workers);
        endpoints.put(address, endpoint);
        return endpoint;
    }

    /** Takes a host off the network between two moments, as when its power fails: nobody is told. */
    public void unplug(int host) {
        for (SimulatedEndpoint endpoint : List.copyOf(endpoints.values())) {
            if (hostOf(endpoint.address.getAddress()) == host) {
                endpoints.remove(endpoint.address);
                endpoint.unplugged = true;
                List.copyOf(endpoint.connections).forEach(SimulatedConnection::unplug);
            }
        }
        announcements.removeIf(one -> one.host == host);
        searches.removeIf(one -> one.host == host);
    }

    private record Registration(
            String name, byte[] fingerprint, Consumer<Connection> accepted, SimulatedEndpoint endpoint)
            implements Closeable {
        @Override
        public void close() {
            endpoint.registrations.remove(name, this);
        }
    }

    final class SimulatedEndpoint implements Endpoint {
        final InetSocketAddress address;
        final int host;
        final Executor workers;
        final Map<String, Registration> registrations = new LinkedHashMap<>();
        final Set<SimulatedConnection> connections = new java.util.LinkedHashSet<>();
        boolean ended;
        boolean unplugged;

        SimulatedEndpoint(InetSocketAddress address, Executor workers) {
            this.address = address;
            this.host = hostOf(address.getAddress());
            this.workers = workers;
        }

        @Override
        public Closeable register(
                String serverName, PrivateKey key, X509Certificate certificate, Consumer<Connection> accepted)
                throws IOException {
            if (ended) {
                throw new IOException("this node is closed");
            }
            Registration registration = new Registration(serverName, fingerprint(certificate), accepted, this);
            if (registrations.putIfAbsent(serverName, registration) != null) {
                throw new IllegalStateException("the server name is registered already: " + serverName);
            }
            return registration;
        }

        @Override
        public Connection connect(
                InetSocketAddress remote,
                String serverName,
                PrivateKey key,
                X509Certificate certificate,
                byte[] pinnedFingerprint,
                Duration timeout)
                throws IOException {
            if (ended) {
                throw new IOException("this node is closed");
            }
            Dial dial = new Dial(this, remote, serverName, fingerprint(certificate), pinnedFingerprint);
            return dial.await(timeout.toNanos());
        }

        @Override
        public InetSocketAddress localAddress() {
            return address;
        }

        @Override
        public void close() {
            if (ended) {
                return;
            }
            ended = true;
            registrations.clear();
            List.copyOf(connections).forEach(one -> one.close(0x04, "shutting down"));
            endpoints.remove(address, this);
        }

        void run(Runnable task, SimulatedConnection of) {
            try {
                workers.execute(task);
            } catch (RejectedExecutionException e) {
                of.close(0x04, "shutting down");
            }
        }
    }

    static byte[] fingerprint(X509Certificate certificate) throws IOException {
        try {
            return MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
        } catch (java.security.GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    /** One handshake: a message there, one back, and the client is done; the server half a round trip later. */
    private final class Dial {
        final SimulatedEndpoint from;
        final InetSocketAddress remote;
        final String serverName;
        final byte[] fingerprint;
        final byte[] pinned;
        final Thread waiter = Thread.currentThread();
        SimulatedConnection result;
        IOException failure;
        boolean over;

        Dial(SimulatedEndpoint from, InetSocketAddress remote, String serverName, byte[] fingerprint, byte[] pinned) {
            this.from = from;
            this.remote = remote;
            this.serverName = serverName;
            this.fingerprint = fingerprint;
            this.pinned = pinned;
        }

        SimulatedConnection await(long timeoutNanos) throws IOException {
            int to = hostOf(remote.getAddress());
            // Retry, then the handshake: two round trips.
            bring(
                    from.host,
                    to,
                    now() + travelNanos(),
                    this::wanted,
                    () -> bring(
                            to,
                            from.host,
                            now() + travelNanos(),
                            this::wanted,
                            () -> bring(from.host, to, now() + travelNanos(), this::wanted, this::reached)));
            long end = scheduler.virtualNanos() + timeoutNanos;
            while (result == null && failure == null) {
                long left = end - scheduler.virtualNanos();
                if (Thread.currentThread().isInterrupted()) {
                    over = true;
                    throw new InterruptedIOException("interrupted while dialling");
                }
                if (left <= 0) {
                    over = true;
                    throw new SocketTimeoutException("no answer for " + timeoutNanos / 1_000_000 + " ms");
                }
                scheduler.park(left);
            }
            if (failure != null) {
                throw failure;
            }
            return result;
        }

        private boolean wanted() {
            return !over && !from.ended;
        }

        private void reached() {
            SimulatedEndpoint there = endpoints.get(remote);
            int to = hostOf(remote.getAddress());
            if (there == null || there.ended) {
                return; // nobody is there to answer
            }
            Registration registration = there.registrations.get(serverName);
            bring(to, from.host, now() + travelNanos(), this::wanted, () -> answered(there, registration));
        }

        private void answered(SimulatedEndpoint there, Registration registration) {
            over = true;
            if (registration == null) {
                failure = new ConnectionLostException(
                        new CloseReason(CloseReason.Kind.TRANSPORT, REFUSED_CODE, "unrecognized name"));
            } else if (pinned != null && !Arrays.equals(pinned, registration.fingerprint)) {
                failure = new IOException("the peer's certificate is not the pinned one");
            } else {
                SimulatedConnection mine = new SimulatedConnection(
                        SimulatedInternet.this, from, serverName, fingerprint, registration.fingerprint, remote);
                SimulatedConnection its = new SimulatedConnection(
                        SimulatedInternet.this, there, serverName, registration.fingerprint, fingerprint, from.address);
                mine.peer = its;
                its.peer = mine;
                mine.begin();
                result = mine;
                bring(from.host, there.host, now() + travelNanos(), () -> !there.unplugged, () -> {
                    if (!its.begin()) {
                        return;
                    }
                    if (there.ended || there.registrations.get(serverName) != registration) {
                        its.close(0, "");
                    } else {
                        there.run(() -> registration.accepted.accept(its), its);
                    }
                });
            }
            scheduler.wakeUp(waiter);
        }
    }

    // ---- discovery

    private final class Search {
        final int host;
        final String tag;
        final Consumer<Candidate> found;
        final Executor workers;
        boolean over;

        Search(int host, String tag, Consumer<Candidate> found, Executor workers) {
            this.host = host;
            this.tag = tag;
            this.found = found;
            this.workers = workers;
        }

        /** Asks now, and again every second. */
        void ask() {
            if (over || !searches.contains(this)) {
                return;
            }
            for (Announcement one : announcements) {
                if (one.tag.equals(tag) && isUp(host, one.host)) {
                    bring(one.host, host, now() + 2 * travelNanos(), () -> !over, () -> {
                        try {
                            workers.execute(() -> found.accept(Candidate.of(
                                    new InetSocketAddress(addressOf(one.host), one.port), Candidate.Source.LAN)));
                        } catch (RejectedExecutionException e) {
                            over = true;
                        }
                    });
                }
            }
            at(now() + 1_000_000_000L, this::ask);
        }
    }

    /** Discovery of a host: everybody is on one LAN. */
    public PeerDiscovery discover(int host, Executor workers) {
        return new PeerDiscovery() {
            private final List<Search> mine = new ArrayList<>();
            private final List<Announcement> said = new ArrayList<>();

            @Override
            public Closeable announce(byte[] tag, int port) {
                Announcement one = new Announcement(host, HexFormat.of().formatHex(tag), port);
                announcements.add(one);
                said.add(one);
                return () -> announcements.remove(one);
            }

            @Override
            public Closeable search(byte[] tag, Consumer<Candidate> found) {
                Search one = new Search(host, HexFormat.of().formatHex(tag), found, workers);
                searches.add(one);
                mine.add(one);
                one.ask();
                return () -> {
                    one.over = true;
                    searches.remove(one);
                    mine.remove(one);
                };
            }

            @Override
            public void close() {
                said.forEach(announcements::remove);
                mine.forEach(one -> one.over = true);
                searches.removeAll(mine);
            }
        };
    }

    public int openSearches() {
        return searches.size();
    }

    public int openAnnouncements() {
        return announcements.size();
    }
}
