package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A share behind one router and a mount behind another, in network namespaces that no packet leaves: joined by the code alone through a tracker, and by the most
 * direct way that the two routers allow. Needs root, iproute2 and nftables. {@code -Ddits.natlab=all} runs all pairs, {@code -Ddits.natlab=TYPE+TYPE,...} some; the
 * first is the share's side. Prints a table.
 */
@EnabledIfSystemProperty(
        named = "dits.natlab",
        matches = ".+",
        disabledReason = "needs root and network namespaces: -Ddits.natlab=all")
@Timeout(240)
class NatLabTest {
    private static final List<String> TYPES =
            List.of("none", "firewall", "full-cone", "port-restricted", "symmetric", "udp-blocked");

    /** What no number of probes opens: both draw a new port for each destination. */
    private static final Set<Set<String>> RELAYED = Set.of(Set.of("symmetric"));

    /** One of the few that "udp-blocked" lets TCP out to. */
    private static final int WEB_PORT = 443;

    private static final int BYTES = 50_000_000;
    private static final Map<String, String> TABLE = new TreeMap<>();

    @TempDir
    static Path temporary;

    private static Path project;

    static Stream<String> pairs() {
        String asked = System.getProperty("dits.natlab", "");
        return asked.equals("all")
                ? TYPES.stream().flatMap(a -> TYPES.stream().map(b -> a + "+" + b))
                : Stream.of(asked.split(","));
    }

    @BeforeAll
    static void makeProject() throws Exception {
        project = NatLab.project(temporary, BYTES);
    }

    /** A share that anybody reaches by TCP, at a port that the other side's firewall lets out; such a one lets no UDP out. */
    private static boolean byTcp(String a, String b) {
        return a.equals("none") && b.equals("udp-blocked");
    }

    private static boolean direct(String a, String b) {
        return byTcp(a, b)
                || !a.equals("udp-blocked")
                        && !b.equals("udp-blocked")
                        && !RELAYED.contains(a.equals(b) ? Set.of(a) : Set.of(a, b));
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void theyJoinByTheCodeAndGoTheMostDirectWay(String pair) throws Exception {
        String a = pair.substring(0, pair.indexOf('+'));
        String b = pair.substring(pair.indexOf('+') + 1);
        try (NatLab lab = NatLab.up("--a", a, "--b", b, "--delay", "25")) {
            lab.tracker();
            Path homes = Files.createTempDirectory(temporary, "homes");
            String code = lab.start(
                            "a",
                            List.of("-Ddits.natlab.port=" + (b.equals("udp-blocked") ? WEB_PORT : 0)),
                            "share",
                            homes.resolve("a").toString(),
                            project.toString(),
                            NatLab.TRACKER)
                    .says("CODE");
            Path copy = homes.resolve("copy");
            NatLab.Host mount = lab.start(
                    "b",
                    "mount",
                    homes.resolve("b").toString(),
                    code,
                    copy.toString(),
                    NatLab.TRACKER,
                    direct(a, b) ? "30" : "8");
            String joined = mount.says("JOINED");
            String path = mount.says("PATH");
            String pulled = mount.says("PULLED");
            assertThat(copy.resolve("large")).hasSameBinaryContentAs(project.resolve("large"));
            TABLE.put(pair, String.format("| %s | %s | %s | %s | %s |", a, b, joined, path, pulled));
            System.out.println(TABLE.get(pair));
            assertThat(path.contains("tcp ")).as(pair + ": " + path).isEqualTo(byTcp(a, b));
            assertThat(path.endsWith("relay")).as(pair + ": " + path).isNotEqualTo(direct(a, b));
        }
    }
}
