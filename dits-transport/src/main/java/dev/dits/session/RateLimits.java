package dev.dits.session;

import java.io.InterruptedIOException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How fast bytes may go out and come in: of a node, or of one share or mount within the limits of its node. What is counted is frames of requests and answers; QUIC, UDP
 * and IP add some per cent to it.
 *
 * <p>Safe for use by several threads.
 */
public final class RateLimits {
    private final @Nullable RateLimits node;
    private final TokenBucket up = new TokenBucket(System::nanoTime);
    private final TokenBucket down = new TokenBucket(System::nanoTime);

    /**
     * @param node whose limits hold too; null for none
     */
    public RateLimits(@Nullable RateLimits node) {
        this.node = node;
    }

    /**
     * What goes out of it.
     *
     * @return its own limit alone
     */
    public TokenBucket up() {
        return up;
    }

    /**
     * What comes in.
     *
     * @return its own limit alone
     */
    public TokenBucket down() {
        return down;
    }

    void sent(long bytes, BooleanSupplier over) throws InterruptedIOException {
        for (RateLimits one = this; one != null; one = one.node) {
            take(one.up, bytes, over);
        }
    }

    void received(long bytes, BooleanSupplier over) throws InterruptedIOException {
        for (RateLimits one = this; one != null; one = one.node) {
            take(one.down, bytes, over);
        }
    }

    private static void take(TokenBucket bucket, long bytes, BooleanSupplier over) throws InterruptedIOException {
        try {
            bucket.take(bytes, over);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while a rate limit held it");
        }
    }
}
