package dev.dits;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Delivers events to listeners, in order, on one worker at a time, so that a slow listener stalls nothing but other listeners. */
final class Events {
    private static final Logger LOG = LoggerFactory.getLogger(Events.class);

    /** Events that wait for a listener that is slow; further ones are dropped, for peers make them. */
    static final int PENDING_MAX = 10_000;

    private final Executor workers;
    private final List<Consumer<DitsEvent>> listeners = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<DitsEvent> queue = new ArrayDeque<>();
    private boolean delivering;

    Events(Executor workers) {
        this.workers = workers;
    }

    void listen(Consumer<DitsEvent> listener) {
        listeners.add(listener);
    }

    void fire(DitsEvent event) {
        if (listeners.isEmpty()) {
            return;
        }
        lock.lock();
        try {
            if (queue.size() >= PENDING_MAX) {
                LOG.debug("a listener is too slow, an event is dropped");
                return;
            }
            queue.add(event);
            if (delivering) {
                return;
            }
            delivering = true;
        } finally {
            lock.unlock();
        }
        try {
            workers.execute(this::deliver);
        } catch (RejectedExecutionException e) {
            LOG.debug("an event came after the node was closed");
        }
    }

    private void deliver() {
        while (true) {
            DitsEvent event;
            lock.lock();
            try {
                event = queue.poll();
                if (event == null) {
                    delivering = false;
                    return;
                }
            } finally {
                lock.unlock();
            }
            for (Consumer<DitsEvent> listener : listeners) {
                try {
                    listener.accept(event);
                } catch (RuntimeException e) {
                    LOG.warn("a listener failed", e);
                }
            }
        }
    }
}
