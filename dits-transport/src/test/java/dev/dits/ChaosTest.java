package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A short {@link Chaos}; the long ones are run by its {@code main}. */
@Timeout(300)
class ChaosTest {
    @TempDir
    Path temporary;

    @Test
    void whatIsKilledAtRandomHasLostNothing() throws Exception {
        try (Chaos chaos =
                new Chaos(temporary.resolve("chaos"), 4, true, List.of("share", "commit:2", "gc", "mount"))) {
            // Left to itself a mount may be killed, on a quick machine, each time before its first pull is over.
            chaos.awaitFirst("mount pull");
            chaos.round(10, 1_000, 0);
            assertThat(chaos.findings()).isEmpty();
            assertThat(chaos.counts())
                    .containsEntry("kills", 10)
                    .containsKeys("commits", "commits read back", "gc gc", "mount pull");
        }
    }
}
