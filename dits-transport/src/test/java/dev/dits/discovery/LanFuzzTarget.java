package dev.dits.discovery;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Datagrams of LAN discovery. The input is the datagram. Anything that is not exactly a message is ignored. */
public final class LanFuzzTarget {
    private LanFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) {
        LanMessage message = LanMessage.decode(ByteBuffer.wrap(input.clone()));
        if (message == null) {
            return;
        }
        byte[] again = new byte[LanMessage.BYTES];
        message.encode().get(again);
        if (!Arrays.equals(again, input)) {
            throw new AssertionError("a message has two forms");
        }
        if ((message.type() == LanMessage.Type.ANSWER) != (message.port() > 0) || message.port() > 65_535) {
            throw new AssertionError("an answer without a port, or a query with one");
        }
    }
}
