package dev.dits.quic;

import dev.dits.limit.RateLimit;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Decides which handshakes begin, so that strangers take a small part of the loop's time and memory and those who are connected keep theirs.
 *
 * <p>Two limits. How many begin in a second: in all, and from one source, which is an IPv4 address or an IPv6 /64. How many are under way at once, in all
 * and from one source: where all places are taken, the one who has had one for longest gives it up, for an honest handshake is over in a few round trips and
 * a place that is held for longer is held by somebody who does not mean to finish. So silent peers displace each other, and not who comes next.
 *
 * <p>Asked only for addresses that a Retry has proved. On the event loop only.
 */
final class HandshakeLimiter {
    /** Handshakes under way, in all. */
    static final int UNDER_WAY_MAX = 256;

    /** Handshakes under way, from one source. */
    static final int UNDER_WAY_PER_SOURCE_MAX = 32;

    /** Handshakes that may begin at once from one source, for many mounts behind one address. */
    static final int SOURCE_BURST = 256;

    /** Handshakes a second from one source, lasting. */
    static final int SOURCE_PER_SECOND = 32;

    /** Handshakes that may begin at once, in all. */
    static final int TOTAL_BURST = 512;

    /** Handshakes a second in all, lasting: well below a tenth of one processor. */
    static final int TOTAL_PER_SECOND = 128;

    /** Sources whose rate is remembered; the one unheard of for longest is forgotten first. */
    static final int SOURCES_MAX = 4_096;

    private final LongSupplier nanoClock;
    private final RateLimit total;
    private final Map<Object, RateLimit> rates = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, RateLimit> eldest) {
            return size() > SOURCES_MAX;
        }
    };

    private final Set<Slot> slots = new LinkedHashSet<>();
    private final Map<Object, Integer> bySource = new HashMap<>();

    HandshakeLimiter(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        this.total = new RateLimit(TOTAL_PER_SECOND, TOTAL_BURST, nanoClock.getAsLong());
    }

    /** The part of an address that one attacker is assumed to have to himself. */
    static Object sourceOf(InetAddress address) {
        if (!(address instanceof Inet6Address)) {
            return address;
        }
        long network = 0;
        byte[] bytes = address.getAddress();
        for (int i = 0; i < Long.BYTES; i++) {
            network = network << 8 | (bytes[i] & 0xFF);
        }
        return network;
    }

    /** May a handshake begin? Where it may, it is counted. */
    boolean admit(InetAddress address) {
        long now = nanoClock.getAsLong();
        RateLimit own =
                rates.computeIfAbsent(sourceOf(address), key -> new RateLimit(SOURCE_PER_SECOND, SOURCE_BURST, now));
        return own.take(1, now) && total.take(1, now);
    }

    /**
     * A handshake begins.
     *
     * @param address from where
     * @param giveUp ends it, where its place is needed; frees the place
     */
    Slot begin(InetAddress address, Runnable giveUp) {
        Object source = sourceOf(address);
        boolean sourceIsFull = bySource.getOrDefault(source, 0) >= UNDER_WAY_PER_SOURCE_MAX;
        if (sourceIsFull || slots.size() >= UNDER_WAY_MAX) {
            slots.stream()
                    .filter(slot -> !sourceIsFull || slot.source.equals(source))
                    .findFirst()
                    .ifPresent(oldest -> {
                        oldest.free();
                        oldest.giveUp.run();
                    });
        }
        return new Slot(source, giveUp);
    }

    int underWay() {
        return slots.size();
    }

    int sourcesRemembered() {
        return rates.size();
    }

    /** A place among the handshakes under way. */
    final class Slot {
        private final Object source;
        private final Runnable giveUp;

        private Slot(Object source, Runnable giveUp) {
            this.source = source;
            this.giveUp = giveUp;
            slots.add(this);
            bySource.merge(source, 1, Integer::sum);
        }

        boolean isHeld() {
            return slots.contains(this);
        }

        /** Idempotent. */
        void free() {
            if (slots.remove(this)) {
                bySource.computeIfPresent(source, (key, count) -> count == 1 ? null : count - 1);
            }
        }
    }
}
