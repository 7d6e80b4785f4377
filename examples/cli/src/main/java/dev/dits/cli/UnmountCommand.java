package dev.dits.cli;

import dev.dits.RunningMount;
import dev.dits.RunningNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "unmount",
        aliases = "disconnect",
        description = {
            "Disconnect mounts from their shares, whichever process holds them. The directory stays, a full repository.",
            "'dits p2p connect' on it goes on later; 'dits p2p stop' ends shares."
        },
        footerHeading = "%nTARGET is one of%n",
        footer = {
            "  a directory, the join code it was mounted by, the share's name, an id of 'dits p2p status'",
            "",
            "Examples:",
            "  dits p2p unmount                    the mount around this directory",
            "  dits p2p unmount ./shared-project",
            "  dits p2p unmount 7KQM-4TX-9PZ --force",
            "  dits p2p unmount --all              as the last step in CI"
        })
final class UnmountCommand implements Callable<Integer> {
    /** The end of a session does not wait for its peer. */
    private static final Duration FORCED = Duration.ofSeconds(20);

    private static final Duration LOOK = Duration.ofSeconds(2);

    private final Context context;

    @Parameters(arity = "0..1", paramLabel = "TARGET", description = "What to disconnect.")
    private @Nullable String target;

    @Option(
            names = "--force",
            description = "Do not wait for a transfer that is under way; it goes on at the next connect.")
    private boolean force;

    @Option(names = "--all", description = "All mounts of all your processes. It is no error if there are none.")
    private boolean all;

    UnmountCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        Usage.require(!all || target == null, "--all means every mount; leave the target out");
        List<RunningNode> nodes = Held.nodes(context);
        List<RunningMount> chosen = all ? Held.mounts(nodes) : Held.chooseMounts(context, nodes, target);
        context.resumeHint("What was asked to end does so once its transfer is done.");
        for (RunningMount mount : chosen) {
            close(mount);
            context.say(
                    Icon.DONE, "Unmounted " + Context.show(mount.root()) + " from " + Format.safe(mount.shareName()));
        }
        if (chosen.isEmpty()) {
            context.say("No active connections.");
        }
        Held.warnOfSilent(context, nodes);
        return nodes.stream().allMatch(RunningNode::answers) || !all ? ExitCode.OK : ExitCode.FAILURE;
    }

    private void close(RunningMount mount) throws IOException, InterruptedException, TimeoutException {
        boolean told = false;
        while (true) {
            try {
                mount.close(force, force ? FORCED : LOOK);
                return;
            } catch (TimeoutException e) {
                if (force) {
                    throw e;
                }
                if (!told) {
                    told = true;
                    context.say(
                            "Waiting for the transfer into " + Context.show(mount.root()) + "; --force does not wait.");
                }
            }
        }
    }
}
