package dev.dits.path;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Finds out why an address does not answer: sends up to three datagrams from a connected socket, to which the operating system hands the ICMP
 * errors that an unconnected one never sees.
 *
 * <p>Each has the header of a client's first QUIC packet and noise inside. A server that validates addresses answers it by Retry (RFC 9000, section
 * 17.2.5) without looking inside or keeping anything of it. Its length, 1,200 bytes, is the least that a server answers.
 */
public final class UdpProbe {
    /** Datagrams sent. */
    public static final int PACKETS = 3;

    private static final int PACKET_BYTES = 1_200;
    private static final int ID_BYTES = 8;
    private static final int LONG_HEADER = 0xc0;
    private static final int VERSION = 1;

    /** What follows the header, as a varint of two bytes. */
    private static final int TWO_BYTES = 0x4000;

    /** What came of it. */
    public enum Result {
        /** A QUIC server answered: the address is right and UDP gets through. */
        ANSWERED,
        /** The machine is there and says that nothing listens at the port. */
        REFUSED,
        /** The network says that there is no way to the address. */
        NO_ROUTE,
        /** This machine does not let the packets out. */
        NOT_PERMITTED,
        /** Nothing came back. */
        SILENT
    }

    private UdpProbe() {}

    /**
     * Probes an address. Blocks.
     *
     * @param bind local address to send from; null for any
     * @param remote where
     * @param timeout how long to wait for an answer in all
     * @param random for connection ids
     * @return what came of it
     * @throws IOException if no socket can be had, or it was interrupted
     */
    public static Result probe(
            @Nullable InetAddress bind, InetSocketAddress remote, Duration timeout, RandomGenerator random)
            throws IOException {
        byte[] source = new byte[ID_BYTES];
        random.nextBytes(source);
        boolean v4 = remote.getAddress() instanceof java.net.Inet4Address;
        try (DatagramChannel channel =
                        DatagramChannel.open(v4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6);
                Selector selector = Selector.open()) {
            if (bind != null && !bind.isAnyLocalAddress()) {
                channel.bind(new InetSocketAddress(bind, 0));
            }
            channel.configureBlocking(false);
            try {
                channel.connect(remote);
                channel.register(selector, SelectionKey.OP_READ);
                return exchange(channel, selector, source, timeout, random);
            } catch (PortUnreachableException e) {
                return Result.REFUSED;
            } catch (NoRouteToHostException e) {
                return Result.NO_ROUTE;
            } catch (IOException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                return meaning(e);
            }
        }
    }

    private static Result exchange(
            DatagramChannel channel, Selector selector, byte[] source, Duration timeout, RandomGenerator random)
            throws IOException {
        ByteBuffer answer = ByteBuffer.allocate(PACKET_BYTES);
        long start = System.nanoTime();
        for (int sent = 1; sent <= PACKETS; sent++) {
            channel.write(packet(source, random));
            long until = timeout.toNanos() * sent / PACKETS;
            if (Thread.currentThread().isInterrupted()) {
                throw new java.io.InterruptedIOException("interrupted while probing");
            }
            for (long left = until - (System.nanoTime() - start);
                    left > 0;
                    left = until - (System.nanoTime() - start)) {
                selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
                selector.selectedKeys().clear();
                if (Thread.currentThread().isInterrupted()) {
                    throw new java.io.InterruptedIOException("interrupted while probing");
                }
                answer.clear();
                if (channel.read(answer) > 0 && isFor(source, answer.flip())) {
                    return Result.ANSWERED;
                }
            }
        }
        return Result.SILENT;
    }

    private static ByteBuffer packet(byte[] source, RandomGenerator random) {
        byte[] destination = new byte[ID_BYTES];
        random.nextBytes(destination);
        // A dits node tells by this bit that the packet is for the role that answers.
        destination[0] |= (byte) 0x80;
        byte[] noise = new byte[PACKET_BYTES];
        random.nextBytes(noise);
        ByteBuffer packet = ByteBuffer.wrap(noise);
        packet.put((byte) LONG_HEADER).putInt(VERSION);
        packet.put((byte) ID_BYTES).put(destination);
        packet.put((byte) ID_BYTES).put(source);
        packet.put((byte) 0); // no token
        packet.putShort((short) (TWO_BYTES | (packet.remaining() - Short.BYTES)));
        return packet.rewind();
    }

    /** A Retry, or from another kind of server a Version Negotiation, for the connection id that was sent along. */
    private static boolean isFor(byte[] source, ByteBuffer answer) {
        return answer.remaining() >= 1 + Integer.BYTES + 1 + ID_BYTES
                && (answer.get(0) & 0x80) != 0
                && (answer.getInt(1) == VERSION || answer.getInt(1) == 0)
                && answer.get(1 + Integer.BYTES) == ID_BYTES
                && answer.slice(2 + Integer.BYTES, ID_BYTES).equals(ByteBuffer.wrap(source));
    }

    /** The JDK tells these apart in words only. */
    private static Result meaning(IOException failure) {
        String said = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        if (said.contains("not permitted") || said.contains("permission denied")) {
            return Result.NOT_PERMITTED;
        }
        if (said.contains("refused")) {
            return Result.REFUSED;
        }
        return said.contains("unreachable") || said.contains("no route") ? Result.NO_ROUTE : Result.SILENT;
    }
}
