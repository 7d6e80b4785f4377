package dev.dits.tracker;

import dev.dits.limit.RateLimit;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What each source has open and has asked for. Safe for use by several threads. */
final class Sources {
    /** Sources that are remembered for what they asked for, beyond those that have something open. Idle ones are forgotten first. */
    static final int IDLE_MAX = 65_536;

    private static final String MAC = "HmacSHA256";
    private static final int OPAQUE_BYTES = 6;

    private final TrackerLimits limits;
    private final byte[] key = new byte[32];
    private final ReentrantLock lock = new ReentrantLock();

    /** Behind {@link #lock}. */
    private final Map<Source, State> states = new HashMap<>();

    private static final class State {
        final RateLimit attempts;
        int connections;
        int rooms;

        State(int attemptsPerMinute, long nowNanos) {
            this.attempts = new RateLimit(attemptsPerMinute / 60.0, attemptsPerMinute, nowNanos);
        }
    }

    Sources(TrackerLimits limits, SecureRandom random) {
        this.limits = limits;
        random.nextBytes(key);
    }

    private State state(Source source, long nowNanos) {
        State state = states.get(source);
        if (state == null) {
            state = new State(limits.attemptsPerMinute(), nowNanos);
            states.put(source, state);
        }
        return state;
    }

    /** Counts a connection, unless the source has too many. */
    boolean connect(Source source, long nowNanos) {
        lock.lock();
        try {
            State state = state(source, nowNanos);
            if (state.connections >= limits.connectionsPerSourceMax()) {
                return false;
            }
            state.connections++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    void disconnect(Source source, long nowNanos) {
        lock.lock();
        try {
            State state = state(source, nowNanos);
            state.connections--;
            forget(source, state, nowNanos);
        } finally {
            lock.unlock();
        }
    }

    /** Spends one of a source's attempts to reach somebody. */
    boolean attempt(Source source, long nowNanos) {
        lock.lock();
        try {
            return state(source, nowNanos).attempts.take(1, nowNanos);
        } finally {
            lock.unlock();
        }
    }

    /** Counts a room, unless the source has too many. */
    boolean enter(Source source, long nowNanos) {
        lock.lock();
        try {
            State state = state(source, nowNanos);
            if (state.rooms >= limits.roomsPerSourceMax()) {
                return false;
            }
            state.rooms++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    void leave(Source source, long nowNanos) {
        lock.lock();
        try {
            State state = state(source, nowNanos);
            state.rooms--;
            forget(source, state, nowNanos);
        } finally {
            lock.unlock();
        }
    }

    private void forget(Source source, State state, long nowNanos) {
        if (state.connections == 0 && state.rooms == 0 && state.attempts.isFull(nowNanos)) {
            states.remove(source);
        }
    }

    /** Forgets what nothing would be lost of, and of idle ones as many as are too many. */
    void sweep(long nowNanos) {
        lock.lock();
        try {
            states.values()
                    .removeIf(state -> state.connections == 0 && state.rooms == 0 && state.attempts.isFull(nowNanos));
            if (states.size() > IDLE_MAX) {
                List<Source> idle = new ArrayList<>();
                states.forEach((source, state) -> {
                    if (state.connections == 0 && state.rooms == 0) {
                        idle.add(source);
                    }
                });
                for (int i = 0; i < idle.size() - IDLE_MAX; i++) {
                    states.remove(idle.get(i));
                }
            }
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return states.size();
        } finally {
            lock.unlock();
        }
    }

    /** Stands for a source towards others: the same as long as this tracker runs, and of no meaning. */
    String opaque(Source source) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(new SecretKeySpec(key, MAC));
            byte[] digest = mac.doFinal(ByteBuffer.allocate(Byte.BYTES + Long.BYTES)
                    .put((byte) (source.v6() ? 6 : 4))
                    .putLong(source.bits())
                    .array());
            return HexFormat.of().formatHex(digest, 0, OPAQUE_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + MAC, e);
        }
    }
}
