package dev.dits.tracker;

import dev.dits.limit.RateLimit;
import io.netty.channel.Channel;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What all connections of one tracker share. Safe for use by several threads. */
final class Hub {
    /** What the bodies of all requests that are coming in take. */
    static final long BODIES_BYTES_MAX = 64L << 20;

    final TrackerOptions options;
    final Clocks clocks;
    final Metrics metrics = new Metrics();
    final ApiKeys keys;
    final Sources sources;
    final Rendezvous rendezvous;
    final TrackerStore store;
    final Events events;
    final RateLimit relayTotal;
    final Budget bodies = new Budget(BODIES_BYTES_MAX);
    final AtomicLong relayQueuedBytes = new AtomicLong();
    private final Map<Channel, Watched> watched = new ConcurrentHashMap<>();
    private final AtomicInteger connections = new AtomicInteger();
    private volatile List<Integer> stunPorts = List.of();

    Hub(TrackerOptions options, Clocks clocks, SecureRandom random) {
        this.options = options;
        this.clocks = clocks;
        this.keys = new ApiKeys(options.apiKeys());
        this.sources = new Sources(options.limits(), random);
        this.rendezvous = new Rendezvous(options.limits(), sources, metrics, random);
        this.store = options.store() != null ? options.store() : new MemoryStore(options.limits(), clocks);
        this.events = new Events(this);
        this.store.onEvent(events);
        this.relayTotal = new RateLimit(
                options.relay().totalBytesPerSecond(), options.relay().totalBurstBytes(), clocks.nowNanos());
    }

    long nowNanos() {
        return clocks.nowNanos();
    }

    /** The ports of STUN, as messages have them. */
    List<Object> stunMessage() {
        return stunPorts.stream().<Object>map(Integer::longValue).toList();
    }

    void stunPorts(List<Integer> value) {
        stunPorts = value;
    }

    /**
     * Counts a connection, unless there are too many.
     *
     * @param source null for a proxy, which has as many as it likes
     */
    boolean connect(@Nullable Source source) {
        if (connections.incrementAndGet() > options.limits().connectionsMax()) {
            connections.decrementAndGet();
            metrics.connectionsRefused.increment();
            return false;
        }
        if (source != null && !sources.connect(source, nowNanos())) {
            connections.decrementAndGet();
            metrics.connectionsRefused.increment();
            return false;
        }
        metrics.connections.increment();
        return true;
    }

    void disconnect(@Nullable Source source) {
        connections.decrementAndGet();
        if (source != null) {
            sources.disconnect(source, nowNanos());
        }
    }

    int connections() {
        return connections.get();
    }

    /** Has a connection looked after, as what it is now; forgets it where that is nothing. */
    void watch(Channel channel, @Nullable Watched value) {
        if (value == null) {
            watched.remove(channel);
        } else {
            watched.put(channel, value);
        }
    }

    void sweep() {
        long now = nowNanos();
        watched.values().forEach(one -> one.sweep(now));
        rendezvous.sweep(now);
        sources.sweep(now);
        store.expire();
        events.sweep();
    }

    /** Lets go of a store of its own. */
    void close() {
        if (options.store() == null) {
            store.close();
        }
    }

    /** Ends all connections; returns those that are to be waited for. */
    List<Channel> shutDown() {
        watched.values().forEach(Watched::shutDown);
        return List.copyOf(watched.keySet());
    }
}
