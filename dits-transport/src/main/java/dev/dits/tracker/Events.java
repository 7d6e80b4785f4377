package dev.dits.tracker;

import dev.dits.json.Json;
import dev.dits.limit.RateLimit;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Tells those who listen at {@code /ws} what changes. More changes than anybody could follow are not told one by one: listeners are told to look again. Safe for use by
 * several threads.
 */
final class Events implements Consumer<TrackerEvent> {
    static final int PER_SECOND_MAX = 100;
    static final int BURST = 200;
    static final Duration STATS_EVERY = Duration.ofSeconds(5);

    private final Hub hub;
    private final Set<EventConnection> listeners = ConcurrentHashMap.newKeySet();
    private final RateLimit rate;
    private final AtomicBoolean missed = new AtomicBoolean();
    private volatile long statsNanos;

    Events(Hub hub) {
        this.hub = hub;
        this.rate = new RateLimit(PER_SECOND_MAX, BURST, hub.nowNanos());
        this.statsNanos = hub.nowNanos();
    }

    void add(EventConnection listener) {
        listeners.add(listener);
    }

    void remove(EventConnection listener) {
        listeners.remove(listener);
    }

    @Override
    public void accept(TrackerEvent event) {
        if (listeners.isEmpty()) {
            return;
        }
        if (!rate.take(1, hub.nowNanos())) {
            missed.set(true);
            return;
        }
        if (event instanceof TrackerEvent.PeerJoined joined) {
            tell("peer_joined", Views.peer(joined.peer()));
        } else if (event instanceof TrackerEvent.PeerUpdated updated) {
            tell("peer_update", Views.peer(updated.peer()));
        } else if (event instanceof TrackerEvent.PeerLeft left) {
            tell("peer_left", Map.of("peer_id", left.id()));
        } else if (event instanceof TrackerEvent.FileAdded added) {
            tell("file_added", Views.file(added.file()));
        } else if (event instanceof TrackerEvent.FileRemoved removed) {
            tell("file_removed", Map.of("hash", removed.hash()));
        }
    }

    private void tell(String type, Map<String, Object> data) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("type", type);
        message.put("timestamp", hub.clocks.wall().instant().toString());
        message.put("data", data);
        ByteBuf text = Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(Json.write(message)));
        listeners.forEach(listener -> listener.tell(text.duplicate()));
    }

    /** Once a second: says how it stands, and that something was not told. */
    void sweep() {
        if (listeners.isEmpty()) {
            return;
        }
        long now = hub.nowNanos();
        boolean again = missed.getAndSet(false);
        if (again || now - statsNanos >= STATS_EVERY.toNanos()) {
            statsNanos = now;
            hub.store.counts().thenAccept(counts -> {
                Map<String, Object> stats = Views.stats(hub, counts);
                stats.put("resync", again);
                tell("stats_update", stats);
            });
        }
    }
}
