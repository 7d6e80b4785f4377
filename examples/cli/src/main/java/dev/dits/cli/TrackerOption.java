package dev.dits.cli;

import dev.dits.DitsOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which tracker to meet at, where it is not the one of the environment. */
final class TrackerOption {
    private static final String NONE = "none";

    @Option(
            names = "--tracker",
            paramLabel = "URL",
            description = {
                "Meet beyond the local network at this tracker, https://HOST or HOST:PORT; 'none' for the LAN alone.",
                "Default: DITS_TRACKER. A key that it may ask for is in DITS_TRACKER_KEY."
            })
    private @Nullable String tracker;

    DitsOptions applied(DitsOptions options) {
        if (tracker == null) {
            return options;
        }
        try {
            return options.withTracker(tracker.equals(NONE) ? null : tracker);
        } catch (IllegalArgumentException e) {
            throw new Usage("--tracker: " + e.getMessage());
        }
    }

    /** The same for a command in the background. */
    List<String> arguments() {
        return tracker == null ? List.of() : List.of("--tracker", tracker);
    }
}
