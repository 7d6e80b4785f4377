package dev.dits;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Waits until something holds that shares and mounts bring about by themselves: looks whenever one of them tells of an event, and now and then. */
final class Until {
    /** Far more than any machine needs; whoever waits so long waits for ever. */
    private static final long SECONDS_MAX = 60;

    private static final long LOOK_MILLIS = 100;

    interface Condition {
        boolean holds() throws Exception;
    }

    private final Semaphore events = new Semaphore(0);
    private final List<Mount> mounts = new CopyOnWriteArrayList<>();

    /** How those stand that were watched and are open. */
    private String said() {
        StringBuilder said = new StringBuilder();
        for (Mount mount : mounts) {
            try {
                said.append("\n")
                        .append(mount)
                        .append(": ")
                        .append(mount.syncState())
                        .append(", ")
                        .append(mount.repository().status());
            } catch (IOException | RuntimeException e) {
                said.append(e);
            }
        }
        return said.toString();
    }

    Share watch(Share share) {
        share.onEvent(event -> events.release());
        return share;
    }

    Mount watch(Mount mount) {
        mount.onEvent(event -> events.release());
        mounts.add(mount);
        return mount;
    }

    void holds(String what, Condition condition) throws Exception {
        long begun = System.nanoTime();
        while (!condition.holds()) {
            if (System.nanoTime() - begun > TimeUnit.SECONDS.toNanos(SECONDS_MAX)) {
                throw new AssertionError("it does not come to be: " + what + said());
            }
            if (events.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                events.drainPermits();
            }
        }
    }
}
