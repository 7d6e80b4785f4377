package dev.dits.net;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * Addresses that stand for peers which a {@link PacketCarrier} reaches, so that whatever keeps books by address works for them unchanged: limits of a source, of
 * guesses, the choice of a packet's size.
 *
 * <p>They lie in {@code 2001:db8::/32}, which RFC 3849 keeps for documentation and no network routes. The /64 stands for where the peer comes from, as far as the
 * carrier knows, and what follows for the route.
 */
public final class CarriedAddress {
    /** What {@link #describe} says of one. */
    public static final String RELAY = "relay";

    private static final int PORT = 1;

    private CarriedAddress() {}

    /**
     * Makes one.
     *
     * @param source what is counted together
     * @param route tells the routes of a source apart
     * @return the address
     */
    public static InetSocketAddress of(int source, long route) {
        byte[] bytes = new byte[16];
        bytes[0] = 0x20;
        bytes[1] = 0x01;
        bytes[2] = 0x0d;
        bytes[3] = (byte) 0xb8;
        for (int i = 0; i < Integer.BYTES; i++) {
            bytes[4 + i] = (byte) (source >>> (8 * (Integer.BYTES - 1 - i)));
        }
        for (int i = 0; i < Long.BYTES; i++) {
            bytes[8 + i] = (byte) (route >>> (8 * (Long.BYTES - 1 - i)));
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(bytes), PORT);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("16 bytes are an address", e);
        }
    }

    /**
     * Tells whether an address stands for a peer that is reached by a carrier.
     *
     * @param address any
     * @return whether it lies in the range above
     */
    public static boolean is(InetSocketAddress address) {
        InetAddress host = address.getAddress();
        if (host == null) {
            return false;
        }
        byte[] bytes = host.getAddress();
        return bytes.length == 16
                && bytes[0] == 0x20
                && bytes[1] == 0x01
                && bytes[2] == 0x0d
                && bytes[3] == (byte) 0xb8;
    }

    /**
     * Says for people where a peer is.
     *
     * @param address resolved
     * @return {@code host:port}, IPv6 in brackets; {@value #RELAY} for one of these
     */
    public static String describe(InetSocketAddress address) {
        if (is(address)) {
            return RELAY;
        }
        String host = address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}
