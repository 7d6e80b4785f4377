package dev.dits;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A few processes of one user; {@link ManyProcesses#main} does the same with twenty, and looks at the clock. */
@Timeout(120)
class ManyProcessesTest {
    /** Long: what is busy is not to be taken for what hangs, however busy the machine is. */
    private static final Duration LONG = Duration.ofSeconds(30);

    private static final Duration SHORT = Duration.ofMillis(200);

    @TempDir
    Path directory;

    @Test
    void whatIsToldIsRightAfterEachKill() throws Exception {
        try (ManyProcesses all = new ManyProcesses(directory, 1)) {
            all.start(4);
            assertThat(all.told(LONG)).hasSize(4).isEqualTo(all.expected(-1));
            long stopped = all.stop();
            // It is named, for as long as anybody is ready to wait.
            assertThat(all.told(SHORT)).hasSize(4).containsEntry(stopped, "does not answer");
            ManyProcesses.signal("CONT", stopped);
            assertThat(all.told(LONG)).isEqualTo(all.expected(-1));
            while (all.living() > 0) {
                long killed = all.kill();
                assertThat(all.told(LONG)).doesNotContainKey(killed).isEqualTo(all.expected(-1));
            }
            assertThat(directory.resolve("home/run"))
                    .as("what the killed left is swept")
                    .isEmptyDirectory();
        }
        assertThat(Files.exists(directory.resolve("home"))).isTrue();
    }
}
