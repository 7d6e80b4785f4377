package dev.dits.cli;

import dev.dits.RunningNode;
import dev.dits.RunningShare;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "stop",
        description = {
            "End shares, whichever process runs them: their join codes are dead, peers are told.",
            "Who has joined comes back by itself when the same repository is shared again."
        },
        footerHeading = "%nTARGET is one of%n",
        footer = {
            "  a directory, a join code, a share's name, an id of 'dits p2p status'",
            "",
            "Examples:",
            "  dits p2p stop                       the share around this directory, or the only one",
            "  dits p2p stop ./my-project",
            "  dits p2p stop --all"
        })
final class StopCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final Context context;

    @Parameters(arity = "0..1", paramLabel = "TARGET", description = "What to stop sharing.")
    private @Nullable String target;

    @Option(names = "--all", description = "All shares of all your processes. It is no error if there are none.")
    private boolean all;

    StopCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        Usage.require(!all || target == null, "--all means every share; leave the target out");
        List<RunningNode> nodes = Held.nodes(context);
        List<RunningShare> chosen = all ? Held.shares(nodes) : Held.chooseShares(context, nodes, target);
        for (RunningShare share : chosen) {
            share.close(TIMEOUT);
            context.say(Icon.DONE, "Stopped sharing " + Context.show(share.root()));
        }
        if (chosen.isEmpty()) {
            context.say("No active shares.");
        }
        Held.warnOfSilent(context, nodes);
        return nodes.stream().allMatch(RunningNode::answers) || !all ? ExitCode.OK : ExitCode.FAILURE;
    }
}
