package dev.dits.quic;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.Arrays;

/**
 * Retry tokens. The input: {@code what u8} (bit 0: another port), then changes to an honest token, each {@code offset u8, value u8} (an exclusive or); or, with
 * bit 7 set, the whole token.
 *
 * <p>The honest token alone is accepted, and only from where it was sent.
 */
public final class RetryTokenFuzzTarget {
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
    private static final InetSocketAddress ADDRESS = new InetSocketAddress("127.0.0.1", 4433);
    private static final InetSocketAddress ELSEWHERE = new InetSocketAddress("127.0.0.1", 4434);
    private static final byte[] ID = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    private static final RetryTokens TOKENS = new RetryTokens(() -> NOW, new byte[32], address -> true);
    private static final byte[] HONEST;

    static {
        ByteBuf out = Unpooled.buffer(64, 64);
        TOKENS.writeToken(out, Unpooled.wrappedBuffer(ID), ADDRESS);
        HONEST = new byte[out.readableBytes()];
        out.readBytes(HONEST);
    }

    private RetryTokenFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] token = HONEST.clone();
        if (input[0] < 0) {
            token = Arrays.copyOfRange(input, 1, input.length);
        } else {
            for (int i = 1; i + 1 < input.length; i += 2) {
                int at = (input[i] & 0xFF) % (HONEST.length + 8);
                if (at < token.length) {
                    token[at] ^= input[i + 1];
                } else {
                    token = Arrays.copyOf(token, input[i + 1] & 0xFF);
                }
            }
        }
        InetSocketAddress from = (input[0] & 1) == 0 ? ADDRESS : ELSEWHERE;
        int offset = TOKENS.validateToken(Unpooled.wrappedBuffer(token), from);
        boolean honest = from == ADDRESS && Arrays.equals(token, HONEST);
        if (honest != (offset >= 0)) {
            throw new AssertionError(honest ? "an honest token was refused" : "another token was accepted");
        }
        if (honest && !Arrays.equals(token, offset, token.length, ID, 0, ID.length)) {
            throw new AssertionError("a token names another connection");
        }
    }
}
