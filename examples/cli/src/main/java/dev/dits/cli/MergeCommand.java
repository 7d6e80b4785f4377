package dev.dits.cli;

import dev.dits.error.MissingObjectException;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CheckoutReport;
import dev.dits.repo.ConflictCopy;
import dev.dits.repo.MergeOptions;
import dev.dits.repo.MergeReport;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "merge",
        description = {
            "Bring another branch's commits into this one, file by file.",
            "Of a file that both changed, the later version keeps the name and the other is put beside it, as 'NAME (conflict from WHO DATE)';"
                    + " a file that one changed and the other deleted stays. So a merge never stops half way: look at the copies, keep what"
                    + " you want, and commit. Changes that are in no commit are never overwritten.",
            "Exits with 0 where copies were made too (--json lists them), and with 6 where the branch was merged and uncommitted changes keep"
                    + " the working tree from following it."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits merge colour-grade                      bring a branch in",
            "  dits merge -m \"Second grade\" origin/main     with a message of your own",
            "  dits merge --json grade | jq -r '.copies[].copy'"
        })
final class MergeCommand extends RepositoryCommand {
    private static final int SHOWN_MAX = 20;

    @Parameters(paramLabel = "REVISION", description = "What to bring in: a branch, a tag, or a commit.")
    private String revision = "";

    @Option(
            names = {"-m", "--message"},
            paramLabel = "TEXT",
            description = "Why. Conflicts are named behind it. Default: what was merged.")
    private @Nullable String message;

    @Option(names = "--author", paramLabel = "NAME", description = "Whom the commit names.")
    private @Nullable String author;

    @Mixin
    private JsonOption json = new JsonOption();

    /** For a mount, where content may have to come from the share. */
    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    MergeCommand(Context context) {
        super(context);
    }

    @Override
    boolean readsContent() {
        return true;
    }

    @Override
    int run(Repository repository) throws IOException, InterruptedException {
        context.resumeHint("The branch is as it was or merged; the same command does the rest.");
        String given = message;
        if (given == null) {
            given = "Merge " + revision + " into "
                    + repository.currentBranch().map(RefName::shortName).orElse("HEAD");
        }
        MergeReport report;
        try (CommitWatch watch = new CommitWatch(context, "Merging", repository.root())) {
            MergeOptions options =
                    new MergeOptions(author, given, CheckoutOptions.defaults().withProgress(watch));
            report = repository.merge(revision, options);
        } catch (MissingObjectException e) {
            if (!isMount(repository.root()) || json.requested()) {
                throw e;
            }
            // The branch may have moved; what the tree lacks is fetched on the way to it.
            return CheckoutCommand.fetching(
                    context,
                    connection,
                    repository,
                    repository.currentBranch().map(RefName::shortName).orElse("HEAD"));
        }
        if (json.requested()) {
            write(repository, report);
        } else {
            say(report);
        }
        if (!report.inTheWay().isEmpty()) {
            return ExitCode.CONFLICT;
        }
        return report.checkout().map(CheckoutReport::refusedCount).orElse(0L) == 0 ? ExitCode.OK : ExitCode.FAILURE;
    }

    private void write(Repository repository, MergeReport report) throws IOException {
        try (JsonOutput out = JsonOutput.open(context)) {
            out.object()
                    .field("kind", report.kind().name().toLowerCase(Locale.ROOT))
                    .field(
                            "branch",
                            repository.currentBranch().map(RefName::shortName).orElse(null))
                    .field("commit", report.commit());
            writeCopies(out, report.copies());
            out.array("inTheWay");
            for (String path : report.inTheWay()) {
                out.value(path);
            }
            out.end()
                    .field(
                            "filesWritten",
                            report.checkout().map(CheckoutReport::filesWritten).orElse(0L))
                    .field(
                            "filesDeleted",
                            report.checkout().map(CheckoutReport::filesDeleted).orElse(0L))
                    .field(
                            "refusedCount",
                            report.checkout().map(CheckoutReport::refusedCount).orElse(0L))
                    .end();
        }
    }

    /** The files of which there are two now, into an object that is open. */
    static void writeCopies(JsonOutput out, List<ConflictCopy> copies) throws IOException {
        out.array("copies");
        for (ConflictCopy copy : copies) {
            out.object().field("kept", copy.kept()).field("copy", copy.copy()).end();
        }
        out.end();
    }

    private void say(MergeReport report) {
        String name = Format.safe(revision);
        switch (report.kind()) {
            case NOTHING -> context.say("Nothing to merge: all of " + name + " is here.");
            case FAST_FORWARD ->
                context.say("Nothing was committed here since " + name + " began: the branch is at "
                        + report.commit().abbreviated() + " now.");
            case MERGED -> context.say("Merged " + name + " (" + report.commit().abbreviated() + ").");
        }
        report.checkout().ifPresent(checkout -> {
            context.say("  " + Format.count(checkout.filesWritten(), "file") + " written, "
                    + Format.bytes(checkout.bytesWritten()) + "; " + Format.count(checkout.filesDeleted())
                    + " deleted");
            CheckoutCommand.warn(context, checkout);
        });
        warnOfCopies(context, report.copies());
        warnOfChanges(context, report.inTheWay());
    }

    /** Tells what there is two of. */
    static void warnOfCopies(Context context, List<ConflictCopy> copies) {
        copies.stream()
                .limit(SHOWN_MAX)
                .forEach(
                        copy -> context.warn("both sides changed " + copy.kept().display() + "; the other version is "
                                + copy.copy().display()));
        if (copies.size() > SHOWN_MAX) {
            context.warn("and " + Format.count(copies.size() - SHOWN_MAX) + " more");
        }
    }

    /** Tells why the working tree stays behind. */
    static void warnOfChanges(Context context, List<String> paths) {
        if (!paths.isEmpty()) {
            context.warn("the working tree stays as it is, since changes in it are in no commit: "
                    + String.join(", ", paths.subList(0, Math.min(5, paths.size())))
                    + (paths.size() > 5 ? " and " + Format.count(paths.size() - 5) + " more" : "")
                    + "; 'dits commit' records them and brings both together");
        }
    }
}
