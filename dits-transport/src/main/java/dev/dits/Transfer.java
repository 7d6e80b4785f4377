package dev.dits;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

/**
 * A pull or a push under way. It runs by itself from the moment it is returned; this is the handle to watch and steer it.
 *
 * <p>Safe for use by several threads. A transfer that was cancelled, or whose process was killed, loses nothing that had
 * been verified: the same call goes on from there.
 */
public interface Transfer {
    /**
     * Tells how far it is.
     *
     * @return a snapshot
     */
    Progress progress();

    /** Stops asking for more until {@link #resume}. What is in flight still arrives. No effect once ended. */
    void pause();

    /** Goes on after {@link #pause}. */
    void resume();

    /** Ends it early; {@link #await} then throws {@link java.util.concurrent.CancellationException}. */
    void cancel();

    /**
     * Limits its speed; may be changed at any time.
     *
     * @param bytesPerSecond bytes a second on the wire, 0 for no limit
     * @throws IllegalArgumentException if negative
     */
    void limit(long bytesPerSecond);

    /**
     * Waits for the end.
     *
     * @return what it did
     * @throws IOException why it failed, a child of {@link dev.dits.error.DitsException} where dits knows the cause
     * @throws InterruptedException if the waiting thread was interrupted; the transfer goes on
     * @throws java.util.concurrent.CancellationException if it was cancelled, or its mount was closed
     */
    TransferResult await() throws IOException, InterruptedException;

    /**
     * Waits for the end, for a while.
     *
     * @param timeout how long at most
     * @return what it did
     * @throws TimeoutException if it is still running then; it goes on
     * @throws IOException why it failed
     * @throws InterruptedException if the waiting thread was interrupted; the transfer goes on
     */
    TransferResult await(Duration timeout) throws IOException, InterruptedException, TimeoutException;

    /**
     * Returns a future that ends with the transfer. Cancelling the future does not cancel the transfer.
     *
     * @return a new future
     */
    CompletableFuture<TransferResult> toFuture();
}
