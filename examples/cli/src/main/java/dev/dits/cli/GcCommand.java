package dev.dits.cli;

import dev.dits.repo.Repository;
import dev.dits.store.CompactReport;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "gc",
        description = {
            "Drop what no branch, tag or unfinished transfer needs.",
            "Waits until no other command writes to the repository."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  dits branch -d rejected && dits gc    give back what only that branch had",
            "  dits gc --json                        for scripts: one JSON document"
        })
final class GcCommand extends RepositoryCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    GcCommand(Context context) {
        super(context);
    }

    @Override
    int run(Repository repository) throws IOException {
        context.resumeHint("Nothing that is needed was dropped; the same command starts over.");
        CompactReport report = repository.gc();
        if (json.requested()) {
            try (JsonOutput out = JsonOutput.open(context)) {
                out.object()
                        .field("packsRewritten", report.packsRewritten())
                        .field("packsDropped", report.packsDropped())
                        .field("recordsDropped", report.recordsDropped())
                        .field("bytesFreed", report.bytesFreed())
                        .end();
            }
            return ExitCode.OK;
        }
        context.say("Dropped " + Format.count(report.recordsDropped(), "record") + ", freed "
                + Format.bytes(report.bytesFreed()) + ".");
        return ExitCode.OK;
    }
}
