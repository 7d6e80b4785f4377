package dev.dits.cli;

import dev.dits.TransferResult;
import dev.dits.repo.RefName;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "push",
        description = "Send the current branch's commits to the share. Only what it lacks travels.",
        footerHeading = "%nExample:%n",
        footer = "  dits commit -m \"Graded\" && dits push")
final class PushCommand extends MountCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    PushCommand(Context context) {
        super(context);
    }

    @Override
    int run(Handle mount) throws IOException, InterruptedException {
        TransferResult result = Watch.await(context, mount.push(), "Pushing");
        if (json.requested()) {
            TransferReport.write(context, mount.shareName(), result);
            return TransferReport.refused(context, result);
        }
        String branch =
                mount.repository().currentBranch().map(RefName::shortName).orElse("HEAD");
        context.say(Format.safe(mount.shareName()) + " has " + Format.safe(branch) + " at "
                + result.commit().abbreviated() + " now.");
        context.say("  " + TransferReport.summary(result.progress()));
        return ExitCode.OK;
    }
}
