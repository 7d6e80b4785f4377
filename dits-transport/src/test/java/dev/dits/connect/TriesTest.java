package dev.dits.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TriesTest {
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final ExecutorService workers = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        timer.shutdownNow();
        workers.shutdownNow();
    }

    @Test
    void oneAtATimeAndWhatIsAskedForMeanwhileComesBehind() throws Exception {
        Semaphore begun = new Semaphore(0);
        Semaphore mayEnd = new Semaphore(0);
        AtomicInteger atOnce = new AtomicInteger();
        LinkedBlockingQueue<Integer> most = new LinkedBlockingQueue<>();
        try (Tries tries = new Tries(timer, workers, () -> {
            most.add(atOnce.incrementAndGet());
            begun.release();
            mayEnd.acquireUninterruptibly();
            atOnce.decrementAndGet();
            return null;
        })) {
            tries.after(Duration.ZERO);
            begun.acquire();
            tries.after(Duration.ofDays(1));
            tries.after(Duration.ZERO);
            mayEnd.release();
            begun.acquire();
            mayEnd.release();
            // Nothing was asked for during the second one, and it wanted no other.
            assertThat(begun.tryAcquire(200, TimeUnit.MILLISECONDS)).isFalse();
            assertThat(most).containsExactly(1, 1);
        }
    }

    @Test
    void aTryNamesTheTimeOfTheNextUntilOneNamesNone() throws Exception {
        AtomicInteger count = new AtomicInteger();
        CountDownLatch fifth = new CountDownLatch(5);
        try (Tries tries = new Tries(timer, workers, () -> {
            int number = count.incrementAndGet();
            fifth.countDown();
            return number < 5 ? Duration.ofMillis(1) : null;
        })) {
            tries.after(Duration.ofDays(1));
            tries.after(Duration.ZERO);
            fifth.await();
        }
        assertThat(count).hasValue(5);
    }

    @Test
    void closingWakesTheOneUnderWayAndLeavesItsThreadAsItWas() throws Exception {
        Semaphore begun = new Semaphore(0);
        LinkedBlockingQueue<Boolean> woken = new LinkedBlockingQueue<>();
        LinkedBlockingQueue<Boolean> flagAfter = new LinkedBlockingQueue<>();
        Tries tries = new Tries(
                timer,
                task -> workers.execute(() -> {
                    task.run();
                    flagAfter.add(Thread.currentThread().isInterrupted());
                }),
                () -> {
                    begun.release();
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        woken.add(true);
                    }
                    return Duration.ZERO;
                });
        tries.after(Duration.ZERO);
        begun.acquire();
        tries.close();
        tries.close();
        assertThat(woken.take()).isTrue();
        assertThat(flagAfter.take()).isFalse();
        tries.after(Duration.ZERO);
        assertThat(begun.tryAcquire(200, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(tries.isClosed()).isTrue();
    }
}
