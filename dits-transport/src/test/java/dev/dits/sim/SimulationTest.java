package dev.dits.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole nodes on simulated network, clock and disk. See {@code docs/decisions/simulation.md}.
 *
 * <p>One seed again: {@code mvn -pl dits-transport -am test -Dtest=SimulationTest -Dsurefire.failIfNoSpecifiedTests=false
 * -Ddits.sim.first=SEED -Ddits.sim.count=1}; what happened, turn by turn, goes to {@code -Ddits.sim.log=DIRECTORY}. Many:
 * {@code -Ddits.sim.count=1000 -Ddits.sim.seconds=600}.
 */
class SimulationTest {
    /**
     * Seeds that failed once. What they showed has tests of its own, as a seed means another run after every change of what it
     * runs; that they pass is the least. 21104: a user who took the share's version by hand of a file in the way of his first
     * pull, and that one was old by then. 23054: a first pull that was stopped between its files and its branch.
     */
    private static final String FAILED_ONCE = "21104,23054";

    @TempDir
    private Path directory;

    @Test
    void nothingThatWasAcknowledgedIsLostAndAllConvergesWhenItIsQuiet() throws Exception {
        String first = System.getProperty("dits.sim.first", "1");
        long count = Long.getLong("dits.sim.count", 1_000);
        long seconds = Long.getLong("dits.sim.seconds", System.getProperty("dits.sim.count") == null ? 12 : 3_600);
        // Each tenth is run twice, and has to take the same turns.
        CampaignProcess.Outcome outcome =
                CampaignProcess.run(directory, List.of("-Ddits.sim.twice=10"), first, count, seconds);
        System.out.println(outcome.lastLine());
        assertThat(outcome.status()).as(outcome.said()).isZero();
    }

    @Test
    void whatFailedOncePasses() throws Exception {
        CampaignProcess.Outcome outcome = CampaignProcess.run(directory, List.of(), FAILED_ONCE, 0, 3_600);
        assertThat(outcome.status()).as(outcome.said()).isZero();
    }

    /** A simulation that finds nothing may be one that can not find anything. */
    @Test
    void aDiskThatForgetsAndANetworkThatMixesUpAreFound() throws Exception {
        CampaignProcess.Outcome forgets =
                CampaignProcess.run(directory, List.of("-Ddits.sim.fault=forget"), "1", 200, 60);
        assertThat(forgets.status()).as(forgets.said()).isEqualTo(1);
        assertThat(forgets.said()).contains("was acknowledged and is gone");
        CampaignProcess.Outcome mixes =
                CampaignProcess.run(directory, List.of("-Ddits.sim.fault=reorder"), "1", 200, 60);
        assertThat(mixes.status()).as(mixes.said()).isEqualTo(1);
    }
}
