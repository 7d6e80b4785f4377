package dev.dits.examples.tracker;

import dev.dits.tracker.RelayLimits;
import dev.dits.tracker.TrackerLimits;
import dev.dits.tracker.TrackerOptions;
import dev.dits.tracker.TrackerServer;
import dev.dits.tracker.TrackerTls;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What the command line says, as options of a {@link TrackerServer}. */
@Command(
        name = "tracker",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        version = "tracker 0.1.0-SNAPSHOT",
        description = {
            "A tracker: peers that are on no common network meet through it.",
            "It keeps nothing on disk, and can read nothing of what it relays."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:ended as it was told to",
            "1:failed",
            "2:wrong usage",
            "7:the port that was asked for is in use, or the address is not of this machine",
            "130, 143:ended by Ctrl-C, by kill"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  tracker -addr :8080                         everybody may use it; the dashboard is at /dashboard",
            "  API_KEYS=$(openssl rand -hex 24) tracker    only who has the key may share through it",
            "  tracker --tls-cert chain.pem --tls-key key.pem --addr :443",
            "  tracker --host tracker.example.org --trusted-proxy 127.0.0.1 --addr 127.0.0.1:8080",
            "  tracker --relay-handshake-only              find each other here, carry the data elsewhere",
            "",
            "TRACKER_ADDR is where it listens, where --addr does not say (:8080).",
            "API_KEYS are the keys, separated by commas, each of 16 characters or more; none lets everybody.",
            "DATA_DIR means nothing to a tracker: what it knows is gone when it ends, and peers tell it again."
        })
final class TrackerCommand implements Callable<Integer> {
    static final int OK = 0;
    static final int FAILURE = 1;
    static final int USAGE = 2;
    static final int PORT_IN_USE = 7;

    private final Map<String, String> environment;
    private final PrintWriter out;
    private final PrintWriter err;
    private final CountDownLatch end;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"--addr", "-addr"},
            paramLabel = "HOST:PORT",
            description = "Where to listen; :PORT for all addresses of this machine, port 0 for a free one.")
    private String address;

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "Speak TLS by this certificate: PEM, with those that vouch for it.")
    private Path certificate;

    @Option(
            names = "--tls-key",
            paramLabel = "FILE",
            description = "Its private key: PEM, PKCS #8, without a password.")
    private Path key;

    @Option(
            names = "--stun",
            paramLabel = "PORTS",
            defaultValue = "3478,3479",
            description = "UDP ports of STUN, or off. Default: ${DEFAULT-VALUE}.")
    private String stun;

    @Option(
            names = "--host",
            paramLabel = "NAME",
            description = "A name by which it may be addressed; give all of them, or none for any.")
    private List<String> hosts = List.of();

    @Option(
            names = "--trusted-proxy",
            paramLabel = "IP",
            description = "A proxy in front of it whose X-Forwarded-For is true.")
    private List<String> proxies = List.of();

    @Option(
            names = "--relay-rate",
            paramLabel = "BYTES",
            description = "Bytes a second that one client may relay; 0 for no limit. Default: 12500000.")
    private Long clientRate;

    @Option(
            names = "--relay-rate-total",
            paramLabel = "BYTES",
            description = "Bytes a second that all may relay together; 0 for no limit. Default: 125000000.")
    private Long totalRate;

    @Option(
            names = "--relay-handshake-only",
            description = "Carry the beginning of a session only: enough to find a direct path.")
    private boolean handshakeOnly;

    @Option(names = "--connections", paramLabel = "COUNT", description = "Connections in all. Default: 25000.")
    private Integer connections;

    @Option(
            names = "--connections-per-source",
            paramLabel = "COUNT",
            description = "Connections of one IPv4 address or IPv6 /64. Default: 512.")
    private Integer connectionsPerSource;

    private TrackerCommand(Map<String, String> environment, PrintWriter out, PrintWriter err, CountDownLatch end) {
        this.environment = environment;
        this.out = out;
        this.err = err;
        this.end = end;
    }

    /**
     * Runs a tracker.
     *
     * @param end counted down when it is to end
     * @return the exit code
     */
    static int run(
            Map<String, String> environment, PrintWriter out, PrintWriter err, CountDownLatch end, String... args) {
        System.setProperty("org.slf4j.simpleLogger.log.io.netty", "warn");
        CommandLine line = new CommandLine(new TrackerCommand(environment, out, err, end));
        line.setOut(out).setErr(err);
        return line.execute(args);
    }

    @Override
    public Integer call() throws InterruptedException {
        TrackerOptions options;
        try {
            options = options();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        try (TrackerServer server = TrackerServer.start(options)) {
            String host = options.bind().getAddress().isAnyLocalAddress()
                    ? "localhost"
                    : server.address().getAddress().getHostAddress();
            String scheme = options.tls() == null ? "http" : "https";
            out.println("Tracker: " + scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":"
                    + server.port() + "  (dashboard at /dashboard)");
            out.println("STUN:    " + (server.stunPorts().isEmpty() ? "off" : "UDP " + server.stunPorts()));
            out.println("Sharing: "
                    + (options.apiKeys().isEmpty() ? "everybody; API_KEYS would limit it" : "who has a key"));
            end.await();
            out.println("Ending.");
            return OK;
        } catch (BindException e) {
            err.println("tracker: " + e.getMessage());
            return PORT_IN_USE;
        } catch (IOException e) {
            err.println("tracker: " + e.getMessage());
            return FAILURE;
        }
    }

    private TrackerOptions options() {
        String where = address != null ? address : environment.getOrDefault("TRACKER_ADDR", "");
        TrackerOptions options = TrackerOptions.defaults()
                .withBind(bind(where.isBlank() ? ":" + TrackerOptions.DEFAULT_PORT : where.trim()))
                .withApiKeys(keys(environment.getOrDefault("API_KEYS", "")))
                .withStunPorts(ports(stun))
                .withHosts(Set.copyOf(hosts))
                .withTrustedProxies(
                        proxies.stream().map(TrackerCommand::literal).collect(Collectors.toUnmodifiableSet()))
                .withRelay(relay())
                .withLimits(limits());
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("--tls-cert and --tls-key belong together");
        }
        return certificate == null ? options : options.withTls(new TrackerTls(certificate, key));
    }

    private RelayLimits relay() {
        RelayLimits limits = RelayLimits.defaults().withHandshakeOnly(handshakeOnly);
        if (clientRate != null) {
            limits = limits.withClient(clientRate, burst(clientRate));
        }
        return totalRate == null ? limits : limits.withTotal(totalRate, burst(totalRate));
    }

    /** A second's worth, and a few packets at least. */
    private static long burst(long bytesPerSecond) {
        return Math.max(bytesPerSecond, 1 << 18);
    }

    private TrackerLimits limits() {
        TrackerLimits limits = TrackerLimits.defaults();
        return limits.withConnections(
                connections != null ? connections : limits.connectionsMax(),
                connectionsPerSource != null ? connectionsPerSource : limits.connectionsPerSourceMax());
    }

    static InetSocketAddress bind(String where) {
        int colon = where.lastIndexOf(':');
        String host = colon < 0 ? "" : where.substring(0, colon);
        int port;
        try {
            port = Integer.parseInt(where.substring(colon + 1));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("an address looks like :8080 or 127.0.0.1:8080", e);
        }
        if (colon < 0 || port < 0 || port > 65_535) {
            throw new IllegalArgumentException("an address looks like :8080 or 127.0.0.1:8080");
        }
        if (host.isEmpty()) {
            return new InetSocketAddress(port);
        }
        try {
            return new InetSocketAddress(InetAddress.getByName(host), port);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("no address is known by the name of --addr", e);
        }
    }

    private static Set<String> keys(String text) {
        return Arrays.stream(text.split(","))
                .map(String::trim)
                .filter(one -> !one.isEmpty())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static List<Integer> ports(String text) {
        if (text.equals("off")) {
            return List.of();
        }
        try {
            return Arrays.stream(text.split(","))
                    .map(String::trim)
                    .map(Integer::valueOf)
                    .toList();
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--stun is a list of ports such as 3478,3479, or off", e);
        }
    }

    private static InetAddress literal(String text) {
        if (!text.matches("[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")) {
            throw new IllegalArgumentException("--trusted-proxy is an IP address");
        }
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("--trusted-proxy is an IP address", e);
        }
    }
}
