package dev.dits.cli;

import dev.dits.PingResult;
import java.time.Duration;
import java.util.List;

/** What ping says, one answer at a time and in sum. */
final class PingStatistics {
    private final String target;
    private int sent;
    private int received;
    private Duration min = Duration.ZERO;
    private Duration max = Duration.ZERO;
    private Duration sum = Duration.ZERO;

    PingStatistics(String target) {
        this.target = target;
    }

    void sent() {
        sent++;
    }

    int received() {
        return received;
    }

    /** Counts an answer and puts it into words. */
    String answered(PingResult result) {
        Duration time = result.roundTrip();
        min = received == 0 || time.compareTo(min) < 0 ? time : min;
        max = time.compareTo(max) > 0 ? time : max;
        sum = sum.plus(time);
        received++;
        return result.bytes() + " bytes from " + target + ": seq=" + result.sequence() + " time=" + Format.millis(time)
                + "ms";
    }

    List<String> lines() {
        long lostPercent = sent == 0 ? 0 : Math.round(100.0 * (sent - received) / sent);
        String head = "--- " + target + " ping statistics ---";
        String counts = sent + " packets transmitted, " + received + " received, " + lostPercent + "% packet loss";
        return received == 0
                ? List.of(head, counts)
                : List.of(
                        head,
                        counts,
                        "round-trip min/avg/max = " + Format.millis(min) + "/" + Format.millis(sum.dividedBy(received))
                                + "/" + Format.millis(max) + " ms");
    }
}
