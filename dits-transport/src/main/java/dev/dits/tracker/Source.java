package dev.dits.tracker;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * Where somebody comes from: an IPv4 address, or the /64 of an IPv6 address, in which one may have as many addresses as one likes.
 *
 * @param v6 which of both
 * @param bits 32 or 64
 */
record Source(boolean v6, long bits) implements Comparable<Source> {
    static Source of(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress());
        return address instanceof Inet6Address
                ? new Source(true, bytes.getLong())
                : new Source(false, Integer.toUnsignedLong(bytes.getInt()));
    }

    /** Comparable, so that sources chosen to collide leave a hash map fast. */
    @Override
    public int compareTo(Source other) {
        int families = Boolean.compare(v6, other.v6);
        return families != 0 ? families : Long.compare(bits, other.bits);
    }
}
