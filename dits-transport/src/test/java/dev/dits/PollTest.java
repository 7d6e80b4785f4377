package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PollTest {
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final List<String> seen = new ArrayList<>();
    private final Ticks timer = new Ticks();
    private Instant now = Instant.EPOCH;

    private final Poll poll = new Poll(tasks::add, timer, () -> now, () -> seen.add("look"), () -> seen.add("woken"));

    /** Ticks when the test says so. */
    private static final class Ticks extends ScheduledThreadPoolExecutor {
        private Runnable tick = () -> {};

        Ticks() {
            super(0);
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long first, long delay, TimeUnit unit) {
            tick = task;
            return super.schedule(task, 1, TimeUnit.DAYS);
        }
    }

    @AfterEach
    void close() {
        poll.close();
        timer.shutdownNow();
    }

    private void tick(Duration after) {
        now = now.plus(after);
        timer.tick.run();
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    @Test
    void aClockThatJumpedMeansThatTheMachineSlept() {
        tick(Duration.ofMillis(250));
        tick(Poll.SLEPT_MIN);
        assertThat(seen).containsExactly("look", "look");
        tick(Duration.ofHours(3));
        assertThat(seen).containsExactly("look", "look", "woken", "look");
        tick(Duration.ofMillis(250));
        tick(Duration.ofHours(-3));
        assertThat(seen).endsWith("woken", "look", "look", "woken", "look");
    }

    @Test
    void looksDoNotPileUpAndEnd() {
        timer.tick.run();
        timer.tick.run();
        assertThat(tasks).hasSize(1);
        tick(Duration.ZERO);
        assertThat(seen).containsExactly("look");
        poll.close();
        tick(Duration.ZERO);
        assertThat(seen).containsExactly("look");
    }
}
