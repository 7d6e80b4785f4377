package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which way packets take between two machines of one network, in network namespaces ({@link NatLab}): TCP where it gets through, UDP where it does not, and one after the
 * other where that changes. Needs root, iproute2 and nftables, and {@code -Ddits.natlab=} something.
 */
@EnabledIfSystemProperty(
        named = "dits.natlab",
        matches = ".+",
        disabledReason = "needs root and network namespaces: -Ddits.natlab=all")
@Timeout(240)
class NatLabLanTest {
    private static final int BYTES = 30_000_000;
    private static final String SLOW = "1500000";
    private static final String SHARE = "192.168.1.10:4433";
    private static final String WAIT_SECONDS = "20";
    private static final String LAN = "-Ddits.natlab.lan=eth0";

    @TempDir
    static Path temporary;

    private static Path project;

    @BeforeAll
    static void makeProject() throws Exception {
        project = NatLab.project(temporary, BYTES);
    }

    private static String share(NatLab lab, Path homes) throws Exception {
        return lab.start("a", List.of(LAN), "share", homes.resolve("a").toString(), project.toString(), NatLab.TRACKER)
                .says("CODE");
    }

    private static NatLab.Host mount(NatLab lab, Path homes, String wanted, String target, String... more)
            throws Exception {
        String[] arguments = new String[6 + more.length];
        List<String> first = List.of(
                "mount",
                homes.resolve("b").toString(),
                target,
                homes.resolve("copy").toString(),
                NatLab.TRACKER,
                WAIT_SECONDS);
        first.toArray(arguments);
        System.arraycopy(more, 0, arguments, first.size(), more.length);
        return lab.start("a2", List.of(LAN, "-Ddits.natlab.way=" + wanted), arguments);
    }

    private static void block(NatLab lab, String host, String what, String how) throws Exception {
        lab.run("exec", host, "nft", "add table inet block");
        lab.run("exec", host, "nft", "add chain inet block out { type filter hook output priority filter; }");
        lab.run("exec", host, "nft", "add rule inet block out " + what + " " + how);
    }

    private static void assertWhole(Path homes) {
        assertThat(homes.resolve("copy/large")).hasSameBinaryContentAs(project.resolve("large"));
    }

    @Test
    void aSessionThatWasJoinedByUdpMovesToTcp() throws Exception {
        try (NatLab lab = NatLab.up()) {
            Path homes = Files.createTempDirectory(temporary, "homes");
            String code = share(lab, homes);
            NatLab.Host mount = mount(lab, homes, "tcp", code);
            mount.says("JOINED");
            assertThat(mount.says("PATH")).endsWith("tcp " + SHARE);
            assertThat(mount.says("PULLED")).endsWith("tcp " + SHARE);
            assertWhole(homes);
        }
    }

    @Test
    void whereTcpIsBlockedItStaysWithUdp() throws Exception {
        try (NatLab lab = NatLab.up()) {
            Path homes = Files.createTempDirectory(temporary, "homes");
            String code = share(lab, homes);
            block(lab, "a2", "ip daddr 192.168.1.10 tcp dport 4433", "drop");
            NatLab.Host mount = mount(lab, homes, "udp", code);
            mount.says("JOINED");
            assertThat(mount.says("PATH")).endsWith("udp " + SHARE);
            assertThat(mount.says("PULLED")).endsWith("udp " + SHARE);
            assertWhole(homes);
        }
    }

    @Test
    void whereUdpIsBlockedItJoinsByTcp() throws Exception {
        try (NatLab lab = NatLab.up()) {
            Path homes = Files.createTempDirectory(temporary, "homes");
            String code = share(lab, homes);
            // Discovery too: the address is told by who shares.
            block(lab, "a2", "meta l4proto udp", "drop");
            NatLab.Host mount = mount(lab, homes, "tcp", code + "@" + SHARE);
            assertThat(mount.says("JOINED")).endsWith("tcp " + SHARE);
            mount.says("PATH");
            assertThat(mount.says("PULLED")).endsWith("tcp " + SHARE);
            assertWhole(homes);
        }
    }

    /** What was under way is asked for again by the other connection, and nothing has to be dialled for that. */
    @Test
    void aTransferGoesOnByUdpWhereTcpIsCut() throws Exception {
        try (NatLab lab = NatLab.up()) {
            Path homes = Files.createTempDirectory(temporary, "homes");
            String code = share(lab, homes);
            NatLab.Host mount = mount(lab, homes, "tcp", code, SLOW);
            mount.says("JOINED");
            assertThat(mount.says("PATH")).endsWith("tcp " + SHARE);
            mount.says("SOME");
            block(lab, "a2", "ip daddr 192.168.1.10 tcp dport 4433", "reject with tcp reset");
            mount.goOn();
            mount.says("ON");
            assertThat(mount.says("PULLED")).endsWith("udp " + SHARE);
            assertWhole(homes);
        }
    }
}
