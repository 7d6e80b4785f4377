package dev.dits.wire;

import dev.dits.object.ObjectId;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One message of every type, and the variants that differ in form. */
final class Samples {
    private Samples() {}

    static byte[] bytes(int length, int first) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (first + i);
        }
        return bytes;
    }

    static ObjectId id(int seed) {
        return ObjectId.fromBytes(bytes(ObjectId.BYTES, seed), 0);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static Map<String, Message> all() {
        Map<String, Message> all = new LinkedHashMap<>();
        all.put(
                "hello-code",
                new Message.Hello(List.of(1, 2), Message.Hello.CODE, ascii("7KQ"), bytes(32, 0), bytes(65, 4)));
        all.put(
                "hello-attach",
                new Message.Hello(List.of(1), Message.Hello.ATTACH, bytes(16, 7), bytes(32, 0), new byte[0]));
        all.put("challenge", new Message.Challenge(1, 1, bytes(16, 9), bytes(32, 1), bytes(65, 4)));
        all.put("confirm", new Message.Confirm(bytes(32, 2)));
        all.put(
                "welcome",
                new Message.Welcome(
                        bytes(32, 3),
                        bytes(16, 7),
                        bytes(16, 8),
                        "default",
                        2,
                        "Urlaub \u00fc",
                        "main",
                        5,
                        1_700_000_000));
        all.put("present", new Message.Present("laptop", 0, 1_700_000_001));
        all.put("refused", new Message.Refused(5, 3_600, 0, "too many"));
        all.put("ping", new Message.Ping(0x0102030405060708L));
        all.put("pong", new Message.Pong(-1));
        all.put("refs-changed", new Message.RefsChanged());
        all.put("goodbye", new Message.Goodbye(4, "bye"));
        all.put("get-refs", new Message.GetRefs());
        all.put(
                "refs",
                new Message.Refs(
                        "main",
                        List.of(new Message.Refs.Ref("heads/main", id(1)), new Message.Refs.Ref("tags/v1", id(2)))));
        all.put("get-nodes", new Message.GetNodes(List.of(id(1)), List.of(id(2), id(3)), 1));
        all.put("object-plain", new Message.ObjectData(Message.PLAIN, 5, ascii("abcde")));
        all.put("object-zstd", new Message.ObjectData(Message.ZSTD, 300, ascii("zz")));
        all.put(
                "get-chunks",
                new Message.GetChunks(
                        id(4),
                        List.of(
                                new Message.GetChunks.Item(ascii("a/b"), 0, 1),
                                new Message.GetChunks.Item(ascii("c"), 1_000, 70_000))));
        all.put("chunk-plain", new Message.Chunk(Message.PLAIN, 200, bytes(200, 0)));
        all.put("chunk-zstd", new Message.Chunk(Message.ZSTD, 1 << 20, ascii("z")));
        all.put("gap", new Message.Gap(3, 200, 2));
        all.put("get-range", new Message.GetRange(id(5), ascii("a"), 1L << 40, 16 << 20));
        all.put(
                "meet",
                new Message.Meet(
                        bytes(Message.Meet.TOKEN_BYTES, 1),
                        List.of(address(4, 4_433), address(16, 65_535)),
                        Message.Meet.NAT_UNTOLD));
        all.put(
                "meet-nat",
                new Message.Meet(
                        bytes(Message.Meet.TOKEN_BYTES, 1), List.of(address(4, 4_433)), Message.Meet.NAT_SYMMETRIC));
        all.put("push", new Message.Push("main", id(6), id(7)));
        all.put("push-result", new Message.PushResult(4, id(8), "moved"));
        all.put("cancel", new Message.Cancel());
        all.put("failure", new Message.Failure(2, "not there"));
        all.put("end", new Message.End(129));
        return all;
    }

    private static InetSocketAddress address(int length, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(bytes(length, 10)), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
