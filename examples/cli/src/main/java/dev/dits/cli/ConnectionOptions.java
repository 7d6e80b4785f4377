package dev.dits.cli;

import dev.dits.DitsOptions;
import dev.dits.MountOptions;
import dev.dits.Sync;
import dev.dits.repo.LinkPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What commands that reach a peer have in common. */
final class ConnectionOptions {
    private static final int TIMEOUT_SECONDS = 30;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "How long joining may take. Default: " + TIMEOUT_SECONDS + ".")
    private int timeoutSeconds = TIMEOUT_SECONDS;

    @Option(names = "--bind", paramLabel = "ADDRESS", description = "Connect from this address of this machine.")
    private @Nullable String bind;

    @Mixin
    private TrackerOption tracker = new TrackerOption();

    /** The node's settings, with what the command line says. */
    DitsOptions ditsOptions(Context context) {
        DitsOptions options = tracker.applied(context.ditsOptions());
        return bind == null ? options : options.withBindAddress(Usage.address(bind));
    }

    int timeoutSeconds() {
        Usage.require(timeoutSeconds > 0, "--timeout takes a positive number of seconds");
        return timeoutSeconds;
    }

    /** The same for a command in the background. */
    List<String> arguments() {
        List<String> arguments = new ArrayList<>(List.of("--timeout", Integer.toString(timeoutSeconds())));
        arguments.addAll(tracker.arguments());
        if (bind != null) {
            arguments.addAll(List.of("--bind", bind));
        }
        return arguments;
    }

    /**
     * The command writes links as they are: its user looks at the tree, as after a tar. A command that ends when it has done what it was asked for does no more than that; what
     * stays says that it keeps the mount in step.
     */
    MountOptions mountOptions(@Nullable String code) {
        return MountOptions.defaults()
                .withSync(Sync.MANUAL)
                .withTimeout(Duration.ofSeconds(timeoutSeconds()))
                .withCode(code)
                .withLinks(LinkPolicy.AS_IS);
    }
}
