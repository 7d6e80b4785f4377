package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * How many round trips a join through a relay takes: the same joins over lines of two delays, whose difference no processor takes part in. Needs root, iproute2
 * and nftables, and {@code -Ddits.natlab=} something.
 */
@EnabledIfSystemProperty(
        named = "dits.natlab",
        matches = ".+",
        disabledReason = "needs root and network namespaces: -Ddits.natlab=all")
@Timeout(240)
class NatLabRoundsTest {
    private static final int JOINS = 9;

    /** The first are Java's start. */
    private static final int WARM = 3;

    private static final int SHORT_MILLIS = 20;
    private static final int LONG_MILLIS = 120;

    @TempDir
    static Path temporary;

    /** The median. */
    private static long joinMillis(Path project, int delayMillis) throws Exception {
        try (NatLab lab = NatLab.up("--delay", Integer.toString(delayMillis))) {
            lab.tracker();
            Path homes = Files.createTempDirectory(temporary, "homes");
            String code = lab.start("a", "share", homes.resolve("a").toString(), project.toString(), NatLab.TRACKER)
                    .says("CODE");
            NatLab.Host mount = lab.start(
                    "b", "joins", homes.resolve("b").toString(), code, NatLab.TRACKER, Integer.toString(JOINS));
            List<Long> millis = new ArrayList<>();
            for (int i = 0; i < JOINS; i++) {
                long one = Long.parseLong(mount.says("JOINED").split(" ")[0]);
                if (i >= WARM) {
                    millis.add(one);
                }
            }
            System.out.println("a delay of " + delayMillis + " ms at each router: joins of " + millis + " ms");
            Collections.sort(millis);
            return millis.get(millis.size() / 2);
        }
    }

    @Test
    void aJoinThroughTheRelayTakesSixRoundTripsOnceTheTrackersConnectionStands() throws Exception {
        Path project = NatLab.project(temporary, 100);
        long slow = joinMillis(project, LONG_MILLIS);
        long fast = joinMillis(project, SHORT_MILLIS);
        // Between the two sides there are two routers, each there and back; to the tracker one.
        double trip = 4.0 * (LONG_MILLIS - SHORT_MILLIS);
        double trips = (slow - fast) / trip;
        // The mount's TCP connection and its WebSocket.
        double connecting = 2 * 0.5;
        System.out.printf(
                Locale.ROOT,
                "%.2f round trips between the two sides, %.2f of them until the tracker is connected%n",
                trips,
                connecting);
        assertThat(trips - connecting).isLessThanOrEqualTo(6);
    }
}
