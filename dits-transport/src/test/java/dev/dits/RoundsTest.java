package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When rounds are run, on a clock that stands still until the test moves it. */
class RoundsTest {
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final List<Long> delays = new ArrayList<>();
    private final List<Runnable> due = new ArrayList<>();
    private final Queue<Rounds.Next> answers = new ArrayDeque<>();
    private int ran;

    private final Rounds rounds = new Rounds(tasks::add, new Timer(), this::round);

    /** Notes what it was to run when. */
    private final class Timer extends ScheduledThreadPoolExecutor {
        Timer() {
            super(0);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            delays.add(unit.toMillis(delay));
            due.add(task);
            return new Noted(task);
        }
    }

    private final class Noted implements ScheduledFuture<Object> {
        private final Runnable task;

        Noted(Runnable task) {
            this.task = task;
        }

        @Override
        public boolean cancel(boolean interrupt) {
            return due.remove(task);
        }

        @Override
        public boolean isCancelled() {
            return !due.contains(task);
        }

        @Override
        public boolean isDone() {
            return isCancelled();
        }

        @Override
        public Object get() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Object get(long timeout, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long getDelay(TimeUnit unit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int compareTo(Delayed other) {
            throw new UnsupportedOperationException();
        }
    }

    private Rounds.Next round() {
        ran++;
        Rounds.Next next = answers.poll();
        return next == null ? Rounds.Next.DONE : next;
    }

    private void work() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    private void timePasses() {
        List<Runnable> now = List.copyOf(due);
        due.clear();
        now.forEach(Runnable::run);
        work();
    }

    @Test
    void manyRequestsBecomeOneRoundAndOneAfterIt() {
        for (int i = 0; i < 10; i++) {
            rounds.ask();
        }
        assertThat(tasks).hasSize(1);
        work();
        assertThat(ran).isEqualTo(1);
        assertThat(delays).isEmpty();
        rounds.ask();
        work();
        assertThat(ran).isEqualTo(2);
    }

    @Test
    void whatIsAskedForDuringARoundIsDoneAfterIt() {
        Rounds[] busy = new Rounds[1];
        int[] count = new int[1];
        busy[0] = new Rounds(tasks::add, new Timer(), () -> {
            if (count[0]++ == 0) {
                busy[0].ask();
                busy[0].ask();
                assertThat(tasks).isEmpty();
            }
            return Rounds.Next.DONE;
        });
        busy[0].ask();
        work();
        assertThat(count[0]).isEqualTo(2);
    }

    @Test
    void whatGetsStuckIsRepeatedLaterAndLater() {
        for (int i = 0; i < 9; i++) {
            answers.add(Rounds.Next.LATER);
        }
        rounds.ask();
        work();
        for (int i = 0; i < 9; i++) {
            timePasses();
        }
        assertThat(delays).containsExactly(1_000L, 2_000L, 4_000L, 8_000L, 16_000L, 32_000L, 60_000L, 60_000L, 60_000L);
        assertThat(ran).isEqualTo(10);
        timePasses();
        assertThat(ran).isEqualTo(10);
        // Done once, it begins anew.
        answers.add(Rounds.Next.LATER);
        rounds.ask();
        work();
        assertThat(delays).hasSize(10).last().isEqualTo(1_000L);
    }

    @Test
    void whoeverAsksDoesNotWaitForTheNextTry() {
        answers.add(Rounds.Next.LATER);
        rounds.ask();
        work();
        rounds.ask();
        work();
        assertThat(ran).isEqualTo(2);
        assertThat(due).isEmpty();
    }

    @Test
    void whoLosesARaceTriesAtOnceAndThenAlittleLater() {
        for (int i = 0; i < 6; i++) {
            answers.add(Rounds.Next.AGAIN);
        }
        rounds.ask();
        work();
        assertThat(ran).isEqualTo(Rounds.AGAIN_AT_ONCE + 1);
        timePasses();
        timePasses();
        assertThat(delays).containsExactly(400L, 800L, 1_600L);
        timePasses();
        assertThat(ran).isEqualTo(7);
    }

    @Test
    void afterTheEndThereAreNoRounds() {
        answers.add(Rounds.Next.LATER);
        rounds.ask();
        work();
        rounds.ask();
        rounds.close();
        rounds.close();
        work();
        timePasses();
        rounds.ask();
        work();
        assertThat(ran).isEqualTo(1);
    }

    @Test
    void aRoundThatFailsIsRepeated() {
        int[] count = new int[1];
        Rounds failing = new Rounds(tasks::add, new Timer(), () -> {
            if (count[0]++ == 0) {
                throw new IllegalStateException("planted");
            }
            return Rounds.Next.DONE;
        });
        failing.ask();
        work();
        timePasses();
        assertThat(count[0]).isEqualTo(2);
    }
}
