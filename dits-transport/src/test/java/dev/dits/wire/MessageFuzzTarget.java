package dev.dits.wire;

import dev.dits.error.ProtocolException;
import dev.dits.object.ByteWriter;
import java.util.Arrays;

/** Every message. The input: {@code type u8}, then the payload. What is accepted has one form, and says nothing beyond its limits. */
public final class MessageFuzzTarget {
    private MessageFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] payload = Arrays.copyOfRange(input, 1, input.length);
        Message message;
        try {
            message = Message.decode(input[0] & 0xFF, payload);
        } catch (ProtocolException e) {
            return;
        }
        FrameFuzzTarget.check(message.type() == (input[0] & 0xFF), "a message of another type");
        ByteWriter out = new ByteWriter(payload.length);
        message.write(out);
        FrameFuzzTarget.check(Arrays.equals(out.toBytes(), payload), "a message has two forms");
        FrameFuzzTarget.check(message.toString() != null, "a message can not be shown");
        if (message instanceof Message.GetChunks chunks) {
            for (Message.GetChunks.Item item : chunks.items()) {
                FrameFuzzTarget.check(
                        item.first() >= 0 && item.count() >= 1 && item.first() + item.count() > 0,
                        "chunks beyond what can be counted");
            }
        } else if (message instanceof Message.GetRange range) {
            FrameFuzzTarget.check(
                    range.offset() >= 0
                            && range.length() >= 1
                            && range.length() <= Message.RANGE_BYTES_MAX
                            && range.offset() + range.length() > 0,
                    "a range beyond what can be counted");
        } else if (message instanceof Message.Meet meet) {
            FrameFuzzTarget.check(
                    meet.candidates().size() <= Message.Meet.CANDIDATES_MAX
                            && meet.candidates().stream().noneMatch(one -> one.isUnresolved() || one.getPort() == 0),
                    "an address that nobody has");
        }
    }
}
