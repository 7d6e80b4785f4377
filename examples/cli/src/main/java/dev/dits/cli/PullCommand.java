package dev.dits.cli;

import dev.dits.Mount;
import dev.dits.TransferResult;
import dev.dits.object.ObjectId;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "pull",
        description =
                "Fetch what the share has committed, and bring the working tree to it. Only changed chunks travel.",
        footerHeading = "%nExample:%n",
        footer = "  dits pull && dits log -n 3")
final class PullCommand extends MountCommand {
    @Option(
            names = "--accept",
            paramLabel = "COMMIT",
            description = "Take the share's branch though it was rewritten, if this is its tip: all 64 digits."
                    + " What is here stays as another branch.")
    private @Nullable String accepted;

    @Mixin
    private JsonOption json = new JsonOption();

    PullCommand(Context context) {
        super(context);
    }

    @Override
    int run(Handle mount) throws IOException, InterruptedException {
        Optional<ObjectId> before = mount.repository().base();
        if (accepted != null) {
            try {
                Mount.acceptRewritten(mount.repository(), ObjectId.fromHex(accepted));
            } catch (IllegalArgumentException e) {
                throw new Usage("--accept takes the 64 digits that the message named");
            }
        }
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
