package dev.dits.discovery;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * On which interfaces to discover. Immutable; start at {@link #fromEnvironment}.
 *
 * @param enabled false to stay silent altogether
 * @param interfaces names to use; empty for every one that is up and speaks multicast, or the loopback interface where
 *     there is no other
 * @param bind the address that the node is bound to: discovery then stays on its interface. Null, or an unspecified
 *     address, for no such limit
 * @param port of queries, 1 to 65535
 */
public record LanOptions(
        boolean enabled, List<String> interfaces, @Nullable InetAddress bind, int port) {

    /** Names the interfaces: a comma list, {@code lo}, or {@code off}. */
    public static final String ENVIRONMENT_VARIABLE = "DITS_LAN";

    /** UDP port of queries. */
    public static final int PORT = 44_330;

    public LanOptions {
        interfaces = List.copyOf(interfaces);
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + " is outside 1..65535");
        }
    }

    /**
     * What {@value #ENVIRONMENT_VARIABLE} says.
     *
     * @param bind the address that the node is bound to, or null
     */
    public static LanOptions fromEnvironment(@Nullable InetAddress bind) {
        return parse(System.getenv(ENVIRONMENT_VARIABLE), bind);
    }

    public static LanOptions parse(@Nullable String setting, @Nullable InetAddress bind) {
        String value = setting == null ? "" : setting.strip();
        List<String> names = Arrays.stream(value.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
        return value.equals("off")
                ? new LanOptions(false, List.of(), bind, PORT)
                : new LanOptions(true, names, bind, PORT);
    }

    /** These options with another port, for networks (and tests) that keep to themselves. */
    public LanOptions withPort(int value) {
        return new LanOptions(enabled, interfaces, bind, value);
    }
}
