package dev.dits.cli;

import dev.dits.Transfer;
import dev.dits.TransferResult;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/** Waits for transfers and shows how far they are. */
final class Watch {
    private static final Duration INTERVAL = Duration.ofMillis(200);

    private Watch() {}

    /**
     * Waits for the end. A transfer that is interrupted is cancelled: what was verified stays.
     *
     * @param context where to show it
     * @param transfer what is under way
     * @param verb {@code Pulling}
     * @return what it did
     * @throws IOException why it failed
     * @throws InterruptedException if the command was interrupted
     */
    static TransferResult await(Context context, Transfer transfer, String verb)
            throws IOException, InterruptedException {
        try (ProgressView view = ProgressView.open(context, verb)) {
            while (true) {
                try {
                    TransferResult result = transfer.await(INTERVAL);
                    view.show(Step.of(result.progress()).complete());
                    return result;
                } catch (TimeoutException e) {
                    view.show(Step.of(transfer.progress()));
                } catch (InterruptedException e) {
                    transfer.cancel();
                    throw e;
                }
            }
        }
    }
}
