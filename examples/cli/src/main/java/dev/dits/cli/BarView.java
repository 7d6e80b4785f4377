package dev.dits.cli;

import java.io.PrintStream;
import java.util.Optional;
import java.util.StringJoiner;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Progress on a terminal: one line that is drawn over. */
final class BarView implements ProgressView {
    private static final String TO_START_OF_LINE = "\r";
    private static final String ERASE_TO_END_OF_LINE = "\u001B[K";
    private static final int UPDATE_MILLIS = 200;

    private final PrintStream out;
    private final ProgressBar bar;
    private volatile @Nullable Step latest;
    private boolean closed;

    BarView(PrintStream out, int columns, boolean unicode, String verb) {
        this.out = out;
        this.bar = new ProgressBarBuilder()
                .setTaskName(verb)
                .setInitialMax(-1)
                .setStyle(unicode ? ProgressBarStyle.UNICODE_BLOCK : ProgressBarStyle.ASCII)
                .setUnit(" MB", 1_000_000)
                .setUpdateIntervalMillis(UPDATE_MILLIS)
                .setEtaFunction(state -> remaining())
                // One column stays free: writing the last one wraps on some terminals.
                .setConsumer(new DelegatingProgressBarConsumer(this::draw, columns - 1))
                .build();
    }

    private Optional<java.time.Duration> remaining() {
        Step step = latest;
        return step == null ? Optional.empty() : step.remaining();
    }

    private void draw(String line) {
        // The library draws once more when it is closed.
        out.print(TO_START_OF_LINE + line + ERASE_TO_END_OF_LINE);
        out.flush();
    }

    @Override
    public void show(Step step) {
        latest = step;
        bar.maxHint(step.bytesTotal() > 0 ? step.bytesTotal() : -1);
        bar.stepTo(step.bytes());
        StringJoiner extra = new StringJoiner(", ");
        if (step.bytesPerSecond() >= 1) {
            extra.add(Format.rate(step.bytesPerSecond()));
        }
        if (step.files() > 0 || step.filesTotal() > 0) {
            extra.add(step.filesText());
        }
        if (!step.note().isEmpty()) {
            extra.add(step.note());
        }
        bar.setExtraMessage(extra.toString());
    }

    /** Draws now, for tests. */
    void refresh() {
        bar.refresh();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            bar.close();
            out.print(TO_START_OF_LINE + ERASE_TO_END_OF_LINE);
            out.flush();
        }
    }
}
