package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.Progress;
import dev.dits.TransferResult;
import dev.dits.object.ObjectId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class TransferReportTest {
    private static Progress progress(long done, long total, long wire, long reused) {
        return new Progress(
                Progress.Phase.ENDED, 10, 5_881, done, total, wire, reused, Duration.ofMillis(12_300), 1_000_000);
    }

    @Test
    void putsTheWireBesideTheTree() {
        assertThat(TransferReport.summary(progress(270_000_000, 270_000_000, 101_000_000, 12_000_000)))
                .isEqualTo(
                        "5,881 files, 270 MB; 101 MB on the wire (37.4%), 12.0 MB were here already; 12 s, 22.0 MB/s");
    }

    @Test
    void givesNoRateWhereMostOfTheTreeWasLeftAlone() {
        assertThat(TransferReport.summary(progress(1, 270_000_000, 558, 0)))
                .isEqualTo("5,881 files, 270 MB; 558 B on the wire (0.0%); 12 s");
    }

    @Test
    void aTreeWithHolesIsNoSuccess() {
        TestContext process = new TestContext(Path.of(""));
        Progress progress = progress(1, 1, 1, 0);
        ObjectId commit = ObjectId.hash(new byte[0]);
        assertThat(TransferReport.refused(process.context(), new TransferResult(commit, progress, List.of())))
                .isZero();
        assertThat(process.err()).isEmpty();
        List<String> refused = Collections.nCopies(12, "a\u001Bb: no");
        assertThat(TransferReport.refused(process.context(), new TransferResult(commit, progress, refused)))
                .isEqualTo(ExitCode.FAILURE);
        assertThat(process.err())
                .contains("dits: not written: a\\u001bb: no\n")
                .contains("dits: and 2 more\n")
                .contains("everything else is in place");
    }
}
