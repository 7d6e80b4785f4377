package dev.dits.tracker;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a tracker, immutable. The defaults serve everybody on port 8080, without TLS: behind a proxy that has it, or on a network of one's own.
 *
 * @param bind where it listens for TCP; port 0 takes a free one
 * @param apiKeys one of them must be given with every request below {@code /api}, and to own a tag; none lets everybody. Each is 16 to 256 visible ASCII characters
 * @param tls the certificate, or null for none
 * @param stunPorts UDP ports of STUN; two tell a peer whether its NAT is symmetric, none turns it off, 0 takes a free one
 * @param relay what the relay carries
 * @param limits how much it takes in all and from a source
 * @param hosts names by which it may be addressed in the {@code Host} field, without port; none lets all
 * @param trustedProxies addresses whose {@code X-Forwarded-For} is believed; none by default
 * @param store what keeps peers and files, which its maker closes; null for one in memory
 */
public record TrackerOptions(
        InetSocketAddress bind,
        Set<String> apiKeys,
        @Nullable TrackerTls tls,
        List<Integer> stunPorts,
        RelayLimits relay,
        TrackerLimits limits,
        Set<String> hosts,
        Set<InetAddress> trustedProxies,
        @Nullable TrackerStore store) {
    /** TCP port by default. */
    public static final int DEFAULT_PORT = 8080;

    private static final int KEY_CHARS_MIN = 16;
    private static final int KEY_CHARS_MAX = 256;
    private static final int STUN_PORTS_MAX = 8;

    /** Checks ranges. */
    public TrackerOptions {
        Objects.requireNonNull(bind);
        Objects.requireNonNull(relay);
        Objects.requireNonNull(limits);
        apiKeys = Set.copyOf(apiKeys);
        stunPorts = List.copyOf(stunPorts);
        trustedProxies = Set.copyOf(trustedProxies);
        hosts = hosts.stream().map(host -> host.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
        for (String key : apiKeys) {
            if (key.length() < KEY_CHARS_MIN
                    || key.length() > KEY_CHARS_MAX
                    || !key.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
                // Without the key itself.
                throw new IllegalArgumentException("an API key is " + KEY_CHARS_MIN + " to " + KEY_CHARS_MAX
                        + " visible ASCII characters; make one with: openssl rand -hex 24");
            }
        }
        if (stunPorts.size() > STUN_PORTS_MAX || stunPorts.stream().anyMatch(port -> port < 0 || port > 65_535)) {
            throw new IllegalArgumentException("STUN has up to " + STUN_PORTS_MAX + " ports, each 0 to 65535");
        }
    }

    /**
     * Returns the defaults: all addresses, TCP 8080, STUN on UDP 3478 and 3479.
     *
     * @return options
     */
    public static TrackerOptions defaults() {
        return new TrackerOptions(
                new InetSocketAddress(DEFAULT_PORT),
                Set.of(),
                null,
                List.of(3478, 3479),
                RelayLimits.defaults(),
                TrackerLimits.defaults(),
                Set.of(),
                Set.of(),
                null);
    }

    /**
     * Changes where it listens.
     *
     * @param value an address of this machine, or the wildcard; port 0 takes a free one
     * @return changed options
     */
    public TrackerOptions withBind(InetSocketAddress value) {
        return new TrackerOptions(value, apiKeys, tls, stunPorts, relay, limits, hosts, trustedProxies, store);
    }

    /**
     * Changes who may use it.
     *
     * @param value keys, or none for everybody
     * @return changed options
     */
    public TrackerOptions withApiKeys(Set<String> value) {
        return new TrackerOptions(bind, value, tls, stunPorts, relay, limits, hosts, trustedProxies, store);
    }

    /**
     * Changes whether it speaks TLS.
     *
     * @param value the certificate, or null for none
     * @return changed options
     */
    public TrackerOptions withTls(@Nullable TrackerTls value) {
        return new TrackerOptions(bind, apiKeys, value, stunPorts, relay, limits, hosts, trustedProxies, store);
    }

    /**
     * Changes the ports of STUN.
     *
     * @param value UDP ports; none turns it off
     * @return changed options
     */
    public TrackerOptions withStunPorts(List<Integer> value) {
        return new TrackerOptions(bind, apiKeys, tls, value, relay, limits, hosts, trustedProxies, store);
    }

    /**
     * Changes what the relay carries.
     *
     * @param value limits
     * @return changed options
     */
    public TrackerOptions withRelay(RelayLimits value) {
        return new TrackerOptions(bind, apiKeys, tls, stunPorts, value, limits, hosts, trustedProxies, store);
    }

    /**
     * Changes how much it takes.
     *
     * @param value limits
     * @return changed options
     */
    public TrackerOptions withLimits(TrackerLimits value) {
        return new TrackerOptions(bind, apiKeys, tls, stunPorts, relay, value, hosts, trustedProxies, store);
    }

    /**
     * Changes the names by which it may be addressed. Naming them keeps web pages out that have their own name point at this tracker (DNS rebinding).
     *
     * @param value host names and addresses, without ports; none lets all
     * @return changed options
     */
    public TrackerOptions withHosts(Set<String> value) {
        return new TrackerOptions(bind, apiKeys, tls, stunPorts, relay, limits, value, trustedProxies, store);
    }

    /**
     * Changes whose word on a client's address is taken.
     *
     * @param value addresses of proxies in front of it
     * @return changed options
     */
    public TrackerOptions withTrustedProxies(Set<InetAddress> value) {
        return new TrackerOptions(bind, apiKeys, tls, stunPorts, relay, limits, hosts, value, store);
    }

    /**
     * Changes what keeps peers and files.
     *
     * @param value a store, which is not closed with the tracker; null for one in memory
     * @return changed options
     */
    public TrackerOptions withStore(@Nullable TrackerStore value) {
        return new TrackerOptions(bind, apiKeys, tls, stunPorts, relay, limits, hosts, trustedProxies, value);
    }

    /** Without the keys. */
    @Override
    public String toString() {
        return "TrackerOptions[bind=" + bind + ", apiKeys=" + apiKeys.size() + ", tls=" + (tls != null) + ", stunPorts="
                + stunPorts + ", relay=" + relay + ", limits=" + limits + ", hosts=" + hosts + "]";
    }
}
