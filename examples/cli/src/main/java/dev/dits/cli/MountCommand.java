package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** A command on the mount around the current directory: it reconnects to the share. */
abstract class MountCommand implements Callable<Integer> {
    final Context context;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    MountCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        Path root = Repository.find(context.here());
        context.resumeHint("The same command goes on from here; what was verified stays.");
        try (Dits dits = Dits.open(connection.ditsOptions(context));
                Mount mount = dits.open(root, connection.mountOptions(null))) {
            return run(mount);
        }
    }

    /**
     * Does it.
     *
     * @param mount closed afterwards
     * @return an {@link ExitCode}
     * @throws IOException whatever goes wrong
     * @throws InterruptedException if the command was interrupted
     */
    abstract int run(Mount mount) throws IOException, InterruptedException;
}
