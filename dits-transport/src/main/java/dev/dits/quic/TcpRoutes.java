package dev.dits.quic;

import io.netty.buffer.ByteBuf;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What stands for each TCP connection of a node where its codecs name peers by addresses: one codec serves all of them, because making one costs milliseconds, which a
 * stranger who connects is not worth. The addresses are of {@code 100::/64}, to which RFC 6666 says that everything is discarded, and are seen by nobody else. On the event loop
 * only.
 */
final class TcpRoutes {
    private static final int PORT = 1;
    private static final int ADDRESS_BYTES = 16;

    private final Map<InetSocketAddress, TcpCarrier> carriers = new HashMap<>();

    /** To which packets were sent that are not flushed. */
    private final List<TcpCarrier> waiting = new ArrayList<>();

    private long numbers;

    /** Tells whether an address is of the range. */
    static boolean has(InetSocketAddress address) {
        if (!(address.getAddress() instanceof Inet6Address host)) {
            return false;
        }
        byte[] bytes = host.getAddress();
        if (bytes[0] != 1) {
            return false;
        }
        for (int i = 1; i < Long.BYTES; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    InetSocketAddress add(TcpCarrier carrier) {
        byte[] bytes = new byte[ADDRESS_BYTES];
        bytes[0] = 1;
        long number = ++numbers;
        for (int i = 0; i < Long.BYTES; i++) {
            bytes[Long.BYTES + i] = (byte) (number >>> (Byte.SIZE * (Long.BYTES - 1 - i)));
        }
        try {
            InetSocketAddress address = new InetSocketAddress(InetAddress.getByAddress(bytes), PORT);
            carriers.put(address, carrier);
            return address;
        } catch (UnknownHostException e) {
            throw new IllegalStateException("16 bytes are an address", e);
        }
    }

    void remove(InetSocketAddress address) {
        carriers.remove(address);
    }

    @Nullable
    TcpCarrier get(InetSocketAddress address) {
        return has(address) ? carriers.get(address) : null;
    }

    /** Sends a packet, which is the connection's from now on, or drops it. */
    void send(InetSocketAddress to, ByteBuf packet) {
        TcpCarrier carrier = carriers.get(to);
        if (carrier == null || !packet.isReadable()) {
            packet.release();
        } else if (carrier.send(packet)) {
            waiting.add(carrier);
        }
    }

    void flush() {
        if (waiting.isEmpty()) {
            return;
        }
        for (TcpCarrier carrier : waiting) {
            carrier.flush();
        }
        waiting.clear();
    }
}
