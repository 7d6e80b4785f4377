package dev.dits.cli;

import dev.dits.TransferResult;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "pull",
        description =
                "Fetch what the share has committed, and bring the working tree to it. Only changed chunks travel.",
        footerHeading = "%nExample:%n",
        footer = "  dits pull && dits log -n 3")
final class PullCommand extends MountCommand {
    @Mixin
    private JsonOption json = new JsonOption();

    PullCommand(Context context) {
        super(context);
    }

    @Override
    int run(Handle mount) throws IOException, InterruptedException {
        Optional<ObjectId> before = mount.repository().base();
        TransferResult result = Watch.await(context, mount.pull(), "Pulling");
        if (json.requested()) {
            TransferReport.write(context, mount.shareName(), result);
            return TransferReport.refused(context, result);
        }
        String share = Format.safe(mount.shareName());
        if (before.equals(Optional.of(result.commit())) && result.progress().wireBytes() == 0) {
            context.say("Up to date with " + share + " at " + result.commit().abbreviated() + ".");
        } else {
            context.say("Pulled " + result.commit().abbreviated() + " from " + share + ".");
            context.say("  " + TransferReport.summary(result.progress()));
        }
        return TransferReport.refused(context, result);
    }
}
