package dev.dits.cli;

import dev.dits.object.ObjectId;
import dev.dits.object.TreePath;
import dev.dits.repo.Change;
import dev.dits.repo.RefName;
import dev.dits.repo.Repository;
import dev.dits.repo.Status;
import java.io.IOException;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "status",
        description = "Show what changed since the commit that the working tree stands on.",
        footerHeading = "%nExamples:%n",
        footer = {"  dits status", "  dits status --json    for scripts: one JSON document"})
final class StatusCommand extends RepositoryCommand {
    private static final int UNSELECTED_SHOWN_MAX = 100;

    @Mixin
    private JsonOption json = new JsonOption();

    StatusCommand(Context context) {
        super(context);
    }

    @Override
    int run(Repository repository) throws IOException {
        Status status = repository.status();
        if (json.requested()) {
            write(status);
        } else {
            say(status);
        }
        return ExitCode.OK;
    }

    private void write(Status status) throws IOException {
        try (JsonOutput out = JsonOutput.open(context)) {
            out.object()
                    .field("branch", status.branch().map(RefName::shortName).orElse(null))
                    .field("base", status.base())
                    .field("tip", status.tip())
                    .field("behind", status.behind())
                    .field("unfinishedCheckout", status.unfinished())
                    .field("clean", status.clean())
                    .field("changeCount", status.changeCount())
                    .array("changes");
            for (Change change : status.changes()) {
                out.object()
                        .field("path", change.path())
                        .field("kind", change.kind().name().toLowerCase(Locale.ROOT))
                        .end();
            }
            out.end()
                    .field("ignoredCount", status.ignoredCount())
                    .field("skippedCount", status.skippedCount())
                    .field("heldCount", status.heldCount())
                    .array("selection");
            for (String glob : status.selection().globs()) {
                out.value(glob);
            }
            out.end().field("omittedCount", status.omittedCount()).array("unselected");
            for (TreePath path : status.unselected()) {
                out.object().field("path", path).end();
            }
            out.end().field("unselectedCount", status.unselectedCount()).end();
        }
    }

    private void say(Status status) {
        String at = status.base().map(ObjectId::abbreviated).orElse("no commit yet");
        context.say(status.branch()
                .map(branch -> "On branch " + Format.safe(branch.shortName()) + " (" + at + ")")
                .orElse("At commit " + at + ", on no branch"));
        status.unfinished()
                .ifPresent(target -> context.say("A checkout of " + target.abbreviated()
                        + " was interrupted; 'dits checkout " + target.abbreviated() + "' finishes it."));
        if (status.behind() > 0) {
            context.say("The branch is " + Format.count(status.behind(), "commit")
                    + " ahead of the working tree; 'dits checkout "
                    + status.branch()
                            .map(branch -> Format.safe(branch.shortName()))
                            .orElse("HEAD") + "' brings them in.");
        } else if (status.behind() < 0) {
            context.say("The working tree stands on a commit that the branch does not have.");
        }
        for (Change change : status.changes()) {
            context.say("  " + word(change.kind()) + change.path().display());
        }
        long more = status.changeCount() - status.changes().size();
        if (more > 0) {
            context.say("  and " + Format.count(more) + " more");
        }
        if (status.clean()) {
            context.say("Nothing to commit: the working tree is as its commit.");
        } else {
            context.say(Format.count(status.changeCount(), "change") + "; 'dits commit -m MESSAGE' records "
                    + (status.changeCount() == 1 ? "it." : "them."));
        }
        if (!status.selection().isAll()) {
            context.say("Partial: " + Format.count(status.omittedCount(), "file")
                    + " of the commit not selected, and so not here; commits keep them ('dits p2p select').");
        }
        status.unselected().stream()
                .limit(UNSELECTED_SHOWN_MAX)
                .forEach(path -> context.say("  not selected: " + path.display()));
        if (status.unselectedCount() > 0) {
            context.say(
                    Format.count(status.unselectedCount(), "path")
                            + " here that no commit gets, for they are not selected; 'dits p2p select --add GLOB' selects them.");
        }
        if (status.skippedCount() > 0) {
            context.say(Format.count(status.skippedCount(), "entry")
                    + " left out: sockets, pipes, devices or names that are too long.");
        }
        if (status.heldCount() > 0) {
            context.say(
                    Format.count(status.heldCount())
                            + " of the commit not written here, as this file system or the link policy does not allow; not counted as deleted.");
        }
    }

    private static String word(Change.Kind kind) {
        return switch (kind) {
            case ADDED -> "new:       ";
            case MODIFIED -> "modified:  ";
            case MODE_CHANGED -> "mode:      ";
            case DELETED -> "deleted:   ";
            case TYPE_CHANGED -> "type:      ";
        };
    }
}
