package dev.dits.cli;

import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/** A command on the repository around the current directory. */
abstract class RepositoryCommand implements Callable<Integer> {
    final Context context;

    RepositoryCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        checkUsage();
        Path root = Repository.find(context.here());
        if (!readsContent() || !isMount(root)) {
            try (Repository repository = open(root)) {
                return run(repository);
            }
        }
        // Closed after the repository that reads from it.
        try (NodeCache cache = new NodeCache(context);
                Repository repository = Repository.open(root, options().withSources(List.of(cache)))) {
            return run(repository);
        }
    }

    /** Whether what files contain is needed, which in a mount may be only in the node's cache. */
    boolean readsContent() {
        return false;
    }

    /** Whether a share has promised what may not be here. */
    static boolean isMount(Path root) {
        return Files.isDirectory(root.resolve(Repository.DIRECTORY).resolve("remotes"));
    }

    /** Looks at the command line, before there is a repository to look at. */
    void checkUsage() {}

    /**
     * Does it.
     *
     * @param repository closed afterwards
     * @return an {@link ExitCode}
     * @throws IOException whatever goes wrong
     */
    abstract int run(Repository repository) throws Exception;

    static Repository open(Path root) throws IOException {
        return Repository.open(root, options());
    }

    static RepositoryOptions options() {
        return RepositoryOptions.defaults()
                .withAuthor(dev.dits.DitsOptions.defaults().deviceName());
    }
}
