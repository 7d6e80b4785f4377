package dev.dits.examples.tracker;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The program: {@code tracker -addr :8080}. */
public final class Main {
    private static final long GRACE_SECONDS = 10;

    private Main() {}

    /**
     * Runs a tracker until the process is told to end.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            told.countDown();
                            try {
                                closed.await(GRACE_SECONDS, TimeUnit.SECONDS);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        "tracker-interrupt"));
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        int code = TrackerCommand.run(System.getenv(), out, err, told, args);
        closed.countDown();
        // Where a signal ends the process, the JVM has the exit code already: 128 and the signal's number.
        if (told.getCount() > 0) {
            System.exit(code);
        }
    }
}
