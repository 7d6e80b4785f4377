package dev.dits.wire;

import dev.dits.error.CorruptObjectException;
import dev.dits.error.ProtocolException;
import dev.dits.object.ByteReader;
import dev.dits.object.ByteWriter;
import dev.dits.object.ObjectId;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * What peers say to each other: one record a frame type ({@code docs/wire.md}, sections 4 to 6).
 *
 * <p>Records hold the arrays they are given; nobody changes them afterwards.
 */
@SuppressWarnings("ArrayRecordComponent") // values that carry bytes across; never compared, never keys
public sealed interface Message {
    /** A feature, as WELCOME and PRESENT name them: a {@link Meet} may say what kind of router there is. */
    long NAT_IN_MEET = 1;

    /** Bytes of a nonce. */
    int NONCE_BYTES = 32;

    /** Bytes of a MAC. */
    int MAC_BYTES = 32;

    /** Most bytes of a selector. */
    int SELECTOR_BYTES_MAX = 64;

    /** Bytes of a point of SPAKE2; an attach has none. */
    int POINT_BYTES_MAX = 65;

    /** Bytes of share, session and repository ids. */
    int SHORT_ID_BYTES = 16;

    /** Most bytes of a name of a share, device or branch. */
    int NAME_BYTES_MAX = 255;

    /** Most bytes of a message for people. */
    int TEXT_BYTES_MAX = 1_024;

    /** Most bytes of a path: 128 names of 255 bytes and what joins them. */
    int PATH_BYTES_MAX = 128 * 256;

    /** Most commits a {@link GetNodes} wants. */
    int WANTS_MAX = 64;

    /** Most commits a {@link GetNodes} has. */
    int HAVES_MAX = 256;

    /** Most items of a {@link GetChunks}. */
    int ITEMS_MAX = 4_096;

    /** Most references of one {@link Refs}. */
    int REFS_MAX = 4_096;

    /** Most bytes of one {@link GetRange}. */
    long RANGE_BYTES_MAX = 16 << 20;

    /** Latest time that a clock may show, in seconds since 1970: the end of the year 9999. */
    long CLOCK_SECONDS_MAX = 253_402_300_799L;

    /** Largest number of a chunk, offset of a byte or count of either. */
    long SUM_MAX = 1L << 62;

    /** Codec of payloads that are not compressed. */
    int PLAIN = 0;

    /** Codec of payloads that are one zstd frame. */
    int ZSTD = 1;

    /** Most bytes a chunk has before compression. */
    int CHUNK_BYTES_MAX = 1 << 20;

    /** Most bytes an object has before compression. */
    int OBJECT_BYTES_MAX = 1 << 17;

    /**
     * Returns the frame type.
     *
     * @return 0 to 255
     */
    int type();

    /**
     * Writes the payload.
     *
     * @param out receives it
     */
    void write(ByteWriter out);

    // ---- join ----

    /** Opens the join. {@code kind}: 1 code, 2 ticket, 3 attach. */
    record Hello(List<Integer> versions, int kind, byte[] selector, byte[] nonce, byte[] point) implements Message {
        static final int TYPE = 0x01;

        /** By join code. */
        public static final int CODE = 1;

        /** By ticket. */
        public static final int TICKET = 2;

        /** By an earlier session's secret. */
        public static final int ATTACH = 3;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.u8(versions.size());
            versions.forEach(out::u16);
            out.u8(kind).bytes(selector).raw(nonce, 0, nonce.length).bytes(point);
        }

        static Hello read(ByteReader in) throws CorruptObjectException {
            int count = in.u8();
            if (count < 1 || count > 16) {
                throw new CorruptObjectException("a hello offers " + count + " versions, not 1 to 16");
            }
            List<Integer> versions = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                versions.add(in.u16());
            }
            return new Hello(
                    List.copyOf(versions),
                    in.u8(),
                    in.bytes(1, SELECTOR_BYTES_MAX, "a selector's length"),
                    in.raw(NONCE_BYTES),
                    in.bytes(0, POINT_BYTES_MAX, "a point's length"));
        }
    }

    /** Answers {@link Hello}. {@code suite}: 1 SPAKE2, 2 HMAC. */
    record Challenge(int version, int suite, byte[] shareId, byte[] nonce, byte[] point) implements Message {
        static final int TYPE = 0x02;

        /** SPAKE2, P256-SHA256-HKDF-HMAC. */
        public static final int SPAKE2 = 1;

        /** HMAC-SHA256 over the session secret. */
        public static final int HMAC = 2;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.u16(version).u8(suite).raw(shareId, 0, shareId.length).raw(nonce, 0, nonce.length);
            out.bytes(point);
        }

        static Challenge read(ByteReader in) throws CorruptObjectException {
            return new Challenge(
                    in.u16(),
                    in.u8(),
                    in.raw(SHORT_ID_BYTES),
                    in.raw(NONCE_BYTES),
                    in.bytes(0, POINT_BYTES_MAX, "a point's length"));
        }
    }

    /** The dialler's confirmation. */
    record Confirm(byte[] mac) implements Message {
        static final int TYPE = 0x03;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.raw(mac, 0, mac.length);
        }
    }

    /** The share's confirmation, and what it is. {@code role}: 1 read-only, 2 read-write; its clock in seconds since 1970. */
    record Welcome(
            byte[] mac,
            byte[] sessionId,
            byte[] repositoryId,
            String profile,
            int role,
            String shareName,
            String branch,
            long features,
            long clockSeconds)
            implements Message {
        static final int TYPE = 0x04;

        /** May only read. */
        public static final int READ_ONLY = 1;

        /** May push. */
        public static final int READ_WRITE = 2;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.raw(mac, 0, mac.length).raw(sessionId, 0, sessionId.length).raw(repositoryId, 0, repositoryId.length);
            out.text(profile)
                    .u8(role)
                    .text(shareName)
                    .text(branch)
                    .varint(features)
                    .varint(clockSeconds);
        }

        static Welcome read(ByteReader in) throws CorruptObjectException {
            return new Welcome(
                    in.raw(MAC_BYTES),
                    in.raw(SHORT_ID_BYTES),
                    in.raw(SHORT_ID_BYTES),
                    in.text(1, 32, "a profile's name"),
                    in.u8(),
                    in.text(0, NAME_BYTES_MAX, "a share's name"),
                    in.text(0, NAME_BYTES_MAX, "a branch's name"),
                    in.varint(),
                    in.varint(0, CLOCK_SECONDS_MAX, "a clock"));
        }
    }

    /** Who the dialler is, once both are sure of each other; its clock in seconds since 1970. */
    record Present(String deviceName, long features, long clockSeconds) implements Message {
        static final int TYPE = 0x05;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.text(deviceName).varint(features).varint(clockSeconds);
        }
    }

    /** In place of {@link Challenge} or {@link Welcome}. The share's clock is 0 for who has not proved anything. */
    record Refused(int code, long retryAfterSeconds, long clockSeconds, String message) implements Message {
        static final int TYPE = 0x06;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.u16(code).varint(retryAfterSeconds).varint(clockSeconds).text(message);
        }
    }

    // ---- control ----

    /** Asks for {@link Pong}. */
    record Ping(long opaque) implements Message {
        static final int TYPE = 0x10;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.u64(opaque);
        }
    }

    /** Answers {@link Ping}. */
    record Pong(long opaque) implements Message {
        static final int TYPE = 0x11;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.u64(opaque);
        }
    }

    /** The granted references moved. */
    record RefsChanged() implements Message {
        static final int TYPE = 0x12;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {}
    }

    /** The sender is about to close. */
    record Goodbye(int code, String message) implements Message {
        static final int TYPE = 0x13;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.u16(code).text(message);
        }
    }

    // ---- requests ----

    /** Asks for {@link Refs}. */
    record GetRefs() implements Message {
        static final int TYPE = 0x20;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {}
    }

    /** References; several where there are many. */
    record Refs(String head, List<Ref> refs) implements Message {
        static final int TYPE = 0x21;

        /** One reference: {@code heads/NAME} or {@code tags/NAME}. */
        public record Ref(String name, ObjectId id) {}

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.text(head).varint(refs.size());
            refs.forEach(ref -> out.text(ref.name).id(ref.id));
        }

        static Refs read(ByteReader in) throws CorruptObjectException {
            String head = in.text(0, NAME_BYTES_MAX, "a branch's name");
            int count = (int) in.varint(0, REFS_MAX, "the number of references");
            List<Ref> refs = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                refs.add(new Ref(in.text(1, NAME_BYTES_MAX, "a reference's name"), in.id()));
            }
            return new Refs(head, List.copyOf(refs));
        }
    }

    /** Asks for the nodes of commits. */
    record GetNodes(List<ObjectId> wants, List<ObjectId> haves, long flags) implements Message {
        static final int TYPE = 0x22;

        /** Flag: the wanted commits and their trees alone. */
        public static final long WITHOUT_HISTORY = 1;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.varint(wants.size());
            wants.forEach(out::id);
            out.varint(haves.size());
            haves.forEach(out::id);
            out.varint(flags);
        }

        static GetNodes read(ByteReader in) throws CorruptObjectException {
            return new GetNodes(
                    ids(in, 1, WANTS_MAX, "the number of wants"),
                    ids(in, 0, HAVES_MAX, "the number of haves"),
                    in.varint());
        }

        private static List<ObjectId> ids(ByteReader in, int min, int max, String what) throws CorruptObjectException {
            int count = (int) in.varint(min, max, what);
            List<ObjectId> ids = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                ids.add(in.id());
            }
            return List.copyOf(ids);
        }
    }

    /** One object. {@code codec}: 0 plain, 1 zstd. */
    record ObjectData(int codec, int plainLength, byte[] payload) implements Message {
        static final int TYPE = 0x23;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.u8(codec).varint(plainLength).raw(payload, 0, payload.length);
        }

        static ObjectData of(int codec, int plainLength, byte[] payload) throws CorruptObjectException {
            checkPayload(codec, plainLength, payload.length);
            return new ObjectData(codec, plainLength, payload);
        }
    }

    /** Asks for chunks of files. */
    record GetChunks(ObjectId commit, List<Item> items) implements Message {
        static final int TYPE = 0x24;

        /** Chunks {@code first} to {@code first + count - 1} of the file at {@code path}. */
        public record Item(byte[] path, long first, long count) {}

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.id(commit).varint(items.size());
            items.forEach(item -> out.bytes(item.path).varint(item.first).varint(item.count));
        }

        static GetChunks read(ByteReader in) throws CorruptObjectException {
            ObjectId commit = in.id();
            int count = (int) in.varint(1, ITEMS_MAX, "the number of items");
            List<Item> items = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                items.add(new Item(
                        in.bytes(1, PATH_BYTES_MAX, "a path's length"),
                        in.varint(0, SUM_MAX, "a chunk's number"),
                        in.varint(1, SUM_MAX, "the number of chunks")));
            }
            return new GetChunks(commit, List.copyOf(items));
        }
    }

    /** One chunk. {@code codec}: 0 plain, 1 zstd. */
    record Chunk(int codec, int plainLength, byte[] payload) implements Message {
        static final int TYPE = 0x25;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.u8(codec).varint(plainLength).raw(payload, 0, payload.length);
        }

        static Chunk of(int codec, int plainLength, byte[] payload) throws CorruptObjectException {
            checkPayload(codec, plainLength, payload.length);
            return new Chunk(codec, plainLength, payload);
        }
    }

    /** A chunk, and the rest of its item, can not be had. */
    record Gap(long item, long chunk, int code) implements Message {
        static final int TYPE = 0x26;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.varint(item).varint(chunk).u16(code);
        }
    }

    /**
     * Asks the share to open a more direct way, and answers that: where the sender may be reached beside this connection, and the token that probes to it carry.
     * Each address is resolved; none is multicast, broadcast or unspecified.
     */
    record Meet(byte[] token, List<InetSocketAddress> candidates, int nat) implements Message {
        static final int TYPE = 0x29;

        /** Bytes of a token. */
        public static final int TOKEN_BYTES = 12;

        /** Most addresses. */
        public static final int CANDIDATES_MAX = 8;

        /** It is not said, and nothing is written: for who does not know {@link Message#NAT_IN_MEET}. */
        public static final int NAT_UNTOLD = -1;

        /** There is nobody to ask, or only one of two answers. */
        public static final int NAT_UNKNOWN = 0;

        /** Nobody who was asked answers. */
        public static final int NAT_SILENT = 1;

        /** The first address is where everybody sees the sender's socket. */
        public static final int NAT_EVEN = 2;

        /** Each sees it at another port; the first address is one of them. */
        public static final int NAT_SYMMETRIC = 3;

        private static final int IPV4_BYTES = 4;
        private static final int IPV6_BYTES = 16;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.raw(token, 0, token.length).u8(candidates.size());
            for (InetSocketAddress candidate : candidates) {
                out.bytes(candidate.getAddress().getAddress()).u16(candidate.getPort());
            }
            if (nat != NAT_UNTOLD) {
                out.u8(nat);
            }
        }

        static Meet read(ByteReader in) throws CorruptObjectException {
            byte[] token = in.raw(TOKEN_BYTES);
            int count = in.u8();
            if (count > CANDIDATES_MAX) {
                throw new CorruptObjectException(count + " addresses, more than " + CANDIDATES_MAX);
            }
            List<InetSocketAddress> candidates = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                byte[] address = in.bytes(IPV4_BYTES, IPV6_BYTES, "an address's length");
                int port = in.u16();
                if ((address.length != IPV4_BYTES && address.length != IPV6_BYTES) || port == 0) {
                    throw new CorruptObjectException("an address of " + address.length + " bytes with port " + port);
                }
                try {
                    InetAddress host = InetAddress.getByAddress(address);
                    if (host.getAddress().length != address.length) {
                        throw new CorruptObjectException("an IPv4 address in the form of IPv6");
                    }
                    candidates.add(new InetSocketAddress(host, port));
                } catch (UnknownHostException e) {
                    throw new CorruptObjectException("an address that is none", e);
                }
            }
            return new Meet(token, List.copyOf(candidates), in.remaining() == 0 ? NAT_UNTOLD : in.u8());
        }
    }

    /** Asks for a range of a file with its proof. */
    record GetRange(ObjectId commit, byte[] path, long offset, long length) implements Message {
        static final int TYPE = 0x28;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.id(commit).bytes(path).varint(offset).varint(length);
        }

        static GetRange read(ByteReader in) throws CorruptObjectException {
            return new GetRange(
                    in.id(),
                    in.bytes(1, PATH_BYTES_MAX, "a path's length"),
                    in.varint(0, SUM_MAX, "an offset"),
                    in.varint(1, RANGE_BYTES_MAX, "a range's length"));
        }
    }

    /** Offers a commit for a branch. */
    record Push(String branch, ObjectId expected, ObjectId commit) implements Message {
        static final int TYPE = 0x2A;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.text(branch).id(expected).id(commit);
        }
    }

    /** Answers {@link Push}; code 0: the branch has moved. */
    record PushResult(int code, ObjectId current, String message) implements Message {
        static final int TYPE = 0x2B;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.u16(code).id(current).text(message);
        }
    }

    /** The requester lost interest. */
    record Cancel() implements Message {
        static final int TYPE = 0x2D;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {}
    }

    /** Ends a response that failed. */
    record Failure(int code, String message) implements Message {
        static final int TYPE = 0x2E;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.u16(code).text(message);
        }
    }

    /** Ends a response. */
    record End(long frames) implements Message {
        static final int TYPE = 0x2F;

        @Override
        public int type() {
            return TYPE;
        }

        @Override
        public void write(ByteWriter out) {
            out.varint(frames);
        }
    }

    /**
     * Reads a message.
     *
     * @param type the frame's type
     * @param payload the frame's payload
     * @return the message
     * @throws ProtocolException if there is no such type, or the payload is not one of it
     */
    static Message decode(int type, byte[] payload) throws ProtocolException {
        ByteReader in = new ByteReader(payload);
        try {
            Message message = switch (type) {
                case Hello.TYPE -> Hello.read(in);
                case Challenge.TYPE -> Challenge.read(in);
                case Confirm.TYPE -> new Confirm(in.raw(MAC_BYTES));
                case Welcome.TYPE -> Welcome.read(in);
                case Present.TYPE ->
                    new Present(
                            in.text(0, NAME_BYTES_MAX, "a device's name"),
                            in.varint(),
                            in.varint(0, CLOCK_SECONDS_MAX, "a clock"));
                case Refused.TYPE ->
                    new Refused(
                            in.u16(),
                            in.varint(),
                            in.varint(0, CLOCK_SECONDS_MAX, "a clock"),
                            in.text(0, TEXT_BYTES_MAX, "a refusal's text"));
                case Ping.TYPE -> new Ping(in.u64());
                case Pong.TYPE -> new Pong(in.u64());
                case RefsChanged.TYPE -> new RefsChanged();
                case Goodbye.TYPE -> new Goodbye(in.u16(), in.text(0, TEXT_BYTES_MAX, "a farewell's text"));
                case GetRefs.TYPE -> new GetRefs();
                case Refs.TYPE -> Refs.read(in);
                case GetNodes.TYPE -> GetNodes.read(in);
                case ObjectData.TYPE -> {
                    int codec = in.u8();
                    int plain = (int) in.varint(1, OBJECT_BYTES_MAX, "an object's length");
                    yield ObjectData.of(codec, plain, in.raw(in.remaining()));
                }
                case GetChunks.TYPE -> GetChunks.read(in);
                case Chunk.TYPE -> {
                    int codec = in.u8();
                    int plain = (int) in.varint(1, CHUNK_BYTES_MAX, "a chunk's length");
                    yield Chunk.of(codec, plain, in.raw(in.remaining()));
                }
                case Gap.TYPE -> new Gap(in.varint(), in.varint(), in.u16());
                case GetRange.TYPE -> GetRange.read(in);
                case Meet.TYPE -> Meet.read(in);
                case Push.TYPE -> new Push(in.text(1, NAME_BYTES_MAX, "a branch's name"), in.id(), in.id());
                case PushResult.TYPE ->
                    new PushResult(in.u16(), in.id(), in.text(0, TEXT_BYTES_MAX, "a result's text"));
                case Cancel.TYPE -> new Cancel();
                case Failure.TYPE -> new Failure(in.u16(), in.text(0, TEXT_BYTES_MAX, "a failure's text"));
                case End.TYPE -> new End(in.varint());
                default -> throw new ProtocolException("the peer sent a frame of the unknown type " + type);
            };
            in.expectEnd();
            return message;
        } catch (CorruptObjectException e) {
            throw malformed(type, e);
        }
    }

    /** What the peer sent is no message of this type. */
    static ProtocolException malformed(int type, CorruptObjectException why) {
        return new ProtocolException("the peer sent a malformed frame of type " + type + ": " + why.getMessage(), why);
    }

    /** Holds that payload and codec fit each other: what is stored compressed is smaller than what it came from. */
    private static void checkPayload(int codec, int plainLength, int length) throws CorruptObjectException {
        boolean fits = switch (codec) {
            case PLAIN -> length == plainLength;
            case ZSTD -> length >= 1 && length < plainLength;
            default -> throw new CorruptObjectException("the codec " + codec + " is unknown");
        };
        if (!fits || plainLength < 1) {
            throw new CorruptObjectException("a payload of " + length + " bytes can not hold " + plainLength);
        }
    }
}
