package dev.dits.session;

import dev.dits.error.ProtocolException;
import dev.dits.object.ByteWriter;
import dev.dits.wire.FrameReader;
import dev.dits.wire.FrameWriter;
import dev.dits.wire.Message;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What both sides of a join do alike: send a frame, take one of a kind, and say what was negotiated. */
final class JoinFrames {
    /** The protocol version of {@code docs/wire.md}. */
    static final int VERSION = 1;

    /** All that this side speaks, as a refusal names them. */
    static final String VERSIONS = String.valueOf(VERSION);

    private static final byte[] LABEL = "dits/1 join\0".getBytes(StandardCharsets.US_ASCII);

    private final FrameReader reader;
    private final FrameWriter writer;

    JoinFrames(FrameReader reader, FrameWriter writer) {
        this.reader = reader;
        this.writer = writer;
    }

    void send(Message message) throws IOException {
        writer.write(message);
        writer.flush();
    }

    Message receive() throws IOException {
        Message message = reader.read();
        if (message == null) {
            throw new EOFException("the peer ended the join");
        }
        return message;
    }

    static ProtocolException unexpected(Message message) {
        return new ProtocolException(
                "the peer sent " + message.getClass().getSimpleName() + " where the join has no place for it");
    }

    /** RFC 9382's AAD: all of HELLO, and CHALLENGE but for its point, each behind its length. */
    static byte[] associatedData(Message.Hello hello, Message.Challenge challenge) {
        ByteWriter said = new ByteWriter();
        hello.write(said);
        ByteWriter answered = new ByteWriter();
        answered.u16(challenge.version()).u8(challenge.suite());
        answered.raw(challenge.shareId(), 0, challenge.shareId().length);
        answered.raw(challenge.nonce(), 0, challenge.nonce().length);
        return new ByteWriter()
                .raw(LABEL, 0, LABEL.length)
                .bytes(said.toBytes())
                .bytes(answered.toBytes())
                .toBytes();
    }
}
