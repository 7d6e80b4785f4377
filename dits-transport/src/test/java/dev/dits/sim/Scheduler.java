package dev.dits.sim;

import dev.dits.sim.boot.Hook;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets one thread of many run at a time, and draws which from a seed; so the same seed gives the same interleaving.
 *
 * <p>A thread gives the turn away where it parks (and everything in {@code java.util.concurrent} that waits does), where
 * it wakes another, and where it touches a file. Time stands still while any thread can run, but for a microsecond each
 * time that it is asked for, and jumps to the next deadline when none can.
 */
public final class Scheduler implements Hook.Control {
    /** A wake-up gives the turn away once in so many times ... */
    private static final int YIELD_AT_WAKING_ONE_IN = 4;

    /** ... and a file operation once in so many. */
    private static final int YIELD_AT_FILES_ONE_IN = 12;

    /** How often, in real time, the thread whose turn it is is looked at, while it makes no step ... */
    private static final long LOOK_MILLIS = 50;

    /** ... and how often it has to wait for a monitor in a row before another goes on. */
    private static final int BLOCKED_LOOKS = 20;

    /** Real time without a step after which the run has failed. */
    private static final long DEAD_NANOS = 120_000_000_000L;

    private static final long START_EPOCH_SECONDS = 1_700_000_000L;

    /** What a thread belongs to: one machine, with a clock and a disk of its own. */
    public static class Machine {
        private volatile long clockOffsetMillis;
        private volatile boolean diskFull;

        public void setClockOffset(long millis) {
            clockOffsetMillis = millis;
        }

        public void setDiskFull(boolean full) {
            diskFull = full;
        }

        public boolean diskFull() {
            return diskFull;
        }

        /** One of its threads is about to touch a file, in the running turn. */
        void touching() throws IOException {
            // Nothing happens to most machines then.
        }
    }

    private enum State {
        READY,
        RUNNING,
        PARKED,
        ENDED
    }

    private static final class Task {
        final int number;
        final Thread thread;
        final Machine machine;
        State state = State.READY;
        boolean permit;
        boolean interrupted;
        boolean timed;
        long wakeAt;
        long parking;
        volatile boolean turn;

        Task(int number, Thread thread, Machine machine) {
            this.number = number;
            this.thread = thread;
            this.machine = machine;
        }
    }

    private record Deadline(long at, long parking, Task task) {}

    private final SplittableRandom random;
    private final ThreadLocal<Task> current = new ThreadLocal<>();

    /** Guards everything below. */
    private final Object lock = new Object();

    private final Map<Thread, Task> tasks = new IdentityHashMap<>();
    private final List<Task> ready = new ArrayList<>();
    private final PriorityQueue<Deadline> deadlines =
            new PriorityQueue<>(Comparator.comparingLong(Deadline::at).thenComparingLong(Deadline::parking));
    private final Map<String, Integer> names = new HashMap<>();
    private Task running;
    private long nowNanos;
    private long parkings;
    private int created;
    private long steps;
    private long trace;
    private long rescues;
    private Throwable failure;
    private boolean over;
    private StringBuilder log;

    public Scheduler(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** Keeps a line for each turn that was given, to compare two runs by. */
    public void keepLog() {
        log = new StringBuilder();
    }

    public String log() {
        return String.valueOf(log);
    }

    public void note(String what) {
        if (log != null) {
            log.append(what).append('\n');
        }
    }

    /** What was drawn so far, in a number: two runs of a seed are the same if it is. */
    public long trace() {
        synchronized (lock) {
            return trace;
        }
    }

    public long steps() {
        synchronized (lock) {
            return steps;
        }
    }

    /** How often a thread whose turn it was waited for something that no scheduler sees, and another had to go on. */
    public long rescues() {
        synchronized (lock) {
            return rescues;
        }
    }

    /** Threads of the simulation that have not ended. */
    public int threads() {
        synchronized (lock) {
            return tasks.size();
        }
    }

    public String describeThreads() {
        synchronized (lock) {
            StringBuilder all = new StringBuilder();
            for (Task task : tasks.values()) {
                all.append(task.thread.getName()).append(' ').append(task.state);
                if (task.timed && task.state == State.PARKED) {
                    all.append(" for ")
                            .append((task.wakeAt - nowNanos) / 1_000_000)
                            .append(" ms");
                }
                all.append('\n');
                for (StackTraceElement frame : task.thread.getStackTrace()) {
                    all.append("    ").append(frame).append('\n');
                }
            }
            return all.toString();
        }
    }

    /** Runs something as the first thread of a simulation, and returns when it has ended. */
    public void run(Runnable first) throws Exception {
        Hook.install(this);
        try {
            Thread main = new Thread(() -> {
                enter();
                try {
                    first.run();
                } catch (Throwable e) {
                    fail(e);
                } finally {
                    exit();
                }
            });
            main.setName("sim-main");
            main.setDaemon(true);
            synchronized (lock) {
                running = add(main, null);
                ready.remove(running);
                running.state = State.RUNNING;
                running.turn = true;
            }
            main.start();
            watch();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (failure != null) {
            throw new AssertionError(String.valueOf(failure), failure);
        }
    }

    /** In real time: fails a run that stands still, and helps one on whose thread waits for a monitor. */
    private void watch() throws InterruptedException {
        long seen = -1;
        long since = System.nanoTime();
        int blocked = 0;
        while (true) {
            Task stuck;
            synchronized (lock) {
                if (over || failure != null) {
                    return;
                }
                lock.wait(LOOK_MILLIS);
                if (steps != seen) {
                    seen = steps;
                    since = System.nanoTime();
                    blocked = 0;
                    continue;
                }
                stuck = running;
            }
            // Looked at without the lock, for which it would otherwise seem to wait.
            boolean waits = stuck != null && stuck.thread.getState() == Thread.State.BLOCKED;
            blocked = waits ? blocked + 1 : 0;
            synchronized (lock) {
                if (steps != seen) {
                    continue;
                }
                if (System.nanoTime() - since > DEAD_NANOS) {
                    failure = new AssertionError("no step for a long time\n" + describeThreads());
                } else if (blocked > BLOCKED_LOOKS && !ready.isEmpty()) {
                    rescues++;
                    Task next = pick();
                    give(next);
                    LockSupport.unpark(next.thread);
                }
            }
        }
    }

    private void fail(Throwable e) {
        synchronized (lock) {
            if (failure == null) {
                failure = e;
            }
            lock.notifyAll();
        }
    }

    /** With the lock held. */
    private Task add(Thread thread, Machine machine) {
        Task task = new Task(created++, thread, machine);
        tasks.put(thread, task);
        ready.add(task);
        return task;
    }

    /** With the lock held: who is next; null if nobody ever will be. */
    private Task pick() {
        while (true) {
            if (!ready.isEmpty()) {
                return ready.remove(ready.size() == 1 ? 0 : random.nextInt(ready.size()));
            }
            Deadline first = deadlines.poll();
            if (first == null) {
                return null;
            }
            if (first.task.state == State.PARKED && first.task.parking == first.parking) {
                nowNanos = Math.max(nowNanos, first.at);
                wake(first.task);
            }
        }
    }

    /** With the lock held. */
    private void wake(Task task) {
        task.state = State.READY;
        ready.add(task);
    }

    /** With the lock held; without it, whoever calls this then {@linkplain LockSupport#unpark unparks} the thread, which would only wait for the lock. */
    private void give(Task next) {
        running = next;
        if (next == null) {
            return;
        }
        steps++;
        trace = trace * 0x5DEECE66DL + next.number * 31L + nowNanos;
        if (log != null) {
            log.append(nowNanos)
                    .append(' ')
                    .append(next.number)
                    .append(' ')
                    .append(next.thread.getName().replaceAll("-[0-9]+$", ""))
                    .append('\n');
        }
        next.state = State.RUNNING;
        next.turn = true;
    }

    /** Gives the turn away and waits until it comes back; the state says whether for a wake-up. */
    private void switchFrom(Task mine) {
        Task next;
        synchronized (lock) {
            if (mine.state == State.RUNNING) {
                return; // woken before it got here
            }
            next = pick();
            if (next == null) {
                fail(new AssertionError("every thread waits, and nothing will wake one\n" + describeThreads()));
            } else {
                mine.turn = false;
                give(next);
            }
        }
        if (next != null && next != mine) {
            LockSupport.unpark(next.thread);
        }
        awaitTurn(mine);
    }

    private void awaitTurn(Task mine) {
        boolean interrupted = Thread.interrupted();
        while (!mine.turn) {
            LockSupport.park(this);
            interrupted |= Thread.interrupted();
        }
        synchronized (lock) {
            interrupted |= mine.interrupted;
            mine.interrupted = false;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lets others go first, sometimes. */
    private void maybeYield(int oneIn) {
        Task mine = current.get();
        synchronized (lock) {
            if (mine == null || ready.isEmpty() || random.nextInt(oneIn) != 0) {
                return;
            }
            wake(mine);
        }
        switchFrom(mine);
    }

    // ---- what the simulation itself uses

    /** Starts a thread of a machine. */
    public Thread spawn(String name, Machine machine, Runnable work) {
        Thread thread = new Thread(() -> {
            enter();
            try {
                work.run();
            } catch (Throwable e) {
                fail(e);
            } finally {
                exit();
            }
        });
        thread.setName(name);
        thread.setDaemon(true);
        synchronized (lock) {
            add(thread, machine);
        }
        thread.start();
        return thread;
    }

    /** Waits for virtual time to pass. */
    public void sleep(long nanos) {
        long end = nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - nanoTime()) {
            park(left);
        }
    }

    /** Gives the turn away so many times. */
    public void yieldTurns(int turns) {
        Task mine = current.get();
        for (int i = 0; i < turns; i++) {
            synchronized (lock) {
                if (ready.isEmpty()) {
                    return;
                }
                wake(mine);
            }
            switchFrom(mine);
        }
    }

    /** As {@link #unpark}, but the caller keeps its turn. */
    public void wakeUp(Thread thread) {
        synchronized (lock) {
            Task task = tasks.get(thread);
            if (task != null) {
                release(task);
            }
        }
    }

    /** The time of a machine that has not set its clock. */
    public Instant trueTime() {
        return Instant.ofEpochSecond(START_EPOCH_SECONDS).plusNanos(virtualNanos());
    }

    public long virtualNanos() {
        synchronized (lock) {
            return nowNanos;
        }
    }

    // ---- what rewritten code uses

    @Override
    public boolean governs() {
        return current.get() != null;
    }

    @Override
    public void park(long nanos) {
        Task mine = current.get();
        synchronized (lock) {
            if (mine.permit) {
                mine.permit = false;
                return;
            }
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
            mine.state = State.PARKED;
            mine.parking = ++parkings;
            mine.timed = nanos >= 0;
            if (mine.timed) {
                mine.wakeAt = nowNanos + Math.min(nanos, Long.MAX_VALUE / 4);
                deadlines.add(new Deadline(mine.wakeAt, mine.parking, mine));
            }
        }
        switchFrom(mine);
    }

    /** With the lock held. */
    private void release(Task task) {
        if (task.state == State.PARKED) {
            wake(task);
        } else {
            task.permit = true;
        }
    }

    @Override
    public boolean unpark(Thread thread) {
        synchronized (lock) {
            Task task = tasks.get(thread);
            if (task == null) {
                return false;
            }
            release(task);
        }
        maybeYield(YIELD_AT_WAKING_ONE_IN);
        return true;
    }

    @Override
    public boolean interrupt(Thread thread) {
        if (thread == Thread.currentThread()) {
            return false;
        }
        synchronized (lock) {
            Task task = tasks.get(thread);
            if (task == null) {
                return false;
            }
            task.interrupted = true;
            if (task.state == State.PARKED) {
                wake(task);
            }
        }
        return true;
    }

    @Override
    public void start(Thread thread) {
        if (thread instanceof ForkJoinWorkerThread) {
            // Nobody of ours may put work on a pool that belongs to the host application.
            fail(new AssertionError("work was given to the process's common pool"));
            thread.start();
            return;
        }
        synchronized (lock) {
            add(thread, current.get().machine);
        }
        thread.start();
    }

    @Override
    public void enter() {
        Task mine;
        synchronized (lock) {
            mine = tasks.get(Thread.currentThread());
        }
        if (mine != null) {
            current.set(mine);
            awaitTurn(mine);
        } else if (Thread.currentThread().getName().startsWith("dits-")) {
            // Of a simulation that has failed before: it must not go on beside another.
            while (true) {
                LockSupport.park(this);
            }
        }
    }

    @Override
    public void exit() {
        Task mine = current.get();
        current.remove();
        Task next;
        synchronized (lock) {
            mine.state = State.ENDED;
            tasks.remove(mine.thread);
            if (mine.number == 0) {
                over = true;
                lock.notifyAll();
                return;
            }
            next = pick();
            if (next == null) {
                fail(new AssertionError("every thread waits, and nothing will wake one\n" + describeThreads()));
            } else {
                give(next);
            }
        }
        if (next != null) {
            LockSupport.unpark(next.thread);
        }
    }

    @Override
    public long nanoTime() {
        synchronized (lock) {
            nowNanos += 1_000;
            return nowNanos;
        }
    }

    @Override
    public Instant now() {
        Task mine = current.get();
        long offset = mine == null || mine.machine == null ? 0 : mine.machine.clockOffsetMillis;
        return Instant.ofEpochSecond(START_EPOCH_SECONDS).plusNanos(nanoTime()).plusMillis(offset);
    }

    @Override
    public void file(boolean writing) throws IOException {
        Task mine = current.get();
        maybeYield(YIELD_AT_FILES_ONE_IN);
        if (mine.machine != null) {
            mine.machine.touching();
        }
        if (writing && mine.machine != null && mine.machine.diskFull) {
            throw new IOException("No space left on device");
        }
    }
}
