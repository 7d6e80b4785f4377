package dev.dits.cli;

import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.RepositoryOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "init",
        description = "Make a repository of a directory. What is in it stays as it is.",
        footerHeading = "%nExample:%n",
        footer = "  dits init my-project && cd my-project && dits commit -m \"First take\"")
final class InitCommand implements Callable<Integer> {
    private final Context context;

    @Parameters(arity = "0..1", paramLabel = "DIR", description = "The directory; made if missing. Default: this one.")
    private @Nullable Path directory;

    @Option(names = "--branch", paramLabel = "NAME", description = "The branch to start on. Default: main.")
    private @Nullable String branch;

    @Option(names = "--author", paramLabel = "NAME", description = "Whom commits name. Default: user and host.")
    private @Nullable String author;

    @Option(names = "--track-git", description = "Store .git like anything else; it is left out otherwise.")
    private boolean trackGit;

    @Mixin
    private JsonOption json = new JsonOption();

    InitCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException {
        RepositoryOptions options = RepositoryCommand.options().withTrackGit(trackGit);
        if (branch != null) {
            options = options.withBranch(branch);
        }
        if (author != null) {
            options = options.withAuthor(author);
        }
        try (Repository repository = Repository.init(context.path(directory), options)) {
            if (json.requested()) {
                try (JsonOutput out = JsonOutput.open(context)) {
                    out.object()
                            .field("root", repository.root().toString())
                            .field("id", repository.id())
                            .field(
                                    "branch",
                                    repository
                                            .currentBranch()
                                            .map(RefName::shortName)
                                            .orElse(null))
                            .end();
                }
                return ExitCode.OK;
            }
            context.say("Initialised an empty repository in "
                    + Context.show(repository.root().resolve(Repository.DIRECTORY)));
        }
        return ExitCode.OK;
    }
}
