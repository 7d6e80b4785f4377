package dev.dits.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns Ctrl-C and {@code kill} into an interrupt of the main thread, and keeps the process alive until that thread has closed what
 * it opened. Without it the JVM would end under the command's feet.
 */
final class Interruption {
    /** After this long the process ends whatever is still open; the repository survives that too. */
    private static final long GRACE_SECONDS = 10;

    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile boolean fired;

    /** One that nobody triggers, for tests. */
    Interruption() {}

    /** Watches over the calling thread. */
    static Interruption ofProcess() {
        Interruption interruption = new Interruption();
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> interruption.shutdown(main), "dits-interrupt"));
        return interruption;
    }

    private void shutdown(Thread main) {
        if (finished.getCount() == 0) {
            return;
        }
        fired = true;
        main.interrupt();
        try {
            finished.await(GRACE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    boolean fired() {
        return fired;
    }

    /** Tells that everything is closed. */
    void finish() {
        finished.countDown();
    }
}
