package dev.dits.sim.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Where rewritten code comes instead of the platform: parking, time, threads, files. Lives on the boot class path, because
 * {@code java.util.concurrent} itself is rewritten to call it.
 *
 * <p>A thread that no simulation governs is served by the platform, so the rest of the process runs as always.
 */
public final class Hook {
    /** What governs the simulated threads. */
    public interface Control {
        /** Tells whether the calling thread is one of the simulation's. */
        boolean governs();

        /** As {@link LockSupport#parkNanos(long)}; negative for no limit. */
        void park(long nanos);

        /** As {@link LockSupport#unpark}; false if the thread is none of the simulation's. */
        boolean unpark(Thread thread);

        /** As {@link Thread#interrupt}; false if the thread is none of the simulation's. */
        boolean interrupt(Thread thread);

        void start(Thread thread);

        void enter();

        void exit();

        long nanoTime();

        Instant now();

        /** About to touch a file; {@code writing} may be refused as a full disk refuses it. */
        void file(boolean writing) throws IOException;
    }

    /** Later than any simulated clock, and earlier than the platform's. */
    private static final FileTime SIMULATED_TIME_MAX = FileTime.from(Instant.parse("2025-01-01T00:00:00Z"));

    private static volatile Control control;

    private Hook() {}

    /** Sets what governs from now on; null for nothing. */
    public static void install(Control value) {
        control = value;
    }

    private static Control mine() {
        Control current = control;
        return current != null && current.governs() ? current : null;
    }

    public static void park() {
        park(-1, null);
    }

    public static void park(Object blocker) {
        park(-1, blocker);
    }

    public static void parkNanos(long nanos) {
        if (nanos > 0) {
            park(nanos, null);
        }
    }

    public static void parkNanos(Object blocker, long nanos) {
        if (nanos > 0) {
            park(nanos, blocker);
        }
    }

    private static void park(long nanos, Object blocker) {
        Control current = mine();
        if (current != null) {
            current.park(nanos);
        } else if (nanos < 0) {
            LockSupport.park(blocker);
        } else {
            LockSupport.parkNanos(blocker, nanos);
        }
    }

    public static void unpark(Thread thread) {
        Control current = control;
        if (thread == null || current == null || !current.unpark(thread)) {
            LockSupport.unpark(thread);
        }
    }

    public static void interrupt(Thread thread) {
        Control current = control;
        if (current == null || !current.interrupt(thread)) {
            thread.interrupt();
        }
    }

    public static void start(Thread thread) {
        Control current = mine();
        if (current == null) {
            thread.start();
        } else {
            current.start(thread);
        }
    }

    /** As {@link #start}; the container only lists threads for those who debug. */
    public static void startIn(Object container, Thread thread) {
        start(thread);
    }

    public static void enter() {
        Control current = control;
        if (current != null) {
            current.enter();
        }
    }

    public static void exit() {
        Control current = mine();
        if (current != null) {
            current.exit();
        }
    }

    public static void sleep(long millis) throws InterruptedException {
        sleep(TimeUnit.MILLISECONDS, millis);
    }

    public static void sleep(TimeUnit unit, long amount) throws InterruptedException {
        Control current = mine();
        if (current == null) {
            unit.sleep(amount);
            return;
        }
        long end = current.nanoTime() + unit.toNanos(amount);
        for (long left = unit.toNanos(amount); left > 0; left = end - current.nanoTime()) {
            if (Thread.interrupted()) {
                throw new InterruptedException("sleep interrupted");
            }
            current.park(left);
        }
        if (Thread.interrupted()) {
            throw new InterruptedException("sleep interrupted");
        }
    }

    public static long nanoTime() {
        Control current = mine();
        return current == null ? System.nanoTime() : current.nanoTime();
    }

    public static long currentTimeMillis() {
        return now().toEpochMilli();
    }

    public static Instant now() {
        Control current = mine();
        return current == null ? Instant.now() : current.now();
    }

    public static InstantSource instants() {
        return Hook::now;
    }

    public static Clock clock(ZoneId zone) {
        return new MachineClock();
    }

    /** A machine's clock, as its owner may have set it. */
    public static final class MachineClock extends Clock {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId other) {
            return this;
        }

        @Override
        public Instant instant() {
            return now();
        }
    }

    public static Clock clock() {
        return clock(ZoneOffset.UTC);
    }

    /**
     * As {@link Files#readAttributes(Path, String, LinkOption...)}, but a file's change time is its modification time: that
     * one is the simulation's, while the platform's clock would make two runs differ. What that clock has dated, as a directory
     * in which something was deleted, is of one moment.
     */
    public static Map<String, Object> attributes(Path path, String names, LinkOption... options) throws IOException {
        reading();
        Map<String, Object> found = Files.readAttributes(path, names, options);
        if (mine() != null && found.get("lastModifiedTime") instanceof FileTime time) {
            found = new HashMap<>(found);
            if (time.compareTo(SIMULATED_TIME_MAX) > 0) {
                time = SIMULATED_TIME_MAX;
                found.put("lastModifiedTime", time);
            }
            if (found.containsKey("ctime")) {
                found.put("ctime", time);
            }
        }
        return found;
    }

    /** In place of a key derivation that is slow on purpose. */
    public static int stretch(Object generator, byte[] password, byte[] out) {
        for (int i = 0; i < out.length; i++) {
            out[i] = (byte) (31 * i + password[i % password.length]);
        }
        return out.length;
    }

    /** Before a call that reads the file system. */
    public static void reading() throws IOException {
        Control current = mine();
        if (current != null) {
            current.file(false);
        }
    }

    /** Before a call that writes to it. */
    public static void writing() throws IOException {
        Control current = mine();
        if (current != null) {
            current.file(true);
        }
    }
}
