package dev.dits.cli;

import dev.dits.error.LocalChangesException;
import dev.dits.error.MissingObjectException;
import dev.dits.object.TreePath;
import dev.dits.repo.CheckoutOptions;
import dev.dits.repo.CommitResult;
import dev.dits.repo.MergeReport;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.watch.WatchOptions;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "commit",
        description = {
            "Record the whole working tree as it is; there is no staging area.",
            "What .ditsignore names is left out. With --watch it stays, and commits by itself what changes."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits commit -m \"Second take\"",
            "  dits commit -m \"Nightly\" --author render-farm --json | jq -r .id",
            "  dits commit --watch                         until Ctrl-C, a line for each commit"
        })
final class CommitCommand extends RepositoryCommand {
    private static final int SKIPPED_SHOWN_MAX = 10;

    @Option(
            names = {"-m", "--message"},
            paramLabel = "TEXT",
            description = "What changed and why. With --watch: of each commit; else they say what changed.")
    private @Nullable String message;

    @Option(names = "--author", paramLabel = "NAME", description = "Whom the commit names.")
    private @Nullable String author;

    @Mixin
    private WatchSwitches watch = new WatchSwitches();

    @Mixin
    private JsonOption json = new JsonOption();

    CommitCommand(Context context) {
        super(context);
    }

    @Override
    void checkUsage() {
        Usage.require(watch.options() != null || message != null, "say what changed and why: dits commit -m MESSAGE");
    }

    @Override
    int run(Repository repository) throws IOException, InterruptedException {
        WatchOptions options = watch.options();
        if (options != null) {
            new CommitWatching(context, repository)
                    .run(
                            options.withAuthor(author).withMessage(message),
                            json.requested()
                                    ? Optional.of(commit -> write(repository, Optional.of(commit)))
                                    : Optional.empty());
            return ExitCode.OK;
        }
        return once(repository, Objects.requireNonNull(message));
    }

    private int once(Repository repository, String why) throws IOException {
        context.resumeHint(
                "Nothing was committed; the same command starts over, and what was stored is not stored again.");
        Optional<CommitResult> made = commit(context, repository, why, author);
        boolean follows = follow(repository, made);
        if (json.requested()) {
            write(repository, made);
            return ExitCode.OK;
        }
        if (made.isEmpty()) {
            context.say("Nothing to commit: the working tree is as its commit.");
            if (!repository.selection().isAll()) {
                context.say("What is not selected is not looked at; 'dits status' names what is new there.");
            }
            return ExitCode.OK;
        }
        CommitResult commit = made.get();
        String branch = repository.currentBranch().map(RefName::shortName).orElse("no branch");
        context.say("[" + Format.safe(branch) + " " + commit.id().abbreviated() + "] "
                + Format.safe(why).lines().findFirst().orElse(""));
        context.say("  " + Format.count(commit.files(), "file") + ", " + Format.bytes(commit.bytes()) + "; "
                + Format.bytes(commit.newBytes()) + " new to the repository");
        commit.merged().ifPresent(merged -> {
            context.say("  The branch had moved meanwhile; both are together in "
                    + merged.commit().abbreviated() + (follows ? "." : ", which 'dits checkout' brings in."));
            MergeCommand.warnOfCopies(context, merged.copies());
        });
        if (!repository.config().withPrefix("remote.").isEmpty()) {
            context.say("  'dits push' sends it to the share.");
        }
        commit.unselected().stream()
                .limit(SKIPPED_SHOWN_MAX)
                .forEach(path -> context.warn("left out, not selected ('dits p2p select --add'): " + path.display()));
        if (commit.unselected().size() > SKIPPED_SHOWN_MAX) {
            context.warn("left out " + Format.count(commit.unselected().size() - SKIPPED_SHOWN_MAX)
                    + " more that are not selected");
        }
        for (TreePath path : commit.skipped()
                .subList(0, Math.min(SKIPPED_SHOWN_MAX, commit.skipped().size()))) {
            context.warn("left out, neither file, directory nor link: " + path.display());
        }
        if (commit.skipped().size() > SKIPPED_SHOWN_MAX) {
            context.warn("left out " + Format.count(commit.skipped().size() - SKIPPED_SHOWN_MAX) + " more");
        }
        return ExitCode.OK;
    }

    /** Brings in what others did, where a commit was merged with it. */
    private boolean follow(Repository repository, Optional<CommitResult> made) throws IOException {
        if (made.flatMap(CommitResult::merged).isEmpty()) {
            return true;
        }
        try {
            repository.follow(CheckoutOptions.defaults());
            return true;
        } catch (MissingObjectException | LocalChangesException e) {
            // The commit stands. In a mount the rest may have to be fetched; or somebody wrote meanwhile.
            return false;
        }
    }

    private void write(Repository repository, Optional<CommitResult> made) throws IOException {
        try (JsonOutput out = JsonOutput.open(context)) {
            out.object()
                    .field("committed", made.isPresent())
                    .field("id", made.map(CommitResult::id))
                    .field(
                            "branch",
                            repository.currentBranch().map(RefName::shortName).orElse(null))
                    .field("files", made.map(CommitResult::files).orElse(0L))
                    .field("bytes", made.map(CommitResult::bytes).orElse(0L))
                    .field("newBytes", made.map(CommitResult::newBytes).orElse(0L))
                    .array("skipped");
            for (TreePath path : made.map(CommitResult::skipped).orElse(List.of())) {
                out.object().field("path", path).end();
            }
            out.end().array("unselected");
            for (TreePath path : made.map(CommitResult::unselected).orElse(List.of())) {
                out.object().field("path", path).end();
            }
            out.end().field("merged", made.flatMap(CommitResult::merged).map(MergeReport::commit));
            MergeCommand.writeCopies(
                    out,
                    made.flatMap(CommitResult::merged).map(MergeReport::copies).orElse(List.of()));
            out.end();
        }
    }

    static Optional<CommitResult> commit(
            Context context, Repository repository, String message, @Nullable String author) throws IOException {
        try (CommitWatch watch = new CommitWatch(context, "Committing", repository.root())) {
            return repository.commit(message, author, watch);
        }
    }
}
