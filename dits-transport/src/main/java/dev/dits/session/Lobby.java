package dev.dits.session;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The connections of one node that have not joined, whichever of its shares they are for: each costs a little, so there is a limit to all of
 * them and to those of one source. Safe for use by several threads.
 */
public final class Lobby {
    /** Connections that have not joined, in all. */
    public static final int UNJOINED_MAX = 64;

    /** Connections that have not joined, a source address. */
    public static final int UNJOINED_PER_SOURCE_MAX = 4;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Integer> bySource = new HashMap<>();
    private int all;

    /** Takes a place; false if there is none. Who has one gives it back by {@link #leave}. */
    boolean enter(InetAddress source) {
        String key = GuessLimiter.sourceOf(source);
        lock.lock();
        try {
            int ofSource = bySource.getOrDefault(key, 0);
            if (all >= UNJOINED_MAX || ofSource >= UNJOINED_PER_SOURCE_MAX) {
                return false;
            }
            all++;
            bySource.put(key, ofSource + 1);
            return true;
        } finally {
            lock.unlock();
        }
    }

    void leave(InetAddress source) {
        lock.lock();
        try {
            all--;
            bySource.computeIfPresent(
                    GuessLimiter.sourceOf(source), (key, count) -> count == 1 ? null : Integer.valueOf(count - 1));
        } finally {
            lock.unlock();
        }
    }

    /** How many there are. */
    int size() {
        lock.lock();
        try {
            return all;
        } finally {
            lock.unlock();
        }
    }
}
