package dev.dits.session;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Delayed;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** A scheduler whose time moves when it is told to; tasks run on the thread that moves it. */
final class ManualScheduler extends ScheduledThreadPoolExecutor {
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Task> tasks = new ArrayList<>();
    private long nowNanos;

    ManualScheduler() {
        super(0, Executors.defaultThreadFactory());
    }

    private final class Task extends FutureTask<Void> implements RunnableScheduledFuture<Void> {
        private final long atNanos;

        Task(Runnable runnable, long atNanos) {
            super(runnable, null);
            this.atNanos = atNanos;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(atNanos - nowNanos, TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }

        @Override
        public boolean isPeriodic() {
            return false;
        }
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        lock.lock();
        try {
            Task task = new Task(command, nowNanos + unit.toNanos(delay));
            tasks.add(task);
            return task;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return schedule(() -> {}, initialDelay, unit);
    }

    void move(Duration by) {
        List<Task> due = new ArrayList<>();
        lock.lock();
        try {
            nowNanos += by.toNanos();
            tasks.removeIf(task -> task.atNanos <= nowNanos && due.add(task));
        } finally {
            lock.unlock();
        }
        due.forEach(Task::run);
    }
}
