package dev.dits.repo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OrderedPipelineTest {
    private final ExecutorService executor = Executors.newFixedThreadPool(2);

    @AfterEach
    void end() {
        executor.shutdownNow();
    }

    @Test
    void resultsAreTakenInOrder() throws IOException {
        List<Integer> taken = new ArrayList<>();
        try (OrderedPipeline pipeline = new OrderedPipeline(executor, 4)) {
            for (int i = 0; i < 100; i++) {
                int value = i;
                pipeline.submit(() -> value, taken::add);
            }
            pipeline.finish();
        }
        assertThat(taken).hasSize(100).isSorted();
    }

    /** A full disk shows when an earlier result is taken, which the next submission does: that one must not be waited for as if it had been begun. */
    @Test
    void closingEndsWhereASubmissionFailedInSomebodyElsesTurn() throws Exception {
        CountDownLatch begin = new CountDownLatch(1);
        OrderedPipeline pipeline = new OrderedPipeline(executor);
        pipeline.submit(
                () -> {
                    begin.await();
                    return 1;
                },
                result -> {
                    throw new IOException("full");
                });
        begin.countDown();
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> {
                    while (true) {
                        pipeline.submit(() -> 2, result -> {});
                    }
                })
                .withMessage("full");
        pipeline.close();
    }
}
