package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.Mount;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What {@code connect} leaves in the background: keeps a mount's session and follows the share until it is unmounted. */
@Command(name = "hold", hidden = true, description = "Keep a mount connected and follow its share, until unmounted.")
final class HoldCommand implements Callable<Integer> {
    private final Context context;

    @Parameters(arity = "1", paramLabel = "DIR", description = "The mount.")
    private Path directory = Path.of("");

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    HoldCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        try (Dits dits = Dits.open(connection.ditsOptions(context).withControl(true));
                Mount mount = dits.open(context.path(directory), connection.mountOptions(null))) {
            // What was committed since the pull of the one who started this was not announced here.
            new Follower(context, mount).run(true);
        }
        return ExitCode.OK;
    }
}
