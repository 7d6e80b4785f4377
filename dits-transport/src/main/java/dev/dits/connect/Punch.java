package dev.dits.connect;

import dev.dits.net.Endpoint;
import java.io.Closeable;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sends probes to where a peer may be: to all addresses at once, every 100 ms for a second, then every 250 ms, five seconds in all. Each opens this side's NAT or
 * firewall for what comes from there; the first that finds the other side's open tells the peer from where this side is seen.
 */
final class Punch implements Closeable {
    /** Addresses that are learned beside those the peer named: one for each kind of address, and those that a NAT changes. */
    private static final int LEARNED_MAX = 4;

    private static final long FAST_MILLIS = 100;
    private static final int FAST_PROBES = 10;
    private static final long SLOW_MILLIS = 250;
    private static final int SLOW_PROBES = 16;

    private final Endpoint endpoint;
    private final byte[] token;
    private final ReentrantLock lock = new ReentrantLock();
    private final Set<InetSocketAddress> targets;
    private final int targetsMax;
    private int steps;
    private int sent;
    private boolean closed;
    private @Nullable ScheduledFuture<?> next;

    private Punch(Endpoint endpoint, byte[] token, Collection<InetSocketAddress> targets) {
        this.endpoint = endpoint;
        this.token = token;
        this.targets = new LinkedHashSet<>(targets);
        this.targetsMax = targets.size() + LEARNED_MAX;
    }

    /**
     * Begins at once.
     *
     * @param endpoint whose socket
     * @param token that the peer expects
     * @param targets where to
     * @param scheduler times the probes; sending one does not block
     * @return closing it ends that early
     */
    static Punch start(
            Endpoint endpoint,
            byte[] token,
            Collection<InetSocketAddress> targets,
            ScheduledExecutorService scheduler) {
        Punch punch = new Punch(endpoint, token, targets);
        punch.step(scheduler);
        return punch;
    }

    /** One more address: where a probe of the peer came from. */
    void add(InetSocketAddress target) {
        lock.lock();
        try {
            if (closed || targets.size() >= targetsMax || !targets.add(target)) {
                return;
            }
            sent++;
        } finally {
            lock.unlock();
        }
        endpoint.probe(target, token);
    }

    /** How many addresses it goes to. */
    int targets() {
        lock.lock();
        try {
            return targets.size();
        } finally {
            lock.unlock();
        }
    }

    /** How many probes have left. */
    int sent() {
        lock.lock();
        try {
            return sent;
        } finally {
            lock.unlock();
        }
    }

    private void step(ScheduledExecutorService scheduler) {
        List<InetSocketAddress> all;
        lock.lock();
        try {
            if (closed) {
                return;
            }
            all = List.copyOf(targets);
            sent += all.size();
            steps++;
            if (steps < FAST_PROBES + SLOW_PROBES) {
                next = scheduler.schedule(
                        () -> step(scheduler), steps < FAST_PROBES ? FAST_MILLIS : SLOW_MILLIS, TimeUnit.MILLISECONDS);
            }
        } catch (RejectedExecutionException e) {
            // The node is closing.
            return;
        } finally {
            lock.unlock();
        }
        for (InetSocketAddress target : all) {
            endpoint.probe(target, token);
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (next != null) {
                next.cancel(false);
            }
        } finally {
            lock.unlock();
        }
    }
}
