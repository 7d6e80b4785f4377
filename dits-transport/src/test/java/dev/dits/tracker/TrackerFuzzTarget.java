package dev.dits.tracker;

import dev.dits.path.StunMessage;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What strangers send to a tracker: the first byte chooses between a datagram of STUN and the bodies of the REST API. Whatever comes is answered or ignored; an answer to a
 * datagram has the length that the specification gives it.
 */
public final class TrackerFuzzTarget {
    private static final List<String> PATHS =
            List.of("/api/peers/register", "/api/peers/heartbeat", "/api/files/announce");

    private TrackerFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] rest = Arrays.copyOfRange(input, 1, input.length);
        InetSocketAddress from = new InetSocketAddress("127.0.0.1", 1);
        int which = input[0] & 3;
        if (which == 3) {
            byte[] answer = StunMessage.answer(ByteBuffer.wrap(rest), from);
            if (answer != null && answer.length != StunMessage.ANSWER_V4_BYTES) {
                throw new AssertionError("an answer of another length");
            }
            return;
        }
        Hub hub = new Hub(TrackerOptions.defaults(), Clocks.system(), new SecureRandom());
        HttpHeaders headers = new DefaultHttpHeaders();
        headers.set("Content-Type", "application/json");
        Request request = new Request(HttpMethod.POST, PATHS.get(which), Map.of(), headers, from);
        int status = new RestApi(hub)
                .answer(request, rest)
                .toCompletableFuture()
                .join()
                .status();
        if (!List.of(200, 201, 400, 403, 404).contains(status)) {
            throw new AssertionError("answered with " + status);
        }
        TrackerStore.Counts counts = hub.store.counts().toCompletableFuture().join();
        if (counts.peers() != (which == 0 && status == 201 ? 1 : 0)) {
            throw new AssertionError("registered, and not said so, or the other way round");
        }
    }
}
