package dev.dits.cli;

import dev.dits.Dits;
import dev.dits.Mount;
import dev.dits.error.MissingObjectException;
import dev.dits.object.TreePath;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CheckoutReport;
import dev.dits.repo.Repository;
import dev.dits.repo.RestoreOptions;
import dev.dits.repo.RestoreReport;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "restore",
        description = {
            "Bring files or directories back as a commit has them; deleted ones, too.",
            "What is replaced and in no commit is kept beside it, as 'NAME (before restore DATE)', unless --force is given. The branch stays"
                    + " where it is; files that no commit has stay as they are."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits restore notes.txt                  undo what was changed since the last commit",
            "  dits restore --source HEAD~3 footage    a folder as it was three commits ago",
            "  dits restore --force .                  all of this directory, keeping nothing",
            "  dits restore -- -odd-name               a name that starts with a dash"
        })
final class RestoreCommand extends RepositoryCommand {
    private static final int SHOWN_MAX = 10;

    @Parameters(arity = "1..*", paramLabel = "PATH", description = "What to restore, with all below it.")
    private List<String> written = List.of();

    @Option(
            names = {"-s", "--source"},
            paramLabel = "REVISION",
            description = "The commit to restore from. Default: the one that the working tree stands on.")
    private @Nullable String source;

    @Option(
            names = {"-f", "--force"},
            description = "Keep no copy of what is replaced and in no commit.")
    private boolean force;

    @Mixin
    private JsonOption json = new JsonOption();

    /** For a mount, where content may have to come from the share. */
    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    RestoreCommand(Context context) {
        super(context);
    }

    @Override
    boolean readsContent() {
        return true;
    }

    @Override
    int run(Repository repository) throws IOException, InterruptedException {
        List<TreePath> paths = TreePaths.of(context, repository, written);
        RestoreOptions options = RestoreOptions.defaults()
                .withUncommitted(force ? RestoreOptions.Uncommitted.DISCARD : RestoreOptions.Uncommitted.KEEP_COPY);
        if (source != null) {
            options = options.withSource(repository.resolve(source));
        }
        context.resumeHint("Every file is as it was or restored; the same command does the rest.");
        RestoreReport report;
        try (CommitWatch watch = new CommitWatch(context, "Restoring", repository.root())) {
            report = repository.restore(
                    paths, options.withWriting(CheckoutOptions.defaults().withProgress(watch)));
        } catch (MissingObjectException e) {
            if (!isMount(repository.root())) {
                throw e;
            }
            report = fetching(repository, paths, options);
        }
        if (json.requested()) {
            write(report);
        } else {
            say(report);
        }
        return report.refusedCount() == 0 && report.kept().isEmpty() ? ExitCode.OK : ExitCode.FAILURE;
    }

    /** In a mount, what is not here is the share's to give. What was restored before this was missed counts as restored. */
    private RestoreReport fetching(Repository repository, List<TreePath> paths, RestoreOptions options)
            throws IOException, InterruptedException {
        try (Dits dits = Dits.open(connection.ditsOptions(context));
                Mount mount = dits.open(repository.root(), connection.mountOptions(null))) {
            return mount.restore(paths, options);
        }
    }

    private void write(RestoreReport report) throws IOException {
        try (JsonOutput out = JsonOutput.open(context)) {
            out.object()
                    .field("source", report.source())
                    .field("filesWritten", report.filesWritten())
                    .field("bytesWritten", report.bytesWritten())
                    .field("filesDeleted", report.filesDeleted())
                    .array("copies");
            for (TreePath path : report.copies()) {
                out.object().field("path", path).end();
            }
            out.end().field("copyCount", report.copyCount()).array("kept");
            for (TreePath path : report.kept()) {
                out.object().field("path", path).end();
            }
            out.end().array("refused");
            for (CheckoutReport.Refused refused : report.refused()) {
                out.object()
                        .field("path", refused.path())
                        .field("reason", refused.reason())
                        .end();
            }
            out.end().field("refusedCount", report.refusedCount()).end();
        }
    }

    private void say(RestoreReport report) {
        if (report.filesWritten() == 0 && report.filesDeleted() == 0 && report.refusedCount() == 0) {
            context.say("Nothing to restore: it is as commit " + report.source().abbreviated() + " has it.");
        } else {
            context.say("Restored from " + report.source().abbreviated() + ": "
                    + Format.count(report.filesWritten(), "file") + ", " + Format.bytes(report.bytesWritten())
                    + "; " + Format.count(report.filesDeleted()) + " deleted");
        }
        list("kept what was in no commit: ", report.copies(), report.copyCount());
        list(
                "changed while it was restored, so left as it is: ",
                report.kept(),
                report.kept().size());
        report.refused().stream()
                .limit(SHOWN_MAX)
                .forEach(refused -> context.warn(
                        "not written: " + refused.path().display() + ": " + Format.safe(refused.reason())));
        if (report.refusedCount() > SHOWN_MAX) {
            context.warn("and " + Format.count(report.refusedCount() - SHOWN_MAX) + " more");
        }
    }

    private void list(String what, List<TreePath> paths, long count) {
        paths.stream().limit(SHOWN_MAX).forEach(path -> context.warn(what + path.display()));
        if (count > SHOWN_MAX) {
            context.warn("and " + Format.count(count - SHOWN_MAX) + " more");
        }
    }
}
