package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.RunningMount;
import dev.dits.Transfer;
import dev.dits.error.SessionClosedException;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/**
 * A command on the mount around the current directory. Where another process holds it connected, that one does the work and this one watches; else it reconnects
 * to the share itself.
 */
abstract class MountCommand implements Callable<Integer> {
    final Context context;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    MountCommand(Context context) {
        this.context = context;
    }

    /** The mount, whoever holds it. */
    interface Handle {
        /** Starts to pull. */
        Transfer pull() throws IOException, InterruptedException;

        /** Starts to push. */
        Transfer push() throws IOException, InterruptedException;

        /** What the share calls itself. */
        String shareName();

        /** The repository, to read. */
        Repository repository();
    }

    private record Own(Mount mount) implements Handle {
        @Override
        public Transfer pull() {
            return mount.pull();
        }

        @Override
        public Transfer push() {
            return mount.push();
        }

        @Override
        public String shareName() {
            return mount.shareName();
        }

        @Override
        public Repository repository() {
            return mount.repository();
        }
    }

    private record OfOther(RunningMount mount, Repository repository) implements Handle {
        @Override
        public Transfer pull() throws IOException, InterruptedException {
            return mount.pull();
        }

        @Override
        public Transfer push() throws IOException, InterruptedException {
            return mount.push();
        }

        @Override
        public String shareName() {
            return mount.shareName();
        }
    }

    @Override
    public Integer call() throws Exception {
        Path root = Repository.find(context.here());
        context.resumeHint("The same command goes on from here; what was verified stays.");
        Optional<RunningMount> held = held(root);
        if (held.isPresent()) {
            try (Repository repository = RepositoryCommand.open(root)) {
                return run(new OfOther(held.get(), repository));
            } catch (SessionClosedException e) {
                if (held(root).isPresent()) {
                    throw e;
                }
                // It was unmounted, or handed over to a background process, just now; what was verified stays.
            }
        }
        try (Dits dits = Dits.open(connection.ditsOptions(context));
                Mount mount = dits.open(root, connection.mountOptions(null))) {
            return run(new Own(mount));
        }
    }

    /** One that has lost the share is no help: an attempt of our own says which ways were tried. */
    private Optional<RunningMount> held(Path root) throws IOException, InterruptedException {
        return Held.at(context, root).filter(RunningMount::connected);
    }

    /**
     * Does it.
     *
     * @param mount closed afterwards
     * @return an {@link ExitCode}
     * @throws IOException whatever goes wrong
     * @throws InterruptedException if the command was interrupted
     */
    abstract int run(Handle mount) throws IOException, InterruptedException;
}
