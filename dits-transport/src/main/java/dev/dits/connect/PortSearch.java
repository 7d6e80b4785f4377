package dev.dits.connect;

import dev.dits.net.Endpoint;
import java.io.Closeable;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the way between a side whose router draws a new port for each destination (symmetric) and one whose router lets in only what was spoken to: nobody knows the
 * port at which the first would be seen by the second. The first sends a probe from each of {@value #SOCKETS} sockets, so its router has as many ports open for the second; the second
 * sends probes from its one socket to ports of the first drawn at random. Of {@value #PROBES_MAX} probes one meets an open port with 98 %, of half as many with
 * 87 %. The socket that hears one is the way.
 *
 * <p>It begins a second after both sides met, where no probe has come by then, and takes seven. Whoever probes so sends to one public address that a joined peer
 * named as its own, {@value #PROBES_MAX} packets of 20 bytes at {@value #PROBES_A_TICK} each {@value #TICK_MILLIS} ms, and to few such addresses at once: {@link PortSearchLimits}.
 */
final class PortSearch implements Closeable {
    /** Sockets of the symmetric side. */
    static final int SOCKETS = 256;

    /** Probes of the other side. */
    static final int PROBES_MAX = 1_024;

    static final int PROBES_A_TICK = 8;
    static final long TICK_MILLIS = 50;

    /** Until then the ordinary probes may do. */
    static final long DELAY_MILLIS = 1_000;

    /** All of it, and a second for packets on their way. */
    static final long TIME_MILLIS = DELAY_MILLIS + PROBES_MAX / PROBES_A_TICK * TICK_MILLIS + 1_000;

    /** Ports that routers draw from; what is below belongs to services. */
    private static final int PORT_MIN = 1_024;

    private static final int PORTS = 65_536 - PORT_MIN;
    private static final Logger LOG = LoggerFactory.getLogger(PortSearch.class);

    /** What one side has to do with it. */
    enum Role {
        /** Its router is no such one, or the other's is as well: nothing. */
        NONE,
        /** Sends from many sockets. */
        SPREAD,
        /** Sends to many ports. */
        GUESS
    }

    /**
     * What a search works with.
     *
     * @param endpoint whose sockets
     * @param scheduler times probes; never blocked
     * @param workers open sockets
     * @param random draws ports
     * @param limits the node's
     */
    record Parts(
            Endpoint endpoint,
            ScheduledExecutorService scheduler,
            Executor workers,
            RandomGenerator random,
            PortSearchLimits limits) {}

    private final Parts parts;
    private final Role role;
    private final @Nullable InetSocketAddress target;
    private final byte[] theirs;
    private final byte[] ours;
    private final BooleanSupplier needless;
    private final Consumer<InetSocketAddress> through;

    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable ScheduledFuture<?> next;
    private @Nullable Closeable sockets;
    private int @Nullable [] ports;
    private int sent;
    private boolean taken;
    private boolean closed;

    private PortSearch(
            Parts parts,
            Role role,
            @Nullable InetSocketAddress target,
            byte[] theirs,
            byte[] ours,
            BooleanSupplier needless,
            Consumer<InetSocketAddress> through) {
        this.parts = parts;
        this.role = role;
        this.target = target;
        this.theirs = theirs;
        this.ours = ours;
        this.needless = needless;
        this.through = through;
    }

    /**
     * Tells what this side has to do.
     *
     * @param own this side
     * @param there the other
     */
    static Role role(Whereabouts own, Whereabouts there) {
        if (there.addresses().isEmpty() || !isPublic(there.addresses().get(0).getAddress())) {
            return Role.NONE;
        }
        if (own.nat() == Whereabouts.Nat.SYMMETRIC && there.nat() == Whereabouts.Nat.EVEN) {
            return Role.SPREAD;
        }
        return own.nat() == Whereabouts.Nat.EVEN && there.nat() == Whereabouts.Nat.SYMMETRIC ? Role.GUESS : Role.NONE;
    }

    /** STUN servers beyond a router see no other addresses, and nobody in the own network is to be searched. */
    private static boolean isPublic(InetAddress host) {
        return host instanceof Inet4Address
                && !host.isSiteLocalAddress()
                && !host.isLoopbackAddress()
                && !host.isLinkLocalAddress();
    }

    /**
     * Begins, after a second.
     *
     * @param parts what to work with
     * @param own this side
     * @param there what the other side told
     * @param theirs the token that it expects
     * @param ours the token that it sends
     * @param needless asked before each step: whether it has been heard by then
     * @param through told where the other side can be dialled now
     * @return closing it ends it early; a way that was found stays
     */
    static PortSearch start(
            Parts parts,
            Whereabouts own,
            Whereabouts there,
            byte[] theirs,
            byte[] ours,
            BooleanSupplier needless,
            Consumer<InetSocketAddress> through) {
        InetSocketAddress first =
                there.addresses().isEmpty() ? null : there.addresses().get(0);
        boolean allowed = !Reachable.worthAProbe(
                        there.addresses().stream().limit(1).toList(), parts.endpoint())
                .isEmpty();
        Role role = allowed ? role(own, there) : Role.NONE;
        PortSearch search = new PortSearch(parts, role, first, theirs, ours, needless, through);
        if (role != Role.NONE) {
            search.later(DELAY_MILLIS);
        }
        return search;
    }

    Role role() {
        return role;
    }

    /** What it did, to be added to a sentence. */
    String described() {
        lock.lock();
        try {
            return switch (role) {
                case NONE -> "";
                case SPREAD -> sockets == null ? "" : ", nor to one from each of " + SOCKETS + " sockets";
                case GUESS -> sent == 0 ? "" : ", nor to " + sent + " of random ports";
            };
        } finally {
            lock.unlock();
        }
    }

    private void later(long millis) {
        lock.lock();
        try {
            if (!closed) {
                next = parts.scheduler().schedule(this::step, millis, TimeUnit.MILLISECONDS);
            }
        } catch (RejectedExecutionException e) {
            LOG.debug("this node is closing");
        } finally {
            lock.unlock();
        }
    }

    private void step() {
        InetSocketAddress to = target;
        if (to == null || needless.getAsBoolean()) {
            return;
        }
        if (role == Role.SPREAD) {
            try {
                parts.workers().execute(() -> spread(to));
            } catch (RejectedExecutionException e) {
                LOG.debug("this node is closing");
            }
        } else {
            guess(to);
        }
    }

    private void spread(InetSocketAddress to) {
        try {
            Closeable opened = parts.endpoint().spread(to, theirs, ours, SOCKETS, through);
            boolean late;
            lock.lock();
            try {
                late = closed;
                sockets = opened;
            } finally {
                lock.unlock();
            }
            if (late) {
                opened.close();
            }
        } catch (IOException e) {
            LOG.debug("no sockets to be found by", e);
        }
    }

    private void guess(InetSocketAddress to) {
        int from;
        int until;
        int[] drawn;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (!taken) {
                taken = parts.limits().begin();
                if (!taken) {
                    return;
                }
                ports = draw();
            }
            drawn = ports;
            from = sent;
            until = Math.min(PROBES_MAX, sent + PROBES_A_TICK);
            sent = until;
        } finally {
            lock.unlock();
        }
        if (drawn == null) {
            return;
        }
        for (int i = from; i < until; i++) {
            parts.endpoint().probe(new InetSocketAddress(to.getAddress(), drawn[i]), theirs);
        }
        if (until < PROBES_MAX) {
            later(TICK_MILLIS);
        }
    }

    /** Different ones, each as likely as any other. */
    private int[] draw() {
        int[] all = new int[PORTS];
        for (int i = 0; i < PORTS; i++) {
            all[i] = PORT_MIN + i;
        }
        int[] drawn = new int[PROBES_MAX];
        for (int i = 0; i < PROBES_MAX; i++) {
            int j = i + parts.random().nextInt(PORTS - i);
            drawn[i] = all[j];
            all[j] = all[i];
        }
        return drawn;
    }

    @Override
    public void close() {
        Closeable opened;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            if (next != null) {
                next.cancel(false);
            }
            if (taken) {
                parts.limits().end();
            }
            opened = sockets;
        } finally {
            lock.unlock();
        }
        if (opened != null) {
            try {
                opened.close();
            } catch (IOException e) {
                LOG.debug("sockets did not close", e);
            }
        }
    }
}
