package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.TransferResult;
import dev.dits.error.MissingObjectException;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CheckoutReport;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "checkout",
        description = {
            "Bring the working tree to a branch or a commit.",
            "Never overwrites changes that are in no commit: if any are in the way, nothing is done."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits checkout colour-grade       go to a branch",
            "  dits checkout -b colour-grade    make a branch here and go to it",
            "  dits checkout HEAD~1             look at the commit before; 'dits checkout main' goes back"
        })
final class CheckoutCommand extends RepositoryCommand {
    private static final int SHOWN_MAX = 10;

    @Parameters(paramLabel = "REVISION", description = "A branch, a tag, or a commit.")
    private String revision = "";

    @Option(names = "-b", description = "Make the branch first, where the working tree is.")
    private boolean create;

    /** For a mount, where content may have to come from the share. */
    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    CheckoutCommand(Context context) {
        super(context);
    }

    @Override
    void checkUsage() {
        if (create) {
            Usage.requireBranchName(revision);
        }
    }

    @Override
    boolean readsContent() {
        return true;
    }

    @Override
    int run(Repository repository) throws IOException, InterruptedException {
        if (create) {
            repository.createBranch(revision, "HEAD");
        }
        context.resumeHint("The same command finishes the checkout.");
        CheckoutReport report;
        try (CommitWatch watch = new CommitWatch(context, "Checking out", repository.root())) {
            report = repository.checkout(revision, CheckoutOptions.defaults().withProgress(watch));
        } catch (MissingObjectException e) {
            if (!isMount(repository.root())) {
                throw e;
            }
            return fetching(context, connection, repository, revision);
        }
        context.say(repository
                        .currentBranch()
                        .map(branch -> "On branch " + Format.safe(branch.shortName()) + " (")
                        .orElse("At a commit, on no branch (")
                + report.commit().abbreviated() + "): "
                + Format.count(report.filesWritten(), "file") + " written, " + Format.bytes(report.bytesWritten())
                + "; " + Format.count(report.filesDeleted()) + " deleted");
        warn(context, report);
        return report.refusedCount() == 0 ? ExitCode.OK : ExitCode.FAILURE;
    }

    /** In a mount, what is not here is the share's to give. */
    static int fetching(Context context, ConnectionOptions connection, Repository repository, String revision)
            throws IOException, InterruptedException {
        try (Dits dits = Dits.open(connection.ditsOptions(context));
                Mount mount = dits.open(repository.root(), connection.mountOptions(null))) {
            TransferResult result = Watch.await(context, mount.checkout(revision), "Fetching");
            context.say((repository.currentBranch().isPresent() ? "On branch " : "At commit ") + Format.safe(revision)
                    + " (" + result.commit().abbreviated() + "): " + TransferReport.summary(result.progress()));
            return TransferReport.refused(context, result);
        }
    }

    /** What a checkout could not do, or kept. */
    static void warn(Context context, CheckoutReport report) {
        warn(
                context,
                "changed while the checkout ran, so left as it is: ",
                report.kept().stream().map(String::valueOf).toList(),
                report.kept().size());
        warn(
                context,
                "kept a copy of what was written meanwhile: ",
                report.conflictCopies().stream().map(String::valueOf).toList(),
                report.conflictCopies().size());
        warn(
                context,
                "not written: ",
                report.refused().stream()
                        .map(refused -> refused.path().display() + ": " + Format.safe(refused.reason()))
                        .toList(),
                report.refusedCount());
    }

    private static void warn(Context context, String what, List<String> paths, long count) {
        paths.stream().limit(SHOWN_MAX).forEach(path -> context.warn(what + path));
        if (count > SHOWN_MAX) {
            context.warn("and " + Format.count(count - SHOWN_MAX) + " more");
        }
    }
}
