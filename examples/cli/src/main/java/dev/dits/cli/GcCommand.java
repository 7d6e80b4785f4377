package dev.dits.cli;

import dev.dits.repo.Repository;
import dev.dits.store.CompactReport;
import java.io.IOException;
import picocli.CommandLine.Command;

@Command(
        name = "gc",
        description = {
            "Drop what no branch, tag or unfinished transfer needs.",
            "Waits until no other command writes to the repository."
        })
final class GcCommand extends RepositoryCommand {
    GcCommand(Context context) {
        super(context);
    }

    @Override
    int run(Repository repository) throws IOException {
        context.resumeHint("Nothing that is needed was dropped; the same command starts over.");
        CompactReport report = repository.gc();
        context.say("Dropped " + Format.count(report.recordsDropped(), "record") + ", freed "
                + Format.bytes(report.bytesFreed()) + ".");
        return ExitCode.OK;
    }
}
