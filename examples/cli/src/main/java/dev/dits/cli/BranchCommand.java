package dev.dits.cli;

import dev.dits.error.DitsException;
import dev.dits.object.ObjectId;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private JsonOption json = new JsonOption();

    BranchCommand(Context context) {
        super(context);
    }

    @Override
    void checkUsage() {
        Usage.require(name != null || !delete, "which branch is to be deleted?");
        Usage.require(start == null || !delete, "-d takes one name");
        Usage.require(!json.requested() || name == null, "--json lists; it takes no name");
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
        Map<RefName, ObjectId> shown = new TreeMap<>(all ? repository.refs() : branches);
        shown.keySet().removeIf(RefName::isTag);
        if (json.requested()) {
            write(shown, current);
            return;
        }
        if (current != null && !branches.containsKey(current)) {
            context.say("* " + Format.safe(current.shortName()) + " (no commit yet)");
        }
        for (Map.Entry<RefName, ObjectId> branch : shown.entrySet()) {
            String line = Format.safe(branch.getKey().shortName()) + " "
                    + branch.getValue().abbreviated();
            context.say(branch.getKey().equals(current) ? context.bold("* " + line) : "  " + line);
        }
    }

    private void write(Map<RefName, ObjectId> branches, @Nullable RefName current) throws IOException {
        try (JsonOutput out = JsonOutput.open(context)) {
            out.object()
                    .field("current", current == null ? null : current.value())
                    .array("branches");
            for (Map.Entry<RefName, ObjectId> branch : branches.entrySet()) {
                out.object()
                        .field("ref", branch.getKey().value())
                        .field("name", branch.getKey().shortName())
                        .field("commit", branch.getValue())
                        .field("current", branch.getKey().equals(current))
                        .end();
            }
            out.end().end();
        }
    }
}
