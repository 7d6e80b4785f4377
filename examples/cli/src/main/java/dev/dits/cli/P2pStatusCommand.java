package dev.dits.cli;

import dev.dits.RunningMount;
import dev.dits.RunningNode;
import dev.dits.RunningShare;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "status",
        description = {
            "Show what you share and have mounted, in whatever process.",
            "Every process is asked now; one that was killed is not shown, one that hangs is named."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  dits p2p status", "  dits p2p status --json | jq -r '.shares[].joinCode'"})
final class P2pStatusCommand implements Callable<Integer> {
    private final Context context;

    @Mixin
    private JsonOption json = new JsonOption();

    P2pStatusCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        List<RunningNode> nodes = Held.nodesAtOnce(context);
        if (json.requested()) {
            RunningReport.write(context, nodes);
            return ExitCode.OK;
        }
        List<RunningShare> shares = Held.shares(nodes);
        List<RunningMount> mounts = Held.mounts(nodes);
        context.say(Icon.STATUS, context.bold("P2P Status"));
        context.say(context.fancy() ? "\u2550".repeat(12) : "============");
        context.say("Active shares: " + shares.size());
        context.say("Active connections: " + mounts.size());
        context.say("");
        context.say("Shares:");
        shares.forEach(share -> RunningReport.say(context, share));
        if (shares.isEmpty()) {
            context.say("- (No active shares)");
        }
        context.say("");
        context.say("Connections:");
        mounts.forEach(mount -> RunningReport.say(context, mount));
        if (mounts.isEmpty()) {
            context.say("- (No active connections)");
        }
        Held.warnOfSilent(context, nodes);
        return ExitCode.OK;
    }
}
