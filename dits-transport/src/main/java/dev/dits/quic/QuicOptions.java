package dev.dits.quic;

import dev.dits.path.DatagramPath;
import dev.dits.path.UdpPath;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;

/**
 * How a {@link QuicNode} is opened. Immutable; start at {@link #at}.
 *
 * @param bind address and port to bind; port 0 takes any free one
 * @param path carries the datagrams
 * @param clock dates address validation tokens
 * @param idleTimeout a connection that hears nothing for this long is lost; 1 s to 10 min
 * @param tcp whether to listen and dial by TCP too, where the path knows that
 */
public record QuicOptions(
        InetSocketAddress bind, DatagramPath path, InstantSource clock, Duration idleTimeout, boolean tcp) {

    /** Long enough for a train's tunnel, short enough that a dead peer is noticed. */
    public static final Duration IDLE_TIMEOUT = Duration.ofSeconds(30);

    public QuicOptions {
        if (bind.isUnresolved()) {
            throw new IllegalArgumentException("the bind address is not resolved: " + bind.getHostString());
        }
        if (idleTimeout.compareTo(Duration.ofSeconds(1)) < 0 || idleTimeout.compareTo(Duration.ofMinutes(10)) > 0) {
            throw new IllegalArgumentException("idleTimeout " + idleTimeout + " is outside 1 s..10 min");
        }
    }

    /** UDP at an address, with the system's clock and {@link #IDLE_TIMEOUT}. */
    public static QuicOptions at(InetSocketAddress bind) {
        return new QuicOptions(bind, UdpPath.open(), InstantSource.system(), IDLE_TIMEOUT, true);
    }

    /** These options over another path. */
    public QuicOptions withPath(DatagramPath value) {
        return new QuicOptions(bind, value, clock, idleTimeout, tcp);
    }

    /** These options with another clock. */
    public QuicOptions withClock(InstantSource value) {
        return new QuicOptions(bind, path, value, idleTimeout, tcp);
    }

    /** These options with another idle time-out. */
    public QuicOptions withIdleTimeout(Duration value) {
        return new QuicOptions(bind, path, clock, value, tcp);
    }

    /** These options with the way by TCP, or without. */
    public QuicOptions withTcp(boolean value) {
        return new QuicOptions(bind, path, clock, idleTimeout, value);
    }
}
