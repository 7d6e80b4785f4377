package dev.dits.cli;

import dev.dits.error.MissingObjectException;
import dev.dits.object.ObjectId;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CheckoutReport;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.ResetOptions;
import dev.dits.repo.ResetReport;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "reset",
        description = {
            "Move this branch to another commit, back or forward, and the working tree with it.",
            "Changes that are in no commit stay; where they are in the way nothing is done, unless --hard is given: then changes to files that"
                    + " either commit has are lost for good. Files that no commit has stay in any case.",
            "Commits that nothing names any more can be had back by their id until 'dits gc'."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits reset HEAD~1           undo the last commit; to keep its files use 'dits restore' or a branch",
            "  dits reset --hard HEAD      throw away all uncommitted changes",
            "  dits reset --hard v1        all as the tag has it"
        })
final class ResetCommand extends RepositoryCommand {
    @Parameters(
            arity = "0..1",
            paramLabel = "REVISION",
            defaultValue = "HEAD",
            description = "Where to. Default: ${DEFAULT-VALUE}.")
    private String revision = "HEAD";

    @Option(names = "--hard", description = "Throw away changes that are in no commit. They can not be had back.")
    private boolean hard;

    @Mixin
    private JsonOption json = new JsonOption();

    /** For a mount, where content may have to come from the share. */
    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    ResetCommand(Context context) {
        super(context);
    }

    @Override
    boolean readsContent() {
        return true;
    }

    @Override
    int run(Repository repository) throws IOException, InterruptedException {
        ObjectId to = repository.resolve(revision);
        context.resumeHint("'dits reset " + (hard ? "--hard " : "") + to.abbreviated() + "' finishes it.");
        ResetReport report;
        try (CommitWatch watch = new CommitWatch(context, "Resetting", repository.root())) {
            report = repository.reset(
                    to.toString(),
                    ResetOptions.defaults()
                            .withDiscarding(hard)
                            .withCheckout(CheckoutOptions.defaults().withProgress(watch)));
        } catch (MissingObjectException e) {
            if (!isMount(repository.root()) || json.requested() || hard) {
                throw e;
            }
            return CheckoutCommand.fetching(
                    context,
                    connection,
                    repository,
                    repository.currentBranch().map(RefName::shortName).orElse(to.toString()));
        }
        CheckoutReport checkout = report.checkout();
        if (json.requested()) {
            try (JsonOutput out = JsonOutput.open(context)) {
                out.object()
                        .field(
                                "branch",
                                repository
                                        .currentBranch()
                                        .map(RefName::shortName)
                                        .orElse(null))
                        .field("before", report.before())
                        .field("commit", report.commit())
                        .field("filesWritten", report.filesWritten())
                        .field("filesDeleted", report.filesDeleted())
                        .field("refusedCount", checkout.refusedCount())
                        .end();
            }
        } else {
            context.say(repository
                            .currentBranch()
                            .map(branch -> Format.safe(branch.shortName()) + " is at ")
                            .orElse("On no branch, at ")
                    + report.commit().abbreviated()
                    + report.before()
                            .filter(before -> !before.equals(report.commit()))
                            .map(before -> "; it was at " + before.abbreviated())
                            .orElse("")
                    + ". " + Format.count(report.filesWritten(), "file") + " written, "
                    + Format.count(report.filesDeleted()) + " deleted");
            CheckoutCommand.warn(context, checkout);
        }
        return checkout.refusedCount() == 0 ? ExitCode.OK : ExitCode.FAILURE;
    }
}
