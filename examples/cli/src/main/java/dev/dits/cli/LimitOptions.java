package dev.dits.cli;

import dev.dits.Bandwidth;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How fast a share or mount may be, to begin with. */
final class LimitOptions {
    @Option(
            names = "--limit-up",
            paramLabel = "RATE",
            description = "Send no faster than this: bytes a second, as 500k or 2M. 'dits p2p limit' changes it later.")
    private @Nullable String up;

    @Option(names = "--limit-down", paramLabel = "RATE", description = "Receive no faster than this.")
    private @Nullable String down;

    /** Refuses what is no rate, before anything is begun. */
    void check() {
        if (up != null) {
            Rate.parse("--limit-up", up);
        }
        if (down != null) {
            Rate.parse("--limit-down", down);
        }
    }

    void apply(Bandwidth bandwidth) {
        if (up != null) {
            bandwidth.limitUp(Rate.parse("--limit-up", up));
        }
        if (down != null) {
            bandwidth.limitDown(Rate.parse("--limit-down", down));
        }
    }

    /** The same for a command in the background. */
    List<String> arguments() {
        List<String> arguments = new ArrayList<>();
        if (up != null) {
            arguments.addAll(List.of("--limit-up", up));
        }
        if (down != null) {
            arguments.addAll(List.of("--limit-down", down));
        }
        return arguments;
    }
}
