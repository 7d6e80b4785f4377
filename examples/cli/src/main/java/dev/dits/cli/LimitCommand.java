package dev.dits.cli;

import dev.dits.RunningMount;
import dev.dits.RunningNode;
import dev.dits.RunningShare;
import dev.dits.error.DitsException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "limit",
        description = {
            "Change how fast shares and mounts send and receive, while they run, whichever process runs them.",
            "With a TARGET the share or mount alone; without one all that each process shares and mounts, together."
        },
        footerHeading = "%nTARGET is one of%n",
        footer = {
            "  a directory, a join code, a share's name, an id of 'dits p2p status'",
            "",
            "A RATE is bytes a second, with k, M or G for thousands, millions and so on of them; or off.",
            "",
            "Examples:",
            "  dits p2p limit --up 2M                       every process of yours sends 2 MB/s at most",
            "  dits p2p limit ./copy --down 500k --up off",
            "  dits p2p limit --up off --down off"
        })
final class LimitCommand implements Callable<Integer> {
    private final Context context;

    @Parameters(arity = "0..1", paramLabel = "TARGET", description = "Which share or mount.")
    private @Nullable String target;

    @Option(names = "--up", paramLabel = "RATE", description = "What is sent.")
    private @Nullable String up;

    @Option(names = "--down", paramLabel = "RATE", description = "What is received.")
    private @Nullable String down;

    LimitCommand(Context context) {
        this.context = context;
    }

    @Override
    public Integer call() throws Exception {
        Usage.require(
                up != null || down != null, "say --up RATE, --down RATE or both; 'dits p2p status' shows what holds");
        Long sent = up == null ? null : Rate.parse("--up", up);
        Long received = down == null ? null : Rate.parse("--down", down);
        List<RunningNode> nodes = Held.nodes(context);
        if (target == null) {
            int changed = 0;
            for (RunningNode node : nodes) {
                if (node.answers()) {
                    node.limit(sent, received);
                    changed++;
                    say("process " + node.pid(), sent, received);
                }
            }
            if (changed == 0) {
                context.say(
                        "Nothing is shared or mounted now. 'dits p2p share' and 'connect' take --limit-up and --limit-down.");
            }
            Held.warnOfSilent(context, nodes);
            return nodes.stream().allMatch(RunningNode::answers) ? ExitCode.OK : ExitCode.FAILURE;
        }
        for (RunningShare share : shares(nodes, target)) {
            share.limit(sent, received);
            say(Context.show(share.root()), sent, received);
        }
        for (RunningMount mount : mounts(nodes, target)) {
            mount.limit(sent, received);
            say(Context.show(mount.root()), sent, received);
        }
        return ExitCode.OK;
    }

    private List<RunningShare> shares(List<RunningNode> nodes, String name) throws IOException {
        try {
            return Held.chooseShares(context, nodes, name);
        } catch (DitsException e) {
            if (mounts(nodes, name).isEmpty()) {
                throw new DitsException(
                        "nothing that is shared or mounted is called that; 'dits p2p status' lists what is", e);
            }
            return List.of();
        }
    }

    private List<RunningMount> mounts(List<RunningNode> nodes, String name) throws IOException {
        try {
            return Held.chooseMounts(context, nodes, name);
        } catch (DitsException e) {
            return List.of();
        }
    }

    private void say(String what, @Nullable Long sent, @Nullable Long received) {
        String sends = sent == null ? "" : " sends " + rate(sent);
        String receives = received == null ? "" : " receives " + rate(received);
        context.say(Icon.DONE, what + sends + (sent != null && received != null ? "," : "") + receives);
    }

    private static String rate(long bytesPerSecond) {
        return bytesPerSecond == 0 ? "without limit" : "at most " + Rate.show(bytesPerSecond);
    }
}
