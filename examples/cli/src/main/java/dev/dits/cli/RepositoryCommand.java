package dev.dits.cli;

import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.nio.file.Path;
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
        try (Repository repository = open(Repository.find(context.here()))) {
            return run(repository);
        }
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
