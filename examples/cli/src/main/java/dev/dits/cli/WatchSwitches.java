package dev.dits.cli;

import dev.dits.watch.WatchOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a folder is watched, for the commands that do it. */
final class WatchSwitches {
    @Option(
            names = "--watch",
            description = {
                "Commit by itself what changes in the folder. A file that is still being written waits;",
                "what .ditsignore names is left out."
            })
    private boolean watch;

    @Option(
            names = "--settle",
            paramLabel = "TIME",
            description = "With --watch: commit a file when nothing has changed in it for so long. Default: 1s.")
    private @Nullable String settle;

    @Option(
            names = "--interval",
            paramLabel = "TIME",
            description =
                    "With --watch: how often to look at everything, for what the system did not tell. Default: 1m.")
    private @Nullable String interval;

    boolean requested() {
        Usage.require(watch || (settle == null && interval == null), "--settle and --interval go with --watch");
        return watch;
    }

    /** What was asked for; null if nothing was. */
    @Nullable
    WatchOptions options() {
        if (!requested()) {
            return null;
        }
        WatchOptions options = WatchOptions.defaults();
        try {
            if (settle != null) {
                options = options.withQuiet(Usage.duration("--settle", settle));
            }
            return interval == null ? options : options.withRescan(Usage.duration("--interval", interval));
        } catch (IllegalArgumentException e) {
            throw new Usage(String.valueOf(e.getMessage()));
        }
    }

    /** In what time a file is committed, for people. */
    static String settles(WatchOptions options) {
        Duration quiet = options.quiet();
        return quiet.equals(Duration.ofSeconds(1)) ? "a second" : Format.duration(quiet);
    }

    /** The same for a command in the background. */
    List<String> arguments() {
        List<String> arguments = new ArrayList<>();
        if (requested()) {
            arguments.add("--watch");
        }
        if (settle != null) {
            arguments.addAll(List.of("--settle", settle));
        }
        if (interval != null) {
            arguments.addAll(List.of("--interval", interval));
        }
        return arguments;
    }
}
