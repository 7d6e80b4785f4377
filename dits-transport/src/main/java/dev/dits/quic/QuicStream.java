package dev.dits.quic;

import dev.dits.net.ByteStream;
import dev.dits.net.ConnectionLostException;
import dev.dits.net.StreamResetException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownException;
import io.netty.handler.codec.quic.DefaultQuicStreamFrame;
import io.netty.handler.codec.quic.QuicStreamChannel;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A bidirectional QUIC stream as a pair of blocking byte streams.
 *
 * <p><b>Back-pressure.</b> A reader that does not read stops the loop from taking more than {@link #READ_BYTES_MAX} out
 * of QUIC, or {@link #UNREAD_BYTES_MAX} before it first read; the window then closes on the sender. A writer is at most {@link #WRITE_BYTES_MAX} ahead of what QUIC has
 * accepted; beyond that it blocks.
 *
 * <p><b>Coalescing.</b> Written bytes leave in pieces of {@link #WRITE_PIECE_BYTES}; a smaller rest leaves on
 * {@link #flush}, on {@link #shutdownOutput}, on {@link #close}, and when the stream's own reader would block.
 *
 * <p><b>Errors.</b> {@link ConnectionLostException} when the connection ends, {@link StreamResetException} when either
 * end resets the stream, {@link SocketTimeoutException} when a time-out set here passes, {@link InterruptedIOException}
 * when the thread is interrupted (its flag stays set). Bytes that arrived before a connection was lost are still read.
 *
 * <p>Safe for use by any number of threads; one reads and one writes at a time, the others wait.
 */
@SuppressWarnings("FutureReturnValueIgnored") // What matters of Netty's futures is listened to.
public final class QuicStream implements ByteStream {

    /** What the loop takes out of QUIC ahead of the reader. */
    public static final int READ_BYTES_MAX = 1 << 20;

    /** How far a writer may be ahead of QUIC, in bytes of buffers; less where {@link WriteBudget} is nearly spent. */
    public static final int WRITE_BYTES_MAX = 2 << 20;

    /** Written bytes are handed to the loop in pieces of this size. */
    public static final int WRITE_PIECE_BYTES = 128 << 10;

    /** Reading resumes below this, so that the loop is not asked for every buffer. */
    private static final int READ_BYTES_RESUME = READ_BYTES_MAX / 2;

    private static final int RECEIVE_BUFFER_BYTES = 64 << 10;

    /**
     * What is taken out of QUIC of a stream that nobody has begun to read. A peer may open {@link QuicNode#STREAMS_MAX} of
     * them at once: it is its own window that it fills, not this end's memory.
     */
    static final int UNREAD_BYTES_MAX = 2 << 10;

    /** A received piece below this is copied behind the one before, which would otherwise pin a whole buffer. */
    private static final int MERGE_BYTES_MAX = 8 << 10;

    /** What is read and thrown away after a close, in the hope of a clean end, before the peer is told to stop. */
    private static final int DRAIN_BYTES_MAX = 1 << 20;

    /** Room for a frame or two: what is flushed is kept in a buffer of its own until QUIC takes it. */
    private static final int PENDING_BYTES_INITIAL = 256;

    private final QuicConnection connection;
    private final QuicStreamChannel channel;
    private final WriteBudget budget;

    /** Held by the one reader: {@link #head} is its own. */
    private final ReentrantLock readLock = new ReentrantLock();

    private @Nullable ByteBuf head;

    /** Held by the one writer: {@link #pending} is its own. */
    private final ReentrantLock writeLock = new ReentrantLock();

    private volatile @Nullable ByteBuf pending;

    /** Guards everything below; never held while blocking on anything but its own conditions. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition readable = lock.newCondition();
    private final Condition writable = lock.newCondition();
    private final Queue<ByteBuf> received = new ArrayDeque<>();
    private @Nullable ByteBuf receivedLast;
    private int receivedBytes;
    private int wantedBytes;
    private boolean readPaused;

    /** Whether somebody reads, so that reading ahead serves a purpose. */
    private volatile boolean readerCame;

    private boolean endOfInput;
    private boolean discarding;
    private @Nullable IOException readFailure;

    private final Queue<ByteBuf> outgoing = new ArrayDeque<>();

    /** Of whole buffers, for it is these that take memory. */
    private int outgoingBytes;

    private boolean sendScheduled;
    private boolean finRequested;
    private boolean finSent;
    private @Nullable IOException writeFailure;

    /** Nothing more comes or goes. */
    private volatile boolean over;

    private volatile long readTimeoutNanos;
    private volatile long writeTimeoutNanos;

    /** On the loop. */
    private boolean passEndScheduled;

    private long discardedBytes;

    private QuicStream(QuicConnection connection, QuicStreamChannel channel) {
        this.connection = connection;
        this.channel = channel;
        this.budget = connection.writeBudget();
    }

    /** On the loop, while the channel is being registered. */
    static QuicStream attach(QuicConnection connection, QuicStreamChannel channel) {
        QuicStream stream = new QuicStream(connection, channel);
        channel.config()
                .setAutoRead(false)
                .setRecvByteBufAllocator(stream.new ReceiveBuffers())
                .setAllowHalfClosure(true);
        channel.pipeline().addLast(stream.new Inbound());
        return stream;
    }

    /** The connection this stream belongs to. */
    @Override
    public QuicConnection connection() {
        return connection;
    }

    /** The QUIC stream id, unique in its connection. */
    public long id() {
        return channel.streamId();
    }

    /** How long a read may wait for the first byte; zero, the default, for as long as the connection lives. */
    @Override
    public void setReadTimeout(Duration timeout) {
        readTimeoutNanos = timeout.toNanos();
    }

    /** How long a write may wait for room; zero, the default, for as long as the connection lives. */
    @Override
    public void setWriteTimeout(Duration timeout) {
        writeTimeoutNanos = timeout.toNanos();
    }

    /** Bytes that can be read without waiting. */
    public int available() {
        ByteBuf mine = head;
        lock.lock();
        try {
            return receivedBytes + (mine == null ? 0 : mine.readableBytes());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Reads what is there, up to {@code length} bytes, and waits only while nothing is.
     *
     * @return how many bytes were read, or -1 at the end
     */
    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        return read(ByteBuffer.wrap(target, offset, length), false);
    }

    /** {@link #read(byte[], int, int)} into a heap or direct buffer. */
    public int read(ByteBuffer target) throws IOException {
        return read(target, false);
    }

    /**
     * Reads exactly {@code length} bytes.
     *
     * @throws EOFException if the stream ends before
     */
    public void readFully(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        readFully(ByteBuffer.wrap(target, offset, length));
    }

    /** {@link #readFully(byte[], int, int)} into a heap or direct buffer. */
    public void readFully(ByteBuffer target) throws IOException {
        int wanted = target.remaining();
        int read = read(target, true);
        if (wanted > 0 && read < wanted) {
            throw new EOFException("the stream ended " + (wanted - Math.max(read, 0)) + " bytes early");
        }
    }

    private int read(ByteBuffer target, boolean fully) throws IOException {
        if (!target.hasRemaining()) {
            return 0;
        }
        acquire(readLock);
        try {
            readerCame = true;
            int total = 0;
            while (target.hasRemaining()) {
                ByteBuf current = head;
                if (current == null) {
                    current = next(total == 0 || fully, target.remaining());
                    if (current == null) {
                        return total == 0 ? -1 : total;
                    }
                    if (!current.isReadable()) {
                        // Nothing more without waiting.
                        current.release();
                        return total;
                    }
                    head = current;
                }
                int length = Math.min(target.remaining(), current.readableBytes());
                int limit = target.limit();
                target.limit(target.position() + length);
                current.readBytes(target);
                target.limit(limit);
                total += length;
                if (!current.isReadable()) {
                    head = null;
                    current.release();
                }
            }
            return total;
        } finally {
            if (over) {
                headOnHeap();
            }
            readLock.unlock();
        }
    }

    /**
     * Takes the next received buffer.
     *
     * @return null at the end of input; an empty buffer if there is nothing and {@code wait} is false
     */
    private @Nullable ByteBuf next(boolean wait, int wanted) throws IOException {
        boolean resume = false;
        ByteBuf next;
        lock.lock();
        try {
            next = received.poll();
            if (next == null && wait) {
                if (!endOfInput && readFailure == null) {
                    flushForReader();
                }
                await(wanted);
                next = received.poll();
            }
            if (next == null) {
                if (readFailure != null) {
                    if (wait) {
                        throw renewed(readFailure);
                    }
                    return Unpooled.EMPTY_BUFFER;
                }
                return endOfInput ? null : Unpooled.EMPTY_BUFFER;
            }
            receivedBytes -= next.readableBytes();
            if (received.isEmpty()) {
                receivedLast = null;
            }
            if (readPaused && receivedBytes <= READ_BYTES_RESUME) {
                readPaused = false;
                resume = true;
            }
        } finally {
            lock.unlock();
        }
        if (resume) {
            channel.read();
        }
        return next;
    }

    /** With the lock held: a request must be on its way before its answer is waited for. */
    private void flushForReader() throws IOException {
        if (pending == null || !writeLock.tryLock()) {
            // Nothing to flush, or a writer is at it.
            return;
        }
        try {
            ByteBuf buffer = pending;
            pending = null;
            if (buffer != null) {
                enqueue(buffer);
            }
        } finally {
            writeLock.unlock();
        }
    }

    /** With the lock held: waits for bytes, the end, or a failure. */
    private void await(int wanted) throws IOException {
        long timeout = readTimeoutNanos;
        long left = timeout;
        // The loop wakes us once this much is there, or at the end of its pass.
        wantedBytes = Math.min(wanted, READ_BYTES_RESUME);
        try {
            while (received.isEmpty() && !endOfInput && readFailure == null) {
                if (timeout == 0) {
                    readable.await();
                } else if (left <= 0) {
                    throw new SocketTimeoutException("nothing arrived for " + Duration.ofNanos(timeout));
                } else {
                    left = readable.awaitNanos(left);
                }
            }
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            wantedBytes = 0;
        }
    }

    /** Writes all bytes; they are copied, so the array is the caller's again on return. */
    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, source.length);
        write(ByteBuffer.wrap(source, offset, length));
    }

    /** Writes the remaining bytes of heap or direct buffers, in order; they are copied once. */
    public void write(ByteBuffer... sources) throws IOException {
        acquire(writeLock);
        try {
            for (ByteBuffer source : sources) {
                append(source);
            }
        } finally {
            writeLock.unlock();
        }
    }

    private void append(ByteBuffer source) throws IOException {
        while (source.hasRemaining()) {
            ByteBuf buffer = pending;
            if (buffer == null) {
                awaitRoom();
                int initial = Math.max(PENDING_BYTES_INITIAL, Math.min(source.remaining(), WRITE_PIECE_BYTES));
                buffer = channel.alloc().directBuffer(initial, WRITE_PIECE_BYTES);
                pending = buffer;
            }
            int length = Math.min(source.remaining(), WRITE_PIECE_BYTES - buffer.readableBytes());
            int limit = source.limit();
            source.limit(source.position() + length);
            buffer.writeBytes(source);
            source.limit(limit);
            if (buffer.readableBytes() == WRITE_PIECE_BYTES) {
                submitPending();
            }
        }
    }

    /** Sends what was written so far on its way. */
    @Override
    public void flush() throws IOException {
        acquire(writeLock);
        try {
            submitPending();
        } finally {
            writeLock.unlock();
        }
    }

    /** Flushes and ends this direction: the peer reads to the end. Does not wait; repeating it does nothing. */
    @Override
    public void shutdownOutput() throws IOException {
        acquire(writeLock);
        try {
            ByteBuf buffer = pending;
            pending = null;
            lock.lock();
            try {
                if (finRequested) {
                    return;
                }
                if (writeFailure != null) {
                    if (buffer != null) {
                        buffer.release();
                    }
                    throw renewed(writeFailure);
                }
                finRequested = true;
                enqueue(buffer == null ? Unpooled.EMPTY_BUFFER : buffer);
            } finally {
                lock.unlock();
            }
        } finally {
            writeLock.unlock();
        }
    }

    /** With the write lock held. */
    private void submitPending() throws IOException {
        ByteBuf buffer = pending;
        if (buffer == null) {
            return;
        }
        pending = null;
        lock.lock();
        try {
            if (finRequested || writeFailure != null) {
                buffer.release();
                throw writeFailure == null
                        ? new IOException("the output of this stream is closed")
                        : renewed(writeFailure);
            }
            enqueue(buffer);
        } finally {
            lock.unlock();
        }
    }

    /** With the write lock held: waits until the loop has caught up. */
    private void awaitRoom() throws IOException {
        long timeout = writeTimeoutNanos;
        long left = timeout;
        lock.lock();
        try {
            while (outgoingBytes >= budget.streamBytesMax() && writeFailure == null && !finRequested) {
                if (timeout == 0) {
                    writable.await();
                } else if (left <= 0) {
                    throw new SocketTimeoutException("the peer took nothing for " + Duration.ofNanos(timeout));
                } else {
                    left = writable.awaitNanos(left);
                }
            }
            if (writeFailure != null) {
                throw renewed(writeFailure);
            }
            if (finRequested) {
                throw new IOException("the output of this stream is closed");
            }
        } catch (InterruptedException e) {
            throw interrupted();
        } finally {
            lock.unlock();
        }
    }

    /** With the lock held. */
    private void enqueue(ByteBuf buffer) {
        outgoing.add(buffer);
        outgoingBytes += buffer.capacity();
        budget.taken(buffer.capacity());
        if (!sendScheduled) {
            sendScheduled = true;
            try {
                channel.eventLoop().execute(this::send);
            } catch (RejectedExecutionException e) {
                ByteBuf left;
                while ((left = outgoing.poll()) != null) {
                    budget.returned(left.capacity());
                    left.release();
                }
                failBoth(connection.lost());
            }
        }
    }

    /** On the loop: everything that workers have handed over. */
    private void send() {
        while (true) {
            ByteBuf buffer;
            boolean fin;
            lock.lock();
            try {
                buffer = outgoing.poll();
                fin = finRequested && !finSent && outgoing.isEmpty();
                if (buffer == null) {
                    sendScheduled = false;
                    return;
                }
                if (fin) {
                    finSent = true;
                }
            } finally {
                lock.unlock();
            }
            int bytes = buffer.capacity();
            // The end travels behind the last bytes in the channel's own queue; shutdownOutput would overtake it.
            channel.write(fin ? new DefaultQuicStreamFrame(buffer, true) : buffer)
                    .addListener((ChannelFuture f) -> written(bytes, f.cause()));
        }
    }

    /** On the loop: QUIC has taken a piece, or never will. */
    private void written(int bytes, @Nullable Throwable failure) {
        budget.returned(bytes);
        lock.lock();
        try {
            outgoingBytes -= bytes;
            if (failure != null && writeFailure == null) {
                writeFailure = explain(failure);
                writable.signalAll();
            } else if (outgoingBytes <= budget.streamBytesMax() / 2) {
                writable.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private IOException explain(Throwable failure) {
        if (!connection.isOpen()) {
            return connection.lost();
        }
        if (failure instanceof io.netty.handler.codec.quic.QuicStreamResetException reset) {
            return new StreamResetException("the peer reset the stream", reset.applicationProtocolCode());
        }
        if (failure instanceof ChannelOutputShutdownException) {
            return new StreamResetException("the peer does not want more of this stream", -1);
        }
        return new IOException("the stream failed", failure);
    }

    /** A failure is kept, and thrown again with the stack of whoever meets it. */
    private IOException renewed(IOException failure) {
        if (failure instanceof ConnectionLostException lost) {
            return new ConnectionLostException(lost.reason());
        }
        if (failure instanceof StreamResetException reset) {
            return new StreamResetException(String.valueOf(reset.getMessage()), reset.code());
        }
        return new IOException(failure.getMessage(), failure);
    }

    private static void acquire(ReentrantLock which) throws InterruptedIOException {
        try {
            which.lockInterruptibly();
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static InterruptedIOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted on a stream");
    }

    /**
     * Abandons both directions at once: what is queued at either end is dropped, the peer meets a
     * {@link StreamResetException}.
     *
     * @param code of the application, 0 to 2^31-1
     */
    @Override
    public void reset(long code) {
        if (code < 0 || code > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("error code " + code + " is outside 0..2^31-1");
        }
        lock.lock();
        try {
            discarding = true;
            dropReceived();
            failBoth(new StreamResetException("this end reset the stream", code));
        } finally {
            lock.unlock();
        }
        dropHead();
        dropPending();
        onLoop(() -> {
            if (channel.isOpen()) {
                channel.shutdown((int) code, channel.newPromise());
                channel.close();
            }
        });
    }

    /**
     * Ends the stream: flushes, ends the output, and throws away what the peer still sends. Does not wait, may be
     * repeated, and never fails; whoever must know that the peer got everything waits for its answer.
     */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        try {
            shutdownOutput();
        } catch (IOException e) {
            // Reset or lost: there is nothing left to end.
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        lock.lock();
        try {
            discarding = true;
            dropReceived();
            if (readFailure == null && !endOfInput) {
                readFailure = new IOException("the stream is closed");
            }
            readPaused = false;
            readable.signalAll();
        } finally {
            lock.unlock();
        }
        dropHead();
        onLoop(channel::read);
    }

    private void onLoop(Runnable task) {
        try {
            channel.eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            // The node is closed, and the channel with it.
        }
    }

    /** With the lock held. */
    private void dropReceived() {
        ByteBuf buffer;
        while ((buffer = received.poll()) != null) {
            buffer.release();
        }
        receivedLast = null;
        receivedBytes = 0;
    }

    /** Returns the reader's buffer, unless a reader is at it, who then does so at its next call or leaves it to the end. */
    private void dropHead() {
        if (readLock.tryLock()) {
            try {
                ByteBuf buffer = head;
                head = null;
                if (buffer != null) {
                    buffer.release();
                }
            } finally {
                readLock.unlock();
            }
        }
    }

    private void dropPending() {
        if (writeLock.tryLock()) {
            try {
                ByteBuf buffer = pending;
                pending = null;
                if (buffer != null) {
                    buffer.release();
                }
            } finally {
                writeLock.unlock();
            }
        }
    }

    /** With the lock held: the first failure stays. */
    private void failBoth(IOException failure) {
        if (readFailure == null && !endOfInput) {
            readFailure = failure;
        }
        if (writeFailure == null) {
            writeFailure = failure;
        }
        readable.signalAll();
        writable.signalAll();
    }

    /** Small ones for a stream that nobody reads yet. */
    private final class ReceiveBuffers extends DefaultMaxMessagesRecvByteBufAllocator {
        @Override
        @SuppressWarnings("deprecation") // Netty's type for what it asks for.
        public Handle newHandle() {
            return new MaxMessageHandle() {
                @Override
                public int guess() {
                    return readerCame ? RECEIVE_BUFFER_BYTES : UNREAD_BYTES_MAX;
                }
            };
        }
    }

    /** Everything that arrives, on the loop. */
    private final class Inbound extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            ctx.read();
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            int bytes = buffer.readableBytes();
            boolean full = !buffer.isWritable();
            boolean more;
            boolean late = false;
            boolean dropped;
            lock.lock();
            try {
                dropped = discarding;
                if (!dropped) {
                    keep(buffer);
                    receivedBytes += bytes;
                    if (wantedBytes > 0) {
                        if (receivedBytes >= wantedBytes) {
                            readable.signalAll();
                        } else {
                            late = true;
                        }
                    }
                }
                more = receivedBytes < (readerCame || dropped ? READ_BYTES_MAX : 1);
                readPaused = !more;
            } finally {
                lock.unlock();
            }
            if (dropped) {
                discard(buffer, bytes);
            }
            if (!more && !late) {
                return;
            }
            // With automatic reads off, each read delivers one buffer. A full one means that there is more. After any
            // other the next read waits for the end of the pass: QUIC gathers what the packets of the pass bring, and
            // it comes in few large buffers, with one wake-up for a reader that wants much.
            boolean deferred = passEndScheduled || (!full && connection.atPassEnd(this::passEnded));
            passEndScheduled = deferred;
            if (more && (full || !deferred) && channel.isOpen()) {
                ctx.read();
            }
            if (late && !passEndScheduled) {
                passEndScheduled = true;
                ctx.executor().execute(this::passEnded);
            }
        }

        private void keep(ByteBuf buffer) {
            ByteBuf last = receivedLast;
            int bytes = buffer.readableBytes();
            if (last != null && bytes <= MERGE_BYTES_MAX && last.writableBytes() >= bytes) {
                last.writeBytes(buffer);
                buffer.release();
            } else {
                received.add(buffer);
                receivedLast = buffer;
            }
        }

        private void discard(ByteBuf buffer, int bytes) {
            buffer.release();
            discardedBytes += bytes;
            if (discardedBytes > DRAIN_BYTES_MAX && channel.isOpen()) {
                channel.shutdownInput(0, channel.newPromise());
                channel.close();
            }
        }

        private void passEnded() {
            passEndScheduled = false;
            boolean more;
            lock.lock();
            try {
                more = !readPaused;
            } finally {
                lock.unlock();
            }
            if (more && channel.isOpen()) {
                channel.read();
            }
            lock.lock();
            try {
                if (receivedBytes > 0) {
                    readable.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event == ChannelInputShutdownEvent.INSTANCE) {
                lock.lock();
                try {
                    endOfInput = true;
                    readable.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            IOException failure = explain(cause);
            lock.lock();
            try {
                if (failure instanceof StreamResetException) {
                    // The sender took it back; half of something is of no use.
                    dropReceived();
                }
                failBoth(failure);
            } finally {
                lock.unlock();
            }
            if (channel.isOpen()) {
                channel.shutdown(0, channel.newPromise());
                channel.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            lock.lock();
            try {
                if (!connection.isOpen()) {
                    failBoth(connection.lost());
                } else {
                    failBoth(new IOException("the stream is closed"));
                }
                if (discarding) {
                    dropReceived();
                }
                receivedOnHeap();
            } finally {
                lock.unlock();
            }
            over = true;
            // Whoever is at it does this himself.
            if (readLock.tryLock()) {
                try {
                    headOnHeap();
                } finally {
                    readLock.unlock();
                }
            }
            dropPending();
        }
    }

    /**
     * With the read lock held, once nothing more comes: what is still to be read moves out of a buffer that somebody has to release, for
     * nobody may come: a connection was refused, a peer said too much.
     */
    private void headOnHeap() {
        ByteBuf buffer = head;
        if (buffer != null && buffer.isDirect()) {
            head = Unpooled.buffer(buffer.readableBytes()).writeBytes(buffer);
            buffer.release();
        }
    }

    /** As {@link #headOnHeap}, with the lock held, for what no reader has taken yet. */
    private void receivedOnHeap() {
        if (received.isEmpty()) {
            return;
        }
        ByteBuf rest = Unpooled.buffer(receivedBytes);
        for (ByteBuf buffer : received) {
            rest.writeBytes(buffer);
            buffer.release();
        }
        received.clear();
        received.add(rest);
        receivedLast = null;
    }
}
