package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What happens to networks in the middle of a transfer, between homes behind routers ({@link NatLab}): the transfer ends, and what it brought is whole. Needs root,
 * iproute2 and nftables, and {@code -Ddits.natlab=} something. Prints how long each took.
 */
@EnabledIfSystemProperty(
        named = "dits.natlab",
        matches = ".+",
        disabledReason = "needs root and network namespaces: -Ddits.natlab=all")
@Timeout(240)
class NatLabTroubleTest {
    private static final int BYTES = 30_000_000;

    /** So that a fifth of it has come after some seconds, and the rest has not. */
    private static final String SLOW = "1500000";

    @TempDir
    static Path temporary;

    private static Path project;

    @BeforeAll
    static void makeProject() throws Exception {
        project = NatLab.project(temporary, BYTES);
    }

    /** What is done to the network while a fifth of the file is there. */
    private interface Trouble {
        void befall(NatLab lab, NatLab.Host tracker) throws Exception;
    }

    private static String transfer(String a, String b, Trouble trouble) throws Exception {
        boolean relayed = a.equals("udp-blocked") || b.equals("udp-blocked");
        try (NatLab lab = NatLab.up("--a", a, "--b", b, "--delay", "10")) {
            NatLab.Host tracker = lab.tracker();
            Path homes = Files.createTempDirectory(temporary, "homes");
            String code = lab.start("a", "share", homes.resolve("a").toString(), project.toString(), NatLab.TRACKER)
                    .says("CODE");
            Path copy = homes.resolve("copy");
            NatLab.Host mount = lab.start(
                    "b",
                    "mount",
                    homes.resolve("b").toString(),
                    code,
                    copy.toString(),
                    NatLab.TRACKER,
                    relayed ? "0" : "30",
                    SLOW);
            mount.says("JOINED");
            assertThat(mount.says("PATH").endsWith("relay")).isEqualTo(relayed);
            long some = Long.parseLong(mount.says("SOME"));
            long begun = System.nanoTime();
            trouble.befall(lab, tracker);
            mount.goOn();
            mount.says("ON");
            String pulled = mount.says("PULLED");
            assertThat(copy.resolve("large")).hasSameBinaryContentAs(project.resolve("large"));
            assertThat(some).isLessThan(BYTES);
            System.out.printf(
                    Locale.ROOT,
                    "%s + %s: whole %.1f s after it began, %s%n",
                    a,
                    b,
                    (System.nanoTime() - begun) / 1e9,
                    pulled);
            return pulled;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "b"})
    void theProviderGivesASideAnotherAddress(String side) throws Exception {
        transfer("port-restricted", "port-restricted", (lab, tracker) -> lab.run("rebind", side));
    }

    @Test
    void aRelayedSideGetsAnotherAddress() throws Exception {
        assertThat(transfer("port-restricted", "udp-blocked", (lab, tracker) -> lab.run("rebind", "b")))
                .endsWith("relay");
    }

    @Test
    void theTrackerIsKilledAndComesBackWhileItCarriesAll() throws Exception {
        assertThat(transfer("port-restricted", "udp-blocked", (lab, tracker) -> {
                    tracker.kill();
                    lab.tracker();
                }))
                .endsWith("relay");
    }

    /** It was asked for the way only; nobody needs it now. */
    @Test
    void theTrackerIsKilledBesideADirectWay() throws Exception {
        assertThat(transfer("port-restricted", "port-restricted", (lab, tracker) -> {
                    tracker.kill();
                    lab.tracker();
                }))
                .contains("udp ");
    }

    /** Both peers see their connections to the tracker end, which itself does not hear of it. */
    @Test
    void theRelayIsCutAndTheTrackerDoesNotNotice() throws Exception {
        assertThat(transfer("port-restricted", "udp-blocked", (lab, tracker) -> {
                    for (String router : List.of("ra", "rb")) {
                        lab.run("exec", router, "nft", "add table inet cut");
                        lab.run(
                                "exec",
                                router,
                                "nft",
                                "add chain inet cut forward { type filter hook forward priority filter - 5; }");
                        lab.run("exec", router, "nft", "add rule inet cut forward iifname wan drop");
                        lab.run(
                                "exec",
                                router,
                                "nft",
                                "add rule inet cut forward ip daddr 203.0.113.10 meta l4proto tcp reject with tcp"
                                        + " reset");
                    }
                    Thread.sleep(3_000);
                    for (String router : List.of("ra", "rb")) {
                        lab.run("exec", router, "nft", "delete table inet cut");
                    }
                }))
                .endsWith("relay");
    }

    @Test
    void twoOfOneHomeFindEachOtherWithoutTheTracker() throws Exception {
        List<String> lan = List.of("-Ddits.natlab.lan=eth0");
        try (NatLab lab = NatLab.up("--a", "port-restricted")) {
            Path homes = Files.createTempDirectory(temporary, "homes");
            String code = lab.start(
                            "a", lan, "share", homes.resolve("a").toString(), project.toString(), NatLab.TRACKER)
                    .says("CODE");
            Path copy = homes.resolve("copy");
            NatLab.Host mount = lab.start(
                    "a2", lan, "mount", homes.resolve("a2").toString(), code, copy.toString(), NatLab.TRACKER, "0");
            assertThat(mount.says("JOINED")).endsWith("192.168.1.10:4433");
            mount.says("PATH");
            mount.says("PULLED");
            assertThat(copy.resolve("large")).hasSameBinaryContentAs(project.resolve("large"));
        }
    }
}
