package dev.dits.repo;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Runs work on several threads and takes the results on one, in the order in which the work was given. What waits is
 * bounded, so that a walk can not run ahead of the disk.
 *
 * <p>Used by one thread; closed by it, which waits for the work that has started.
 */
final class OrderedPipeline implements AutoCloseable {
    /** Results that may wait for an earlier one. */
    private static final int WAITING_MAX = 1_024;

    /** Takes a result. */
    interface Taker<T> {
        void take(T result) throws IOException;
    }

    /** Something that is done in its turn. */
    interface Step {
        void run() throws IOException;
    }

    private record Slot(@Nullable Future<?> work, boolean own, Step then) {}

    private final ExecutorService executor;
    private final int waitingMax;
    private final Deque<Slot> slots = new ArrayDeque<>();
    private volatile boolean closed;

    OrderedPipeline(ExecutorService executor) {
        this(executor, WAITING_MAX);
    }

    OrderedPipeline(ExecutorService executor, int waitingMax) {
        this.executor = executor;
        this.waitingMax = waitingMax;
    }

    /** Takes the result of work that somebody else does; {@link #close} does not wait for it. */
    <T> void await(Future<T> work, Taker<T> taker) throws IOException {
        push(new Slot(work, false, () -> taker.take(get(work))));
    }

    /** Does something in its turn. */
    void then(Step step) throws IOException {
        if (slots.isEmpty()) {
            step.run();
        } else {
            push(new Slot(null, true, step));
        }
    }

    /** Runs work, and takes its result in its turn. */
    <T> void submit(Callable<T> work, Taker<T> taker) throws IOException {
        FutureTask<T> task = new FutureTask<>(() -> {
            if (closed) {
                throw new IOException("given up");
            }
            return work.call();
        });
        // Begun first: push may fail by an earlier result, and what waits in a slot must come to an end.
        executor.execute(task);
        push(new Slot(task, true, () -> taker.take(get(task))));
    }

    private void push(Slot slot) throws IOException {
        slots.addLast(slot);
        while (!slots.isEmpty() && (slots.size() > waitingMax || isDone(slots.getFirst()))) {
            slots.removeFirst().then.run();
        }
    }

    private static boolean isDone(Slot slot) {
        return slot.work == null || slot.work.isDone();
    }

    /** Takes all results. */
    void finish() throws IOException {
        while (!slots.isEmpty()) {
            slots.removeFirst().then.run();
        }
    }

    /** Waits for a result; its failure is thrown as what it is. */
    static <T> T get(Future<T> future) throws IOException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted while reading files");
            interrupted.initCause(e);
            throw interrupted;
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            while (cause instanceof CompletionException && cause.getCause() != null) {
                cause = cause.getCause();
            }
            if (cause instanceof IOException io) {
                throw io;
            }
            if (cause instanceof RuntimeException runtime) {
                throw runtime;
            }
            if (cause instanceof Error error) {
                throw error;
            }
            throw new IOException(cause);
        }
    }

    /** Waits for an end, whatever it is, even where that is interrupted. */
    static void settle(Future<?> work) {
        boolean interrupted = false;
        while (!work.isDone()) {
            try {
                Object unused = work.get();
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                // The failure that ended what this was for is on its way already.
                break;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Slot slot : slots) {
            if (slot.own && slot.work != null) {
                settle(slot.work);
            }
        }
        slots.clear();
    }
}
