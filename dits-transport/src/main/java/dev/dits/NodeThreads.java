package dev.dits;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The threads of one node: workers that may block, and one timer that must not. All daemons, so a host that forgets to close can still end. */
final class NodeThreads implements AutoCloseable {
    private static final long CLOSE_SECONDS = 10;

    private final ExecutorService workers = Executors.newCachedThreadPool(named("dits-worker-"));
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, named("dits-timer-"));

    NodeThreads() {
        timer.setRemoveOnCancelPolicy(true);
    }

    private static ThreadFactory named(String prefix) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, prefix + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    ExecutorService workers() {
        return workers;
    }

    ScheduledExecutorService timer() {
        return timer;
    }

    /** Ends what runs, and waits for it, so that nothing of the node is left afterwards. */
    @Override
    public void close() {
        timer.shutdownNow();
        workers.shutdownNow();
        boolean interrupted = false;
        for (ExecutorService service : new ExecutorService[] {timer, workers}) {
            try {
                service.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
