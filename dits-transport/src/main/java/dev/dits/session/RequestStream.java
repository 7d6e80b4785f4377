package dev.dits.session;

import dev.dits.error.ProtocolException;
import dev.dits.error.SessionClosedException;
import dev.dits.net.ByteStream;
import dev.dits.net.ConnectionLostException;
import dev.dits.net.StreamResetException;
import dev.dits.wire.FrameReader;
import dev.dits.wire.FrameWriter;
import dev.dits.wire.Message;
import java.io.Closeable;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** The requester's end of one request. One thread at a time reads; closing it from another makes that read fail. */
public final class RequestStream implements Closeable {
    private final ByteStream stream;
    private final FrameReader reader;
    private final FrameWriter writer;
    private final RateLimits limits;
    private final AtomicBoolean ended = new AtomicBoolean();
    private long frames;

    RequestStream(ByteStream stream, Message request, RateLimits limits) throws IOException {
        this.stream = stream;
        this.limits = limits;
        this.reader = new FrameReader(stream::read, FrameReader.PAYLOAD_BYTES_MAX);
        this.writer = new FrameWriter(Session.output(stream));
        boolean sent = false;
        try {
            writer.write(request);
            writer.flush();
            sent = true;
        } finally {
            if (!sent) {
                stream.reset(0);
            }
        }
    }

    /**
     * What happened to a stream, as callers outside of this package know it: connection and stream come and go below
     * them, and a lost request is made again.
     */
    static IOException translated(IOException failure) {
        if (failure instanceof ConnectionLostException || failure instanceof StreamResetException) {
            return new SessionClosedException(
                    "the connection was lost while a request was under way; it can be made again", failure);
        }
        return failure;
    }

    /**
     * Limits how long {@link #receive} waits.
     *
     * @param silence the longest time without a byte; zero for as long as the connection lives
     */
    public void setSilenceMax(Duration silence) {
        stream.setReadTimeout(silence);
    }

    /**
     * Takes the next frame of the answer.
     *
     * @return a message, an {@link Message.End} as the last one
     * @throws SessionClosedException if the connection was lost or the peer gave the request up: ask again
     * @throws ProtocolException if the peer broke the protocol
     * @throws IOException what the peer reported, as the exception that fits
     */
    public Message receive() throws IOException {
        Message message;
        try {
            long before = reader.bytes();
            message = reader.read();
            limits.received(
                    reader.bytes() - before,
                    () -> ended.get() || !stream.connection().isOpen());
        } catch (ProtocolException e) {
            stream.connection().close(Session.PROTOCOL, "protocol");
            throw e;
        } catch (SocketTimeoutException e) {
            throw new SessionClosedException(
                    "the other side was asked for something and sent nothing for too long; the request can be made again",
                    e);
        } catch (IOException e) {
            throw translated(e);
        }
        if (message == null) {
            throw new SessionClosedException("the peer ended an answer early; the request can be made again");
        }
        frames++;
        if (message instanceof Message.Failure failure) {
            ended.set(true);
            throw ErrorCodes.exception(failure.code(), failure.message());
        }
        if (message instanceof Message.End end) {
            ended.set(true);
            if (end.frames() != frames - 1) {
                throw unexpected(message);
            }
        }
        return message;
    }

    /**
     * Says that a frame has no place here.
     *
     * @param message the frame
     * @return the exception to throw
     */
    public ProtocolException unexpected(Message message) {
        return new ProtocolException(
                "the peer answered with " + message.getClass().getSimpleName() + ", which has no place there");
    }

    /** Ends the request; where the answer is not complete the peer is told to stop. Never fails, and may be repeated. */
    @Override
    public void close() {
        if (ended.compareAndSet(false, true)) {
            try {
                writer.write(new Message.Cancel());
                writer.flush();
            } catch (IOException e) {
                // The stream is gone already, which is all that the frame would have asked for.
            }
            stream.reset(ErrorCodes.CANCELLED);
        } else {
            stream.close();
        }
    }
}
