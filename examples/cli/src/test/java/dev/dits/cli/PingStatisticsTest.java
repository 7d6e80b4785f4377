package dev.dits.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dits.PingResult;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PingStatisticsTest {
    private final PingStatistics statistics = new PingStatistics("7KQM-***-***");

    private String answer(int sequence, long micros) {
        statistics.sent();
        return statistics.answered(new PingResult(sequence, Duration.ofNanos(micros * 1_000), 64));
    }

    @Test
    void speaksAsTheGuideDoes() {
        assertThat(answer(1, 12_300)).isEqualTo("64 bytes from 7KQM-***-***: seq=1 time=12.3ms");
        answer(2, 11_800);
        answer(3, 12_100);
        answer(4, 11_900);
        assertThat(statistics.lines())
                .containsExactly(
                        "--- 7KQM-***-*** ping statistics ---",
                        "4 packets transmitted, 4 received, 0% packet loss",
                        "round-trip min/avg/max = 11.8/12.0/12.3 ms");
    }

    @Test
    void countsLoss() {
        answer(1, 131);
        statistics.sent();
        statistics.sent();
        assertThat(statistics.lines())
                .contains("3 packets transmitted, 1 received, 67% packet loss")
                .contains("round-trip min/avg/max = 0.131/0.131/0.131 ms");
    }

    @Test
    void inventsNoTimesWhereNothingCameBack() {
        statistics.sent();
        assertThat(statistics.lines()).hasSize(2).contains("1 packets transmitted, 0 received, 100% packet loss");
    }
}
