package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.Sync;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code connect} leaves in the background: keeps a mount's session, and the mount in step with its share, until it is unmounted. */
@Command(
        name = "hold",
        hidden = true,
        description = "Keep a mount connected and in step with its share, until unmounted.")
final class HoldCommand implements Callable<Integer> {
    private final Context context;

    @Parameters(arity = "1", paramLabel = "DIR", description = "The mount.")
    private Path directory = Path.of("");

    @Option(names = "--manual", description = "Keep the session, and pull and push only when told.")
    private boolean manual;

    @Mixin
    private WatchSwitches watch = new WatchSwitches();

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private LimitOptions limits = new LimitOptions();

    HoldCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        try (Dits dits = Dits.open(connection.ditsOptions(context).withControl(true));
                Mount mount = dits.open(
                        context.path(directory),
                        connection
                                .mountOptions(null)
                                .withSync(manual ? Sync.MANUAL : Sync.AUTO)
                                .withWatch(watch.options()))) {
            limits.apply(mount.bandwidth());
            new Follower(context, mount).run();
        }
        return ExitCode.OK;
    }
}
