package dev.dits;

import dev.dits.rendezvous.TrackerAddress;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a node, immutable. The defaults need no configuration.
 *
 * @param home where the node keeps its chunk cache and its name; by default the environment's {@code DITS_HOME}, else
 *     {@code ~/.dits}
 * @param cacheBytes bound of the chunk cache on disk in bytes; 0 turns it off, -1 chooses by the free space
 * @param deviceName what joined peers see, up to 255 bytes of UTF-8
 * @param lanInterfaces interfaces to discover on, separated by commas, or {@code off}; null for the environment's
 *     {@code DITS_LAN}, else all of them
 * @param bindAddress local address for outgoing connections; null for any
 * @param control whether other processes of this user, such as {@code dits p2p status}, may see and steer this node; false by default
 * @param tracker by which peers meet beyond the local network: {@code https://HOST}, {@code http://HOST:PORT} or {@code HOST:PORT}; null for none. By default the
 *     environment's {@code DITS_TRACKER}
 * @param trackerKey lets this node's shares be found by a tracker that asks for a key; null for none. By default the environment's {@code DITS_TRACKER_KEY}. A secret
 * @param bandwidthLimit bytes a second that the node sends at most, and receives at most, to begin with; 0 for no limit. By default the environment's {@code
 *     BANDWIDTH_LIMIT}. {@link Dits#bandwidth} changes it later
 * @param tcp whether packets may go by TCP too, where that is faster or UDP does not get through: shares listen on the TCP port of the number of their UDP port. True, unless
 *     the environment's {@code DITS_TCP} is {@code off}
 */
public record DitsOptions(
        Path home,
        long cacheBytes,
        String deviceName,
        @Nullable String lanInterfaces,
        @Nullable InetAddress bindAddress,
        boolean control,
        @Nullable String tracker,
        @Nullable String trackerKey,
        long bandwidthLimit,
        boolean tcp) {
    /** Checks ranges. */
    public DitsOptions {
        Objects.requireNonNull(home);
        if (cacheBytes < -1) {
            throw new IllegalArgumentException("cacheBytes is -1 or more, not " + cacheBytes);
        }
        if (bandwidthLimit < 0) {
            throw new IllegalArgumentException("bandwidthLimit is 0 or more, not " + bandwidthLimit);
        }
        if (deviceName.isBlank()) {
            throw new IllegalArgumentException("a device name is not blank");
        }
        if (tracker != null) {
            TrackerAddress.parse(tracker);
        }
    }

    /**
     * Returns the defaults, as the environment has them.
     *
     * @return options of this user on this machine
     */
    public static DitsOptions defaults() {
        String home = System.getenv("DITS_HOME");
        String host = System.getenv("HOSTNAME");
        String name = System.getProperty("user.name", "someone") + (host == null || host.isBlank() ? "" : "@" + host);
        return new DitsOptions(
                home != null && !home.isBlank()
                        ? Path.of(home)
                        : Path.of(System.getProperty("user.home", "."), ".dits"),
                -1,
                name,
                null,
                null,
                false,
                environment("DITS_TRACKER"),
                environment("DITS_TRACKER_KEY"),
                bandwidth(environment("BANDWIDTH_LIMIT")),
                !"off".equals(environment("DITS_TCP")));
    }

    /** A limit that is none is none: the environment is not the embedder's to answer for. */
    private static long bandwidth(@Nullable String value) {
        return value == null || !value.matches("[0-9]{1,18}") ? 0 : Long.parseLong(value);
    }

    private static @Nullable String environment(String name) {
        String value = System.getenv(name);
        return value == null || value.isBlank() ? null : value.trim();
    }

    /**
     * Changes where the node keeps its things.
     *
     * @param value a directory, made when it is missing
     * @return changed options
     */
    public DitsOptions withHome(Path value) {
        return new DitsOptions(
                value,
                cacheBytes,
                deviceName,
                lanInterfaces,
                bindAddress,
                control,
                tracker,
                trackerKey,
                bandwidthLimit,
                tcp);
    }

    /**
     * Changes the bound of the chunk cache.
     *
     * @param value bytes; 0 turns the cache off, -1 chooses by the free space
     * @return changed options
     */
    public DitsOptions withCacheBytes(long value) {
        return new DitsOptions(
                home, value, deviceName, lanInterfaces, bindAddress, control, tracker, trackerKey, bandwidthLimit, tcp);
    }

    /**
     * Changes what joined peers see.
     *
     * @param value a name
     * @return changed options
     */
    public DitsOptions withDeviceName(String value) {
        return new DitsOptions(
                home, cacheBytes, value, lanInterfaces, bindAddress, control, tracker, trackerKey, bandwidthLimit, tcp);
    }

    /**
     * Changes the interfaces to discover on.
     *
     * @param value names separated by commas, {@code lo} or {@code off} among them; null for the environment's choice
     * @return changed options
     */
    public DitsOptions withLanInterfaces(@Nullable String value) {
        return new DitsOptions(
                home, cacheBytes, deviceName, value, bindAddress, control, tracker, trackerKey, bandwidthLimit, tcp);
    }

    /**
     * Changes the local address of outgoing connections.
     *
     * @param value an address of this machine, or null for any
     * @return changed options
     */
    public DitsOptions withBindAddress(@Nullable InetAddress value) {
        return new DitsOptions(
                home, cacheBytes, deviceName, lanInterfaces, value, control, tracker, trackerKey, bandwidthLimit, tcp);
    }

    /**
     * Lets other processes of this user see and steer this node, or not: through a socket in {@code home/run}, which only they can reach. See {@link
     * Dits#running}.
     *
     * @param value whether to
     * @return changed options
     */
    public DitsOptions withControl(boolean value) {
        return new DitsOptions(
                home,
                cacheBytes,
                deviceName,
                lanInterfaces,
                bindAddress,
                value,
                tracker,
                trackerKey,
                bandwidthLimit,
                tcp);
    }

    /**
     * Changes the tracker by which peers meet beyond the local network.
     *
     * @param value {@code https://HOST}, {@code http://HOST:PORT} or {@code HOST:PORT}; null for none
     * @return changed options
     * @throws IllegalArgumentException if it is no such address
     */
    public DitsOptions withTracker(@Nullable String value) {
        return new DitsOptions(
                home,
                cacheBytes,
                deviceName,
                lanInterfaces,
                bindAddress,
                control,
                value,
                trackerKey,
                bandwidthLimit,
                tcp);
    }

    /**
     * Changes the key that the tracker asks for.
     *
     * @param value a secret; null for none
     * @return changed options
     */
    public DitsOptions withTrackerKey(@Nullable String value) {
        return new DitsOptions(
                home, cacheBytes, deviceName, lanInterfaces, bindAddress, control, tracker, value, bandwidthLimit, tcp);
    }

    /**
     * Changes how fast the node sends, and receives, to begin with.
     *
     * @param value bytes a second; 0 for no limit
     * @return changed options
     */
    public DitsOptions withBandwidthLimit(long value) {
        return new DitsOptions(
                home, cacheBytes, deviceName, lanInterfaces, bindAddress, control, tracker, trackerKey, value, tcp);
    }

    /**
     * Lets packets go by TCP too, or not.
     *
     * @param value whether to
     * @return changed options
     */
    public DitsOptions withTcp(boolean value) {
        return new DitsOptions(
                home,
                cacheBytes,
                deviceName,
                lanInterfaces,
                bindAddress,
                control,
                tracker,
                trackerKey,
                bandwidthLimit,
                value);
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "DitsOptions[home=" + home + ", cacheBytes=" + cacheBytes + ", deviceName=" + deviceName
                + ", lanInterfaces=" + lanInterfaces + ", bindAddress=" + bindAddress + ", control=" + control
                + ", tracker=" + tracker + ", bandwidthLimit=" + bandwidthLimit + ", tcp=" + tcp + "]";
    }
}
