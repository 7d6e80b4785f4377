package dev.dits.net;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;

/**
 * A bidirectional stream of a {@link Connection}: a pair of blocking byte streams with back-pressure.
 *
 * <p><b>Errors.</b> {@link ConnectionLostException} when the connection ends, {@link StreamResetException} when either
 * end resets the stream, {@link java.net.SocketTimeoutException} when a time-out set here passes,
 * {@link java.io.InterruptedIOException} when the thread is interrupted (its flag stays set). Bytes that arrived before
 * a connection was lost are still read.
 *
 * <p>Safe for use by any number of threads; one reads and one writes at a time, the others wait.
 */
public interface ByteStream extends Closeable {

    /**
     * Tells whose stream it is.
     *
     * @return its connection
     */
    Connection connection();

    /**
     * Limits how long a read waits for the first byte.
     *
     * @param timeout zero, the default, for as long as the connection lives
     */
    void setReadTimeout(Duration timeout);

    /**
     * Limits how long a write waits for room.
     *
     * @param timeout zero, the default, for as long as the connection lives
     */
    void setWriteTimeout(Duration timeout);

    /**
     * Reads what is there, up to {@code length} bytes, and waits only while nothing is.
     *
     * @param target where to put it
     * @param offset where in it
     * @param length how much at most
     * @return how many bytes were read, or -1 at the end
     * @throws IOException see above
     */
    int read(byte[] target, int offset, int length) throws IOException;

    /**
     * Writes all bytes; they are copied, so the array is the caller's again on return.
     *
     * @param source where they are
     * @param offset where in it
     * @param length how many
     * @throws IOException see above
     */
    void write(byte[] source, int offset, int length) throws IOException;

    /**
     * Sends what was written so far on its way.
     *
     * @throws IOException see above
     */
    void flush() throws IOException;

    /**
     * Flushes and ends this direction: the peer reads to the end. Does not wait; repeating it does nothing.
     *
     * @throws IOException see above
     */
    void shutdownOutput() throws IOException;

    /**
     * Abandons both directions at once: what is queued at either end is dropped, the peer meets a
     * {@link StreamResetException}.
     *
     * @param code of the application, 0 to 2^31-1
     */
    void reset(long code);

    /**
     * Ends the stream: flushes, ends the output, and throws away what the peer still sends. Does not wait, may be
     * repeated, and never fails.
     */
    @Override
    void close();
}
