package dev.dits.session;

import dev.dits.net.ByteStream;
import dev.dits.wire.FrameWriter;
import dev.dits.wire.Message;
import java.io.IOException;

/** The responder's end of one request. For one thread. */
public final class Exchange {
    private final ByteStream stream;
    private final FrameWriter writer;
    private final RateLimits limits;
    private long frames;
    private long bytes;
    private boolean ended;

    Exchange(ByteStream stream, RateLimits limits) {
        this.stream = stream;
        this.limits = limits;
        this.writer = new FrameWriter(Session.output(stream));
    }

    /**
     * Sends a frame, waiting while the peer takes no more.
     *
     * @param message the frame
     * @throws IOException if the peer lost interest or the stream failed
     */
    public void send(Message message) throws IOException {
        if (ended) {
            throw new IllegalStateException("the answer has ended");
        }
        long written = writer.write(message);
        bytes += written;
        frames++;
        limits.sent(written, () -> !stream.connection().isOpen());
    }

    /**
     * Sends what was written on its way, before something that takes a while.
     *
     * @throws IOException if the stream failed
     */
    public void flush() throws IOException {
        writer.flush();
    }

    /**
     * Ends the answer.
     *
     * @throws IOException if the stream failed
     */
    public void end() throws IOException {
        last(new Message.End(frames));
    }

    /** What the handler has left to do. */
    void finish() throws IOException {
        if (!ended) {
            end();
        }
    }

    void fail(int code, String text) throws IOException {
        if (!ended) {
            last(new Message.Failure(code, Session.cut(text, Message.TEXT_BYTES_MAX)));
        }
    }

    private void last(Message message) throws IOException {
        ended = true;
        bytes += writer.write(message);
        writer.flush();
        stream.shutdownOutput();
    }

    /**
     * Tells how to ask the requester something in turn: by the connection that its request came on. Several processes may hold one
     * session, and only the one that asked knows what it asked for.
     *
     * @return requests over that connection; they end with it
     */
    public Requests back() {
        return message -> {
            try {
                return new RequestStream(stream.connection().openStream(), message, limits);
            } catch (IOException e) {
                throw RequestStream.translated(e);
            }
        };
    }

    /**
     * Tells how much was sent.
     *
     * @return bytes of frames
     */
    public long bytes() {
        return bytes;
    }
}
