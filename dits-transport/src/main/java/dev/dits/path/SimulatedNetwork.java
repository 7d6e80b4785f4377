package dev.dits.path;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.nio.NioIoHandler;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A network in memory, for tests: endpoints bind to any address they like, and what happens between them is drawn from
 * a seed.
 *
 * <p>Every directed pair of addresses has its own generator, seeded from the network's seed and the pair, so the fate of
 * the nth packet of a link does not depend on how threads interleave. Nothing here opens a socket. Delays run on the
 * event loops of the receiving endpoints.
 *
 * <p>Safe for use by any number of threads.
 */
public final class SimulatedNetwork {

    /** First port handed out to an endpoint that binds port 0. */
    private static final int EPHEMERAL_PORT_FIRST = 49_152;

    private static final PathProfile PROFILE = new PathProfile("simulated", 1_350, 0, PathProfile.Congestion.BBR);

    private final ReentrantLock lock = new ReentrantLock();
    private final long seed;
    private final Map<InetSocketAddress, SimulatedChannel> endpoints = new HashMap<>();
    private final Map<Link, LinkState> links = new HashMap<>();
    private final Set<InetAddress> cut = new HashSet<>();
    private LinkConditions conditions;
    private int portNext = EPHEMERAL_PORT_FIRST;
    private long delivered;
    private long dropped;

    /**
     * @param seed decides every random choice of this network
     * @param conditions of every link, until {@link #conditions(LinkConditions)} says otherwise
     */
    public SimulatedNetwork(long seed, LinkConditions conditions) {
        this.seed = seed;
        this.conditions = conditions;
    }

    /** A path whose endpoints live on this network. */
    public DatagramPath path() {
        return new Path();
    }

    /** Changes every link from the next packet on. */
    public void conditions(LinkConditions next) {
        lock.lock();
        try {
            conditions = next;
        } finally {
            lock.unlock();
        }
    }

    /** Cuts a host off: nothing leaves it and nothing reaches it, packets under way included. */
    public void cut(InetAddress host) {
        lock.lock();
        try {
            cut.add(host);
        } finally {
            lock.unlock();
        }
    }

    /** Ends every cut. */
    public void heal() {
        lock.lock();
        try {
            cut.clear();
        } finally {
            lock.unlock();
        }
    }

    /** Packets that reached an endpoint so far. */
    public long delivered() {
        lock.lock();
        try {
            return delivered;
        } finally {
            lock.unlock();
        }
    }

    /** Packets that were lost, cut off, sent to nobody, or found a full queue. */
    public long dropped() {
        lock.lock();
        try {
            return dropped;
        } finally {
            lock.unlock();
        }
    }

    InetSocketAddress bind(SimulatedChannel channel, InetSocketAddress wanted) throws BindException {
        lock.lock();
        try {
            InetSocketAddress address = wanted;
            if (wanted.getPort() == 0) {
                do {
                    address = new InetSocketAddress(wanted.getAddress(), portNext++);
                } while (endpoints.containsKey(address));
            }
            if (endpoints.putIfAbsent(address, channel) != null) {
                throw new BindException("Address already in use: " + address);
            }
            return address;
        } finally {
            lock.unlock();
        }
    }

    void unbind(InetSocketAddress address, SimulatedChannel channel) {
        lock.lock();
        try {
            endpoints.remove(address, channel);
        } finally {
            lock.unlock();
        }
    }

    /** Decides the fate of one packet and schedules its arrivals. */
    void send(InetSocketAddress from, InetSocketAddress to, byte[] payload, long nowNanos) {
        SimulatedChannel target;
        long[] arrivals;
        lock.lock();
        try {
            target = endpoints.get(to);
            if (target == null || isCut(from, to)) {
                dropped++;
                return;
            }
            LinkState link = links.computeIfAbsent(new Link(from, to), key -> new LinkState(key.seed(seed)));
            // The draws are taken always and in one order, so that one condition does not shift another's fate.
            double loss = link.random.nextDouble();
            double duplication = link.random.nextDouble();
            double reordering = link.random.nextDouble();
            double jitter = link.random.nextDouble();
            long queued = link.queue(conditions, payload.length, nowNanos);
            if (queued < 0 || loss < conditions.loss()) {
                dropped++;
                return;
            }
            long delay = queued
                    + conditions.delay().toNanos()
                    + (long) (jitter * conditions.jitter().toNanos())
                    + (reordering < conditions.reordering() ? LinkConditions.REORDERING_HOLD.toNanos() : 0);
            arrivals = duplication < conditions.duplication() ? new long[] {delay, delay} : new long[] {delay};
        } finally {
            lock.unlock();
        }
        for (long delay : arrivals) {
            target.arrive(from, to, payload, delay);
        }
    }

    /** Asked when a packet arrives: a cut takes what is under way too. */
    boolean admit(InetSocketAddress from, InetSocketAddress to) {
        lock.lock();
        try {
            if (isCut(from, to)) {
                dropped++;
                return false;
            }
            delivered++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private boolean isCut(InetSocketAddress from, InetSocketAddress to) {
        return cut.contains(from.getAddress()) || cut.contains(to.getAddress());
    }

    private record Link(InetSocketAddress from, InetSocketAddress to) {
        long seed(long network) {
            return network * 31 * 31 + from.hashCode() * 31L + to.hashCode();
        }
    }

    private static final class LinkState {
        final Random random;
        private long freeAtNanos;
        private boolean used;

        LinkState(long seed) {
            this.random = new Random(seed);
        }

        /** How long the packet waits for its turn on a limited link, or -1 if the queue is full. */
        long queue(LinkConditions conditions, int bytes, long nowNanos) {
            if (conditions.bytesPerSecond() == 0) {
                return 0;
            }
            if (!used || freeAtNanos - nowNanos < 0) {
                used = true;
                freeAtNanos = nowNanos;
            }
            long waiting = freeAtNanos - nowNanos;
            double queuedBytes = (double) waiting * conditions.bytesPerSecond() / TimeUnit.SECONDS.toNanos(1);
            if (queuedBytes + bytes > conditions.queueBytes()) {
                return -1;
            }
            freeAtNanos += (long) bytes * TimeUnit.SECONDS.toNanos(1) / conditions.bytesPerSecond();
            return freeAtNanos - nowNanos;
        }
    }

    private final class Path implements DatagramPath {
        @Override
        public IoHandlerFactory ioHandlerFactory() {
            return NioIoHandler.newFactory();
        }

        @Override
        public void configure(Bootstrap bootstrap, InetSocketAddress bind) {
            bootstrap.channelFactory(() -> new SimulatedChannel(SimulatedNetwork.this));
        }

        @Override
        public List<PathProfile> profiles() {
            return List.of(PROFILE);
        }

        @Override
        public PathProfile profile(@Nullable InetSocketAddress remote) {
            return PROFILE;
        }
    }
}
