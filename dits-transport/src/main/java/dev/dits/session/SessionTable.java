package dev.dits.session;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The open sessions of a share, one a grant: connections of one peer that arrive at once meet in one session, an ended session makes room for a
 * new one and does not take it along, and nothing comes in once the table is closed. Safe for use by several threads.
 *
 * @param <S> a session
 */
final class SessionTable<S> {
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, S> sessions = new HashMap<>();
    private final Predicate<S> ended;
    private boolean closed;

    /**
     * @param ended tells whether a session takes no more connections
     */
    SessionTable(Predicate<S> ended) {
        this.ended = ended;
    }

    /**
     * A session that a connection belongs to.
     *
     * @param session which
     * @param fresh whether it was made for it
     */
    record Admission<S>(S session, boolean fresh) {}

    /** Finds the session of a grant, or makes one; null if the table is closed. */
    @Nullable
    Admission<S> admit(String key, Supplier<S> maker) {
        lock.lock();
        try {
            if (closed) {
                return null;
            }
            S known = sessions.get(key);
            if (known != null && !ended.test(known)) {
                return new Admission<>(known, false);
            }
            S made = maker.get();
            sessions.put(key, made);
            return new Admission<>(made, true);
        } finally {
            lock.unlock();
        }
    }

    /** Forgets a session, unless another has its place by now. */
    void remove(String key, S session) {
        lock.lock();
        try {
            sessions.remove(key, session);
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    S find(String key) {
        lock.lock();
        try {
            return sessions.get(key);
        } finally {
            lock.unlock();
        }
    }

    List<S> all() {
        lock.lock();
        try {
            return List.copyOf(sessions.values());
        } finally {
            lock.unlock();
        }
    }

    /** Lets nothing in any more. What is there stays until it is removed. */
    List<S> close() {
        lock.lock();
        try {
            closed = true;
            return List.copyOf(sessions.values());
        } finally {
            lock.unlock();
        }
    }
}
