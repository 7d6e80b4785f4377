package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressViewTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private final AtomicLong nanos = new AtomicLong();

    private String written() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static Step step(long done) {
        return Step.of(new Progress(
                Progress.Phase.MOVING,
                1_204,
                5_881,
                done,
                270_000_000,
                101_000_000,
                0,
                Duration.ofSeconds(3),
                38_200_000));
    }

    @Test
    void saysRateTimeLeftAndBytesOnTheWire() {
        assertThat(step(120_000_000).line())
                .isEqualTo("44%, 120 MB of 270 MB, 1,204 of 5,881 files, 38.2 MB/s, 3.9 s left, 101 MB on the wire");
    }

    @Test
    void saysWhatItKnowsWhereThereIsNoTotal() {
        Step step = new Step(7, 0, 2_500, 0, 0, Optional.empty(), "");
        assertThat(step.line()).isEqualTo("2.50 kB, 7 files");
    }

    @Test
    void neverSaysMoreThanAll() {
        assertThat(new Step(1, 0, 200, 100, 0, Optional.empty(), "").line()).startsWith("100%, 200 B of 100 B");
    }

    @Test
    void aLogGetsALineNowAndThenEverLessOften() {
        LineView view = new LineView(out, nanos::get, "Pulling");
        for (int second = 0; second < 120; second++) {
            view.show(step(second * 1_000_000L));
            nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
        }
        // After 2 s, then 4, 8, 16, 30 and 30 s later.
        assertThat(written().lines())
                .hasSize(6)
                .allMatch(line -> line.startsWith("Pulling: "))
                .element(0)
                .asString()
                .startsWith("Pulling: 0%, 2.00 MB of 270 MB");
        assertThat(written()).doesNotContain("\r", "\u001B");
    }

    @Test
    void aShortTransferLeavesNoLine() {
        LineView view = new LineView(out, nanos::get, "Pulling");
        view.show(step(1));
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
        view.show(step(2));
        view.close();
        assertThat(written()).isEmpty();
    }

    @Test
    void aTerminalGetsABarThatFitsAndGoesAway() {
        BarView view = new BarView(out, 100, true, "Pulling");
        view.show(step(135_000_000));
        view.refresh();
        String drawn = written();
        view.close();
        assertThat(drawn)
                .contains("Pulling")
                .contains("50%")
                .contains("38.2 MB/s")
                .contains("135/270 MB");
        for (String line : drawn.split("\r")) {
            assertThat(line.replace("\u001B[K", "").length()).isLessThan(100);
        }
        assertThat(written()).endsWith("\r\u001B[K").doesNotContain("\n");
    }

    @Test
    void whatIsDoneIsShownAsDone() {
        // Of a small change to a large tree only the change is counted on the way.
        assertThat(step(40_000).complete().line()).startsWith("100%, 270 MB of 270 MB, 5,881 of 5,881 files");
        BarView view = new BarView(out, 100, true, "Pulling");
        view.show(step(40_000));
        view.show(step(40_000).complete());
        view.close();
        assertThat(written()).contains("100%").contains("270/270 MB");
        assertThat(new Step(7, 0, 2_500, 0, 0, Optional.empty(), "").complete().line())
                .isEqualTo("2.50 kB, 7 files");
    }

    @Test
    void aBarWithoutTotalsDraws() {
        BarView view = new BarView(out, 80, false, "Committing");
        view.show(new Step(12, 0, 5_000_000, 0, 0, Optional.empty(), "1.00 MB new"));
        view.refresh();
        view.close();
        assertThat(written()).contains("Committing");
    }

    @Test
    void rateFollowsTheClock() {
        RateMeter meter = new RateMeter(nanos::get);
        assertThat(meter.at(500)).isZero();
        nanos.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(meter.at(1_000)).isEqualTo(1_000);
        assertThat(meter.remaining(5_000)).contains(Duration.ofSeconds(5));
        assertThat(meter.remaining(0)).isEmpty();
    }
}
