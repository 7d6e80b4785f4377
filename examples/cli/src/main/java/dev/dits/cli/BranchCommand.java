package dev.dits.cli;

import dev.dits.error.DitsException;
import dev.dits.object.ObjectId;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "branch",
        description = "List branches, make one, or delete one.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits branch                  list them",
            "  dits branch colour-grade     make one here",
            "  dits branch old HEAD~3       make one three commits back",
            "  dits branch -d colour-grade  delete one"
        })
final class BranchCommand extends RepositoryCommand {
    @Parameters(index = "0", arity = "0..1", paramLabel = "NAME", description = "The branch to make.")
    private @Nullable String name;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "START",
            description = "The commit it starts at. Default: HEAD.")
    private @Nullable String start;

    @Option(
            names = {"-d", "--delete"},
            description = "Delete it; its commits go with the next 'dits gc' unless another branch has them.")
    private boolean delete;

    @Option(
            names = {"-a", "--all"},
            description = "List those last seen at the share as well.")
    private boolean all;

    BranchCommand(Context context) {
        super(context);
    }

    @Override
    void checkUsage() {
        Usage.require(name != null || !delete, "which branch is to be deleted?");
        Usage.require(start == null || !delete, "-d takes one name");
        if (name != null) {
            Usage.requireBranchName(name);
        }
    }

    @Override
    int run(Repository repository) throws IOException {
        if (name == null) {
            list(repository);
            return ExitCode.OK;
        }
        if (delete) {
            repository.deleteBranch(name);
            context.say("Deleted branch " + Format.safe(name) + ".");
            return ExitCode.OK;
        }
        if (repository.ref(RefName.branch(name)).isPresent()) {
            throw new DitsException(
                    "there is a branch " + name + " already; choose another name, or 'dits branch -d " + name + "'");
        }
        RefName made = repository.createBranch(name, start == null ? "HEAD" : start);
        context.say("Made branch " + Format.safe(name) + " at "
                + repository.ref(made).map(ObjectId::abbreviated).orElse("?") + "; 'dits checkout " + Format.safe(name)
                + "' goes there.");
        return ExitCode.OK;
    }

    private void list(Repository repository) throws IOException {
        @Nullable RefName current = repository.currentBranch().orElse(null);
        Map<RefName, ObjectId> branches = repository.branches();
        if (current != null && !branches.containsKey(current)) {
            context.say("* " + Format.safe(current.shortName()) + " (no commit yet)");
        }
        for (Map.Entry<RefName, ObjectId> branch : all ? repository.refs().entrySet() : branches.entrySet()) {
            if (branch.getKey().isTag()) {
                continue;
            }
            String line = Format.safe(branch.getKey().shortName()) + " "
                    + branch.getValue().abbreviated();
            context.say(branch.getKey().equals(current) ? context.bold("* " + line) : "  " + line);
        }
    }
}
