package dev.dits.cli;

import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Progress in a log: a line now and then, ever less often, so that an hour's transfer does not fill a page a minute. */
final class LineView implements ProgressView {
    private static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long INTERVAL_NANOS_MAX = TimeUnit.SECONDS.toNanos(30);

    private final PrintStream out;
    private final LongSupplier nanoClock;
    private final String verb;
    private long intervalNanos = FIRST_NANOS;
    private long shownNanos;

    LineView(PrintStream out, LongSupplier nanoClock, String verb) {
        this.out = out;
        this.nanoClock = nanoClock;
        this.verb = verb;
        this.shownNanos = nanoClock.getAsLong();
    }

    @Override
    public void show(Step step) {
        long now = nanoClock.getAsLong();
        if (now - shownNanos < intervalNanos) {
            return;
        }
        shownNanos = now;
        intervalNanos = Math.min(INTERVAL_NANOS_MAX, intervalNanos * 2);
        out.println(verb + ": " + step.line());
    }

    @Override
    public void close() {}
}
